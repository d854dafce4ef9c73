//! Who went from one segment to another since the night before.

use std::collections::BTreeMap;

use arrow_array::{Array, Decimal128Array, Int64Array, StringArray};
use idip_schemas::TableContract;
use idip_schemas::differentiate::{customer_feature, customer_segment};
use idip_schemas::measure::{segment_migration, segment_transition};
use idip_stage::{Read, RunContext, StageError, Step, Tables, View};

/// Name for parties that the night before did not know.
const NEW: &str = "(new)";

/// Counts the parties that stayed and moved, on each axis; nothing when there is no night before.
#[derive(Debug, Clone, Copy)]
pub struct SegmentMigration;

impl Step for SegmentMigration {
    fn name(&self) -> &'static str {
        "measure.segment_migration"
    }

    fn views(&self) -> Vec<View> {
        vec![View::new(
            &segment_transition::CONTRACT,
            vec![
                Read::Table(&customer_segment::CONTRACT),
                Read::Table(&customer_feature::CONTRACT),
                Read::LastNight(&customer_segment::CONTRACT),
                Read::LastNight(&customer_feature::CONTRACT),
            ],
            include_str!("segment_transition.sql"),
        )]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&segment_migration::CONTRACT]
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }

    fn run(&self, _context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let transitions =
            segment_transition::Columns::parse(&views.batch(&segment_transition::CONTRACT)?)?;
        let migration = migration(&transitions).into_batch()?;
        Ok(Tables::default().with(&segment_migration::CONTRACT, vec![migration]))
    }
}

fn migration(transitions: &segment_transition::Columns) -> segment_migration::Columns {
    let t = transitions;
    let axes = [
        ("value", &t.from_value_segment, &t.to_value_segment),
        ("need", &t.from_need_segment, &t.to_need_segment),
        ("rfm", &t.from_rfm_segment, &t.to_rfm_segment),
    ];
    let is_first_night = t.from_value_segment.iter().all(|from| from == Some(NEW));
    let mut moved: BTreeMap<(&str, &str, &str), (i64, i128)> = BTreeMap::new();
    for (axis, from, to) in axes.into_iter().filter(|_| !is_first_night) {
        for row in 0..t.n_customers.len() {
            let (n, net) = moved.entry((axis, from.value(row), to.value(row))).or_default();
            *n += t.n_customers.value(row);
            *net += t.net_amount.value(row);
        }
    }
    segment_migration::Columns {
        axis: StringArray::from_iter_values(moved.keys().map(|key| key.0)),
        from_segment: StringArray::from_iter_values(moved.keys().map(|key| key.1)),
        to_segment: StringArray::from_iter_values(moved.keys().map(|key| key.2)),
        n_customers: Int64Array::from_iter_values(moved.values().map(|(n, _)| *n)),
        net_amount: Decimal128Array::from_iter_values(moved.values().map(|(_, net)| *net))
            .with_data_type(t.net_amount.data_type().clone()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// From and to on each axis, parties, cents.
    type Transition = ([&'static str; 6], i64, i128);

    fn step(rows: &[Transition]) -> segment_migration::Columns {
        let text = |i: usize| StringArray::from_iter_values(rows.iter().map(|row| row.0[i]));
        let view = segment_transition::Columns {
            from_value_segment: text(0),
            to_value_segment: text(1),
            from_need_segment: text(2),
            to_need_segment: text(3),
            from_rfm_segment: text(4),
            to_rfm_segment: text(5),
            n_customers: Int64Array::from_iter_values(rows.iter().map(|row| row.1)),
            net_amount: Decimal128Array::from_iter_values(rows.iter().map(|row| row.2))
                .with_precision_and_scale(18, 2)
                .expect("fits"),
        };
        let views = Tables::default().with(
            &segment_transition::CONTRACT,
            vec![view.into_batch().expect("keeps its contract")],
        );
        let context = RunContext { logical_date: 0, seed: 0, currency: "EUR".into() };
        let written = SegmentMigration.run(&context, &views).expect("runs");
        let batch = written.batch(&segment_migration::CONTRACT).expect("is written");
        segment_migration::Columns::parse(&batch).expect("keeps its contract")
    }

    #[test]
    fn moves_are_counted_on_each_axis_alone() {
        // Three stay gold while their need changes; two go from gold to silver; one is new; one is
        // gone.
        let migration = step(&[
            (["gold", "gold", "fresh", "home", "loyal", "loyal"], 3, 300),
            (["gold", "silver", "fresh", "fresh", "loyal", "asleep"], 2, 20),
            (["(new)", "silver", "(new)", "home", "(new)", "new"], 1, 5),
            (["gold", "(gone)", "home", "(gone)", "asleep", "(gone)"], 1, 7),
        ]);
        let rows: Vec<_> = (0..migration.axis.len())
            .map(|row| {
                let text = [&migration.axis, &migration.from_segment, &migration.to_segment]
                    .map(|column| column.value(row));
                (text, migration.n_customers.value(row), migration.net_amount.value(row))
            })
            .collect();
        assert_eq!(
            rows,
            [
                (["need", "(new)", "home"], 1, 5),
                (["need", "fresh", "fresh"], 2, 20),
                (["need", "fresh", "home"], 3, 300),
                (["need", "home", "(gone)"], 1, 7),
                (["rfm", "(new)", "new"], 1, 5),
                (["rfm", "asleep", "(gone)"], 1, 7),
                (["rfm", "loyal", "asleep"], 2, 20),
                (["rfm", "loyal", "loyal"], 3, 300),
                (["value", "(new)", "silver"], 1, 5),
                (["value", "gold", "(gone)"], 1, 7),
                (["value", "gold", "gold"], 3, 300),
                (["value", "gold", "silver"], 2, 20),
            ]
        );
    }

    #[test]
    fn the_first_night_has_no_migration() {
        let migration = step(&[(["(new)", "gold", "(new)", "home", "(new)", "new"], 9, 1)]);
        assert_eq!(migration.axis.len(), 0);
    }

    proptest! {
        #[test]
        fn every_axis_sums_to_all_parties(
            rows in prop::collection::vec((0_usize..4, 0_usize..4, 1_i64..9, -50_i128..50), 1..30),
        ) {
            const NAMES: [&str; 4] = ["a", "b", "c", "d"];
            let rows: Vec<Transition> = rows
                .into_iter()
                .map(|(i, j, n, net)| {
                    let (from, to) = (NAMES[i], NAMES[j]);
                    ([from, to, to, from, from, from], n, net)
                })
                .collect();
            let migration = step(&rows);
            for axis in ["value", "need", "rfm"] {
                let of_axis = || (0..migration.axis.len()).filter(|&i| migration.axis.value(i) == axis);
                let n: i64 = of_axis().map(|i| migration.n_customers.value(i)).sum();
                let net: i128 = of_axis().map(|i| migration.net_amount.value(i)).sum();
                prop_assert_eq!(n, rows.iter().map(|row| row.1).sum::<i64>());
                prop_assert_eq!(net, rows.iter().map(|row| row.2).sum::<i128>());
            }
        }
    }
}

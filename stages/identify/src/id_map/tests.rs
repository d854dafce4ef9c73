//! Thirty nights of records that arrive, change and go.

use std::collections::{BTreeMap, BTreeSet};

use idip_schemas::identify::departed::departed_reference;
use idip_schemas::identify::{
    customer_id_map, customer_lineage, id_known, id_last_night, id_tonight,
};
use idip_schemas::source::erased_customer;
use idip_stage::{RunContext, Step, Tables};
use proptest::prelude::*;

use super::IdMap;
use crate::Params;
use crate::testing::{Night, Record, night};

/// State, current id and first day of each id.
type Map = BTreeMap<i64, (String, Option<i64>, i32)>;

/// Runs `identify.id_map` as the engine would: its views are counted here.
fn id_map(date: i32, last: Option<(&Night, &Tables)>, now: &Night) -> (Tables, Map) {
    let empty = BTreeMap::new();
    let last_map = last.map_or(&empty, |(night, _)| &night.map);
    let counts = |of: &BTreeMap<String, i64>, others: &BTreeMap<String, i64>| {
        let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
        for (reference, id) in of {
            *counts.entry(*id).or_default() += i64::from(!others.contains_key(reference));
        }
        counts
    };
    let (tonight, before) = (counts(&now.map, last_map), counts(last_map, &now.map));
    let tonight = id_tonight::Columns {
        customer_id: tonight.keys().copied().collect(),
        n_arrived: tonight.values().copied().collect(),
    };
    let before = id_last_night::Columns {
        customer_id: before.keys().copied().collect(),
        n_departed: before.values().copied().collect(),
    };
    let known = last.map(|(_, tables)| {
        let batch = tables.batch(&customer_id_map::CONTRACT).unwrap();
        let rows = customer_id_map::Columns::parse(&batch).unwrap();
        let known = id_known::Columns {
            customer_id: rows.customer_id,
            current_customer_id: rows.current_customer_id,
            state: rows.state,
            since: rows.since,
            changed_on: rows.changed_on,
            cause: rows.cause,
        };
        known.into_batch().unwrap()
    });
    let views = Tables::default()
        .with(&id_tonight::CONTRACT, vec![tonight.into_batch().unwrap()])
        .with(&id_last_night::CONTRACT, vec![before.into_batch().unwrap()])
        .with(&id_known::CONTRACT, known.into_iter().collect())
        .with(&departed_reference::CONTRACT, vec![])
        .with(&erased_customer::CONTRACT, vec![erased_customer::CONTRACT.empty()])
        .with(
            &customer_lineage::CONTRACT,
            vec![now.tables.batch(&customer_lineage::CONTRACT).unwrap()],
        );
    let context = RunContext { logical_date: date, ..crate::testing::context() };
    let tables = IdMap.run(&context, &views).unwrap();
    let batch = tables.batch(&customer_id_map::CONTRACT).unwrap();
    let rows = customer_id_map::Columns::parse(&batch).unwrap();
    let map = (0..batch.num_rows())
        .map(|at| {
            let current = rows.current_customer_id.iter().nth(at).flatten();
            let row = (rows.state.value(at).to_owned(), current, rows.since.value(at));
            (rows.customer_id.value(at), row)
        })
        .collect();
    (tables, map)
}

/// References by customer.
fn members(map: &BTreeMap<String, i64>) -> BTreeMap<i64, BTreeSet<&str>> {
    let mut members: BTreeMap<i64, BTreeSet<&str>> = BTreeMap::new();
    for (reference, id) in map {
        members.entry(*id).or_default().insert(reference);
    }
    members
}

const REFERENCES: [&str; 14] = [
    "crm:1", "crm:2", "crm:3", "crm:4", "crm:5", "web:1", "web:2", "web:3", "web:4", "pos:1",
    "pos:2", "pos:3", "pos:4", "pos:5",
];

/// What happens to one record on one night: it comes, changes or goes.
fn happening() -> impl Strategy<Value = (usize, Option<Record<'static>>)> {
    let one_of = |values: &'static [&'static str]| {
        prop::option::weighted(0.6, prop::sample::select(values.to_vec()))
    };
    let record = (
        one_of(&["L1", "L2", "L3", "L4"]),
        one_of(&["m@x.es", "n@x.es", "o@x.es", "p@x.es"]),
        one_of(&["600123457", "600123458", "600123459"]),
        one_of(&["Ana", "Luis", "Eva", "A"]),
    )
        .prop_map(|(loyalty_id, email, phone, first_name)| Record {
            loyalty_id,
            email,
            phone,
            first_name,
            ..Record::default()
        });
    (0..REFERENCES.len(), prop::option::weighted(0.8, record))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_id_moves_without_a_row_and_none_without_need(
        nights in prop::collection::vec(prop::collection::vec(happening(), 0..4), 30),
    ) {
        let params = Params { default_calling_code: Some("34".to_owned()), ..Params::default() };
        let mut records: BTreeMap<&str, Record<'static>> = BTreeMap::new();
        let mut last: Option<(Night, Tables)> = None;
        let mut ever: BTreeMap<i64, i32> = BTreeMap::new();
        for (date, happenings) in (20_000..).zip(nights) {
            for (at, record) in happenings {
                match record {
                    Some(record) => {
                        let party_ref = REFERENCES[at];
                        records.insert(party_ref, Record { party_ref, ..record });
                    }
                    None => {
                        records.remove(REFERENCES[at]);
                    }
                }
            }
            let rows: Vec<_> = records.values().copied().collect();
            let now = night(&params, &rows, &[], last.as_ref().map(|it| &it.0));
            let (tables, map) = id_map(date, last.as_ref().map(|it| (&it.0, &it.1)), &now);

            if let Some((before, _)) = &last {
                let told: BTreeSet<(i64, i64)> =
                    now.lineage().iter().map(|(old, id, _)| (*old, *id)).collect();
                for (reference, old) in &before.map {
                    if let Some(id) = now.map.get(reference).filter(|id| *id != old) {
                        prop_assert!(told.contains(&(*old, *id)), "a move without a row");
                    }
                }
                let tonight = members(&now.map);
                for (id, references) in members(&before.map) {
                    if tonight.values().any(|others| *others == references) {
                        prop_assert_eq!(tonight.get(&id), Some(&references), "a needless change");
                    }
                }
            }
            let in_force: BTreeSet<i64> = now.map.values().copied().collect();
            for id in &in_force {
                ever.entry(*id).or_insert(date);
            }
            prop_assert_eq!(map.keys().collect::<Vec<_>>(), ever.keys().collect::<Vec<_>>());
            for (id, (state, current, since)) in &map {
                prop_assert_eq!(*since, ever[id]);
                let expected = match state.as_str() {
                    "in_force" => in_force.contains(id) && *current == Some(*id),
                    "merged" => {
                        !in_force.contains(id)
                            && current.is_some_and(|current| in_force.contains(&current))
                    }
                    _ => !in_force.contains(id) && current.is_none(),
                };
                prop_assert!(expected, "{} {} {:?}", id, state, current);
            }
            last = Some((now, tables));
        }
    }
}

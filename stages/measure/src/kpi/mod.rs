//! The key figures of the night, and the goals held against them.

mod figures;
mod goals;
mod spread;
mod sums;

use std::collections::BTreeMap;

use arrow_array::{Float64Array, StringArray};
use idip_schemas::TableContract;
use idip_schemas::differentiate::{customer_feature, customer_segment, customer_total};
use idip_schemas::interact::contact_plan;
use idip_schemas::measure::{
    campaign_outcome, customer_spread, goal_result, kpi, segment_activity, segment_sale,
};
use idip_schemas::personalize::{offer_assignment, offer_use};
use idip_schemas::source::sales_total;
use idip_stage::{Read, RunContext, StageError, Step, Tables, View};

use crate::{ALL, Goal};
use figures::Figure;
use spread::Spread;
use sums::Sums;

/// Writes the key figures and holds the goals against them.
#[derive(Debug, Clone)]
pub struct KeyFigures {
    /// Goals of the project.
    pub goals: Vec<Goal>,
}

impl Step for KeyFigures {
    fn name(&self) -> &'static str {
        "measure.kpi"
    }

    fn views(&self) -> Vec<View> {
        vec![
            View::new(
                &segment_activity::CONTRACT,
                vec![
                    Read::Table(&customer_segment::CONTRACT),
                    Read::Table(&customer_feature::CONTRACT),
                    Read::Table(&contact_plan::CONTRACT),
                    Read::Table(&offer_assignment::CONTRACT),
                ],
                include_str!("segment_activity.sql"),
            ),
            View::new(
                &segment_sale::CONTRACT,
                vec![
                    Read::Table(&customer_total::CONTRACT),
                    Read::Table(&sales_total::CONTRACT),
                    Read::Table(&customer_segment::CONTRACT),
                ],
                include_str!("segment_sale.sql"),
            ),
            View::new(
                &customer_spread::CONTRACT,
                vec![
                    Read::Table(&customer_feature::CONTRACT),
                    Read::Table(&customer_segment::CONTRACT),
                ],
                include_str!("customer_spread.sql"),
            ),
            View::whole(&campaign_outcome::CONTRACT),
            View::whole(&offer_use::CONTRACT),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&kpi::CONTRACT, &goal_result::CONTRACT]
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }

    fn run(&self, _context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let groups = sums::read(views)?;
        let spreads = spread::read(views)?;
        let mut rows = of_groups(&groups, &spreads);
        rows.sort_by(|a, b| (a.figure.kpi, &a.segment).cmp(&(b.figure.kpi, &b.segment)));
        let goals = goals::results(&self.goals, &rows);
        Ok(Tables::default()
            .with(&kpi::CONTRACT, vec![columns(&rows).into_batch()?])
            .with(&goal_result::CONTRACT, vec![goals.into_batch()?]))
    }
}

/// One row of `kpi`.
#[derive(Debug)]
struct Row {
    segment: String,
    figure: Figure,
}

fn of_groups(groups: &sums::Groups, spreads: &BTreeMap<i64, Spread>) -> Vec<Row> {
    let none = Spread::default();
    let mut rows: Vec<Row> = Vec::new();
    for (id, (segment, sums)) in &groups.segments {
        let spread = spreads.get(id).unwrap_or(&none);
        let figures = figures::of_segment(sums, spread);
        rows.extend(figures.into_iter().map(|figure| Row { segment: segment.clone(), figure }));
    }
    let total = groups.segments.values().map(|(_, sums)| sums).fold(Sums::default(), Sums::plus);
    let spread = Spread::of_all(spreads.values());
    let mut of_all = figures::of_segment(&total, &spread);
    of_all.extend(figures::of_all(&total, &spread, groups.unattributed, &groups.budget));
    rows.extend(of_all.into_iter().map(|figure| Row { segment: ALL.to_owned(), figure }));
    rows
}

fn columns(rows: &[Row]) -> kpi::Columns {
    let numbers = |of: fn(&Figure) -> Option<f64>| -> Float64Array {
        rows.iter().map(|row| of(&row.figure)).collect()
    };
    kpi::Columns {
        kpi: StringArray::from_iter_values(rows.iter().map(|row| row.figure.kpi)),
        segment: StringArray::from_iter_values(rows.iter().map(|row| &row.segment)),
        value: numbers(|figure| figure.value),
        unit: StringArray::from_iter_values(rows.iter().map(|row| row.figure.unit)),
        numerator: numbers(|figure| figure.ratio.map(|(numerator, _)| numerator)),
        denominator: numbers(|figure| figure.ratio.map(|(_, denominator)| denominator)),
        ci_low: numbers(|figure| figure.interval.map(|(low, _)| low)),
        ci_high: numbers(|figure| figure.interval.map(|(_, high)| high)),
        note: rows.iter().map(|row| row.figure.note).collect(),
    }
}

#[cfg(test)]
mod tests;

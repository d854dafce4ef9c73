//! The portfolio: how value is spread over customers, and which segments to invest in.
//!
//! ```text
//! customer_feature, customer_segment, customer_loyalty, customer_advocacy
//!     ─ portfolio_input.sql ─► portfolio_input ─┬─► portfolio, lorenz_point, loyalty_group
//! segment ──────────────────────────────────────┴─► segment_target
//! ```

mod figures;
mod groups;
mod params;
mod targets;

use idip_schemas::TableContract;
use idip_schemas::differentiate::advocacy::customer_advocacy;
use idip_schemas::differentiate::loyalty::customer_loyalty;
use idip_schemas::differentiate::portfolio::{
    lorenz_point, loyalty_group, portfolio, portfolio_input, segment_target,
};
use idip_schemas::differentiate::{customer_feature, customer_segment, segment};
use idip_stage::{
    Output, Part, Read, RunContext, StageError, Step, Tables, View, Views, run_in_memory,
};

use crate::order::{customer_ids, one_by_customer, parts};
use figures::Figures;
use groups::Groups;
pub use params::PortfolioParams;
use targets::Segments;

/// Makes `portfolio`, `lorenz_point`, `loyalty_group` and `segment_target`.
#[derive(Debug, Clone, PartialEq)]
pub struct Portfolio {
    params: PortfolioParams,
    /// Names of the levels of loyalty, the lowest first.
    levels: Vec<String>,
}

impl Portfolio {
    /// A step with these settings, which are expected to pass their check, and names of levels.
    pub fn new(params: PortfolioParams, levels: Vec<String>) -> Self {
        Self { params, levels }
    }
}

impl Step for Portfolio {
    fn name(&self) -> &'static str {
        "differentiate.portfolio"
    }

    fn views(&self) -> Vec<View> {
        vec![
            View::new(
                &portfolio_input::CONTRACT,
                vec![
                    Read::Table(&customer_feature::CONTRACT),
                    Read::Table(&customer_segment::CONTRACT),
                    Read::Table(&customer_loyalty::CONTRACT),
                    Read::Table(&customer_advocacy::CONTRACT),
                ],
                include_str!("portfolio_input.sql"),
            ),
            View::whole(&segment::CONTRACT),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![
            &portfolio::CONTRACT,
            &lorenz_point::CONTRACT,
            &loyalty_group::CONTRACT,
            &segment_target::CONTRACT,
        ]
    }

    fn settings(&self) -> String {
        format!("{:?} {:?}", self.params, self.levels)
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        run_in_memory(self, context, views)
    }

    fn run_into(
        &self,
        context: &RunContext,
        views: &dyn Views,
        output: &mut dyn Output,
    ) -> Result<(), StageError> {
        let (mut figures, mut groups) = (Figures::default(), Groups::default());
        let mut segments =
            Segments::new(segment::Columns::parse(&views.as_one(&segment::CONTRACT)?)?);
        let ids = customer_ids(views, &portfolio_input::CONTRACT)?;
        for part in parts(&ids) {
            let part = Part { customers: Some(part), ..Part::default() };
            let batches = views.part(&portfolio_input::CONTRACT, &part)?;
            let batches: Vec<portfolio_input::Columns> =
                batches.iter().map(portfolio_input::Columns::parse).collect::<Result<_, _>>()?;
            for party in parties(&batches)? {
                figures.add(&party);
                groups.add(&party);
                segments.add(&party);
            }
        }
        let (figures, curve) = figures.tables(context.logical_date, &self.params)?;
        output.push(&portfolio::CONTRACT, figures.into_batch()?)?;
        output.push(&lorenz_point::CONTRACT, curve.into_batch()?)?;
        output.push(&loyalty_group::CONTRACT, groups.table(&self.levels)?.into_batch()?)?;
        output.push(&segment_target::CONTRACT, segments.table(&self.params)?.into_batch()?)
    }
}

/// One party; money in minor units.
#[derive(Debug, Clone, PartialEq)]
struct Party<'a> {
    has_bought: bool,
    net_cents: i64,
    last_cents: i64,
    prior_cents: i64,
    /// Campaigns and other contacts by the shop; none when neither feed tells.
    n_contacts: Option<i64>,
    value_segment: i64,
    need_segment: i64,
    rfm_segment: &'a str,
    level: i64,
    last_level: Option<i64>,
    mutual_loyalty: Option<f64>,
    is_recurrent: bool,
    state: &'a str,
    last_state: Option<&'a str>,
    first_campaign_on: Option<i32>,
    first_response_days: Option<i64>,
    n_mentions: Option<i64>,
    is_ambassador: Option<bool>,
    has_address: bool,
    has_consent: Option<bool>,
}

/// The parties of these batches, in the order of customers.
fn parties(
    batches: &[portfolio_input::Columns],
) -> Result<impl Iterator<Item = Party<'_>>, StageError> {
    let places = one_by_customer(
        portfolio_input::CONTRACT.name,
        batches.iter().map(|batch| &batch.customer_id),
    )?;
    let of = |place: crate::order::Place| {
        let (columns, row) = (batches.get(place.batch as usize)?, place.row as usize);
        let contacts = [&columns.campaign_contacts, &columns.contacts_out];
        let told = contacts.iter().filter_map(|counts| at(*counts, row, |it| it.value(row)));
        Some(Party {
            has_bought: columns.purchase_days.value(row) > 0,
            net_cents: columns.net_amount.value(row) as i64,
            last_cents: columns.last_90_days_amount.value(row) as i64,
            prior_cents: columns.prior_90_days_amount.value(row) as i64,
            n_contacts: told.reduce(|a, b| a + b),
            value_segment: columns.value_segment_id.value(row),
            need_segment: columns.need_segment_id.value(row),
            rfm_segment: columns.rfm_segment.value(row),
            level: columns.loyalty_level_number.value(row),
            last_level: at(&columns.last_loyalty_level_number, row, |it| it.value(row)),
            mutual_loyalty: at(&columns.mutual_loyalty, row, |it| it.value(row)),
            is_recurrent: columns.is_recurrent.value(row),
            state: columns.lifecycle_state.value(row),
            last_state: at(&columns.last_lifecycle_state, row, |it| it.value(row)),
            first_campaign_on: at(&columns.first_campaign_on, row, |it| it.value(row)),
            first_response_days: at(&columns.first_response_days, row, |it| it.value(row)),
            n_mentions: at(&columns.n_mentions, row, |it| it.value(row)),
            is_ambassador: at(&columns.is_ambassador, row, |it| it.value(row)),
            has_address: columns.has_address.value(row),
            has_consent: at(&columns.has_consent, row, |it| it.value(row)),
        })
    };
    Ok(places.into_iter().filter_map(of))
}

/// A value at a row; none when it is null.
fn at<'a, A: arrow_array::Array, T>(
    values: &'a A,
    row: usize,
    value: impl Fn(&'a A) -> T,
) -> Option<T> {
    values.is_valid(row).then(|| value(values))
}

#[cfg(test)]
mod tests;

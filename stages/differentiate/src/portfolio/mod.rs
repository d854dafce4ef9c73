//! The portfolio: how value is spread over customers, and which segments to invest in.
//!
//! ```text
//! customer_feature, customer_segment, customer_loyalty, customer_advocacy
//!     ─ portfolio_….sql, one each ─┬─► portfolio, lorenz_point, loyalty_group
//! segment ─────────────────────────┴─► segment_target
//! ```

mod figures;
mod groups;
mod params;
mod party;
mod targets;

use idip_schemas::TableContract;
use idip_schemas::differentiate::advocacy::customer_advocacy;
use idip_schemas::differentiate::loyalty::customer_loyalty;
use idip_schemas::differentiate::portfolio::{
    lorenz_point, loyalty_group, portfolio, portfolio_advocacy, portfolio_feature,
    portfolio_loyalty, portfolio_segment, segment_target,
};
use idip_schemas::differentiate::{customer_feature, customer_segment, segment};
use idip_stage::{Output, Read, RunContext, StageError, Step, Tables, View, Views, run_in_memory};

use crate::order::{customer_ids, parts};
use figures::Figures;
use groups::Groups;
pub use params::PortfolioParams;
use party::Parties;
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
                &portfolio_feature::CONTRACT,
                vec![Read::Table(&customer_feature::CONTRACT)],
                include_str!("portfolio_feature.sql"),
            ),
            View::new(
                &portfolio_segment::CONTRACT,
                vec![Read::Table(&customer_segment::CONTRACT)],
                include_str!("portfolio_segment.sql"),
            ),
            View::new(
                &portfolio_loyalty::CONTRACT,
                vec![Read::Table(&customer_loyalty::CONTRACT)],
                include_str!("portfolio_loyalty.sql"),
            ),
            View::new(
                &portfolio_advocacy::CONTRACT,
                vec![Read::Table(&customer_advocacy::CONTRACT)],
                include_str!("portfolio_advocacy.sql"),
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
        let ids = customer_ids(views, &portfolio_feature::CONTRACT)?;
        for customers in parts(&ids) {
            for party in Parties::read(views, &customers)?.iter() {
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

#[cfg(test)]
mod tests;

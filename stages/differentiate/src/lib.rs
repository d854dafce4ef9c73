//! The Differentiate stage: worth and need.
//!
//! Features of every party from its purchases and contacts, RFM scores, value over time, and segments
//! by value and by need. Parties without purchases are kept in every table that is not of purchases.

mod account;
mod advocacy;
mod conversation;
mod customer_feature;
mod customer_value;
mod loyalty;
mod names;
mod order;
mod params;
mod portfolio;
mod price_watch;
mod purchases;
mod rfm;
mod segments;
#[cfg(test)]
mod testing;

use idip_schemas::differentiate as tables;
use idip_schemas::identify::golden_customer;
use idip_stage::{Read, Relation, Stage};

pub use account::Accounts;
pub use advocacy::{
    Advocacy, AdvocacyParams, AmbassadorSettings, InvestmentSettings, PriceSettings,
};
pub use conversation::Conversation;
pub use customer_feature::CustomerFeature;
pub use customer_value::CustomerValue;
pub use loyalty::{
    ActWeights, GapParams, LifecycleSettings, Loyalty, LoyaltyLevel, LoyaltyParams, Milestone,
    MilestoneEvent, RecurrenceSettings,
};
pub use params::{
    Auto, ClusterNumber, ClvParams, ContinuityParams, DriftParams, FrequencyMeasure, ModelChoice,
    MonetaryMeasure, NeedFeatures, NeedParams, Params, Problem, RfmParams, RfmSegment,
    ShareTransform, TieHandling, ValueCategory, ValueFeature, ValueMethod, ValueParams,
};
pub use portfolio::{Portfolio, PortfolioParams};
pub use price_watch::PriceWatch;
pub use rfm::Rfm;
pub use segments::Segments;

/// The stage with these settings, which are expected to pass [`Params::check`].
pub fn stage(params: &Params) -> Stage {
    Stage {
        name: "differentiate",
        steps: vec![
            Box::new(CustomerFeature),
            Box::new(CustomerValue::new(params.clv.clone())),
            Box::new(Accounts::new(params.rfm.clone())),
            Box::new(Rfm::new(params.rfm.clone())),
            Box::new(Loyalty::new(params.loyalty.clone())),
            Box::new(Advocacy::new(params.advocacy.clone())),
            Box::new(Segments::new(params.clone())),
            Box::new(PriceWatch),
            Box::new(Conversation::new(params.advocacy.investment.clone())),
            Box::new(Portfolio::new(
                params.portfolio.clone(),
                params.loyalty.levels.iter().map(|level| level.name.clone()).collect(),
            )),
        ],
        relations: vec![customer()],
    }
}

/// The table over which the project file's predicates are written.
fn customer() -> Relation {
    Relation {
        name: "customer",
        reads: vec![
            Read::Table(&tables::customer_feature::CONTRACT),
            Read::Table(&golden_customer::CONTRACT),
            Read::Table(&tables::customer_segment::CONTRACT),
            Read::Table(&tables::rfm_score::CONTRACT),
            Read::Table(&tables::value::customer_value::CONTRACT),
            Read::Table(&tables::loyalty::customer_loyalty::CONTRACT),
            Read::Table(&tables::advocacy::customer_advocacy::CONTRACT),
        ],
        sql: include_str!("customer.sql"),
    }
}

#[cfg(test)]
mod tests {
    use idip_schemas::PersonalData;

    use super::*;

    #[test]
    fn predicates_may_name_every_feature_and_score_but_lists() {
        let sql = customer().sql;
        let offers = |alias: &str, name: &str| sql.contains(&format!("{alias}.{name} AS {name}"));
        let is_list = |name: &str| name.ends_with("_shares");
        for column in tables::customer_feature::CONTRACT.columns {
            assert_ne!(offers("f", column.name), is_list(column.name), "{}", column.name);
        }
        for column in tables::customer_segment::CONTRACT.columns.iter().skip(1) {
            assert!(offers("s", column.name), "{}", column.name);
        }
        for name in ["r_score", "f_score", "m_score"] {
            assert!(offers("r", name), "{name}");
        }
        for column in tables::value::customer_value::CONTRACT.columns.iter().skip(1) {
            assert!(offers("v", column.name), "{}", column.name);
        }
    }

    #[test]
    fn predicates_cannot_name_what_names_or_reaches_a_person() {
        let sql = customer().sql;
        for column in golden_customer::CONTRACT.columns {
            if column.personal == PersonalData::Contact {
                assert!(!sql.contains(&format!("g.{}", column.name)), "{}", column.name);
            }
        }
    }

    #[test]
    fn every_view_names_the_tables_it_reads() {
        for step in stage(&Params::default()).steps {
            for view in step.views() {
                let idip_stage::Sql::Text(sql) = &view.sql else { continue };
                for read in &view.reads {
                    let name = match read {
                        Read::Table(table) => table.name.to_owned(),
                        Read::LastNight(table) => format!("last_{}", table.name),
                        Read::Relation(name) => (*name).to_owned(),
                    };
                    let is_named = |place: &str| sql.contains(&format!("{place} {name}"));
                    assert!(is_named("FROM") || is_named("JOIN"), "{}: {name}", step.name());
                }
            }
        }
    }
}

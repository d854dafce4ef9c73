//! Advocacy of every party: engagement, satisfaction, voice, ambassadors, baskets and prices.
//!
//! ```text
//! social_post, interaction, response, survey ─► advocacy_voice, advocacy_platform, advocacy_answer ─┐
//! transaction ─► advocacy_price ────────────────────────────────────────────────────────────────────┤
//! customer_day ──────────────────────────────────────────────────────────────────────────────────────┤
//! consent, suppression ─► advocacy_permission ──────────────────────────────────────────────────────┤
//! customer_feature ─► advocacy_buyer ───────────────────────────────────────────────────────────────┤
//! customer_feature, customer_loyalty, golden_customer ─► advocacy_party ────────────────────────────┴─► customer_advocacy
//! ```
//!
//! What no feed tells is null with a reason, and never 0.

mod ambassador;
mod baskets;
mod buyers;
mod params;
mod permission;
mod prices;
mod satisfaction;
mod voice;

use std::ops::RangeInclusive;

use arrow_array::RecordBatch;
use idip_numerics::influence::AmbassadorParams;
use idip_schemas::TableContract;
use idip_schemas::differentiate::advocacy::{
    advocacy_answer, advocacy_buyer, advocacy_party, advocacy_permission, advocacy_platform,
    advocacy_price, advocacy_voice, customer_advocacy,
};
use idip_schemas::differentiate::customer_feature;
use idip_schemas::differentiate::loyalty::customer_loyalty;
use idip_schemas::identify::{golden_customer, identity_map};
use idip_schemas::source::{
    consent, interaction, response, social_post, suppression, survey, transaction,
};
use idip_stage::{
    Output, Read, RunContext, Sql, StageError, Step, Tables, View, Views, parse_customers,
    run_in_memory,
};
use rayon::prelude::*;

use crate::order::{Place, expect_customers, one_by_customer, parts};
use crate::purchases::{CustomerDays, with_priced_lines};
use buyers::Buyers;
pub use params::{AdvocacyParams, AmbassadorSettings, InvestmentSettings, PriceSettings};
use permission::{Permission, Permissions};
use prices::{Elasticities, Figure};
use satisfaction::Satisfaction;
use voice::Voices;

/// Makes `customer_advocacy`.
#[derive(Debug, Clone, PartialEq)]
pub struct Advocacy {
    params: AdvocacyParams,
}

impl Advocacy {
    /// A step with these settings, which are expected to pass their check.
    pub fn new(params: AdvocacyParams) -> Self {
        Self { params }
    }

    /// Written SQL with the settings it names.
    fn sql(&self, text: &str) -> Sql {
        let params = &self.params;
        let decay = -std::f64::consts::LN_2 / params.half_life_days;
        let mut sql = with_priced_lines(text);
        for (name, value) in [
            ("{post}", params.post_weight.to_string()),
            ("{interaction_in}", params.interaction_in_weight.to_string()),
            ("{response}", params.response_weight.to_string()),
            ("{survey}", params.survey_weight.to_string()),
            ("{minus_decay}", decay.to_string()),
            ("{neutral_band}", params.neutral_band.to_string()),
            ("{minus_neutral_band}", (0.0 - params.neutral_band).to_string()),
            ("{window_days}", params.window_days.to_string()),
            ("{purpose}", params.purpose.clone()),
        ] {
            sql = sql.replace(name, &value);
        }
        Sql::Text(sql.into())
    }
}

impl Step for Advocacy {
    fn name(&self) -> &'static str {
        "differentiate.advocacy"
    }

    fn views(&self) -> Vec<View> {
        let view = |contract, reads, text| View {
            contract,
            reads,
            given: Vec::new(),
            sql: self.sql(text),
        };
        let map = Read::Table(&identity_map::CONTRACT);
        let posts = Read::Table(&social_post::CONTRACT);
        let answers = Read::Table(&survey::CONTRACT);
        let contacts = Read::Table(&interaction::CONTRACT);
        let responses = Read::Table(&response::CONTRACT);
        vec![
            view(
                &advocacy_voice::CONTRACT,
                vec![posts, contacts, responses, answers, map],
                include_str!("advocacy_voice.sql"),
            ),
            view(
                &advocacy_platform::CONTRACT,
                vec![posts, map],
                include_str!("advocacy_platform.sql"),
            ),
            view(
                &advocacy_answer::CONTRACT,
                vec![answers, map],
                include_str!("advocacy_answer.sql"),
            ),
            view(
                &advocacy_price::CONTRACT,
                vec![Read::Table(&transaction::CONTRACT), map],
                include_str!("advocacy_price.sql"),
            ),
            view(
                &advocacy_party::CONTRACT,
                vec![
                    Read::Table(&customer_feature::CONTRACT),
                    Read::Table(&golden_customer::CONTRACT),
                    Read::Table(&customer_loyalty::CONTRACT),
                ],
                include_str!("advocacy_party.sql"),
            ),
            view(
                &advocacy_permission::CONTRACT,
                vec![Read::Table(&consent::CONTRACT), Read::Table(&suppression::CONTRACT), map],
                include_str!("advocacy_permission.sql"),
            ),
            view(
                &advocacy_buyer::CONTRACT,
                vec![Read::Table(&customer_feature::CONTRACT)],
                include_str!("advocacy_buyer.sql"),
            ),
            CustomerDays::view(),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&customer_advocacy::CONTRACT]
    }

    fn settings(&self) -> String {
        format!("{:?}", self.params)
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
        let mut buyers = Buyers::read(views)?;
        let known = Known {
            voices: Voices::read(views, &buyers.ids, &self.params)?,
            satisfaction: Satisfaction::read(
                views,
                context.logical_date,
                self.params.answer_days_max,
            )?,
            permissions: Permissions::read(views)?,
            discounts: prices::discounts(std::mem::take(&mut buyers.discounts)),
            elasticities: Elasticities::read(views, &buyers, &self.params.price)?,
            ambassadors: ambassador::rule(&self.params.ambassador)?,
            as_of: context.logical_date,
        };
        let contract = &customer_advocacy::CONTRACT;
        if buyers.ids.is_empty() {
            output.push(contract, contract.empty())?;
        }
        let mut first = 0;
        for customers in parts(&buyers.ids) {
            let parties = Parties::read(views, &customers, first)?;
            let n = buyers.ids.partition_point(|id| customers.end() >= id);
            let expected = buyers.ids.get(first..n).unwrap_or_default();
            expect_customers(advocacy_party::CONTRACT.name, &parties.places, expected)?;
            first = n;
            let days = CustomerDays::read(views, customers)?;
            let batches: Vec<Part<'_>> = parties.batches().collect();
            let made = batches.par_iter().map(|part| known.tell(part, &days));
            for batch in made.collect::<Result<Vec<RecordBatch>, StageError>>()? {
                output.push(contract, batch)?;
            }
        }
        Ok(())
    }
}

/// What is known of all parties, before each of them is told of.
struct Known {
    voices: Voices,
    satisfaction: Satisfaction,
    permissions: Permissions,
    /// In the order of parties.
    discounts: Vec<Figure>,
    elasticities: Elasticities,
    ambassadors: AmbassadorParams,
    as_of: i32,
}

impl Known {
    /// The rows of some neighbouring parties.
    fn tell(&self, part: &Part<'_>, days: &CustomerDays) -> Result<RecordBatch, StageError> {
        let ids = part.ids();
        let n = ids.len();
        let voice = self.voices.of(&ids, part.first);
        let satisfaction = self.satisfaction.of(&ids);
        let baskets = baskets::read(days, &ids, self.as_of);
        let permissions: Vec<Permission> = ids.iter().map(|&id| self.permissions.of(id)).collect();
        let discounts = self.discounts.iter().skip(part.first).take(n);
        let elasticity = self.elasticities.of(part.first, n);
        let ambassadors = ambassador::judge(part, &permissions, &voice, &self.ambassadors);
        let columns = customer_advocacy::Columns {
            engagement_score: voice.engagement.into(),
            nps_score: satisfaction.score("nps"),
            nps_age_days: satisfaction.age_days("nps"),
            ces_score: satisfaction.score("ces"),
            ces_age_days: satisfaction.age_days("ces"),
            csat_score: satisfaction.score("csat"),
            csat_age_days: satisfaction.age_days("csat"),
            satisfaction_reason: satisfaction.reasons(),
            n_posts: voice.n_posts.into(),
            n_mentions: voice.n_mentions.into(),
            participation: voice.participation.into(),
            reach: voice.reach.into(),
            diffusion: voice.diffusion.into(),
            net_sentiment: voice.net_sentiment.into(),
            social_reason: voice.reason.into(),
            best_platform: voice.best_platform.into(),
            best_platform_share: voice.best_platform_share.into(),
            best_platform_reason: voice.best_platform_reason.into(),
            conversation_score: voice.conversation.into(),
            interaction_score: voice.interaction.into(),
            contributor_rank: voice.rank.into(),
            is_top_contributor: voice.is_top.into(),
            influence: vec![None::<f64>; n].into(),
            influence_reason: vec![Some("no_social_edges"); n].into(),
            ambassador_score: ambassadors.iter().map(|found| found.score).collect(),
            ambassador_stage: ambassadors.iter().map(|found| found.stage).collect(),
            is_ambassador: ambassadors.iter().map(|found| found.is_ambassador).collect(),
            ambassador_reason: ambassadors.iter().map(|found| Some(&found.reason)).collect(),
            last_90_days_mean_basket: baskets.iter().map(|found| found.last).collect(),
            prior_90_days_mean_basket: baskets.iter().map(|found| found.prior).collect(),
            mean_basket_trend: baskets.iter().map(|found| found.trend.ok()).collect(),
            mean_basket_trend_reason: baskets.iter().map(|found| found.trend.err()).collect(),
            discount_proneness: discounts.clone().map(|found| Some(found.ok()?.0)).collect(),
            discount_proneness_reliability: discounts
                .clone()
                .map(|found| Some(found.ok()?.1))
                .collect(),
            discount_proneness_reason: discounts.map(|found| found.err()).collect(),
            price_elasticity: elasticity.iter().map(|found| Some(found.ok()?.0)).collect(),
            price_elasticity_reliability: elasticity
                .iter()
                .map(|found| Some(found.ok()?.1))
                .collect(),
            price_elasticity_reason: elasticity.iter().map(|found| found.err()).collect(),
            has_address: part.map(|batch, row| Some(batch.has_address.value(row))).into(),
            has_consent: permissions.iter().map(|permission| permission.has_consent).collect(),
            customer_id: ids.into(),
        };
        Ok(columns.into_batch()?)
    }
}

/// Parties of one batch; fixed, so that the bytes do not depend on the number of threads.
const BATCH_PARTIES: usize = 8192;

/// Some parties, in the order of customers.
struct Parties {
    columns: Vec<advocacy_party::Columns>,
    places: Vec<Place>,
    /// Number of the first among all parties.
    first: usize,
}

impl Parties {
    fn read(
        views: &dyn Views,
        customers: &RangeInclusive<i64>,
        first: usize,
    ) -> Result<Self, StageError> {
        let contract = &advocacy_party::CONTRACT;
        let columns = parse_customers(views, contract, customers, advocacy_party::Columns::parse)?;
        let places =
            one_by_customer(contract.name, columns.iter().map(|batch| &batch.customer_id))?;
        Ok(Self { columns, places, first })
    }

    fn batches(&self) -> impl Iterator<Item = Part<'_>> {
        let parts = self.places.chunks(BATCH_PARTIES).enumerate();
        parts.map(|(batch, places)| Part {
            columns: &self.columns,
            places,
            first: self.first + batch * BATCH_PARTIES,
        })
    }
}

/// Neighbouring parties, in the order of customers.
struct Part<'a> {
    columns: &'a [advocacy_party::Columns],
    places: &'a [Place],
    /// Number of the first among all parties.
    first: usize,
}

impl Part<'_> {
    fn ids(&self) -> Vec<i64> {
        self.places.iter().map(|place| place.customer_id).collect()
    }

    /// A value of each party.
    fn map<T>(
        &self,
        value: impl Fn(&advocacy_party::Columns, usize) -> Option<T>,
    ) -> Vec<Option<T>> {
        let of = |place: &Place| {
            self.columns
                .get(place.batch as usize)
                .and_then(|batch| value(batch, place.row as usize))
        };
        self.places.iter().map(of).collect()
    }
}

/// A value at a row; none when it is null.
fn at<A: arrow_array::Array, T>(values: &A, row: usize, value: impl Fn(&A) -> T) -> Option<T> {
    values.is_valid(row).then(|| value(values))
}

#[cfg(test)]
mod tests;

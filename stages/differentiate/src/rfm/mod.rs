//! Recency, frequency and monetary scores, and the named segments made from them.
//!
//! A score comes from the rank of a value among all customers with a purchase, so it does not depend
//! on the order of rows; equal values share a score.

mod rules;

use std::num::NonZeroU32;

use arrow_array::builder::StringBuilder;
use arrow_array::{Decimal128Array, Int64Array};
use idip_numerics::rank_score::{Direction, QuantileScore, TieRule};
use idip_schemas::differentiate::{customer_feature, rfm_input, rfm_score};
use idip_schemas::{Amount, ColumnType, TableContract};
use idip_stage::{Read, RunContext, StageError, Step, Tables, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::order::{Place, one_by_customer};
use crate::params::{Problem, in_range};
pub use rules::RfmSegment;
pub(crate) use rules::{NO_PURCHASES, Rules};

/// What frequency counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FrequencyMeasure {
    /// Distinct days with a sale.
    #[default]
    PurchaseDays,
    /// Baskets with a sale.
    Baskets,
}

/// What the monetary value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MonetaryMeasure {
    /// Sales less returns.
    #[default]
    Net,
    /// Sales.
    Gross,
}

/// What equal values get when a boundary falls among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TieHandling {
    /// All of them the lower score: `1 + floor(n · number strictly worse / N)`.
    #[default]
    Low,
    /// All of them the higher score: `ceil(n · number worse or equal / N)`.
    High,
}

/// Settings of the RFM scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RfmParams {
    /// What frequency counts: `purchase_days` (default) or `baskets`.
    pub frequency: FrequencyMeasure,
    /// What the monetary value counts: `net` (default) or `gross` money.
    pub monetary: MonetaryMeasure,
    /// Score of equal values: `low` (default) or `high`.
    pub ties: TieHandling,
    /// Scores from 1 to this number, from 2 to 10; 5 by default. With another number give `segments`
    /// of your own.
    pub buckets: u32,
    /// Named segments; the first whose ranges all hold is a customer's. Together they must cover
    /// every combination of scores. The eleven usual ones by default.
    pub segments: Vec<RfmSegment>,
}

impl Default for RfmParams {
    fn default() -> Self {
        Self {
            frequency: FrequencyMeasure::default(),
            monetary: MonetaryMeasure::default(),
            ties: TieHandling::default(),
            buckets: 5,
            segments: rules::usual(),
        }
    }
}

impl RfmParams {
    /// Lists every setting that is refused, by its place below `rfm`.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        in_range(&mut problems, "buckets", self.buckets, 2..=10);
        if problems.is_empty() {
            problems.extend(rules::check(&self.segments, self.buckets));
        }
        problems
    }
}

/// Makes `rfm_score`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rfm {
    params: RfmParams,
}

impl Rfm {
    /// A step with these settings, which are expected to pass their check.
    pub fn new(params: RfmParams) -> Self {
        Self { params }
    }
}

impl Step for Rfm {
    fn name(&self) -> &'static str {
        "differentiate.rfm"
    }

    fn views(&self) -> Vec<View> {
        vec![View::new(
            &rfm_input::CONTRACT,
            vec![Read::Table(&customer_feature::CONTRACT)],
            include_str!("rfm_input.sql"),
        )]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&rfm_score::CONTRACT]
    }

    fn settings(&self) -> String {
        format!("{:?}", self.params)
    }

    fn run(&self, _context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let batches = views
            .batches(&rfm_input::CONTRACT)?
            .iter()
            .map(rfm_input::Columns::parse)
            .collect::<Result<Vec<_>, _>>()?;
        let scores = score_all(&self.params, &batches)?;
        Ok(Tables::default().with(&rfm_score::CONTRACT, vec![scores.into_batch()?]))
    }
}

/// Scores of every customer of the batches among all of them, in the order of their ids.
///
/// # Errors
///
/// When a customer has two rows, or no rule of the settings holds for its scores.
pub(crate) fn score_all(
    params: &RfmParams,
    batches: &[rfm_input::Columns],
) -> Result<rfm_score::Columns, StageError> {
    let ids = batches.iter().map(|batch| &batch.customer_id);
    score(params, batches, &one_by_customer(rfm_input::CONTRACT.name, ids)?)
}

fn score(
    params: &RfmParams,
    batches: &[rfm_input::Columns],
    places: &[Place],
) -> Result<rfm_score::Columns, StageError> {
    let ints = |column: fn(&rfm_input::Columns) -> &Int64Array| -> Vec<i64> {
        let cell = |place: &Place| {
            batches.get(place.batch as usize).map(|batch| column(batch).value(place.row as usize))
        };
        places.iter().filter_map(cell).collect()
    };
    let days_since_last = ints(|batch| &batch.days_since_last);
    let purchases = match params.frequency {
        FrequencyMeasure::PurchaseDays => ints(|batch| &batch.purchase_days),
        FrequencyMeasure::Baskets => ints(|batch| &batch.n_baskets),
    };
    let money = |batch: &rfm_input::Columns, row: usize| match params.monetary {
        MonetaryMeasure::Net => batch.net_amount.value(row),
        MonetaryMeasure::Gross => batch.sale_amount.value(row),
    };
    let cents: Vec<i128> = places
        .iter()
        .filter_map(|place| Some(money(batches.get(place.batch as usize)?, place.row as usize)))
        .collect();

    let Some(n_scores) = NonZeroU32::new(params.buckets) else {
        return Err(StageError::Setting {
            message: "rfm.buckets is 0, expected 2 to 10".to_owned(),
            hint: None,
        });
    };
    let ties = match params.ties {
        TieHandling::Low => TieRule::Low,
        TieHandling::High => TieRule::High,
    };
    let rank = |values: &[i64], direction| -> Vec<i64> {
        let scores = QuantileScore::new(n_scores, direction).with_ties(ties);
        scores.scores(values.iter().copied().map(Some)).into_iter().flatten().collect()
    };
    // 18 digits of minor units, which is all that a column of money holds, fit an i64.
    let ranked_cents: Vec<i64> = cents.iter().map(|&cents| cents as i64).collect();
    let r = rank(&days_since_last, Direction::LowerIsBetter);
    let f = rank(&purchases, Direction::HigherIsBetter);
    let m = rank(&ranked_cents, Direction::HigherIsBetter);

    let rules = Rules::new(&params.segments);
    let mut names = StringBuilder::with_capacity(r.len(), 12 * r.len());
    for ((&r, &f), &m) in r.iter().zip(&f).zip(&m) {
        let segment = rules.segment(r, f, m).ok_or_else(|| StageError::Setting {
            message: format!("no rule of rfm.segments holds for the scores {r}, {f}, {m}"),
            hint: Some("end the list with a rule without ranges".to_owned()),
        })?;
        names.append_value(segment);
    }
    Ok(rfm_score::Columns {
        customer_id: Int64Array::from_iter_values(places.iter().map(|place| place.customer_id)),
        days_since_last: days_since_last.into(),
        purchases: purchases.into(),
        monetary: Decimal128Array::from(cents).with_data_type(Amount::data_type()),
        r_score: r.into(),
        f_score: f.into(),
        m_score: m.into(),
        rfm_segment: names.finish(),
    })
}

#[cfg(test)]
mod tests;

//! What customers are expected to buy, and how far such forecasts were right.

use arrow_array::Array;
use idip_schemas::differentiate::value::{
    value_calibration, value_forecast, value_model, value_tier,
};
use idip_stage::Tables;
use serde::Serialize;

use super::read::{batch, iso_day, maybe, maybe_text, share};
use crate::ReportError;
use crate::small_group::{Count, cover, cover_table};

/// The forecast of the night.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Forecast {
    /// Days it is for; null without models.
    pub horizon_days: Option<i64>,
    /// Customers with a value.
    pub customers: i64,
    /// Purchase days expected of them within the horizon.
    pub expected_purchases: f64,
    /// Net money expected of them within the horizon, not discounted.
    pub expected_revenue: f64,
    /// Their value over the months that the project counts, discounted.
    pub clv: f64,
    /// Customers more likely than not to buy nothing within the horizon.
    pub at_risk: Count,
    /// Their share; null when they are too few to be told.
    pub at_risk_share: Option<f64>,
    /// Tiers of value, highest first.
    pub tiers: Vec<Tier>,
    /// The chosen model and its rivals.
    pub models: Vec<Model>,
    /// Cumulative repeat purchases by week.
    pub weeks: Vec<Week>,
    /// Probabilities foretold and shares that came, lowest tenth first.
    pub calibration: Vec<Decile>,
}

/// Customers of one tier; figures are null when they are too few.
#[derive(Debug, Clone, Serialize)]
pub struct Tier {
    /// Name.
    pub name: String,
    /// Customers in it.
    pub customers: Count,
    /// Their value together.
    pub clv: Option<f64>,
    /// Its share of all value.
    pub clv_share: Option<f64>,
    /// Net money expected of them within the horizon.
    pub expected_revenue: Option<f64>,
    /// Those more likely than not to buy nothing within it.
    pub at_risk: Count,
    /// Mean probability of buying nothing.
    pub mean_churn_risk: Option<f64>,
}

/// One model, and how its forecast of the days held back fared.
#[derive(Debug, Clone, Serialize)]
pub struct Model {
    /// Name, as in `value_model`.
    pub name: String,
    /// Why it was chosen; null when it was not.
    pub choice: Option<String>,
    /// What its estimate rests on.
    pub basis: Option<String>,
    /// Why the data alone did not decide.
    pub reason: Option<String>,
    /// Mean log density of what came.
    pub log_score: Option<f64>,
    /// Purchase days foretold for the days held back.
    pub expected: Option<f64>,
    /// Those that came.
    pub actual: Option<f64>,
    /// Mean absolute error a customer.
    pub mean_absolute_error: Option<f64>,
    /// Chance that a buyer was ranked above another.
    pub auc: Option<f64>,
    /// Mean squared error of the probability to buy.
    pub brier_score: Option<f64>,
    /// Why nothing was held back.
    pub holdout_reason: Option<String>,
}

/// Cumulative repeat purchases up to the end of one week.
#[derive(Debug, Clone, Serialize)]
pub struct Week {
    /// Number, from 1.
    pub number: i64,
    /// Last day.
    pub end: String,
    /// Last day: days since 1970-01-01.
    pub end_day: i32,
    /// Whether the model had not seen it.
    pub is_held_back: bool,
    /// Repeat purchase days.
    pub actual: i64,
    /// Those expected.
    pub expected: f64,
}

/// One tenth of the customers by their probability to buy.
#[derive(Debug, Clone, Serialize)]
pub struct Decile {
    /// 1 is the lowest.
    pub number: i64,
    /// Customers.
    pub customers: Count,
    /// Mean probability foretold; null when they are too few, as is the share.
    pub mean_predicted: Option<f64>,
    /// Share who bought.
    pub actual_share: Option<f64>,
}

impl Forecast {
    /// Gathers the forecast from the tables of a night.
    ///
    /// # Errors
    ///
    /// A table breaks its contract.
    pub(super) fn new(tables: &Tables, k: u32) -> Result<Self, ReportError> {
        let tiers = value_tier::Columns::parse(&batch(tables, &value_tier::CONTRACT)?)?;
        let models = value_model::Columns::parse(&batch(tables, &value_model::CONTRACT)?)?;
        let weeks = value_forecast::Columns::parse(&batch(tables, &value_forecast::CONTRACT)?)?;
        let deciles =
            value_calibration::Columns::parse(&batch(tables, &value_calibration::CONTRACT)?)?;
        let mut rows: Vec<usize> = (0..tiers.tier_rank.len()).collect();
        rows.sort_by_key(|&row| tiers.tier_rank.value(row));
        // By rank, so that the order of rows moves no bit of a sum.
        let sum = |values: &arrow_array::Float64Array| -> f64 {
            rows.iter().map(|&row| values.value(row)).sum()
        };
        let customers = tiers.n_customers.iter().flatten().sum();
        let n_at_risk = tiers.n_at_risk.iter().flatten().sum();
        // Those at risk tell the others by subtraction.
        let at_risk = cover(&[n_at_risk, customers - n_at_risk], k)
            .first()
            .copied()
            .unwrap_or(Count::Exact(0));
        let told = at_risk.exact().and_then(|n| share(n as f64, customers as f64));
        Ok(Self {
            horizon_days: models.horizon_days.iter().flatten().next(),
            customers,
            expected_purchases: sum(&tiers.expected_purchases),
            expected_revenue: sum(&tiers.expected_revenue),
            clv: sum(&tiers.clv),
            at_risk,
            at_risk_share: told,
            tiers: of_tiers(&tiers, &rows, k),
            models: of_models(&models),
            weeks: of_weeks(&weeks),
            calibration: of_deciles(&deciles, k),
        })
    }

    /// The chosen model of purchases.
    pub(crate) fn chosen(&self) -> Option<&Model> {
        self.models.iter().find(|model| model.choice.is_some() && model.name != "gamma_gamma")
    }
}

fn of_tiers(tiers: &value_tier::Columns, rows: &[usize], k: u32) -> Vec<Tier> {
    let counts: Vec<i64> = rows.iter().map(|&row| tiers.n_customers.value(row)).collect();
    let risks: Vec<Vec<i64>> = rows
        .iter()
        .map(|&row| {
            let n_at_risk = tiers.n_at_risk.value(row);
            vec![n_at_risk, tiers.n_customers.value(row) - n_at_risk]
        })
        .collect();
    rows.iter()
        .zip(cover(&counts, k))
        .zip(cover_table(&risks, k))
        .map(|((&row, customers), risk)| {
            let told = customers.is_told();
            let at_risk = risk.first().copied().filter(|_| told).unwrap_or(Count::Hidden);
            let figure = |value: f64| told.then_some(value);
            Tier {
                name: tiers.value_tier.value(row).to_owned(),
                customers,
                clv: figure(tiers.clv.value(row)),
                clv_share: figure(tiers.clv_share.value(row)),
                expected_revenue: figure(tiers.expected_revenue.value(row)),
                at_risk,
                mean_churn_risk: maybe(&tiers.mean_churn_risk, row).filter(|_| told),
            }
        })
        .collect()
}

fn of_models(models: &value_model::Columns) -> Vec<Model> {
    let mut rows: Vec<usize> = (0..models.model.len()).collect();
    rows.sort_by_key(|&row| models.model.value(row));
    rows.into_iter()
        .map(|row| Model {
            name: models.model.value(row).to_owned(),
            choice: maybe_text(&models.choice, row),
            basis: maybe_text(&models.basis, row),
            reason: maybe_text(&models.reason, row),
            log_score: maybe(&models.log_score, row),
            expected: maybe(&models.holdout_expected, row),
            actual: maybe(&models.holdout_actual, row),
            mean_absolute_error: maybe(&models.mean_absolute_error, row),
            auc: maybe(&models.auc, row),
            brier_score: maybe(&models.brier_score, row),
            holdout_reason: maybe_text(&models.holdout_reason, row),
        })
        .collect()
}

fn of_weeks(weeks: &value_forecast::Columns) -> Vec<Week> {
    let mut rows: Vec<usize> = (0..weeks.week.len()).collect();
    rows.sort_by_key(|&row| weeks.week.value(row));
    rows.into_iter()
        .map(|row| Week {
            number: weeks.week.value(row),
            end: iso_day(weeks.week_end.value(row)),
            end_day: weeks.week_end.value(row),
            is_held_back: weeks.period.value(row) == "holdout",
            actual: weeks.actual.value(row),
            expected: weeks.expected.value(row),
        })
        .collect()
}

fn of_deciles(deciles: &value_calibration::Columns, k: u32) -> Vec<Decile> {
    let mut rows: Vec<usize> = (0..deciles.decile.len()).collect();
    rows.sort_by_key(|&row| deciles.decile.value(row));
    let counts: Vec<i64> = rows.iter().map(|&row| deciles.n_customers.value(row)).collect();
    rows.iter()
        .zip(cover(&counts, k))
        .map(|(&row, customers)| {
            let told = customers.is_told();
            Decile {
                number: deciles.decile.value(row),
                customers,
                mean_predicted: maybe(&deciles.mean_predicted, row).filter(|_| told),
                actual_share: maybe(&deciles.actual_share, row).filter(|_| told),
            }
        })
        .collect()
}

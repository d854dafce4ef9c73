//! The tables about the models: what they rest on, how their forecasts fared.

use std::collections::BTreeMap;

use arrow_array::{Date32Array, Float64Array, Int64Array, StringArray};
use idip_numerics::btyd::holdout::HoldoutCheck;
use idip_numerics::btyd::{Cells, ModelKind};
use idip_schemas::differentiate::value::{
    value_calibration, value_forecast, value_model, value_parameter,
};

use super::holdout::{Span, Week};
use super::model::{self, Fitted, code};
use super::params::ClvParams;
use super::spend::{GAMMA_GAMMA, Spend};

/// What all rows of `value_model` share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Night<'a> {
    pub(super) params: &'a ClvParams,
    pub(super) horizon_days: u32,
    pub(super) span: Span,
    pub(super) as_of: i32,
    pub(super) holdout_reason: Option<&'a str>,
}

/// One row of `value_model`.
#[derive(Debug, Default)]
struct Row<'a> {
    choice: Option<&'static str>,
    basis: Option<&'static str>,
    reason: Option<String>,
    n_customers: u64,
    n_cells: u64,
    ln_likelihood: Option<f64>,
    n_steps: Option<usize>,
    correlation: Option<f64>,
    check: Option<&'a HoldoutCheck>,
    holdout_reason: Option<String>,
}

/// A model of purchases as it was fitted to the whole history, or why it was not.
pub(super) type FullFit = Result<Fitted, String>;

/// Lists the models and what is known of each.
pub(super) fn models<'a>(
    night: Night<'_>,
    fits: &BTreeMap<ModelKind, FullFit>,
    cells: &Cells,
    choice: Option<(ModelKind, &'static str)>,
    check: &dyn Fn(ModelKind) -> Option<&'a HoldoutCheck>,
    spend: &Spend,
) -> value_model::Columns {
    let mut rows: BTreeMap<&str, Row<'_>> = BTreeMap::new();
    for (&kind, fit) in fits {
        let check = check(kind);
        let not_fitted = || "no fit to the calibration".to_owned();
        let mut row = Row {
            choice: choice.filter(|chosen| chosen.0 == kind).map(|chosen| chosen.1),
            n_customers: cells.total_customers(),
            n_cells: cells.len() as u64,
            check,
            holdout_reason: check
                .is_none()
                .then(|| night.holdout_reason.map_or_else(not_fitted, str::to_owned)),
            ..Row::default()
        };
        match fit {
            Ok(fitted) => {
                let (basis, reason) = model::basis(fitted.basis);
                (row.basis, row.reason) = (Some(basis), reason);
                row.ln_likelihood = Some(fitted.ln_likelihood);
                row.n_steps = Some(fitted.n_steps);
            }
            Err(reason) => row.reason = Some(reason.clone()),
        }
        rows.insert(code(kind), row);
    }
    let of_spend = Row {
        choice: spend.basis_name.map(|_| "spend"),
        basis: spend.basis_name,
        reason: spend.reason.clone(),
        n_customers: spend.n_customers,
        n_cells: spend.n_customers,
        ln_likelihood: spend.ln_likelihood,
        n_steps: spend.n_steps,
        correlation: spend.correlation,
        ..Row::default()
    };
    rows.insert(GAMMA_GAMMA, of_spend);
    columns(night, &rows)
}

fn columns(night: Night<'_>, rows: &BTreeMap<&str, Row<'_>>) -> value_model::Columns {
    let n = rows.len();
    let texts = |value: &dyn Fn(&Row<'_>) -> Option<String>| -> StringArray {
        rows.values().map(value).collect()
    };
    let counts = |value: &dyn Fn(&Row<'_>) -> u64| {
        Int64Array::from_iter_values(rows.values().map(|row| value(row) as i64))
    };
    let floats = |value: &dyn Fn(&Row<'_>) -> Option<f64>| -> Float64Array {
        rows.values().map(|row| value(row).filter(|value| value.is_finite())).collect()
    };
    let checked = |value: fn(&HoldoutCheck) -> Option<f64>| floats(&|row| value(row.check?));
    let calibration_end = night.as_of.saturating_sub_unsigned(night.span.holdout_days);
    value_model::Columns {
        model: StringArray::from_iter_values(rows.keys()),
        is_chosen: rows.values().map(|row| Some(row.choice.is_some())).collect(),
        choice: texts(&|row| row.choice.map(str::to_owned)),
        basis: texts(&|row| row.basis.map(str::to_owned)),
        reason: texts(&|row| row.reason.clone()),
        n_customers: counts(&|row| row.n_customers),
        n_cells: counts(&|row| row.n_cells),
        log_likelihood: floats(&|row| row.ln_likelihood),
        n_iterations: rows.values().map(|row| row.n_steps.map(|n| n as i64)).collect(),
        time_unit_days: vec![f64::from(night.params.time_unit_days); n].into(),
        horizon_days: vec![i64::from(night.horizon_days); n].into(),
        spend_correlation: floats(&|row| row.correlation),
        calibration_end: rows
            .values()
            .map(|row| row.check.map(|_| calibration_end))
            .collect::<Date32Array>(),
        holdout_days: rows
            .values()
            .map(|row| row.check.map(|_| i64::from(night.span.holdout_days)))
            .collect(),
        holdout_customers: rows
            .values()
            .map(|row| row.check.map(|check| check.n_customers as i64))
            .collect(),
        log_score: checked(|check| check.log_score),
        holdout_expected: checked(|check| Some(check.expected_purchases)),
        holdout_actual: checked(|check| Some(check.actual_purchases)),
        mean_absolute_error: checked(|check| Some(check.mean_absolute_error)),
        root_mean_squared_error: checked(|check| Some(check.root_mean_squared_error)),
        auc: checked(|check| check.area_under_curve),
        brier_score: checked(|check| Some(check.brier_score)),
        brier_score_of_base_rate: checked(|check| Some(check.brier_score_of_base_rate)),
        holdout_reason: texts(&|row| row.holdout_reason.clone()),
    }
}

/// Lists the parameters of every model that has any.
pub(super) fn parameters(
    fits: &BTreeMap<ModelKind, FullFit>,
    spend: &Spend,
) -> value_parameter::Columns {
    let mut rows: BTreeMap<(&str, &str), (f64, Option<f64>)> = BTreeMap::new();
    for (&kind, fit) in fits {
        let Ok(fitted) = fit else { continue };
        for (at, (name, estimate)) in fitted.model.parameters().into_iter().enumerate() {
            let errors = fitted.standard_errors.as_ref();
            let error = errors.and_then(|errors| errors.get(at)).copied();
            rows.insert((code(kind), name), (estimate, error));
        }
    }
    for (name, estimate, error) in spend.parameters() {
        rows.insert((GAMMA_GAMMA, name), (estimate, error));
    }
    value_parameter::Columns {
        model: StringArray::from_iter_values(rows.keys().map(|key| key.0)),
        parameter: StringArray::from_iter_values(rows.keys().map(|key| key.1)),
        estimate: Float64Array::from_iter_values(rows.values().map(|row| row.0)),
        standard_error: rows.values().map(|row| row.1.filter(|error| error.is_finite())).collect(),
    }
}

/// Lists the weeks of the forecast.
pub(super) fn forecast(weeks: &[Week], span: Span, as_of: i32) -> value_forecast::Columns {
    let calibration_end = as_of.saturating_sub_unsigned(span.holdout_days);
    let period = |week: &Week| if week.end > 0 { "holdout" } else { "calibration" };
    value_forecast::Columns {
        week: (1..).take(weeks.len()).map(Some).collect(),
        week_end: Date32Array::from_iter_values(
            weeks.iter().map(|week| calibration_end.saturating_add(week.end)),
        ),
        period: StringArray::from_iter_values(weeks.iter().map(period)),
        actual: Int64Array::from_iter_values(weeks.iter().map(|week| week.actual as i64)),
        expected: Float64Array::from_iter_values(weeks.iter().map(|week| week.expected)),
    }
}

/// Lists the tenths of the customers of a check; none without one.
pub(super) fn calibration(check: Option<&HoldoutCheck>) -> value_calibration::Columns {
    let deciles = check.map(|check| check.calibration.as_slice()).unwrap_or_default();
    let share = |part: f64, n: f64| (n > 0.0).then(|| (part / n).clamp(0.0, 1.0));
    value_calibration::Columns {
        decile: (1..).take(deciles.len()).map(Some).collect(),
        n_customers: Int64Array::from_iter_values(
            deciles.iter().map(|decile| decile.n_customers as i64),
        ),
        mean_predicted: deciles.iter().map(|d| share(d.expected, d.n_customers)).collect(),
        actual_share: deciles.iter().map(|d| share(d.actual, d.n_customers)).collect(),
    }
}

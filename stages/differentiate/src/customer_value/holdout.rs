//! Forecasts of days held back, against what came: every night, and what a model is chosen by.

use std::collections::BTreeMap;
use std::mem::take;

use idip_numerics::btyd::holdout::{
    Holdout, HoldoutCheck, default_kind, expected_cumulative, rank_by_log_score,
};
use idip_numerics::btyd::{Cells, FitSettings, ModelKind, PurchaseModel};
use idip_stage::StageError;

use super::history::{DAYS_TOLD, Split};
use super::model::{Fitted, LastNight, fit_kind};
use super::params::ClvParams;
use super::publish::FullFit;

/// Fewest days of a holdout: four weeks, so that each weekday counts alike.
const MIN_HOLDOUT_DAYS: u32 = 28;

/// Fewest days of a calibration: twice as many.
const MIN_CALIBRATION_DAYS: u32 = 56;

/// Log score a customer by which a model must beat last night's to take its place: a likelihood half a
/// percent higher. Less is chance, and a change of model moves everybody's value in one night.
const LOG_SCORE_MARGIN: f64 = 0.005;

/// Days of a week of the forecast.
const WEEK: i32 = 7;

/// Where the observed days are split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// From the first purchase of anybody to the end of the calibration.
    pub(super) calibration_days: u32,
    /// From there to the logical date; 0 without a holdout.
    pub(super) holdout_days: u32,
}

impl Span {
    /// Splits the days since each customer's first purchase, or says why there is no holdout.
    pub(super) fn of(t_days: &[u32], params: &ClvParams) -> (Self, Option<String>) {
        let total = t_days.iter().copied().max().unwrap_or(0);
        // Bounded by `total`, since the share is at most 0.8.
        let holdout_days = (f64::from(total) * params.holdout_share).round() as u32;
        let calibration_days = total.saturating_sub(holdout_days);
        let n_customers = t_days.iter().filter(|&&t| t >= holdout_days).count();
        let reason = if holdout_days == 0 && total > 0 && params.holdout_share <= 0.0 {
            "holdout_share is 0".to_owned()
        } else if holdout_days < MIN_HOLDOUT_DAYS || calibration_days < MIN_CALIBRATION_DAYS {
            format!(
                "{total} day(s) of purchases leave {calibration_days} for the calibration and \
                 {holdout_days} for the holdout, fewer than {MIN_CALIBRATION_DAYS} or \
                 {MIN_HOLDOUT_DAYS}"
            )
        } else if n_customers < params.min_customers as usize {
            format!(
                "{n_customers} customer(s) first bought in the calibration, fewer than {}",
                params.min_customers
            )
        } else {
            return (Self { calibration_days, holdout_days }, None);
        };
        (Self { calibration_days: total, holdout_days: 0 }, Some(reason))
    }
}

/// What models fitted to the calibration foretold of the holdout.
#[derive(Debug)]
pub(super) struct Check {
    holdout: Holdout,
    pub(super) fits: BTreeMap<ModelKind, Fitted>,
    /// Best log score first.
    pub(super) results: Vec<HoldoutCheck>,
}

impl Check {
    /// Fits the candidates to the calibration and holds them against the holdout; the histories of
    /// customers are taken out of the split.
    ///
    /// # Errors
    ///
    /// When the purchases contradict themselves.
    pub(super) fn new(
        split: &mut Split,
        span: Span,
        params: &ClvParams,
        last: &LastNight,
    ) -> Result<Self, StageError> {
        let Split { frequency, recency_days, t_days, .. } = split;
        let [frequency, recency_days, t_days] = [frequency, recency_days, t_days].map(take);
        let (cells, cell_of_row) = Cells::compress(&frequency, &recency_days, &t_days)
            .map_err(|source| refused(source.into()))?;
        drop((frequency, recency_days, t_days));
        let holdout = Holdout::new(
            cells,
            &cell_of_row,
            &take(&mut split.later_frequency),
            Some(&take(&mut split.later_last_day)),
            span.holdout_days,
        )
        .map_err(|source| refused(source.into()))?;
        drop(cell_of_row);
        let mut fits = BTreeMap::new();
        for &kind in params.model.candidates() {
            let settings = fit_settings(params, last.start(kind));
            if let Ok(fitted) = fit_kind(kind, holdout.cells(), &settings) {
                fits.insert(kind, fitted);
            }
        }
        let models: Vec<&dyn PurchaseModel> = fits.values().map(|fit| fit.model.as_ref()).collect();
        let results = rank_by_log_score(&models, &holdout, f64::from(params.time_unit_days));
        Ok(Self { holdout, fits, results })
    }

    /// The customers of the calibration.
    pub(super) fn cells(&self) -> &Cells {
        self.holdout.cells()
    }

    /// The result of a model, when it could be fitted.
    pub(super) fn of(&self, kind: ModelKind) -> Option<&HoldoutCheck> {
        self.results.iter().find(|result| result.kind == kind)
    }

    /// The model of the best forecast; last night's while it is about as good.
    fn best(&self, last: Option<ModelKind>) -> Option<Choice> {
        let score =
            |result: &HoldoutCheck| result.log_score.filter(|log_score| log_score.is_finite());
        let (best, highest) =
            self.results.iter().find_map(|result| Some((result.kind, score(result)?)))?;
        let kept = last.filter(|&last| {
            let of_last = self.of(last).and_then(score);
            last != best && of_last.is_some_and(|found| found >= highest - LOG_SCORE_MARGIN)
        });
        Some(kept.map_or((best, "holdout"), |last| (last, "kept")))
    }
}

fn refused(source: Box<dyn std::error::Error + Send + Sync>) -> StageError {
    StageError::Algorithm { what: "purchases of the calibration could not be counted", source }
}

/// How to fit, from a start if there is one.
pub(super) fn fit_settings(params: &ClvParams, start: Option<Vec<f64>>) -> FitSettings {
    FitSettings {
        time_unit_days: f64::from(params.time_unit_days),
        min_customers: params.min_customers.into(),
        start,
    }
}

/// A model of purchases and why it is published, as in `value_model.choice`.
pub(super) type Choice = (ModelKind, &'static str);

/// Names the model to publish, should it have a fit.
pub(super) fn wish(
    params: &ClvParams,
    check: Option<&Check>,
    last: Option<ModelKind>,
    cells: &Cells,
) -> Choice {
    let by_default = || match default_kind(cells) {
        ModelKind::MbgNbd => (ModelKind::MbgNbd, "bought_once"),
        kind => (kind, "usual"),
    };
    match params.model.candidates() {
        &[kind] => (kind, "setting"),
        _ => check.and_then(|check| check.best(last)).unwrap_or_else(by_default),
    }
}

/// Names the model to publish: the one wished for, else one that has a fit.
pub(super) fn choose(wish: Choice, fits: &BTreeMap<ModelKind, FullFit>) -> Option<Choice> {
    let has_fit = |kind: &ModelKind| fits.get(kind).is_some_and(Result::is_ok);
    if has_fit(&wish.0) {
        return Some(wish);
    }
    [ModelKind::MbgNbd, ModelKind::BgNbd, ModelKind::ParetoNbd]
        .into_iter()
        .find(has_fit)
        .map(|kind| (kind, "only_fit"))
}

/// Repeat purchases up to the end of one week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Week {
    /// Last day, counted from the end of the calibration.
    pub(super) end: i32,
    pub(super) actual: u64,
    pub(super) expected: f64,
}

/// Follows the repeat purchases of the customers of the calibration week by week.
pub(super) fn weeks(
    model: &dyn PurchaseModel,
    cells: &Cells,
    split: &Split,
    span: Span,
    time_unit_days: u32,
) -> Vec<Week> {
    let ends = week_ends(span);
    let expected = expected_cumulative(model, cells, f64::from(time_unit_days), &ends);
    let age = |end: i32| {
        let age = i64::from(span.holdout_days) - i64::from(end);
        u32::try_from(age).unwrap_or(0)
    };
    ends.into_iter()
        .zip(expected)
        .map(|(end, expected)| Week { end, actual: split.repeats_from_age(age(end)), expected })
        .collect()
}

/// Last days of the weeks, counted from the end of the calibration, which ends one.
fn week_ends(span: Span) -> Vec<i32> {
    let [before, after] =
        [span.calibration_days.saturating_sub(1).min(DAYS_TOLD), span.holdout_days.min(DAYS_TOLD)]
            .map(|days| days as i32);
    let mut ends: Vec<i32> = (-(before / WEEK)..=after / WEEK).map(|week| week * WEEK).collect();
    if after % WEEK != 0 {
        ends.push(after);
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_of_the_days_is_held_back() {
        let params = ClvParams { min_customers: 2, ..ClvParams::default() };
        // 300 days: 100 of them held back; two customers first bought before.
        let (span, reason) = Span::of(&[300, 99, 100], &params);
        assert_eq!((span, reason), (Span { calibration_days: 200, holdout_days: 100 }, None));
        let (span, reason) = Span::of(&[300, 99, 98], &params);
        assert_eq!(span, Span { calibration_days: 300, holdout_days: 0 });
        assert_eq!(
            reason.as_deref(),
            Some("1 customer(s) first bought in the calibration, fewer than 2")
        );
    }

    #[test]
    fn a_short_history_has_no_holdout() {
        let params = ClvParams { min_customers: 1, ..ClvParams::default() };
        let (span, reason) = Span::of(&[80], &params);
        assert_eq!(span, Span { calibration_days: 80, holdout_days: 0 });
        assert!(reason.expect("told").starts_with("80 day(s) of purchases leave 53"));
        assert_eq!(Span::of(&[84], &params).1, None);
        let none = ClvParams { holdout_share: 0.0, ..params.clone() };
        assert_eq!(Span::of(&[900], &none).1.as_deref(), Some("holdout_share is 0"));
        assert!(Span::of(&[], &params).1.is_some());
    }

    #[test]
    fn a_week_ends_with_the_calibration_and_the_last_with_the_holdout() {
        let span = Span { calibration_days: 15, holdout_days: 10 };
        assert_eq!(week_ends(span), [-14, -7, 0, 7, 10]);
        let span = Span { calibration_days: 14, holdout_days: 7 };
        assert_eq!(week_ends(span), [-7, 0, 7]);
        assert_eq!(week_ends(Span { calibration_days: 0, holdout_days: 0 }), [0]);
    }
}

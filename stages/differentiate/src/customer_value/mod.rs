//! Value over time of every party, from models of when customers buy and when they stop.
//!
//! ```text
//! customer_feature ─ customer_value_input.sql ─► histories ─► fits ─► scores ─► customer_value
//!                                                              ▲                value_tier
//! customer_day ─► split ─► check ──────────────────────────────┘ choice         value_model
//! last night's value_parameter, value_model ─► starts, choice                   value_parameter
//!                                              value_forecast, value_calibration
//! ```
//!
//! What is published is fitted to the whole history. The check is another fit, to the first part of
//! it, whose forecast of the rest is held against what came.

mod history;
mod holdout;
mod input;
mod model;
mod params;
mod publish;
mod score;
mod spend;
mod tier;

use std::collections::BTreeMap;

use idip_numerics::btyd::{Cells, ModelKind};
use idip_schemas::TableContract;
use idip_schemas::differentiate::customer_feature;
use idip_schemas::differentiate::value::{
    customer_value, customer_value_input, value_calibration, value_forecast, value_model,
    value_parameter, value_tier,
};
use idip_stage::{Output, Read, RunContext, StageError, Step, Tables, View, Views, run_in_memory};

use crate::purchases::CustomerDays;
use history::Split;
use holdout::{Check, Span, Week, choose, fit_settings, weeks, wish};
use input::Input;
use model::{Fitted, LastNight, fit_kind};
pub use params::{ClvParams, ModelChoice};
use publish::{FullFit, Night};
use score::Scores;
use spend::Spend;

/// Days of the horizon where nobody bought twice, so that no gap tells it: a quarter of a year.
const USUAL_HORIZON_DAYS: u32 = 90;

/// Bounds of a horizon that is told by the gaps: shorter is noise, longer is no tonight's question.
const HORIZON_DAYS: std::ops::RangeInclusive<u32> = 14..=365;

/// Why a Pareto/NBD has no estimate.
const NOT_FITTED: &str = "not chosen, so not fitted to the whole history";

/// Makes `customer_value` and the tables about its models.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerValue {
    params: ClvParams,
}

impl CustomerValue {
    /// A step with these settings, which are expected to pass their check.
    pub fn new(params: ClvParams) -> Self {
        Self { params }
    }

    fn horizon_days(&self, split: &Split) -> u32 {
        let by_gaps = || match split.median_gap() {
            Some(gap) => (2 * gap).clamp(*HORIZON_DAYS.start(), *HORIZON_DAYS.end()),
            None => USUAL_HORIZON_DAYS,
        };
        self.params.horizon_days.unwrap_or_else(by_gaps)
    }

    /// Fits the candidates to the whole history.
    ///
    /// A Pareto/NBD costs as much as all else together, so it is fitted only when it is wished for, or
    /// nothing else has a fit.
    fn fits(
        &self,
        cells: &Cells,
        wish: ModelKind,
        check: Option<&Check>,
        last: &LastNight,
    ) -> BTreeMap<ModelKind, FullFit> {
        let start = |kind: ModelKind| {
            let of_check = || check.and_then(|check| check.fits.get(&kind)).map(Fitted::estimates);
            last.start(kind).or_else(of_check)
        };
        let fit = |kind: ModelKind| {
            fit_kind(kind, cells, &fit_settings(&self.params, start(kind)))
                .map_err(|error| error.to_string())
        };
        let candidates = || self.params.model.candidates().iter().copied();
        let fits: BTreeMap<ModelKind, FullFit> = candidates()
            .map(|kind| match kind {
                ModelKind::ParetoNbd if wish != kind => (kind, Err(NOT_FITTED.to_owned())),
                _ => (kind, fit(kind)),
            })
            .collect();
        if fits.values().any(Result::is_ok) {
            return fits;
        }
        candidates().map(|kind| (kind, fit(kind))).collect()
    }

    fn spend(&self, input: &Input, split: &Split, last: &LastNight) -> Result<Spend, StageError> {
        let (frequency, monetary_value) = (&input.frequency, &input.monetary_value);
        let (mean, min_customers) = (split.mean_spend(), self.params.min_customers);
        Spend::fit(frequency, monetary_value, mean, min_customers, last).map_err(|source| {
            StageError::Algorithm {
                what: "spend of repeat purchases could not be read",
                source: Box::new(source),
            }
        })
    }

    fn scores<'a>(
        &self,
        fitted: &Fitted,
        cells: (Cells, Vec<u32>),
        input: &'a Input,
        spend: &'a Spend,
        horizon_days: u32,
    ) -> Result<Scores<'a>, StageError> {
        Scores::new(fitted.model.as_ref(), cells, input, spend, &self.params, horizon_days).map_err(
            |source| StageError::Algorithm {
                what: "purchases to come could not be discounted",
                source: Box::new(source),
            },
        )
    }

    /// Follows the weeks by the fit to the calibration; by the one to all days without a holdout.
    fn weeks(
        &self,
        (kind, fitted): (ModelKind, &Fitted),
        check: Option<&Check>,
        cells: &Cells,
        split: &Split,
        span: Span,
    ) -> Vec<Week> {
        let unit = self.params.time_unit_days;
        match check {
            None => weeks(fitted.model.as_ref(), cells, split, span, unit),
            Some(check) => check.fits.get(&kind).map_or_else(Vec::new, |fitted| {
                weeks(fitted.model.as_ref(), check.cells(), split, span, unit)
            }),
        }
    }
}

impl Step for CustomerValue {
    fn name(&self) -> &'static str {
        "differentiate.customer_value"
    }

    fn views(&self) -> Vec<View> {
        vec![
            View::new(
                &customer_value_input::CONTRACT,
                vec![Read::Table(&customer_feature::CONTRACT)],
                include_str!("customer_value_input.sql"),
            ),
            CustomerDays::view(),
            View::new(
                &value_parameter::CONTRACT,
                vec![Read::LastNight(&value_parameter::CONTRACT)],
                "SELECT * FROM last_value_parameter",
            ),
            View::new(
                &value_model::CONTRACT,
                vec![Read::LastNight(&value_model::CONTRACT)],
                "SELECT * FROM last_value_model",
            ),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![
            &customer_value::CONTRACT,
            &value_model::CONTRACT,
            &value_parameter::CONTRACT,
            &value_forecast::CONTRACT,
            &value_calibration::CONTRACT,
            &value_tier::CONTRACT,
        ]
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
        let as_of = context.logical_date;
        let last = LastNight::parse(views)?;
        let mut input = Input::parse(views)?;
        let (span, holdout_reason) = Span::of(&input.t_days, &self.params);
        let calibration_end = as_of.saturating_sub_unsigned(span.holdout_days);
        let mut split = Split::read(views, &input.customer_id, calibration_end, as_of)?;
        let check = match &holdout_reason {
            None => Some(Check::new(&mut split, span, &self.params, &last)?),
            Some(_) => None,
        };
        let check = check.as_ref();
        let (cells, cell_of_row) = input.cells()?;
        let wish = wish(&self.params, check, last.chosen(), &cells);
        let fits = self.fits(&cells, wish.0, check, &last);
        let choice = choose(wish, &fits);
        let chosen = choice.and_then(|(kind, _)| Some((kind, fits.get(&kind)?.as_ref().ok()?)));
        let spend = self.spend(&input, &split, &last)?;
        let horizon_days = self.horizon_days(&split);
        let weeks = chosen.map(|chosen| self.weeks(chosen, check, &cells, &split, span));
        let weeks = weeks.unwrap_or_default();
        let result = chosen.zip(check).and_then(|((kind, _), check)| check.of(kind));
        let night = Night {
            params: &self.params,
            horizon_days,
            span,
            as_of,
            holdout_reason: holdout_reason.as_deref(),
        };
        let of_kind = |kind| check?.of(kind);
        let models = publish::models(night, &fits, &cells, choice, &of_kind, &spend);
        let parameters = publish::parameters(&fits, &spend);
        let forecast = publish::forecast(&weeks, span, as_of);
        let calibration = publish::calibration(result);
        output.push(&value_model::CONTRACT, models.into_batch()?)?;
        output.push(&value_parameter::CONTRACT, parameters.into_batch()?)?;
        output.push(&value_forecast::CONTRACT, forecast.into_batch()?)?;
        output.push(&value_calibration::CONTRACT, calibration.into_batch()?)?;
        let scores = match chosen {
            Some((_, fitted)) => {
                self.scores(fitted, (cells, cell_of_row), &input, &spend, horizon_days)?
            }
            None => Scores::without_model(&input, &spend),
        };
        scores.write(output)
    }
}

#[cfg(test)]
mod tests;

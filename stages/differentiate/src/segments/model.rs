//! What a clustering is fitted on: who, by which features, and how these were prepared.

use idip_numerics::transform::{
    Scaler, TransformError, WinsorBounds, clr_of, hellinger_of, signed_log1p,
};
use idip_stage::StageError;
use rayon::prelude::*;

use super::axis::Plan;
use super::choices::ShareTransform;
use super::input::Input;
use super::kinds;
use super::params::{NeedParams, ValueParams};
use super::rules::{Sample, sampled};

/// Customers whose features are watched for drift: of more, every so many in the order of their ids.
///
/// With 50,000 the index of ten bins is known to about 0.001.
const WATCHED_CUSTOMERS: usize = 50_000;

/// What stands in for a share of 0 in a logarithm: half a hundredth.
const PSEUDO_SHARE: f64 = 0.005;

/// A feature as it was prepared, enough to prepare another customer alike.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Feature {
    pub(super) name: String,
    /// How much of the whole the feature is: what must be known of last night to begin from it.
    pub(super) weight: f64,
    /// Bounds of the transformed feature, when it is bounded.
    pub(super) bounds: Option<WinsorBounds>,
    /// Share that light buyers are drawn to, and the baskets it weighs, for shares.
    pub(super) prior: Option<(f64, f64)>,
    pub(super) mean: f64,
    pub(super) scale: f64,
}

/// Features of one axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    pub(super) transform: &'static str,
    pub(super) features: Vec<Feature>,
}

/// Customers of one axis with their prepared features.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prepared {
    pub(super) model: Model,
    /// Prepared features, column by column, one value for each of `rows`.
    pub(super) columns: Vec<Vec<f64>>,
    /// Features in their own units, column by column, of a sample of `rows` that is watched for drift.
    pub(super) watched: Vec<Vec<f64>>,
    /// Positions of the customers among all parties, ascending.
    pub(super) rows: Vec<usize>,
}

impl Prepared {
    fn new(
        transform: &'static str,
        rows: Vec<usize>,
        features: Vec<Feature>,
        columns: Vec<Vec<f64>>,
        watched: Vec<Vec<f64>>,
    ) -> Self {
        Self { model: Model { transform, features }, columns, watched, rows }
    }
}

/// Every so many of the values, so that no more than `n_max` are left.
pub(super) fn every_so_many<T: Copy>(values: &[T], n_max: usize) -> Vec<T> {
    values.iter().copied().step_by(values.len().div_ceil(n_max).max(1)).collect()
}

fn watched(values: &[f64]) -> Vec<f64> {
    every_so_many(values, WATCHED_CUSTOMERS)
}

/// Prepares customers with a purchase: `ln(1 + |x|)` with the sign of `x`, drawn in at both ends,
/// mean 0 and standard deviation 1; and a feature for each value of the categories asked for. With the
/// numbers of a sample as they are.
///
/// # Errors
///
/// When a number is not finite, or the input cannot be read.
pub(super) fn by_value(
    plan: &Plan,
    input: &Input<'_>,
    categories: &[String],
    params: &ValueParams,
) -> Result<(Prepared, Sample), StageError> {
    let rows = positions(&input.numbers("purchase_days")?, |days| days > 0.0);
    if rows.is_empty() {
        let nobody = Prepared::new("log1p", rows, Vec::new(), Vec::new(), Vec::new());
        return Ok((nobody, Sample::new()));
    }
    let share = params.winsorise_share;
    let names: Vec<&str> = params.features.iter().map(|feature| feature.name()).collect();
    let prepared = names
        .par_iter()
        .zip(input.numbers_of(&names)?)
        .map(|(name, numbers)| prepared_number(name, &pick(&numbers, &rows), share))
        .collect::<Result<Vec<_>, TransformError>>()
        .map_err(|source| plan.failed(source))?;
    let (mut features, mut columns, mut watched) = (Vec::new(), Vec::new(), Vec::new());
    let mut sample = Sample::new();
    for number in prepared {
        sample.push((number.feature.name.clone(), number.sampled));
        features.push(number.feature);
        columns.push(number.values);
        watched.push(number.watched);
    }
    let kinds = &params.categories;
    for kind in kinds {
        let values = kind.values(input, categories, &rows)?;
        let added = kinds::added(*kind, &values, params.category_weight);
        for (feature, points) in added.map_err(|source| plan.failed(source))? {
            watched.push(every_so_many(&points, WATCHED_CUSTOMERS));
            features.push(feature);
            columns.push(points);
        }
    }
    Ok((Prepared::new("log1p", rows, features, columns, watched), sample))
}

/// A number of each customer, prepared.
struct PreparedNumber {
    feature: Feature,
    values: Vec<f64>,
    watched: Vec<f64>,
    sampled: Vec<f64>,
}

fn prepared_number(
    name: &str,
    raw: &[f64],
    winsorise_share: f64,
) -> Result<PreparedNumber, TransformError> {
    let (bounds, values) = winsorised(signed_log1p(raw)?, winsorise_share)?;
    let (mean, scale, values) = scaled(&values)?;
    let name = name.to_owned();
    let feature = Feature { name, weight: 1.0, bounds, prior: None, mean, scale };
    Ok(PreparedNumber { feature, values, watched: watched(raw), sampled: sampled(raw) })
}

fn winsorised(
    values: Vec<f64>,
    share: f64,
) -> Result<(Option<WinsorBounds>, Vec<f64>), TransformError> {
    if share <= 0.0 {
        return Ok((None, values));
    }
    let bounds = WinsorBounds::fit(&values, share, 1.0 - share)?;
    Ok((Some(bounds), bounds.apply(&values)))
}

/// Scales a feature; one that is the same for all stays in the model, at 0, so that the model of
/// another night, when it is not, is about the same features.
fn scaled(values: &[f64]) -> Result<(f64, f64, Vec<f64>), TransformError> {
    let scaler = Scaler::fit(&[values])?;
    let scaled = scaler.transform(&[values])?.pop();
    Ok(match (scaler.features.first(), scaled) {
        (Some(feature), Some(scaled)) => (feature.mean, feature.sd, scaled),
        _ => (values.first().copied().unwrap_or(0.0), 1.0, vec![0.0; values.len()]),
    })
}

/// Positions of the customers whose need can be told, those with enough baskets and known shares; and
/// their shares, category by category.
///
/// # Errors
///
/// When the input cannot be read.
pub(super) fn with_a_need(
    input: &Input<'_>,
    params: &NeedParams,
) -> Result<(Vec<usize>, Vec<Vec<f64>>), StageError> {
    let rows = positions(&input.numbers("n_baskets")?, |n| n >= params.min_baskets as f64);
    let mut shares = input.shares_of(&rows)?;
    // Shares are known together or not at all.
    let Some(first) = shares.first() else { return Ok((rows, shares)) };
    if first.iter().all(|share| !share.is_nan()) {
        return Ok((rows, shares));
    }
    let known = rows.into_iter().zip(first).filter(|(_, share)| !share.is_nan());
    let rows = known.map(|(row, _)| row).collect();
    for column in &mut shares {
        column.retain(|share| !share.is_nan());
    }
    Ok((rows, shares))
}

/// Prepares the customers of these rows by named shares of theirs, column by column: each share is
/// drawn to the mean share of all by `prior_baskets`, then transformed.
///
/// # Errors
///
/// When a share is negative or not finite, or the input cannot be read.
pub(super) fn by_need(
    plan: &Plan,
    input: &Input<'_>,
    params: &NeedParams,
    rows: Vec<usize>,
    names: Vec<String>,
    shares: Vec<Vec<f64>>,
) -> Result<Prepared, StageError> {
    let baskets = pick(&input.numbers("n_baskets")?, &rows);
    let weight = params.prior_baskets;
    let mut shares = shares;
    let drawn: Vec<(f64, Vec<f64>)> = shares
        .par_iter_mut()
        .map(|shares| {
            let prior = shares.iter().sum::<f64>() / rows.len().max(1) as f64;
            // Watched as they are: drawn to a mean that moves, all would seem to move.
            let watched = watched(shares);
            for (share, n) in shares.iter_mut().zip(&baskets) {
                *share = (n * *share + weight * prior) / (n + weight);
            }
            (prior, watched)
        })
        .collect();
    drop(baskets);
    let columns = match params.transform {
        ShareTransform::Hellinger => hellinger_of(shares),
        ShareTransform::Clr => clr_of(shares, PSEUDO_SHARE),
    };
    let columns = columns.map_err(|source| plan.failed(source))?;
    let (features, watched) = names
        .into_iter()
        .zip(drawn)
        .map(|(name, (prior, watched))| {
            let prior_of = Some((prior, weight));
            let feature = Feature {
                name,
                weight: prior,
                bounds: None,
                prior: prior_of,
                mean: 0.0,
                scale: 1.0,
            };
            (feature, watched)
        })
        .unzip();
    Ok(Prepared::new(params.transform.name(params.features), rows, features, columns, watched))
}

fn positions(values: &[f64], is_in: impl Fn(f64) -> bool) -> Vec<usize> {
    let mut positions = Vec::with_capacity(values.iter().filter(|value| is_in(**value)).count());
    positions.extend((0..).zip(values).filter(|(_, value)| is_in(**value)).map(|(at, _)| at));
    positions
}

pub(super) fn pick(values: &[f64], rows: &[usize]) -> Vec<f64> {
    let mut picked = Vec::with_capacity(rows.len());
    picked.extend(rows.iter().filter_map(|&row| values.get(row).copied()));
    picked
}

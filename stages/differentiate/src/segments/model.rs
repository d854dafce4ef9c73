//! What a clustering is fitted on: who, by which features, and how these were prepared.

use idip_numerics::transform::{Scaler, TransformError, WinsorBounds, hellinger, signed_log1p};
use rayon::prelude::*;

use super::input::Input;
use super::params::{NeedParams, ValueParams};
use super::profile::SHARE_PREFIX;

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
    /// Positions of the customers among all parties, ascending.
    pub(super) rows: Vec<usize>,
}

impl Prepared {
    fn new(transform: &'static str, rows: Vec<usize>, features: Vec<(Feature, Vec<f64>)>) -> Self {
        let (features, columns) = features.into_iter().unzip();
        Self { model: Model { transform, features }, columns, rows }
    }
}

/// Prepares customers with a purchase: `ln(1 + |x|)` with the sign of `x`, drawn in at both ends,
/// mean 0 and standard deviation 1.
///
/// # Errors
///
/// When a number is not finite.
pub(super) fn by_value(input: &Input, params: &ValueParams) -> Result<Prepared, TransformError> {
    let rows = positions(&input.numbers("purchase_days"), |days| days > 0.0);
    if rows.is_empty() {
        return Ok(Prepared::new("log1p", rows, Vec::new()));
    }
    let features = params
        .features
        .par_iter()
        .map(|feature| {
            let values = signed_log1p(&pick(&input.numbers(feature.name()), &rows))?;
            let (bounds, values) = winsorised(values, params.winsorise_share)?;
            let (mean, scale, values) = scaled(&values)?;
            let name = feature.name().to_owned();
            Ok((Feature { name, weight: 1.0, bounds, prior: None, mean, scale }, values))
        })
        .collect::<Result<_, TransformError>>()?;
    Ok(Prepared::new("log1p", rows, features))
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

/// Prepares customers with enough baskets: the square root of each share of their money, drawn to
/// the mean share of all by `prior_baskets`.
///
/// # Errors
///
/// When a share is negative or not finite.
pub(super) fn by_need(
    input: &Input,
    params: &NeedParams,
    categories: &[String],
) -> Result<Prepared, TransformError> {
    let baskets = input.numbers("n_baskets");
    let is_enough = |n: f64| n >= params.min_baskets as f64;
    let shares = input.category_shares();
    // Shares are known together or not at all.
    let rows: Vec<usize> = match shares.first() {
        None => positions(&baskets, is_enough),
        Some(first) => positions(&baskets, is_enough)
            .into_iter()
            .filter(|&row| first.get(row).is_some_and(|share| !share.is_nan()))
            .collect(),
    };
    let baskets = pick(&baskets, &rows);
    let weight = params.prior_baskets;
    let (priors, columns): (Vec<f64>, Vec<Vec<f64>>) = shares
        .par_iter()
        .map(|shares| {
            let mut shares = pick(shares, &rows);
            let prior = shares.iter().sum::<f64>() / rows.len().max(1) as f64;
            for (share, n) in shares.iter_mut().zip(&baskets) {
                *share = (n * *share + weight * prior) / (n + weight);
            }
            (prior, shares)
        })
        .unzip();
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let features = categories
        .iter()
        .zip(priors)
        .zip(hellinger(&slices)?)
        .map(|((category, prior), values)| {
            let feature = Feature {
                name: format!("{SHARE_PREFIX}{category}"),
                weight: prior,
                bounds: None,
                prior: Some((prior, weight)),
                mean: 0.0,
                scale: 1.0,
            };
            (feature, values)
        })
        .collect();
    Ok(Prepared::new("hellinger", rows, features))
}

fn positions(values: &[f64], is_in: impl Fn(f64) -> bool) -> Vec<usize> {
    (0..).zip(values).filter(|(_, value)| is_in(**value)).map(|(at, _)| at).collect()
}

fn pick(values: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().filter_map(|&row| values.get(row).copied()).collect()
}

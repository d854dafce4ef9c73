//! How far the features of an axis are from those of the night its segments were fitted on.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use idip_numerics::drift::{
    BinEdges, DriftClass, DriftError, DriftThresholds, population_stability_index,
};
use rayon::prelude::*;

use super::choices::DriftParams;
use super::model::Prepared;

/// Bins of a feature: those between deciles, as is usual for the index.
const N_BINS: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// What class stands for a feature without a reference.
const NO_REFERENCE: &str = "no_reference";

/// The distribution of a feature on the night of the last full fit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reference {
    /// Days since 1970-01-01.
    pub(super) trained_on: i32,
    pub(super) edges: Vec<f64>,
    pub(super) counts: Vec<u64>,
}

/// One feature tonight.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FeatureDrift {
    pub(super) feature: String,
    pub(super) psi: Option<f64>,
    pub(super) class: &'static str,
    /// Night that the index compares with.
    pub(super) reference_night: Option<i32>,
    pub(super) is_constant: bool,
    /// What later nights compare with.
    pub(super) reference: Option<Reference>,
}

/// Compares the features of an axis with their references of last night.
///
/// # Errors
///
/// When thresholds or stored bins are refused.
pub(super) fn measure(
    prepared: &Prepared,
    references: &BTreeMap<String, Reference>,
    params: DriftParams,
) -> Result<Vec<FeatureDrift>, DriftError> {
    let thresholds = DriftThresholds::new(params.watch, params.refit)?;
    let of_feature = |(feature, values): (&super::model::Feature, &Vec<f64>)| {
        let reference = references.get(&feature.name).cloned();
        let psi = match &reference {
            Some(reference) if !values.is_empty() => {
                let edges = BinEdges::new(reference.edges.clone())?;
                Some(population_stability_index(&reference.counts, &edges.counts(values))?)
            }
            _ => None,
        };
        let first = values.first().copied();
        Ok(FeatureDrift {
            feature: feature.name.clone(),
            psi,
            class: psi.map_or(NO_REFERENCE, |psi| thresholds.class(psi).as_str()),
            reference_night: reference.as_ref().map(|reference| reference.trained_on),
            is_constant: values.iter().all(|&value| Some(value) == first),
            reference,
        })
    };
    prepared.model.features.par_iter().zip(&prepared.watched).map(of_feature).collect()
}

/// The feature that asks for a refit most; none when none does.
pub(super) fn worst(drift: &[FeatureDrift]) -> Option<&FeatureDrift> {
    drift
        .iter()
        .filter(|found| found.class == DriftClass::Refit.as_str())
        .reduce(|worst, found| if found.psi > worst.psi { found } else { worst })
}

/// Makes tonight the reference: of all features when the segments were fitted anew, else of those
/// that have none.
///
/// # Errors
///
/// When a feature has no finite value.
pub(super) fn renew(
    drift: &mut [FeatureDrift],
    watched: &[Vec<f64>],
    is_refit: bool,
    night: i32,
) -> Result<(), DriftError> {
    drift
        .par_iter_mut()
        .zip(watched)
        .filter(|(found, values)| !values.is_empty() && (is_refit || found.reference.is_none()))
        .try_for_each(|(found, values)| {
            let edges = BinEdges::from_quantiles(values, N_BINS)?;
            found.reference = Some(Reference {
                trained_on: night,
                counts: edges.counts(values),
                edges: edges.edges().to_vec(),
            });
            Ok(())
        })
}

//! One clustering of one night, its segments numbered so that they stay what they were.

use std::cmp::Ordering;

use idip_numerics::alignment::{AlignmentError, align_centroids};
use idip_numerics::kmeans::{Centroids, Columns, Init, KMeans, KMeansError, KMeansParams};
use idip_stage::StageError;

use super::params::FitSettings;

/// How the numbers of the segments were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbering {
    /// Begun from last night's centroids; each kept its number.
    WarmStart,
    /// Fitted from random starts; each has the number of the nearest of last night.
    Aligned,
    /// Fitted from random starts and numbered anew.
    New,
}

/// What new segments are numbered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberedBy {
    /// Mean money, most first; then size, then centroid.
    Money,
    /// Size, largest first; then mean money, then centroid.
    Size,
}

/// Segments of the clustered customers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    /// Segment of each row, from 0, in published order.
    pub(super) labels: Vec<u32>,
    /// Centroid of each segment, in published order.
    pub(super) centroids: Vec<Vec<f64>>,
    pub(super) inertia: f64,
    pub(super) n_iterations: usize,
    pub(super) is_converged: bool,
    pub(super) numbering: Numbering,
}

impl Fitted {
    pub(super) fn n_segments(&self) -> usize {
        self.centroids.len()
    }
}

/// Clusters rows given as columns of equal length.
///
/// `cents` is the money of each row. `last` holds last night's centroids in the units of the columns.
///
/// # Errors
///
/// When a value is not finite or a setting is out of its range.
pub(super) fn fit(
    what: &'static str,
    columns: &[Vec<f64>],
    cents: &[i128],
    settings: &FitSettings,
    last: Option<Vec<Vec<f64>>>,
    numbered_by: NumberedBy,
) -> Result<Fitted, StageError> {
    let failed = |source: KMeansError| StageError::Algorithm { what, source: Box::new(source) };
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let columns = Columns::new(&slices).map_err(|source| failed(source.into()))?;
    let params = KMeansParams::new(settings.n_clusters)
        .n_starts(settings.n_starts)
        .max_iterations(settings.max_iterations)
        .tolerance(settings.tolerance)
        .seed(settings.seed);
    let run = |params: KMeansParams| -> Result<KMeans, KMeansError> {
        params.check()?.fit_columns(&columns, None)
    };
    let last = last
        .filter(|rows| !rows.is_empty())
        .map(|rows| Centroids::new(slices.len(), rows.concat()))
        .transpose()
        .map_err(failed)?;
    if let Some(last) = &last
        && settings.warm_start
        && last.n_clusters() == settings.n_clusters
    {
        let found = run(params.clone().init(Init::Precomputed(last.clone()))).map_err(failed)?;
        // A segment that nobody is left in is a reason to look at all customers afresh.
        if found.n_clusters() == settings.n_clusters {
            let order: Vec<usize> = (0..settings.n_clusters).collect();
            return Ok(published(&found, &order, Numbering::WarmStart));
        }
    }
    let found = run(params).map_err(failed)?;
    if let Some(last) = last.filter(|last| last.n_clusters() == found.n_clusters()) {
        let order = aligned(&last, &found.centroids)
            .map_err(|source| StageError::Algorithm { what, source: Box::new(source) })?;
        return Ok(published(&found, &order, Numbering::Aligned));
    }
    let order = ranked(&found, cents, numbered_by);
    Ok(published(&found, &order, Numbering::New))
}

/// Lists found clusters in the order of the last ones that they lie nearest to, all pairs together.
fn aligned(last: &Centroids, found: &Centroids) -> Result<Vec<usize>, AlignmentError> {
    let alignment = align_centroids(last, found)?;
    let mut pairs: Vec<(usize, usize)> = alignment
        .old_of_new
        .iter()
        .zip(0..)
        .filter_map(|(old, new)| Some(((*old)?, new)))
        .collect();
    pairs.sort_unstable();
    Ok(pairs.into_iter().map(|(_, new)| new).collect())
}

/// Lists found clusters in the order in which they are numbered.
fn ranked(found: &KMeans, cents: &[i128], numbered_by: NumberedBy) -> Vec<usize> {
    let mut money = vec![0_i128; found.n_clusters()];
    for (&label, cents) in found.labels.iter().zip(cents) {
        if let Some(sum) = money.get_mut(label as usize) {
            *sum += cents;
        }
    }
    let clusters: Vec<Cluster<'_>> = found
        .sizes
        .iter()
        .zip(money)
        .zip(found.centroids.rows())
        .map(|((&size, cents), centroid)| Cluster { size, cents, centroid })
        .collect();
    let mut order: Vec<(usize, &Cluster<'_>)> = clusters.iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| {
        let by_money = b.cmp_mean(a);
        let by_size = b.size.cmp(&a.size);
        let (first, second) = match numbered_by {
            NumberedBy::Money => (by_money, by_size),
            NumberedBy::Size => (by_size, by_money),
        };
        first.then(second).then_with(|| a.cmp_centroid(b))
    });
    order.into_iter().map(|(cluster, _)| cluster).collect()
}

struct Cluster<'a> {
    size: usize,
    cents: i128,
    centroid: &'a [f64],
}

impl Cluster<'_> {
    /// Compares mean money without a division, so that equal means are equal.
    fn cmp_mean(&self, other: &Self) -> Ordering {
        (self.cents * other.size as i128).cmp(&(other.cents * self.size as i128))
    }

    fn cmp_centroid(&self, other: &Self) -> Ordering {
        let pairs = self.centroid.iter().zip(other.centroid);
        pairs.map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

/// Renumbers clusters: the one at `order[0]` becomes segment 0, and so on.
fn published(found: &KMeans, order: &[usize], numbering: Numbering) -> Fitted {
    let mut segment_of = vec![0_u32; order.len()];
    for (segment, &cluster) in order.iter().enumerate() {
        if let Some(place) = segment_of.get_mut(cluster) {
            *place = segment as u32;
        }
    }
    let rows: Vec<&[f64]> = found.centroids.rows().collect();
    Fitted {
        labels: found
            .labels
            .iter()
            .map(|&label| segment_of.get(label as usize).copied().unwrap_or(0))
            .collect(),
        centroids: order.iter().filter_map(|&at| Some(rows.get(at)?.to_vec())).collect(),
        inertia: found.inertia,
        n_iterations: found.n_iterations.get(found.best_start).copied().unwrap_or(0),
        is_converged: found.is_converged,
        numbering,
    }
}

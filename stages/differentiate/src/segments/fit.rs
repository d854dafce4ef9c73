//! One clustering of one night, its segments numbered so that they stay what they were.

use idip_numerics::cluster_count::ClusterCountTable;
use idip_numerics::kmeans::{Centroids, Columns, Init, KMeansError, KMeansParams};
use idip_numerics::mixture::GaussianMixture;
use idip_numerics::segment_registry::{
    Evidence, Fate, SegmentRegistry, Thresholds, continue_centroids, continue_segments,
};
use idip_stage::StageError;

use super::choices::{ClusterNumber, ValueMethod};
use super::count::{N_CLUSTERS_MIN, choose};
use super::method::{Found, by_kmeans, by_mixture};
use super::params::FitSettings;
use super::rank::{NumberedBy, ranked};

/// How the segments came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    /// Begun from last night's centroids; each kept its number.
    Warm,
    /// A full fit that was no better than last night's segments, which stay.
    Kept(Refit),
    /// Fitted from random starts; those that still are what they were kept their numbers.
    Refit(Refit),
    /// Fitted and numbered for the first time.
    First,
}

/// Why segments were fitted anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refit {
    /// The setting `refit`.
    Asked,
    /// The setting `warm_start` is off.
    NoWarmStart,
    /// A feature drifted.
    Drift(String),
    /// Another number is asked for than there was.
    OtherNumber,
    /// Last night's model is of other features or another method.
    OtherModel,
    /// A segment had nobody left in it.
    EmptySegment,
}

impl Refit {
    /// Whether names are made anew: they may no longer be true.
    pub(super) fn renames(&self) -> bool {
        matches!(self, Self::Asked | Self::Drift(_) | Self::OtherNumber)
    }
}

/// Segments of the clustered customers, ascending by id.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    /// Position of the segment of each row, from 0.
    pub(super) labels: Vec<u32>,
    /// Centroid of each segment.
    pub(super) centroids: Vec<Vec<f64>>,
    /// Id of each segment.
    pub(super) segment_ids: Vec<u32>,
    /// Ids that are no more.
    pub(super) died: Vec<u32>,
    /// Ids that continue a segment of last night.
    pub(super) continued: Vec<u32>,
    pub(super) inertia: f64,
    pub(super) n_iterations: usize,
    pub(super) is_converged: bool,
    pub(super) start: Start,
    /// Probability of the segment of each row, when a mixture made them.
    pub(super) probabilities: Option<Vec<f64>>,
    /// The mixture, components as the segments.
    pub(super) mixture: Option<GaussianMixture>,
    /// Number of segments asked for, after the choice.
    pub(super) n_asked: usize,
    /// The measures of the choice, when there was one tonight.
    pub(super) counts: Option<ClusterCountTable>,
}

/// What is clustered, and what is known of it.
pub(super) struct Task<'a> {
    pub(super) what: &'static str,
    /// Prepared features, column by column.
    pub(super) columns: &'a [Vec<f64>],
    /// Money of each row.
    pub(super) cents: &'a [i128],
    pub(super) settings: &'a FitSettings,
    pub(super) numbered_by: NumberedBy,
    pub(super) thresholds: Thresholds,
    /// Gain of a full fit below which last night's segments stay.
    pub(super) gain_min: f64,
    pub(super) registry: &'a SegmentRegistry,
    /// Last night's centroids in the units of the columns, as the ids in use; none when those cannot
    /// be compared.
    pub(super) last: Option<Vec<Vec<f64>>>,
    pub(super) last_mixture: Option<GaussianMixture>,
    /// Feature that drifted.
    pub(super) drifted: Option<&'a str>,
}

/// Clusters rows.
///
/// # Errors
///
/// When a value is not finite or a setting is out of its range.
pub(super) fn fit(task: &Task<'_>) -> Result<Fitted, StageError> {
    let slices: Vec<&[f64]> = task.columns.iter().map(Vec::as_slice).collect();
    let columns = Columns::new(&slices).map_err(|source| task.failed(KMeansError::from(source)))?;
    let last = task
        .last
        .as_ref()
        .filter(|rows| !rows.is_empty())
        .map(|rows| Centroids::new(slices.len(), rows.concat()))
        .transpose()
        .map_err(|source| task.failed(source))?;
    let n_last = last.as_ref().map(Centroids::n_clusters);
    let mut refit = task.reason(n_last);
    let mut warm = None;
    if let (Some(last), true) = (&last, task.is_comparable(n_last, refit.as_ref())) {
        let found = task.gone_on_with(&columns, last)?;
        if found.centroids.n_clusters() == last.n_clusters() {
            warm = Some(found);
        } else {
            // A segment that nobody is left in is a reason to look at all customers afresh.
            refit = refit.or(Some(Refit::EmptySegment));
        }
    }
    let (reason, warm) = match (refit, warm) {
        (None, Some(found)) => return Ok(task.kept(found, Start::Warm, None)),
        found => found,
    };
    let (n_asked, counts) = task.number(&columns)?;
    let found = task.anew(&columns, n_asked)?;
    let Some(reason) = reason else {
        return task.numbered(&columns, found, last.as_ref(), Start::First, n_asked, counts);
    };
    let is_no_better = |warm: &Found| {
        // What is asked for is done.
        reason != Refit::Asked
            && warm.centroids.n_clusters() == found.centroids.n_clusters()
            && found.gain_over(warm) < task.gain_min
    };
    if let Some(warm) = warm.filter(is_no_better) {
        return Ok(task.kept(warm, Start::Kept(reason), counts));
    }
    task.numbered(&columns, found, last.as_ref(), Start::Refit(reason), n_asked, counts)
}

impl Task<'_> {
    fn failed(&self, source: impl std::error::Error + Send + Sync + 'static) -> StageError {
        StageError::Algorithm { what: self.what, source: Box::new(source) }
    }

    fn is_mixture(&self) -> bool {
        self.settings.method == ValueMethod::GaussianMixture
    }

    /// Why last night's segments are not simply gone on with; none on the first night, too.
    fn reason(&self, n_last: Option<usize>) -> Option<Refit> {
        let is_first = self.registry.next_id() == 1;
        if is_first {
            return None;
        }
        let Some(n_last) = n_last.filter(|_| !self.is_mixture() || self.last_mixture.is_some())
        else {
            return Some(Refit::OtherModel);
        };
        if self.settings.refit {
            return Some(Refit::Asked);
        }
        if !self.settings.warm_start {
            return Some(Refit::NoWarmStart);
        }
        if matches!(self.settings.n_clusters, ClusterNumber::Fixed(n) if n != n_last) {
            return Some(Refit::OtherNumber);
        }
        self.drifted.map(|feature| Refit::Drift(feature.to_owned()))
    }

    /// Whether last night's segments are worked out for tonight.
    fn is_comparable(&self, n_last: Option<usize>, refit: Option<&Refit>) -> bool {
        let is_of_this_model = !self.is_mixture() || self.last_mixture.is_some();
        let is_wanted = !matches!(refit, Some(Refit::NoWarmStart | Refit::OtherNumber));
        n_last.is_some() && is_of_this_model && is_wanted
    }

    /// The number of segments to fit, chosen when that is asked for.
    fn number(
        &self,
        columns: &Columns<'_>,
    ) -> Result<(usize, Option<ClusterCountTable>), StageError> {
        match self.settings.n_clusters {
            ClusterNumber::Fixed(n) => Ok((n, None)),
            ClusterNumber::Chosen(_) if columns.n_rows() == 0 => Ok((N_CLUSTERS_MIN, None)),
            ClusterNumber::Chosen(_) => {
                let table = choose(self.columns, self.settings.seed)
                    .map_err(|source| self.failed(source))?;
                let n = table.choice.map_or(N_CLUSTERS_MIN, |choice| choice.n_clusters);
                Ok((n, Some(table)))
            }
        }
    }

    fn params(&self, n_clusters: usize) -> KMeansParams {
        KMeansParams::new(n_clusters)
            .n_starts(self.settings.n_starts)
            .max_iterations(self.settings.max_iterations)
            .tolerance(self.settings.tolerance)
            .seed(self.settings.seed)
    }

    fn gone_on_with(&self, columns: &Columns<'_>, last: &Centroids) -> Result<Found, StageError> {
        let n = last.n_clusters();
        if let Some(mixture) = self.last_mixture.clone().filter(|_| self.is_mixture()) {
            return by_mixture(columns, self.settings, n, Some(mixture))
                .map_err(|source| self.failed(source));
        }
        by_kmeans(columns, self.params(n).init(Init::Precomputed(last.clone())))
            .map_err(|source| self.failed(source))
    }

    fn anew(&self, columns: &Columns<'_>, n_clusters: usize) -> Result<Found, StageError> {
        if !self.is_mixture() {
            return by_kmeans(columns, self.params(n_clusters))
                .map_err(|source| self.failed(source));
        }
        // No more components than there are different customers.
        let n = by_kmeans(columns, self.params(n_clusters).n_starts(1).max_iterations(10))
            .map_err(|source| self.failed(source))?
            .centroids
            .n_clusters();
        by_mixture(columns, self.settings, n, None).map_err(|source| self.failed(source))
    }

    /// Last night's segments, gone on with.
    fn kept(&self, found: Found, start: Start, counts: Option<ClusterCountTable>) -> Fitted {
        let n = found.centroids.n_clusters();
        let ids = self.registry.active().to_vec();
        let order: Vec<usize> = (0..n).collect();
        Fitted {
            segment_ids: ids.clone(),
            continued: ids,
            start,
            counts,
            ..published(found, &order, n)
        }
    }

    /// Segments of a full fit, each with the id of the one of last night that it continues, or a new
    /// one.
    fn numbered(
        &self,
        columns: &Columns<'_>,
        found: Found,
        last: Option<&Centroids>,
        start: Start,
        n_asked: usize,
        counts: Option<ClusterCountTable>,
    ) -> Result<Fitted, StageError> {
        // New ids are given in this order.
        let order = ranked(&found, self.cents, self.numbered_by);
        let (n_old, n_new) = (self.registry.active().len(), order.len());
        let rows: Vec<&[f64]> = found.centroids.rows().collect();
        let in_order: Vec<f64> =
            order.iter().filter_map(|&at| rows.get(at)).flat_map(|row| row.to_vec()).collect();
        let comparable = last.filter(|last| last.n_clusters() == n_old);
        let continuation = if let Some(last) = comparable {
            let new = Centroids::new(last.n_features(), in_order)
                .map_err(|source| self.failed(source))?;
            let mut places = vec![0; n_new];
            order.iter().enumerate().for_each(|(place, &at)| {
                if let Some(of_cluster) = places.get_mut(at) {
                    *of_cluster = place;
                }
            });
            let overlaps = overlaps(columns, last, &found.labels, &places)
                .map_err(|source| self.failed(source))?;
            continue_centroids(self.registry, last, &new, Some(&overlaps), self.thresholds)
        } else {
            // Nothing to compare: too far apart, all of them.
            let distances = vec![1.0; n_old * n_new];
            let spacing = 1e-9 / self.thresholds.distance_max.max(1.0);
            let evidence = Evidence { n_new, distances: &distances, spacing, overlaps: None };
            continue_segments(self.registry, &evidence, self.thresholds)
        };
        let continuation = continuation.map_err(|source| self.failed(source))?;
        let mut placed: Vec<(u32, usize)> =
            continuation.fates.iter().map(|fate| fate.id()).zip(order).collect();
        placed.sort_unstable();
        let (segment_ids, order): (Vec<u32>, Vec<usize>) = placed.into_iter().unzip();
        let continued = continuation.fates.iter().filter_map(|fate| match fate {
            Fate::Continued(id) => Some(*id),
            Fate::Born(_) => None,
        });
        Ok(Fitted {
            segment_ids,
            died: continuation.died,
            continued: continued.collect(),
            start,
            counts,
            ..published(found, &order, n_asked)
        })
    }
}

/// Counts, for each segment of last night and each of tonight, the customers that last night's model
/// would have in the one tonight and that are in the other.
fn overlaps(
    columns: &Columns<'_>,
    last: &Centroids,
    labels: &[u32],
    places: &[usize],
) -> Result<Vec<u64>, KMeansError> {
    let n_new = places.len();
    let mut counts = vec![0; last.n_clusters() * n_new];
    for (&old, &new) in last.assign(columns)?.labels.iter().zip(labels) {
        let place = places.get(new as usize).copied().unwrap_or(0);
        if let Some(count) = counts.get_mut(old as usize * n_new + place) {
            *count += 1;
        }
    }
    Ok(counts)
}

/// Renumbers clusters: the one at `order[0]` becomes the first segment, and so on.
fn published(found: Found, order: &[usize], n_asked: usize) -> Fitted {
    let mut segment_of = vec![0_u32; order.len()];
    for (segment, &cluster) in order.iter().enumerate() {
        if let Some(place) = segment_of.get_mut(cluster) {
            *place = segment as u32;
        }
    }
    let rows: Vec<&[f64]> = found.centroids.rows().collect();
    Fitted {
        centroids: order.iter().filter_map(|&at| Some(rows.get(at)?.to_vec())).collect(),
        labels: found
            .labels
            .iter()
            .map(|&label| segment_of.get(label as usize).copied().unwrap_or(0))
            .collect(),
        segment_ids: Vec::new(),
        died: Vec::new(),
        continued: Vec::new(),
        inertia: found.inertia,
        n_iterations: found.n_iterations,
        is_converged: found.is_converged,
        start: Start::First,
        mixture: found.mixture.and_then(|mixture| reordered(&mixture, order)),
        probabilities: found.probabilities,
        n_asked,
        counts: None,
    }
}

/// The mixture with its components in another order.
fn reordered(mixture: &GaussianMixture, order: &[usize]) -> Option<GaussianMixture> {
    let means: Vec<&[f64]> = mixture.means().collect();
    let weights = order.iter().filter_map(|&at| mixture.weights().get(at).copied()).collect();
    let means = order.iter().filter_map(|&at| means.get(at)).flat_map(|row| row.to_vec()).collect();
    let covariances = order.iter().flat_map(|&at| mixture.covariance(at).to_vec()).collect();
    let form = mixture.covariance_type();
    GaussianMixture::new(form, mixture.n_features(), weights, means, covariances).ok()
}

//! One clustering of one night, its segments numbered so that they stay what they were.

use idip_numerics::cluster_count::ClusterCountTable;
use idip_numerics::kmeans::{Centroids, Columns, Init, KMeansError, KMeansParams};
use idip_numerics::mixture::GaussianMixture;
use idip_numerics::segment_registry::{
    Evidence, Fate, SegmentRegistry, continue_centroids, continue_segments,
};
use idip_stage::StageError;

use super::choices::{ClusterNumber, ContinuityParams, ValueMethod};
use super::count::{N_CLUSTERS_MIN, choose};
use super::method::{Found, by_centroids, by_kmeans, by_mixture};
use super::model::every_so_many;
use super::params::FitSettings;
use super::rank::{NumberedBy, ranked};
use super::renumber::{overlaps, published};
use super::start::{Refit, Start};
use super::stay::{Before, Stayed, hold};

/// Customers on whom the quality of last night's segments is measured.
///
/// With 50,000 the part of the inertia that is lost is known to about a thousandth.
const LOSS_CUSTOMERS: usize = 50_000;

/// Customers on whom random starts are run; the best goes on over all.
///
/// What starts differ by is which groups they find, and a hundred thousand customers show those as well as
/// millions.
const START_CUSTOMERS: usize = 1 << 17;

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
    /// What last night's segments lost, when it was measured.
    pub(super) quality_loss: Option<f64>,
    pub(super) stayed: Stayed,
    /// The full fit that would have moved too many.
    pub(super) proposal: Option<Proposal>,
}

/// A full fit that is better than last night's segments and waits to be asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Proposal {
    /// What it gains over last night's segments.
    pub(super) gain: f64,
    /// Part of the customers who did not buy whom it moves from segments that are no more.
    pub(super) moves: f64,
}

/// What is clustered, and what is known of it.
pub(super) struct Task<'a> {
    pub(super) what: &'static str,
    /// Prepared features, column by column.
    pub(super) columns: &'a [Vec<f64>],
    /// Positions of the rows among all parties, and the money of all parties.
    pub(super) rows: &'a [usize],
    pub(super) net_cents: &'a [i64],
    pub(super) settings: &'a FitSettings,
    pub(super) numbered_by: NumberedBy,
    pub(super) continuity: ContinuityParams,
    pub(super) registry: &'a SegmentRegistry,
    /// Last night's segments in the units of the columns, as the ids in use; none when those cannot be
    /// compared.
    pub(super) last: Option<LastSegments>,
    /// Segment last night of each row that did not buy since; 0 for others.
    pub(super) quiet: &'a [u32],
    /// When each row came.
    pub(super) came: &'a [Came],
    /// Feature that drifted.
    pub(super) drifted: Option<&'a str>,
    /// Days since 1970-01-01.
    pub(super) night: i32,
}

/// When a customer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Came {
    /// Before the last full fit.
    Before,
    /// Since the last full fit.
    SinceLastFit,
    /// Since last night.
    SinceLastNight,
}

/// Last night's segments tonight.
pub(super) struct LastSegments {
    /// Last night's centroids: the kind of customers that an id stands for.
    pub(super) published: Centroids,
    /// Means of last night's customers of each segment, by their features of tonight.
    pub(super) centroids: Centroids,
    /// Last night's mixture.
    pub(super) mixture: Option<GaussianMixture>,
}

/// Clusters rows.
///
/// # Errors
///
/// When a value is not finite or a setting is out of its range.
pub(super) fn fit(task: &Task<'_>) -> Result<Fitted, StageError> {
    let slices = slices(task.columns);
    let columns = task.columns(&slices)?;
    let mut refit = task.reason();
    let mut loss = None;
    if let Some(last) = task.last.as_ref().filter(|_| refit.is_none() && !task.is_first()) {
        let stay = task.stay(&columns, last)?;
        loss = Some(task.quality_loss(last)?);
        if stay.has_empty() {
            // A segment that nobody belongs to is a reason to look at all customers afresh.
            refit = Some(Refit::EmptySegment);
        } else if loss.is_some_and(|loss| loss >= task.continuity.gain_min) {
            refit = Some(Refit::Quality);
        } else {
            let fitted = task.kept(stay, Start::Warm, None);
            return Ok(Fitted { quality_loss: loss, ..fitted });
        }
    }
    Ok(Fitted { quality_loss: loss, ..task.anew(&columns, refit)? })
}

impl Task<'_> {
    pub(super) fn failed(
        &self,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> StageError {
        StageError::Algorithm { what: self.what, source: Box::new(source) }
    }

    pub(super) fn is_mixture(&self) -> bool {
        self.settings.method == ValueMethod::GaussianMixture
    }

    fn is_first(&self) -> bool {
        self.registry.next_id() == 1
    }

    /// Why last night's segments do not simply stay; none on the first night, too.
    fn reason(&self) -> Option<Refit> {
        if self.is_first() {
            return None;
        }
        let is_of_method = |last: &&LastSegments| !self.is_mixture() || last.mixture.is_some();
        let Some(last) = self.last.as_ref().filter(is_of_method) else {
            return Some(Refit::OtherModel);
        };
        if self.settings.refit {
            return Some(Refit::Asked);
        }
        if !self.settings.warm_start {
            return Some(Refit::NoWarmStart);
        }
        let n_last = last.centroids.n_clusters();
        if matches!(self.settings.n_clusters, ClusterNumber::Fixed(n) if n != n_last) {
            return Some(Refit::OtherNumber);
        }
        self.drifted.map(|feature| Refit::Drift(feature.to_owned()))
    }

    /// Assigns customers to last night's segments, wherever these are tonight.
    fn stay(&self, columns: &Columns<'_>, last: &LastSegments) -> Result<Found, StageError> {
        if !self.is_mixture() {
            return by_centroids(columns, &last.centroids).map_err(|source| self.failed(source));
        }
        // One step follows the customers as means do.
        let settings = FitSettings { max_iterations: 1, ..*self.settings };
        let n = last.centroids.n_clusters();
        let found = by_mixture(columns, &settings, n, last.mixture.clone())
            .map_err(|source| self.failed(source))?;
        Ok(Found { n_iterations: 0, is_converged: true, ..found })
    }

    /// What segments that begin from last night's and come to rest would gain, on a sample.
    fn quality_loss(&self, last: &LastSegments) -> Result<f64, StageError> {
        let sampled = |column: &Vec<f64>| every_so_many(column, LOSS_CUSTOMERS);
        let sample: Vec<Vec<f64>> = self.columns.iter().map(sampled).collect();
        let slices = slices(&sample);
        let columns = self.columns(&slices)?;
        let stay = self.stay(&columns, last)?;
        Ok(self.brought_to_rest(&columns, last)?.gain_over(&stay).max(0.0))
    }

    fn columns<'a>(&self, slices: &'a [&'a [f64]]) -> Result<Columns<'a>, StageError> {
        Columns::new(slices).map_err(|source| self.failed(KMeansError::from(source)))
    }

    /// Fits segments anew, and takes them unless last night's are as good.
    ///
    /// A new kind of customers is added to last night's where that is enough.
    fn anew(&self, columns: &Columns<'_>, refit: Option<Refit>) -> Result<Fitted, StageError> {
        let unasked = refit.clone().filter(|reason| !reason.is_asked());
        let Some((last, reason)) = self.last.as_ref().zip(unasked) else {
            // What is asked for is done, as is what has no last night to be held against.
            let (n_asked, counts) = self.number(columns)?;
            let sought = self.sought(columns, n_asked)?;
            let start = refit.map_or(Start::First, Start::Refit);
            return self.numbered(columns, sought, start, n_asked, counts);
        };
        let stay = self.stay(columns, last)?;
        if let Some(fitted) = self.grown(columns, last, &stay, &reason)? {
            return Ok(fitted);
        }
        let (n_asked, counts) = self.number(columns)?;
        let sought = self.sought(columns, n_asked)?;
        let rested = self.brought_to_rest(columns, last)?;
        let is_emptied = stay.has_empty();
        let is_better = |found: &Found, than: &Found| {
            let is_other_number = found.centroids.n_clusters() != than.centroids.n_clusters();
            is_emptied && is_other_number
                || than.has_empty()
                || found.gain_over(than) >= self.continuity.gain_min
        };
        let is_sought_better = is_better(&sought, &rested) && is_better(&sought, &stay);
        let is_rested_better = is_better(&rested, &stay);
        let mut proposal = None;
        let candidates = [
            (sought, Start::Refit(reason.clone()), is_sought_better),
            (rested, Start::Adapted(reason.clone()), is_rested_better),
        ];
        for (found, start, _) in candidates.into_iter().filter(|(_, _, is_better)| *is_better) {
            let gain = found.gain_over(&stay);
            let fitted = self.numbered(columns, found, start, n_asked, counts.clone())?;
            let moves = fitted.stayed.forced as f64 / fitted.stayed.quiet.max(1) as f64;
            let is_new_kind = self.is_mixture() && self.is_of_newcomers(&fitted);
            let is_calm = moves <= self.continuity.refit_moves_max || is_new_kind;
            // A segment that nobody belongs to cannot stay.
            let is_last_way = is_emptied && matches!(fitted.start, Start::Adapted(_));
            if is_calm || is_last_way {
                return Ok(Fitted { proposal, ..fitted });
            }
            proposal = proposal.or(Some(Proposal { gain, moves }));
        }
        let fitted = self.kept(stay, Start::Kept(reason), counts);
        Ok(Fitted { proposal, ..fitted })
    }

    /// Whether a born segment is for the most part of customers who came, while most others did not: a new
    /// kind of customer, not another cut through those who are known.
    pub(super) fn is_of_newcomers(&self, fitted: &Fitted) -> bool {
        let is_born: Vec<bool> =
            fitted.segment_ids.iter().map(|id| !fitted.continued.contains(id)).collect();
        [Came::SinceLastNight, Came::SinceLastFit].into_iter().any(|since| {
            let mut counts = vec![(0_usize, 0_usize); is_born.len()];
            for (&label, &found) in fitted.labels.iter().zip(self.came) {
                if let Some((n, n_came)) = counts.get_mut(label as usize) {
                    *n += 1;
                    *n_came += usize::from(found >= since);
                }
            }
            let n_came: usize = counts.iter().map(|(_, n_came)| n_came).sum();
            let is_of_them =
                |(is_born, (n, n_came)): (&bool, &(usize, usize))| *is_born && 2 * n_came > *n;
            2 * n_came < fitted.labels.len() && is_born.iter().zip(&counts).any(is_of_them)
        })
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
            .start_rows(START_CUSTOMERS)
    }

    /// Segments begun from last night's, which go wherever tonight's customers draw them.
    fn brought_to_rest(
        &self,
        columns: &Columns<'_>,
        last: &LastSegments,
    ) -> Result<Found, StageError> {
        let n = last.centroids.n_clusters();
        if let Some(mixture) = last.mixture.clone().filter(|_| self.is_mixture()) {
            return by_mixture(columns, self.settings, n, Some(mixture))
                .map_err(|source| self.failed(source));
        }
        by_kmeans(columns, self.params(n).init(Init::Precomputed(last.centroids.clone())))
            .map_err(|source| self.failed(source))
    }

    /// Segments sought from random starts.
    fn sought(&self, columns: &Columns<'_>, n_clusters: usize) -> Result<Found, StageError> {
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

    /// Last night's segments.
    fn kept(&self, mut found: Found, start: Start, counts: Option<ClusterCountTable>) -> Fitted {
        let n = found.centroids.n_clusters();
        let ids = self.registry.active().to_vec();
        let order: Vec<usize> = (0..n).collect();
        let stayed = self.held(&mut found, &ids, &order, &ids);
        Fitted {
            segment_ids: ids.clone(),
            continued: ids,
            start,
            counts,
            stayed,
            ..published(found, &order, n)
        }
    }

    /// Puts back customers who stay in last night's segments; `segment_ids` are those of the clusters
    /// in `order`.
    fn held(
        &self,
        found: &mut Found,
        segment_ids: &[u32],
        order: &[usize],
        continued: &[u32],
    ) -> Stayed {
        let of_segment = segment_ids.iter().copied().zip(order.iter().map(|&at| at as u32));
        let before = Before {
            quiet: self.quiet,
            clusters: of_segment.filter(|(id, _)| continued.contains(id)).collect(),
            columns: self.columns,
            night: self.night,
        };
        hold(found, &before, self.continuity)
    }

    /// Segments of a full fit, each with the id of the one of last night that it continues, or a new
    /// one.
    pub(super) fn numbered(
        &self,
        columns: &Columns<'_>,
        mut found: Found,
        start: Start,
        n_asked: usize,
        counts: Option<ClusterCountTable>,
    ) -> Result<Fitted, StageError> {
        let last = self.last.as_ref().map(|last| &last.published);
        // New ids are given in this order.
        let cents = self.rows.iter().filter_map(|&row| self.net_cents.get(row).copied());
        let order = ranked(&found, cents, self.numbered_by);
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
            let thresholds = self.continuity.thresholds();
            continue_centroids(self.registry, last, &new, Some(&overlaps), thresholds)
        } else {
            // Nothing to compare: too far apart, all of them.
            let distances = vec![1.0; n_old * n_new];
            let thresholds = self.continuity.thresholds();
            let spacing = 1e-9 / thresholds.distance_max.max(1.0);
            let evidence = Evidence { n_new, distances: &distances, spacing, overlaps: None };
            continue_segments(self.registry, &evidence, thresholds)
        };
        let continuation = continuation.map_err(|source| self.failed(source))?;
        let mut placed: Vec<(u32, usize)> =
            continuation.fates.iter().map(|fate| fate.id()).zip(order).collect();
        placed.sort_unstable();
        let (segment_ids, order): (Vec<u32>, Vec<usize>) = placed.into_iter().unzip();
        let continued: Vec<u32> = continuation
            .fates
            .iter()
            .filter_map(|fate| match fate {
                Fate::Continued(id) => Some(*id),
                Fate::Born(_) => None,
            })
            .collect();
        let is_asked = matches!(&start, Start::Refit(reason) if reason.is_asked());
        let stayed = if is_asked {
            Stayed::default()
        } else {
            self.held(&mut found, &segment_ids, &order, &continued)
        };
        Ok(Fitted {
            segment_ids,
            died: continuation.died,
            continued,
            start,
            counts,
            stayed,
            ..published(found, &order, n_asked)
        })
    }
}

fn slices(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

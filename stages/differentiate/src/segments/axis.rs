//! One axis of segments: who is in which, by which model.

use idip_numerics::kmeans::Centroids;
use idip_numerics::segment_registry::SegmentRegistry;
use idip_stage::{RunContext, StageError};

use super::choices::{ClusterNumber, ContinuityParams, DriftParams};
use super::count::CountRow;
use super::drift::{self, FeatureDrift};
use super::events;
use super::fit::{Came, Fitted, LastSegments, Task, fit};
use super::follow::followed;
use super::last_night::LastNight;
use super::model::{Model, Prepared};
use super::params::FitSettings;
use super::rank::NumberedBy;
use super::start::Start;

/// The clustering of one axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    /// `value` or `need`.
    pub(super) name: &'static str,
    /// Position of the segment of each party, from 1, ascending by id; 0 for those that were not
    /// clustered.
    pub(super) ids: Vec<u32>,
    /// Segments from position 1 on.
    pub(super) n_segments: usize,
    /// Published id of each segment, from position 1 on.
    pub(super) segment_ids: Vec<u32>,
    /// Segments asked for.
    pub(super) asked: ClusterNumber,
    /// Published ids of the segments that are no more.
    pub(super) died: Vec<u32>,
    pub(super) model: Model,
    /// Centroids of the segments from position 1 on, in scaled units; none without a model.
    pub(super) centroids: Vec<Vec<f64>>,
    /// Names that last night gave to the segments that are still the same.
    pub(super) kept_names: Vec<Option<String>>,
    /// The fit; none where there was nothing to tell customers apart by.
    pub(super) fitted: Option<Fitted>,
    /// The prepared features that were clustered; none when everything was told of them.
    pub(super) columns: Vec<Vec<f64>>,
    /// Positions of the clustered customers among all parties.
    pub(super) rows: Vec<usize>,
    pub(super) drift: Vec<FeatureDrift>,
    /// Candidates of the last choice of a number of segments.
    pub(super) counts: Vec<CountRow>,
    pub(super) last: LastNight,
    /// Night on which the segments were fitted anew last.
    pub(super) fitted_on: i32,
    /// Tonight.
    pub(super) assigned_on: i32,
}

/// What an axis is, beside its data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) name: &'static str,
    /// What fails when it does.
    pub(super) what: &'static str,
    pub(super) settings: FitSettings,
    pub(super) drift: DriftParams,
    pub(super) continuity: ContinuityParams,
    pub(super) numbered_by: NumberedBy,
    /// Features below this number tell nobody apart.
    pub(super) features_min: usize,
    /// Part of tonight's features, by weight, that must be known of last night to begin from it.
    pub(super) known_min: f64,
}

impl Plan {
    pub(super) fn failed(
        &self,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> StageError {
        StageError::Algorithm { what: self.what, source: Box::new(source) }
    }

    /// Last night's segments tonight; none when nights cannot be compared.
    fn last_segments(
        &self,
        last: &LastNight,
        model: &Model,
        columns: &[Vec<f64>],
        members: &[u32],
    ) -> Result<Option<LastSegments>, StageError> {
        let rows = last.centroids(model, self.known_min).filter(|rows| !rows.is_empty());
        let Some(rows) = rows else { return Ok(None) };
        let centroids = |rows: &[Vec<f64>]| {
            Centroids::new(model.features.len(), rows.concat())
                .map_err(|source| self.failed(source))
        };
        Ok(Some(LastSegments {
            published: centroids(&rows)?,
            centroids: centroids(&followed(columns, members, &last.ids, rows))?,
            mixture: last.mixture(model),
        }))
    }
}

/// What is known of all parties, in the order of their ids.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parties<'a> {
    /// Money, in minor units.
    pub(super) net_cents: &'a [i64],
    /// Segment on this axis last night; 0 for those that had none.
    pub(super) last_segments: &'a [u32],
    /// Days since the first purchase; NaN without one.
    pub(super) t_days: &'a [f32],
}

impl Parties<'_> {
    /// Segment last night of each of these rows; 0 for those that had none.
    fn members(&self, rows: &[usize]) -> Vec<u32> {
        rows.iter().map(|&row| self.last_segments.get(row).copied().unwrap_or(0)).collect()
    }

    /// When each of these rows came; `last_fit` is the night of the last full fit.
    fn came(&self, rows: &[usize], members: &[u32], last_fit: i32, night: i32) -> Vec<Came> {
        let since_last_fit = f64::from(night - last_fit);
        let of_row = |(&row, &id): (&usize, &u32)| {
            let t_days = f64::from(self.t_days.get(row).copied().unwrap_or(f32::NAN));
            match id {
                0 => Came::SinceLastNight,
                _ if t_days < since_last_fit => Came::SinceLastFit,
                _ => Came::Before,
            }
        };
        rows.iter().zip(members).map(of_row).collect()
    }
}

impl Axis {
    /// Position of the segment of each party, and one more than the highest.
    pub(super) fn partition(&self) -> (&[u32], usize) {
        (&self.ids, self.n_segments + 1)
    }

    /// Published ids by position, that of the parties without a segment included.
    pub(super) fn published_ids(&self) -> Vec<i64> {
        std::iter::once(0).chain(self.segment_ids.iter().map(|&id| i64::from(id))).collect()
    }

    /// Clusters the prepared customers among all parties.
    ///
    /// # Errors
    ///
    /// When the clustering fails.
    pub(super) fn cluster(
        plan: &Plan,
        prepared: Prepared,
        parties: &Parties<'_>,
        last: LastNight,
        context: &RunContext,
    ) -> Result<Self, StageError> {
        let night = context.logical_date;
        let registry =
            events::registry(&last.events, &last.ids).map_err(|source| plan.failed(source))?;
        let mut drift = drift::measure(&prepared, &last.references, plan.drift)
            .map_err(|source| plan.failed(source))?;
        let Prepared { model, columns, watched, rows } = prepared;
        let net_cents = parties.net_cents;
        let mut ids = vec![0; net_cents.len()];
        let mut place = |segments: &mut dyn Iterator<Item = u32>| {
            for (&row, segment) in rows.iter().zip(segments) {
                if let Some(id) = ids.get_mut(row) {
                    *id = segment + 1;
                }
            }
        };
        if rows.is_empty() || model.features.len() < plan.features_min {
            place(&mut std::iter::repeat(0));
            let (segment_ids, died) = unmodelled(&last, &registry, rows.is_empty());
            return Ok(Self {
                name: plan.name,
                ids,
                n_segments: segment_ids.len(),
                kept_names: vec![None; segment_ids.len()],
                segment_ids,
                asked: plan.settings.n_clusters,
                died,
                model,
                centroids: Vec::new(),
                fitted: None,
                columns,
                rows,
                drift: Vec::new(),
                counts: Vec::new(),
                last,
                fitted_on: night,
                assigned_on: night,
            });
        }
        let drifted = drift::worst(&drift).map(|found| found.feature.clone());
        let members = parties.members(&rows);
        let came = parties.came(&rows, &members, last.fitted_on, night);
        let last_segments = plan.last_segments(&last, &model, &columns, &members)?;
        let quiet: Vec<u32> = members
            .into_iter()
            .zip(&came)
            .map(|(id, &came)| if came == Came::SinceLastNight { 0 } else { id })
            .collect();
        let is_same = registry.active() == last.ids;
        let fitted = fit(&Task {
            what: plan.what,
            columns: &columns,
            rows: &rows,
            net_cents,
            settings: &plan.settings,
            numbered_by: plan.numbered_by,
            continuity: plan.continuity,
            registry: &registry,
            last: last_segments.filter(|_| is_same),
            quiet: &quiet,
            came: &came,
            drifted: drifted.as_deref(),
            night,
        })?;
        place(&mut fitted.labels.iter().copied());
        drift::renew(&mut drift, &watched, fitted.start != Start::Warm, night)
            .map_err(|source| plan.failed(source))?;
        let kept_name = |id: &u32| {
            let is_kept = !fitted.start.renames() && fitted.continued.contains(id);
            last.names.get(&i64::from(*id)).filter(|_| is_kept).cloned()
        };
        Ok(Self {
            name: plan.name,
            ids,
            n_segments: fitted.centroids.len(),
            segment_ids: fitted.segment_ids.clone(),
            asked: plan.settings.n_clusters,
            died: fitted.died.clone(),
            model,
            centroids: fitted.centroids.clone(),
            kept_names: fitted.segment_ids.iter().map(kept_name).collect(),
            counts: match (&fitted.counts, plan.settings.n_clusters) {
                (Some(table), _) => CountRow::of(table, night),
                (None, ClusterNumber::Chosen(_)) => last.counts.clone(),
                (None, ClusterNumber::Fixed(_)) => Vec::new(),
            },
            fitted_on: if fitted.start.is_kept() { last.fitted_on } else { night },
            assigned_on: night,
            fitted: Some(fitted),
            columns,
            rows,
            drift,
            last,
        })
    }
}

/// Ids of tonight and those that are no more, when there is nothing to tell customers apart by: one
/// segment, that of last night when that was of the same kind, or none.
fn unmodelled(
    last: &LastNight,
    registry: &SegmentRegistry,
    is_nobody: bool,
) -> (Vec<u32>, Vec<u32>) {
    let active = registry.active();
    match active {
        _ if is_nobody => (Vec::new(), active.to_vec()),
        [id] if last.ids.is_empty() => (vec![*id], Vec::new()),
        _ => (vec![registry.next_id()], active.to_vec()),
    }
}

//! One axis of segments: who is in which, by which model.

use idip_stage::StageError;

use super::fit::{Fitted, NumberedBy, Numbering, fit};
use super::last_night::LastNight;
use super::model::{Model, Prepared};
use super::params::FitSettings;

/// The clustering of one axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    /// `value` or `need`.
    pub(super) name: &'static str,
    /// Segment of each party, from 1; 0 for those that were not clustered.
    pub(super) ids: Vec<u32>,
    /// Segments from 1 on.
    pub(super) n_segments: usize,
    pub(super) model: Model,
    /// Centroids of the segments from 1 on, in scaled units; none without a model.
    pub(super) centroids: Vec<Vec<f64>>,
    /// Names that last night gave to the segments that are still the same.
    pub(super) kept_names: Vec<Option<String>>,
    /// The fit; none where there was nothing to tell customers apart by.
    pub(super) fitted: Option<Fitted>,
    /// The prepared features that were clustered.
    pub(super) columns: Vec<Vec<f64>>,
}

/// What an axis is, beside its data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) name: &'static str,
    /// What fails when it does.
    pub(super) what: &'static str,
    pub(super) settings: FitSettings,
    pub(super) numbered_by: NumberedBy,
    /// Features below this number tell nobody apart.
    pub(super) features_min: usize,
    /// Part of tonight's features, by weight, that must be known of last night to begin from it.
    pub(super) known_min: f64,
}

impl Axis {
    /// Segment of each party, and one more than the highest.
    pub(super) fn partition(&self) -> (&[u32], usize) {
        (&self.ids, self.n_segments + 1)
    }

    /// Clusters the prepared customers among all parties, whose money is `net_cents`.
    ///
    /// # Errors
    ///
    /// When the clustering fails.
    pub(super) fn cluster(
        plan: &Plan,
        prepared: Prepared,
        net_cents: &[i128],
        last: &LastNight,
    ) -> Result<Self, StageError> {
        let Prepared { model, columns, rows } = prepared;
        let cents: Vec<i128> = rows.iter().filter_map(|&row| net_cents.get(row).copied()).collect();
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
            return Ok(Self {
                name: plan.name,
                ids,
                n_segments: usize::from(!rows.is_empty()),
                model,
                centroids: Vec::new(),
                kept_names: vec![None; usize::from(!rows.is_empty())],
                fitted: None,
                columns,
            });
        }
        let last_centroids = last.centroids(&model, plan.known_min);
        let fitted =
            fit(plan.what, &columns, &cents, &plan.settings, last_centroids, plan.numbered_by)?;
        place(&mut fitted.labels.iter().copied());
        let n_segments = fitted.n_segments();
        Ok(Self {
            name: plan.name,
            ids,
            n_segments,
            model,
            centroids: fitted.centroids.clone(),
            kept_names: match fitted.numbering {
                Numbering::New => vec![None; n_segments],
                Numbering::WarmStart | Numbering::Aligned => last.names(n_segments),
            },
            fitted: Some(fitted),
            columns,
        })
    }
}

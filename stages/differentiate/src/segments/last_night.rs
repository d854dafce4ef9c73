//! Last night's segments, from which tonight's take their numbers and names.

use std::collections::BTreeMap;

use arrow_array::Array;
use idip_schemas::differentiate::{cluster_model, segment};
use idip_stage::{StageError, Tables};

use super::model::Model;

/// Centroids and names of one axis as they were published last night.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct LastNight {
    /// Centroids in transformed but not scaled units, by feature; one value a segment.
    centroids: BTreeMap<String, Vec<f64>>,
    transform: String,
    n_segments: usize,
    names: BTreeMap<i64, String>,
}

impl LastNight {
    /// Reads an axis; nothing is known of it on the first night.
    ///
    /// # Errors
    ///
    /// When a view breaks its contract.
    pub(super) fn parse(views: &Tables, axis: &str) -> Result<Self, StageError> {
        let model = cluster_model::Columns::parse(&views.batch(&cluster_model::CONTRACT)?)?;
        let mut last = Self::default();
        let mut cells: BTreeMap<String, BTreeMap<i64, f64>> = BTreeMap::new();
        for row in (0..model.axis.len()).filter(|&row| model.axis.value(row) == axis) {
            let centroid =
                model.centroid.value(row) * model.scale.value(row) + model.mean.value(row);
            cells
                .entry(model.feature.value(row).to_owned())
                .or_default()
                .insert(model.cluster.value(row), centroid);
            model.transform.value(row).clone_into(&mut last.transform);
            last.n_segments = last.n_segments.max(model.cluster.value(row).max(0) as usize);
        }
        // A model with holes cannot be begun from; it is as if there were none.
        let is_whole =
            |clusters: &BTreeMap<i64, f64>| clusters.keys().copied().eq(1..=last.n_segments as i64);
        if !cells.values().all(is_whole) {
            return Ok(Self::default());
        }
        last.centroids = cells
            .into_iter()
            .map(|(feature, clusters)| (feature, clusters.into_values().collect()))
            .collect();
        let segments = segment::Columns::parse(&views.batch(&segment::CONTRACT)?)?;
        last.names = (0..segments.axis.len())
            .filter(|&row| segments.axis.value(row) == axis)
            .map(|row| (segments.segment_id.value(row), segments.segment.value(row).to_owned()))
            .collect();
        Ok(last)
    }

    /// Names of the segments from 1 on, as far as they are known.
    pub(super) fn names(&self, n_segments: usize) -> Vec<Option<String>> {
        (1..=n_segments as i64).map(|id| self.names.get(&id).cloned()).collect()
    }

    /// Centroids in tonight's scaled units, row by row; none unless both nights mean the same.
    ///
    /// They do when they were transformed alike and, taken together, features known on both nights
    /// weigh at least `weight_min` of tonight's. Features unknown last night were 0 then.
    pub(super) fn centroids(&self, model: &Model, weight_min: f64) -> Option<Vec<Vec<f64>>> {
        if self.n_segments == 0 || self.transform != model.transform {
            return None;
        }
        let total: f64 = model.features.iter().map(|feature| feature.weight).sum();
        let known: f64 = model
            .features
            .iter()
            .filter(|feature| self.centroids.contains_key(&feature.name))
            .map(|feature| feature.weight)
            .sum();
        let is_gone = |name: &String| model.features.iter().all(|feature| feature.name != *name);
        // What is exact must not have lost a feature either.
        let n_gone = self.centroids.keys().filter(|name| is_gone(name)).count();
        if known < weight_min * total || (weight_min >= 1.0 && n_gone > 0) {
            return None;
        }
        let row = |segment: usize| {
            let cell = |feature: &super::model::Feature| {
                let centroid = self.centroids.get(&feature.name).and_then(|row| row.get(segment));
                (centroid.copied().unwrap_or(0.0) - feature.mean) / feature.scale
            };
            model.features.iter().map(cell).collect()
        };
        Some((0..self.n_segments).map(row).collect())
    }
}

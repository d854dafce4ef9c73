//! Last night's segments, from which tonight's take their numbers and names.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ListArray, cast::AsArray};
use idip_numerics::mixture::{CovarianceType, GaussianMixture};
use idip_schemas::differentiate::segmentation::{
    cluster_count, mixture_component, segment_drift, segment_event,
};
use idip_schemas::differentiate::{cluster_model, segment, segment_last_night};
use idip_stage::{Part, StageError, Views};

use super::count::CountRow;
use super::drift::Reference;
use super::events::{self, Events};
use super::kinds::{INDICATOR, kind_of};
use super::model::{Feature, Model};
use crate::order::Order;

/// One axis as it was published last night.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct LastNight {
    /// Last night's features, each with its centroids in scaled units; one value a segment.
    features: BTreeMap<String, LastFeature>,
    transform: String,
    /// Night on which the segments were fitted anew last; 0 when there are none.
    pub(super) fitted_on: i32,
    /// Last night; 0 when there was none.
    pub(super) assigned_on: i32,
    /// Ids of the segments, ascending, in the order of the centroids.
    pub(super) ids: Vec<u32>,
    pub(super) names: BTreeMap<i64, String>,
    pub(super) events: Events,
    pub(super) references: BTreeMap<String, Reference>,
    pub(super) counts: Vec<CountRow>,
    /// Weight, means and covariances of each component by segment and feature.
    components: BTreeMap<u32, BTreeMap<String, Component>>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct LastFeature {
    mean: f64,
    scale: f64,
    centroids: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq)]
struct Component {
    weight: f64,
    mean: f64,
    covariances: Vec<f64>,
}

impl LastNight {
    /// Reads an axis; nothing is known of it on the first night.
    ///
    /// # Errors
    ///
    /// When a view breaks its contract.
    pub(super) fn parse(views: &dyn Views, axis: &str) -> Result<Self, StageError> {
        let mut last = Self::of_model(
            &cluster_model::Columns::parse(&views.as_one(&cluster_model::CONTRACT)?)?,
            axis,
        );
        let segments = segment::Columns::parse(&views.as_one(&segment::CONTRACT)?)?;
        last.names = (0..segments.axis.len())
            .filter(|&row| segments.axis.value(row) == axis)
            .map(|row| (segments.segment_id.value(row), segments.segment.value(row).to_owned()))
            .collect();
        let found = segment_event::Columns::parse(&views.as_one(&segment_event::CONTRACT)?)?;
        last.events = events::parse(&found, axis);
        let drift = segment_drift::Columns::parse(&views.as_one(&segment_drift::CONTRACT)?)?;
        last.references = (0..drift.axis.len())
            .filter(|&row| drift.axis.value(row) == axis)
            .map(|row| {
                let reference = Reference {
                    trained_on: drift.trained_on.value(row),
                    edges: floats(&drift.edges, row),
                    counts: counts(&drift.counts, row),
                };
                (drift.feature.value(row).to_owned(), reference)
            })
            .collect();
        let counts = cluster_count::Columns::parse(&views.as_one(&cluster_count::CONTRACT)?)?;
        last.counts = (0..counts.axis.len())
            .filter(|&row| counts.axis.value(row) == axis)
            .map(|row| CountRow::parse(&counts, row))
            .collect();
        let parts =
            mixture_component::Columns::parse(&views.as_one(&mixture_component::CONTRACT)?)?;
        for row in (0..parts.axis.len()).filter(|&row| parts.axis.value(row) == axis) {
            let component = Component {
                weight: parts.weight.value(row),
                mean: parts.mean.value(row),
                covariances: floats(&parts.covariances, row),
            };
            let id = u32::try_from(parts.segment_id.value(row)).unwrap_or(0);
            let feature = parts.feature.value(row).to_owned();
            last.components.entry(id).or_default().insert(feature, component);
        }
        Ok(last)
    }

    fn of_model(model: &cluster_model::Columns, axis: &str) -> Self {
        let mut last = Self::default();
        let mut cells: BTreeMap<String, BTreeMap<u32, f64>> = BTreeMap::new();
        for row in (0..model.axis.len()).filter(|&row| model.axis.value(row) == axis) {
            let name = model.feature.value(row);
            let Ok(id) = u32::try_from(model.cluster.value(row)) else { return Self::default() };
            cells.entry(name.to_owned()).or_default().insert(id, model.centroid.value(row));
            let feature = last.features.entry(name.to_owned()).or_default();
            (feature.mean, feature.scale) = (model.mean.value(row), model.scale.value(row));
            if model.transform.value(row) != INDICATOR {
                model.transform.value(row).clone_into(&mut last.transform);
            }
            last.fitted_on = model.fitted_on.value(row);
            last.assigned_on = model.assigned_on.value(row);
        }
        last.ids = cells.values().next().map_or_else(Vec::new, |c| c.keys().copied().collect());
        // A model with holes cannot be begun from; it is as if there were none.
        if !cells.values().all(|clusters| clusters.keys().eq(&last.ids)) {
            return Self::default();
        }
        for (feature, clusters) in last.features.values_mut().zip(cells.into_values()) {
            feature.centroids = clusters.into_values().collect();
        }
        last
    }

    /// Centroids in tonight's scaled units, row by row; none unless both nights mean the same.
    ///
    /// They do when they were transformed alike, are of the same categories and, taken together, features
    /// known on both nights weigh at least `weight_min` of tonight's. Features unknown last night were 0
    /// then, as are values that a category had not.
    pub(super) fn centroids(&self, model: &Model, weight_min: f64) -> Option<Vec<Vec<f64>>> {
        if self.ids.is_empty() || self.transform != model.transform {
            return None;
        }
        let kinds = |names: &mut dyn Iterator<Item = &String>| -> BTreeSet<String> {
            names.filter_map(|name| kind_of(name)).map(str::to_owned).collect()
        };
        let tonight = kinds(&mut model.features.iter().map(|feature| &feature.name));
        if tonight != kinds(&mut self.features.keys()) {
            return None;
        }
        let total: f64 = model.features.iter().map(|feature| feature.weight).sum();
        let known: f64 = model
            .features
            .iter()
            .filter(|feature| self.features.contains_key(&feature.name))
            .map(|feature| feature.weight)
            .sum();
        let is_gone = |name: &String| {
            kind_of(name).is_none() && model.features.iter().all(|feature| feature.name != *name)
        };
        // What is exact must not have lost a feature either.
        let n_gone = self.features.keys().filter(|name| is_gone(name)).count();
        if known < weight_min * total || (weight_min >= 1.0 && n_gone > 0) {
            return None;
        }
        let row = |segment: usize| {
            let cell = |feature: &Feature| {
                let own = self
                    .features
                    .get(&feature.name)
                    .and_then(|last| Some(last.centroids.get(segment)? * last.scale + last.mean));
                (own.unwrap_or(0.0) - feature.mean) / feature.scale
            };
            model.features.iter().map(cell).collect()
        };
        Some((0..self.ids.len()).map(row).collect())
    }

    /// The mixture in tonight's scaled units, components in the order of `ids`; none when there was
    /// none, or it was of other features.
    pub(super) fn mixture(&self, model: &Model) -> Option<GaussianMixture> {
        let names: Vec<&String> = self.features.keys().collect();
        let place = |name: &str| names.iter().position(|other| *other == name);
        let (mut weights, mut means, mut covariances) = (Vec::new(), Vec::new(), Vec::new());
        for id in &self.ids {
            let of_component = self.components.get(id)?;
            weights.push(of_component.values().next()?.weight);
            for feature in &model.features {
                let last = self.features.get(&feature.name)?;
                let component = of_component.get(&feature.name)?;
                means
                    .push((component.mean * last.scale + last.mean - feature.mean) / feature.scale);
                for other in &model.features {
                    let stretch =
                        |feature: &Feature, last: &LastFeature| last.scale / feature.scale;
                    let covariance = component.covariances.get(place(&other.name)?)?;
                    let both =
                        stretch(feature, last) * stretch(other, self.features.get(&other.name)?);
                    covariances.push(covariance * both);
                }
            }
        }
        let d = model.features.len();
        GaussianMixture::new(CovarianceType::Full, d, weights, means, covariances).ok()
    }
}

/// Segments of the parties last night, in the order of tonight's; 0 for those that had none.
pub(super) struct Standing {
    pub(super) value: Vec<u32>,
    pub(super) need: Vec<u32>,
}

impl Standing {
    /// Reads the segments.
    ///
    /// # Errors
    ///
    /// When a view breaks its contract or a party has two rows.
    pub(super) fn parse(views: &dyn Views, customer_ids: &[i64]) -> Result<Self, StageError> {
        let mut before = Vec::new();
        let contract = &segment_last_night::CONTRACT;
        let order = Order::read(views, contract, &Part::default(), |batch| {
            let rows = segment_last_night::Columns::parse(batch)?;
            let id = |id: &i64| u32::try_from(*id).unwrap_or(0);
            let (value, need) = (rows.value_segment_id.values(), rows.need_segment_id.values());
            before.extend(value.iter().zip(need).map(|(value, need)| (id(value), id(need))));
            Ok(())
        })?;
        let before = order.sort(before);
        let mut before = order.ids.iter().zip(before).peekable();
        let of_party = |customer_id: &i64| {
            while before.next_if(|(id, _)| *id < customer_id).is_some() {}
            before.next_if(|(id, _)| *id == customer_id).map_or((0, 0), |(_, segments)| segments)
        };
        let (value, need) = customer_ids.iter().map(of_party).unzip();
        Ok(Self { value, need })
    }
}

fn floats(lists: &ListArray, row: usize) -> Vec<f64> {
    lists.value(row).as_primitive::<Float64Type>().values().to_vec()
}

fn counts(lists: &ListArray, row: usize) -> Vec<u64> {
    let values = lists.value(row);
    values.as_primitive::<Int64Type>().values().iter().map(|&n| n.max(0).unsigned_abs()).collect()
}

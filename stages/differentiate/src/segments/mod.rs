//! Segments of every party: one by value, one by need, and the named RFM segment.
//!
//! ```text
//! customer_feature, rfm_score ─ segment_input.sql ─► segment_input ─┬─► customer_segment
//! category ─────────────────────────────────────────────────────────┤   segment, segment_profile
//! last night's cluster_model and segment ───────────────────────────┘   cluster_model, cluster_quality
//!                                                                       value_need_cell
//! ```
//!
//! Customers are clustered in the order of their ids, so the order of rows changes nothing. Segments
//! begin from last night's, so that a customer who did nothing stays where they were.

mod axis;
mod describe;
mod facts;
mod fit;
mod input;
mod last_night;
mod model;
mod naming;
mod params;
mod profile;
mod publish;
mod quality;
mod tables;

use idip_schemas::TableContract;
use idip_schemas::differentiate::{
    cluster_model, cluster_quality, customer_feature, customer_segment, rfm_score, segment,
    segment_input, segment_profile, value_need_cell,
};
use idip_schemas::source::category;
use idip_stage::{Read, RunContext, StageError, Step, Tables, View};

use crate::Params;
use crate::names::Names;
use crate::rfm::Rules;
use axis::{Axis, Plan};
use fit::NumberedBy;
use input::Input;
use last_night::LastNight;
pub use params::{NeedParams, ValueFeature, ValueParams};
use publish::Publisher;

/// Axis of the segments by value.
const VALUE: &str = "value";

/// Axis of the segments by need.
const NEED: &str = "need";

/// Axis of the named RFM segments.
const RFM: &str = "rfm";

/// Makes the segments, their profiles and what is known of their quality.
#[derive(Debug, Clone, PartialEq)]
pub struct Segments {
    params: Params,
}

impl Segments {
    /// A step with these settings, which are expected to pass their check.
    pub fn new(params: Params) -> Self {
        Self { params }
    }
}

impl Step for Segments {
    fn name(&self) -> &'static str {
        "differentiate.segments"
    }

    fn views(&self) -> Vec<View> {
        vec![
            View::new(
                &segment_input::CONTRACT,
                vec![Read::Table(&customer_feature::CONTRACT), Read::Table(&rfm_score::CONTRACT)],
                include_str!("segment_input.sql"),
            ),
            View::whole(&category::CONTRACT),
            View::new(
                &cluster_model::CONTRACT,
                vec![Read::LastNight(&cluster_model::CONTRACT)],
                "SELECT * FROM last_cluster_model",
            ),
            View::new(
                &segment::CONTRACT,
                vec![Read::LastNight(&segment::CONTRACT)],
                "SELECT * FROM last_segment",
            ),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![
            &customer_segment::CONTRACT,
            &segment::CONTRACT,
            &segment_profile::CONTRACT,
            &cluster_model::CONTRACT,
            &cluster_quality::CONTRACT,
            &value_need_cell::CONTRACT,
        ]
    }

    fn settings(&self) -> String {
        format!("{:?}", self.params)
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let category = category::Columns::parse(&views.batch(&category::CONTRACT)?)?;
        let categories =
            Names::new("category", &category.category_index, &category.category)?.names;
        let input = Input::parse(views, categories.len())?;
        let net_cents = input.net_cents();

        let value = self.by_value(context, views, &input, &net_cents)?;
        let need = self.by_need(context, views, &input, &categories, &net_cents)?;
        let rules = Rules::new(&self.params.rfm.segments);
        let rfm_ids = rfm_ids(&input, &rules)?;

        let partitions = [value.partition(), need.partition()];
        let mut profiles = profile::profiles(&input, &categories, &partitions).into_iter();
        let value_profiles = profiles.next().unwrap_or_default();
        let need_profiles = profiles.next().unwrap_or_default();

        let publisher = Publisher::new(&input, &net_cents, &context.currency);
        let value_segments = publisher.value(&value, &value_profiles);
        let need_segments = publisher.need(&need, &need_profiles, self.params.need.min_baskets);
        let rfm_segments = publisher.rfm(&rfm_ids, &rules);

        let axes = [&need_segments, &rfm_segments, &value_segments];
        let profiled = [
            (&need_segments, need_profiles.as_slice()),
            (&value_segments, value_profiles.as_slice()),
        ];
        let qualities = [
            (&need, quality::metrics(&need, &self.params.need.fit(0), context)),
            (&value, quality::metrics(&value, &self.params.value.fit(0), context)),
        ];
        Ok(Tables::default()
            .with(
                &customer_segment::CONTRACT,
                vec![tables::customer_segments(
                    &input,
                    &value_segments,
                    &need_segments,
                    &rfm_segments,
                )?],
            )
            .with(&segment::CONTRACT, vec![tables::segments(&axes)?])
            .with(&segment_profile::CONTRACT, vec![tables::profiles(&profiled)?])
            .with(&cluster_model::CONTRACT, vec![tables::models(&[&need, &value])?])
            .with(&cluster_quality::CONTRACT, vec![tables::qualities(&qualities)?])
            .with(
                &value_need_cell::CONTRACT,
                vec![tables::cells(&value_segments, &need_segments, &net_cents)?],
            ))
    }
}

impl Segments {
    fn by_value(
        &self,
        context: &RunContext,
        views: &Tables,
        input: &Input,
        net_cents: &[i128],
    ) -> Result<Axis, StageError> {
        let plan = Plan {
            name: VALUE,
            what: "the segments by value could not be clustered",
            settings: self.params.value.fit(context.seed_for("differentiate.segments: value")),
            numbered_by: NumberedBy::Money,
            features_min: 1,
            // Centroids of other features than tonight's mean nothing tonight.
            known_min: 1.0,
        };
        let prepared = model::by_value(input, &self.params.value).map_err(|source| {
            StageError::Algorithm { what: plan.what, source: Box::new(source) }
        })?;
        Axis::cluster(&plan, prepared, net_cents, &LastNight::parse(views, VALUE)?)
    }

    fn by_need(
        &self,
        context: &RunContext,
        views: &Tables,
        input: &Input,
        categories: &[String],
        net_cents: &[i128],
    ) -> Result<Axis, StageError> {
        let plan = Plan {
            name: NEED,
            what: "the segments by need could not be clustered",
            settings: self.params.need.fit(context.seed_for("differentiate.segments: need")),
            numbered_by: NumberedBy::Size,
            // One category is what everybody needs.
            features_min: 2,
            // A new category must not renumber the segments: its share was 0 last night.
            known_min: 0.5,
        };
        let prepared = model::by_need(input, &self.params.need, categories).map_err(|source| {
            StageError::Algorithm { what: plan.what, source: Box::new(source) }
        })?;
        Axis::cluster(&plan, prepared, net_cents, &LastNight::parse(views, NEED)?)
    }
}

/// The rule of each party's RFM segment, from 1; 0 for parties without purchases.
fn rfm_ids(input: &Input, rules: &Rules<'_>) -> Result<Vec<u32>, StageError> {
    let names: Vec<&str> = rules.describe().map(|(name, _)| name).collect();
    let id = |segment: Option<&str>| {
        let Some(segment) = segment else { return Ok(0) };
        let rule =
            names.iter().position(|name| *name == segment).ok_or_else(|| StageError::Data {
                message: format!("RFM segment `{segment}` of `rfm_score` is not in rfm.segments"),
                hint: None,
            })?;
        Ok(rule as u32 + 1)
    };
    input.rfm_segments().map(id).collect()
}

#[cfg(test)]
mod tests;

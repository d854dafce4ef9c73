//! Segments of every party: one by value, one by need, and the named RFM segment.
//!
//! ```text
//! customer_feature, rfm_score ─ segment_input.sql ─► segment_input ─┬─► customer_segment
//! category ─────────────────────────────────────────────────────────┤   segment, segment_profile
//! last night's customer_segment and those on the right but profiles ─┘   cluster_model, cluster_quality
//!                                                                       value_need_cell, segment_rule
//!                                                                       segment_event, segment_drift
//!                                                                       cluster_count, need_topic
//!                                                                       mixture_component, segment_reason
//! ```
//!
//! Customers are clustered in the order of their ids, so the order of rows changes nothing. Segments
//! go where their customers of last night went, and are fitted anew only when they fit no more, so that a
//! customer who did nothing stays where they were.

mod axis;
mod choices;
mod count;
mod describe;
mod drift;
mod events;
mod facts;
mod fit;
mod follow;
mod grown;
mod history;
mod input;
mod kinds;
mod last_night;
mod method;
mod model;
mod naming;
mod params;
mod profile;
mod publish;
mod quality;
mod rank;
mod reasons;
mod renumber;
mod rules;
mod start;
mod stay;
mod tables;
mod topics;

use idip_numerics::nmf::Topics;
use idip_schemas::TableContract;
use idip_schemas::differentiate::segmentation::{
    cluster_count, mixture_component, need_topic, segment_drift, segment_event, segment_reason,
    segment_rule,
};
use idip_schemas::differentiate::{
    cluster_model, cluster_quality, customer_feature, customer_segment, rfm_score, segment,
    segment_input, segment_last_night, segment_profile, value_need_cell,
};
use idip_schemas::source::category;
use idip_stage::{Output, Read, RunContext, StageError, Step, Tables, View, Views, run_in_memory};

use crate::Params;
use crate::names::Names;
use crate::rfm::Rules;
use axis::{Axis, Parties, Plan};
pub use choices::{
    Auto, ClusterNumber, ContinuityParams, DriftParams, NeedFeatures, ShareTransform, ValueMethod,
};
use input::Input;
pub use kinds::ValueCategory;
use last_night::{LastNight, Standing};
pub use params::{NeedParams, ValueFeature, ValueParams};
use profile::SHARE_PREFIX;
use publish::Publisher;
use quality::Metric;
use rank::NumberedBy;
use reasons::Reasons;
use rules::{Rule, Sample, sampled};

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
                &segment_last_night::CONTRACT,
                vec![Read::LastNight(&customer_segment::CONTRACT)],
                include_str!("segment_last_night.sql"),
            ),
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
            View::new(
                &segment_event::CONTRACT,
                vec![Read::LastNight(&segment_event::CONTRACT)],
                "SELECT * FROM last_segment_event",
            ),
            View::new(
                &segment_drift::CONTRACT,
                vec![Read::LastNight(&segment_drift::CONTRACT)],
                "SELECT * FROM last_segment_drift",
            ),
            View::new(
                &cluster_count::CONTRACT,
                vec![Read::LastNight(&cluster_count::CONTRACT)],
                "SELECT * FROM last_cluster_count",
            ),
            View::new(
                &need_topic::CONTRACT,
                vec![Read::LastNight(&need_topic::CONTRACT)],
                "SELECT * FROM last_need_topic",
            ),
            View::new(
                &mixture_component::CONTRACT,
                vec![Read::LastNight(&mixture_component::CONTRACT)],
                "SELECT * FROM last_mixture_component",
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
            &segment_event::CONTRACT,
            &segment_drift::CONTRACT,
            &cluster_count::CONTRACT,
            &segment_rule::CONTRACT,
            &segment_reason::CONTRACT,
            &need_topic::CONTRACT,
            &mixture_component::CONTRACT,
        ]
    }

    fn settings(&self) -> String {
        format!("{:?}", self.params)
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        run_in_memory(self, context, views)
    }

    fn run_into(
        &self,
        context: &RunContext,
        views: &dyn Views,
        output: &mut dyn Output,
    ) -> Result<(), StageError> {
        let category = category::Columns::parse(&views.as_one(&category::CONTRACT)?)?;
        let categories =
            Names::new("category", &category.category_index, &category.category)?.names;
        let input = Input::read(views, categories.len())?;
        let net_cents = input.net_cents()?;

        // Whole days, which half the bytes hold as exactly.
        let t_days: Vec<f32> =
            input.numbers("t_days")?.into_iter().map(|days| days as f32).collect();
        let last_segments = Standing::parse(views, input.customer_ids())?;
        let Standing { value: last_value, need: last_need } = last_segments;
        let parties =
            Parties { net_cents: &net_cents, last_segments: &last_value, t_days: &t_days };
        let (mut value, sample) = self.by_value(context, views, &input, &categories, parties)?;
        drop(last_value);
        let told_of_value = told(&mut value, &sample, context)?;
        let parties = Parties { net_cents: &net_cents, last_segments: &last_need, t_days: &t_days };
        let (mut need, topics, sample) =
            self.by_need(context, views, &input, &categories, parties)?;
        let told_of_need = told(&mut need, &sample, context)?;
        drop((last_need, t_days));
        let rules = Rules::new(&self.params.rfm.segments);
        let rfm_ids = rfm_ids(&input, &rules)?;

        let partitions = [value.partition(), need.partition()];
        let mut profiles = profile::profiles(&input, &categories, &partitions)?.into_iter();
        let value_profiles = profiles.next().unwrap_or_default();
        let need_profiles = profiles.next().unwrap_or_default();

        let publisher = Publisher::new(&input, &net_cents, &context.currency)?;
        let value_segments = publisher.value(&value, &value_profiles);
        let need_segments = publisher.need(&need, &need_profiles, self.params.need.min_baskets);
        let rfm_segments = publisher.rfm(&rfm_ids, &rules);

        let axes = [&need_segments, &rfm_segments, &value_segments];
        let profiled = [
            (&need_segments, need_profiles.as_slice()),
            (&value_segments, value_profiles.as_slice()),
        ];
        let qualities = [(&need, told_of_need.metrics), (&value, told_of_value.metrics)];
        let events = [
            (NEED, events::tonight(&need, &need_segments.names, context.logical_date)),
            (VALUE, events::tonight(&value, &value_segments.names, context.logical_date)),
        ];
        let explained =
            [(&need_segments, told_of_need.rules), (&value_segments, told_of_value.rules)];
        let counted = history::reasons(&[
            (&need_segments, &told_of_need.reasons),
            (&value_segments, &told_of_value.reasons),
        ])?;
        let parties = tables::Parties {
            customer_ids: input.customer_ids(),
            value: &value_segments,
            need: &need_segments,
            rfm: &rfm_segments,
            probabilities: tables::probabilities(&value),
            value_reasons: told_of_value.reasons,
            need_reasons: told_of_need.reasons,
        };
        for batch in tables::customer_segments(&parties) {
            output.push(&customer_segment::CONTRACT, batch?)?;
        }
        output.push(&segment::CONTRACT, tables::segments(&axes)?)?;
        output.push(&segment_profile::CONTRACT, tables::profiles(&profiled)?)?;
        output.push(&cluster_model::CONTRACT, tables::models(&[&need, &value])?)?;
        output.push(&cluster_quality::CONTRACT, tables::qualities(&qualities)?)?;
        let cells = tables::cells(&value_segments, &need_segments, &net_cents)?;
        output.push(&value_need_cell::CONTRACT, cells)?;
        output.push(&segment_event::CONTRACT, history::events(&events)?)?;
        output.push(&segment_drift::CONTRACT, history::drift(&[&need, &value])?)?;
        output.push(&cluster_count::CONTRACT, history::counts(&[&need, &value])?)?;
        output.push(&segment_rule::CONTRACT, history::rules(&explained)?)?;
        output.push(&segment_reason::CONTRACT, counted)?;
        let topics = history::topics(topics.as_ref(), &categories)?;
        output.push(&need_topic::CONTRACT, topics)?;
        output.push(&mixture_component::CONTRACT, history::components(&value)?)
    }
}

impl Segments {
    fn by_value(
        &self,
        context: &RunContext,
        views: &dyn Views,
        input: &Input<'_>,
        categories: &[String],
        parties: Parties<'_>,
    ) -> Result<(Axis, Sample), StageError> {
        let plan = Plan {
            name: VALUE,
            what: "the segments by value could not be clustered",
            settings: self.params.value.fit(context.seed_for("differentiate.segments: value")),
            drift: self.params.drift,
            continuity: self.params.continuity,
            numbered_by: NumberedBy::Money,
            features_min: 1,
            // Centroids of other features than tonight's mean nothing tonight.
            known_min: 1.0,
        };
        let (prepared, sample) = model::by_value(&plan, input, categories, &self.params.value)?;
        let last = LastNight::parse(views, VALUE)?;
        Ok((Axis::cluster(&plan, prepared, &parties, last, context)?, sample))
    }

    fn by_need(
        &self,
        context: &RunContext,
        views: &dyn Views,
        input: &Input<'_>,
        categories: &[String],
        parties: Parties<'_>,
    ) -> Result<(Axis, Option<Topics>, Sample), StageError> {
        let plan = Plan {
            name: NEED,
            what: "the segments by need could not be clustered",
            settings: self.params.need.fit(context.seed_for("differentiate.segments: need")),
            drift: self.params.drift,
            continuity: self.params.continuity,
            numbered_by: NumberedBy::Size,
            // One category is what everybody needs.
            features_min: 2,
            // A new category must not renumber the segments: its share was 0 last night.
            known_min: 0.5,
        };
        let params = &self.params.need;
        let (rows, mut shares) = model::with_a_need(input, params)?;
        let mut names: Vec<String> =
            categories.iter().map(|name| format!("{SHARE_PREFIX}{name}")).collect();
        let sample =
            names.iter().cloned().zip(shares.iter().map(|column| sampled(column))).collect();
        let mut topics = None;
        if params.features == NeedFeatures::Topics && !rows.is_empty() && !shares.is_empty() {
            let last = topics::last_topics(views)?;
            let seed = context.seed_for("differentiate.segments: topics");
            let found =
                topics::find(&shares, categories, params.n_topics, &last, params.refit, seed)
                    .map_err(|source| plan.failed(source))?;
            names = (1..=found.shares.len()).map(|topic| format!("topic:{topic}")).collect();
            shares = found.shares;
            topics = Some(found.topics);
        }
        let prepared = model::by_need(&plan, input, params, rows, names, shares)?;
        let last = LastNight::parse(views, NEED)?;
        Ok((Axis::cluster(&plan, prepared, &parties, last, context)?, topics, sample))
    }
}

/// What the features of customers tell once the segments are made.
struct Told {
    metrics: Vec<Metric>,
    /// The reason of each party.
    reasons: Reasons,
    rules: Vec<Rule>,
}

/// Asks the features of an axis all that they tell, and lets them go.
fn told(axis: &mut Axis, sample: &Sample, context: &RunContext) -> Result<Told, StageError> {
    let told = Told {
        metrics: quality::metrics(axis, context)
            .map_err(|source| failed("the stability of segments could not be measured", source))?,
        reasons: reasons::reasons(axis),
        rules: rules::rules(axis, sample).map_err(|source| failed(UNEXPLAINED, source))?,
    };
    axis.columns = Vec::new();
    if let Some(fitted) = &mut axis.fitted {
        // Positions of segments by party say the same.
        fitted.labels = Vec::new();
    }
    Ok(told)
}

/// What fails when the tree that explains segments does.
const UNEXPLAINED: &str = "the segments could not be explained";

fn failed(
    what: &'static str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> StageError {
    StageError::Algorithm { what, source: Box::new(source) }
}

/// The rule of each party's RFM segment, from 1; 0 for parties without purchases.
fn rfm_ids(input: &Input<'_>, rules: &Rules<'_>) -> Result<Vec<u32>, StageError> {
    let names: Vec<&str> = rules.describe().map(|(name, _)| name).collect();
    input.texts("rfm_segment", |segment| {
        let Some(segment) = segment else { return Ok(0) };
        let rule =
            names.iter().position(|name| *name == segment).ok_or_else(|| StageError::Data {
                message: format!("RFM segment `{segment}` of `rfm_score` is not in rfm.segments"),
                hint: None,
            })?;
        Ok(rule as u32 + 1)
    })
}

#[cfg(test)]
mod tests;

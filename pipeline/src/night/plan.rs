//! What is known of a night before it runs: its date, the keys of its steps, what has changed.

use idip_stage::RunContext;
use idip_store::{Night, StepKey, Store};

use super::context::{Context, command};
use super::fingerprint;
use super::graph::{Graph, SOURCES};
use super::run::Options;
use crate::outputs::Outputs;
use crate::sources::{self, FeedFiles};
use crate::{RunError, day_of};

/// Id of the step that reads the feeds.
pub(super) const LOAD: &str = "sources.load";

/// One line of `idip plan`.
#[derive(Debug)]
pub(crate) struct PlannedStep {
    /// Step.
    pub(crate) id: String,
    /// `run`, `reuse` or `skip`.
    pub(crate) action: &'static str,
}

/// What a run would do, without doing it.
///
/// # Errors
///
/// When the project or its feeds cannot be used.
pub(crate) fn plan(
    context: &Context,
    options: &Options,
) -> Result<(Option<String>, Vec<PlannedStep>), RunError> {
    let graph = Graph::of(&context.project).map_err(RunError::Bug)?;
    let feeds = sources::find(&context.project, &context.folder)?;
    let store = Store::open_existing(&context.store).ok();
    let date = match (&store, context.date) {
        (_, Some(date)) => Some(date),
        (Some(store), None) => date_of_same_inputs(context, store, &feeds),
        (None, None) => None,
    };
    let (Some(date), Some(store)) = (date, store) else {
        let steps = graph.nodes.iter().map(|node| PlannedStep {
            id: node.step.name().to_owned(),
            action: if options.selection.has(node.step.name()) { "run" } else { "skip" },
        });
        return Ok((None, steps.collect()));
    };
    let night = NightPlan::new(context, options, &graph, &store, &feeds, date)?;
    let published = store.night(&night.day)?;
    let mut steps: Vec<PlannedStep> = graph
        .nodes
        .iter()
        .zip(&night.keys)
        .map(|(node, key)| {
            let same = published
                .as_ref()
                .and_then(|night| night.step(&key.id))
                .is_some_and(|step| step.key.fingerprint == key.fingerprint);
            let action = match (same, options.selection.has(node.step.name())) {
                (true, _) => "reuse",
                (false, true) => "run",
                (false, false) => "skip",
            };
            PlannedStep { id: key.id.clone(), action }
        })
        .collect();
    let mut runs: Vec<bool> = steps.iter().map(|step| step.action == "run").collect();
    graph.make_again(&mut runs);
    for (step, _) in steps.iter_mut().zip(runs).filter(|(_, runs)| *runs) {
        step.action = "run";
    }
    Ok((Some(night.day), steps))
}

/// The logical date of the night in force, when it was made from these very inputs and settings.
pub(super) fn date_of_same_inputs(
    context: &Context,
    store: &Store,
    feeds: &[FeedFiles<'_>],
) -> Option<i32> {
    let night = store.current().ok()??;
    if !is_of_same_inputs(context, &night, feeds) {
        return None;
    }
    super::context::parse_date(night.date()).ok()
}

/// Whether a night was made from these very inputs and settings, whoever was erased since.
pub(super) fn is_of_same_inputs(context: &Context, night: &Night, feeds: &[FeedFiles<'_>]) -> bool {
    let manifest = night.manifest();
    let key =
        |feed: &str, path: &str, hash: &str| (feed.to_owned(), path.to_owned(), hash.to_owned());
    let mut then: Vec<_> =
        manifest.inputs.iter().map(|input| key(&input.feed, &input.path, &input.hash)).collect();
    let mut now: Vec<_> = feeds
        .iter()
        .flat_map(|files| files.files.iter().map(|file| key(files.name, &file.label, &file.hash)))
        .collect();
    then.sort();
    now.sort();
    then == now
        && manifest.config_hash == fingerprint::of_project(&context.project)
        && manifest.idip_version == env!("CARGO_PKG_VERSION")
}

/// Everything that is known of a night before it runs.
pub(super) struct NightPlan {
    /// The logical date, `YYYY-MM-DD`.
    pub(super) day: String,
    /// What every step is told.
    pub(super) context: RunContext,
    /// The night before, of which tonight is the next.
    pub(super) last_night: Option<Night>,
    /// Key of what the feeds become.
    pub(super) sources: StepKey,
    /// Keys of the steps, in the order of the graph.
    pub(super) keys: Vec<StepKey>,
    /// What is made for others.
    pub(super) outputs: Outputs,
}

impl NightPlan {
    /// Plans the night of a date.
    ///
    /// # Errors
    ///
    /// When the date is out of range or the store cannot be read.
    pub(super) fn new(
        context: &Context,
        options: &Options,
        graph: &Graph,
        store: &Store,
        feeds: &[FeedFiles<'_>],
        date: i32,
    ) -> Result<Self, RunError> {
        let day = day_of(date)
            .ok_or_else(|| command("the logical date is out of range", None))?
            .to_string();
        let run_context = RunContext {
            logical_date: date,
            seed: context.project.seed,
            currency: context.project.currency.clone(),
        };
        let last_night = store.previous(&day)?;
        let erased = store.erasures()?.fingerprint();
        let sources =
            fingerprint::of_sources(&context.project, feeds, &run_context, erased.as_deref());
        let keys = fingerprint::of_steps(graph, &sources, &run_context, last_night.as_ref());
        let mut inputs: Vec<String> =
            feeds.iter().map(|files| format!("feeds/{}", files.name)).collect();
        inputs.sort();
        let sources =
            StepKey { id: LOAD.into(), stage: SOURCES.into(), fingerprint: sources, inputs };
        let outputs = Outputs::of(&context.project, options.selection.is_all(), &sources, &keys);
        Ok(Self { day, context: run_context, last_night, sources, keys, outputs })
    }

    /// The night that is published already, when running again would change nothing.
    pub(super) fn nothing_to_do(
        &self,
        store: &Store,
        options: &Options,
    ) -> Result<Option<Night>, RunError> {
        let Some(night) = store.night(&self.day)? else { return Ok(None) };
        let has = |key: &StepKey| {
            night.step(&key.id).is_some_and(|step| step.key.fingerprint == key.fingerprint)
        };
        let steps = std::iter::once(&self.sources)
            .chain(self.keys.iter().filter(|key| options.selection.has(&key.id)))
            .chain(self.outputs.keys());
        let mut steps = steps;
        Ok(steps.all(has).then_some(night))
    }
}

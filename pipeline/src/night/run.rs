//! Runs a night: reads the feeds, carries out the steps, publishes all of it or nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use idip_store::{
    Draft, Night, Outcome, PublishMode, Staging, Status, Store, StoreError, StoreLock,
};
use serde_json::json;

use super::context::Context;
use super::graph::{Graph, SOURCES};
use super::plan::{LOAD, NightPlan, date_of_same_inputs, is_of_same_inputs};
use super::results::Results;
use super::scratch::Scratch;
use super::selection::Selection;
use super::work::Work;
use super::{Progress, audit, fingerprint};
use crate::engine::Engine;
use crate::erasure::ErasedParties;
use crate::sources::{self, FeedFiles};
use crate::{RunError, day_of};

/// How a night is to be run.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Stages asked for.
    pub(crate) selection: Selection,
    /// Puts the night in place of one published from other inputs.
    pub(crate) replace: bool,
    /// Allows a date before the night in force.
    pub(crate) backfill: bool,
    /// Takes finished steps over from the last failed run of the date.
    pub(crate) retry: bool,
}

/// What became of a night.
#[derive(Debug)]
pub(crate) struct NightReport {
    /// Logical date.
    pub(crate) date: String,
    /// Folder of the night.
    pub(crate) path: PathBuf,
    /// Whether there was nothing to do.
    pub(crate) unchanged: bool,
    /// Steps that ran, and steps that were taken over.
    pub(crate) ran: usize,
    /// Steps that were taken over.
    pub(crate) reused: usize,
    /// Rows rejected by the feeds; None when they were not read.
    pub(crate) rejected: Option<i64>,
    /// Rows of people who were erased; None when the feeds were not read.
    pub(crate) erased: Option<i64>,
    /// Rows by table.
    pub(crate) rows: BTreeMap<String, u64>,
    /// Seconds.
    pub(crate) elapsed: f64,
}

/// Runs a night.
///
/// # Errors
///
/// Whatever stops it; what was published before is then untouched.
pub(crate) fn run(context: &Context, options: &Options) -> Result<NightReport, RunError> {
    let graph = Graph::of(&context.project).map_err(RunError::Bug)?;
    let store = context.open_store()?;
    let lock = store.lock()?;
    lock.sweep()?;
    super::check::predicates(context, &graph)?;
    let feeds = sources::find(&context.project, &context.folder)?;
    let mut results = Results::begin();
    if let Some(date) = context.date.or_else(|| date_of_same_inputs(context, &store, &feeds)) {
        let night = NightPlan::new(context, options, &graph, &store, &feeds, date)?;
        if let Some(published) = night.nothing_to_do(&store, options)? {
            return Ok(unchanged(&published, &results));
        }
    }
    let scratch = Scratch::create(context, results.run_id())?;
    let staging = lock.begin(results.run_id())?;
    let outcome = Run { context, options, graph: &graph, store: &store, lock: &lock }.carry_out(
        &feeds,
        &staging,
        &scratch.path,
        &mut results,
    );
    drop(scratch);
    let args = BTreeMap::from([
        ("project".to_owned(), json!(context.file)),
        ("date".to_owned(), json!(context.date.and_then(day_of).map(|day| day.to_string()))),
        ("replace".to_owned(), json!(options.replace)),
        ("threads".to_owned(), json!(context.threads)),
    ]);
    match outcome {
        Ok(CarriedOut { draft, mode, rejected, erased, rows }) => {
            let published = lock.publish(staging, &draft, mode)?;
            lock.prune(context.project.keep_nights)?;
            lock.write_run_results(&results.finish(args))?;
            let count = |status| results.steps().iter().filter(|it| it.status == status).count();
            Ok(NightReport {
                date: draft.logical_date,
                path: published.night.path().to_owned(),
                unchanged: published.outcome == Outcome::Unchanged,
                ran: count(Status::Success) + count(Status::Warn),
                reused: count(Status::Reused),
                rejected,
                erased,
                rows,
                elapsed: results.elapsed(),
            })
        }
        Err((error, date)) => {
            // Whoever watches `run_results.json` looks for a step that failed.
            if results.steps().is_empty() {
                let message = Some(error.to_string());
                results.end_step(LOAD, Status::Error, message, BTreeMap::new());
            }
            // What the run had finished is kept for `idip retry`; a failure to keep it must not hide
            // the failure that is being reported.
            let finished = results.steps().iter().any(|step| step.status == Status::Success);
            let kept = match date.and_then(day_of) {
                Some(day) if finished => staging.keep_as_failed(&day.to_string()),
                _ => staging.discard(),
            };
            if let Err(kept) = kept.and_then(|()| lock.write_run_results(&results.finish(args))) {
                tracing::warn!(error = %kept, "the failed run could not be kept");
            }
            Err(error)
        }
    }
}

fn unchanged(night: &Night, results: &Results) -> NightReport {
    NightReport {
        date: night.date().to_owned(),
        path: night.path().to_owned(),
        unchanged: true,
        ran: 0,
        reused: 0,
        rejected: None,
        erased: None,
        rows: BTreeMap::new(),
        elapsed: results.elapsed(),
    }
}

/// An error, and the logical date if it was known by then.
type Failure = (RunError, Option<i32>);

/// A night that is ready to be published.
struct CarriedOut {
    draft: Draft,
    mode: PublishMode,
    rejected: Option<i64>,
    erased: Option<i64>,
    rows: BTreeMap<String, u64>,
}

pub(super) struct Run<'r> {
    pub(super) context: &'r Context,
    pub(super) options: &'r Options,
    pub(super) graph: &'r Graph,
    store: &'r Store,
    lock: &'r StoreLock,
}

impl Run<'_> {
    fn carry_out(
        &self,
        feeds: &[FeedFiles<'_>],
        staging: &Staging,
        scratch: &Path,
        results: &mut Results,
    ) -> Result<CarriedOut, Failure> {
        let progress = Progress::new(self.graph.nodes.len() + 3);
        let engine = self.engine(scratch).map_err(|e| (e, None))?;
        let mut typed = None;
        let date = if let Some(date) = self.context.date {
            date
        } else {
            let mut read = self.read(&engine, feeds, scratch, &progress).map_err(|e| (e, None))?;
            let day = read.last_day(&engine, &self.context.project).map_err(|e| (e, None))?;
            typed = Some(read);
            day
        };
        let fail = |error: RunError| (error, Some(date));
        let night = NightPlan::new(self.context, self.options, self.graph, self.store, feeds, date)
            .map_err(fail)?;
        let published = self.store.night(&night.day).map_err(|e| fail(e.into()))?;
        let replace = self.replaces(published.as_ref(), feeds, &engine);
        self.may_publish(&night, published.as_ref(), replace).map_err(fail)?;
        let mut work = Work {
            run: self,
            engine: &engine,
            staging,
            scratch,
            results,
            night: &night,
            published: published.as_ref(),
            failed: None,
            rows: BTreeMap::new(),
            hashes: BTreeMap::new(),
        };
        if self.options.retry {
            work.failed = self.store.failed(&night.day).map_err(|e| fail(e.into()))?;
        }
        let todo = work.todo().map_err(fail)?;
        let (mut rejected, mut erased) = (None, None);
        let mut inputs: Vec<_> = feeds.iter().flat_map(FeedFiles::records).collect();
        if todo.load {
            let read = match typed {
                Some(read) => read,
                None => self.read(&engine, feeds, scratch, &progress).map_err(fail)?,
            };
            progress.doing(LOAD);
            let sources = work.load(read, scratch, &progress).map_err(fail)?;
            (rejected, erased) = (Some(sources.rejected), Some(sources.erased));
            for input in &mut inputs {
                let key = (input.feed.clone(), input.path.clone());
                input.rows = sources.rows.get(&key).copied().unwrap_or(0);
            }
        } else if let Some(published) = &published {
            let before = &published.manifest().inputs;
            for input in &mut inputs {
                let same = before.iter().find(|it| it.feed == input.feed && it.path == input.path);
                input.rows = same.map_or(0, |same| same.rows);
            }
        }
        progress.done();
        work.register_last_night().map_err(fail)?;
        for (index, node) in self.graph.nodes.iter().enumerate() {
            progress.doing(node.step.name());
            work.step(index, node, &todo).map_err(fail)?;
            progress.done();
        }
        progress.doing("audit");
        audit::audit(&engine, date).map_err(fail)?;
        progress.done();
        progress.doing("outputs");
        work.outputs().map_err(fail)?;
        let steps: Vec<String> = work.fingerprints();
        let parts: Vec<&str> = steps.iter().map(String::as_str).collect();
        let draft = Draft {
            idip_version: env!("CARGO_PKG_VERSION").into(),
            logical_date: night.day.clone(),
            fingerprint: fingerprint::of_texts(parts.iter().copied()),
            seed: self.context.project.seed,
            parent: night.last_night.as_ref().map(|night| night.name().to_string()),
            config_hash: fingerprint::of_project(&self.context.project),
            inputs,
            contract_versions: idip_schemas::all()
                .into_iter()
                .map(|contract| (contract.name.to_owned(), contract.version))
                .collect(),
        };
        let adds_only = published.as_ref().is_some_and(|night| work.keeps_all_of(night));
        let mode = PublishMode { replace: replace || adds_only, backfill: self.options.backfill };
        Ok(CarriedOut { draft, mode, rejected, erased, rows: work.rows })
    }

    /// The engine of the night, which leaves out who was erased.
    fn engine(&self, scratch: &Path) -> Result<Engine, RunError> {
        let identify = &self.context.project.identify;
        let erased = Arc::new(ErasedParties::new(self.store.erasures()?, identify));
        Ok(Engine::start(&self.context.limits(scratch))?.without(&erased))
    }

    fn read<'f>(
        &self,
        engine: &Engine,
        feeds: &'f [FeedFiles<'f>],
        scratch: &Path,
        progress: &Progress,
    ) -> Result<sources::Typed<'f>, RunError> {
        let doing = |feed: &str| progress.doing(&format!("feed {feed}"));
        sources::read(engine, &self.context.project, feeds, scratch, &doing)
            .map_err(|error| error.placed(&self.context.file, &self.context.positions))
    }

    /// Whether the night may take the place of the published one of its date: where it was asked for, or
    /// where nothing else has changed than who was erased.
    fn replaces(
        &self,
        published: Option<&Night>,
        feeds: &[FeedFiles<'_>],
        engine: &Engine,
    ) -> bool {
        let is_of_same_inputs = |night: &Night| is_of_same_inputs(self.context, night, feeds);
        self.options.replace
            || engine.erased().is_some() && published.is_some_and(is_of_same_inputs)
    }

    /// Refuses before any work is done what the store would refuse at the end.
    fn may_publish(
        &self,
        night: &NightPlan,
        published: Option<&Night>,
        replace: bool,
    ) -> Result<(), RunError> {
        let changed = published.and_then(|published| {
            let steps = std::iter::once(&night.sources).chain(&night.keys);
            steps
                .filter(|key| self.options.selection.has(&key.id) || key.stage == SOURCES)
                .find(|key| {
                    published
                        .step(&key.id)
                        .is_some_and(|step| step.key.fingerprint != key.fingerprint)
                })
                .map(|_| published.name().to_string())
        });
        if let (Some(published), false) = (changed, replace) {
            let date = night.day.clone();
            return Err(StoreError::AlreadyPublished { date, published }.into());
        }
        let current = self.lock.store().current_name()?;
        if let Some(current) = current
            && night.day.as_str() < current.date()
            && !self.options.backfill
        {
            let (date, current) = (night.day.clone(), current.to_string());
            return Err(StoreError::OutOfOrder { date, current }.into());
        }
        Ok(())
    }
}

//! Carries out a night: adopt or run each step, check what it wrote, publish all of it or nothing.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use idip_schemas::{Retention, TableContract, source};
use idip_stage::{Read, RunContext, Sql, Tables, View};
use idip_store::{
    Draft, FinishedStep, Night, Outcome, PublishMode, Staging, Status, StepKey, Store, StoreError,
    StoreLock, TableEntry,
};
use serde_json::{Value, json};

use super::context::{Context, command};
use super::graph::{Graph, Node, SOURCES};
use super::results::Results;
use super::selection::Selection;
use super::{Progress, audit, fingerprint, table_order};
use crate::engine::{Engine, conform};
use crate::outputs::{self, Outputs};
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
    /// Rows by table.
    pub(crate) rows: BTreeMap<String, u64>,
    /// Seconds.
    pub(crate) elapsed: f64,
}

/// One line of `idip plan`.
#[derive(Debug)]
pub(crate) struct PlannedStep {
    /// Step.
    pub(crate) id: String,
    /// `run`, `reuse` or `skip`.
    pub(crate) action: &'static str,
}

/// Id of the step that reads the feeds.
const LOAD: &str = "sources.load";

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
        Ok((draft, mode, rejected, rows)) => {
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
                rows,
                elapsed: results.elapsed(),
            })
        }
        Err((error, date)) => {
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
            action: if options.selection.has(node.stage) { "run" } else { "skip" },
        });
        return Ok((None, steps.collect()));
    };
    let night = NightPlan::new(context, options, &graph, &store, &feeds, date)?;
    let published = store.night(&night.day)?;
    let steps = graph
        .nodes
        .iter()
        .zip(&night.keys)
        .map(|(node, key)| {
            let same = published
                .as_ref()
                .and_then(|night| night.step(&key.id))
                .is_some_and(|step| step.key.fingerprint == key.fingerprint);
            let action = match (same, options.selection.has(node.stage)) {
                (true, _) => "reuse",
                (false, true) => "run",
                (false, false) => "skip",
            };
            PlannedStep { id: key.id.clone(), action }
        })
        .collect();
    Ok((Some(night.day), steps))
}

fn unchanged(night: &Night, results: &Results) -> NightReport {
    NightReport {
        date: night.date().to_owned(),
        path: night.path().to_owned(),
        unchanged: true,
        ran: 0,
        reused: 0,
        rejected: None,
        rows: BTreeMap::new(),
        elapsed: results.elapsed(),
    }
}

/// The logical date of the night in force, when it was made from these very inputs and settings.
fn date_of_same_inputs(context: &Context, store: &Store, feeds: &[FeedFiles<'_>]) -> Option<i32> {
    let night = store.current().ok()??;
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
    let same = then == now
        && manifest.config_hash == fingerprint::of_project(&context.project)
        && manifest.idip_version == env!("CARGO_PKG_VERSION");
    if !same {
        return None;
    }
    super::context::parse_date(night.date()).ok()
}

/// Everything that is known of a night before it runs.
struct NightPlan {
    day: String,
    context: RunContext,
    last_night: Option<Night>,
    sources: StepKey,
    keys: Vec<StepKey>,
    outputs: Outputs,
}

impl NightPlan {
    fn new(
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
        let sources = fingerprint::of_sources(&context.project, feeds, &run_context);
        let keys = fingerprint::of_steps(graph, &sources, &run_context, last_night.as_ref());
        let mut inputs: Vec<String> =
            feeds.iter().map(|files| format!("feeds/{}", files.name)).collect();
        inputs.sort();
        let sources =
            StepKey { id: LOAD.into(), stage: SOURCES.into(), fingerprint: sources, inputs };
        let outputs = Outputs::of(&context.project, options.selection.is_all(), &sources, &keys);
        Ok(Self { day, context: run_context, last_night, sources, keys, outputs })
    }

    /// Hash of the whole night as it would be when every selected step is in it.
    fn fingerprint(&self, parts: &[&str]) -> String {
        fingerprint::of_texts(parts.iter().copied())
    }

    /// The night that is published already, when running again would change nothing.
    fn nothing_to_do(&self, store: &Store, options: &Options) -> Result<Option<Night>, RunError> {
        let Some(night) = store.night(&self.day)? else { return Ok(None) };
        let has = |key: &StepKey| {
            night.step(&key.id).is_some_and(|step| step.key.fingerprint == key.fingerprint)
        };
        let steps = std::iter::once(&self.sources)
            .chain(self.keys.iter().filter(|key| options.selection.has(&key.stage)))
            .chain(self.outputs.keys());
        let mut steps = steps;
        Ok(steps.all(has).then_some(night))
    }
}

/// A folder for what is only needed while a night runs.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn create(context: &Context, run_id: &str) -> Result<Self, RunError> {
        use std::os::unix::fs::DirBuilderExt;
        let path = context.store.join(format!(".tmp-{run_id}"));
        std::fs::DirBuilder::new().mode(0o700).create(&path).map_err(|source| RunError::File {
            action: "cannot make the folder",
            path: path.clone(),
            source,
        })?;
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs_err::remove_dir_all(&self.path) {
            tracing::warn!(%error, "the next run will remove the scratch folder");
        }
    }
}

/// An error, and the logical date if it was known by then.
type Failure = (RunError, Option<i32>);

type CarriedOut = (Draft, PublishMode, Option<i64>, BTreeMap<String, u64>);

struct Run<'r> {
    context: &'r Context,
    options: &'r Options,
    graph: &'r Graph,
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
        let engine = Engine::start(&self.context.limits(scratch)).map_err(|e| (e.into(), None))?;
        let mut typed = None;
        let date = match self.context.date {
            Some(date) => date,
            None => {
                let read = self.read(&engine, feeds, scratch, &progress).map_err(|e| (e, None))?;
                let day = read.last_day(&engine).map_err(|e| (e, None))?;
                typed = Some(read);
                day
            }
        };
        let fail = |error: RunError| (error, Some(date));
        let night = NightPlan::new(self.context, self.options, self.graph, self.store, feeds, date)
            .map_err(fail)?;
        let published = self.store.night(&night.day).map_err(|e| fail(e.into()))?;
        self.may_publish(&night, published.as_ref()).map_err(fail)?;
        let mut work = Work {
            run: self,
            engine: &engine,
            staging,
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
        let mut rejected = None;
        let mut inputs: Vec<_> = feeds.iter().flat_map(FeedFiles::records).collect();
        if todo.load {
            let read = match typed {
                Some(read) => read,
                None => self.read(&engine, feeds, scratch, &progress).map_err(fail)?,
            };
            progress.doing(LOAD);
            let sources = work.load(read, scratch, &progress).map_err(fail)?;
            rejected = Some(sources.rejected);
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
        work.relations().map_err(fail)?;
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
            fingerprint: night.fingerprint(&parts),
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
        let mode = PublishMode {
            replace: self.options.replace || adds_only,
            backfill: self.options.backfill,
        };
        Ok((draft, mode, rejected, work.rows))
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
    }

    /// Refuses before any work is done what the store would refuse at the end.
    fn may_publish(&self, night: &NightPlan, published: Option<&Night>) -> Result<(), RunError> {
        let changed = published.and_then(|published| {
            let steps = std::iter::once(&night.sources).chain(&night.keys);
            steps
                .filter(|key| self.options.selection.has(&key.stage) || key.stage == SOURCES)
                .find(|key| {
                    published
                        .step(&key.id)
                        .is_some_and(|step| step.key.fingerprint != key.fingerprint)
                })
                .map(|_| published.name().to_string())
        });
        if let (Some(published), false) = (changed, self.options.replace) {
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

/// What has to be done.
struct Todo {
    load: bool,
    runs: Vec<bool>,
}

struct Work<'w> {
    run: &'w Run<'w>,
    engine: &'w Engine,
    staging: &'w Staging,
    results: &'w mut Results,
    night: &'w NightPlan,
    published: Option<&'w Night>,
    failed: Option<idip_store::FailedRun>,
    rows: BTreeMap<String, u64>,
    /// Hashes of the tables' files, by table.
    hashes: BTreeMap<String, String>,
}

impl Work<'_> {
    /// A finished step with the same fingerprint, and the folder it lies in.
    fn finished(&self, key: &StepKey) -> Option<(PathBuf, FinishedStep)> {
        let published = self.published.and_then(|night| {
            let step = night.step(&key.id)?;
            (step.key.fingerprint == key.fingerprint).then(|| (night.path().to_owned(), step))
        });
        published.or_else(|| {
            let failed = self.failed.as_ref()?;
            let step = failed.step(&key.id, &key.fingerprint)?;
            Some((failed.path().to_owned(), step.clone()))
        })
    }

    /// Decides which steps run; the feeds are read when one that runs needs them.
    fn todo(&self) -> Result<Todo, RunError> {
        let graph = self.run.graph;
        let selection = &self.run.options.selection;
        let mut runs = Vec::new();
        for (index, (node, key)) in graph.nodes.iter().zip(&self.night.keys).enumerate() {
            let finished = self.finished(key).is_some();
            let selected = selection.has(node.stage);
            if !selected && !finished && selection.needs(graph, index) {
                let reads_it = graph.nodes.iter().skip(index).any(|later| {
                    selection.has(later.stage)
                        && node.step.writes().iter().any(|table| later.reads.contains(table.name))
                });
                if reads_it {
                    return Err(command(
                        &format!(
                            "`{}` is not up to date for {}, and the selected stages read it",
                            node.step.name(),
                            self.night.day
                        ),
                        Some(&format!("run `idip run --select {}+`", node.stage)),
                    ));
                }
            }
            runs.push(selected && !finished);
        }
        // The report names offers, which only the feeds tell.
        let outputs_are_done = self.night.outputs.keys().all(|key| self.finished(key).is_some());
        let load = runs.iter().any(|runs| *runs)
            || !outputs_are_done
            || self.finished(&self.night.sources).is_none();
        Ok(Todo { load, runs })
    }

    /// Loads the source tables, and publishes those that are kept.
    fn load(
        &mut self,
        read: sources::Typed<'_>,
        scratch: &Path,
        progress: &Progress,
    ) -> Result<sources::Sources, RunError> {
        self.results.begin_step();
        let doing = |feed: &str| progress.doing(feed);
        let loaded = read.load(
            self.engine,
            &self.run.context.project,
            &self.night.context,
            scratch,
            &doing,
        )?;
        let mut entries = Vec::new();
        for contract in [
            &source::reject::CONTRACT,
            &source::reconciliation::CONTRACT,
            &source::category::CONTRACT,
            &source::sales_channel::CONTRACT,
        ] {
            let batches = batches(&loaded.tables, contract)?;
            self.engine.register_batches(contract.name, contract.schema(), batches.clone())?;
            entries.push(self.write(SOURCES, contract, &batches)?);
        }
        self.staging.finish_step(&self.night.sources, &entries, &[])?;
        let status = if loaded.rejected > 0 { Status::Warn } else { Status::Success };
        let message =
            (loaded.rejected > 0).then(|| format!("{} rows were rejected", loaded.rejected));
        let mut figures = BTreeMap::new();
        for entry in &entries {
            figures.insert(format!("rows_{}", entry.table), json!(entry.rows));
        }
        let read: u64 = loaded.rows.values().sum();
        figures.insert("rows_read".into(), json!(read));
        figures.insert("rows_rejected".into(), json!(loaded.rejected));
        self.results.end_step(LOAD, status, message, figures);
        Ok(loaded)
    }

    fn relations(&self) -> Result<(), RunError> {
        for node in &self.run.graph.nodes {
            for table in &node.last {
                let name = format!("last_{table}");
                if self.engine.has_table(&name) {
                    continue;
                }
                let contract = contract_of(table)?;
                let stage = self.run.graph.stage_of(table);
                let files = self
                    .night
                    .last_night
                    .as_ref()
                    .map(|night| night.table_files(stage, table))
                    .unwrap_or_default();
                if files.is_empty() {
                    self.engine.register_batches(&name, contract.schema(), Vec::new())?;
                } else {
                    self.engine.register_parquet(&name, &files)?;
                }
            }
        }
        Ok(())
    }

    /// Registers every relation whose tables are all there by now.
    fn register_relations(&self) -> Result<(), RunError> {
        for relation in &self.run.graph.relations {
            let there = relation.reads.iter().all(|read| match read {
                Read::Table(table) => self.engine.has_table(table.name),
                Read::LastNight(table) => self.engine.has_table(&format!("last_{}", table.name)),
                Read::Relation(name) => self.engine.has_table(name),
            });
            if there && !self.engine.has_table(relation.name) {
                let as_of = self.night.context.logical_date;
                self.engine.register_view(relation.name, relation.sql, as_of)?;
            }
        }
        Ok(())
    }

    fn step(&mut self, index: usize, node: &Node, todo: &Todo) -> Result<(), RunError> {
        let Some(key) = self.night.keys.get(index) else { return Ok(()) };
        let id = node.step.name();
        self.results.begin_step();
        if !todo.runs.get(index).copied().unwrap_or(false) {
            let Some((folder, step)) = self.finished(key) else { return Ok(()) };
            self.adopt(&folder, &step)?;
            self.results.end_step(id, Status::Reused, None, BTreeMap::new());
            return self.register_relations();
        }
        let answer = self.answer(node);
        match answer {
            Ok(entries) => {
                let figures = entries
                    .iter()
                    .map(|entry| (format!("rows_{}", entry.table), json!(entry.rows)))
                    .collect::<BTreeMap<String, Value>>();
                self.staging.finish_step(key, &entries, &[])?;
                self.results.end_step(id, Status::Success, None, figures);
                self.register_relations()
            }
            Err(error) => {
                self.results.end_step(id, Status::Error, Some(error.to_string()), BTreeMap::new());
                Err(error)
            }
        }
    }

    fn adopt(&mut self, folder: &Path, step: &FinishedStep) -> Result<(), RunError> {
        self.staging.adopt_step(folder, step)?;
        for table in &step.tables {
            let files: Vec<PathBuf> =
                table.files.iter().map(|file| self.staging.path().join(&file.path)).collect();
            self.engine.register_parquet(&table.table, &files)?;
            self.note(table);
        }
        Ok(())
    }

    /// Asks a step's views, runs it, checks and writes its tables.
    fn answer(&mut self, node: &Node) -> Result<Vec<TableEntry>, RunError> {
        let mut views = Tables::default();
        for view in &node.views {
            let answer = self.view(node, view)?;
            views = views.with(view.contract, answer);
        }
        let step = || node.step.name().to_owned();
        let context = &self.night.context;
        let tables = catch_unwind(AssertUnwindSafe(|| node.step.run(context, &views)))
            .map_err(|_| RunError::Bug(format!("step `{}` panicked", node.step.name())))?
            .map_err(|source| RunError::Step { step: step(), source })?;
        drop(views);
        let mut entries = Vec::new();
        for contract in node.step.writes() {
            let batches = batches(&tables, contract)?;
            for batch in &batches {
                contract
                    .check(batch)
                    .map_err(|source| RunError::Step { step: step(), source: source.into() })?;
            }
            if let Some(row) = table_order::first_out_of_order(contract, &batches) {
                return Err(RunError::Bug(format!(
                    "step `{}` wrote table `{}` with row {row} out of the order of its key",
                    node.step.name(),
                    contract.name
                )));
            }
            if contract.retention == Retention::Published {
                entries.push(self.write(node.stage, contract, &batches)?);
            }
            self.engine.register_batches(contract.name, contract.schema(), batches)?;
        }
        Ok(entries)
    }

    fn view(&self, node: &Node, view: &View) -> Result<Vec<RecordBatch>, RunError> {
        let as_of = self.night.context.logical_date;
        let what = format!("view `{}` of `{}`", view.contract.name, node.step.name());
        let built;
        let sql = match &view.sql {
            Sql::Text(sql) => sql.as_ref(),
            Sql::Built(build) => {
                let mut given = Tables::default();
                for contract in &view.given {
                    let batches = self
                        .engine
                        .ask(&what, &format!("SELECT * FROM {}", contract.name), as_of)?
                        .iter()
                        .map(|batch| conform(&what, contract, batch))
                        .collect::<Result<Vec<_>, _>>()?;
                    given = given.with(contract, batches);
                }
                built = build(&self.night.context, &given).map_err(|source| RunError::Step {
                    step: node.step.name().to_owned(),
                    source,
                })?;
                built.as_str()
            }
        };
        self.engine
            .ask(&what, sql, as_of)?
            .iter()
            .map(|batch| conform(&what, view.contract, batch).map_err(RunError::from))
            .collect()
    }

    fn write(
        &mut self,
        stage: &str,
        contract: &'static TableContract,
        batches: &[RecordBatch],
    ) -> Result<TableEntry, RunError> {
        let entry = self.staging.write_table(stage, contract.name, &contract.schema(), batches)?;
        self.note(&entry);
        Ok(entry)
    }

    fn note(&mut self, entry: &TableEntry) {
        self.rows.insert(entry.table.clone(), entry.rows);
        let hashes: Vec<&str> = entry.files.iter().map(|file| file.blake3.as_str()).collect();
        self.hashes.insert(entry.table.clone(), hashes.join(","));
    }

    fn outputs(&mut self) -> Result<(), RunError> {
        // Source tables of an adopted night are needed by the report alone.
        if let Some((folder, step)) = self.finished(&self.night.sources)
            && !self.rows.contains_key(source::reconciliation::CONTRACT.name)
        {
            self.adopt(&folder, &step)?;
        }
        // Named after what it holds, not after what it was made from: the same tables, the same files.
        let snapshot = format!(
            "{}-{:.16}",
            self.night.day,
            fingerprint::of_texts(self.hashes.values().map(String::as_str))
        );
        for key in self.night.outputs.keys() {
            self.results.begin_step();
            if let Some((folder, step)) = self.finished(key) {
                self.staging.adopt_step(&folder, &step)?;
                self.results.end_step(&key.id, Status::Reused, None, BTreeMap::new());
                continue;
            }
            let files = outputs::write(
                key,
                self.run.context,
                self.engine,
                self.staging,
                &self.night.context,
                &self.rows,
                &snapshot,
            )?;
            if files.is_empty() {
                continue;
            }
            self.staging.finish_step(key, &[], &files)?;
            let figures = BTreeMap::from([("files".to_owned(), json!(files.len()))]);
            self.results.end_step(&key.id, Status::Success, None, figures);
        }
        Ok(())
    }

    /// Fingerprints of every step of the night, in order of their ids.
    fn fingerprints(&self) -> Vec<String> {
        let keys = std::iter::once(&self.night.sources)
            .chain(&self.night.keys)
            .chain(self.night.outputs.keys());
        let done: Vec<&str> = self
            .results
            .steps()
            .iter()
            .map(|step| step.unique_id.as_str())
            .chain(self.rows.contains_key("reconciliation").then_some(LOAD))
            .collect();
        keys.filter(|key| done.contains(&key.id.as_str()))
            .map(|key| format!("{}={}", key.id, key.fingerprint))
            .collect()
    }

    /// Whether everything of a published night stays as it is, so that this one only adds to it.
    fn keeps_all_of(&self, night: &Night) -> bool {
        night.manifest().steps.iter().filter(|step| step.stage != outputs::STAGE).all(|step| {
            std::iter::once(&self.night.sources)
                .chain(&self.night.keys)
                .any(|key| key.id == step.id && key.fingerprint == step.fingerprint)
        })
    }
}

fn batches(
    tables: &Tables,
    contract: &'static TableContract,
) -> Result<Vec<RecordBatch>, RunError> {
    tables
        .batches(contract)
        .map(<[RecordBatch]>::to_vec)
        .map_err(|error| RunError::Bug(format!("a step did not write what it promised: {error}")))
}

fn contract_of(table: &str) -> Result<&'static TableContract, RunError> {
    idip_schemas::find(table)
        .ok_or_else(|| RunError::Bug(format!("no contract is named `{table}`")))
}

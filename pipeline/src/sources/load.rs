//! Loads every feed into the source table it fills.

use std::collections::BTreeMap;
use std::path::Path;

use idip_project::{Positions, Problem, Problems, Project};
use idip_schemas::{TableContract, source};
use idip_stage::{RunContext, Tables};

use super::accounts::Accounts;
use super::books;
use super::files::FeedFiles;
use super::lines::LinesRead;
use super::mapping::{self, ERASED, REJECT};
use super::typing::{TypedFeed, check_feed, read_feed, typed_table};
use super::{lines, offers, summary};
use crate::RunError;
use crate::engine::{Engine, identifier};

/// What the feeds came to.
#[derive(Debug)]
pub(crate) struct Sources {
    /// Tables to publish: reject, reconciliation, category, `sales_channel`; and `party_purchase`.
    pub(crate) tables: Tables,
    /// Rows read, by feed and file.
    pub(crate) rows: BTreeMap<(String, String), u64>,
    /// Rows rejected, over all feeds.
    pub(crate) rejected: i64,
    /// Rows of people who were erased, over all feeds.
    pub(crate) erased: i64,
}

/// Feeds that are read and typed, but not yet cut to a date.
#[derive(Debug)]
pub(crate) struct Typed<'f> {
    feeds: Vec<TypedFeed<'f>>,
    /// Their transactions without a date to cut them at, where that has been asked already.
    all_lines: Option<LinesRead>,
}

/// Reads and types every feed.
///
/// # Errors
///
/// When a feed cannot be read or mapped.
pub(crate) fn read<'f>(
    engine: &Engine,
    project: &Project,
    feeds: &'f [FeedFiles<'f>],
    scratch: &Path,
    progress: &dyn Fn(&str),
) -> Result<Typed<'f>, RunError> {
    let feeds = feeds
        .iter()
        .filter(|files| !files.files.is_empty())
        .map(|files| {
            progress(files.name);
            read_feed(engine, project, files, scratch)
        })
        .collect::<Result<_, _>>()?;
    Ok(Typed { feeds, all_lines: None })
}

impl Typed<'_> {
    /// The last day with a usable transaction.
    ///
    /// The lines that are read to find it are kept: with no date given, this day becomes the logical date,
    /// so that no line comes after it.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(crate) fn last_day(&mut self, engine: &Engine, project: &Project) -> Result<i32, RunError> {
        let lines = lines::read(engine, &self.feeds, project.max_categories, lines::FOREVER)?;
        let last_day = lines.tallies.values().filter_map(|tally| tally.last_day).max();
        self.all_lines = Some(lines);
        last_day.ok_or_else(|| RunError::Audit {
            message: "no feed has a sale".into(),
            hint: Some("look at the mapping of the transaction feeds".into()),
        })
    }

    /// Registers every source table, cut to the logical date, and accounts for every row.
    ///
    /// # Errors
    ///
    /// When a feed has too many rejects, or there is no sale on or before the date.
    pub(crate) fn load(
        self,
        engine: &Engine,
        project: &Project,
        context: &RunContext,
        scratch: &Path,
        progress: &dyn Fn(&str),
    ) -> Result<Sources, RunError> {
        let as_of = context.logical_date;
        progress("purchases");
        let lines = match self.all_lines {
            Some(lines) => lines,
            None => lines::read(engine, &self.feeds, project.max_categories, as_of)?,
        };
        let mut accounts = Accounts::default();
        let mut rows = BTreeMap::new();
        let mut by_table: BTreeMap<&str, Vec<Part>> = BTreeMap::new();
        for feed in &self.feeds {
            let tally = lines.tallies.get(feed.files.name);
            let account = books::books(engine, project, feed, tally, as_of, scratch)?;
            by_table.entry(feed.contract.name).or_default().push(Part {
                table: typed_table(feed.files.name),
                has_rejects: account.mapped_rejects() + account.erased() > 0,
                has_later: account.after_date() > 0,
            });
            accounts.add(account);
            let labels = feed.files.files.iter().map(|file| file.label.clone());
            rows.extend(
                labels
                    .zip(feed.rows.iter().copied())
                    .map(|(label, rows)| ((feed.files.name.to_owned(), label), rows)),
            );
        }
        for contract in idip_schemas::source_tables() {
            let parts = by_table.get(contract.name).map(Vec::as_slice).unwrap_or_default();
            register_source(engine, contract, parts, as_of)?;
        }
        let suppressions = by_table.get(source::suppression::CONTRACT.name);
        let suppressions = suppressions.map(Vec::as_slice).unwrap_or_default();
        register_erased_suppression(engine, suppressions, as_of)?;
        offers::add(engine, project, as_of)?;
        register_erased(engine)?;
        summary::with_product_categories(engine, by_table.contains_key("product"), context)?;
        // A feed whose money is too large is told here, by its name.
        let (rejects, reconciliation) =
            (accounts.reject_table()?, accounts.reconciliation_table()?);
        let tables = summary::summarise(engine, project, context, &self.feeds, lines)?;
        let (rejected, erased) = (accounts.rejected(), accounts.erased());
        let tables = tables
            .with(&source::reject::CONTRACT, vec![rejects])
            .with(&source::reconciliation::CONTRACT, vec![reconciliation]);
        Ok(Sources { tables, rows, rejected, erased })
    }
}

/// The ids of people who were erased, as a source table.
fn register_erased(engine: &Engine) -> Result<(), RunError> {
    let contract = &source::erased_customer::CONTRACT;
    let rows = engine.erased().map(|erased| erased.table()).transpose()?;
    let rows: Vec<_> = rows.into_iter().collect();
    engine.register_batches(contract.name, contract.schema(), &rows)?;
    Ok(())
}

/// Suppressions by identifiers of people who were erased, as a source table.
fn register_erased_suppression(
    engine: &Engine,
    parts: &[Part],
    as_of: i32,
) -> Result<(), RunError> {
    let contract = &source::erased_suppression::CONTRACT;
    if parts.is_empty() || engine.erased().is_none() {
        engine.register_table(contract.name, contract, &[])?;
        return Ok(());
    }
    // Their mistakes are told to nobody: a row that cannot be used closes nothing.
    let select = |part: &Part| {
        format!(
            "SELECT party_ref, channel, valid_from FROM {} WHERE {REJECT} = '{ERASED}' \
             AND (party_ref LIKE 'email:%' OR party_ref LIKE 'phone:%' OR party_ref LIKE 'handle:%') \
             AND channel IS NOT NULL AND valid_from <= $as_of",
            part.table
        )
    };
    let parts: Vec<String> = parts.iter().map(select).collect();
    engine.register_view(contract.name, &parts.join(" UNION ALL "), as_of)?;
    Ok(())
}

/// What one feed adds to a source table.
struct Part {
    /// Its typed rows.
    table: String,
    /// Whether some of them are refused.
    has_rejects: bool,
    /// Whether some of them are dated after the logical date.
    has_later: bool,
}

/// One source table: its feeds together, cut to facts dated on or before the logical date.
fn register_source(
    engine: &Engine,
    contract: &'static TableContract,
    parts: &[Part],
    as_of: i32,
) -> Result<(), RunError> {
    if parts.is_empty() {
        engine.register_table(contract.name, contract, &[])?;
        return Ok(());
    }
    let columns: Vec<String> = contract.columns.iter().map(|c| identifier(c.name)).collect();
    let columns = columns.join(", ");
    let day = mapping::fact_date(contract.name);
    // A condition that leaves nothing out would still have every mapped column computed for it.
    let select = |part: &Part| {
        let refused = part.has_rejects.then(|| format!("{REJECT} IS NULL"));
        let later =
            day.filter(|_| part.has_later).map(|day| format!("({day} IS NULL OR {day} <= $as_of)"));
        let conditions: Vec<String> = refused.into_iter().chain(later).collect();
        let only = if conditions.is_empty() { "" } else { " WHERE " };
        format!("SELECT {columns} FROM {}{only}{}", part.table, conditions.join(" AND "))
    };
    let parts: Vec<String> = parts.iter().map(select).collect();
    engine.register_view(contract.name, &parts.join(" UNION ALL "), as_of)?;
    Ok(())
}

/// Checks that every feed can be opened and mapped, without reading it through.
///
/// # Errors
///
/// Every problem, at its place in the project file.
pub(crate) fn check(
    engine: &Engine,
    project: &Project,
    positions: &Positions,
    file: &str,
    feeds: &[FeedFiles<'_>],
) -> Result<(), RunError> {
    let mut problems = Vec::new();
    for files in feeds.iter().filter(|files| !files.files.is_empty()) {
        if let Err(error) = check_feed(engine, project, files) {
            let error = error.placed(file, positions);
            let path = format!("feeds.{}", files.name);
            let (line, column) = positions.of(&path);
            let hint = error.hint();
            let message = match error {
                RunError::Feed { message, .. } => message,
                RunError::Landing { source, .. } => source.to_string(),
                RunError::Project(found) => {
                    problems.extend(found.problems);
                    continue;
                }
                other => return Err(other),
            };
            problems.push(Problem { line, column, path, message, hint });
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    problems.sort();
    Err(RunError::Project(Problems { file: file.to_owned(), problems }))
}

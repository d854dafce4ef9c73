//! A published night without the people who were erased, put in place of the one with them.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;
use idip_schemas::identify::{customer_id_map, customer_lineage};
use idip_stage::RunContext;
use idip_store::{
    Draft, FinishedStep, Night, PublishMode, Staging, StepKey, StoreLock, TableEntry, Tombstone,
};

use super::ErasedParties;
use super::household::Households;
use super::keys::{CUSTOMERS, REFERENCES, key_columns};
use super::persons::{accounts, touched};
use super::published::{each_batch, ids, record, texts};
use crate::engine::Engine;
use crate::night::{Context, Graph, of_texts, parse_date};
use crate::{RunError, outputs};

/// A night, and what of it has to go.
pub(super) struct Loss<'n> {
    night: &'n Night,
    erased: &'n ErasedParties,
    /// Its ids with an erased reference, and those that were erased.
    customers: BTreeSet<i64>,
    /// Accounts of these customers: their figures were made from them.
    accounts: BTreeSet<String>,
    households: Households,
    /// Rows that go, by table; tables without one are left out.
    pub(super) rows: BTreeMap<String, u64>,
    /// Tables that cannot be searched and go as a whole.
    pub(super) unread: BTreeSet<String>,
}

impl<'n> Loss<'n> {
    /// Counts the rows of a night that have to go; reads its keys alone.
    pub(super) fn of(night: &'n Night, erased: &'n ErasedParties) -> Result<Self, RunError> {
        let mut customers = touched(night, erased)?;
        customers.extend(erased.tombstones().map(|it| it.customer_id));
        let mut loss = Self {
            night,
            erased,
            accounts: accounts(night, &customers)?,
            households: Households::read(night, &customers)?,
            customers,
            rows: BTreeMap::new(),
            unread: BTreeSet::new(),
        };
        for table in night.tables() {
            let Some(columns) = key_columns(night, table)? else {
                loss.unread.insert(table.table.clone());
                continue;
            };
            let mut n_rows = 0_u64;
            if !columns.is_empty() {
                each_batch(night, table, Some(&columns), &mut |batch| {
                    let stays = loss.stays(&table.table, &batch);
                    n_rows += stays.iter().filter(|stays| *stays == Some(false)).count() as u64;
                    Ok(())
                })?;
            }
            if n_rows > 0 {
                loss.rows.insert(table.table.clone(), n_rows);
            }
        }
        Ok(loss)
    }

    pub(super) fn date(&self) -> &str {
        self.night.date()
    }

    /// Which rows of a table stay as they are.
    ///
    /// The map of ids keeps references of a customer that it lost some of, so that the others keep their
    /// id; everything else that is told of such a customer was made from what has to go.
    fn stays(&self, table: &str, batch: &RecordBatch) -> BooleanArray {
        let is_erased = |row: usize| {
            REFERENCES
                .iter()
                .filter_map(|name| texts(batch, name))
                .any(|names| names.is_valid(row) && self.erased.has(names.value(row)))
        };
        let is_tombstone = |column: &str, row: usize| {
            ids(batch, column).is_some_and(|ids| self.erased.has_customer(ids.value(row)))
        };
        let of_customer = |row: usize| {
            CUSTOMERS
                .iter()
                .filter_map(|name| ids(batch, name))
                .any(|ids| ids.is_valid(row) && self.customers.contains(&ids.value(row)))
        };
        let goes = |row: usize| match table {
            "identity_map" => is_erased(row),
            "customer_id_map" => {
                let state = texts(batch, "state").map(|states| states.value(row));
                is_tombstone("customer_id", row) && state != Some("erased")
            }
            "customer_lineage" => {
                let (old, now) =
                    (is_tombstone("old_customer_id", row), is_tombstone("customer_id", row));
                old != now || old && !self.is_told(batch, row)
            }
            "account" => {
                let names = texts(batch, "account_id").filter(|names| names.is_valid(row));
                names.is_some_and(|names| self.accounts.contains(names.value(row)))
                    || of_customer(row)
            }
            "household" => !self.households.stays(batch, row),
            _ => of_customer(row) || is_erased(row),
        };
        (0..batch.num_rows()).map(|row| Some(!goes(row))).collect()
    }

    /// Whether a row of the lineage is that of an erasure: old and new id are one, and it was erased.
    fn is_told(&self, batch: &RecordBatch, row: usize) -> bool {
        let id = |column| ids(batch, column).map(|ids| ids.value(row));
        let old = id("old_customer_id");
        old == id("customer_id") && self.told().any(|it| Some(it.customer_id) == old)
    }

    /// Tombstones of the night's own date.
    fn told(&self) -> impl Iterator<Item = &Tombstone> {
        self.erased.tombstones().filter(|it| it.erased_on == self.night.date())
    }

    /// Whether the lineage of the night lacks an erasure of its date.
    fn has_untold(&self) -> Result<bool, RunError> {
        let Some(table) = record(self.night, "customer_lineage") else { return Ok(false) };
        let mut n_told = 0;
        each_batch(self.night, table, None, &mut |batch| {
            if let Some(events) = texts(&batch, "event") {
                n_told += events.iter().filter(|event| *event == Some("erased")).count();
            }
            Ok(())
        })?;
        Ok(n_told < self.told().count())
    }

    /// Whether the night has to be written again.
    pub(super) fn is_due(&self) -> Result<bool, RunError> {
        Ok(!self.rows.is_empty() || !self.unread.is_empty() || self.has_untold()?)
    }

    /// Writes the night again without those rows, and puts it in place of the one there is.
    ///
    /// Tables without such a row are taken over as they are, those that cannot be searched left out. Figures about everybody stay what they were.
    /// CRM files are written again for the night in force, and left out of older ones, since nobody may
    /// send them any more; the report has no row of a person.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written.
    pub(super) fn rewrite(
        &self,
        context: &Context,
        lock: &StoreLock,
        is_in_force: bool,
    ) -> Result<(), RunError> {
        let night = self.night;
        let staging = lock.begin(&format!("forget-{}", night.date()))?;
        let manifest = night.manifest();
        let mut files = Vec::new();
        for record in manifest.steps.iter().filter(|step| step.stage != outputs::STAGE) {
            if let Some(step) = night.step(&record.id) {
                files.extend(self.step(&staging, &step)?);
            }
        }
        for record in manifest.steps.iter().filter(|step| step.stage == outputs::STAGE) {
            let Some(step) = night.step(&record.id) else { continue };
            if outputs::is_report(&record.id) {
                staging.adopt_step(night.path(), &step)?;
            } else if is_in_force {
                self.export(context, &staging, &step.key, &files)?;
            }
        }
        let parent = lock.store().previous(night.date())?;
        let erased = self.erased.fingerprint().unwrap_or_default();
        let draft = Draft {
            idip_version: manifest.idip_version.clone(),
            logical_date: manifest.logical_date.clone(),
            fingerprint: of_texts([manifest.fingerprint.as_str(), &erased]),
            seed: manifest.seed,
            parent: parent.map(|night| night.name().to_string()),
            config_hash: manifest.config_hash.clone(),
            inputs: manifest.inputs.clone(),
            contract_versions: manifest
                .tables
                .iter()
                .map(|table| (table.table.clone(), table.contract_version))
                .collect(),
        };
        lock.publish(staging, &draft, PublishMode { replace: true, backfill: true })?;
        Ok(())
    }

    /// Writes what a step wrote, less the rows that go.
    fn step(&self, staging: &Staging, step: &FinishedStep) -> Result<Vec<TableEntry>, RunError> {
        let is_touched = |table: &TableEntry| {
            self.rows.contains_key(&table.table)
                || self.unread.contains(&table.table)
                || table.table == "customer_lineage"
        };
        if !step.tables.iter().any(is_touched) {
            staging.adopt_step(self.night.path(), step)?;
            return Ok(step.tables.clone());
        }
        let mut written = Vec::new();
        for table in step.tables.iter().filter(|it| !self.unread.contains(&it.table)) {
            if is_touched(table) {
                let (schema, batches) = self.left(table)?;
                written.push(staging.write_table(&table.stage, &table.table, &schema, &batches)?);
            } else {
                staging.adopt_table(self.night.path(), table)?;
                written.push(table.clone());
            }
        }
        for file in &step.files {
            staging.adopt_file(self.night.path(), file)?;
        }
        // It is no longer what its inputs make: no later run may take it over.
        let erased = self.erased.fingerprint().unwrap_or_default();
        let fingerprint = of_texts([step.key.fingerprint.as_str(), &erased]);
        let key = StepKey { fingerprint, ..step.key.clone() };
        staging.finish_step(&key, &written, &step.files)?;
        Ok(written)
    }

    /// What is left of a table, with the tombstones of those who went.
    fn left(&self, table: &TableEntry) -> Result<(SchemaRef, Vec<RecordBatch>), RunError> {
        let bug = |error: &dyn std::fmt::Display| {
            RunError::Bug(format!("`{}` cannot be rewritten: {error}", table.table))
        };
        let contract =
            idip_schemas::find(&table.table).ok_or_else(|| bug(&"it has no contract"))?;
        let mut schema = contract.schema();
        let mut left = Vec::new();
        let mut whole = Vec::new();
        let record = record(self.night, &table.table).ok_or_else(|| bug(&"it is not there"))?;
        each_batch(self.night, record, None, &mut |batch| {
            schema = batch.schema();
            let stays = self.stays(&table.table, &batch);
            left.push(filter_record_batch(&batch, &stays).map_err(|error| bug(&error))?);
            if table.table == "customer_id_map" {
                whole.push(batch);
            }
            Ok(())
        })?;
        let joined =
            |batches: &[RecordBatch]| concat_batches(&schema, batches).map_err(|error| bug(&error));
        let left = match table.table.as_str() {
            "customer_id_map" => vec![self.buried(&joined(&whole)?)?],
            "customer_lineage" => vec![self.with_erasures(&joined(&left)?)?],
            "household" => {
                left.iter().map(|rows| self.households.settled(rows)).collect::<Result<_, _>>()?
            }
            _ => left,
        };
        Ok((schema, left))
    }

    /// The map of ids with those who were erased as tombstones.
    fn buried(&self, map: &RecordBatch) -> Result<RecordBatch, RunError> {
        let bug = |error: idip_schemas::ContractError| RunError::Bug(error.to_string());
        let rows = customer_id_map::Columns::parse(map).map_err(bug)?;
        let stone = |row: usize| self.erased.tombstone(rows.customer_id.value(row));
        let day = |tombstone: &Tombstone| parse_date(&tombstone.erased_on).ok();
        let all = || 0..map.num_rows();
        customer_id_map::Columns {
            current_customer_id: all()
                .map(|row| {
                    let current = &rows.current_customer_id;
                    let is_there = stone(row).is_none() && current.is_valid(row);
                    is_there.then(|| current.value(row))
                })
                .collect(),
            state: all()
                .map(|row| Some(stone(row).map_or(rows.state.value(row), |_| "erased")))
                .collect(),
            changed_on: all()
                .map(|row| stone(row).and_then(day).or(Some(rows.changed_on.value(row))))
                .collect(),
            cause: all()
                .map(|row| Some(stone(row).map_or(rows.cause.value(row), |it| it.reason.as_str())))
                .collect(),
            customer_id: rows.customer_id.clone(),
            since: rows.since.clone(),
        }
        .into_batch()
        .map_err(bug)
    }

    /// The lineage with the erasures of the night's date.
    fn with_erasures(&self, lineage: &RecordBatch) -> Result<RecordBatch, RunError> {
        let bug = |error: idip_schemas::ContractError| RunError::Bug(error.to_string());
        let rows = customer_lineage::Columns::parse(lineage).map_err(bug)?;
        let mut changes: BTreeMap<(i64, i64), &str> = (0..lineage.num_rows())
            .map(|row| {
                let key = (rows.old_customer_id.value(row), rows.customer_id.value(row));
                (key, rows.event.value(row))
            })
            .collect();
        changes.extend(self.told().map(|it| ((it.customer_id, it.customer_id), "erased")));
        customer_lineage::Columns {
            old_customer_id: changes.keys().map(|key| key.0).collect(),
            customer_id: changes.keys().map(|key| key.1).collect(),
            event: changes.values().map(|event| Some(*event)).collect(),
        }
        .into_batch()
        .map_err(bug)
    }

    /// Writes the CRM files of one export from the tables that are left.
    fn export(
        &self,
        context: &Context,
        staging: &Staging,
        key: &StepKey,
        tables: &[TableEntry],
    ) -> Result<(), RunError> {
        // An export that the project has no more is nobody's.
        if !context.project.exports.iter().any(|it| outputs::id_of(it) == key.id) {
            return Ok(());
        }
        let graph = Graph::of(&context.project).map_err(RunError::Bug)?;
        let engine = Engine::start(&context.limits(&std::env::temp_dir()))?;
        let as_of = parse_date(self.night.date())?;
        let files = tables.iter().map(|table| {
            let paths = table.files.iter().map(|file| staging.path().join(&file.path));
            (table.table.as_str(), paths.collect())
        });
        outputs::register_published(&engine, &graph, files, as_of)?;
        let run = RunContext {
            logical_date: as_of,
            seed: context.project.seed,
            currency: context.project.currency.clone(),
        };
        let hashes = tables.iter().flat_map(|table| &table.files).map(|file| file.blake3.as_str());
        let snapshot = format!("{}-{:.16}", self.night.date(), of_texts(hashes));
        let rows = BTreeMap::new();
        let files = outputs::write(key, context, &engine, staging, &run, &rows, &snapshot)?;
        staging.finish_step(key, &[], &files)?;
        Ok(())
    }
}

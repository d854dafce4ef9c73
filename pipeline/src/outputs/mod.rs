//! What the night hands to others: CRM files and the report.

mod crm_files;
mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;

use idip_project::{Export, Project};
use idip_stage::RunContext;
use idip_store::{FileEntry, Staging, StepKey};

pub(crate) use crm_files::write_to_folder;

use crate::RunError;
use crate::engine::Engine;
use crate::night::{Context, Graph, of_texts};

/// Folder and stage name of what is made for others.
pub(crate) const STAGE: &str = "outputs";

/// The outputs of a night, and what they depend on.
#[derive(Debug)]
pub(crate) struct Outputs {
    keys: Vec<StepKey>,
}

impl Outputs {
    /// The outputs of a whole night; none when only some stages are asked for.
    pub(crate) fn of(
        project: &Project,
        whole_night: bool,
        sources: &StepKey,
        steps: &[StepKey],
    ) -> Self {
        if !whole_night {
            return Self { keys: Vec::new() };
        }
        let before: Vec<&str> =
            std::iter::once(sources).chain(steps).map(|key| key.fingerprint.as_str()).collect();
        let key = |id: &str, settings: String| {
            let inputs = steps.iter().map(|step| step.id.clone()).collect();
            let fingerprint = of_texts(before.iter().copied().chain([id, &settings]));
            StepKey { id: id.to_owned(), stage: STAGE.to_owned(), fingerprint, inputs }
        };
        let mut keys: Vec<StepKey> =
            project.exports.iter().map(|export| key(&id_of(export), json(export))).collect();
        keys.push(key(REPORT, format!("{}{}", project.project, json(&project.report))));
        Self { keys }
    }

    /// Their keys, in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &StepKey> {
        self.keys.iter()
    }
}

fn json(settings: &impl serde::Serialize) -> String {
    serde_json::to_string(settings).unwrap_or_default()
}

/// Id of an export among the outputs.
pub(crate) fn id_of(export: &Export) -> String {
    format!("outputs.{}", export.name)
}

/// Whether an output is the report.
pub(crate) fn is_report(id: &str) -> bool {
    id == REPORT
}

/// Lets an engine read the tables of a published night, by name and files, and the relations over them.
///
/// A part of a night may be published; what it has not is empty.
///
/// # Errors
///
/// When a file cannot be read.
pub(crate) fn register_published<'t>(
    engine: &Engine,
    graph: &Graph,
    tables: impl Iterator<Item = (&'t str, Vec<PathBuf>)>,
    as_of: i32,
) -> Result<(), RunError> {
    for (table, files) in tables {
        engine.register_published(table, &files)?;
    }
    for table in graph.nodes.iter().flat_map(|node| node.step.writes()) {
        if !engine.has_table(table.name) {
            engine.register_table(table.name, table, &[])?;
        }
    }
    for relation in &graph.relations {
        engine.register_view(relation.name, relation.sql, as_of)?;
    }
    Ok(())
}

/// Id of the report among the outputs; no export may have its name.
const REPORT: &str = "outputs.report";

/// Writes one output into the night.
///
/// # Errors
///
/// When a table is missing or the disk refuses.
pub(crate) fn write(
    key: &StepKey,
    context: &Context,
    engine: &Engine,
    staging: &Staging,
    run: &RunContext,
    rows: &BTreeMap<String, u64>,
    snapshot: &str,
) -> Result<Vec<FileEntry>, RunError> {
    if key.id == REPORT {
        return report::write(context, engine, staging, run, rows, snapshot);
    }
    let export = context
        .project
        .exports
        .iter()
        .find(|export| id_of(export) == key.id)
        .ok_or_else(|| RunError::Bug(format!("no export is named `{}`", key.id)))?;
    crm_files::write(export, engine, staging, run, snapshot)
}

//! What a step's answer depends on, as one hash.

use std::collections::BTreeMap;

use idip_project::Project;
use idip_stage::{RunContext, Sql};
use idip_store::{Night, StepKey};

use super::graph::{Graph, Node, SOURCES};
use crate::sources::FeedFiles;

/// Hash of everything the source tables depend on; `erased` is that of the erasure list.
pub(crate) fn of_sources(
    project: &Project,
    feeds: &[FeedFiles<'_>],
    context: &RunContext,
    erased: Option<&str>,
) -> String {
    let mut hasher = start("sources", context);
    field(&mut hasher, &json(&project.feeds));
    field(&mut hasher, &json(&project.offers));
    field(&mut hasher, &project.time_zone);
    field(&mut hasher, &project.max_categories.to_string());
    for files in feeds {
        field(&mut hasher, files.name);
        // The content decides, not the name: the same rows under another name are the same night.
        for file in &files.files {
            field(&mut hasher, &file.label);
            field(&mut hasher, &file.hash);
        }
    }
    for contract in idip_schemas::source_tables() {
        field(&mut hasher, &format!("{} v{}", contract.name, contract.version));
    }
    if let Some(erased) = erased {
        field(&mut hasher, erased);
    }
    hasher.finalize().to_hex().to_string()
}

/// Keys of all steps, in order.
pub(crate) fn of_steps(
    graph: &Graph,
    sources: &str,
    context: &RunContext,
    last_night: Option<&Night>,
) -> Vec<StepKey> {
    let mut by_table: BTreeMap<&str, String> = BTreeMap::new();
    let mut keys = Vec::new();
    for node in &graph.nodes {
        let fingerprint = of_step(graph, node, sources, context, last_night, &by_table);
        for table in node.step.writes() {
            by_table.insert(table.name, fingerprint.clone());
        }
        let mut inputs: Vec<String> = node
            .reads
            .iter()
            .map(|table| format!("{}/{table}", graph.stage_of(table)))
            .chain(node.last.iter().map(|table| format!("last/{table}")))
            .collect();
        inputs.sort();
        keys.push(StepKey {
            id: node.step.name().to_owned(),
            stage: node.stage.to_owned(),
            fingerprint,
            inputs,
        });
    }
    keys
}

fn of_step(
    graph: &Graph,
    node: &Node,
    sources: &str,
    context: &RunContext,
    last_night: Option<&Night>,
    by_table: &BTreeMap<&str, String>,
) -> String {
    let mut hasher = start(node.step.name(), context);
    field(&mut hasher, &node.step.settings());
    for view in &node.views {
        field(&mut hasher, view.contract.name);
        field(&mut hasher, &view.contract.version.to_string());
        if let Sql::Text(sql) = &view.sql {
            field(&mut hasher, sql);
        }
    }
    for relation in &graph.relations {
        field(&mut hasher, relation.sql);
    }
    for table in node.step.writes() {
        field(&mut hasher, &format!("{} v{}", table.name, table.version));
    }
    for table in &node.reads {
        field(&mut hasher, table);
        field(&mut hasher, by_table.get(table).map_or(sources, String::as_str));
    }
    for table in &node.last {
        field(&mut hasher, table);
        let written = last_night.and_then(|night| {
            let entry = night.table(graph.stage_of(table), table)?;
            entry.files.first().map(|file| file.blake3.clone())
        });
        field(&mut hasher, written.as_deref().unwrap_or(SOURCES));
    }
    hasher.finalize().to_hex().to_string()
}

/// Hash of a list of texts, for what is made of finished steps.
pub(crate) fn of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        field(&mut hasher, text);
    }
    hasher.finalize().to_hex().to_string()
}

/// Hash of the settings of a project.
pub(crate) fn of_project(project: &Project) -> String {
    // Where the night runs and is kept does not change what it says.
    let mut settings = project.clone();
    settings.engine = idip_project::Engine::default();
    settings.store = String::new();
    settings.keep_nights = 0;
    of_texts([json(&settings).as_str()])
}

fn start(name: &str, context: &RunContext) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    field(&mut hasher, env!("CARGO_PKG_VERSION"));
    field(&mut hasher, name);
    field(&mut hasher, &context.logical_date.to_string());
    field(&mut hasher, &context.seed.to_string());
    field(&mut hasher, &context.currency);
    hasher
}

/// Length first, so that two neighbours never run together.
fn field(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

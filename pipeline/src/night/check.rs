//! Everything about a project that can be known without running the night.

use idip_project::{Problem, Problems};
use idip_stage::Read;
use serde_json::{Value, json};

use super::context::Context;
use super::graph::Graph;
use crate::engine::{Engine, plain};
use crate::{EngineError, RunError, sources};

/// What a good project consists of.
#[derive(Debug)]
pub(crate) struct Checked {
    feeds: Vec<(String, usize, u64)>,
    steps: usize,
}

impl Checked {
    /// For people.
    pub(crate) fn text(&self) -> String {
        let line = |(feed, files, bytes): &(String, usize, u64)| {
            format!("  {feed:<24} {files:>4} files {bytes:>14} bytes\n")
        };
        let feeds: Vec<String> = self.feeds.iter().map(line).collect();
        let (n_feeds, n_steps) = (self.feeds.len(), self.steps);
        format!(
            "{}the project is sound: {n_feeds} feeds, {n_steps} steps of stages\n",
            feeds.concat()
        )
    }

    /// For machines.
    pub(crate) fn json(&self) -> Value {
        let feeds: Vec<Value> = self
            .feeds
            .iter()
            .map(|(feed, files, bytes)| json!({ "feed": feed, "files": files, "bytes": bytes }))
            .collect();
        json!({ "status": "sound", "feeds": feeds, "steps": self.steps })
    }
}

/// Checks project file, feeds and predicates.
///
/// # Errors
///
/// Every problem found, with line, column and a hint.
pub(crate) fn check(context: &Context) -> Result<Checked, RunError> {
    let graph = Graph::of(&context.project).map_err(RunError::Bug)?;
    let feeds = sources::find(&context.project, &context.folder)?;
    let engine = Engine::start(&context.limits(&std::env::temp_dir()))?;
    sources::check(&engine, &context.project, &context.positions, &context.file, &feeds)?;
    predicates(context, &graph)?;
    let feeds = feeds
        .iter()
        .map(|files| {
            let bytes = files.files.iter().map(|file| file.bytes).sum();
            (files.name.to_owned(), files.files.len(), bytes)
        })
        .collect();
    Ok(Checked { feeds, steps: graph.nodes.len() })
}

/// Plans every predicate over the empty `customer` table.
///
/// # Errors
///
/// Every predicate that is not a condition over that table, at its place in the project file.
pub(crate) fn predicates(context: &Context, graph: &Graph) -> Result<(), RunError> {
    let project = &context.project;
    let offers = project.offers.iter().enumerate().filter_map(|(index, offer)| {
        offer.eligibility.as_ref().map(|sql| (format!("offers[{index}].eligibility"), sql))
    });
    let audience = project.interact.audience.iter().map(|sql| ("interact.audience".into(), sql));
    let predicates: Vec<(String, &String)> = offers.chain(audience).collect();
    if predicates.is_empty() {
        return Ok(());
    }
    let engine = Engine::start(&context.limits(&std::env::temp_dir()))?;
    for contract in idip_schemas::all() {
        engine.register_table(contract.name, contract, &[])?;
        let last = format!("last_{}", contract.name);
        engine.register_table(&last, contract, &[])?;
    }
    for relation in &graph.relations {
        let known = relation.reads.iter().all(|read| match read {
            Read::Relation(name) => engine.has_table(name),
            Read::Table(_) | Read::LastNight(_) => true,
        });
        if known {
            engine.register_view(relation.name, relation.sql, 0)?;
        }
    }
    let columns = engine.columns_of("customer", "SELECT * FROM customer", 0)?;
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let mut problems = Vec::new();
    for (path, sql) in predicates {
        let found = crate::engine::columns_named(sql);
        let message = match found {
            Err(message) => Some(format!("is not an SQL expression: {message}")),
            Ok(named) => {
                let unknown: Vec<&String> =
                    named.iter().filter(|name| !names.contains(&name.as_str())).collect();
                if unknown.is_empty() {
                    planned(&engine, sql)?
                } else {
                    let list: Vec<String> =
                        unknown.iter().map(|name| format!("`{name}`")).collect();
                    Some(format!("table `customer` has no column {}", list.join(", ")))
                }
            }
        };
        if let Some(message) = message {
            let (line, column) = context.positions.of(&path);
            let hint = format!("columns of `customer`: {}", names.join(", "));
            problems.push(Problem { line, column, path, message, hint: Some(hint) });
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    problems.sort();
    Err(RunError::Project(Problems { file: context.file.clone(), problems }))
}

/// What is wrong with a predicate over known columns; None when nothing is.
fn planned(engine: &Engine, sql: &str) -> Result<Option<String>, RunError> {
    let ask = format!("SELECT ({sql}) AS fits FROM customer");
    match engine.columns_of("predicate", &ask, 0) {
        Ok(columns) => {
            let found = columns.first().map(|(_, data_type)| data_type.to_string());
            Ok(found
                .filter(|found| found != "Boolean" && found != "Null")
                .map(|found| format!("is {found}, expected a condition")))
        }
        Err(EngineError::Plan { source, .. }) => Ok(Some(plain(&source))),
        Err(other) => Err(other.into()),
    }
}

//! Which steps a command asks for.

use std::collections::BTreeSet;

use super::context::command;
use super::graph::{Graph, Node, STAGES};
use crate::RunError;

/// Steps to run; None for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    steps: Option<BTreeSet<&'static str>>,
}

impl Selection {
    /// Every step.
    pub(crate) fn all() -> Self {
        Self { steps: None }
    }

    /// Reads the name of a stage or step, with `+` before it for what it needs and after it for what needs
    /// it: `identify`, `identify+`, `+differentiate.segments`.
    ///
    /// Stages stand in a row, so `+` adds whole stages; steps are followed by the tables they read.
    ///
    /// # Errors
    ///
    /// When the text names no stage and no step.
    pub(crate) fn parse(text: &str, graph: &Graph) -> Result<Self, RunError> {
        let name = text.trim_matches('+');
        let (before, after) = (text.starts_with('+'), text.ends_with('+'));
        let named = |node: &&Node| node.step.name() == name;
        let steps = if let Some(index) = STAGES.iter().position(|stage| *stage == name) {
            let from = if before { 0 } else { index };
            let to = if after { STAGES.len() } else { index + 1 };
            let stages = STAGES.get(from..to).unwrap_or_default();
            names(graph.nodes.iter().filter(|node| stages.contains(&node.stage)))
        } else if let Some(node) = graph.nodes.iter().find(named) {
            let mut steps = BTreeSet::from([node.step.name()]);
            if before {
                needed_by(graph, node, &mut steps);
            }
            if after {
                needing(graph, node, &mut steps);
            }
            steps
        } else {
            return Err(command(
                &format!("`{text}` selects no stage or step"),
                Some(&format!(
                    "stages are {}; steps are listed by `idip plan`; `+` adds what comes before or after",
                    STAGES.join(", ")
                )),
            ));
        };
        let is_all = graph.nodes.iter().all(|node| steps.contains(node.step.name()));
        Ok(Self { steps: (!is_all).then_some(steps) })
    }

    /// Whether a step is asked for.
    pub(crate) fn has(&self, step: &str) -> bool {
        self.steps.as_ref().is_none_or(|steps| steps.contains(step))
    }

    /// Whether every step is asked for.
    pub(crate) fn is_all(&self) -> bool {
        self.steps.is_none()
    }
}

fn names<'a>(nodes: impl Iterator<Item = &'a Node>) -> BTreeSet<&'static str> {
    nodes.map(|node| node.step.name()).collect()
}

/// Adds every step whose tables the node reads, and theirs.
fn needed_by(graph: &Graph, node: &Node, steps: &mut BTreeSet<&'static str>) {
    for table in &node.reads {
        if let Some(writer) = graph.writer(table)
            && steps.insert(writer.step.name())
        {
            needed_by(graph, writer, steps);
        }
    }
}

/// Adds every step that reads the node's tables, and those that read theirs.
fn needing(graph: &Graph, node: &Node, steps: &mut BTreeSet<&'static str>) {
    let written: Vec<&str> = node.step.writes().iter().map(|table| table.name).collect();
    for reader in &graph.nodes {
        if written.iter().any(|table| reader.reads.contains(table))
            && steps.insert(reader.step.name())
        {
            needing(graph, reader, steps);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Graph {
        let text = "project: A\ncurrency: EUR\ntime_zone: UTC\n\
                    feeds: {t: {table: transaction, files: t.csv, columns: {business_date: d, amount: a}}}\n";
        let (project, _) = idip_project::read("idip.yaml", text).unwrap();
        Graph::of(&project).unwrap()
    }

    #[test]
    fn a_plus_adds_what_follows_or_comes_before() {
        let graph = graph();
        let has = |text: &str| {
            let selection = Selection::parse(text, &graph).unwrap();
            STAGES.map(|stage| {
                let mut own = graph.nodes.iter().filter(|node| node.stage == stage);
                own.all(|node| selection.has(node.step.name()))
            })
        };
        assert_eq!(has("interact"), [false, false, true, false, false]);
        assert_eq!(has("interact+"), [false, false, true, true, true]);
        assert_eq!(has("+interact"), [true, true, true, false, false]);
        assert!(Selection::parse("interakt", &graph).is_err());
        assert!(Selection::parse("+measure", &graph).unwrap().is_all());
    }

    #[test]
    fn a_step_brings_the_steps_it_needs_and_no_others() {
        let graph = graph();
        let selection = Selection::parse("+differentiate.segments", &graph).unwrap();
        for (step, is_needed) in [
            ("identify.identity", true),
            ("differentiate.customer_feature", true),
            ("differentiate.segments", true),
            ("differentiate.loyalty", false),
            ("interact.contact_plan", false),
        ] {
            assert_eq!(selection.has(step), is_needed, "{step}");
        }
        let selection = Selection::parse("interact.contact_plan+", &graph).unwrap();
        assert!(selection.has("personalize.offer_assignment"));
        assert!(!selection.has("differentiate.segments"));
    }
}

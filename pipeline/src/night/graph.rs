//! The steps of all stages, ordered by what they read and write.

use std::collections::{BTreeMap, BTreeSet};

use idip_project::Project;
use idip_schemas::Retention;
use idip_stage::{Read, Relation, Stage, Step, View};

/// Stage name of what the feeds become.
pub(crate) const SOURCES: &str = "sources";

/// Every step, in an order in which they can run.
pub(crate) struct Graph {
    /// Steps with their stage.
    pub(crate) nodes: Vec<Node>,
    /// Relations of all stages, in order.
    pub(crate) relations: Vec<Relation>,
}

/// One step of the graph.
pub(crate) struct Node {
    /// Stage it belongs to.
    pub(crate) stage: &'static str,
    /// The step.
    pub(crate) step: Box<dyn Step>,
    /// Its views.
    pub(crate) views: Vec<View>,
    /// Tables of this night it reads, relations resolved.
    pub(crate) reads: BTreeSet<&'static str>,
    /// Tables of the night before it reads.
    pub(crate) last: BTreeSet<&'static str>,
}

/// Names of the stages, in order.
pub(crate) const STAGES: [&str; 5] =
    ["identify", "differentiate", "interact", "personalize", "measure"];

impl Graph {
    /// Builds the stages of a project.
    ///
    /// # Errors
    ///
    /// When the steps read each other in a circle, or two write the same table: a mistake of ours.
    pub(crate) fn of(project: &Project) -> Result<Self, String> {
        let stages: Vec<Stage> = vec![
            idip_identify::stage(&project.identify),
            idip_differentiate::stage(&project.differentiate),
            idip_interact::stage(&project.interact),
            idip_personalize::stage(&project.personalize),
            idip_measure::stage(&project.measure),
        ];
        let mut waiting = Vec::new();
        let mut relations = Vec::new();
        for stage in stages {
            relations.extend(stage.relations);
            waiting.extend(stage.steps.into_iter().map(|step| (stage.name, step)));
        }
        let mut nodes: Vec<Node> = waiting
            .into_iter()
            .map(|(stage, step)| {
                let views = step.views();
                let mut reads = BTreeSet::new();
                let mut last = BTreeSet::new();
                for view in &views {
                    reads.extend(view.given.iter().map(|table| table.name));
                    for read in &view.reads {
                        resolve(*read, &relations, &mut reads, &mut last);
                    }
                }
                Node { stage, step, views, reads, last }
            })
            .collect();
        let mut writers: BTreeMap<&str, &str> = BTreeMap::new();
        for node in &nodes {
            for table in node.step.writes() {
                if let Some(other) = writers.insert(table.name, node.step.name()) {
                    return Err(format!(
                        "`{}` and `{other}` both write `{}`",
                        node.step.name(),
                        table.name
                    ));
                }
            }
        }
        let mut ordered: Vec<Node> = Vec::new();
        while !nodes.is_empty() {
            let open: BTreeSet<&str> =
                nodes.iter().flat_map(|node| node.step.writes()).map(|table| table.name).collect();
            let ready = nodes.iter().position(|node| node.reads.is_disjoint(&open));
            match ready {
                Some(index) => ordered.push(nodes.remove(index)),
                None => return Err("the steps read each other in a circle".into()),
            }
        }
        Ok(Self { nodes: ordered, relations })
    }

    /// Adds the steps that pass something on to one that runs and do not publish it: it is not there when
    /// they are taken over. `runs` tells of each node whether it runs.
    pub(crate) fn make_again(&self, runs: &mut [bool]) {
        for index in (0..self.nodes.len()).rev() {
            let Some(node) = self.nodes.get(index) else { continue };
            let later = self.nodes.iter().zip(runs.iter()).skip(index + 1);
            let is_missed = later.filter(|(_, runs)| **runs).any(|(later, _)| {
                let mut passed_on = node.step.writes().into_iter();
                passed_on.any(|table| {
                    table.retention == Retention::Transient && later.reads.contains(table.name)
                })
            });
            if let Some(runs) = runs.get_mut(index) {
                *runs |= is_missed;
            }
        }
    }

    /// The stage and step that write a table.
    pub(crate) fn writer(&self, table: &str) -> Option<&Node> {
        self.nodes
            .iter()
            .find(|node| node.step.writes().iter().any(|written| written.name == table))
    }

    /// The stage that publishes a table.
    pub(crate) fn stage_of(&self, table: &str) -> &'static str {
        self.writer(table).map_or(SOURCES, |node| node.stage)
    }
}

fn resolve(
    read: Read,
    relations: &[Relation],
    reads: &mut BTreeSet<&'static str>,
    last: &mut BTreeSet<&'static str>,
) {
    match read {
        Read::Table(table) => {
            reads.insert(table.name);
        }
        Read::LastNight(table) => {
            last.insert(table.name);
        }
        Read::Relation(name) => {
            for relation in relations.iter().filter(|relation| relation.name == name) {
                for read in &relation.reads {
                    resolve(*read, relations, reads, last);
                }
            }
        }
    }
}

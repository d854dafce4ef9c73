//! `identify.evaluation`: how well customers agree with persons that somebody knows.
//!
//! A step of its own, so that a new label compares no record again.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use arrow_array::Array;
use idip_numerics::linkage::{Accuracy, Evaluation as Measures, evaluate};
use idip_schemas::TableContract;
use idip_schemas::identify::identity_map;
use idip_schemas::identify::quality::{identity_evaluation, labelled_reference};
use idip_schemas::source::person_label;
use idip_stage::{Read, RunContext, StageError, Step, Tables, View};

/// Compares customers with labels.
#[derive(Debug)]
pub(crate) struct Evaluation;

impl Step for Evaluation {
    fn name(&self) -> &'static str {
        "identify.evaluation"
    }

    fn views(&self) -> Vec<View> {
        vec![View::new(
            &labelled_reference::CONTRACT,
            vec![Read::Table(&person_label::CONTRACT), Read::Table(&identity_map::CONTRACT)],
            include_str!("../views/labelled_reference.sql"),
        )]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&identity_evaluation::CONTRACT]
    }

    fn settings(&self) -> String {
        String::new()
    }

    fn run(&self, _context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let batch = views.batch(&labelled_reference::CONTRACT)?;
        let labels = Labels::sort(&labelled_reference::Columns::parse(&batch)?);
        let mut rows = if batch.num_rows() == 0 { Vec::new() } else { labels.figures()? };
        rows.sort_unstable_by_key(|row| row.0);
        let table = identity_evaluation::Columns {
            metric: rows.iter().map(|row| Some(row.0)).collect(),
            value: rows.iter().map(|row| row.1).collect(),
        };
        Ok(Tables::default().with(&identity_evaluation::CONTRACT, vec![table.into_batch()?]))
    }
}

/// Labels that can be compared, and those that cannot.
struct Labels {
    /// Customer of each labelled reference, by number.
    found: Vec<u32>,
    /// Person of each, by number.
    truth: Vec<u32>,
    n_unknown: u64,
    n_contradicting: u64,
}

impl Labels {
    /// Leaves out references that no feed names, and those that labels call several persons.
    fn sort(labels: &labelled_reference::Columns) -> Self {
        let n_labels = labels.party_ref.len();
        let mut order: Vec<usize> = (0..n_labels).collect();
        order.sort_unstable_by_key(|&row| {
            (labels.party_ref.value(row), labels.person_ref.value(row))
        });
        let (mut n_unknown, mut n_contradicting) = (0, 0);
        let mut usable: Vec<(i64, &str)> = Vec::with_capacity(n_labels);
        for same in order.chunk_by(|&a, &b| labels.party_ref.value(a) == labels.party_ref.value(b))
        {
            match *same {
                [row] if labels.customer_id.is_valid(row) => {
                    usable.push((labels.customer_id.value(row), labels.person_ref.value(row)));
                }
                [_] => n_unknown += 1,
                _ => n_contradicting += 1,
            }
        }
        Self {
            found: numbers(usable.iter().map(|label| label.0)),
            truth: numbers(usable.iter().map(|label| label.1)),
            n_unknown,
            n_contradicting,
        }
    }

    fn figures(&self) -> Result<Vec<(&'static str, Option<f64>)>, StageError> {
        let measures = evaluate(&self.found, &self.truth).map_err(|source| {
            StageError::Algorithm { what: "labels could not be compared", source: Box::new(source) }
        })?;
        let n_labelled = self.found.len() as u64;
        let told = |value: f64| (n_labelled > 0).then_some(value);
        let accuracy = |[precision, recall, f1]: [&'static str; 3], of: Accuracy| {
            [(precision, told(of.precision)), (recall, told(of.recall)), (f1, told(of.f1()))]
        };
        let Measures { pairs, b_cubed, clusters, .. } = measures;
        let count = |n: u64| Some(n as f64);
        let mut rows = vec![
            ("contradicting_labels", count(self.n_contradicting)),
            ("labelled_customers", count(measures.n_found)),
            ("labelled_people", count(measures.n_true)),
            ("labelled_references", count(n_labelled)),
            ("largest_labelled_customer", count(measures.n_largest)),
            ("over_merged_customers", count(measures.n_over_merged)),
            ("split_people", count(measures.n_split)),
            ("unknown_labels", count(self.n_unknown)),
        ];
        rows.extend(accuracy(["pair_precision", "pair_recall", "pair_f1"], pairs));
        rows.extend(accuracy(["b_cubed_precision", "b_cubed_recall", "b_cubed_f1"], b_cubed));
        rows.extend(accuracy(["cluster_precision", "cluster_recall", "cluster_f1"], clusters));
        Ok(rows)
    }
}

/// The place of each value among the distinct ones.
fn numbers<T: Ord + Copy>(values: impl Iterator<Item = T> + Clone) -> Vec<u32> {
    let distinct: BTreeSet<T> = values.clone().collect();
    let distinct: Vec<T> = distinct.into_iter().collect();
    values.map(|value| distinct.binary_search(&value).map_or(0, |place| place as u32)).collect()
}

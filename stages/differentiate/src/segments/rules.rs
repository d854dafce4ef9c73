//! A shallow tree that says in a few rules of real units who is in which segment.

use idip_numerics::profile::FeatureColumn;
use idip_numerics::surrogate_tree::{NamedColumn, SurrogateError, SurrogateParams, explain_labels};

use super::axis::Axis;
use super::model::every_so_many;

/// Customers that the tree is grown on.
const SAMPLED_CUSTOMERS: usize = 10_000;

/// Splits on the way to a rule: a reader keeps no more in mind.
const MAX_DEPTH: usize = 3;

/// Part of the customers that a rule must hold for.
const LEAF_DIVISOR: usize = 200;

/// One rule of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    /// Position of the segment, from 1.
    pub(super) segment: u32,
    pub(super) conditions: String,
    pub(super) n_customers: i64,
    pub(super) precision: f64,
    pub(super) coverage: f64,
    pub(super) fidelity: f64,
    pub(super) majority_share: f64,
}

/// Features, in their own units, of the customers that the tree is grown on.
pub(super) type Sample = Vec<(String, Vec<f64>)>;

/// Every so many of what is told of each customer of an axis.
pub(super) fn sampled<T: Copy>(of_customers: &[T]) -> Vec<T> {
    every_so_many(of_customers, SAMPLED_CUSTOMERS)
}

/// Explains the segments of an axis by features of the customers sampled.
///
/// # Errors
///
/// When a feature is infinite.
pub(super) fn rules(axis: &Axis, features: &Sample) -> Result<Vec<Rule>, SurrogateError> {
    let rows = sampled(&axis.rows);
    if rows.is_empty() || axis.fitted.is_none() {
        return Ok(Vec::new());
    }
    let labels: Vec<u32> = rows.iter().filter_map(|&row| axis.ids.get(row).copied()).collect();
    let columns: Vec<NamedColumn<'_>> = features
        .iter()
        .map(|(name, values)| NamedColumn { name, values: FeatureColumn::Slice(values) })
        .collect();
    let params = SurrogateParams {
        max_depth: MAX_DEPTH,
        n_leaf_rows_min: (rows.len() / LEAF_DIVISOR).max(1),
    };
    let tree = explain_labels(&labels, &columns, params)?;
    Ok(tree
        .leaves()
        .iter()
        .map(|leaf| Rule {
            segment: leaf.label,
            conditions: tree.describe(leaf),
            n_customers: leaf.n_rows as i64,
            precision: leaf.precision,
            coverage: leaf.coverage,
            fidelity: tree.fidelity(),
            majority_share: tree.majority_share(),
        })
        .collect())
}

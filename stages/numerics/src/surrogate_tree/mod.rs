//! A shallow decision tree that explains labels by named columns, and says how far it can be trusted.
//!
//! CART (Breiman, Friedman, Olshen and Stone 1984) with Gini's index and binary splits, grown on
//! columns cut into bins by their quantiles. Exact for columns of at most 255 different values; of
//! others the thresholds are their quantiles. Counts are whole numbers and ties go to the lower
//! column and the lower threshold, so a table has one tree. Fidelity is the share of rows whose label
//! the tree says rightly: an explanation of low fidelity is none.
//!
//! | file | subject |
//! |---|---|
//! | `bins.rs` | columns as bin numbers |
//! | `grow.rs` | splits, level by level |
//! | `rules.rs` | leaves as conditions, simplified |

mod bins;
mod grow;
mod rules;

use thiserror::Error;

use crate::profile::FeatureColumn;
use bins::BinnedColumn;

pub use rules::{Condition, Missing, SurrogateLeaf};

/// Deepest tree allowed: beyond it nobody reads the rules.
const DEPTH_MAX: usize = 8;

/// A column to explain labels by.
#[derive(Debug, Clone, Copy)]
pub struct NamedColumn<'a> {
    /// Its name in the rules.
    pub name: &'a str,
    /// Its values; a null or NaN is a value below all others.
    pub values: FeatureColumn<'a>,
}

/// How large a tree may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurrogateParams {
    /// Splits on the way to a leaf, from 1 to 8.
    pub max_depth: usize,
    /// Rows of a leaf at least.
    pub n_leaf_rows_min: usize,
}

impl Default for SurrogateParams {
    /// Depth 3, leaves of one row or more.
    fn default() -> Self {
        Self { max_depth: 3, n_leaf_rows_min: 1 }
    }
}

/// Why labels cannot be explained.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SurrogateError {
    /// The depth is out of range.
    #[error("max_depth is {0}, expected 1 to 8")]
    MaxDepth(usize),
    /// There is nothing to explain.
    #[error("no row, expected one or more")]
    NoRows,
    /// A column has more or fewer rows than there are labels.
    #[error("column {column} has {found} row(s), expected {expected}, one for each label")]
    UnequalLengths {
        /// Position of the column.
        column: usize,
        /// Labels.
        expected: usize,
        /// Rows of the column.
        found: usize,
    },
    /// A value is infinite.
    #[error("column {column} is infinite in row {row}, expected a number or none")]
    Infinite {
        /// Position of the column.
        column: usize,
        /// Row, from 0.
        row: usize,
    },
    /// Columns are not those of the tree.
    #[error("{found} column(s), expected {expected} as the tree was grown on")]
    UnequalWidths {
        /// Columns of the tree.
        expected: usize,
        /// Columns given.
        found: usize,
    },
}

/// A tree that explains labels.
#[derive(Debug, Clone, PartialEq)]
pub struct SurrogateTree {
    names: Vec<String>,
    root: Node,
    leaves: Vec<SurrogateLeaf>,
    fidelity: f64,
    majority_share: f64,
}

/// A split, or a leaf.
#[derive(Debug, Clone, PartialEq)]
enum Node {
    /// Position among the leaves.
    Leaf(usize),
    Split {
        column: usize,
        /// Largest value that goes left, rounded; none when only missing values do.
        threshold: Option<f64>,
        left: Box<Node>,
        right: Box<Node>,
    },
}

impl SurrogateTree {
    /// Returns the share of rows whose label the tree says rightly, from 0 to 1.
    pub fn fidelity(&self) -> f64 {
        self.fidelity
    }

    /// Returns the share of rows of the most frequent label: the fidelity of no explanation at all.
    pub fn majority_share(&self) -> f64 {
        self.majority_share
    }

    /// Returns the leaves from left to right: lower values of a split first.
    pub fn leaves(&self) -> &[SurrogateLeaf] {
        &self.leaves
    }

    /// Writes the conditions of a leaf, such as `spend > 10 and 2 < visits <= 5`; `always` when there
    /// is none.
    pub fn describe(&self, leaf: &SurrogateLeaf) -> String {
        let texts: Vec<String> = leaf
            .conditions
            .iter()
            .map(|condition| {
                condition.text(self.names.get(condition.column).map_or("?", String::as_str))
            })
            .collect();
        if texts.is_empty() { "always".to_owned() } else { texts.join(" and ") }
    }

    /// Labels rows by the tree.
    ///
    /// # Errors
    ///
    /// [`SurrogateError`] when columns are not as many as those of the tree, or lengths differ.
    pub fn labels(&self, columns: &[FeatureColumn<'_>]) -> Result<Vec<u32>, SurrogateError> {
        let (expected, found) = (self.names.len(), columns.len());
        if expected != found {
            return Err(SurrogateError::UnequalWidths { expected, found });
        }
        let n_rows = columns.first().map_or(0, |column| column.n_rows());
        check_lengths(n_rows, columns.iter().copied())?;
        Ok((0..n_rows)
            .map(|row| {
                let mut node = &self.root;
                loop {
                    match node {
                        Node::Leaf(leaf) => {
                            break self.leaves.get(*leaf).map_or(0, |leaf| leaf.label);
                        }
                        Node::Split { column, threshold, left, right } => {
                            let value = columns.get(*column).and_then(|column| column.value(row));
                            let is_left = match (value, threshold) {
                                (None, _) => true,
                                (Some(value), Some(threshold)) => value <= *threshold,
                                (Some(_), None) => false,
                            };
                            node = if is_left { left } else { right };
                        }
                    }
                }
            })
            .collect())
    }
}

/// Grows a tree that explains labels by columns.
///
/// O(rows · columns · (depth + log rows)); memory is a byte a value, and one sorted copy of each
/// column in turn. Two leaves of one split that say the same label are made one.
///
/// # Errors
///
/// [`SurrogateError`] when there is no row, lengths differ, a value is infinite or a setting is out
/// of range.
pub fn explain_labels(
    labels: &[u32],
    columns: &[NamedColumn<'_>],
    params: SurrogateParams,
) -> Result<SurrogateTree, SurrogateError> {
    if params.max_depth == 0 || params.max_depth > DEPTH_MAX {
        return Err(SurrogateError::MaxDepth(params.max_depth));
    }
    if labels.is_empty() {
        return Err(SurrogateError::NoRows);
    }
    check_lengths(labels.len(), columns.iter().map(|column| column.values))?;
    let binned = bins::bin_all(columns)?;
    let mut names = labels.to_vec();
    names.sort_unstable();
    names.dedup();
    let classes: Vec<u32> =
        labels.iter().map(|label| names.binary_search(label).unwrap_or_default() as u32).collect();
    let drafts = grow::grow(&classes, names.len(), &binned, params);
    Ok(rules::tree(&drafts, &names, columns, &binned, labels.len()))
}

fn check_lengths<'a>(
    expected: usize,
    columns: impl Iterator<Item = FeatureColumn<'a>>,
) -> Result<(), SurrogateError> {
    for (column, values) in columns.enumerate() {
        let found = values.n_rows();
        if found != expected {
            return Err(SurrogateError::UnequalLengths { column, expected, found });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

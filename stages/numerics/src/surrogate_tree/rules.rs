//! Leaves as conditions, simplified.

use super::grow::{Draft, Split};
use super::{BinnedColumn, NamedColumn, Node, SurrogateTree};

/// What must hold of one column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// Position of the column.
    pub column: usize,
    /// The value is greater than this.
    pub above: Option<f64>,
    /// The value is at most this.
    pub at_most: Option<f64>,
    /// What holds of a missing value.
    pub missing: Missing,
}

/// Whether a missing value meets a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// There is none in the column, or it does not meet the condition.
    Excluded,
    /// It meets the condition, as values within the bounds do.
    Included,
    /// Nothing but a missing value meets it.
    Only,
}

/// A leaf of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct SurrogateLeaf {
    /// What holds of its rows, a condition a column, ascending by column.
    pub conditions: Vec<Condition>,
    /// The label it says: the most frequent of its rows, of equals the lower.
    pub label: u32,
    /// Rows in it.
    pub n_rows: usize,
    /// Share of its rows that have the label, from 0 to 1.
    pub precision: f64,
    /// Share of the label's rows that are in it, from 0 to 1.
    pub coverage: f64,
}

impl Condition {
    /// Writes the condition for a column of this name.
    pub(super) fn text(&self, name: &str) -> String {
        let range = match (self.above, self.at_most) {
            (Some(above), Some(at_most)) => format!("{above} < {name} <= {at_most}"),
            (Some(above), None) => format!("{name} > {above}"),
            (None, Some(at_most)) => format!("{name} <= {at_most}"),
            (None, None) => format!("{name} is known"),
        };
        match self.missing {
            Missing::Excluded => range,
            Missing::Included => format!("({range} or is missing)"),
            Missing::Only => format!("{name} is missing"),
        }
    }
}

/// Makes the tree of its drafts.
pub(super) fn tree(
    drafts: &[Draft],
    labels: &[u32],
    columns: &[NamedColumn<'_>],
    binned: &[BinnedColumn],
    n_rows: usize,
) -> SurrogateTree {
    let mut build = Build { drafts, labels, binned, leaves: Vec::new() };
    // Bins that lead to a node: those after the first and up to the second.
    let everything: Vec<(usize, usize)> =
        binned.iter().map(|column| (0, column.n_bins())).collect();
    let root = build.node(0, &everything);
    let n_right: f64 =
        build.leaves.iter().map(|leaf| leaf.precision * leaf.n_rows as f64).sum::<f64>();
    let largest = drafts.first().and_then(|root| root.counts.iter().max()).copied().unwrap_or(0);
    SurrogateTree {
        names: columns.iter().map(|column| column.name.to_owned()).collect(),
        root,
        leaves: build.leaves,
        fidelity: n_right.round() / n_rows as f64,
        majority_share: f64::from(largest) / n_rows as f64,
    }
}

struct Build<'a> {
    drafts: &'a [Draft],
    labels: &'a [u32],
    binned: &'a [BinnedColumn],
    leaves: Vec<SurrogateLeaf>,
}

impl Build<'_> {
    fn node(&mut self, at: usize, bins: &[(usize, usize)]) -> Node {
        let split = self.drafts[at].split.filter(|_| self.single_label(at).is_none());
        let Some(Split { column, bin, left, right }) = split else {
            self.leaves.push(self.leaf(at, bins));
            return Node::Leaf(self.leaves.len() - 1);
        };
        let (mut lower, mut upper) = (bins.to_vec(), bins.to_vec());
        lower[column].1 = bin + 1;
        upper[column].0 = bin + 1;
        Node::Split {
            column,
            threshold: self.binned[column].threshold(bin),
            left: Box::new(self.node(left, &lower)),
            right: Box::new(self.node(right, &upper)),
        }
    }

    /// Returns the label that every leaf below a node says, if it is one.
    fn single_label(&self, at: usize) -> Option<usize> {
        match self.drafts[at].split {
            None => Some(most_frequent(&self.drafts[at].counts)),
            Some(split) => {
                let left = self.single_label(split.left)?;
                (self.single_label(split.right)? == left).then_some(left)
            }
        }
    }

    fn leaf(&self, at: usize, bins: &[(usize, usize)]) -> SurrogateLeaf {
        let counts = &self.drafts[at].counts;
        let class = most_frequent(counts);
        let n_rows: u32 = counts.iter().sum();
        let of_label = f64::from(self.drafts[0].counts[class]);
        SurrogateLeaf {
            conditions: bins
                .iter()
                .enumerate()
                .filter_map(|(column, &range)| self.condition(column, range))
                .collect(),
            label: self.labels[class],
            n_rows: n_rows as usize,
            precision: f64::from(counts[class]) / f64::from(n_rows),
            coverage: f64::from(counts[class]) / of_label,
        }
    }

    /// Returns what bins from `first` up to, not with, `end` ask of a column; none when they are all.
    fn condition(&self, column: usize, (first, end): (usize, usize)) -> Option<Condition> {
        let binned = &self.binned[column];
        if first == 0 && end == binned.n_bins() {
            return None;
        }
        let has_missing = binned.bins.contains(&0);
        let missing = match first {
            0 if end == 1 => Missing::Only,
            0 if has_missing => Missing::Included,
            _ => Missing::Excluded,
        };
        Some(Condition {
            column,
            above: first.checked_sub(1).and_then(|bin| binned.threshold(bin)),
            at_most: binned.threshold(end - 1),
            missing,
        })
    }
}

/// Returns the class of most rows, of equals the lower.
fn most_frequent(counts: &[u32]) -> usize {
    let mut best = (0, 0);
    for (class, &n) in counts.iter().enumerate() {
        if n > best.1 {
            best = (class, n);
        }
    }
    best.0
}

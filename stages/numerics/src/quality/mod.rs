//! How good a clustering is, and how far two clusterings agree.
//!
//! Definitions are those of scikit-learn, against whose values the tests compare. Labels without a
//! row count for nothing. How stable a cluster is follows Hennig 2007.

mod agreement;
mod separation;
mod silhouette;
mod stability;

use thiserror::Error;

pub use agreement::{adjusted_mutual_info, adjusted_rand_index, normalized_mutual_info};
pub use separation::{calinski_harabasz, davies_bouldin, inertia};
pub use silhouette::{
    SilhouetteSample, sampled_silhouette, silhouette, silhouette_coefficients,
    simplified_silhouette,
};
pub use stability::{
    BootstrapParams, ClusterStability, DISSOLVED_BELOW, Stability, StabilityError, VALID_ABOVE,
    bootstrap_jaccard,
};

/// Why a measure cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QualityError {
    /// Rows and labels, or two labellings, differ in number.
    #[error("{found} label(s), expected one a row: {expected}")]
    LabelCount {
        /// Rows, or labels of the first labelling.
        expected: usize,
        /// Labels found.
        found: usize,
    },
    /// Separation needs at least two clusters and fewer clusters than rows.
    #[error("{n_clusters} cluster(s) with rows of {n_rows} row(s), expected 2 to n_rows - 1")]
    ClusterCount {
        /// Clusters that have rows.
        n_clusters: usize,
        /// Rows.
        n_rows: usize,
    },
}

/// Labels renumbered to those that have rows, ascending, and the rows of each.
#[derive(Debug)]
struct Clusters {
    label_of_row: Vec<u32>,
    sizes: Vec<usize>,
}

/// Labels up to which a table tells more quickly than a search.
const LOW_LABELS: usize = 1 << 16;

/// The labels there are, ascending.
fn distinct(labels: &[u32]) -> Vec<u32> {
    let highest = labels.iter().copied().max().map_or(0, |label| label as usize);
    if highest < LOW_LABELS {
        let mut is_used = vec![false; highest + 1];
        for &label in labels {
            is_used[label as usize] = true;
        }
        return (0..)
            .zip(is_used)
            .filter(|(_, is_used)| *is_used)
            .map(|(label, _)| label)
            .collect();
    }
    let mut distinct = labels.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

/// Labels numbered from 0 in their order, with no gaps; and how many there are.
fn numbered(labels: &[u32]) -> (Vec<u32>, usize) {
    let distinct = distinct(labels);
    let number = |label: &u32| distinct.binary_search(label).unwrap_or_default() as u32;
    let of_rows = match distinct.last() {
        Some(&highest) if (highest as usize) < LOW_LABELS => {
            let numbers: Vec<u32> = (0..=highest).map(|label| number(&label)).collect();
            labels.iter().map(|&label| numbers[label as usize]).collect()
        }
        _ => labels.iter().map(number).collect(),
    };
    (of_rows, distinct.len())
}

impl Clusters {
    fn new(labels: &[u32]) -> Self {
        let (label_of_row, n_clusters) = numbered(labels);
        let mut sizes = vec![0; n_clusters];
        for &label in &label_of_row {
            if let Some(size) = sizes.get_mut(label as usize) {
                *size += 1;
            }
        }
        Self { label_of_row, sizes }
    }

    /// Checks labels against rows, for a measure of separation.
    fn checked(n_rows: usize, labels: &[u32]) -> Result<Self, QualityError> {
        if labels.len() != n_rows {
            return Err(QualityError::LabelCount { expected: n_rows, found: labels.len() });
        }
        let clusters = Self::new(labels);
        let n_clusters = clusters.sizes.len();
        if n_clusters < 2 || n_clusters >= n_rows {
            return Err(QualityError::ClusterCount { n_clusters, n_rows });
        }
        Ok(clusters)
    }
}

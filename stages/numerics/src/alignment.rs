//! Which new cluster is which old one: minimum-cost one-to-one assignment.
//!
//! The shortest augmenting paths of Jonker and Volgenant 1987 for the problem of Kuhn 1955, on
//! rectangular costs, in O(min² · max). Of equal assignments always the same one is found.

use thiserror::Error;

use crate::kmeans::Centroids;

/// How new clusters continue old ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// Old cluster that each new cluster continues; none when it is new.
    pub old_of_new: Vec<Option<usize>>,
    /// Old clusters that none continues, ascending.
    pub unmatched_old: Vec<usize>,
    /// Summed cost of the pairs.
    pub total_cost: f64,
}

/// Why clusters cannot be aligned.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AlignmentError {
    /// The costs are no full table.
    #[error("{found} cost(s), expected {n_old} old by {n_new} new clusters")]
    Shape {
        /// Old clusters.
        n_old: usize,
        /// New clusters.
        n_new: usize,
        /// Costs given.
        found: usize,
    },
    /// A cost is not finite.
    #[error("the cost of old cluster {old} and new cluster {new} is not finite")]
    Cost {
        /// The old cluster.
        old: usize,
        /// The new cluster.
        new: usize,
    },
    /// Old and new centroids have different widths.
    #[error("new centroids have {new} feature(s), expected {old} as the old ones")]
    Features {
        /// Features of old centroids.
        old: usize,
        /// Features of new centroids.
        new: usize,
    },
    /// The two labellings differ in length.
    #[error("{new} new label(s), expected {old} as the old ones")]
    Labels {
        /// Old labels.
        old: usize,
        /// New labels.
        new: usize,
    },
}

/// Aligns new centroids to old ones by the least sum of squared Euclidean distances.
///
/// Both must be in the same units: those of the old scaler.
///
/// # Errors
///
/// [`AlignmentError`] when widths differ.
pub fn align_centroids(old: &Centroids, new: &Centroids) -> Result<Alignment, AlignmentError> {
    if old.n_features() != new.n_features() {
        return Err(AlignmentError::Features { old: old.n_features(), new: new.n_features() });
    }
    let costs: Vec<f64> =
        old.rows().flat_map(|old| new.rows().map(move |new| squared_distance(old, new))).collect();
    align(old.n_clusters(), new.n_clusters(), &costs)
}

/// Aligns new labels to old labels of the same rows by the most rows that keep theirs.
///
/// `total_cost` is then minus the number of rows that keep their cluster.
///
/// # Errors
///
/// [`AlignmentError::Labels`] when the labellings differ in length.
pub fn align_members(
    (n_old, old_labels): (usize, &[u32]),
    (n_new, new_labels): (usize, &[u32]),
) -> Result<Alignment, AlignmentError> {
    if old_labels.len() != new_labels.len() {
        return Err(AlignmentError::Labels { old: old_labels.len(), new: new_labels.len() });
    }
    let mut costs = vec![0.0; n_old * n_new];
    for (&old, &new) in old_labels.iter().zip(new_labels) {
        let (old, new) = (old as usize, new as usize);
        // A label beyond the clusters overlaps with nothing.
        if old < n_old && new < n_new {
            costs[old * n_new + new] -= 1.0;
        }
    }
    align(n_old, n_new, &costs)
}

/// Aligns clusters by costs, row-major: a row an old cluster, a column a new one.
///
/// As many pairs as the smaller side has clusters, at the least summed cost. Costs may be negative.
///
/// # Errors
///
/// [`AlignmentError`] when costs are too few, too many or not finite.
pub fn align(n_old: usize, n_new: usize, costs: &[f64]) -> Result<Alignment, AlignmentError> {
    if costs.len() != n_old * n_new {
        return Err(AlignmentError::Shape { n_old, n_new, found: costs.len() });
    }
    if let Some(position) = costs.iter().position(|cost| !cost.is_finite()) {
        return Err(AlignmentError::Cost { old: position / n_new, new: position % n_new });
    }
    let cost = |old: usize, new: usize| costs[old * n_new + new];
    let old_of_new = if n_old <= n_new {
        rows_of_columns(n_old, n_new, cost)
    } else {
        let new_of_old = rows_of_columns(n_new, n_old, |new, old| cost(old, new));
        let mut old_of_new = vec![None; n_new];
        for (old, new) in new_of_old.into_iter().enumerate() {
            if let Some(new) = new {
                old_of_new[new] = Some(old);
            }
        }
        old_of_new
    };
    let pairs = || old_of_new.iter().enumerate().filter_map(|(new, old)| Some(((*old)?, new)));
    let mut is_matched = vec![false; n_old];
    pairs().for_each(|(old, _)| is_matched[old] = true);
    Ok(Alignment {
        unmatched_old: (0..n_old).filter(|&old| !is_matched[old]).collect(),
        total_cost: pairs().map(|(old, new)| cost(old, new)).sum(),
        old_of_new,
    })
}

/// Assigns every row a column of its own; there are at least as many columns as rows.
///
/// Returns the row of each column. One row after the other is added by the cheapest path of
/// re-assignments, in reduced costs `cost - row_price - column_price`, which stay 0 or more.
fn rows_of_columns(
    n_rows: usize,
    n_columns: usize,
    cost: impl Fn(usize, usize) -> f64,
) -> Vec<Option<usize>> {
    let mut row_price = vec![0.0; n_rows];
    let mut column_price = vec![0.0; n_columns];
    let mut row_of: Vec<Option<usize>> = vec![None; n_columns];
    for added in 0..n_rows {
        let mut slack = vec![f64::INFINITY; n_columns];
        let mut came_from: Vec<Option<usize>> = vec![None; n_columns];
        let mut is_scanned = vec![false; n_columns];
        let mut at: Option<usize> = None;
        let free = loop {
            let row = at.and_then(|column| row_of[column]).unwrap_or(added);
            let mut nearest: Option<usize> = None;
            for column in (0..n_columns).filter(|&column| !is_scanned[column]) {
                let reduced = cost(row, column) - row_price[row] - column_price[column];
                if reduced < slack[column] {
                    slack[column] = reduced;
                    came_from[column] = at;
                }
                if nearest.is_none_or(|nearest| slack[column] < slack[nearest]) {
                    nearest = Some(column);
                }
            }
            // Every row has a column to itself, so one is always left.
            let Some(nearest) = nearest else { return row_of };
            let step = slack[nearest];
            row_price[added] += step;
            for column in 0..n_columns {
                if is_scanned[column] {
                    column_price[column] -= step;
                    if let Some(row) = row_of[column] {
                        row_price[row] += step;
                    }
                } else {
                    slack[column] -= step;
                }
            }
            is_scanned[nearest] = true;
            at = Some(nearest);
            if row_of[nearest].is_none() {
                break nearest;
            }
        };
        // Back along the path: each column hands its row on.
        let mut column = free;
        while let Some(before) = came_from[column] {
            row_of[column] = row_of[before];
            column = before;
        }
        row_of[column] = Some(added);
    }
    row_of
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "costs are whole numbers")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_cheapest_whole_beats_the_cheapest_pair() {
        // Old 0 with new 0 is the cheapest pair, but forces 9 on the rest: 1 + 9 > 2 + 3.
        let alignment = align(2, 2, &[1.0, 2.0, 3.0, 9.0]).expect("a full table");
        assert_eq!(alignment.old_of_new, [Some(1), Some(0)]);
        assert_eq!(alignment.total_cost, 5.0);
    }

    #[test]
    fn a_further_new_cluster_continues_none() {
        let old = Centroids::new(1, vec![0.0, 10.0]).expect("two");
        let new = Centroids::new(1, vec![9.0, 5.0, 1.0]).expect("three");
        let alignment = align_centroids(&old, &new).expect("one feature each");
        assert_eq!(alignment.old_of_new, [Some(1), None, Some(0)]);
        assert_eq!(alignment.unmatched_old, [0_usize; 0]);
        assert_eq!(alignment.total_cost, 2.0);
    }

    #[test]
    fn a_lost_old_cluster_is_told() {
        let old = Centroids::new(1, vec![0.0, 5.0, 10.0]).expect("three");
        let new = Centroids::new(1, vec![9.0, 1.0]).expect("two");
        let alignment = align_centroids(&old, &new).expect("one feature each");
        assert_eq!(alignment.old_of_new, [Some(2), Some(0)]);
        assert_eq!(alignment.unmatched_old, [1]);
    }

    #[test]
    fn members_keep_the_cluster_most_of_them_had() {
        let old = [0, 0, 0, 1, 1, 1];
        let new = [1, 1, 0, 0, 0, 0];
        let alignment = align_members((2, &old), (2, &new)).expect("equal lengths");
        assert_eq!(alignment.old_of_new, [Some(1), Some(0)]);
        assert_eq!(alignment.total_cost, -5.0);
    }

    #[test]
    fn no_cluster_on_a_side_is_no_pair() {
        let alignment = align(2, 0, &[]).expect("an empty table");
        assert_eq!(alignment.unmatched_old, [0, 1]);
        assert_eq!(align(0, 1, &[]).expect("an empty table").old_of_new, [None]);
    }

    #[test]
    fn broken_costs_are_named() {
        let error = AlignmentError::Cost { old: 1, new: 0 };
        assert_eq!(align(2, 2, &[0.0, 0.0, f64::NAN, 0.0]), Err(error));
        let error = AlignmentError::Shape { n_old: 2, n_new: 2, found: 3 };
        assert_eq!(align(2, 2, &[0.0; 3]), Err(error));
    }

    /// Returns the least cost over all ways, by trying each.
    fn by_trying(n_old: usize, n_new: usize, costs: &[f64]) -> f64 {
        fn least(old: usize, n: (usize, usize), costs: &[f64], taken: u32, skips: usize) -> f64 {
            if old == n.0 {
                return 0.0;
            }
            let mut best = f64::INFINITY;
            if skips > 0 {
                best = least(old + 1, n, costs, taken, skips - 1);
            }
            for new in (0..n.1).filter(|new| taken & (1 << new) == 0) {
                let rest = least(old + 1, n, costs, taken | 1 << new, skips);
                best = best.min(costs[old * n.1 + new] + rest);
            }
            best
        }
        least(0, (n_old, n_new), costs, 0, n_old.saturating_sub(n_new))
    }

    proptest! {
        #[test]
        fn no_other_assignment_is_cheaper(
            (n_old, n_new, costs) in (1_usize..6, 1_usize..6).prop_flat_map(|(n_old, n_new)| {
                let costs = prop::collection::vec((-20_i32..20).prop_map(f64::from), n_old * n_new);
                (Just(n_old), Just(n_new), costs)
            }),
        ) {
            let alignment = align(n_old, n_new, &costs).expect("a full table");
            let n_pairs = alignment.old_of_new.iter().flatten().count();
            prop_assert_eq!(n_pairs, n_old.min(n_new));
            prop_assert_eq!(alignment.unmatched_old.len(), n_old - n_pairs);
            prop_assert_eq!(alignment.total_cost, by_trying(n_old, n_new, &costs));
        }
    }
}

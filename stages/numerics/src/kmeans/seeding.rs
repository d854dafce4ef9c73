//! k-means++ starts.

use rayon::prelude::*;

use super::Centroids;
use super::kernel::{LANES, for_each_panel};
use super::rows::{ROWS_PER_CHUNK, RowChunk, RowMatrix};
use crate::sampling::Draw;

/// Draws rows as first centroids, each with chance in proportion to its weight times its squared
/// distance to the centroids drawn before (Arthur and Vassilvitskii 2007).
///
/// Of `2 + ln k` candidates a step keeps the one that leaves the lowest inertia, as scikit-learn
/// does. Returns fewer centroids than asked for when there are fewer distinct rows.
pub(super) fn k_means_plus_plus(
    matrix: &RowMatrix,
    n_clusters: usize,
    seed: u64,
    start: usize,
) -> Centroids {
    let mut draw = Draw::new(seed, start);
    let mut centroids = Centroids::from_rows(matrix.n_features(), Vec::new());
    // Until a centroid is drawn, every row is equally far.
    let mut nearest = vec![1.0; matrix.n_rows()];
    let mut cost = chunk_costs(matrix, &nearest);
    let n_candidates = 2 + (n_clusters as f64).ln() as usize;
    while centroids.n_clusters() < n_clusters {
        let total: f64 = cost.iter().sum();
        if total <= 0.0 {
            break;
        }
        let is_first = centroids.n_clusters() == 0;
        let candidates: Vec<Vec<f64>> = (0..if is_first { 1 } else { n_candidates })
            .map(|_| matrix.row(row_at(matrix, &nearest, &cost, draw.unit() * total)).to_vec())
            .collect();
        let Some(chosen) = best_candidate(matrix, &nearest, candidates) else { break };
        if is_first {
            nearest.fill(f64::INFINITY);
        }
        cost = approach(matrix, &mut nearest, &chosen);
        centroids.push(&chosen);
    }
    centroids
}

/// Sums weight times squared distance, chunk by chunk.
fn chunk_costs(matrix: &RowMatrix, nearest: &[f64]) -> Vec<f64> {
    matrix
        .par_chunks()
        .zip(nearest.par_chunks(ROWS_PER_CHUNK))
        .map(|(chunk, nearest)| {
            nearest.iter().enumerate().map(|(row, squared)| squared * chunk.weight(row)).sum()
        })
        .collect()
}

/// Lowers the distances to those of a further centroid; returns the costs of the chunks.
fn approach(matrix: &RowMatrix, nearest: &mut [f64], centroid: &[f64]) -> Vec<f64> {
    matrix
        .par_chunks()
        .zip(nearest.par_chunks_mut(ROWS_PER_CHUNK))
        .map(|(chunk, nearest)| {
            for_each_panel(chunk.n_features(), chunk.rows(), |first, n, panel| {
                let rows = nearest.get_mut(first..first + n).unwrap_or_default();
                let lower = panel.lower(&lanes(rows), centroid);
                rows.iter_mut().zip(lower).for_each(|(nearest, lower)| *nearest = lower);
            });
            nearest.iter().enumerate().map(|(row, squared)| squared * chunk.weight(row)).sum()
        })
        .collect()
}

/// Returns the candidate that leaves the lowest cost, the first of equals.
fn best_candidate(
    matrix: &RowMatrix,
    nearest: &[f64],
    mut candidates: Vec<Vec<f64>>,
) -> Option<Vec<f64>> {
    if candidates.len() < 2 {
        return candidates.pop();
    }
    let by_chunk: Vec<Vec<f64>> = matrix
        .par_chunks()
        .zip(nearest.par_chunks(ROWS_PER_CHUNK))
        .map(|(chunk, nearest)| candidate_costs(chunk, nearest, &candidates))
        .collect();
    let mut costs = vec![0.0; candidates.len()];
    for chunk in &by_chunk {
        costs.iter_mut().zip(chunk).for_each(|(cost, chunk)| *cost += chunk);
    }
    candidates
        .into_iter()
        .zip(costs)
        .reduce(|first, later| if later.1 < first.1 { later } else { first })
        .map(|(candidate, _)| candidate)
}

fn candidate_costs(chunk: RowChunk<'_>, nearest: &[f64], candidates: &[Vec<f64>]) -> Vec<f64> {
    let mut costs = vec![[0.0; LANES]; candidates.len()];
    for_each_panel(chunk.n_features(), chunk.rows(), |first, n, panel| {
        let bounds = lanes(nearest.get(first..first + n).unwrap_or_default());
        if chunk.is_weighted() {
            let mut weights = [0.0; LANES];
            weights.iter_mut().take(n).enumerate().for_each(|(lane, weight)| {
                *weight = chunk.weight(first + lane);
            });
            for (cost, candidate) in costs.iter_mut().zip(candidates) {
                let lower = panel.lower(&bounds, candidate);
                for ((cost, lower), weight) in cost.iter_mut().zip(lower).zip(weights) {
                    *cost += lower * weight;
                }
            }
        } else {
            for (cost, candidate) in costs.iter_mut().zip(candidates) {
                let lower = panel.lower(&bounds, candidate);
                cost.iter_mut().zip(lower).for_each(|(cost, lower)| *cost += lower);
            }
        }
    });
    costs.iter().map(|lanes| lanes.iter().sum()).collect()
}

/// Returns up to eight values as lanes; lanes without a row are 0, and cost nothing.
#[inline]
fn lanes(rows: &[f64]) -> [f64; LANES] {
    if let Some(lanes) = rows.first_chunk::<LANES>() {
        return *lanes;
    }
    let mut lanes = [0.0; LANES];
    lanes.iter_mut().zip(rows).for_each(|(lane, &value)| *lane = value);
    lanes
}

/// Returns the row in which the running cost first passes `target`.
fn row_at(matrix: &RowMatrix, nearest: &[f64], costs: &[f64], target: f64) -> usize {
    let mut rest = target;
    let mut chunk = 0;
    let mut is_beyond = true;
    for (position, &cost) in costs.iter().enumerate().filter(|&(_, &cost)| cost > 0.0) {
        chunk = position;
        if rest < cost {
            is_beyond = false;
            break;
        }
        rest -= cost;
    }
    // Rounding may leave a rest beyond all chunks, or beyond the last row of one: the last row that
    // has a share takes it.
    if is_beyond {
        rest = f64::INFINITY;
    }
    let first_row = chunk * ROWS_PER_CHUNK;
    let mut last_possible = first_row;
    for (row, squared) in nearest.iter().enumerate().skip(first_row).take(ROWS_PER_CHUNK) {
        let cost = squared * matrix.weight(row);
        if cost > 0.0 {
            last_possible = row;
            if rest < cost {
                break;
            }
            rest -= cost;
        }
    }
    last_possible
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kmeans::Columns;

    fn line(values: &[f64], weights: Option<&[f64]>) -> RowMatrix {
        RowMatrix::from_columns(&Columns::new(&[values]).expect("one column"), weights)
            .expect("finite")
    }

    #[test]
    fn the_candidate_that_leaves_the_lowest_cost_is_kept() {
        let matrix = line(&[0.0, 8.0, 9.0, 10.0, 30.0], None);
        let nearest = [0.0, 64.0, 81.0, 100.0, 900.0];
        // Costs: 30 leaves 64 + 81 + 100 = 245; 9 leaves 1 + 1 + 441 = 443.
        let candidates = vec![vec![9.0], vec![30.0]];
        assert_eq!(best_candidate(&matrix, &nearest, candidates), Some(vec![30.0]));
        // With the row at 30 of little weight, 9 leaves less.
        let matrix = line(&[0.0, 8.0, 9.0, 10.0, 30.0], Some(&[1.0, 1.0, 1.0, 1.0, 0.1]));
        let candidates = vec![vec![9.0], vec![30.0]];
        assert_eq!(best_candidate(&matrix, &nearest, candidates), Some(vec![9.0]));
    }

    #[test]
    fn a_draw_falls_on_the_row_in_whose_share_it_lies() {
        let matrix = line(&[0.0, 1.0, 2.0, 3.0], Some(&[1.0, 0.0, 2.0, 1.0]));
        let nearest = [1.0, 5.0, 1.0, 0.0];
        // Shares: 1, none, 2, none.
        let row = |target| row_at(&matrix, &nearest, &[3.0], target);
        assert_eq!([row(0.0), row(0.9), row(1.0), row(2.9)], [0, 0, 2, 2]);
        // Beyond the last share by rounding: the last row that has one.
        assert_eq!(row(3.0), 2);
    }

    #[test]
    fn far_groups_each_get_a_centroid() {
        let values: Vec<f64> =
            (0..60).map(|row| f64::from(row % 6) * 1e6 + f64::from(row)).collect();
        let matrix = line(&values, None);
        for seed in 0..100 {
            let centroids = k_means_plus_plus(&matrix, 6, seed, 0);
            let mut groups: Vec<i64> =
                centroids.values().iter().map(|value| (value / 1e6) as i64).collect();
            groups.sort_unstable();
            assert_eq!(groups, [0, 1, 2, 3, 4, 5], "seed {seed}");
        }
    }

    #[test]
    fn starts_differ_and_each_is_the_same_again() {
        let values: Vec<f64> = (0..1000).map(|row| f64::from(row * row % 997)).collect();
        let matrix = line(&values, None);
        let centroids = |seed, start| k_means_plus_plus(&matrix, 5, seed, start);
        assert_eq!(centroids(3, 1), centroids(3, 1));
        assert_ne!(centroids(3, 0), centroids(3, 1));
        assert_ne!(centroids(3, 0), centroids(4, 0));
    }
}

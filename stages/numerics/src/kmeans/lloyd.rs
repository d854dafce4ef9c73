//! One start: passes, updates, repair of empty clusters, convergence.

use rayon::prelude::*;

use super::Centroids;
use super::centroids::squared_distance;
use super::kernel::for_each_panel;
use super::pass::{ChunkLabels, ChunkOutcome, ChunkSums, Targets, UNLABELLED};
use super::rows::{ROWS_PER_CHUNK, RowChunk, RowMatrix};

/// When a start stops.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) max_iterations: usize,
    /// Summed squared shift of the centroids that counts as none; 0 waits for labels to rest.
    pub(super) shift_max: f64,
}

/// What one start found.
#[derive(Debug)]
pub(super) struct StartFit {
    pub(super) centroids: Centroids,
    pub(super) labels: Vec<u32>,
    pub(super) inertia: f64,
    pub(super) n_iterations: usize,
    pub(super) is_converged: bool,
}

/// Runs Lloyd's iterations from `centroids`; clusters that stay empty are dropped at the end.
pub(super) fn run(matrix: &RowMatrix, centroids: Centroids, limits: Limits) -> StartFit {
    let mut lloyd = Lloyd::new(matrix, centroids);
    for n_iterations in 1..=limits.max_iterations {
        if lloyd.bounded_pass() == 0 {
            // Running sums carry rounding: only sums made afresh may end the search.
            lloyd.sum_afresh();
            lloyd.move_centroids();
            let last = lloyd.full_pass();
            if last.n_changed == 0 {
                return lloyd.finish(last.inertia, n_iterations, true);
            }
        }
        let shift = lloyd.move_centroids();
        if limits.shift_max > 0.0 && shift.squared <= limits.shift_max && !shift.is_repaired {
            let last = lloyd.full_pass();
            if lloyd.members().iter().all(|&members| members > 0) {
                return lloyd.finish(last.inertia, n_iterations, true);
            }
            lloyd.move_centroids();
        }
    }
    let last = lloyd.full_pass();
    lloyd.finish(last.inertia, limits.max_iterations, last.n_changed == 0)
}

/// Labels rows by given centroids, once, and returns the inertia.
pub(super) fn assign(matrix: &RowMatrix, centroids: Centroids) -> StartFit {
    let mut lloyd = Lloyd::new(matrix, centroids);
    let inertia = lloyd.full_pass().inertia;
    StartFit {
        centroids: lloyd.centroids,
        labels: lloyd.labels,
        inertia,
        n_iterations: 0,
        is_converged: true,
    }
}

struct Lloyd<'m> {
    matrix: &'m RowMatrix,
    centroids: Centroids,
    labels: Vec<u32>,
    keys: Vec<f32>,
    chunk_sums: Vec<ChunkSums>,
    /// How far each centroid and the fastest of the others moved, summed over the passes.
    drift: Vec<f64>,
    /// The same in `f32`, rounded up.
    drift_bound: Vec<f32>,
}

/// How the centroids moved in one update.
#[derive(Debug, Clone, Copy)]
struct Shift {
    squared: f64,
    is_repaired: bool,
}

impl<'m> Lloyd<'m> {
    fn new(matrix: &'m RowMatrix, centroids: Centroids) -> Self {
        let k = centroids.n_clusters();
        let n_rows = matrix.n_rows();
        Self {
            matrix,
            labels: vec![UNLABELLED; n_rows],
            keys: vec![0.0; n_rows],
            chunk_sums: vec![
                ChunkSums::new(k, matrix.n_features());
                n_rows.div_ceil(ROWS_PER_CHUNK)
            ],
            drift: vec![0.0; k],
            drift_bound: vec![0.0; k],
            centroids,
        }
    }

    /// Looks at the rows whose bound has run out; returns how many labels changed.
    fn bounded_pass(&mut self) -> usize {
        self.pass(ChunkSums::bounded_pass).n_changed
    }

    /// Looks at every row, and measures the inertia.
    fn full_pass(&mut self) -> ChunkOutcome {
        self.pass(ChunkSums::full_pass)
    }

    fn pass<F>(&mut self, look: F) -> ChunkOutcome
    where
        F: Fn(&mut ChunkSums, RowChunk<'_>, &mut ChunkLabels<'_>, Targets<'_>) -> ChunkOutcome
            + Sync,
    {
        let targets = Targets { centroids: self.centroids.values(), drift: &self.drift_bound };
        let outcomes: Vec<ChunkOutcome> = self
            .matrix
            .par_chunks()
            .zip(self.labels.par_chunks_mut(ROWS_PER_CHUNK))
            .zip(self.keys.par_chunks_mut(ROWS_PER_CHUNK))
            .zip(self.chunk_sums.par_iter_mut())
            .map(|(((chunk, labels), keys), sums)| {
                let mut rows = ChunkLabels { labels, keys };
                let outcome = look(sums, chunk, &mut rows, targets);
                sums.update(chunk, rows.labels);
                outcome
            })
            .collect();
        let mut total = ChunkOutcome::default();
        for outcome in outcomes {
            total.n_changed += outcome.n_changed;
            total.inertia += outcome.inertia;
        }
        total
    }

    fn sum_afresh(&mut self) {
        self.matrix
            .par_chunks()
            .zip(self.labels.par_chunks(ROWS_PER_CHUNK))
            .zip(self.chunk_sums.par_iter_mut())
            .for_each(|((chunk, labels), sums)| sums.sum_afresh(chunk, labels));
    }

    /// Returns how many rows of positive weight each cluster has.
    fn members(&self) -> Vec<u64> {
        let mut members = vec![0; self.centroids.n_clusters()];
        for chunk in &self.chunk_sums {
            members.iter_mut().zip(&chunk.members).for_each(|(total, n)| *total += n);
        }
        members
    }

    /// Moves centroids to the means of their rows, and empty clusters to the farthest rows.
    fn move_centroids(&mut self) -> Shift {
        let d = self.matrix.n_features();
        let members = self.members();
        let mut sums = vec![0.0; self.centroids.values().len()];
        let mut weights = vec![0.0; members.len()];
        for chunk in &self.chunk_sums {
            sums.iter_mut().zip(&chunk.sums).for_each(|(total, sum)| *total += sum);
            weights.iter_mut().zip(&chunk.weights).for_each(|(total, weight)| *total += weight);
        }
        let mut moved = Vec::with_capacity(sums.len());
        for (((before, sums), &weight), &n) in
            self.centroids.rows().zip(sums.chunks_exact(d)).zip(&weights).zip(&members)
        {
            if n > 0 {
                moved.extend(sums.iter().map(|sum| sum / weight));
            } else {
                moved.extend_from_slice(before);
            }
        }
        let is_repaired = self.repair(&mut moved, &members);
        let squared = self.record_drift(&moved);
        self.centroids = Centroids::from_rows(d, moved);
        Shift { squared, is_repaired }
    }

    /// Puts each empty cluster on the row farthest from all other centroids.
    ///
    /// Of equally far rows the first is taken. A cluster stays where it was when every row sits on
    /// a centroid already: there are fewer distinct rows than clusters.
    fn repair(&self, moved: &mut [f64], members: &[u64]) -> bool {
        if members.iter().all(|&n| n > 0) {
            return false;
        }
        let d = self.matrix.n_features();
        let mut settled: Vec<f64> = moved
            .chunks_exact(d)
            .zip(members)
            .filter(|&(_, &n)| n > 0)
            .flat_map(|(row, _)| row.iter().copied())
            .collect();
        let mut is_repaired = false;
        for (centroid, _) in moved.chunks_exact_mut(d).zip(members).filter(|&(_, &n)| n == 0) {
            let Some(row) = farthest_row(self.matrix, &settled) else { break };
            centroid.copy_from_slice(self.matrix.row(row));
            settled.extend_from_slice(centroid);
            is_repaired = true;
        }
        is_repaired
    }

    /// Adds a move of the centroids to their drift; returns the summed squared shift.
    fn record_drift(&mut self, moved: &[f64]) -> f64 {
        let squared: Vec<f64> = self
            .centroids
            .rows()
            .zip(moved.chunks_exact(self.matrix.n_features()))
            .map(|(before, after)| squared_distance(before, after))
            .collect();
        let (mut fastest, mut runner_up, mut fastest_at) = (0.0_f64, 0.0_f64, usize::MAX);
        for (cluster, &step) in squared.iter().enumerate() {
            if step > fastest {
                (runner_up, fastest, fastest_at) = (fastest, step, cluster);
            } else if step > runner_up {
                runner_up = step;
            }
        }
        for (cluster, ((drift, bound), &step)) in
            self.drift.iter_mut().zip(&mut self.drift_bound).zip(&squared).enumerate()
        {
            let others = if cluster == fastest_at { runner_up } else { fastest };
            *drift += step.sqrt() + others.sqrt();
            // Four roundings of f32, upwards: more than f64 and the conversion can lose.
            *bound = (*drift * (1.0 + 4.0 * f64::from(f32::EPSILON))) as f32;
        }
        squared.iter().sum()
    }

    fn finish(mut self, inertia: f64, n_iterations: usize, is_converged: bool) -> StartFit {
        let keep: Vec<bool> = self.members().iter().map(|&members| members > 0).collect();
        if keep.iter().all(|&keep| keep) {
            let Self { centroids, labels, .. } = self;
            return StartFit { centroids, labels, inertia, n_iterations, is_converged };
        }
        self.centroids.retain(&keep);
        StartFit { n_iterations, is_converged, ..assign(self.matrix, self.centroids) }
    }
}

/// Returns the row farthest from its nearest centroid, the first of equals.
///
/// None when every row of positive weight sits on a centroid.
fn farthest_row(matrix: &RowMatrix, centroids: &[f64]) -> Option<usize> {
    let farthest: Vec<(f64, usize)> = matrix
        .par_chunks()
        .map(|chunk| {
            let mut farthest = (0.0, usize::MAX);
            for_each_panel(chunk.n_features(), chunk.rows(), |first, n, panel| {
                let found = panel.nearest(centroids);
                for (position, &squared) in (first..first + n).zip(&found.best) {
                    if squared > farthest.0 && chunk.weight(position) > 0.0 {
                        farthest = (squared, chunk.first_row + position);
                    }
                }
            });
            farthest
        })
        .collect();
    farthest
        .into_iter()
        .reduce(|first, later| if later.0 > first.0 { later } else { first })
        .filter(|&(squared, _)| squared > 0.0)
        .map(|(_, row)| row)
}

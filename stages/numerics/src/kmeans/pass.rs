//! One assignment pass over a chunk of rows, with bounds and running sums.
//!
//! **Bounds.** A row whose two nearest centroids were `d1 < d2` away keeps its label while the
//! centroids have moved by less than `d2 - d1` since: its own by `m`, any other by at most `M`, and
//! `m + M < d2 - d1` (Hamerly 2010, his two bounds in one number). `drift[label]` sums `m + M` over
//! the passes, so a row stores one key, `drift` at its last look plus its gap, and a pass only reads.
//! Keys are `f32`, rounded towards a needless look; a row is skipped only when no rounding could
//! have made another centroid the nearest, or as near.
//!
//! **Sums.** When few rows of a chunk moved, they are taken from one sum and added to another;
//! otherwise, and with weights, the chunk is summed afresh, in row order. `lloyd.rs` sums everything
//! afresh before it believes in convergence.

#![expect(clippy::inline_always, reason = "called for every row of every pass")]

use super::kernel::{LANES, Nearest, Panel, for_each_panel};
use super::rows::RowChunk;

/// Label of a row that has none yet.
pub(super) const UNLABELLED: u32 = u32::MAX;

/// Part of the rows of a chunk that may move before its sums are made afresh.
const MOVED_SHARE: usize = 8;

/// Share of a gap, relative to the distances, given up to rounding in `f32`: 16 times its epsilon.
const GAP_SLACK: f32 = 2e-6;

/// Distance given up to rounding where squares fall below the range of `f32`.
const GAP_FLOOR: f32 = 1e-18;

/// Where the centroids are, and how far they have drifted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Targets<'a> {
    /// Row-major centroids.
    pub(super) centroids: &'a [f64],
    /// Upper bound of the drift of each.
    pub(super) drift: &'a [f32],
}

/// Labels and bounds of the rows of a chunk.
#[derive(Debug)]
pub(super) struct ChunkLabels<'a> {
    pub(super) labels: &'a mut [u32],
    pub(super) keys: &'a mut [f32],
}

/// Running sums of a chunk: one row of sums, a weight and a count a cluster.
#[derive(Debug, Clone)]
pub(super) struct ChunkSums {
    /// Weighted sums of the rows, `(n_clusters, n_features)`.
    pub(super) sums: Vec<f64>,
    /// Summed weights.
    pub(super) weights: Vec<f64>,
    /// Rows of positive weight.
    pub(super) members: Vec<u64>,
    /// Rows that moved in the last pass, as position in the chunk and label before.
    moved: Vec<(u32, u32)>,
}

/// What one pass over a chunk found.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ChunkOutcome {
    /// Rows whose label changed.
    pub(super) n_changed: usize,
    /// Weighted squared distances to the centroids; of full passes only.
    pub(super) inertia: f64,
}

impl ChunkSums {
    pub(super) fn new(n_clusters: usize, n_features: usize) -> Self {
        Self {
            sums: vec![0.0; n_clusters * n_features],
            weights: vec![0.0; n_clusters],
            members: vec![0; n_clusters],
            moved: Vec::new(),
        }
    }

    /// Looks at every row, and measures the inertia.
    pub(super) fn full_pass(
        &mut self,
        chunk: RowChunk<'_>,
        rows: &mut ChunkLabels<'_>,
        targets: Targets<'_>,
    ) -> ChunkOutcome {
        self.moved.clear();
        let mut outcome = ChunkOutcome::default();
        for_each_panel(chunk.n_features(), chunk.rows(), |first, n, panel| {
            let found = panel.nearest(targets.centroids);
            let keys = keys(&found, targets.drift);
            let results = found.best.iter().zip(&found.index).zip(&keys);
            for (position, ((best, &label), &key)) in (first..first + n).zip(results) {
                outcome.inertia += best * chunk.weight(position);
                outcome.n_changed += self.relabel(rows, position, label, key);
            }
        });
        outcome
    }

    /// Looks at the rows whose bound has run out.
    pub(super) fn bounded_pass(
        &mut self,
        chunk: RowChunk<'_>,
        rows: &mut ChunkLabels<'_>,
        targets: Targets<'_>,
    ) -> ChunkOutcome {
        self.moved.clear();
        let stale = rows.stale(targets.drift);
        let mut panel = Panel::new(chunk.n_features());
        let mut n_changed = 0;
        for group in stale.chunks(LANES) {
            // A short group repeats its first row, whose further results are not read.
            let mut positions = [group.first().copied().unwrap_or(0); LANES];
            positions.iter_mut().zip(group).for_each(|(slot, &position)| *slot = position);
            panel.load(positions.map(|position| chunk.row(position as usize)));
            let found = panel.nearest(targets.centroids);
            let keys = keys(&found, targets.drift);
            for ((&position, &label), &key) in group.iter().zip(&found.index).zip(&keys) {
                n_changed += self.relabel(rows, position as usize, label, key);
            }
        }
        ChunkOutcome { n_changed, inertia: 0.0 }
    }

    #[inline(always)]
    fn relabel(
        &mut self,
        rows: &mut ChunkLabels<'_>,
        position: usize,
        label: u32,
        key: f32,
    ) -> usize {
        let limit = moved_limit(rows.labels.len());
        let (Some(slot), Some(key_slot)) =
            (rows.labels.get_mut(position), rows.keys.get_mut(position))
        else {
            return 0;
        };
        *key_slot = key;
        let before = std::mem::replace(slot, label);
        if before == label {
            return 0;
        }
        if self.moved.len() <= limit {
            self.moved.push((position as u32, before));
        }
        1
    }

    /// Brings the sums up to the labels of the last pass.
    pub(super) fn update(&mut self, chunk: RowChunk<'_>, labels: &[u32]) {
        if self.moved.is_empty() {
            return;
        }
        let has_unlabelled = self.moved.first().is_some_and(|&(_, before)| before == UNLABELLED);
        // Taking a weight away from a much larger sum leaves rounding behind; ones leave none.
        let is_crowd = self.moved.len() > moved_limit(labels.len());
        if has_unlabelled || is_crowd || chunk.is_weighted() {
            self.sum_afresh(chunk, labels);
            return;
        }
        let moved = std::mem::take(&mut self.moved);
        for &(position, before) in &moved {
            let position = position as usize;
            if let Some(&after) = labels.get(position) {
                self.remove(before, chunk.row(position));
                self.add(after, chunk.row(position), 1.0);
            }
        }
        self.moved = moved;
    }

    /// Sums the chunk from nothing, in row order.
    pub(super) fn sum_afresh(&mut self, chunk: RowChunk<'_>, labels: &[u32]) {
        self.sums.fill(0.0);
        self.weights.fill(0.0);
        self.members.fill(0);
        for (position, (row, &label)) in chunk.rows().zip(labels).enumerate() {
            self.add(label, row, chunk.weight(position));
        }
    }

    #[inline(always)]
    fn add(&mut self, cluster: u32, row: &[f64], weight: f64) {
        if let Some((sums, total, members)) = self.cluster(cluster, row.len())
            && weight > 0.0
        {
            *members += 1;
            *total += weight;
            sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += weight * x);
        }
    }

    /// Takes a row of weight 1 away.
    #[inline(always)]
    fn remove(&mut self, cluster: u32, row: &[f64]) {
        if let Some((sums, total, members)) = self.cluster(cluster, row.len()) {
            *members -= 1;
            *total -= 1.0;
            sums.iter_mut().zip(row).for_each(|(sum, x)| *sum -= x);
        }
    }

    #[inline(always)]
    fn cluster(&mut self, cluster: u32, d: usize) -> Option<(&mut [f64], &mut f64, &mut u64)> {
        let cluster = cluster as usize;
        Some((
            self.sums.get_mut(cluster * d..(cluster + 1) * d)?,
            self.weights.get_mut(cluster)?,
            self.members.get_mut(cluster)?,
        ))
    }
}

impl ChunkLabels<'_> {
    /// Returns the positions of the rows that must be looked at, ascending.
    fn stale(&self, drift: &[f32]) -> Vec<u32> {
        // Every position is written, and the end moves on past the stale ones: no branch to guess.
        let mut stale = vec![0; self.labels.len() + 1];
        let mut n_stale = 0;
        for (position, (&label, key)) in self.labels.iter().zip(&*self.keys).enumerate() {
            // A label beyond the clusters is that of a row never looked at. A key of NaN comes from
            // distances beyond f32: such a row is looked at in every pass.
            let drift = drift.get(label as usize).copied().unwrap_or(f32::INFINITY);
            if let Some(slot) = stale.get_mut(n_stale) {
                *slot = position as u32;
            }
            let is_sure = drift < *key;
            n_stale += usize::from(!is_sure);
        }
        stale.truncate(n_stale);
        stale
    }
}

fn moved_limit(n_rows: usize) -> usize {
    n_rows / MOVED_SHARE
}

/// Returns the drift at which each of eight rows has to be looked at again.
#[inline(always)]
fn keys(found: &Nearest, drift: &[f32]) -> [f32; LANES] {
    let mut keys = [0.0; LANES];
    for ((key, &best), &second) in keys.iter_mut().zip(&found.best).zip(&found.second) {
        let d1 = (best as f32).sqrt();
        // Cut to the range of f32: a lower bound stays one.
        let second = if second < f64::from(f32::MAX) { second } else { f64::from(f32::MAX) };
        let d2 = (second as f32).sqrt();
        *key = d2 - d1 - GAP_SLACK * (d1 + d2) - GAP_FLOOR;
    }
    for (key, &label) in keys.iter_mut().zip(&found.index) {
        let drift = drift.get(label as usize).copied().unwrap_or(0.0);
        *key = (*key + drift) * (1.0 - 4.0 * f32::EPSILON);
    }
    keys
}

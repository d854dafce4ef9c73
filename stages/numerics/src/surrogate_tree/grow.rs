//! Splits, level by level: counts of every node, column, bin and label, then the best of each node.

use rayon::prelude::*;

use super::{BinnedColumn, SurrogateParams};

/// Marks rows whose node is a leaf.
const SETTLED: u16 = u16::MAX;

/// What a split must gain, relative to the purity before: less is rounding.
const GAIN_MIN: f64 = 1e-12;

/// A node while the tree grows.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// Rows of each label.
    pub(super) counts: Vec<u32>,
    /// How it was split, if it was.
    pub(super) split: Option<Split>,
}

/// A split: rows of bins up to `bin` go left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub(super) column: usize,
    pub(super) bin: usize,
    /// Positions among the drafts.
    pub(super) left: usize,
    pub(super) right: usize,
}

/// Grows the tree; the first draft is the root.
pub(super) fn grow(
    classes: &[u32],
    n_classes: usize,
    columns: &[BinnedColumn],
    params: SurrogateParams,
) -> Vec<Draft> {
    let mut root = vec![0; n_classes];
    for &class in classes {
        root[class as usize] += 1;
    }
    let mut drafts = vec![Draft { counts: root, split: None }];
    let mut slot_of_row = vec![0_u16; classes.len()];
    let mut frontier = vec![0];
    for _ in 0..params.max_depth {
        let best: Vec<Vec<Option<Candidate>>> = columns
            .par_iter()
            .map(|column| {
                let counts = count(column, classes, n_classes, &slot_of_row, frontier.len());
                let n_cells = column.n_bins() * n_classes;
                let slots = frontier.iter().zip(counts.chunks_exact(n_cells));
                slots
                    .map(|(&node, counts)| best_of_column(counts, &drafts[node].counts, params))
                    .collect()
            })
            .collect();
        let mut next = Vec::new();
        let mut turns = vec![None; frontier.len()];
        for (slot, &node) in frontier.iter().enumerate() {
            // The first of equals: the lower column.
            let candidates = best.iter().enumerate().filter_map(|(column, of_slots)| {
                of_slots[slot].as_ref().map(|candidate| (column, candidate))
            });
            let chosen = candidates
                .reduce(|first, later| if later.1.purity > first.1.purity { later } else { first });
            let Some((column, candidate)) = chosen else { continue };
            let left = drafts.len();
            let right_counts =
                drafts[node].counts.iter().zip(&candidate.left).map(|(all, left)| all - left);
            let right = Draft { counts: right_counts.collect(), split: None };
            drafts.push(Draft { counts: candidate.left.clone(), split: None });
            drafts.push(right);
            drafts[node].split = Some(Split { column, bin: candidate.bin, left, right: left + 1 });
            turns[slot] = Some((column, candidate.bin, next.len() as u16));
            next.extend([left, left + 1]);
        }
        if next.is_empty() {
            break;
        }
        for (row, slot) in slot_of_row.iter_mut().enumerate() {
            *slot = match turns.get(usize::from(*slot)).copied().flatten() {
                Some((column, bin, left)) => {
                    left + u16::from(usize::from(columns[column].bins[row]) > bin)
                }
                None => SETTLED,
            };
        }
        frontier = next;
    }
    drafts
}

/// The best split of a node by one column.
#[derive(Debug)]
struct Candidate {
    bin: usize,
    /// Sum over both sides of the squared counts of labels over their rows: higher is purer.
    purity: f64,
    /// Rows of each label that go left.
    left: Vec<u32>,
}

/// Counts rows by slot, bin and label, in this order.
fn count(
    column: &BinnedColumn,
    classes: &[u32],
    n_classes: usize,
    slot_of_row: &[u16],
    n_slots: usize,
) -> Vec<u32> {
    let n_bins = column.n_bins();
    let mut counts = vec![0; n_slots * n_bins * n_classes];
    for ((&bin, &class), &slot) in column.bins.iter().zip(classes).zip(slot_of_row) {
        let cell = (usize::from(slot) * n_bins + usize::from(bin)) * n_classes + class as usize;
        // Settled rows lie beyond all cells.
        if let Some(count) = counts.get_mut(cell) {
            *count += 1;
        }
    }
    counts
}

/// Returns the purest split between bins, the lowest of equals; none when no split gains.
fn best_of_column(counts: &[u32], all: &[u32], params: SurrogateParams) -> Option<Candidate> {
    let n_all: u32 = all.iter().sum();
    let before = purity(all, n_all);
    let mut best: Option<Candidate> = None;
    let mut left = vec![0_u32; all.len()];
    let mut right = all.to_vec();
    let mut n_left = 0;
    for (bin, of_bin) in counts.chunks_exact(all.len()).enumerate() {
        let n_bin: u32 = of_bin.iter().sum();
        if n_bin == 0 {
            continue;
        }
        left.iter_mut().zip(of_bin).for_each(|(left, n)| *left += n);
        right.iter_mut().zip(of_bin).for_each(|(right, n)| *right -= n);
        n_left += n_bin;
        let n_right = n_all - n_left;
        let n_min = params.n_leaf_rows_min.max(1);
        if (n_left as usize) < n_min || (n_right as usize) < n_min {
            continue;
        }
        let purity = purity(&left, n_left) + purity(&right, n_right);
        let to_beat = best.as_ref().map_or(before * (1.0 + GAIN_MIN), |best| best.purity);
        if purity > to_beat {
            best = Some(Candidate { bin, purity, left: left.clone() });
        }
    }
    best
}

/// Squares are whole numbers, exact below 2^53: up to 94 million rows.
fn purity(counts: &[u32], n: u32) -> f64 {
    let squares: f64 = counts.iter().map(|&n| f64::from(n) * f64::from(n)).sum();
    squares / f64::from(n)
}

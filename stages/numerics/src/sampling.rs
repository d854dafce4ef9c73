//! Seeded draws of rows: plain, by cluster, with replacement.
//!
//! What is drawn depends on the seed and on the order of the rows, never on threads: whoever wants the
//! same sample from the same table gives its rows in the same order, such as by id.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

/// A stream of random numbers of its own for each seed and position.
#[derive(Debug)]
pub(crate) struct Draw(Xoshiro256PlusPlus);

impl Draw {
    /// Returns the stream at `position` of a seed: of a start, a resample, a cluster count.
    pub(crate) fn new(seed: u64, position: usize) -> Self {
        // The golden ratio's odd constant sets streams far apart; SplitMix64 inside does the mixing.
        let offset = (position as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self(Xoshiro256PlusPlus::seed_from_u64(seed.wrapping_add(offset)))
    }

    /// Returns a number in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Returns a whole number in `[0, bound)`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((self.unit() * bound as f64) as usize).min(bound.saturating_sub(1))
    }
}

/// Returns `n_wanted` different rows of `n_rows`, ascending; all when there are no more.
///
/// Selection sampling (Knuth, TAOCP 3.4.2, algorithm S): every subset has the same chance.
pub(crate) fn sample_rows(n_rows: usize, n_wanted: usize, draw: &mut Draw) -> Vec<usize> {
    if n_wanted >= n_rows {
        return (0..n_rows).collect();
    }
    let mut rows = Vec::with_capacity(n_wanted);
    for row in 0..n_rows {
        if draw.unit() * ((n_rows - row) as f64) < (n_wanted - rows.len()) as f64 {
            rows.push(row);
        }
    }
    rows
}

/// Returns as many different rows of each cluster as are wanted of it, ascending.
///
/// `sizes` counts the rows of each label; no more than that may be wanted.
pub(crate) fn sample_rows_by_cluster(
    label_of_row: &[u32],
    sizes: &[usize],
    wanted: &[usize],
    draw: &mut Draw,
) -> Vec<usize> {
    let (mut left, mut wanted) = (sizes.to_vec(), wanted.to_vec());
    let mut rows = Vec::with_capacity(wanted.iter().sum());
    for (row, &label) in label_of_row.iter().enumerate() {
        let (Some(left), Some(wanted)) =
            (left.get_mut(label as usize), wanted.get_mut(label as usize))
        else {
            continue;
        };
        if draw.unit() * (*left as f64) < *wanted as f64 {
            *wanted -= 1;
            rows.push(row);
        }
        *left -= 1;
    }
    rows
}

/// Returns how often each of `n_rows` rows is drawn in `n_rows` draws with replacement.
pub(crate) fn bootstrap_counts(n_rows: usize, draw: &mut Draw) -> Vec<u32> {
    let mut counts = vec![0; n_rows];
    for _ in 0..n_rows {
        if let Some(count) = counts.get_mut(draw.below(n_rows)) {
            *count += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_row_is_sampled_about_equally_often() {
        let mut hits = [0_u32; 10];
        for position in 0..10_000 {
            for row in sample_rows(10, 3, &mut Draw::new(5, position)) {
                hits[row] += 1;
            }
        }
        // Binomial of 10,000 draws at 0.3: deviation 46; five of them.
        assert!(hits.iter().all(|&n| n.abs_diff(3_000) < 230), "{hits:?}");
    }

    #[test]
    fn bootstrap_leaves_out_about_a_share_of_one_in_e() {
        let counts = bootstrap_counts(10_000, &mut Draw::new(1, 0));
        assert_eq!(counts.iter().sum::<u32>(), 10_000);
        let n_left_out = counts.iter().filter(|&&n| n == 0).count();
        assert!(n_left_out.abs_diff(3_679) < 250, "{n_left_out} left out");
    }

    proptest! {
        #[test]
        fn samples_are_ascending_and_of_the_wanted_size(
            n_rows in 0_usize..200, n_wanted in 0_usize..250, seed: u64,
        ) {
            let rows = sample_rows(n_rows, n_wanted, &mut Draw::new(seed, 0));
            prop_assert_eq!(rows.len(), n_wanted.min(n_rows));
            prop_assert!(rows.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(rows.iter().all(|&row| row < n_rows));
        }

        #[test]
        fn every_cluster_gives_what_is_wanted_of_it(
            labels in prop::collection::vec(0_u32..4, 1..100), seed: u64,
        ) {
            let count = |labels: &mut dyn Iterator<Item = u32>| {
                labels.fold(vec![0_usize; 4], |mut sizes, label| {
                    sizes[label as usize] += 1;
                    sizes
                })
            };
            let sizes = count(&mut labels.iter().copied());
            let wanted: Vec<usize> = sizes.iter().map(|size| size.div_ceil(2)).collect();
            let rows = sample_rows_by_cluster(&labels, &sizes, &wanted, &mut Draw::new(seed, 0));
            prop_assert_eq!(count(&mut rows.iter().map(|&row| labels[row])), wanted);
        }
    }
}

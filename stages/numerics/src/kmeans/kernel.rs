//! The distance kernel: eight rows at once.
//!
//! It says its vectors aloud (`wide`, SSE2 or NEON), for any number of features and clusters. Left to
//! the optimiser the same loops come out up to four times slower, depending on its level and mood;
//! vectors wider than the baseline bought nothing.

#![expect(clippy::inline_always, reason = "sums and minima stay in registers only as one piece")]

use wide::f64x2;

/// Rows looked at together: four registers of sums hide the latency of an addition.
pub(crate) const LANES: usize = 8;

/// Eight values in the registers every 64-bit machine has.
type Lanes = [f64x2; LANES / 2];

/// From here to 2^53 an `f64` counts in its low bits: a compare of `f64` can then select the index of
/// a centroid lane by lane, without a conversion, which SSE2 has for one lane only.
const COUNT_FROM: f64 = (1_u64 << 52) as f64;

/// Eight rows, turned: for each feature, its eight values.
#[derive(Debug, Clone)]
pub(crate) struct Panel(Vec<Lanes>);

/// The nearest centroid of eight rows, and how near the two nearest are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nearest {
    /// Index of the nearest centroid; of equal ones the lower.
    pub(crate) index: [u32; LANES],
    /// Squared distance to it; infinite when there is no centroid.
    pub(crate) best: [f64; LANES],
    /// Squared distance to the second nearest; infinite when there is one centroid.
    pub(crate) second: [f64; LANES],
}

impl Panel {
    pub(crate) fn new(n_features: usize) -> Self {
        Self(vec![[f64x2::ZERO; LANES / 2]; n_features])
    }

    /// Turns eight rows into columns, two rows and two features at a time.
    #[inline(always)]
    pub(crate) fn load(&mut self, rows: [&[f64]; LANES]) {
        let (squares, odd) = self.0.as_chunks_mut::<2>();
        let (row_pairs, _) = rows.as_chunks::<2>();
        for (pair, [a, b]) in row_pairs.iter().enumerate() {
            let ((a, odd_a), (b, odd_b)) = (a.as_chunks::<2>(), b.as_chunks::<2>());
            for (([first, second], &a), &b) in squares.iter_mut().zip(a).zip(b) {
                [first[pair], second[pair]] = f64x2::transpose([f64x2::new(a), f64x2::new(b)]);
            }
            for ((lanes, &a), &b) in odd.iter_mut().zip(odd_a).zip(odd_b) {
                lanes[pair] = f64x2::new([a, b]);
            }
        }
    }

    /// Lowers squared distances to those to a centroid, features summed in their order.
    #[inline(always)]
    pub(crate) fn lower(&self, bounds: &[f64; LANES], centroid: &[f64]) -> [f64; LANES] {
        let mut squared = self.squared(centroid);
        let (bounds, _) = bounds.as_chunks::<2>();
        for (squared, &bounds) in squared.iter_mut().zip(bounds) {
            *squared = squared.fast_min(f64x2::new(bounds));
        }
        to_array(squared)
    }

    /// Finds the nearest centroids; `centroids` is row-major, as wide as the panel.
    #[inline(always)]
    pub(crate) fn nearest(&self, centroids: &[f64]) -> Nearest {
        let mut best = [f64x2::splat(f64::INFINITY); LANES / 2];
        let mut second = best;
        let mut index = [f64x2::splat(COUNT_FROM); LANES / 2];
        let mut cluster = f64x2::splat(COUNT_FROM);
        for centroid in centroids.chunks_exact(self.0.len()) {
            let squared = self.squared(centroid);
            for (((best, second), index), squared) in
                best.iter_mut().zip(&mut second).zip(&mut index).zip(squared)
            {
                let is_nearer = squared.simd_lt(*best);
                *second = second.fast_min(best.fast_max(squared));
                *best = squared.fast_min(*best);
                *index = is_nearer.select(cluster, *index);
            }
            cluster += f64x2::ONE;
        }
        Nearest {
            index: to_array(index).map(|count| count.to_bits() as u32),
            best: to_array(best),
            second: to_array(second),
        }
    }

    /// Sums the distances of the eight rows to each of `others`, row-major, in their order.
    #[inline(always)]
    pub(crate) fn distance_sums(&self, others: &[f64]) -> [f64; LANES] {
        let mut sums = [f64x2::ZERO; LANES / 2];
        for other in others.chunks_exact(self.0.len()) {
            for (sum, squared) in sums.iter_mut().zip(self.squared(other)) {
                *sum += squared.sqrt();
            }
        }
        to_array(sums)
    }

    #[inline(always)]
    fn squared(&self, centroid: &[f64]) -> Lanes {
        let mut sums = [f64x2::ZERO; LANES / 2];
        for (lanes, &c) in self.0.iter().zip(centroid) {
            let c = f64x2::splat(c);
            for (sum, &values) in sums.iter_mut().zip(lanes) {
                let difference = values - c;
                *sum += difference * difference;
            }
        }
        sums
    }
}

#[inline(always)]
fn to_array(lanes: Lanes) -> [f64; LANES] {
    let [a, b, c, d] = lanes.map(f64x2::to_array);
    [a[0], a[1], b[0], b[1], c[0], c[1], d[0], d[1]]
}

/// Calls `look` with each eight consecutive rows: the position of the first, how many there are, and
/// the panel. The last panel repeats the last row up to eight.
#[inline(always)]
pub(crate) fn for_each_panel<'a>(
    n_features: usize,
    rows: impl ExactSizeIterator<Item = &'a [f64]>,
    mut look: impl FnMut(usize, usize, &Panel),
) {
    let mut panel = Panel::new(n_features);
    let mut rows = rows;
    let mut first = 0;
    while rows.len() > 0 {
        let n = rows.len().min(LANES);
        let mut last: &[f64] = &[];
        panel.load(std::array::from_fn(|_| {
            last = rows.next().unwrap_or(last);
            last
        }));
        look(first, n, &panel);
        first += n;
    }
}

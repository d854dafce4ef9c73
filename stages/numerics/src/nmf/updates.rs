//! Multiplicative updates of both factors.
//!
//! Topics are padded to `K`, so that loops over them have a length known to the compiler. A padded
//! topic is 0 throughout, and multiplication leaves it so.

use rayon::prelude::*;

use super::rows::{ROWS_PER_CHUNK, SparseChunk, SparseRows};

/// Least denominator of an update.
const DENOMINATOR_MIN: f64 = 1e-12;

/// One number a topic.
pub(super) type Lanes<const K: usize> = [f64; K];

/// Products of the weights with the data and with themselves.
#[derive(Debug, Clone)]
pub(super) struct Products<const K: usize> {
    /// `Xᵀ W`, a row a feature.
    data: Vec<Lanes<K>>,
    /// `Wᵀ W`.
    gram: [Lanes<K>; K],
}

impl<const K: usize> Products<K> {
    fn zeros(n_features: usize) -> Self {
        Self { data: vec![[0.0; K]; n_features], gram: [[0.0; K]; K] }
    }

    fn add(&mut self, other: &Self) {
        let own = self.data.iter_mut().chain(&mut self.gram);
        for (own, other) in own.zip(other.data.iter().chain(&other.gram)) {
            own.iter_mut().zip(other).for_each(|(own, other)| *own += other);
        }
    }

    /// Returns `½ ‖X - W H‖²` from `‖X‖²`, by the trace; 0 where rounding would make it negative.
    pub(super) fn half_squared_error(&self, squares: f64, topics: &[Lanes<K>]) -> f64 {
        let cross: f64 = self.data.iter().zip(topics).map(|(a, h)| dot(a, h)).sum();
        let of_fit: f64 = self.gram.iter().zip(&gram(topics)).map(|(w, h)| dot(w, h)).sum();
        (0.5 * (squares - 2.0 * cross + of_fit)).max(0.0)
    }

    /// Updates the topics, a row a feature: `H ← H ∘ (Wᵀ X) / (Wᵀ W H)`.
    pub(super) fn update_topics(&self, topics: &mut [Lanes<K>]) {
        for (topics, data) in topics.iter_mut().zip(&self.data) {
            multiply(topics, data, &self.gram);
        }
    }
}

/// Updates the weights chunk by chunk, `W ← W ∘ (X Hᵀ) / (W H Hᵀ)`, and returns their products.
///
/// Without `is_updating` the weights stay, and only their products are taken.
/// Chunks are summed in their order: the result does not depend on the number of threads.
pub(super) fn update_weights<const K: usize>(
    rows: &SparseRows,
    weights: &mut [Lanes<K>],
    topics: &[Lanes<K>],
    is_updating: bool,
) -> Products<K> {
    let gram = gram(topics);
    let by_chunk: Vec<Products<K>> = rows
        .chunks
        .par_iter()
        .zip(weights.par_chunks_mut(ROWS_PER_CHUNK))
        .map(|(chunk, weights)| update_chunk(chunk, weights, topics, &gram, is_updating))
        .collect();
    let mut total = Products::zeros(rows.n_features);
    for products in &by_chunk {
        total.add(products);
    }
    total
}

fn update_chunk<const K: usize>(
    chunk: &SparseChunk,
    weights: &mut [Lanes<K>],
    topics: &[Lanes<K>],
    gram: &[Lanes<K>; K],
    is_updating: bool,
) -> Products<K> {
    let mut products = Products::zeros(topics.len());
    for (cells, weights) in chunk.rows().zip(weights) {
        if is_updating {
            multiply(weights, &project(cells, topics), gram);
        }
        for &(column, x) in cells {
            if let Some(sums) = products.data.get_mut(column as usize) {
                sums.iter_mut().zip(&*weights).for_each(|(sum, w)| *sum += x * w);
            }
        }
        for (sums, &own) in products.gram.iter_mut().zip(&*weights) {
            sums.iter_mut().zip(&*weights).for_each(|(sum, w)| *sum += own * w);
        }
    }
    products
}

/// Returns `H x` of a sparse row.
#[inline]
pub(super) fn project<const K: usize>(cells: &[(u32, f64)], topics: &[Lanes<K>]) -> Lanes<K> {
    let mut sums = [0.0; K];
    for &(column, x) in cells {
        if let Some(topics) = topics.get(column as usize) {
            sums.iter_mut().zip(topics).for_each(|(sum, h)| *sum += x * h);
        }
    }
    sums
}

/// One multiplicative update of a vector: each part times its numerator over its denominator.
#[inline]
fn multiply<const K: usize>(vector: &mut Lanes<K>, numerator: &Lanes<K>, gram: &[Lanes<K>; K]) {
    let mut denominator = [0.0; K];
    for (&own, row) in vector.iter().zip(gram) {
        denominator.iter_mut().zip(row).for_each(|(sum, g)| *sum += own * g);
    }
    for ((own, n), d) in vector.iter_mut().zip(numerator).zip(denominator) {
        *own *= n / d.max(DENOMINATOR_MIN);
    }
}

/// Returns the sums over features of products of topics, `H Hᵀ`.
pub(super) fn gram<const K: usize>(topics: &[Lanes<K>]) -> [Lanes<K>; K] {
    let mut gram = [[0.0; K]; K];
    for topics in topics {
        for (row, &own) in gram.iter_mut().zip(topics) {
            row.iter_mut().zip(topics).for_each(|(sum, h)| *sum += own * h);
        }
    }
    gram
}

fn dot<const K: usize>(a: &Lanes<K>, b: &Lanes<K>) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

//! The starts, the iterations, when they stop, the best.

use super::params::TOPICS_MAX;
use super::rows::{SparseRows, check_values};
use super::updates::{Lanes, update_weights};
use super::{NmfError, NmfStart, NmfValidParams, Topics};
use crate::kmeans::{Columns, KMeansError, KMeansParams};

/// Iterations over which the error must have fallen, as in scikit-learn.
const PATIENCE: usize = 10;

/// Iterations of the k-means that topics start from: they need not be settled.
const START_ITERATIONS: usize = 10;

/// Sets the seeds of starts far apart: the golden ratio in 64 bits, made odd.
const SEED_STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Share of the mean value that a starting topic has at least, since a 0 would stay 0.
const START_MIN: f64 = 0.01;

/// A finished factorisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Nmf {
    /// The topics, that of the largest total weight first.
    pub topics: Topics,
    /// Weights of the rows, row-major `(n_rows, n_topics)`: those of [`Topics::transform`].
    ///
    /// When rows are shares, so nearly are these: they sum to about 1.
    pub weights: Vec<f64>,
    /// Half the squared Frobenius norm of `X - W H` after each iteration of the start that was
    /// kept, never rising.
    pub half_squared_errors: Vec<f64>,
    /// Whether the error came to rest before the iterations ran out.
    pub is_converged: bool,
}

impl NmfValidParams {
    /// Factorises the columns, of values from 0.
    ///
    /// The result does not depend on the number of threads or on how rows are chunked. Cost
    /// O(starts · iterations · cells above 0 · topics); memory 16 bytes a cell above 0, 16 bytes a row
    /// and topic, and a copy of the columns while a start is sought.
    ///
    /// # Errors
    ///
    /// [`NmfError`] when a value is negative or not finite, or a given start has another shape.
    pub fn fit(&self, columns: &Columns<'_>) -> Result<Nmf, NmfError> {
        let rows = SparseRows::from_columns(columns)?;
        let n_starts = match self.start() {
            NmfStart::Clusters => self.n_starts(),
            NmfStart::Given { .. } => 1,
        };
        let mut best = self.run(&rows, &self.first_factors(columns, &rows, 0)?);
        for start in 1..n_starts {
            let other = self.run(&rows, &self.first_factors(columns, &rows, start)?);
            if other.last_error() < best.last_error() {
                best = other;
            }
        }
        let weights = best.topics.weights_of(&rows);
        let (topics, weights) = largest_first(&best.topics, &weights);
        Ok(Nmf {
            topics,
            weights,
            half_squared_errors: best.half_squared_errors,
            is_converged: best.is_converged,
        })
    }

    fn first_factors(
        &self,
        columns: &Columns<'_>,
        rows: &SparseRows,
        start: usize,
    ) -> Result<FirstFactors, NmfError> {
        let n_topics = self.n_topics();
        let check_shape = |what, expected, values: &[f64]| {
            if values.len() != expected {
                return Err(NmfError::StartShape { what, expected, found: values.len() });
            }
            check_values(what, values)
        };
        match self.start() {
            NmfStart::Given { weights, topics } => {
                check_shape("weights", rows.n_rows * n_topics, weights)?;
                check_shape("topics", n_topics * rows.n_features, topics)?;
                let topics = Topics::from_rows(rows.n_features, topics.clone());
                Ok(FirstFactors { topics, weights: Some(weights.clone()) })
            }
            NmfStart::Clusters => {
                let seed = self.seed().wrapping_add(SEED_STEP.wrapping_mul(start as u64));
                let clusters = KMeansParams::new(n_topics)
                    .n_starts(1)
                    .max_iterations(START_ITERATIONS)
                    .seed(seed)
                    .check()
                    .map_err(KMeansError::from)?
                    .fit_columns(columns, None)?;
                let mean = rows.sums().0 / (rows.n_rows * rows.n_features).max(1) as f64;
                // With fewer distinct rows than topics there are fewer clusters; the topics left
                // over start even.
                let mut topics = clusters.centroids.values().to_vec();
                topics.resize(n_topics * rows.n_features, 0.0);
                for value in &mut topics {
                    *value += START_MIN * mean;
                }
                let topics = Topics::from_rows(rows.n_features, topics);
                Ok(FirstFactors { topics, weights: None })
            }
        }
    }

    fn run(&self, rows: &SparseRows, first: &FirstFactors) -> Run {
        match self.n_topics() {
            0..=4 => self.iterate::<4>(rows, first),
            5..=8 => self.iterate::<8>(rows, first),
            9..=16 => self.iterate::<16>(rows, first),
            17..=32 => self.iterate::<32>(rows, first),
            _ => self.iterate::<TOPICS_MAX>(rows, first),
        }
    }

    fn iterate<const K: usize>(&self, rows: &SparseRows, first: &FirstFactors) -> Run {
        let n_topics = self.n_topics();
        let mut topics: Vec<Lanes<K>> = first.topics.by_feature();
        let mut weights = first.padded_weights(rows.n_rows, n_topics);
        // Weights that are not given begin even and are updated once under the first topics.
        let mut products = update_weights(rows, &mut weights, &topics, first.weights.is_none());
        let (_, squares) = rows.sums();

        let mut half_squared_errors: Vec<f64> = Vec::new();
        let mut is_converged = false;
        while half_squared_errors.len() < self.max_iterations() && !is_converged {
            products.update_topics(&mut topics);
            products = update_weights(rows, &mut weights, &topics, true);
            let error = products.half_squared_error(squares, &topics);
            half_squared_errors.push(error);
            let before = half_squared_errors.iter().rev().nth(PATIENCE);
            is_converged = before
                .zip(half_squared_errors.first())
                .is_some_and(|(before, first)| before - error <= self.tolerance() * first);
        }
        let topics = Topics::from_rows(rows.n_features, shares(&topics, n_topics));
        Run { topics, half_squared_errors, is_converged }
    }
}

/// What one start came to.
struct Run {
    topics: Topics,
    half_squared_errors: Vec<f64>,
    is_converged: bool,
}

impl Run {
    fn last_error(&self) -> f64 {
        self.half_squared_errors.last().copied().unwrap_or(f64::INFINITY)
    }
}

/// What the iterations begin with.
struct FirstFactors {
    topics: Topics,
    weights: Option<Vec<f64>>,
}

impl FirstFactors {
    fn padded_weights<const K: usize>(&self, n_rows: usize, n_topics: usize) -> Vec<Lanes<K>> {
        let mut padded = vec![[0.0; K]; n_rows];
        match &self.weights {
            None => padded.iter_mut().for_each(|lanes| {
                lanes.iter_mut().take(n_topics).for_each(|lane| *lane = 1.0);
            }),
            Some(weights) => {
                for (lanes, weights) in padded.iter_mut().zip(weights.chunks_exact(n_topics)) {
                    lanes.iter_mut().zip(weights).for_each(|(lane, &weight)| *lane = weight);
                }
            }
        }
        padded
    }
}

/// Returns topics row by row, each divided by its sum.
fn shares<const K: usize>(topics: &[Lanes<K>], n_topics: usize) -> Vec<f64> {
    let of_topic = |topic: usize| topics.iter().filter_map(move |lanes| lanes.get(topic).copied());
    (0..n_topics)
        .flat_map(|topic| {
            let sum: f64 = of_topic(topic).sum();
            of_topic(topic).map(move |value| if sum > 0.0 { value / sum } else { 0.0 })
        })
        .collect()
}

/// Orders topics by their total weight, the largest first, equal ones as they were.
fn largest_first(topics: &Topics, weights: &[f64]) -> (Topics, Vec<f64>) {
    let n_topics = topics.n_topics();
    let mut totals = vec![0.0; n_topics];
    for row in weights.chunks_exact(n_topics) {
        totals.iter_mut().zip(row).for_each(|(total, weight)| *total += weight);
    }
    let mut ranked: Vec<(f64, usize, &[f64])> = totals
        .into_iter()
        .zip(topics.rows())
        .enumerate()
        .map(|(i, (t, row))| (t, i, row))
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let values = ranked.iter().flat_map(|(_, _, row)| row.iter().copied()).collect();
    let weights = weights
        .chunks_exact(n_topics)
        .flat_map(|row| ranked.iter().filter_map(|&(_, topic, _)| row.get(topic).copied()))
        .collect();
    (Topics::from_rows(topics.n_features(), values), weights)
}

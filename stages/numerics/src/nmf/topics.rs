//! Topics, and the weights of any row under them.

use rayon::prelude::*;

use super::NmfError;
use super::params::TOPICS_MAX;
use super::rows::{ROWS_PER_CHUNK, SparseRows, check_values};
use super::updates::{Lanes, gram, project};
use crate::kmeans::Columns;

/// Change of a weight, relative to the largest, that counts as none.
const STILL_WITHIN: f64 = 1e-12;

/// Most rounds over the topics of a row; nearly equal topics need many.
const ROUNDS_MAX: usize = 2_000;

/// Topics, row-major `(n_topics, n_features)`, each of sum 1 (or 0 when no row has it).
#[derive(Debug, Clone, PartialEq)]
pub struct Topics {
    n_features: usize,
    values: Vec<f64>,
}

impl Topics {
    /// Takes stored topics, row-major; they are used as they are.
    ///
    /// # Errors
    ///
    /// [`NmfError`] when the values are no 1 to 64 rows, or one is negative or not finite.
    pub fn new(n_features: usize, values: Vec<f64>) -> Result<Self, NmfError> {
        let n_topics = values.len().checked_div(n_features).unwrap_or(0);
        if n_topics * n_features != values.len() || !(1..=TOPICS_MAX).contains(&n_topics) {
            return Err(NmfError::TopicShape { n_values: values.len(), n_features });
        }
        check_values("topics", &values)?;
        Ok(Self { n_features, values })
    }

    /// Wraps values that are known to be non-negative whole rows.
    pub(super) fn from_rows(n_features: usize, values: Vec<f64>) -> Self {
        Self { n_features, values }
    }

    /// Returns the number of topics.
    pub fn n_topics(&self) -> usize {
        self.values.len() / self.n_features
    }

    /// Returns the number of features of a topic.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Returns all values, row-major.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns the topics, each the share of every feature in it.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.n_features)
    }

    /// Returns the best weights of rows under these topics, row-major `(n_rows, n_topics)`.
    ///
    /// Least squares without negative weights, solved coordinate by coordinate (Franc, Hlaváč and
    /// Navara 2005) until nothing moves. A row's weights depend on that row alone, so that a new
    /// customer is read as an old one would be; those of an empty row are 0.
    ///
    /// # Errors
    ///
    /// [`NmfError`] when the columns are not those of the topics, or a value is negative or not
    /// finite.
    pub fn transform(&self, columns: &Columns<'_>) -> Result<Vec<f64>, NmfError> {
        if columns.n_features() != self.n_features {
            let (expected, found) = (self.n_features, columns.n_features());
            return Err(NmfError::Features { expected, found });
        }
        Ok(self.weights_of(&SparseRows::from_columns(columns)?))
    }

    pub(super) fn weights_of(&self, rows: &SparseRows) -> Vec<f64> {
        match self.n_topics() {
            0..=4 => self.padded_weights_of::<4>(rows),
            5..=8 => self.padded_weights_of::<8>(rows),
            9..=16 => self.padded_weights_of::<16>(rows),
            17..=32 => self.padded_weights_of::<32>(rows),
            _ => self.padded_weights_of::<TOPICS_MAX>(rows),
        }
    }

    fn padded_weights_of<const K: usize>(&self, rows: &SparseRows) -> Vec<f64> {
        let n_topics = self.n_topics();
        let topics: Vec<Lanes<K>> = self.by_feature();
        let gram = gram(&topics);
        let mut weights = vec![0.0; rows.n_rows * n_topics];
        rows.chunks.par_iter().zip(weights.par_chunks_mut(ROWS_PER_CHUNK * n_topics)).for_each(
            |(chunk, weights)| {
                for (cells, weights) in chunk.rows().zip(weights.chunks_exact_mut(n_topics)) {
                    let found = non_negative_least_squares(&gram, &project(cells, &topics));
                    weights.iter_mut().zip(found).for_each(|(weight, found)| *weight = found);
                }
            },
        );
        weights
    }

    /// Returns the topics turned and padded: a row a feature.
    pub(super) fn by_feature<const K: usize>(&self) -> Vec<Lanes<K>> {
        let mut turned = vec![[0.0; K]; self.n_features];
        for (topic, values) in self.rows().enumerate() {
            for (lanes, &value) in turned.iter_mut().zip(values) {
                if let Some(lane) = lanes.get_mut(topic) {
                    *lane = value;
                }
            }
        }
        turned
    }
}

/// Returns the `w >= 0` that minimises `½ wᵀ G w - bᵀ w`.
fn non_negative_least_squares<const K: usize>(gram: &[Lanes<K>; K], target: &Lanes<K>) -> Lanes<K> {
    let mut weights = [0.0; K];
    // Minus the gradient, kept up to date as weights change.
    let mut residual = *target;
    let largest = target.iter().fold(0.0, |largest: f64, b| largest.max(*b));
    for _ in 0..ROUNDS_MAX {
        let mut moved: f64 = 0.0;
        for (topic, row) in gram.iter().enumerate() {
            let (Some(weight), Some(&slope), Some(&curvature)) =
                (weights.get_mut(topic), residual.get(topic), row.get(topic))
            else {
                continue;
            };
            if curvature <= 0.0 {
                continue;
            }
            let before = *weight;
            *weight = (before + slope / curvature).max(0.0);
            let step = *weight - before;
            residual.iter_mut().zip(row).for_each(|(residual, g)| *residual -= step * g);
            moved = moved.max(step.abs() * curvature);
        }
        if moved <= STILL_WITHIN * largest {
            break;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn weights_are_those_of_least_squares_where_none_is_negative() {
        // Topics (1/2, 1/2, 0) and (0, 1/2, 1/2): the row (1, 3, 2) is 2 of the first, 4 of the
        // second; (1, 0, 0) is best met by the first alone: 1/2 over 1/2.
        let topics = Topics::new(3, vec![0.5, 0.5, 0.0, 0.0, 0.5, 0.5]).expect("two topics");
        let columns = Columns::new(&[&[1.0, 1.0, 0.0], &[3.0, 0.0, 0.0], &[2.0, 0.0, 0.0]]);
        let weights = topics.transform(&columns.expect("a table")).expect("from 0");
        for (found, expected) in weights.iter().zip([2.0, 4.0, 1.0, 0.0, 0.0, 0.0]) {
            assert!((found - expected).abs() < 1e-10, "{weights:?}");
        }
        let narrow = Columns::new(&[&[1.0]]).expect("a table");
        let error = topics.transform(&narrow).expect_err("is refused");
        assert_eq!(error.to_string(), "1 column(s), expected 3 as the topics have");
        assert!(Topics::new(2, vec![1.0]).is_err() && Topics::new(1, vec![-1.0]).is_err());
        assert!(Topics::new(0, vec![]).is_err());
    }

    proptest! {
        #[test]
        fn weights_meet_the_conditions_of_kuhn_and_tucker(
            topics in prop::collection::vec(0.0..1.0_f64, 15),
            row in prop::collection::vec(0.0..1.0_f64, 5),
        ) {
            let model = Topics::new(5, topics).expect("three topics");
            let cells: Vec<[f64; 1]> = row.iter().map(|&x| [x]).collect();
            let slices: Vec<&[f64]> = cells.iter().map(|cell| &cell[..]).collect();
            let columns = Columns::new(&slices).expect("a table");
            let weights = model.transform(&columns).expect("from 0");
            let left: Vec<f64> = (0..5)
                .map(|feature| {
                    let fitted = weights.iter().zip(model.rows());
                    row[feature] - fitted.map(|(w, topic)| w * topic[feature]).sum::<f64>()
                })
                .collect();
            for (weight, topic) in weights.iter().zip(model.rows()) {
                // Minus the gradient: 0 where the weight is free, not above 0 where it is held.
                let slope: f64 = left.iter().zip(topic).map(|(left, h)| left * h).sum();
                prop_assert!(slope < 1e-8 && (*weight == 0.0 || slope.abs() < 1e-8), "{}", slope);
            }
        }
    }
}

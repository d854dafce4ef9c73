//! Topics, and the weights of any row under them.

use rayon::prelude::*;

use super::params::TOPICS_MAX;
use super::rows::{ROWS_PER_CHUNK, SparseRows, check_values};
use super::updates::{Lanes, gram, project};
use super::{NmfError, least_squares};
use crate::kmeans::Columns;

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
    /// Least squares without negative weights, solved exactly. A row's weights depend on that row
    /// alone, so that a new customer is read as an old one would be; those of an empty row are 0.
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
                    let found = least_squares::non_negative(&gram, &project(cells, &topics));
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

#[cfg(test)]
mod tests {
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
}

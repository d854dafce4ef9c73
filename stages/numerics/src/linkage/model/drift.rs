//! Whether a frozen model still describes the pairs.

use super::Model;
use crate::drift::population_stability_index;

/// Records, as a multiple of those of the training, from which on a model is to be trained again: who came
/// since may have what those before had not, a second record for instance.
const OUTGROWN: f64 = 1.5;

/// Index of a comparison from which on its model is to be trained again.
const REFIT: f64 = 0.1;

impl Model {
    /// The population stability index of each comparison: levels of tonight's candidate pairs against
    /// those of the training, pairs that are not comparable included.
    ///
    /// `n_pairs` has the counts of tonight, in the form of
    /// [`ComparisonModel::n_pairs`](super::ComparisonModel::n_pairs). None where a side has no pair.
    pub fn drift(&self, n_pairs: &[Vec<u64>]) -> Vec<Option<f64>> {
        let sides = self.comparisons.iter().zip(n_pairs);
        sides.map(|(own, n)| population_stability_index(&own.n_pairs, n).ok()).collect()
    }

    /// Whether half as many records again have come since the training. That some are missing tonight is
    /// no reason: a feed may be late.
    pub fn is_outgrown(&self, n_records: usize) -> bool {
        n_records as f64 > OUTGROWN * self.n_records as f64
    }

    /// Whether some comparison has drifted by more than 0.1, the usual limit of a small change.
    pub fn has_drifted(&self, n_pairs: &[Vec<u64>]) -> bool {
        self.drift(n_pairs).iter().any(|index| index.is_some_and(|index| index > REFIT))
    }
}

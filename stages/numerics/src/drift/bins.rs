//! Bins between quantiles of a reference, stored so that later nights fall into the same ones.

use std::num::NonZeroU32;

use super::DriftError;
use crate::transform::quantile;

/// Edges between bins, ascending.
///
/// With `m` edges there are `m + 2` bins: values up to the first edge, up to each further edge,
/// above the last, and at the very end those that are missing (NaN), so that a feature which
/// stops arriving drifts as well.
#[derive(Debug, Clone, PartialEq)]
pub struct BinEdges {
    edges: Vec<f64>,
}

impl BinEdges {
    /// Takes stored edges, which must ascend strictly.
    ///
    /// # Errors
    ///
    /// [`DriftError::Edge`].
    pub fn new(edges: Vec<f64>) -> Result<Self, DriftError> {
        let mut previous = f64::NEG_INFINITY;
        for (position, &edge) in edges.iter().enumerate() {
            if !edge.is_finite() || edge <= previous {
                return Err(DriftError::Edge { position, edge });
            }
            previous = edge;
        }
        Ok(Self { edges })
    }

    /// Learns edges as the inner quantiles (type 7) of a reference: 10 bins have deciles for edges.
    ///
    /// Equal quantiles make one edge, so that a value which many share has a bin to itself and
    /// there may be fewer bins than asked for. Where all values are equal, there is a bin below
    /// and one above them. Values that are not finite are left out. O(N log N).
    ///
    /// # Errors
    ///
    /// [`DriftError::EmptyReference`] when no finite value is left.
    pub fn from_quantiles(reference: &[f64], n_bins: NonZeroU32) -> Result<Self, DriftError> {
        // Adding 0 turns -0 into 0, which it equals.
        let mut ascending: Vec<f64> =
            reference.iter().filter(|x| x.is_finite()).map(|x| x + 0.0).collect();
        ascending.sort_unstable_by(f64::total_cmp);
        let (Some(&min), Some(&max)) = (ascending.first(), ascending.last()) else {
            return Err(DriftError::EmptyReference);
        };
        if min.total_cmp(&max).is_eq() {
            let edges = [min.next_down(), min].into_iter().filter(|edge| edge.is_finite());
            return Ok(Self { edges: edges.collect() });
        }
        let mut edges: Vec<f64> = (1..n_bins.get())
            .filter_map(|i| quantile(&ascending, f64::from(i) / f64::from(n_bins.get())))
            .collect();
        edges.dedup_by(|later, earlier| *later <= *earlier);
        Ok(Self { edges })
    }

    /// Returns the edges, ascending, to be stored with the model.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Returns the number of bins, the one of missing values among them.
    pub fn n_bins(&self) -> usize {
        self.edges.len() + 2
    }

    /// Counts values into the bins; shape `(n_bins,)`, missing values last.
    pub fn counts(&self, values: &[f64]) -> Vec<u64> {
        let mut counts = vec![0; self.n_bins()];
        for &value in values {
            let bin = if value.is_nan() {
                self.edges.len() + 1
            } else {
                self.edges.partition_point(|&edge| edge < value)
            };
            if let Some(count) = counts.get_mut(bin) {
                *count += 1;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bins(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).expect("not zero")
    }

    #[test]
    fn quantiles_of_the_reference_are_the_edges() {
        let reference = [5.0, 1.0, 4.0, 2.0, 3.0, f64::NAN];
        let edges = BinEdges::from_quantiles(&reference, bins(4)).expect("values");
        assert_eq!(edges.edges(), [2.0, 3.0, 4.0]);
        // An edge belongs to the bin below it.
        assert_eq!(edges.counts(&reference), [2, 1, 1, 1, 1]);
        assert_eq!(edges.counts(&[f64::INFINITY, f64::NEG_INFINITY, 2.5]), [1, 1, 0, 1, 0]);
    }

    #[test]
    fn a_value_that_many_share_has_a_bin_to_itself() {
        // Deciles of seven ones and 2, 3, 4: 1 up to the sixth, 1.3, 2.2, 3.1 from type 7.
        let reference = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 4.0];
        let edges = BinEdges::from_quantiles(&reference, bins(10)).expect("values");
        assert_eq!(edges.edges().len(), 4);
        assert_eq!(edges.counts(&reference), [7, 0, 1, 1, 1, 0]);
    }

    #[test]
    fn a_constant_that_moves_either_way_changes_its_bin() {
        let edges = BinEdges::from_quantiles(&[3.0; 5], bins(10)).expect("values");
        assert_eq!(edges.counts(&[3.0, 2.0, 4.0, 3.0]), [1, 2, 1, 0]);
        let none = BinEdges::from_quantiles(&[f64::NAN], bins(10));
        assert_eq!(none, Err(DriftError::EmptyReference));
    }

    #[test]
    fn stored_edges_must_ascend() {
        let refused = |edges: &[f64]| BinEdges::new(edges.to_vec()).expect_err("is refused");
        assert_eq!(refused(&[1.0, 1.0]), DriftError::Edge { position: 1, edge: 1.0 });
        assert!(matches!(refused(&[f64::NAN]), DriftError::Edge { position: 0, .. }));
    }

    proptest! {
        #[test]
        fn every_value_is_counted_once_and_stored_edges_count_alike(
            reference in prop::collection::vec(-5_i8..5, 1..60), n_bins in 1_u32..15,
        ) {
            let values: Vec<f64> = reference.iter().map(|&v| f64::from(v)).collect();
            let edges = BinEdges::from_quantiles(&values, bins(n_bins)).expect("values");
            let counts = edges.counts(&values);
            prop_assert_eq!(counts.iter().sum::<u64>(), values.len() as u64);
            let stored = BinEdges::new(edges.edges().to_vec()).expect("ascend");
            prop_assert_eq!(stored.counts(&values), counts);
        }
    }
}

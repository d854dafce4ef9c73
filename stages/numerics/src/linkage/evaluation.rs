//! How near a partition comes to the truth, where there is one.

use std::collections::BTreeMap;

use super::error::LinkageError;

/// Precision, recall and their harmonic mean, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accuracy {
    /// Share of what was found that is true; 1 where nothing was found.
    pub precision: f64,
    /// Share of what is true that was found; 1 where nothing is true.
    pub recall: f64,
}

/// A partition against the truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// Over pairs of records of one cluster.
    pub pairs: Accuracy,
    /// B-cubed: over records, the share of the own cluster that is true (Bagga, Baldwin 1998).
    pub b_cubed: Accuracy,
    /// Over clusters that are found exactly.
    pub clusters: Accuracy,
    /// Clusters found.
    pub n_found: u64,
    /// Clusters in truth.
    pub n_true: u64,
    /// Records of the largest cluster found.
    pub n_largest: u64,
    /// Found clusters that hold records of several true ones.
    pub n_over_merged: u64,
    /// True clusters whose records are in several found ones.
    pub n_split: u64,
}

impl Accuracy {
    /// The harmonic mean of precision and recall; 0 where both are.
    pub fn f1(&self) -> f64 {
        let sum = self.precision + self.recall;
        if sum > 0.0 { 2.0 * self.precision * self.recall / sum } else { 0.0 }
    }

    fn of(true_positives: f64, found: f64, truth: f64) -> Self {
        let share = |n: f64, of: f64| if of > 0.0 { n / of } else { 1.0 };
        Self { precision: share(true_positives, found), recall: share(true_positives, truth) }
    }
}

/// Compares a partition with the truth; both have a label a record.
///
/// All pairs of a true cluster count, whether or not they were candidates. O(n log n).
///
/// # Errors
///
/// [`LinkageError::UnequalLabels`] when they differ in length.
pub fn evaluate(found: &[u32], truth: &[u32]) -> Result<Evaluation, LinkageError> {
    if found.len() != truth.len() {
        return Err(LinkageError::UnequalLabels { found: found.len(), expected: truth.len() });
    }
    let mut cells: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    let (mut of_found, mut of_truth): (BTreeMap<u32, Side>, BTreeMap<u32, Side>) =
        Default::default();
    for pair in found.iter().copied().zip(truth.iter().copied()) {
        *cells.entry(pair).or_default() += 1;
    }
    for (&(found, truth), &n) in &cells {
        of_found.entry(found).or_default().add(n);
        of_truth.entry(truth).or_default().add(n);
    }
    let pairs = |n: u64| (n * n.saturating_sub(1) / 2) as f64;
    let n_records = found.len() as f64;
    let size = |sides: &BTreeMap<u32, Side>, label: u32| sides.get(&label).map_or(0, |s| s.n);
    let (mut both, mut precision, mut recall, mut exact) = (0.0, 0.0, 0.0, 0_u64);
    for (&(found, truth), &n) in &cells {
        let (in_found, in_truth) = (size(&of_found, found), size(&of_truth, truth));
        both += pairs(n);
        precision += (n * n) as f64 / in_found.max(1) as f64;
        recall += (n * n) as f64 / in_truth.max(1) as f64;
        exact += u64::from(n == in_found && n == in_truth);
    }
    let sum = |sides: &BTreeMap<u32, Side>| sides.values().map(|side| pairs(side.n)).sum::<f64>();
    let torn =
        |sides: &BTreeMap<u32, Side>| sides.values().filter(|s| s.n_parts > 1).count() as u64;
    Ok(Evaluation {
        pairs: Accuracy::of(both, sum(&of_found), sum(&of_truth)),
        b_cubed: if found.is_empty() {
            Accuracy { precision: 1.0, recall: 1.0 }
        } else {
            Accuracy { precision: precision / n_records, recall: recall / n_records }
        },
        clusters: Accuracy::of(exact as f64, of_found.len() as f64, of_truth.len() as f64),
        n_found: of_found.len() as u64,
        n_true: of_truth.len() as u64,
        n_largest: of_found.values().map(|side| side.n).max().unwrap_or(0),
        n_over_merged: torn(&of_found),
        n_split: torn(&of_truth),
    })
}

#[derive(Default)]
struct Side {
    n: u64,
    n_parts: u64,
}

impl Side {
    fn add(&mut self, n: u64) {
        self.n += n;
        self.n_parts += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_what_their_definitions_give() {
        // Truth {0 1 2} {3 4}; found {0 1} {2 3 4}. One pair of the first and one of the second are
        // found truly: 2 of 4 found, 2 of 4 true.
        let found = evaluate(&[0, 0, 1, 1, 1], &[7, 7, 7, 8, 8]).expect("equal lengths");
        assert!((found.pairs.precision - 0.5).abs() < 1e-12);
        assert!((found.pairs.recall - 0.5).abs() < 1e-12);
        // B-cubed precision: two records at 1, one at 1/3, two at 2/3; recall: two at 2/3, one at 1/3,
        // two at 1.
        let expected = (2.0 + 1.0 / 3.0 + 4.0 / 3.0) / 5.0;
        assert!((found.b_cubed.precision - expected).abs() < 1e-12);
        assert!((found.b_cubed.recall - expected).abs() < 1e-12);
        assert!(found.clusters.f1() < 1e-12);
        assert_eq!((found.n_over_merged, found.n_split, found.n_largest), (1, 1, 3));
    }

    #[test]
    fn the_truth_itself_is_perfect() {
        let found = evaluate(&[3, 3, 1], &[0, 0, 9]).expect("equal lengths");
        for measure in [found.pairs, found.b_cubed, found.clusters] {
            assert!((measure.f1() - 1.0).abs() < 1e-12);
        }
        assert!(evaluate(&[1], &[]).is_err());
    }
}

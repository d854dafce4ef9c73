//! How far two labellings of the same rows agree: ARI, NMI, AMI.

use std::collections::BTreeMap;

use super::{Clusters, QualityError};

/// Returns the adjusted Rand index: 1 for equal partitions, about 0 by chance.
///
/// Hubert and Arabie 1985, in the pair counts of scikit-learn; exact integers up to the last
/// division. The names of labels do not matter.
///
/// # Errors
///
/// [`QualityError::LabelCount`] when the labellings differ in length.
pub fn adjusted_rand_index(first: &[u32], second: &[u32]) -> Result<f64, QualityError> {
    let table = Contingency::new(first, second)?;
    let squares = |sizes: &[usize]| sizes.iter().map(|&n| (n as i128).pow(2)).sum::<i128>();
    let n = table.n_rows as i128;
    let both: i128 = table.cells.values().map(|&n| (n as i128).pow(2)).sum();
    let (in_first, in_second) = (squares(&table.first), squares(&table.second));
    // Ordered pairs of rows: together in both, in one only, in none.
    let together = both - n;
    let (first_only, second_only) = (in_first - both, in_second - both);
    let apart = n * n - both - first_only - second_only;
    if first_only == 0 && second_only == 0 {
        return Ok(1.0);
    }
    let numerator = 2 * (together * apart - first_only * second_only);
    let denominator = (together + first_only) * (first_only + apart)
        + (together + second_only) * (second_only + apart);
    Ok(numerator as f64 / denominator as f64)
}

/// Returns the mutual information over the mean entropy of two labellings, from 0 to 1.
///
/// The arithmetic mean, as in scikit-learn; 1 when both have one cluster. Not corrected for chance:
/// see [`adjusted_mutual_info`].
///
/// # Errors
///
/// [`QualityError::LabelCount`] when the labellings differ in length.
pub fn normalized_mutual_info(first: &[u32], second: &[u32]) -> Result<f64, QualityError> {
    let table = Contingency::new(first, second)?;
    if table.is_trivial() {
        return Ok(1.0);
    }
    let information = table.mutual_information();
    Ok(if information <= f64::EPSILON { 0.0 } else { information / table.mean_entropy() })
}

/// Returns the mutual information adjusted for chance: 1 for equal partitions, about 0 by chance.
///
/// Vinh, Epps and Bailey 2010, with the arithmetic mean of the entropies, as in scikit-learn.
/// O(rows · (clusters of the first + clusters of the second)) at most.
///
/// # Errors
///
/// [`QualityError::LabelCount`] when the labellings differ in length.
pub fn adjusted_mutual_info(first: &[u32], second: &[u32]) -> Result<f64, QualityError> {
    let table = Contingency::new(first, second)?;
    if table.is_trivial() {
        return Ok(1.0);
    }
    let expected = table.expected_mutual_information();
    let room = table.mean_entropy() - expected;
    // No room between chance and the best: kept away from 0 with its sign.
    let room = if room < 0.0 { room.min(-f64::EPSILON) } else { room.max(f64::EPSILON) };
    Ok((table.mutual_information() - expected) / room)
}

/// Rows by their labels in two labellings.
#[derive(Debug)]
struct Contingency {
    n_rows: usize,
    first: Vec<usize>,
    second: Vec<usize>,
    /// Rows of each pair of labels that occurs.
    cells: BTreeMap<(u32, u32), usize>,
}

impl Contingency {
    fn new(first: &[u32], second: &[u32]) -> Result<Self, QualityError> {
        if first.len() != second.len() {
            return Err(QualityError::LabelCount { expected: first.len(), found: second.len() });
        }
        let (first, second) = (Clusters::new(first), Clusters::new(second));
        let mut cells = BTreeMap::new();
        for (&a, &b) in first.label_of_row.iter().zip(&second.label_of_row) {
            *cells.entry((a, b)).or_insert(0) += 1;
        }
        let n_rows = first.label_of_row.len();
        Ok(Self { n_rows, first: first.sizes, second: second.sizes, cells })
    }

    /// Tells whether neither labelling says anything.
    fn is_trivial(&self) -> bool {
        self.first.len() < 2 && self.second.len() < 2
    }

    fn mutual_information(&self) -> f64 {
        let n = self.n_rows as f64;
        self.cells
            .iter()
            .map(|(&(a, b), &rows)| {
                let rows = rows as f64;
                let by_chance = self.first[a as usize] as f64 * self.second[b as usize] as f64;
                rows / n * (n.ln() + rows.ln() - by_chance.ln())
            })
            .sum::<f64>()
            .max(0.0)
    }

    fn mean_entropy(&self) -> f64 {
        f64::midpoint(entropy(&self.first, self.n_rows), entropy(&self.second, self.n_rows))
    }

    /// Returns the mean mutual information over all labellings of these sizes (Vinh et al., eq. 24).
    fn expected_mutual_information(&self) -> f64 {
        let n = self.n_rows;
        let ln_factorial = ln_factorials(n);
        let mut expected = 0.0;
        for &a in &self.first {
            for &b in &self.second {
                let fixed =
                    ln_factorial[a] + ln_factorial[b] + ln_factorial[n - a] + ln_factorial[n - b]
                        - ln_factorial[n];
                let ln_chance = (a as f64).ln() + (b as f64).ln() - (n as f64).ln();
                for both in (a + b).saturating_sub(n).max(1)..=a.min(b) {
                    let ln_probability = fixed
                        - ln_factorial[both]
                        - ln_factorial[a - both]
                        - ln_factorial[b - both]
                        - ln_factorial[n + both - a - b];
                    let information = (both as f64).ln() - ln_chance;
                    expected += both as f64 / n as f64 * information * ln_probability.exp();
                }
            }
        }
        expected
    }
}

fn entropy(sizes: &[usize], n_rows: usize) -> f64 {
    let n = n_rows as f64;
    -sizes.iter().map(|&size| size as f64 / n * ((size as f64).ln() - n.ln())).sum::<f64>()
}

/// Returns `ln(i!)` for `i` from 0 to `n`, summed with Kahan's correction.
fn ln_factorials(n: usize) -> Vec<f64> {
    let mut table = Vec::with_capacity(n + 1);
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    table.push(0.0);
    for i in 1..=n {
        let term = (i as f64).ln() - lost;
        let next = sum + term;
        lost = (next - sum) - term;
        sum = next;
        table.push(sum);
    }
    table
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_known_pair_of_labellings_has_the_values_of_scikit_learn() {
        // scikit-learn's documentation: ARI of [0, 0, 1, 2] against [0, 0, 1, 1] is 0.57.
        let ari = adjusted_rand_index(&[0, 0, 1, 2], &[0, 0, 1, 1]).expect("equal lengths");
        assert!((ari - 4.0 / 7.0).abs() < 1e-15, "found {ari}");
        // H(first) = 1.5 ln 2, H(second) = ln 2, I = ln 2: 1 / 1.25.
        let nmi = normalized_mutual_info(&[0, 0, 1, 2], &[0, 0, 1, 1]).expect("equal lengths");
        assert!((nmi - 0.8).abs() < 1e-15, "found {nmi}");
    }

    #[test]
    fn independent_labellings_agree_by_chance_only() {
        // Every pair of labels once: I = 0, and chance expects more.
        let (a, b) = ([0, 0, 1, 1], [0, 1, 0, 1]);
        assert_eq!(adjusted_rand_index(&a, &b), Ok(-0.5));
        assert_eq!(normalized_mutual_info(&a, &b), Ok(0.0));
        // By hand: of the 6 ways to lay {2, 2} over {2, 2}, 2 agree (I = ln 2), 4 do not (I = 0):
        // E = ln 2 / 3, and (0 - 1/3) / (1 - 1/3) = -1/2.
        let ami = adjusted_mutual_info(&a, &b).expect("equal lengths");
        assert!((ami + 0.5).abs() < 1e-14, "found {ami}");
    }

    #[test]
    fn labellings_of_different_length_are_refused() {
        let error = QualityError::LabelCount { expected: 1, found: 2 };
        assert_eq!(adjusted_rand_index(&[0], &[0, 1]), Err(error));
    }

    #[test]
    fn one_cluster_against_one_cluster_agrees() {
        assert_eq!(adjusted_rand_index(&[0, 0], &[5, 5]), Ok(1.0));
        assert_eq!(normalized_mutual_info(&[0, 0], &[5, 5]), Ok(1.0));
        assert_eq!(adjusted_mutual_info(&[], &[]), Ok(1.0));
    }

    proptest! {
        #[test]
        fn renaming_labels_is_full_agreement(
            labels in prop::collection::vec(0_u32..4, 2..40),
        ) {
            let renamed: Vec<u32> = labels.iter().map(|label| 7 - label).collect();
            prop_assert_eq!(adjusted_rand_index(&labels, &renamed), Ok(1.0));
            let nmi = normalized_mutual_info(&labels, &renamed).expect("equal lengths");
            prop_assert!((nmi - 1.0).abs() < 1e-12, "nmi {}", nmi);
        }

        #[test]
        fn agreement_is_symmetric(
            pairs in prop::collection::vec((0_u32..4, 0_u32..5), 2..40),
        ) {
            let (a, b): (Vec<u32>, Vec<u32>) = pairs.into_iter().unzip();
            prop_assert_eq!(adjusted_rand_index(&a, &b), adjusted_rand_index(&b, &a));
            let ab = adjusted_mutual_info(&a, &b).expect("equal lengths");
            let ba = adjusted_mutual_info(&b, &a).expect("equal lengths");
            prop_assert!((ab - ba).abs() < 1e-9, "{} and {}", ab, ba);
        }
    }
}

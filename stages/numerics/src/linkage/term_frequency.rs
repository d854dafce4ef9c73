//! How common each value is: agreement on a rare one says more.

use super::records::Records;

/// Probability that two records with a value have the same one, `sum n (n - 1) / (N (N - 1))`.
///
/// None where it never happens.
pub(super) fn agreement(counts: &[u32]) -> Option<f64> {
    let total: f64 = counts.iter().map(|&n| f64::from(n)).sum();
    let same: f64 = counts.iter().map(|&n| f64::from(n) * (f64::from(n) - 1.0).max(0.0)).sum();
    (same > 0.0).then(|| same / (total * (total - 1.0)))
}

/// How much rarer the value that a pair shares is among strangers than values are, as log2.
///
/// Of `n` records that hold it, the pair itself are two: the second one found it at one record of the
/// rest, so its chance is `(n - 1 - d) / N`, the rule of Pitman and Yor (1997). The discount `d` is nearer
/// to 1 for whole names and addresses, most of which nobody else has. 4 bytes a value.
///
/// Shares are against the probability that two records agree on any value, so that they correct it.
#[derive(Debug)]
pub(super) struct Frequencies {
    cells: Vec<Vec<f32>>,
}

impl Frequencies {
    pub(super) fn of(records: &Records) -> Self {
        let cells = (0..records.n_cells()).map(|cell| {
            let is_whole = cell >= records.columns().len();
            log2_shares(records.counts(cell), if is_whole { WHOLE_DISCOUNT } else { DISCOUNT })
        });
        Self { cells: cells.collect() }
    }

    /// Log2 of the share of a value over the mean agreement of its column; none for a value that nobody holds.
    pub(super) fn log2_rarity(&self, cell: usize, value: u32) -> Option<f64> {
        let log = self.cells.get(cell)?.get(value as usize)?;
        log.is_finite().then_some(f64::from(*log))
    }
}

/// Discount of single values, and of values of two columns together.
const DISCOUNT: f64 = 0.5;
const WHOLE_DISCOUNT: f64 = 0.9;

fn log2_shares(counts: &[u32], discount: f64) -> Vec<f32> {
    let total: f64 = counts.iter().map(|&n| f64::from(n)).sum();
    let agreement = agreement(counts).unwrap_or(1.0);
    counts
        .iter()
        .map(|&n| {
            if n == 0 {
                f32::NAN
            } else {
                ((f64::from(n.max(2)) - 1.0 - discount) / total / agreement).log2() as f32
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_values_that_are_there() {
        let logs = log2_shares(&[0, 5, 2, 1], 0.5);
        let mean = (20.0 + 2.0) / 56.0_f64;
        assert_eq!(agreement(&[0, 5, 2, 1]), Some(mean));
        assert!(logs[0].is_nan());
        assert!((f64::from(logs[1]) - (3.5_f64 / 8.0 / mean).log2()).abs() < 1e-6);
        assert!(
            (f64::from(logs[2]) - (0.5_f64 / 8.0 / mean).log2()).abs() < 1e-6,
            "half of one of 8"
        );
        assert!((logs[3] - logs[2]).abs() < 1e-6, "as two, since a pair has it");
    }
}

//! How common each value is: agreement on a rare one says more.

use super::records::Records;

/// The share of each value among the values of its column, as log2.
///
/// A share counts two records at least, since a value that a pair shares is held by two. 4 bytes a value.
#[derive(Debug)]
pub(super) struct Frequencies {
    cells: Vec<Vec<f32>>,
}

impl Frequencies {
    pub(super) fn of(records: &Records) -> Self {
        let columns = records.columns().iter().map(|column| column.counts.as_slice());
        Self { cells: columns.chain([records.name_counts()]).map(log2_shares).collect() }
    }

    /// Log2 of the share of a value in the column of this cell; none for a value that nobody holds.
    pub(super) fn log2_share(&self, cell: usize, value: u32) -> Option<f64> {
        let log = self.cells.get(cell)?.get(value as usize)?;
        log.is_finite().then_some(f64::from(*log))
    }
}

fn log2_shares(counts: &[u32]) -> Vec<f32> {
    let total: f64 = counts.iter().map(|&n| f64::from(n)).sum();
    counts
        .iter()
        .map(|&n| if n == 0 { f32::NAN } else { (f64::from(n.max(2)) / total).log2() as f32 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_values_that_are_there() {
        let logs = log2_shares(&[0, 4, 3, 1]);
        assert!(logs[0].is_nan());
        assert!((logs[1] + 1.0).abs() < 1e-6, "4 of 8");
        assert!((logs[3] + 2.0).abs() < 1e-6, "2 of 8, as a pair has it");
    }
}

//! How well a chance orders and foretells: area under the curve, deciles.

use rayon::slice::ParallelSliceMut;

/// Customers with one and the same chance, and how many of them did it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoredCell {
    /// The chance foretold, from 0 to 1.
    pub chance: f64,
    /// Customers who did.
    pub n_yes: f64,
    /// Customers who did not.
    pub n_no: f64,
}

/// A tenth of the customers by chance.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Decile {
    /// Customers; not a tenth exactly, because customers of equal chance stay together.
    pub n_customers: f64,
    /// Customers expected to do it: the sum of their chances.
    pub expected: f64,
    /// Customers who did.
    pub actual: f64,
}

/// Returns the chance that who did was ranked above who did not, ties counting half.
///
/// It is the area under the receiver operating characteristic (Hanley and `McNeil` 1982). `None`
/// when nobody did or everybody.
pub fn area_under_curve(cells: &[ScoredCell]) -> Option<f64> {
    area_of_sorted(&by_chance(cells.to_vec()))
}

pub(super) fn area_of_sorted(sorted: &[ScoredCell]) -> Option<f64> {
    let (mut yes, mut no, mut pairs) = (0.0, 0.0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.chance.total_cmp(&b.chance).is_eq()) {
        let tied_yes: f64 = tied.iter().map(|cell| cell.n_yes).sum();
        let tied_no: f64 = tied.iter().map(|cell| cell.n_no).sum();
        pairs += tied_yes * (no + 0.5 * tied_no);
        yes += tied_yes;
        no += tied_no;
    }
    (yes > 0.0 && no > 0.0).then(|| pairs / (yes * no))
}

/// Returns the ten tenths of customers, lowest chances first.
///
/// Customers with equal chances stand in the tenth where their middle one does, so a tenth may be
/// empty.
pub fn deciles(cells: &[ScoredCell]) -> [Decile; 10] {
    deciles_of_sorted(&by_chance(cells.to_vec()))
}

pub(super) fn deciles_of_sorted(sorted: &[ScoredCell]) -> [Decile; 10] {
    let total: f64 = sorted.iter().map(|cell| cell.n_yes + cell.n_no).sum();
    let mut deciles = [Decile::default(); 10];
    let mut before = 0.0;
    for tied in sorted.chunk_by(|a, b| a.chance.total_cmp(&b.chance).is_eq()) {
        let n: f64 = tied.iter().map(|cell| cell.n_yes + cell.n_no).sum();
        let place = (10.0 * (before + 0.5 * n) / total) as usize;
        if let Some(decile) = deciles.get_mut(place.min(9)) {
            decile.n_customers += n;
            decile.expected += tied.first().map_or(0.0, |cell| n * cell.chance);
            decile.actual += tied.iter().map(|cell| cell.n_yes).sum::<f64>();
        }
        before += n;
    }
    deciles
}

/// Sorts by chance; sums over equals are of whole numbers, so that their order does not matter.
pub(super) fn by_chance(mut cells: Vec<ScoredCell>) -> Vec<ScoredCell> {
    cells.par_sort_unstable_by(|a, b| a.chance.total_cmp(&b.chance));
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(chance: f64, n_yes: f64, n_no: f64) -> ScoredCell {
        ScoredCell { chance, n_yes, n_no }
    }

    #[test]
    fn ties_count_half() {
        // Pairs of who did and who did not: 1 of (0.9) over 2 + 1, 2 of (0.5) tie with 1 and are
        // over 2: 3 + 2 * (0.5 + 2) = 8 of 3 * 3.
        let cells = [cell(0.1, 0.0, 2.0), cell(0.9, 1.0, 0.0), cell(0.5, 2.0, 1.0)];
        let area = area_under_curve(&cells).expect("both kinds");
        assert!((area - 8.0 / 9.0).abs() < 1e-15, "{area}");
        assert_eq!(area_under_curve(&[cell(0.5, 3.0, 0.0)]), None);
        assert_eq!(area_under_curve(&[]), None);
    }

    #[test]
    fn deciles_keep_equal_chances_together_and_everybody() {
        // Half of the customers share the lowest chance: their middle one is in the third tenth.
        let cells =
            [cell(0.2, 1.0, 9.0), cell(0.4, 2.0, 3.0), cell(0.8, 3.0, 1.0), cell(0.9, 1.0, 0.0)];
        let deciles = deciles(&cells);
        assert_eq!(deciles[2], Decile { n_customers: 10.0, expected: 2.0, actual: 1.0 });
        assert_eq!(deciles[6], Decile { n_customers: 5.0, expected: 2.0, actual: 2.0 });
        assert_eq!(deciles[8], Decile { n_customers: 4.0, expected: 3.2, actual: 3.0 });
        assert_eq!(deciles[9], Decile { n_customers: 1.0, expected: 0.9, actual: 1.0 });
        let n: f64 = deciles.iter().map(|decile| decile.n_customers).sum();
        assert!((n - 20.0).abs() < 1e-12);
    }
}

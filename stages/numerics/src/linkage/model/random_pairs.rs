//! How strangers agree, from pairs drawn at random.

use rayon::prelude::*;

use crate::linkage::blocking::{mix, pairs};
use crate::linkage::comparison::{
    Comparison, ComparisonKind, Comparisons, Frequency, MAX_LEVELS, NOT_COMPARABLE,
};
use crate::linkage::field::FieldKind;
use crate::linkage::pool::MISSING;
use crate::linkage::records::Records;
use crate::linkage::term_frequency::agreement;

/// Pairs of one piece of work.
const PIECE: u64 = 32_768;

/// Least probability of a level, in pairs of the sample.
const FLOOR_PAIRS: f64 = 2.0;

type Counts = Vec<[u64; MAX_LEVELS]>;

/// Probability of each level among strangers, for each comparison; shape `(n_levels,)` each.
///
/// Pairs are drawn by a hash, all of them where there are fewer than asked for. The probability that a
/// whole value agrees is counted exactly: `sum n_v (n_v - 1) / (N (N - 1))`.
pub(super) fn strangers(
    records: &Records,
    comparisons: &Comparisons,
    n_pairs: u64,
) -> Vec<Vec<f64>> {
    let counts = count(records, comparisons, n_pairs);
    let list = comparisons.list().iter().zip(&counts);
    list.map(|(comparison, counts)| match comparison.kind {
        ComparisonKind::CityOfOneCode => towns_of_one_code(records, comparison),
        _ => probabilities(records, comparison, counts),
    })
    .collect()
}

/// Most pairs by which the towns of one postal code are known.
const MOST_TOWN_PAIRS: usize = 200_000;

/// What is taken to be so before any pair is seen: towns come with their postal codes.
const TOWN_START: [f64; 3] = [18.0, 1.0, 1.0];

/// How the towns of strangers agree who share a postal code: neighbours in the list whose names differ.
fn towns_of_one_code(records: &Records, comparison: &Comparison) -> Vec<f64> {
    let code = comparison.columns.get(1).copied().unwrap_or(usize::MAX);
    let names = [FieldKind::FirstName, FieldKind::LastName]
        .map(|kind| records.position_of_kind(kind).unwrap_or(usize::MAX));
    let mut by_code: Vec<(u32, u64, u32)> = (0..records.len() as u32)
        .map(|record| (records.cell(record, code), mix(u64::from(record)), record))
        .filter(|entry| entry.0 != MISSING)
        .collect();
    by_code.par_sort_unstable();
    let mut counts = TOWN_START;
    let strangers = by_code.windows(2).filter_map(|pair| match pair {
        [a, b] if a.0 == b.0 => Some((a.2, b.2)),
        _ => None,
    });
    let are_strangers = |a: u32, b: u32| {
        names.iter().all(|&name| {
            let (a, b) = (records.cell(a, name), records.cell(b, name));
            a != b && a != MISSING && b != MISSING
        })
    };
    for (a, b) in strangers.filter(|&(a, b)| are_strangers(a, b)).take(MOST_TOWN_PAIRS) {
        let level = comparison.level(records, records.cells(a), records.cells(b));
        if let Some(count) = usize::from(level).checked_sub(1).and_then(|l| counts.get_mut(l)) {
            *count += 1.0;
        }
    }
    let total: f64 = counts.iter().sum();
    counts.iter().map(|count| count / total).collect()
}

fn count(records: &Records, comparisons: &Comparisons, n_pairs: u64) -> Counts {
    let n = records.len() as u64;
    let empty = || vec![[0; MAX_LEVELS]; comparisons.list().len()];
    if n < 2 {
        return empty();
    }
    let visit = |counts: &mut Counts, a: u64, b: u64| {
        let (a, b) = (records.cells(a as u32), records.cells(b as u32));
        for (comparison, counts) in comparisons.list().iter().zip(counts) {
            let level = independent_level(comparison, records, a, b);
            if let Some(count) = counts.get_mut(usize::from(level)) {
                *count += 1;
            }
        }
    };
    let parts: Vec<Counts> = if pairs(n as usize) <= n_pairs {
        (1..n)
            .into_par_iter()
            .fold(empty, |mut counts, b| {
                (0..b).for_each(|a| visit(&mut counts, a, b));
                counts
            })
            .collect()
    } else {
        (0..n_pairs.div_ceil(PIECE))
            .into_par_iter()
            .map(|piece| {
                let mut counts = empty();
                for draw in piece * PIECE..((piece + 1) * PIECE).min(n_pairs) {
                    let (a, b) = (mix(2 * draw) % n, mix(2 * draw + 1) % n);
                    if a != b {
                        visit(&mut counts, a, b);
                    }
                }
                counts
            })
            .collect()
    };
    // Whole numbers: their sum depends on no order.
    parts.into_iter().fold(empty(), |mut sum, part| {
        for (sum, part) in sum.iter_mut().flatten().zip(part.iter().flatten()) {
            *sum += part;
        }
        sum
    })
}

/// The level of a comparison whatever other columns say, so that rare gaps do not thin the sample.
fn independent_level(comparison: &Comparison, records: &Records, a: &[u32], b: &[u32]) -> u8 {
    match comparison.kind {
        ComparisonKind::LastNameAlone
        | ComparisonKind::FirstNameAlone
        | ComparisonKind::PostalCode
        | ComparisonKind::Street
        | ComparisonKind::City => {
            let cell = |cells: &[u32]| {
                comparison.columns.first().and_then(|&c| cells.get(c)).copied().filter(|&c| c > 0)
            };
            match (cell(a), cell(b)) {
                (Some(a), Some(b)) => comparison.own(records, (a, b)),
                _ => NOT_COMPARABLE,
            }
        }
        _ => comparison.level(records, a, b),
    }
}

fn probabilities(
    records: &Records,
    comparison: &Comparison,
    counts: &[u64; MAX_LEVELS],
) -> Vec<f64> {
    let levels = comparison.kind.levels();
    let of_level = |number: usize| counts.get(number + 1).copied().unwrap_or(0) as f64;
    let n: f64 = (0..levels.len()).map(of_level).sum();
    if n == 0.0 {
        return vec![1.0 / levels.len() as f64; levels.len()];
    }
    let mut shares: Vec<f64> =
        (0..levels.len()).map(|level| of_level(level).max(FLOOR_PAIRS) / n).collect();
    let whole = match levels.first().map(|level| level.frequency) {
        Some(Frequency::WholeName) => agreement(records.counts(records.name_cell())),
        Some(Frequency::WholeAddress) => agreement(records.counts(records.address_cell())),
        _ => comparison.columns.first().and_then(|&column| agreement(records.counts(column))),
    };
    if let (Some(whole), Some(first)) = (whole, shares.first_mut()) {
        *first = whole;
    }
    let total: f64 = shares.iter().sum();
    shares.iter().map(|share| share / total).collect()
}

#[cfg(test)]
mod tests {
    use arrow_array::StringArray;

    use super::*;
    use crate::linkage::field::Field;

    #[test]
    fn levels_among_all_pairs_are_counted() {
        let keys = StringArray::from(vec!["a", "b", "c", "d"]);
        let emails = StringArray::from(vec![Some("x@a"), Some("x@a"), Some("x@b"), None]);
        let fields = [(Field::new("email", FieldKind::Email), &emails)];
        let records = Records::new(&keys, &fields).expect("is well formed");
        let comparisons = Comparisons::of(&records).expect("fits");
        // Three pairs with two values: one equal, two of one mailbox, none apart (taken for two).
        let found = strangers(&records, &comparisons, 100);
        let total = 1.0 / 3.0 + 2.0 / 3.0 + 2.0 / 3.0;
        for (found, expected) in found[0].iter().zip([1.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0]) {
            assert!((found - expected / total).abs() < 1e-12);
        }
    }
}

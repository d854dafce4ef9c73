//! Measures of the distance between two distributions, and what to do about it.

use super::DriftError;

/// Least share that a bin is taken to have, so that an empty one has a logarithm.
///
/// One in ten thousand, the usual floor of credit scoring. Shares are not normalised again.
pub const SHARE_FLOOR: f64 = 1e-4;

/// Every measure of one pair of binned distributions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CountDrift {
    /// Population stability index, 0 or more.
    pub psi: f64,
    /// Jensen-Shannon divergence to base 2, from 0 to 1.
    pub jensen_shannon: f64,
    /// Hellinger distance, from 0 to 1.
    pub hellinger: f64,
    /// Largest difference of the cumulative shares, from 0 to 1.
    pub kolmogorov_smirnov: f64,
}

impl CountDrift {
    /// Compares counts of the same bins, in their order; shape `(n_bins,)` each.
    ///
    /// # Errors
    ///
    /// [`DriftError`] when the bins differ in number, or a side has no observation.
    pub fn of_counts(expected: &[u64], actual: &[u64]) -> Result<Self, DriftError> {
        Ok(Self {
            psi: population_stability_index(expected, actual)?,
            jensen_shannon: jensen_shannon_divergence(expected, actual)?,
            hellinger: hellinger_distance(expected, actual)?,
            kolmogorov_smirnov: kolmogorov_smirnov_of_counts(expected, actual)?,
        })
    }
}

/// Returns the population stability index `sum (p_a - p_e) ln(p_a / p_e)`, 0 or more.
///
/// Jeffreys' divergence (Jeffreys 1946) of shares floored at [`SHARE_FLOOR`].
///
/// # Errors
///
/// As for [`CountDrift::of_counts`].
pub fn population_stability_index(expected: &[u64], actual: &[u64]) -> Result<f64, DriftError> {
    Ok(shares(expected, actual)?
        .map(|(e, a)| (e.max(SHARE_FLOOR), a.max(SHARE_FLOOR)))
        .map(|(e, a)| (a - e) * (a / e).ln())
        .sum())
}

/// Returns the Jensen-Shannon divergence to base 2, from 0 (equal) to 1 (nothing shared).
///
/// The mean Kullback-Leibler divergence from the even mixture (Lin 1991); its square root is a
/// distance.
///
/// # Errors
///
/// As for [`CountDrift::of_counts`].
pub fn jensen_shannon_divergence(expected: &[u64], actual: &[u64]) -> Result<f64, DriftError> {
    let term = |share: f64, mixed: f64| {
        if share > 0.0 { share * (share / mixed).log2() } else { 0.0 }
    };
    let twice: f64 = shares(expected, actual)?
        .map(|(e, a)| term(e, f64::midpoint(e, a)) + term(a, f64::midpoint(e, a)))
        .sum();
    Ok((twice / 2.0).clamp(0.0, 1.0))
}

/// Returns the Hellinger distance, from 0 (equal) to 1 (nothing shared).
///
/// `sqrt(sum (sqrt p_e - sqrt p_a)^2 / 2)`.
///
/// # Errors
///
/// As for [`CountDrift::of_counts`].
pub fn hellinger_distance(expected: &[u64], actual: &[u64]) -> Result<f64, DriftError> {
    let squares: f64 = shares(expected, actual)?.map(|(e, a)| (e.sqrt() - a.sqrt()).powi(2)).sum();
    Ok((squares / 2.0).sqrt().min(1.0))
}

/// Returns the largest difference of cumulative shares over ordered bins, from 0 to 1.
///
/// At most what [`kolmogorov_smirnov`] finds on the values themselves, since it looks at bin ends
/// only. Meaningless for bins without an order, such as segments.
///
/// # Errors
///
/// As for [`CountDrift::of_counts`].
pub fn kolmogorov_smirnov_of_counts(expected: &[u64], actual: &[u64]) -> Result<f64, DriftError> {
    let (n_expected, n_actual) = totals(expected, actual)?;
    let (mut below_expected, mut below_actual, mut largest) = (0_u128, 0_u128, 0_u128);
    for (&e, &a) in expected.iter().zip(actual) {
        below_expected += u128::from(e);
        below_actual += u128::from(a);
        // Counts over a common denominator: exact up to the one division below.
        largest = largest.max((below_expected * n_actual).abs_diff(below_actual * n_expected));
    }
    Ok(largest as f64 / (n_expected * n_actual) as f64)
}

/// Returns the two-sample Kolmogorov-Smirnov statistic of raw values, from 0 to 1.
///
/// The largest difference of the two empirical distribution functions (Smirnov 1939). NaN is left
/// out. O(N log N).
///
/// # Errors
///
/// [`DriftError`] when a side has no value.
pub fn kolmogorov_smirnov(reference: &[f64], actual: &[f64]) -> Result<f64, DriftError> {
    let (reference, actual) = (ascending(reference), ascending(actual));
    if reference.is_empty() {
        return Err(DriftError::EmptyReference);
    }
    if actual.is_empty() {
        return Err(DriftError::EmptyActual);
    }
    let (n, m) = (reference.len() as u128, actual.len() as u128);
    let (mut rest, mut other_rest) = (reference.as_slice(), actual.as_slice());
    let mut largest = 0;
    // Once one side is used up, the difference only shrinks.
    while let (Some(&first), Some(&other)) = (rest.first(), other_rest.first()) {
        let value = first.min(other);
        let above = |values: &[f64]| values.iter().take_while(|&&x| x <= value).count();
        rest = rest.get(above(rest)..).unwrap_or_default();
        other_rest = other_rest.get(above(other_rest)..).unwrap_or_default();
        let (i, j) = (n - rest.len() as u128, m - other_rest.len() as u128);
        largest = largest.max((i * m).abs_diff(j * n));
    }
    Ok(largest as f64 / (n * m) as f64)
}

/// From which population stability index on something is to be done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriftThresholds {
    watch: f64,
    refit: f64,
}

/// What a population stability index asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftClass {
    /// Nothing.
    Stable,
    /// A look at what moved.
    Watch,
    /// A new fit of the model, aligned to the old one.
    Refit,
}

impl DriftThresholds {
    /// Returns thresholds; an index equal to one reaches it.
    ///
    /// # Errors
    ///
    /// [`DriftError::Thresholds`] unless `0 < watch <= refit`, both finite.
    pub fn new(watch: f64, refit: f64) -> Result<Self, DriftError> {
        if 0.0 < watch && watch <= refit && refit.is_finite() {
            Ok(Self { watch, refit })
        } else {
            Err(DriftError::Thresholds { watch, refit })
        }
    }

    /// Returns what a population stability index asks for; NaN asks for a refit.
    pub fn class(&self, psi: f64) -> DriftClass {
        if psi < self.watch {
            DriftClass::Stable
        } else if psi < self.refit {
            DriftClass::Watch
        } else {
            DriftClass::Refit
        }
    }
}

impl Default for DriftThresholds {
    /// 0.1 and 0.25, the rule of thumb of credit scoring (Siddiqi 2006).
    fn default() -> Self {
        Self { watch: 0.1, refit: 0.25 }
    }
}

impl DriftClass {
    /// Returns the name used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Watch => "watch",
            Self::Refit => "refit",
        }
    }
}

fn ascending(values: &[f64]) -> Vec<f64> {
    let mut values: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

fn totals(expected: &[u64], actual: &[u64]) -> Result<(u128, u128), DriftError> {
    if expected.len() != actual.len() {
        return Err(DriftError::UnequalBins { expected: expected.len(), actual: actual.len() });
    }
    let total = |counts: &[u64]| counts.iter().map(|&n| u128::from(n)).sum::<u128>();
    match (total(expected), total(actual)) {
        (0, _) => Err(DriftError::EmptyReference),
        (_, 0) => Err(DriftError::EmptyActual),
        both => Ok(both),
    }
}

fn shares<'a>(
    expected: &'a [u64],
    actual: &'a [u64],
) -> Result<impl Iterator<Item = (f64, f64)> + use<'a>, DriftError> {
    let (n_expected, n_actual) = totals(expected, actual)?;
    let share = |n: u64, total: u128| n as f64 / total as f64;
    Ok(expected.iter().zip(actual).map(move |(&e, &a)| (share(e, n_expected), share(a, n_actual))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_near(actual: f64, expected: f64) {
        assert!((actual - expected).abs() < 1e-14, "{actual} {expected}");
    }

    #[test]
    fn measures_are_what_their_formulas_give() {
        // Shares 1/2 1/2 and 1/4 3/4.
        let drift = CountDrift::of_counts(&[5, 5], &[25, 75]).expect("observations");
        // (1/4 - 1/2) ln(1/2) + (3/4 - 1/2) ln(3/2) = ln(3) / 4.
        assert_near(drift.psi, 3.0_f64.ln() / 4.0);
        // Mixture 3/8 5/8.
        let js = 0.5 * (4.0_f64 / 3.0).log2()
            + 0.5 * 0.8_f64.log2()
            + 0.25 * (2.0_f64 / 3.0).log2()
            + 0.75 * 1.2_f64.log2();
        assert_near(drift.jensen_shannon, js / 2.0);
        // 1 - sqrt(1/8) - sqrt(3/8) is the square.
        assert_near(drift.hellinger, (1.0 - 0.125_f64.sqrt() - 0.375_f64.sqrt()).sqrt());
        assert_near(drift.kolmogorov_smirnov, 0.25);
    }

    #[test]
    fn an_empty_bin_counts_as_one_in_ten_thousand() {
        let psi = population_stability_index(&[1, 1], &[2, 0]).expect("observations");
        assert_near(psi, 0.5 * 2.0_f64.ln() + (1e-4 - 0.5) * (1e-4_f64 / 0.5).ln());
        let apart = CountDrift::of_counts(&[3, 0], &[0, 8]).expect("observations");
        assert_near(apart.jensen_shannon, 1.0);
        assert_near(apart.hellinger, 1.0);
        assert_near(apart.kolmogorov_smirnov, 1.0);
    }

    #[test]
    fn the_statistic_counts_ties_on_both_sides_at_once() {
        // After 1: 1/3 and 1/2; after 2: 3/3 and 1/2; after 5: equal.
        let d = kolmogorov_smirnov(&[2.0, 1.0, 2.0], &[5.0, 1.0, f64::NAN]).expect("values");
        assert_near(d, 0.5);
        assert_near(kolmogorov_smirnov(&[0.0], &[-0.0]).expect("values"), 0.0);
        assert_eq!(kolmogorov_smirnov(&[f64::NAN], &[1.0]), Err(DriftError::EmptyReference));
        assert_eq!(kolmogorov_smirnov(&[1.0], &[]), Err(DriftError::EmptyActual));
    }

    #[test]
    fn what_cannot_be_compared_is_named() {
        let error = |e: &[u64], a: &[u64]| CountDrift::of_counts(e, a).expect_err("is refused");
        assert_eq!(error(&[1], &[1, 2]), DriftError::UnequalBins { expected: 1, actual: 2 });
        assert_eq!(error(&[0], &[1]), DriftError::EmptyReference);
        assert_eq!(error(&[1], &[0]), DriftError::EmptyActual);
        assert!(DriftThresholds::new(0.3, 0.2).is_err());
        assert!(DriftThresholds::new(0.0, f64::NAN).is_err());
    }

    #[test]
    fn a_threshold_itself_is_reached() {
        let thresholds = DriftThresholds::default();
        let classes = [0.0999, 0.1, 0.2499, 0.25].map(|psi| thresholds.class(psi).as_str());
        assert_eq!(classes, ["stable", "watch", "watch", "refit"]);
    }

    fn two_counts() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
        (1_usize..12).prop_flat_map(|n| {
            let counts = || prop::collection::vec(0_u64..500, n);
            (counts(), counts()).prop_filter("observations", |(e, a)| {
                e.iter().sum::<u64>() > 0 && a.iter().sum::<u64>() > 0
            })
        })
    }

    proptest! {
        #[test]
        fn measures_are_symmetric_within_range_and_zero_for_equals((e, a) in two_counts()) {
            let there = CountDrift::of_counts(&e, &a).expect("observations");
            let back = CountDrift::of_counts(&a, &e).expect("observations");
            prop_assert!((there.psi - back.psi).abs() < 1e-12 && there.psi >= 0.0);
            for (there, back) in [
                (there.jensen_shannon, back.jensen_shannon),
                (there.hellinger, back.hellinger),
                (there.kolmogorov_smirnov, back.kolmogorov_smirnov),
            ] {
                prop_assert!((there - back).abs() < 1e-12 && (0.0..=1.0).contains(&there));
            }
            // In bits, term by term.
            prop_assert!(there.jensen_shannon + 1e-12 >= there.hellinger.powi(2));
            let doubled: Vec<u64> = e.iter().map(|n| 2 * n).collect();
            let same = CountDrift::of_counts(&e, &doubled).expect("observations");
            prop_assert!(same.psi.abs() < 1e-15 && same.jensen_shannon < 1e-15);
            prop_assert!(same.hellinger < 1e-15 && same.kolmogorov_smirnov < 1e-15);
        }

        #[test]
        fn bins_never_show_more_than_the_values(
            reference in prop::collection::vec(-20_i8..20, 1..50),
            actual in prop::collection::vec(-20_i8..20, 1..50),
        ) {
            let floats = |v: &[i8]| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
            let (reference, actual) = (floats(&reference), floats(&actual));
            let raw = kolmogorov_smirnov(&reference, &actual).expect("values");
            let edges = super::super::BinEdges::new((-20..20).map(f64::from).collect())
                .expect("ascend");
            let all =
                kolmogorov_smirnov_of_counts(&edges.counts(&reference), &edges.counts(&actual))
                    .expect("values");
            prop_assert!((raw - all).abs() < 1e-15);
            let coarse = super::super::BinEdges::new(vec![-3.0, 4.0]).expect("ascend");
            let binned =
                kolmogorov_smirnov_of_counts(&coarse.counts(&reference), &coarse.counts(&actual))
                    .expect("values");
            prop_assert!(binned <= raw + 1e-15);
        }
    }
}

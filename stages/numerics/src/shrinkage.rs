//! Empirical-Bayes shrinkage: small groups borrow strength from all of them.
//!
//! Everything here is total: any input, NaN and infinities among it, gives a finite number.

/// Prior knowledge of a rate: a beta distribution by its mean and its worth in trials.
///
/// In the beta's own parameters, `alpha = mean * strength` and `beta = (1 - mean) * strength`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatePrior {
    mean: f64,
    strength: f64,
    basis: PriorBasis,
}

/// Where the spread of a prior comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriorBasis {
    /// Given by the caller.
    Given,
    /// Estimated from the spread between groups.
    Estimated,
    /// The groups differ no more than chance explains: the prior is as strong as is allowed.
    NoSpread,
    /// Fewer than two groups with observations, or no group with more than one: the fallback.
    TooFewGroups,
    /// No observation varies (all succeeded or none did): the fallback.
    NoVariation,
}

/// Trials and successes of one group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trials {
    /// Successes, from 0 to `n`; may be weighted.
    pub successes: f64,
    /// Trials; may be weighted.
    pub n: f64,
}

impl RatePrior {
    /// No estimated prior is worth more trials than this, so that a large group speaks for itself.
    pub const MAX_STRENGTH: f64 = 10_000.0;

    /// No estimated prior is worth less than one trial: it must decide where there is no data.
    pub const MIN_STRENGTH: f64 = 1.0;

    /// Returns a prior of the given mean, worth `strength` trials.
    ///
    /// The mean is brought into [0, 1], the strength to 0 or more; what is not finite becomes a
    /// half, and 0.
    pub fn new(mean: f64, strength: f64) -> Self {
        let mean = if mean.is_finite() { mean.clamp(0.0, 1.0) } else { 0.5 };
        Self { mean, strength: non_negative(strength), basis: PriorBasis::Given }
    }

    /// Estimates the prior by the method of moments across groups (Kleinman 1973, JASA 68).
    ///
    /// With weights `n_i`: `gamma = (S / (p q) - (k - 1)) / (N - sum n_i^2 / N - (k - 1))`, where
    /// `S = sum n_i (p_i - p)^2`, and the strength is `1 / gamma - 1`, kept within
    /// [`Self::MIN_STRENGTH`] and [`Self::MAX_STRENGTH`]. Groups without trials are left out.
    /// Where `gamma` cannot be estimated the strength is that of `fallback` and the mean is the
    /// overall rate shrunk by it; [`Self::basis`] tells.
    pub fn from_groups(groups: &[Trials], fallback: Self) -> Self {
        let groups: Vec<Trials> =
            groups.iter().map(|g| g.cleaned()).filter(|g| g.n > 0.0).collect();
        let total: f64 = groups.iter().map(|g| g.n).sum();
        if total <= 0.0 || !total.is_finite() {
            return Self { basis: PriorBasis::TooFewGroups, ..fallback };
        }
        let successes: f64 = groups.iter().map(|g| g.successes).sum();
        let p = (successes / total).clamp(0.0, 1.0);
        let with_fallback = |basis| {
            let mean = fallback.shrink(Trials { successes, n: total });
            Self { mean, strength: fallback.strength, basis }
        };

        let n_beyond_first = groups.len() as f64 - 1.0;
        // N - sum n_i^2 / N, written so that nothing overflows.
        let effective: f64 = groups.iter().map(|g| g.n * (1.0 - g.n / total)).sum();
        let per_gamma = effective - n_beyond_first;
        if groups.len() < 2 || per_gamma <= 0.0 {
            return with_fallback(PriorBasis::TooFewGroups);
        }
        let variance = p * (1.0 - p);
        if variance <= 0.0 {
            return with_fallback(PriorBasis::NoVariation);
        }
        let spread: f64 = groups.iter().map(|g| g.n * (g.successes / g.n - p).powi(2)).sum();
        let gamma = (spread / variance - n_beyond_first) / per_gamma;
        let strength = 1.0 / gamma - 1.0;
        if gamma > 0.0 && strength < Self::MAX_STRENGTH {
            let strength = strength.max(Self::MIN_STRENGTH);
            Self { mean: p, strength, basis: PriorBasis::Estimated }
        } else {
            Self { mean: p, strength: Self::MAX_STRENGTH, basis: PriorBasis::NoSpread }
        }
    }

    /// Returns the mean, from 0 to 1.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Returns the number of trials that the prior is worth, 0 or more.
    pub fn strength(&self) -> f64 {
        self.strength
    }

    /// Returns where the strength comes from.
    pub fn basis(&self) -> PriorBasis {
        self.basis
    }

    /// Returns the posterior mean `(successes + k p0) / (n + k)`, from 0 to 1.
    pub fn shrink(&self, trials: Trials) -> f64 {
        let Trials { successes, n } = trials.cleaned();
        // As a convex combination: the textbook form overflows for huge n.
        let weight_of_prior = ratio(self.strength, self.strength + n).unwrap_or(1.0);
        let rate = ratio(successes, n).unwrap_or(self.mean);
        (weight_of_prior * self.mean + (1.0 - weight_of_prior) * rate).clamp(0.0, 1.0)
    }
}

impl Trials {
    /// Brings `n` to 0 or more and `successes` into [0, n].
    fn cleaned(self) -> Self {
        let n = non_negative(self.n);
        Self { successes: non_negative(self.successes).min(n), n }
    }
}

/// Prior knowledge of a mean: a normal distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanPrior {
    mean: f64,
    variance: f64,
    basis: PriorBasis,
}

/// An observed mean and the variance of that mean (its squared standard error).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ObservedMean {
    /// The mean.
    pub mean: f64,
    /// The squared standard error; infinite or NaN when there is no observation.
    pub variance: f64,
}

impl MeanPrior {
    /// Returns a normal prior; a mean that is not finite becomes 0, as does such a variance.
    pub fn new(mean: f64, variance: f64) -> Self {
        let mean = if mean.is_finite() { mean } else { 0.0 };
        Self { mean, variance: non_negative(variance), basis: PriorBasis::Given }
    }

    /// Estimates mean and variance across groups (`DerSimonian` and Laird 1986, eq. 8).
    ///
    /// The mean is weighted by precision. Groups without a finite mean and a finite positive
    /// variance are left out. The variance is 0 when the groups differ no more than chance
    /// explains. With fewer than two groups the variance is that of `fallback` and the mean is the
    /// group's, shrunk by it.
    pub fn from_groups(groups: &[ObservedMean], fallback: Self) -> Self {
        let known: Vec<(f64, f64)> = groups
            .iter()
            .filter(|group| group.mean.is_finite() && group.variance.is_normal())
            .filter(|group| group.variance > 0.0)
            .map(|group| (group.mean, 1.0 / group.variance))
            .collect();
        let total: f64 = known.iter().map(|(_, weight)| weight).sum();
        let mean: f64 = known.iter().map(|(mean, weight)| mean * (weight / total)).sum();
        if known.is_empty() || !mean.is_finite() {
            return Self { basis: PriorBasis::TooFewGroups, ..fallback };
        }
        let q: f64 = known.iter().map(|(group, weight)| weight * (group - mean).powi(2)).sum();
        let scale: f64 = known.iter().map(|(_, weight)| weight * (1.0 - weight / total)).sum();
        let variance = (q - (known.len() as f64 - 1.0)) / scale;
        if known.len() < 2 || !variance.is_finite() {
            let mean = fallback.shrink(ObservedMean { mean, variance: 1.0 / total });
            Self { mean, variance: fallback.variance, basis: PriorBasis::TooFewGroups }
        } else if variance > 0.0 {
            Self { mean, variance, basis: PriorBasis::Estimated }
        } else {
            Self { mean, variance: 0.0, basis: PriorBasis::NoSpread }
        }
    }

    /// Returns the mean of the prior.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Returns the variance between groups, 0 or more.
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// Returns where the variance comes from.
    pub fn basis(&self) -> PriorBasis {
        self.basis
    }

    /// Returns the posterior mean `(b / s^2 + m / t^2) / (1 / s^2 + 1 / t^2)`.
    ///
    /// The prior mean when the observation is not finite or tells nothing; the observation when
    /// it is exact (`s^2 = 0`), even against a prior without spread.
    pub fn shrink(&self, observed: ObservedMean) -> f64 {
        let ObservedMean { mean, variance } = observed;
        if !mean.is_finite() || !variance.is_finite() || variance < 0.0 {
            return self.mean;
        }
        // Halved, so that two huge variances do not add up to infinity.
        let weight_of_prior = ratio(variance / 2.0, variance / 2.0 + self.variance / 2.0);
        let weight_of_prior = weight_of_prior.unwrap_or(0.0);
        weight_of_prior * self.mean + (1.0 - weight_of_prior) * mean
    }
}

/// Returns the number, or 0 where it is negative or not finite.
fn non_negative(number: f64) -> f64 {
    if number.is_finite() { number.max(0.0) } else { 0.0 }
}

fn ratio(numerator: f64, denominator: f64) -> Option<f64> {
    (denominator > 0.0).then(|| numerator / denominator)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn trials(successes: f64, n: f64) -> Trials {
        Trials { successes, n }
    }

    fn assert_near(actual: f64, expected: f64) {
        assert!((actual - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{actual}");
    }

    #[test]
    fn a_rate_moves_towards_the_prior_by_its_worth() {
        let prior = RatePrior::new(0.1, 20.0);
        assert_near(prior.shrink(trials(5.0, 10.0)), 7.0 / 30.0); // (5 + 20 * 0.1) / (10 + 20)
        assert_near(prior.shrink(trials(0.0, 0.0)), 0.1);
        assert_near(RatePrior::new(0.3, 0.0).shrink(trials(1.0, 4.0)), 0.25);
        assert_near(RatePrior::new(0.3, 0.0).shrink(trials(0.0, 0.0)), 0.3);
    }

    #[test]
    fn the_prior_comes_from_the_spread_between_groups() {
        // Rates 0.1, 0.5, 0.9 of 10 trials: S = 10 * (0.16 + 0 + 0.16) = 3.2, S / (p q) = 12.8;
        // N - sum n^2 / N = 30 - 10 = 20; gamma = (12.8 - 2) / (20 - 2) = 0.6; strength 2/3 -> 1.
        let fallback = RatePrior::new(0.2, 50.0);
        let groups = [trials(1.0, 10.0), trials(5.0, 10.0), trials(9.0, 10.0)];
        let prior = RatePrior::from_groups(&groups, fallback);
        assert_eq!(prior.basis(), PriorBasis::Estimated);
        assert_near(prior.mean(), 0.5);
        assert_near(prior.strength(), RatePrior::MIN_STRENGTH);
        // Rates 0.3, 0.5, 0.7 of 100: S = 8, S / (p q) = 32, gamma = 30 / 198, strength 5.6.
        let groups = [trials(30.0, 100.0), trials(50.0, 100.0), trials(70.0, 100.0)];
        assert_near(RatePrior::from_groups(&groups, fallback).strength(), 5.6);
    }

    #[test]
    fn a_prior_that_cannot_be_estimated_says_why() {
        let fallback = RatePrior::new(0.2, 50.0);
        let of = |groups: &[Trials]| {
            let prior = RatePrior::from_groups(groups, fallback);
            // To the twelfth digit, so that rounding does not decide.
            (prior.basis(), (prior.mean() * 1e12).round(), prior.strength())
        };
        let expected = |basis, mean: f64, strength| (basis, (mean * 1e12).round(), strength);
        assert_eq!(of(&[]), expected(PriorBasis::TooFewGroups, 0.2, 50.0));
        // The fallback is worth 10 successes in 50 trials.
        assert_eq!(of(&[trials(1.0, 4.0)]), expected(PriorBasis::TooFewGroups, 11.0 / 54.0, 50.0));
        assert_eq!(
            of(&[trials(1.0, 1.0); 2]),
            expected(PriorBasis::TooFewGroups, 12.0 / 52.0, 50.0)
        );
        assert_eq!(
            of(&[trials(0.0, 9.0); 2]),
            expected(PriorBasis::NoVariation, 10.0 / 68.0, 50.0)
        );
        assert_eq!(of(&[trials(2.0, 8.0); 2]), expected(PriorBasis::NoSpread, 0.25, 10_000.0));
    }

    #[test]
    fn a_mean_is_weighted_by_precision() {
        // A log-log price elasticity -1.298 with standard error 0.2853 under the prior N(-1, 0.5):
        // an independent computation with numpy gave -1.2562372545081.
        let observed = ObservedMean {
            mean: -1.297_955_279_506_328,
            variance: 0.285_315_743_262_500_64_f64.powi(2),
        };
        let shrunk = MeanPrior::new(-1.0, 0.5).shrink(observed);
        assert!((shrunk - -1.256_237_254_508_1).abs() < 1e-12, "{shrunk}");
        let exact = ObservedMean { mean: 3.0, variance: 0.0 };
        assert_near(MeanPrior::new(1.0, 0.0).shrink(exact), 3.0);
        let unknown = ObservedMean { mean: 3.0, variance: f64::INFINITY };
        assert_near(MeanPrior::new(1.0, 2.0).shrink(unknown), 1.0);
    }

    #[test]
    fn the_variance_between_means_is_what_chance_leaves() {
        // Weights 1, 1, 1; mean 2; Q = 4 + 0 + 4 = 8; (8 - 2) / (3 - 1) = 3.
        let group = |mean| ObservedMean { mean, variance: 1.0 };
        let fallback = MeanPrior::new(0.0, 7.0);
        let prior = MeanPrior::from_groups(&[group(0.0), group(2.0), group(4.0)], fallback);
        assert_eq!(prior.basis(), PriorBasis::Estimated);
        assert_near(prior.mean(), 2.0);
        assert_near(prior.variance(), 3.0);
        let alike = MeanPrior::from_groups(&[group(2.0), group(2.5)], fallback);
        assert_eq!((alike.basis(), alike.variance()), (PriorBasis::NoSpread, 0.0));
        let single = MeanPrior::from_groups(&[group(2.0), group(f64::NAN)], fallback);
        assert_eq!(
            (single.basis(), single.mean(), single.variance()),
            (PriorBasis::TooFewGroups, 1.75, 7.0)
        );
    }

    proptest! {
        #[test]
        fn nothing_is_ever_nan(
            numbers in prop::collection::vec(prop::num::f64::ANY, 8),
            groups in prop::collection::vec((prop::num::f64::ANY, prop::num::f64::ANY), 0..5),
        ) {
            let rates: Vec<Trials> = groups.iter().map(|&(a, b)| trials(a, b)).collect();
            let means: Vec<ObservedMean> =
                groups.iter().map(|&(mean, variance)| ObservedMean { mean, variance }).collect();
            let rate_prior = RatePrior::new(numbers[0], numbers[1]);
            let mean_prior = MeanPrior::new(numbers[2], numbers[3]);
            for prior in [rate_prior, RatePrior::from_groups(&rates, rate_prior)] {
                prop_assert!((0.0..=1.0).contains(&prior.shrink(trials(numbers[4], numbers[5]))));
                prop_assert!(prior.strength() >= 0.0 && prior.strength().is_finite());
            }
            for prior in [mean_prior, MeanPrior::from_groups(&means, mean_prior)] {
                let observed = ObservedMean { mean: numbers[6], variance: numbers[7] };
                prop_assert!(prior.shrink(observed).is_finite());
                prop_assert!(prior.variance() >= 0.0 && prior.variance().is_finite());
            }
        }

        #[test]
        fn more_trials_at_the_same_rate_shrink_less(n in 1.0..1e6_f64, rate in 0.0..1.0_f64) {
            let prior = RatePrior::new(0.5, 10.0);
            let distance = |n: f64| (prior.shrink(trials(rate * n, n)) - rate).abs();
            prop_assert!(distance(2.0 * n) <= distance(n) + 1e-12);
        }
    }
}

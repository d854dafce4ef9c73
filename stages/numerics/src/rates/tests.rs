use proptest::prelude::*;

use super::*;

fn count(n_events: u32, exposure: f64) -> EventCount {
    EventCount { n_events, exposure }
}

fn fallback() -> EventRatePrior {
    EventRatePrior::new(2.0, 4.0).expect("above 0")
}

fn assert_near(actual: f64, expected: f64, relative: f64) {
    assert!((actual - expected).abs() <= relative * expected.abs(), "{actual} {expected}");
}

/// Failures of ten pumps and thousands of hours of operation (Gaver and O'Muircheartaigh 1987,
/// Technometrics 29).
fn pumps() -> Vec<EventCount> {
    let failures = [5, 1, 5, 14, 3, 19, 1, 1, 4, 22];
    let hours = [94.32, 15.72, 62.88, 125.76, 5.24, 31.44, 1.048, 1.048, 2.096, 10.48];
    failures.into_iter().zip(hours).map(|(n, hours)| count(n, hours)).collect()
}

#[test]
fn likelihood_agrees_with_bliss_and_fisher() {
    // Red mites on 150 apple leaves: 70 leaves without, 38 with one … (Bliss and Fisher 1953,
    // Biometrics 9); their maximum-likelihood k is 1.02459, the mean 172 / 150.
    let leaves = [70, 38, 17, 10, 9, 3, 2, 1];
    let groups: Vec<EventCount> = leaves
        .into_iter()
        .zip(0..)
        .flat_map(|(n_leaves, mites)| std::iter::repeat_n(count(mites, 1.0), n_leaves))
        .collect();
    let prior = EventRatePrior::by_likelihood(&groups, fallback());
    assert_eq!(prior.basis(), PriorBasis::Estimated);
    assert_near(prior.shape(), 1.02459, 1e-5);
    assert_near(prior.mean(), 172.0 / 150.0, 1e-9);
}

// mpmath's root of the two likelihood equations at 30 digits.
const SHAPE: f64 = 0.822_268_649_688_646_4;
const EXPOSURE: f64 = 1.258_954_443_370_719_3;

#[test]
fn exposures_that_differ_are_weighed() {
    let prior = EventRatePrior::by_likelihood(&pumps(), fallback());
    assert_near(prior.shape(), SHAPE, 1e-9);
    assert_near(prior.exposure(), EXPOSURE, 1e-9);
    assert_near(prior.shrink(count(5, 94.32)), (5.0 + SHAPE) / (94.32 + EXPOSURE), 1e-9);
}

#[test]
fn moments_are_what_their_formula_gives() {
    // Rates 0, 2, 4 over one month each: m = 2, S = 8, v = (8 - 2 * 2) / (3 - 1) = 2.
    let groups = [count(0, 1.0), count(2, 1.0), count(4, 1.0)];
    let prior = EventRatePrior::by_moments(&groups, fallback());
    assert_eq!(prior.basis(), PriorBasis::Estimated);
    assert_near(prior.shape(), 2.0, 1e-12);
    assert_near(prior.exposure(), 1.0, 1e-12);
    // (4 + 2) / (1 + 1), and the mean where nothing was seen.
    assert_near(prior.shrink(groups[2]), 3.0, 1e-12);
    assert_near(prior.shrink(count(0, 0.0)), 2.0, 1e-12);
}

#[test]
fn a_prior_that_cannot_be_estimated_says_why() {
    for estimate in [EventRatePrior::by_moments, EventRatePrior::by_likelihood] {
        let of = |groups: &[EventCount]| estimate(groups, fallback());
        let none = of(&[count(3, 0.0)]);
        assert_eq!((none.basis(), none.mean()), (PriorBasis::TooFewGroups, 0.5));
        // One group of 6 in 8 beside the fallback's 2 in 4: 8 in 12.
        let one = of(&[count(6, 8.0)]);
        assert_eq!(one.basis(), PriorBasis::TooFewGroups);
        assert_near(one.mean(), 8.0 / 12.0, 1e-12);
        let quiet = of(&[count(0, 8.0), count(0, 8.0)]);
        assert_eq!(quiet.basis(), PriorBasis::NoVariation);
        assert_near(quiet.mean(), 2.0 / 20.0, 1e-12);
        let alike = of(&[count(2, 1.0), count(2, 1.0), count(2, 1.0)]);
        assert_eq!(alike.basis(), PriorBasis::NoSpread);
        assert_near(alike.mean(), 2.0, 1e-12);
    }
    assert!(EventRatePrior::new(0.0, 1.0).is_err() && EventRatePrior::new(1.0, f64::NAN).is_err());
}

#[test]
fn a_count_without_bound_neither_hangs_nor_breaks() {
    let groups = [count(u32::MAX, 1.0), count(0, 1.0), count(1, 3.0)];
    let prior = EventRatePrior::by_likelihood(&groups, fallback());
    assert!(prior.shape() > 0.0 && prior.mean().is_finite());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_near_the_maximum_is_likelier(
        counts in prop::collection::vec((0_u32..12, 0.5..6.0_f64), 3..25),
    ) {
        let groups: Vec<EventCount> = counts.iter().map(|&(n, t)| count(n, t)).collect();
        let prior = EventRatePrior::by_likelihood(&groups, fallback());
        if prior.basis() == PriorBasis::Estimated {
            let sums = Groups::new(&groups);
            let height = sums.log_likelihood(prior.shape(), prior.exposure());
            for (a, b) in [(1.01, 1.0), (0.99, 1.0), (1.0, 1.01), (1.0, 0.99), (1.01, 1.01)] {
                let near = sums.log_likelihood(prior.shape() * a, prior.exposure() * b);
                prop_assert!(near <= height + 1e-9 * height.abs(), "{} {}", near, height);
            }
        }
    }

    #[test]
    fn a_rate_moves_towards_the_mean_and_never_past_it(
        n_events in 0_u32..50, exposure in 0.0..40.0_f64, a in 0.1..9.0_f64, b in 0.1..9.0_f64,
    ) {
        let prior = EventRatePrior::new(a, b).expect("above 0");
        let shrunk = prior.shrink(count(n_events, exposure));
        if exposure > 0.0 {
            let rate = f64::from(n_events) / exposure;
            prop_assert!(shrunk >= rate.min(prior.mean()) - 1e-9);
            prop_assert!(shrunk <= rate.max(prior.mean()) * (1.0 + 1e-12));
        }
    }
}

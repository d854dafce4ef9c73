//! Time until something happens: Kaplan-Meier curves, half-lives, volatility of levels.

use thiserror::Error;

use crate::inference::{Confidence, Estimate, NotEstimable, Proportion, wilson};

/// Share that counts as one half or less, but for the rounding of a product of shares.
const ROUNDING: f64 = 1e-12;

/// A time during which something could happen, such as membership of the top level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// Days since the spell began when it came under observation; 0 when seen from the start.
    pub entry_days: u32,
    /// Days since the spell began when it ended or was last seen; above `entry_days`.
    pub exit_days: u32,
    /// Whether it ended then. Otherwise all that is known is that it lasted as long.
    pub has_ended: bool,
}

/// Why a curve cannot be estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SurvivalError {
    /// There is no spell.
    #[error("no spell, expected one or more")]
    NoSpells,
    /// A spell ends no later than it comes under observation.
    #[error(
        "spell {spell} is observed from day {entry_days} to {exit_days}, expected to be longer"
    )]
    Empty {
        /// Place of the spell.
        spell: usize,
        /// Its entry.
        entry_days: u32,
        /// Its exit.
        exit_days: u32,
    },
}

/// A day on which spells ended, and the curve from then on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurvivalStep {
    /// Day since the beginning of a spell.
    pub days: u32,
    /// Spells under observation and not ended before.
    pub n_at_risk: u64,
    /// Spells that ended on that day.
    pub n_ended: u64,
    /// Share of spells that last longer, from 0 to 1.
    pub survival: f64,
    /// Greenwood's standard error of that share; 0 once no spell is left.
    pub standard_error: f64,
    /// Greenwood's sum `Σ d / (n (n - d))`, the variance of the share's logarithm; infinite at 0.
    log_variance: f64,
}

/// A Kaplan-Meier curve.
#[derive(Debug, Clone, PartialEq)]
pub struct KaplanMeier {
    steps: Vec<SurvivalStep>,
    days_max: u32,
}

impl KaplanMeier {
    /// Estimates how long spells last (Kaplan and Meier 1958), in whole days.
    ///
    /// A spell that is still going on counts until it was last seen. On the same day endings come
    /// before losses from sight. Spells that were already going on when observation began come in
    /// with their age then, lest the long-lived be counted as immortal before; should all that are
    /// under observation end before others come in, the curve is 0 from then on. O(n log n).
    ///
    /// # Errors
    ///
    /// [`SurvivalError`] when there is no spell, or one has no time under observation.
    pub fn fit(spells: &[Spell]) -> Result<Self, SurvivalError> {
        for (spell, &Spell { entry_days, exit_days, .. }) in spells.iter().enumerate() {
            if exit_days <= entry_days {
                return Err(SurvivalError::Empty { spell, entry_days, exit_days });
            }
        }
        let mut entries: Vec<u32> = spells.iter().map(|spell| spell.entry_days).collect();
        entries.sort_unstable();
        let mut exits: Vec<(u32, bool)> =
            spells.iter().map(|spell| (spell.exit_days, spell.has_ended)).collect();
        exits.sort_unstable();
        let days_max = exits.last().ok_or(SurvivalError::NoSpells)?.0;

        let mut steps = Vec::new();
        let (mut survival, mut log_variance, mut n_left) = (1.0, 0.0, 0_u64);
        for same_day in exits.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(days, _)) = same_day.first() else { continue };
            let n_entered = entries.partition_point(|&entry| entry < days) as u64;
            let n_at_risk = n_entered - n_left;
            let n_ended = same_day.iter().filter(|exit| exit.1).count() as u64;
            n_left += same_day.len() as u64;
            if n_ended == 0 {
                continue;
            }
            let (n, d) = (n_at_risk as f64, n_ended as f64);
            survival *= (n - d) / n;
            log_variance += d / n / (n - d);
            let standard_error =
                if survival > 0.0 { survival * f64::sqrt(log_variance) } else { 0.0 };
            steps.push(SurvivalStep {
                days,
                n_at_risk,
                n_ended,
                survival,
                standard_error,
                log_variance,
            });
        }
        Ok(Self { steps, days_max })
    }

    /// Returns the days on which spells ended, ascending.
    pub fn steps(&self) -> &[SurvivalStep] {
        &self.steps
    }

    /// Returns the longest time under observation, beyond which the curve says nothing.
    pub fn days_max(&self) -> u32 {
        self.days_max
    }

    /// Returns the share of spells that last longer than some days, from 0 to 1.
    ///
    /// Beyond [`Self::days_max`] it is that of the last day, an upper bound.
    pub fn survival(&self, days: u32) -> f64 {
        self.step_at(days).map_or(1.0, |step| step.survival)
    }

    /// Returns the share that lasts longer than some days with its interval.
    ///
    /// On the scale of `ln(-ln S)` (Kalbfleisch and Prentice 1980), which stays within 0 and 1.
    /// The share itself where nothing has ended yet, or nothing is left: there is no variance.
    pub fn survival_interval(&self, days: u32, confidence: Confidence) -> Estimate {
        let Some(step) = self.step_at(days).filter(|step| step.standard_error > 0.0) else {
            let value = self.survival(days);
            return Estimate { value, lower: value, upper: value };
        };
        let log = step.survival.ln();
        let width = confidence.z() * step.log_variance.sqrt() / log.abs();
        Estimate {
            value: step.survival,
            lower: (log * width.exp()).exp(),
            upper: (log * (-width).exp()).exp(),
        }
    }

    /// Returns the day by which half of the spells have ended; none when more than half last.
    pub fn median_days(&self) -> Option<u32> {
        let half = 0.5 + ROUNDING;
        self.steps.iter().find(|step| step.survival <= half).map(|step| step.days)
    }

    /// Returns the chance that a spell of some days ends within a further number of days.
    ///
    /// `1 - S(waited + horizon) / S(waited)`; none when no spell is known to last as long. Where the
    /// horizon ends beyond [`Self::days_max`] it is a lower bound.
    pub fn ending_probability(&self, waited_days: u32, horizon_days: u32) -> Option<f64> {
        let now = self.survival(waited_days);
        let later = self.survival(waited_days.saturating_add(horizon_days));
        (now > 0.0 && waited_days < self.days_max).then(|| 1.0 - later / now)
    }

    fn step_at(&self, days: u32) -> Option<&SurvivalStep> {
        let n_before = self.steps.partition_point(|step| step.days <= days);
        self.steps.get(n_before.checked_sub(1)?)
    }
}

/// How many customers changed their level between two dates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelVolatility {
    /// Share of customers whose level changed, with Wilson's interval.
    pub share: Estimate,
    /// Customers that had a level on both dates.
    pub n_customers: u64,
    /// Customers that rose.
    pub n_up: u64,
    /// Customers that fell.
    pub n_down: u64,
}

/// Returns the share of customers whose level changed; capability A45.
///
/// A row a customer; levels are numbered from the lowest. Whoever has no level on one of the dates
/// is left out, as are rows beyond the shorter list.
///
/// # Errors
///
/// No customer with a level on both dates.
pub fn level_volatility(
    before: &[Option<u32>],
    after: &[Option<u32>],
    confidence: Confidence,
) -> Result<LevelVolatility, NotEstimable> {
    let (mut n_customers, mut n_up, mut n_down) = (0, 0, 0);
    for (before, after) in before.iter().zip(after).filter_map(|(b, a)| b.zip(*a)) {
        n_customers += 1;
        n_up += u64::from(before < after);
        n_down += u64::from(after < before);
    }
    let changed = Proportion { successes: n_up + n_down, n: n_customers };
    Ok(LevelVolatility { share: wilson(changed, confidence)?, n_customers, n_up, n_down })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spell(entry_days: u32, exit_days: u32, has_ended: bool) -> Spell {
        Spell { entry_days, exit_days, has_ended }
    }

    fn seen_from_start(ended: &[u32], going_on: &[u32]) -> Vec<Spell> {
        let ended = ended.iter().map(|&days| spell(0, days, true));
        ended.chain(going_on.iter().map(|&days| spell(0, days, false))).collect()
    }

    #[test]
    fn remissions_of_freireich_are_reproduced() {
        // Weeks of remission under 6-mercaptopurine (Freireich et al. 1963; Kalbfleisch and
        // Prentice 1980); estimates and Greenwood errors as R's `survfit` prints them.
        let spells = seen_from_start(
            &[6, 6, 6, 7, 10, 13, 16, 22, 23],
            &[6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35],
        );
        let curve = KaplanMeier::fit(&spells).expect("21 patients");
        let expected = [
            (6, 21, 3, 0.857, 0.0764),
            (7, 17, 1, 0.807, 0.0869),
            (10, 15, 1, 0.753, 0.0963),
            (13, 12, 1, 0.690, 0.1068),
            (16, 11, 1, 0.627, 0.1141),
            (22, 7, 1, 0.538, 0.1282),
            (23, 6, 1, 0.448, 0.1346),
        ];
        assert_eq!(curve.steps().len(), expected.len());
        for (step, (days, n_at_risk, n_ended, survival, error)) in
            curve.steps().iter().zip(expected)
        {
            assert_eq!((step.days, step.n_at_risk, step.n_ended), (days, n_at_risk, n_ended));
            assert!((step.survival - survival).abs() < 5.1e-4, "{step:?}");
            assert!((step.standard_error - error).abs() < 5.1e-5, "{step:?}");
        }
        assert_eq!(curve.median_days(), Some(23));
        assert_eq!(curve.days_max(), 35);
        assert!((curve.survival(5) - 1.0).abs() < 1e-15);
        assert!((curve.survival(12) - curve.survival(10)).abs() < 1e-15);
        // ln(-ln S) interval of R, conf.type = "log-log", at 10 weeks: .503 to .889.
        let interval = curve.survival_interval(10, Confidence::P95);
        assert!((interval.lower - 0.503).abs() < 5.1e-4, "{interval:?}");
        assert!((interval.upper - 0.889).abs() < 5.1e-4, "{interval:?}");
    }

    #[test]
    fn a_spell_seen_late_is_at_risk_only_from_then_on() {
        // Day 2: only the first is at risk; day 5: the second and third.
        let spells = [spell(0, 2, true), spell(3, 5, true), spell(4, 9, false)];
        let curve = KaplanMeier::fit(&spells[1..]).expect("two spells");
        assert_eq!(curve.steps().len(), 1);
        assert_eq!((curve.steps()[0].n_at_risk, curve.median_days()), (2, Some(5)));
        let all = KaplanMeier::fit(&spells).expect("three spells");
        assert_eq!(all.steps()[0].n_at_risk, 1);
        assert!(all.survival(2).abs() < 1e-15);
    }

    #[test]
    fn the_chance_to_end_is_among_those_that_lasted() {
        // Ends on days 1, 2, 3, 4: of the two that lasted 2 days one ends on day 3.
        let curve = KaplanMeier::fit(&seen_from_start(&[1, 2, 3, 4], &[])).expect("four spells");
        assert!((curve.ending_probability(2, 1).expect("two left") - 0.5).abs() < 1e-15);
        assert_eq!(curve.ending_probability(4, 1), None);
        assert_eq!(curve.median_days(), Some(2));
        let going_on = KaplanMeier::fit(&seen_from_start(&[], &[8])).expect("a spell");
        assert_eq!(going_on.median_days(), None);
        assert_eq!(going_on.ending_probability(3, 2), Some(0.0));
        assert_eq!(going_on.ending_probability(8, 2), None);
    }

    #[test]
    fn a_spell_without_time_is_named() {
        assert_eq!(KaplanMeier::fit(&[]), Err(SurvivalError::NoSpells));
        let error = KaplanMeier::fit(&[spell(0, 1, true), spell(4, 4, true)]);
        assert_eq!(error, Err(SurvivalError::Empty { spell: 1, entry_days: 4, exit_days: 4 }));
    }

    #[test]
    fn volatility_counts_those_with_both_levels() {
        let before = [Some(0), Some(1), Some(2), Some(2), None, Some(1)];
        let after = [Some(1), Some(1), Some(0), Some(2), Some(1), None];
        let found = level_volatility(&before, &after, Confidence::P95).expect("four customers");
        assert_eq!((found.n_customers, found.n_up, found.n_down), (4, 1, 1));
        assert!((found.share.value - 0.5).abs() < 1e-15);
        let none = level_volatility(&[None], &after, Confidence::P95);
        assert_eq!(none, Err(NotEstimable::NoObservations));
    }

    proptest! {
        #[test]
        fn without_losses_the_curve_is_the_share_that_lasts(
            ends in prop::collection::vec(1_u32..30, 1..40), day in 0_u32..35,
        ) {
            let curve = KaplanMeier::fit(&seen_from_start(&ends, &[])).expect("spells");
            let n = ends.len() as f64;
            let lasting = ends.iter().filter(|&&end| end > day).count() as f64 / n;
            prop_assert!((curve.survival(day) - lasting).abs() < 1e-12);
            // Greenwood's variance is then that of a share.
            for step in curve.steps() {
                let expected = (step.survival * (1.0 - step.survival) / n).sqrt();
                prop_assert!((step.standard_error - expected).abs() < 1e-9);
            }
        }

        #[test]
        fn order_does_not_matter_and_the_curve_never_rises(
            (spells, shuffled) in prop::collection::vec((0_u32..9, 1_u32..30, any::<bool>()), 1..40)
                .prop_map(|rows| {
                    rows.into_iter()
                        .map(|(entry, length, ended)| spell(entry, entry + length, ended))
                        .collect::<Vec<Spell>>()
                })
                .prop_flat_map(|spells| (Just(spells.clone()), Just(spells).prop_shuffle())),
        ) {
            let curve = KaplanMeier::fit(&spells).expect("spells");
            prop_assert_eq!(&curve, &KaplanMeier::fit(&shuffled).expect("spells"));
            for pair in curve.steps().windows(2) {
                prop_assert!(pair[1].survival <= pair[0].survival);
            }
            for day in 0..40 {
                let interval = curve.survival_interval(day, Confidence::P95);
                prop_assert!(0.0 <= interval.lower && interval.lower <= interval.value + 1e-12);
                prop_assert!(interval.value <= interval.upper + 1e-12 && interval.upper <= 1.0);
            }
        }
    }
}

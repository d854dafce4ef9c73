//! Errors of a forecast: of purchases, of the chance of any, of the whole history.

use std::collections::BTreeMap;

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use rayon::slice::ParallelSlice;

use super::Holdout;
use super::outcome::Outcome;
use super::ranking::{Decile, ScoredCell, area_of_sorted, by_chance, deciles_of_sorted};
use crate::btyd::{
    DiscountedHorizon, EqualFrequency, ModelKind, OfFrequency, PurchaseModel, ScoreSettings, score,
};

/// Outcomes summed by one task; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 4_096;

/// A chance is kept this far from 0 and 1 in its log score.
const SMALLEST_CHANCE: f64 = 1e-12;

/// What a model foretold for the holdout, and what came.
#[derive(Debug, Clone, PartialEq)]
pub struct HoldoutCheck {
    /// The model.
    pub kind: ModelKind,
    /// Customers.
    pub n_customers: f64,
    /// Purchases expected of all customers.
    pub expected_purchases: f64,
    /// Purchases they made.
    pub actual_purchases: f64,
    /// Mean absolute error of purchases a customer.
    pub mean_absolute_error: f64,
    /// Root of the mean squared error of purchases a customer.
    pub root_mean_squared_error: f64,
    /// Pearson's correlation of expected and actual purchases; `None` where one does not vary.
    pub correlation: Option<f64>,
    /// Expected and actual purchases by repeat purchases in calibration.
    pub by_frequency: Vec<ByFrequency>,
    /// Customers expected to buy at all.
    pub expected_buyers: f64,
    /// Customers who bought.
    pub actual_buyers: f64,
    /// Area under the curve of the chance of any purchase; `None` when all bought or none.
    pub area_under_curve: Option<f64>,
    /// Mean squared error of that chance (Brier 1950).
    pub brier_score: f64,
    /// The Brier score of who foretells the same for everybody, and the right share.
    pub brier_score_of_base_rate: f64,
    /// Mean log of the chance that was given to what happened: any purchase, or none.
    pub log_score_of_any: f64,
    /// Buyers by tenth of the chance of any purchase, lowest first.
    pub calibration: [Decile; 10],
    /// Mean log density of the purchase times of the holdout, given the calibration; `None` when
    /// the days of the last purchases are not known. Higher is better; compare models in one and
    /// the same time unit only.
    pub log_score: Option<f64>,
}

/// Purchases of the customers with one frequency in calibration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ByFrequency {
    /// Repeat purchases in calibration; the last row also holds those above.
    pub frequency: u32,
    /// Customers.
    pub n_customers: f64,
    /// Purchases expected of them, together.
    pub expected_purchases: f64,
    /// Purchases they made, together.
    pub actual_purchases: f64,
}

/// Repeat purchases from which customers are counted together, as in the literature's figures.
const LAST_FREQUENCY: u32 = 7;

/// Holds a model fitted to the calibration against the holdout.
///
/// The log score is a proper one for any model of purchase times: the likelihood of the whole
/// history over that of the calibration is the density the model gave to what came.
pub fn check_holdout(
    model: &dyn PurchaseModel,
    holdout: &Holdout,
    time_unit_days: f64,
) -> HoldoutCheck {
    let cells = holdout.cells();
    let settings = ScoreSettings {
        time_unit_days,
        churn_horizon_days: f64::from(holdout.days()),
        discounted_horizon: DiscountedHorizon::NONE,
    };
    let scores = score(model, cells, &settings);
    let mut sums = Sums::default();
    let mut by_frequency: BTreeMap<u32, ByFrequency> = BTreeMap::new();
    let mut scored: Vec<ScoredCell> = (0..cells.len())
        .filter_map(|cell| scores.of(cell))
        .map(|score| ScoredCell { chance: score.p_any, n_yes: 0.0, n_no: 0.0 })
        .collect();
    for outcome in holdout.outcomes() {
        let cell = outcome.cell as usize;
        let (Some(score), Some(scored), Some(&frequency)) =
            (scores.of(cell), scored.get_mut(cell), cells.frequency().get(cell))
        else {
            continue;
        };
        let expected = score.purchases;
        sums.add(outcome, expected, scored.chance);
        let n = f64::from(outcome.n_customers);
        if outcome.frequency > 0 {
            scored.n_yes += n;
        } else {
            scored.n_no += n;
        }
        let frequency = frequency.min(LAST_FREQUENCY);
        let row = by_frequency.entry(frequency).or_insert(ByFrequency {
            frequency,
            n_customers: 0.0,
            expected_purchases: 0.0,
            actual_purchases: 0.0,
        });
        row.n_customers += n;
        row.expected_purchases += n * expected;
        row.actual_purchases += n * f64::from(outcome.frequency);
    }
    drop(scores);
    let scored = by_chance(scored);
    let n = sums.n.max(1.0);
    let share = sums.buyers / n;
    HoldoutCheck {
        kind: model.kind(),
        n_customers: sums.n,
        expected_purchases: sums.expected,
        actual_purchases: sums.actual,
        mean_absolute_error: sums.absolute_error / n,
        root_mean_squared_error: (sums.squared_error / n).sqrt(),
        correlation: sums.correlation(),
        by_frequency: by_frequency.into_values().collect(),
        expected_buyers: sums.expected_buyers,
        actual_buyers: sums.buyers,
        area_under_curve: area_of_sorted(&scored),
        brier_score: sums.squared_error_of_chance / n,
        brier_score_of_base_rate: share * (1.0 - share),
        log_score_of_any: sums.ln_chance / n,
        calibration: deciles_of_sorted(&scored),
        log_score: holdout
            .knows_last_days()
            .then(|| total_log_score(model, holdout, time_unit_days) / n),
    }
}

/// Sums over customers.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n: f64,
    expected: f64,
    actual: f64,
    absolute_error: f64,
    squared_error: f64,
    expected_squares: f64,
    actual_squares: f64,
    products: f64,
    buyers: f64,
    expected_buyers: f64,
    squared_error_of_chance: f64,
    ln_chance: f64,
}

impl Sums {
    fn add(&mut self, outcome: &Outcome, expected: f64, chance: f64) {
        let n = f64::from(outcome.n_customers);
        let actual = f64::from(outcome.frequency);
        let any = f64::from(outcome.frequency.min(1));
        let given = if any > 0.0 { chance } else { 1.0 - chance };
        self.n += n;
        self.expected += n * expected;
        self.actual += n * actual;
        self.absolute_error += n * (expected - actual).abs();
        self.squared_error += n * (expected - actual).powi(2);
        self.expected_squares += n * expected * expected;
        self.actual_squares += n * actual * actual;
        self.products += n * expected * actual;
        self.buyers += n * any;
        self.expected_buyers += n * chance;
        self.squared_error_of_chance += n * (chance - any).powi(2);
        self.ln_chance += n * given.max(SMALLEST_CHANCE).ln();
    }

    fn correlation(&self) -> Option<f64> {
        let covariance = self.n * self.products - self.expected * self.actual;
        let expected = self.n * self.expected_squares - self.expected * self.expected;
        let actual = self.n * self.actual_squares - self.actual * self.actual;
        let r = covariance / (expected.max(0.0).sqrt() * actual.max(0.0).sqrt());
        r.is_finite().then(|| r.clamp(-1.0, 1.0))
    }
}

fn total_log_score(model: &dyn PurchaseModel, holdout: &Holdout, time_unit_days: f64) -> f64 {
    let groups: Vec<EqualFrequency> = holdout.equal_frequencies(time_unit_days).collect();
    let models: BTreeMap<u32, Box<dyn OfFrequency + '_>> = groups
        .par_iter()
        .with_max_len(1)
        .map(|group| (group.frequency, model.of_frequency(group)))
        .collect();
    let ln_likelihood = |frequency: u32, recency_days: u32, t_days: u32| {
        Some(models.get(&frequency)?.ln_likelihood(recency_days, t_days))
    };
    let parts: Vec<f64> = holdout
        .outcomes()
        .par_chunks(CHUNK)
        .map(|outcomes| {
            let score = |outcomes: &[Outcome]| {
                let (frequency, recency_days, t_days) = holdout.before(outcomes.first()?)?;
                let before = ln_likelihood(frequency, recency_days, t_days)?;
                let gain = |outcome: &Outcome| {
                    let (frequency, recency_days, t_days) = holdout.after(outcome)?;
                    let gain = ln_likelihood(frequency, recency_days, t_days)? - before;
                    Some(f64::from(outcome.n_customers) * gain)
                };
                Some(outcomes.iter().filter_map(gain).sum::<f64>())
            };
            outcomes.chunk_by(|a, b| a.cell == b.cell).filter_map(score).sum()
        })
        .collect();
    parts.into_iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::btyd::{Cells, History};

    /// Expects two purchases of everybody, with chance one half of any; density e^-x.
    #[derive(Debug)]
    struct Oracle;

    impl PurchaseModel for Oracle {
        fn kind(&self) -> ModelKind {
            ModelKind::ParetoNbd
        }
        fn parameters(&self) -> Vec<(&'static str, f64)> {
            vec![]
        }
        fn ln_likelihood(&self, history: &History) -> f64 {
            -f64::from(history.frequency)
        }
        fn p_alive(&self, _: &History) -> f64 {
            1.0
        }
        fn p_any_of_alive(&self, _: u32, _: f64, _: f64) -> f64 {
            0.5
        }
        fn expected_of_alive(&self, _: u32, _: f64, _: f64) -> f64 {
            2.0
        }
        fn expected_unconditional(&self, t: f64) -> f64 {
            t
        }
    }

    #[test]
    fn errors_by_hand() {
        let (cells, cell_of_row) =
            Cells::compress(&[0_i64, 9, 0, 1], &[0_i64, 9, 0, 4], &[9_i64, 9, 9, 9])
                .expect("valid");
        let (frequency, last_day) = ([0_i64, 5, 0, 3], [0_i64, 8, 0, 6]);
        let holdout = Holdout::new(cells, &cell_of_row, &frequency, Some(&last_day), 10);
        let check = check_holdout(&Oracle, &holdout.expect("valid"), 7.0);
        let near = |found: f64, expected: f64| {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        };
        near(check.expected_purchases, 8.0);
        near(check.actual_purchases, 8.0);
        near(check.mean_absolute_error, (2.0 + 3.0 + 2.0 + 1.0) / 4.0);
        near(check.root_mean_squared_error, (4.0 + 9.0 + 4.0 + 1.0_f64).sqrt() / 2.0);
        assert_eq!(check.correlation, None);
        near(check.brier_score, 0.25);
        near(check.brier_score_of_base_rate, 0.25);
        near(check.log_score_of_any, 0.5_f64.ln());
        near(check.area_under_curve.expect("both kinds"), 0.5);
        // Each further purchase costs 1: eight of four customers.
        near(check.log_score.expect("days known"), -2.0);
        let rows: Vec<(u32, f64)> =
            check.by_frequency.iter().map(|row| (row.frequency, row.actual_purchases)).collect();
        assert_eq!(rows, [(0, 0.0), (1, 3.0), (7, 5.0)]);
    }
}

//! Scores of all customers, computed once for each cell.

use std::ops::Range;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::{Cells, DiscountedHorizon, History, PurchaseModel};

/// Cells scored by one task; fixed, so that scores do not depend on the number of threads.
const CHUNK: usize = 4_096;

/// What to score, times in days from the end of observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreSettings {
    /// Days in the model's unit of time.
    pub time_unit_days: f64,
    /// Within how many days a purchase counts as staying: churn is no purchase in that time.
    pub churn_horizon_days: f64,
    /// Over which periods purchases are discounted.
    pub discounted_horizon: DiscountedHorizon,
}

/// Scores of each cell; a customer's are at its place in the `cell_of_row` of [`Cells::compress`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CellScores {
    /// Probability of being active; not a churn score for a BG/NBD, where it is 1 for all who
    /// bought once.
    pub p_alive: Vec<f64>,
    /// Probability of a purchase within the churn horizon; churn is 1 minus this.
    pub p_any: Vec<f64>,
    /// Expected purchases over the discounted horizon, not discounted.
    pub expected_purchases: Vec<f64>,
    /// Discounted expected purchases over the discounted horizon.
    pub discounted_purchases: Vec<f64>,
}

/// Scores every cell; all results are finite.
///
/// Costs a fraction of a microsecond for each cell and period; 32 bytes a cell.
pub fn score(model: &dyn PurchaseModel, cells: &Cells, settings: &ScoreSettings) -> CellScores {
    let parts = in_chunks(cells.len(), |range| score_range(model, cells, range, settings));
    parts.into_iter().fold(CellScores::default(), CellScores::followed_by)
}

/// Returns the purchases that a model expects of each cell within `horizon_days`.
pub fn expected_purchases(
    model: &dyn PurchaseModel,
    cells: &Cells,
    time_unit_days: f64,
    horizon_days: f64,
) -> Vec<f64> {
    in_chunks(cells.len(), |range| {
        let histories = cells.histories_of(range, time_unit_days);
        let mut expected = vec![0.0; histories.len()];
        let horizons = [horizon_days / time_unit_days];
        model.expected_purchases_of(&histories, &horizons, &mut expected);
        expected
    })
    .concat()
}

fn in_chunks<T: Send>(n: usize, of_range: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    let range = |chunk: usize| chunk * CHUNK..n.min((chunk + 1) * CHUNK);
    let chunks = (0..n.div_ceil(CHUNK)).into_par_iter().with_max_len(1);
    chunks.map(|chunk| of_range(range(chunk))).collect()
}

/// Scores some of the cells.
pub(super) fn score_range(
    model: &dyn PurchaseModel,
    cells: &Cells,
    range: Range<usize>,
    settings: &ScoreSettings,
) -> CellScores {
    let unit = settings.time_unit_days;
    let churn_horizon = settings.churn_horizon_days / unit;
    let histories: Vec<History> = cells.histories_of(range, unit);
    let n = histories.len();
    let ends: Vec<f64> =
        settings.discounted_horizon.ends_days().into_iter().map(|days| days / unit).collect();
    let mut until = vec![0.0; n * ends.len()];
    model.expected_purchases_of(&histories, &ends, &mut until);
    let mut scores = CellScores {
        p_alive: histories.iter().map(|history| model.p_alive(history)).collect(),
        p_any: histories.iter().map(|history| model.p_any(history, churn_horizon)).collect(),
        expected_purchases: vec![0.0; n],
        discounted_purchases: vec![0.0; n],
    };
    let totals = scores.expected_purchases.iter_mut().zip(&mut scores.discounted_purchases);
    for (until, (total, discounted)) in until.chunks_exact(ends.len().max(1)).zip(totals) {
        *total = until.last().copied().unwrap_or(0.0);
        *discounted = settings.discounted_horizon.discounted(until);
    }
    scores
}

impl CellScores {
    /// Returns these scores with those of the next cells behind them.
    pub(super) fn followed_by(mut self, next: Self) -> Self {
        self.p_alive.extend(next.p_alive);
        self.p_any.extend(next.p_any);
        self.expected_purchases.extend(next.expected_purchases);
        self.discounted_purchases.extend(next.discounted_purchases);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::btyd::{BetaGeometric, Dropout};

    fn cells() -> Cells {
        // More than one chunk: 100 frequencies times 91 last days.
        let rows = || (0..100_i64).flat_map(|x| (10..=100_i64).map(move |t_x| (x, t_x)));
        let frequency: Vec<i64> = rows().map(|(x, _)| x).collect();
        let recency: Vec<i64> = rows().map(|(x, t_x)| if x > 0 { t_x } else { 0 }).collect();
        let t: Vec<i64> = rows().map(|(x, t_x)| if x > 0 { 100 } else { t_x }).collect();
        Cells::compress(&frequency, &recency, &t).expect("histories").0
    }

    fn settings(n_periods: u32) -> ScoreSettings {
        ScoreSettings {
            time_unit_days: 7.0,
            churn_horizon_days: 60.0,
            discounted_horizon: DiscountedHorizon::new(n_periods, 30.0, 0.02).expect("valid"),
        }
    }

    #[test]
    fn scores_do_not_depend_on_the_number_of_threads() {
        let model = BetaGeometric::new(Dropout::AfterRepeats, 0.243, 4.414, 0.793, 2.426);
        let model = model.expect("possible");
        let with_threads = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
            pool.install(|| score(&model, &cells(), &settings(12)))
        };
        let one = with_threads(1);
        assert!(one.p_any.len() > 2 * CHUNK);
        assert_eq!(one, with_threads(3));
    }

    #[test]
    fn every_score_has_its_definition() {
        let model = BetaGeometric::new(Dropout::AfterEvery, 0.5, 6.0, 0.9, 1.6).expect("possible");
        let cells = cells();
        let scores = score(&model, &cells, &settings(2));
        let expected = expected_purchases(&model, &cells, 7.0, 60.0);
        for (i, (history, _)) in cells.histories(7.0).enumerate().step_by(97) {
            let [one, two] = [30.0, 60.0].map(|d| model.expected_purchases(&history, d / 7.0));
            let discounted = one / 1.02 + (two - one) / (1.02 * 1.02);
            for (found, expected) in [
                (scores.p_alive[i], model.p_alive(&history)),
                (scores.p_any[i], model.p_any(&history, 60.0 / 7.0)),
                (scores.expected_purchases[i], two),
                (scores.discounted_purchases[i], discounted),
                (expected[i], two),
            ] {
                assert!((found - expected).abs() <= 1e-11 * expected, "{history:?}");
            }
        }
        let nothing = score(&model, &cells, &settings(0));
        assert!(nothing.discounted_purchases.iter().all(|&d| d.to_bits() == 0));
        assert_eq!(nothing.p_alive, scores.p_alive);
    }
}

//! Scores of all customers, computed once for each cell.
//!
//! Of who is active, what is to come depends on frequency and T alone, and cells of equal frequency
//! share their T many times over: so it is computed once for each of these pairs, and P(alive) for
//! each cell.

use std::ops::Range;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::cells::chunks;
use super::model::EqualFrequency;
use super::{Cells, DiscountedHorizon, PurchaseModel};

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

/// Scores of one cell and its customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Probability of being active; not a churn score for a BG/NBD, where it is 1 for all who
    /// bought once.
    pub p_alive: f64,
    /// Probability of a purchase within the churn horizon; churn is 1 minus this.
    pub p_any: f64,
    /// Expected purchases within the churn horizon.
    pub purchases: f64,
    /// Expected purchases over the discounted horizon, not discounted.
    pub long_purchases: f64,
    /// Discounted expected purchases over the discounted horizon.
    pub discounted_purchases: f64,
}

/// Scores of each cell; a customer's are those of its place in the `cell_of_row` of
/// [`Cells::compress`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CellScores {
    /// P(alive) of each cell and the place of its future among the next, side by side: a customer's
    /// cell is anywhere in memory.
    cells: Vec<(f64, u32)>,
    /// What is to come of who is active; for who is, `p_alive` is 1.
    futures: Vec<Score>,
}

impl CellScores {
    /// Returns the number of cells.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Returns whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Returns the scores of a cell, all finite; `None` when there is no such cell.
    pub fn of(&self, cell: usize) -> Option<Score> {
        let &(p_alive, place) = self.cells.get(cell)?;
        let future = self.futures.get(place as usize)?;
        Some(Score {
            p_alive,
            p_any: p_alive * future.p_any,
            purchases: p_alive * future.purchases,
            long_purchases: p_alive * future.long_purchases,
            discounted_purchases: p_alive * future.discounted_purchases,
        })
    }

    /// Returns these scores with those of the next cells behind them.
    pub(super) fn followed_by(mut self, next: Self) -> Self {
        let first = self.futures.len() as u32;
        self.cells.extend(next.cells.into_iter().map(|(p_alive, place)| (p_alive, first + place)));
        self.futures.extend(next.futures);
        self
    }
}

/// Scores every cell.
///
/// Costs some hundredths of a microsecond for each cell; 16 bytes a cell.
pub fn score(model: &dyn PurchaseModel, cells: &Cells, settings: &ScoreSettings) -> CellScores {
    score_range(model, cells, 0..cells.len(), settings)
}

/// Scores some of the cells.
pub(super) fn score_range(
    model: &dyn PurchaseModel,
    cells: &Cells,
    range: Range<usize>,
    settings: &ScoreSettings,
) -> CellScores {
    let groups: Vec<Range<usize>> = cells.equal_frequencies(range).collect();
    let parts: Vec<CellScores> = groups
        .into_par_iter()
        .with_max_len(1)
        .map(|group| score_frequency(model, cells, group, settings))
        .collect();
    let mut scores = CellScores::default();
    scores.cells.reserve_exact(parts.iter().map(CellScores::len).sum());
    parts.into_iter().fold(scores, CellScores::followed_by)
}

/// Scores cells of equal frequency.
fn score_frequency(
    model: &dyn PurchaseModel,
    cells: &Cells,
    group: Range<usize>,
    settings: &ScoreSettings,
) -> CellScores {
    let Some(&frequency) = cells.frequency().get(group.start) else { return CellScores::default() };
    let t_days = cells.t_days().get(group.clone()).unwrap_or_default();
    let recency_days = cells.recency_days().get(group.clone()).unwrap_or_default();
    let mut times: Vec<u32> = t_days.to_vec();
    times.sort_unstable();
    times.dedup();
    let futures = futures(model, frequency, &times, settings);
    let of_frequency = model.of_frequency(&EqualFrequency {
        frequency,
        time_unit_days: settings.time_unit_days,
        max_t_days: times.last().copied().unwrap_or(0),
        n_histories: group.len(),
    });
    let chunks: Vec<Range<usize>> = chunks(0..group.len(), CHUNK).collect();
    let parts: Vec<Vec<(f64, u32)>> = chunks
        .into_par_iter()
        .with_max_len(1)
        .map(|chunk| {
            let t_days = t_days.get(chunk.clone()).unwrap_or_default();
            let recency_days = recency_days.get(chunk).unwrap_or_default();
            let of_cell = |(&t_x, &t): (&u32, &u32)| {
                let place = times.partition_point(|&time| time < t);
                (of_frequency.p_alive(t_x, t), place as u32)
            };
            recency_days.iter().zip(t_days).map(of_cell).collect()
        })
        .collect();
    CellScores { cells: parts.concat(), futures }
}

/// Tells what is to come of who is active after each time, in days.
fn futures(
    model: &dyn PurchaseModel,
    frequency: u32,
    times: &[u32],
    settings: &ScoreSettings,
) -> Vec<Score> {
    let unit = settings.time_unit_days;
    let times: Vec<f64> = times.iter().map(|&days| f64::from(days) / unit).collect();
    let churn_horizon = settings.churn_horizon_days / unit;
    let ends = settings.discounted_horizon.ends_days();
    // The churn horizon first, then the ends of the periods.
    let horizons: Vec<f64> =
        std::iter::once(churn_horizon).chain(ends.into_iter().map(|days| days / unit)).collect();
    let mut until = vec![0.0; times.len() * horizons.len()];
    model.expected_of_all_alive(frequency, &times, &horizons, &mut until);
    let future = |(&t, until): (&f64, &[f64])| {
        let (&purchases, until) = until.split_first().unwrap_or((&0.0, &[]));
        Score {
            p_alive: 1.0,
            p_any: model.p_any_of_alive(frequency, t, churn_horizon),
            purchases,
            long_purchases: until.last().copied().unwrap_or(0.0),
            discounted_purchases: settings.discounted_horizon.discounted(until),
        }
    };
    times.iter().zip(until.chunks_exact(horizons.len())).map(future).collect()
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
        assert!(one.len() > 2 * CHUNK);
        assert_eq!(one, with_threads(3));
    }

    #[test]
    fn every_score_has_its_definition() {
        let model = BetaGeometric::new(Dropout::AfterEvery, 0.5, 6.0, 0.9, 1.6).expect("possible");
        let cells = cells();
        let scores = score(&model, &cells, &settings(2));
        for (i, (history, _)) in cells.histories(7.0).enumerate().step_by(97) {
            let [one, two] = [30.0, 60.0].map(|d| model.expected_purchases(&history, d / 7.0));
            let discounted = one / 1.02 + (two - one) / (1.02 * 1.02);
            let found = scores.of(i).expect("a cell");
            for (found, expected) in [
                (found.p_alive, model.p_alive(&history)),
                (found.p_any, model.p_any(&history, 60.0 / 7.0)),
                (found.purchases, two),
                (found.long_purchases, two),
                (found.discounted_purchases, discounted),
            ] {
                assert!((found - expected).abs() <= 1e-11 * expected, "{history:?}");
            }
        }
        assert_eq!(scores.of(cells.len()), None);
        let nothing = score(&model, &cells, &settings(0));
        for cell in 0..cells.len() {
            let (nothing, some) = (nothing.of(cell).expect("a cell"), scores.of(cell));
            assert_eq!(nothing.discounted_purchases.to_bits(), 0);
            assert_eq!(Some(nothing.p_alive), some.map(|some| some.p_alive));
        }
    }
}

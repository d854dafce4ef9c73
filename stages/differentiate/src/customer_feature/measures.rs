//! The features of one customer, from what they bought.

use idip_numerics::purchase_book::Day;

use super::ledger::Ledger;

/// Days of a window of spending.
const WINDOW_DAYS: i32 = 90;

/// What the days of a customer tell. Money in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct DayMeasures {
    /// Null without purchases; the rest of the calendar with it.
    pub(super) first_purchase_on: Option<i32>,
    pub(super) last_purchase_on: Option<i32>,
    /// First and last day on which anything was bought or brought back.
    pub(super) met_on: Option<(i32, i32)>,
    pub(super) purchase_days: i64,
    pub(super) n_baskets: i64,
    /// Net money of the purchase days after the first one.
    pub(super) repeat_cents: i64,
    pub(super) last_90_days_cents: i64,
    pub(super) prior_90_days_cents: i64,
    pub(super) prior_90_days_purchase_days: i64,
    /// From 1, Monday.
    pub(super) favourite_weekday: Option<i64>,
    pub(super) gap_median: Option<f64>,
    pub(super) gap_mean: Option<f64>,
    pub(super) gap_cv: Option<f64>,
}

/// Measures the days of a customer; `gaps` is working memory.
pub(super) fn of_days(ledger: &Ledger, as_of: i32, gaps: &mut Vec<i64>) -> DayMeasures {
    let mut measures = DayMeasures::default();
    let mut weekdays = [0_i64; 7];
    gaps.clear();
    for &Day { on: day, cents, baskets } in &ledger.days {
        let age = i64::from(as_of) - i64::from(day);
        if (0..i64::from(WINDOW_DAYS)).contains(&age) {
            measures.last_90_days_cents = measures.last_90_days_cents.saturating_add(cents);
        } else if (i64::from(WINDOW_DAYS)..2 * i64::from(WINDOW_DAYS)).contains(&age) {
            measures.prior_90_days_cents = measures.prior_90_days_cents.saturating_add(cents);
            measures.prior_90_days_purchase_days += i64::from(baskets > 0);
        }
        // A day of adjustments alone (fees, write-offs) is no meeting of customer and shop.
        if baskets > 0 || cents != 0 {
            measures.met_on = Some((measures.met_on.map_or(day, |(first, _)| first), day));
        }
        if baskets <= 0 {
            continue;
        }
        if let Some(last) = measures.last_purchase_on {
            gaps.push(i64::from(day) - i64::from(last));
            measures.repeat_cents = measures.repeat_cents.saturating_add(cents);
        } else {
            measures.first_purchase_on = Some(day);
        }
        measures.last_purchase_on = Some(day);
        measures.purchase_days += 1;
        measures.n_baskets += baskets;
        if let Some(count) = weekdays.get_mut(weekday(day)) {
            *count += 1;
        }
    }
    if measures.purchase_days > 0 {
        measures.favourite_weekday = first_largest(&weekdays).map(|at| at as i64 + 1);
    }
    measures.gap_mean = mean(gaps);
    measures.gap_cv = coefficient_of_variation(gaps);
    measures.gap_median = median(gaps);
    measures
}

/// Weekday from 0, Monday; day 0, 1970-01-01, was a Thursday.
fn weekday(day: i32) -> usize {
    (i64::from(day) + 3).rem_euclid(7) as usize
}

fn first_largest(counts: &[i64]) -> Option<usize> {
    let largest = counts.iter().max()?;
    counts.iter().position(|count| count == largest)
}

fn mean(gaps: &[i64]) -> Option<f64> {
    (!gaps.is_empty()).then(|| gaps.iter().sum::<i64>() as f64 / gaps.len() as f64)
}

/// Sample standard deviation by mean; from whole sums, so that order cannot move a bit of it.
fn coefficient_of_variation(gaps: &[i64]) -> Option<f64> {
    if gaps.len() < 2 {
        return None;
    }
    let n = gaps.len() as i128;
    let sum: i128 = gaps.iter().map(|&gap| i128::from(gap)).sum();
    let squares: i128 = gaps.iter().map(|&gap| i128::from(gap) * i128::from(gap)).sum();
    let variance = (n * squares - sum * sum) as f64 / (n * (n - 1)) as f64;
    Some(variance.sqrt() / (sum as f64 / n as f64))
}

/// Reorders the gaps.
fn median(gaps: &mut [i64]) -> Option<f64> {
    let middle = gaps.len() / 2;
    if gaps.is_empty() {
        return None;
    }
    let is_odd = gaps.len() % 2 == 1;
    let (below, &mut upper, _) = gaps.select_nth_unstable(middle);
    let lower = if is_odd { upper } else { below.iter().copied().max().unwrap_or(upper) };
    Some((lower + upper) as f64 / 2.0)
}

/// Shares of a whole, and the largest of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Favourite {
    /// Position in the list.
    pub(super) index: usize,
    pub(super) share: f64,
    /// Parts above 0.
    pub(super) n_positive: i64,
}

/// Appends the share of each of `n` parts to `shares` and names the largest.
///
/// A part below 0 counts as 0; `name_ranks` settles ties. None, and nothing appended, when no part
/// is above 0.
pub(super) fn push_shares(
    parts: &[i64],
    name_ranks: &[usize],
    shares: &mut Vec<f64>,
) -> Option<Favourite> {
    let total: i128 = parts.iter().map(|&part| i128::from(part.max(0))).sum();
    if total <= 0 {
        return None;
    }
    let missing = name_ranks.len().saturating_sub(parts.len());
    shares.extend(parts.iter().map(|&part| part.max(0) as f64 / total as f64));
    shares.extend(std::iter::repeat_n(0.0, missing));
    let (index, largest) = parts
        .iter()
        .zip(name_ranks)
        .enumerate()
        .max_by_key(|&(_, (&part, &rank))| (part, std::cmp::Reverse(rank)))
        .map(|(index, (&part, _))| (index, part))?;
    Some(Favourite {
        index,
        share: largest as f64 / total as f64,
        n_positive: parts.iter().filter(|&&part| part > 0).count() as i64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(days: &[(i32, i64, i64)]) -> Ledger {
        let mut ledger = Ledger::default();
        ledger.days.extend(days.iter().map(|&(on, cents, baskets)| Day { on, cents, baskets }));
        ledger
    }

    #[test]
    fn windows_close_on_the_logical_date_and_open_ninety_days_before() {
        // Ages 0 and 89 are in the last window, 90 and 179 in the one before, 180 in none.
        let days = [(820, 1, 1), (821, 10, 1), (910, 100, 1), (911, 1000, 1), (1000, 10_000, 1)];
        let measures = of_days(&ledger(&days), 1000, &mut Vec::new());
        assert_eq!(measures.last_90_days_cents, 11_000);
        assert_eq!(measures.prior_90_days_cents, 110);
    }

    #[test]
    fn gaps_are_those_between_purchase_days_only() {
        // Purchases on days 0, 2, 8; the return on day 5 is no purchase. Gaps 2 and 6:
        // mean 4, median 4, sample variance (4 + 4) / 1 = 8, cv = sqrt(8) / 4.
        let days = [(0, 100, 1), (2, 100, 1), (5, -30, 0), (8, 100, 2)];
        let measures = of_days(&ledger(&days), 10, &mut Vec::new());
        assert_eq!((measures.purchase_days, measures.n_baskets), (3, 4));
        assert_eq!((measures.gap_mean, measures.gap_median), (Some(4.0), Some(4.0)));
        assert_eq!(measures.gap_cv, Some(8_f64.sqrt() / 4.0));
        assert_eq!(measures.repeat_cents, 200);
    }

    #[test]
    fn one_gap_has_a_mean_and_a_median_but_no_variation() {
        let measures = of_days(&ledger(&[(0, 1, 1), (7, 1, 1)]), 7, &mut Vec::new());
        assert_eq!((measures.gap_mean, measures.gap_median), (Some(7.0), Some(7.0)));
        assert_eq!(measures.gap_cv, None);
    }

    #[test]
    fn the_favourite_weekday_is_the_earlier_of_equals() {
        // 1970-01-05 (day 4) was a Monday, day 6 a Wednesday, day 11 the Monday after.
        let favourite = |days: &[i32]| {
            let days: Vec<_> = days.iter().map(|&day| (day, 1, 1)).collect();
            of_days(&ledger(&days), 100, &mut Vec::new()).favourite_weekday
        };
        assert_eq!(favourite(&[6, 11]), Some(1));
        assert_eq!(favourite(&[6, 11, 13]), Some(3));
        assert_eq!(favourite(&[]), None);
    }

    #[test]
    fn an_adjustment_alone_is_no_meeting() {
        let measures = of_days(&ledger(&[(3, 0, 0), (5, -10, 0), (9, 0, 0)]), 10, &mut Vec::new());
        assert_eq!(measures.met_on, Some((5, 5)));
        assert_eq!(measures.first_purchase_on, None);
    }

    #[test]
    fn the_favourite_part_is_the_first_in_name_order_of_equals() {
        // Names in list order: `toys`, `books`, `garden`; ranks by name: 2, 0, 1.
        let mut shares = Vec::new();
        let favourite = push_shares(&[50, 50], &[2, 0, 1], &mut shares);
        assert_eq!(favourite, Some(Favourite { index: 1, share: 0.5, n_positive: 2 }));
        assert_eq!(shares, [0.5, 0.5, 0.0]);
        assert_eq!(push_shares(&[0, -5], &[2, 0, 1], &mut shares), None);
        assert_eq!(shares.len(), 3);
    }
}

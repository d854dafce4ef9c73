//! The average basket of the last 90 days against that of the 90 before.

use crate::purchases::{CustomerDays, SaleDays};

/// Days of a window.
const WINDOW_DAYS: i64 = 90;

/// Baskets of one party; money in units of the currency.
pub(super) struct Baskets {
    pub(super) last: Option<f64>,
    pub(super) prior: Option<f64>,
    /// Last ÷ prior − 1, or why not.
    pub(super) trend: Result<f64, &'static str>,
}

/// Reads them for neighbouring parties of ascending ids.
pub(super) fn read(days: &CustomerDays, ids: &[i64], as_of: i32) -> Vec<Baskets> {
    let mut sales = days.from(ids.first().copied().unwrap_or(i64::MAX));
    ids.iter().map(|&id| of_party(&mut sales, id, as_of)).collect()
}

fn of_party(sales: &mut SaleDays<'_>, id: i64, as_of: i32) -> Baskets {
    let (mut last, mut prior) = ((0_i64, 0_i64), (0_i64, 0_i64));
    let mut has_bought = false;
    for day in sales.of(id) {
        let window = match i64::from(as_of) - i64::from(day.on) {
            age if age < 0 => continue,
            age if age < WINDOW_DAYS => &mut last,
            age if age < 2 * WINDOW_DAYS => &mut prior,
            _ => &mut (0, 0),
        };
        has_bought = true;
        *window = (window.0.saturating_add(day.cents), window.1.saturating_add(day.baskets));
    }
    let mean = |(cents, n): (i64, i64)| (n > 0).then(|| cents as f64 / (100.0 * n as f64));
    let (last, prior) = (mean(last), mean(prior));
    let trend = match last.zip(prior) {
        _ if !has_bought => Err("no_purchase"),
        None => Err("no_basket_in_both_windows"),
        Some((_, prior)) if prior <= 0.0 => Err("prior_not_positive"),
        Some((last, prior)) => Ok(last / prior - 1.0),
    };
    Baskets { last, prior, trend }
}

//! The closed book, column by column.

use super::sums::Rows;
use super::visits::{Held, NO_BASKET};
use super::{N_SUMS, Sum, TooLarge};

/// Purchases by column, one row a party; money in minor units.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Purchases {
    /// Where the days of each party end.
    pub day_ends: Vec<i32>,
    /// Days with a sale or return, ascending within a party, in days since 1970-01-01.
    pub days: Vec<i32>,
    /// Money of each day.
    pub day_cents: Vec<i64>,
    /// Distinct baskets with a sale of each day.
    pub day_baskets: Vec<i32>,
    /// Lines of sales.
    pub sale_lines: Vec<i64>,
    /// Lines of returns.
    pub return_lines: Vec<i64>,
    /// Lines of adjustments.
    pub adjustment_lines: Vec<i64>,
    /// Money of sales.
    pub sale_cents: Vec<i64>,
    /// Money of returns.
    pub return_cents: Vec<i64>,
    /// Money of adjustments.
    pub adjustment_cents: Vec<i64>,
    /// Discount on sales; None where no line tells it.
    pub discount_cents: Vec<Option<i64>>,
    /// Money of sales by category, all categories of a party one after the other.
    pub category_cents: Vec<i64>,
    /// Lines of sales by channel, all channels of a party one after the other.
    pub channel_lines: Vec<i64>,
}

impl Purchases {
    pub(super) fn reading(sums: &Rows, n_categories: usize, n_channels: usize) -> Self {
        let column = |sum: Sum| -> Vec<i64> {
            sums.iter().map(|row| row.get(sum as usize).copied().unwrap_or(0)).collect()
        };
        let mut category_cents = Vec::with_capacity(sums.len() * n_categories);
        let mut channel_lines = Vec::with_capacity(sums.len() * n_channels);
        for row in sums.iter() {
            let (categories, channels) = row
                .get(N_SUMS..)
                .and_then(|own| own.split_at_checked(n_categories))
                .unwrap_or_default();
            category_cents.extend_from_slice(categories);
            channel_lines.extend_from_slice(channels);
        }
        let discounts = column(Sum::DiscountLines).into_iter().zip(column(Sum::DiscountCents));
        Self {
            sale_lines: column(Sum::SaleLines),
            return_lines: column(Sum::ReturnLines),
            adjustment_lines: column(Sum::AdjustmentLines),
            sale_cents: column(Sum::SaleCents),
            return_cents: column(Sum::ReturnCents),
            adjustment_cents: column(Sum::AdjustmentCents),
            discount_cents: discounts.map(|(lines, cents)| (lines > 0).then_some(cents)).collect(),
            category_cents,
            channel_lines,
            ..Self::default()
        }
    }

    pub(super) fn read_days<H: Held>(
        &mut self,
        counts: &[usize],
        mut visits: Vec<H>,
    ) -> Result<(), TooLarge> {
        let n = visits.len();
        self.day_ends.reserve_exact(counts.len());
        self.days.reserve_exact(n);
        self.day_cents.reserve_exact(n);
        self.day_baskets.reserve_exact(n);
        let mut rest = visits.as_mut_slice();
        for &count in counts {
            let (own, after) =
                std::mem::take(&mut rest).split_at_mut_checked(count).ok_or(TooLarge)?;
            rest = after;
            let order = |held: &H| {
                let visit = held.visit();
                (visit.day, visit.basket)
            };
            if !own.is_sorted_by_key(order) {
                own.sort_unstable_by_key(order);
            }
            for day in own.chunk_by(|a, b| a.visit().day == b.visit().day) {
                self.read_day(day)?;
            }
            self.day_ends.push(i32::try_from(self.days.len()).map_err(|_| TooLarge)?);
        }
        Ok(())
    }

    fn read_day<H: Held>(&mut self, visits: &[H]) -> Result<(), TooLarge> {
        let Some(first) = visits.first().map(|held| held.visit()) else { return Ok(()) };
        let (mut cents, mut baskets, mut last) = (0_i64, 0_i32, NO_BASKET);
        for visit in visits.iter().map(|held| held.visit()) {
            cents = cents.checked_add(visit.cents).ok_or(TooLarge)?;
            if visit.basket != last {
                baskets += 1;
                last = visit.basket;
            }
        }
        self.days.push(first.day);
        self.day_cents.push(cents);
        self.day_baskets.push(baskets);
        Ok(())
    }
}

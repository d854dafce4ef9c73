//! The closed book, column by column.

use super::TooLarge;
use super::settled::{NO_BASKET, Settled, Sum, Visit, Width, add};

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
    /// Room for so many parties and, for the time being, days.
    pub(super) fn with_room(n_parties: usize, days: usize, width: Width) -> Self {
        let room = || Vec::with_capacity(n_parties);
        Self {
            days: Vec::with_capacity(days),
            day_cents: Vec::with_capacity(days),
            day_baskets: Vec::with_capacity(days),
            day_ends: Vec::with_capacity(n_parties),
            sale_lines: room(),
            return_lines: room(),
            adjustment_lines: room(),
            sale_cents: room(),
            return_cents: room(),
            adjustment_cents: room(),
            discount_cents: Vec::with_capacity(n_parties),
            category_cents: Vec::with_capacity(n_parties * width.categories),
            channel_lines: Vec::with_capacity(n_parties * width.channels),
        }
    }

    /// Keeps no more room than the days take.
    pub(super) fn give_room_back(&mut self) {
        self.days.shrink_to_fit();
        self.day_cents.shrink_to_fit();
        self.day_baskets.shrink_to_fit();
    }

    /// Adds the first parties of a block.
    pub(super) fn read(&mut self, block: &Settled, parties: usize) -> Result<(), TooLarge> {
        for party in 0..parties {
            let sum = |sum: Sum| block.sum(party, sum);
            self.sale_lines.push(sum(Sum::SaleLines));
            self.return_lines.push(sum(Sum::ReturnLines));
            self.adjustment_lines.push(sum(Sum::AdjustmentLines));
            self.sale_cents.push(sum(Sum::SaleCents));
            self.return_cents.push(sum(Sum::ReturnCents));
            self.adjustment_cents.push(sum(Sum::AdjustmentCents));
            let is_told = sum(Sum::DiscountLines) > 0;
            self.discount_cents.push(is_told.then(|| sum(Sum::DiscountCents)));
            let (categories, channels) = block.by_category_and_channel(party);
            self.category_cents.extend_from_slice(categories);
            self.channel_lines.extend_from_slice(channels);
            for day in block.visits_of(party).chunk_by(|a, b| a.day == b.day) {
                self.read_day(day)?;
            }
            self.day_ends.push(i32::try_from(self.days.len()).map_err(|_| TooLarge)?);
        }
        Ok(())
    }

    /// Adds the visits of a party on one day, each in another basket.
    fn read_day(&mut self, visits: &[Visit]) -> Result<(), TooLarge> {
        let Some(first) = visits.first() else { return Ok(()) };
        let mut cents = 0_i64;
        for visit in visits {
            add(Some(&mut cents), visit.cents)?;
        }
        let no_basket = usize::from(first.basket == NO_BASKET);
        self.days.push(first.day);
        self.day_cents.push(cents);
        self.day_baskets.push(i32::try_from(visits.len() - no_basket).map_err(|_| TooLarge)?);
        Ok(())
    }
}

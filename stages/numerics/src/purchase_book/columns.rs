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
    /// Money of sales.
    pub sale_cents: Vec<i64>,
    /// Money of returns.
    pub return_cents: Vec<i64>,
    /// Discount on sales; None where no line tells it.
    pub discount_cents: Vec<Option<i64>>,
    /// Money of sales by category.
    pub category_cents: Parts,
    /// Lines of sales by channel.
    pub channel_lines: Parts,
}

/// What of a party's amount falls to which category or channel; those of which there is nothing are left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Where the parts of each party end.
    pub ends: Vec<i32>,
    /// Numbers of the categories or channels, ascending within a party.
    pub places: Vec<i32>,
    /// What falls to each.
    pub amounts: Vec<i64>,
}

impl Parts {
    /// Room for so many parties of so many places each, but for no more parts than lines.
    fn with_room(n_parties: usize, n_places: usize, n_lines: usize) -> Self {
        let n = n_lines.min(n_parties.saturating_mul(n_places));
        Self {
            ends: Vec::with_capacity(n_parties),
            places: Vec::with_capacity(n),
            amounts: Vec::with_capacity(n),
        }
    }

    fn read(&mut self, amounts: &[i64]) -> Result<(), TooLarge> {
        for (place, &amount) in (0..).zip(amounts).filter(|(_, amount)| **amount != 0) {
            self.places.push(place);
            self.amounts.push(amount);
        }
        self.ends.push(i32::try_from(self.places.len()).map_err(|_| TooLarge)?);
        Ok(())
    }

    fn give_room_back(&mut self) {
        self.places.shrink_to_fit();
        self.amounts.shrink_to_fit();
    }
}

impl Purchases {
    /// Room for so many parties and, for the time being, for a day and a part from each of so many lines.
    pub(super) fn with_room(n_parties: usize, lines: usize, width: Width) -> Self {
        let room = || Vec::with_capacity(n_parties);
        Self {
            days: Vec::with_capacity(lines),
            day_cents: Vec::with_capacity(lines),
            day_baskets: Vec::with_capacity(lines),
            day_ends: Vec::with_capacity(n_parties),
            sale_lines: room(),
            return_lines: room(),
            sale_cents: room(),
            return_cents: room(),
            discount_cents: Vec::with_capacity(n_parties),
            category_cents: Parts::with_room(n_parties, width.categories, lines),
            channel_lines: Parts::with_room(n_parties, width.channels, lines),
        }
    }

    /// Keeps no more room than the lists take.
    pub(super) fn give_room_back(&mut self) {
        self.days.shrink_to_fit();
        self.day_cents.shrink_to_fit();
        self.day_baskets.shrink_to_fit();
        self.category_cents.give_room_back();
        self.channel_lines.give_room_back();
    }

    /// Adds the first parties of a block.
    pub(super) fn read(&mut self, block: &Settled, parties: usize) -> Result<(), TooLarge> {
        for party in 0..parties {
            let sum = |sum: Sum| block.sum(party, sum);
            self.sale_lines.push(sum(Sum::SaleLines));
            self.return_lines.push(sum(Sum::ReturnLines));
            self.sale_cents.push(sum(Sum::SaleCents));
            self.return_cents.push(sum(Sum::ReturnCents));
            let is_told = sum(Sum::DiscountLines) > 0;
            self.discount_cents.push(is_told.then(|| sum(Sum::DiscountCents)));
            let (categories, channels) = block.by_category_and_channel(party);
            self.category_cents.read(categories)?;
            self.channel_lines.read(channels)?;
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

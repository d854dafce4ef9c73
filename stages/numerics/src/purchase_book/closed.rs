//! The closed book: a record of each party, and what is asked of all of them at once.

use super::TooLarge;
use super::record::{Day, Record};
use super::settled::{NO_BASKET, Settled, Sum, Visit, add, parts_of};

/// Purchases by party, one row a party; money in minor units.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Purchases {
    /// Where the [`Record`] of each party ends.
    pub ends: Vec<i64>,
    /// The records, one after the other.
    pub records: Vec<u8>,
    /// Lines of sales.
    pub sale_lines: Vec<i64>,
    /// Money of sales.
    pub sale_cents: Vec<i64>,
    /// Money of returns.
    pub return_cents: Vec<i64>,
    /// Discount on sales; None where no line tells it.
    pub discount_cents: Vec<Option<i64>>,
}

impl Purchases {
    pub(super) fn with_room(n_parties: usize) -> Self {
        let room = || Vec::with_capacity(n_parties);
        Self {
            ends: room(),
            records: Vec::new(),
            sale_lines: room(),
            sale_cents: room(),
            return_cents: room(),
            discount_cents: Vec::with_capacity(n_parties),
        }
    }

    /// Adds the first parties of a block; `record` is working memory.
    pub(super) fn read(
        &mut self,
        block: &Settled,
        parties: usize,
        record: &mut Record,
    ) -> Result<(), TooLarge> {
        for party in 0..parties {
            block.record(party, record)?;
            record.write(&mut self.records);
            self.ends.push(self.records.len() as i64);
            self.sale_lines.push(record.sale_lines);
            self.sale_cents.push(record.sale_cents);
            self.return_cents.push(record.return_cents);
            self.discount_cents.push(record.discount_cents);
        }
        Ok(())
    }
}

impl Settled {
    /// What a party bought, in place of what was in the record before.
    fn record(&self, party: usize, record: &mut Record) -> Result<(), TooLarge> {
        let sum = |sum: Sum| self.sum(party, sum);
        record.sale_lines = sum(Sum::SaleLines);
        record.return_lines = sum(Sum::ReturnLines);
        record.sale_cents = sum(Sum::SaleCents);
        record.return_cents = sum(Sum::ReturnCents);
        let is_told = sum(Sum::DiscountLines) > 0;
        record.discount_cents = is_told.then(|| sum(Sum::DiscountCents));
        let (categories, channels) = self.by_category_and_channel(party);
        parts_of(categories, &mut record.category_cents);
        parts_of(channels, &mut record.channel_lines);
        record.days.clear();
        for visits in self.visits_of(party).chunk_by(|a, b| a.day == b.day) {
            record.days.extend(day(visits)?);
        }
        Ok(())
    }
}

/// The visits of a party on one day, each in another basket, as one.
fn day(visits: &[Visit]) -> Result<Option<Day>, TooLarge> {
    let Some(first) = visits.first() else { return Ok(None) };
    let mut cents = 0_i64;
    for visit in visits {
        add(Some(&mut cents), visit.cents)?;
    }
    let no_basket = usize::from(first.basket == NO_BASKET);
    Ok(Some(Day { on: first.day, cents, baskets: (visits.len() - no_basket) as i64 }))
}

//! What each party bought, from lines in any order: sums, and the days on which it did.
//!
//! Counting distinct days and baskets with a hash set for each party is slow and large. The book holds
//! one entry a party, day and basket, sixteen bytes where baskets have no names, and brings the entries
//! of a party together once, at the end.

mod columns;
mod sums;
mod visits;

pub use columns::Purchases;
use sums::{Rows, add};
use visits::{Held, Pile, Unnamed};
pub use visits::{NO_BASKET, UNNAMED_BASKET, Visit};

/// A sum passes 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the money of one party is too large to be added up")]
pub struct TooLarge;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// Goods for money.
    Sale,
    /// Money for goods.
    Return,
    /// Money alone; on no purchase day.
    Adjustment,
}

/// One line of a transaction.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// What it is.
    pub kind: LineKind,
    /// Days since 1970-01-01.
    pub day: i32,
    /// Money in minor units.
    pub cents: i64,
    /// Discount in minor units; None where it is not told.
    pub discount: Option<i64>,
    /// Basket, as a number that tells the baskets of a party and day apart; None where it has no name.
    pub basket: Option<u64>,
    /// Place of its category in the list of categories; None when it is to count for none.
    pub category: Option<usize>,
    /// Place of its channel in the list of channels; None when it is to count for none.
    pub channel: Option<usize>,
}

/// Entries held for a party: their number, the number of the last one from 1, and its day.
const N_OWN: usize = 3;

/// Sums of one party, before those by category and by channel.
#[repr(usize)]
#[derive(Debug, Clone, Copy)]
enum Sum {
    SaleLines = N_OWN,
    ReturnLines,
    AdjustmentLines,
    SaleCents,
    ReturnCents,
    AdjustmentCents,
    DiscountCents,
    DiscountLines,
}

/// Sums that lie in one line of the processor's cache.
const SUMS_A_CACHE_LINE: usize = 8;

/// Sums before those by category.
const N_SUMS: usize = Sum::DiscountLines as usize + 1;

/// Purchases of many parties, numbered from 0.
#[derive(Debug)]
pub struct PurchaseBook {
    n_categories: usize,
    n_channels: usize,
    sums: Rows,
    visits: Visits,
}

/// Visits are held in sixteen bytes each as long as no basket has a name.
#[derive(Debug)]
enum Visits {
    Unnamed(Pile<Unnamed>),
    Named(Pile<Visit>),
}

impl PurchaseBook {
    /// An empty book for so many categories and channels.
    pub fn new(n_categories: usize, n_channels: usize) -> Self {
        let sums = Rows::new(N_SUMS + n_categories + n_channels);
        Self { n_categories, n_channels, sums, visits: Visits::Unnamed(Pile::default()) }
    }

    /// An empty book for the same categories and channels.
    #[must_use]
    pub fn empty_like(&self) -> Self {
        Self::new(self.n_categories, self.n_channels)
    }

    /// Parties that have an entry, or were announced by [`PurchaseBook::grow`].
    pub fn n_parties(&self) -> usize {
        self.sums.len()
    }

    /// Announces parties up to that number.
    pub fn grow(&mut self, n_parties: usize) {
        self.sums.grow(n_parties);
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let visits = match &self.visits {
            Visits::Unnamed(pile) => pile.bytes(),
            Visits::Named(pile) => pile.bytes(),
        };
        visits + self.sums.bytes()
    }

    /// Brings what is held of some parties near, before their lines are entered.
    ///
    /// Lines come in the order of time, each of another party: entered one by one, each waits for memory.
    /// Asked for together, a few hundred at a time, the waits overlap.
    pub fn fetch(&self, parties: &[usize]) {
        let mut seen = 0;
        for &party in parties {
            seen ^= self.sums.row(party).iter().step_by(SUMS_A_CACHE_LINE).fold(0, |a, b| a ^ b);
        }
        for &party in parties {
            let last_visit = self.sums.row(party).get(1).copied().unwrap_or(0) as usize;
            seen ^= match &self.visits {
                Visits::Unnamed(pile) => pile.day_of(last_visit),
                Visits::Named(pile) => pile.day_of(last_visit),
            };
        }
        std::hint::black_box(seen);
    }

    /// Enters a line of a party.
    ///
    /// # Errors
    ///
    /// When a sum passes 64 bits.
    pub fn enter(&mut self, party: usize, line: &Line) -> Result<(), TooLarge> {
        self.grow(party + 1);
        let n_categories = self.n_categories;
        let row = self.sums.row_mut(party).ok_or(TooLarge)?;
        let (lines, cents) = match line.kind {
            LineKind::Sale => (Sum::SaleLines, Sum::SaleCents),
            LineKind::Return => (Sum::ReturnLines, Sum::ReturnCents),
            LineKind::Adjustment => (Sum::AdjustmentLines, Sum::AdjustmentCents),
        };
        add(row.get_mut(lines as usize), 1)?;
        add(row.get_mut(cents as usize), line.cents)?;
        if line.kind == LineKind::Sale {
            if let Some(discount) = line.discount {
                add(row.get_mut(Sum::DiscountLines as usize), 1)?;
                add(row.get_mut(Sum::DiscountCents as usize), discount)?;
            }
            if let Some(category) = line.category {
                add(row.get_mut(N_SUMS + category), line.cents)?;
            }
            if let Some(channel) = line.channel {
                add(row.get_mut(N_SUMS + n_categories + channel), 1)?;
            }
        }
        let basket = match line.kind {
            LineKind::Adjustment => return Ok(()),
            LineKind::Return => NO_BASKET,
            LineKind::Sale => line.basket.map_or(UNNAMED_BASKET, |name| name | 2),
        };
        self.enter_visit(party, Visit { day: line.day, basket, cents: line.cents })
    }

    /// Enters a visit alone, without its sums.
    ///
    /// # Errors
    ///
    /// When a sum passes 64 bits.
    pub fn enter_visit(&mut self, party: usize, visit: Visit) -> Result<(), TooLarge> {
        if visit.basket > UNNAMED_BASKET
            && let Visits::Unnamed(unnamed) = &self.visits
        {
            let mut named = Pile::default();
            for (party, visit) in unnamed.iter() {
                named.push(party, visit)?;
            }
            self.visits = Visits::Named(named);
        }
        self.grow(party + 1);
        let row = self.sums.row_mut(party).ok_or(TooLarge)?;
        match &mut self.visits {
            Visits::Unnamed(pile) => enter_visit(pile, row, party, visit),
            Visits::Named(pile) => enter_visit(pile, row, party, visit),
        }
    }

    /// Adds sums as [`PurchaseBook::close_unmerged`] gave them.
    ///
    /// # Errors
    ///
    /// When a sum passes 64 bits.
    pub fn add_sums(&mut self, party: usize, sums: &[i64]) -> Result<(), TooLarge> {
        self.grow(party + 1);
        let row = self.sums.row_mut(party).ok_or(TooLarge)?;
        for (sum, value) in row.iter_mut().zip(sums).skip(N_OWN) {
            add(Some(sum), *value)?;
        }
        Ok(())
    }

    /// Takes the first `n_parties` out of the book, which goes on with the rest numbered from 0.
    ///
    /// # Errors
    ///
    /// When the sum of a day passes 64 bits.
    pub fn close(&mut self, n_parties: usize) -> Result<Purchases, TooLarge> {
        let (sums, laid) = self.take(n_parties)?;
        let mut purchases = Purchases::reading(&sums, self.n_categories, self.n_channels);
        let counts = sums.iter().map(visits_of).collect::<Vec<_>>();
        drop(sums);
        match laid {
            Laid::Unnamed(visits) => purchases.read_days(&counts, visits)?,
            Laid::Named(visits) => purchases.read_days(&counts, visits)?,
        }
        Ok(purchases)
    }

    /// Takes the first `n_parties` out of the book as entries and sums, for another book to go on with.
    ///
    /// # Errors
    ///
    /// None but those of entering what the first book held.
    pub fn close_unmerged(&mut self, n_parties: usize) -> Result<Unmerged, TooLarge> {
        let (rows, laid) = self.take(n_parties)?;
        let mut ends = Vec::with_capacity(rows.len());
        let mut sums = Vec::with_capacity(rows.len() * self.width());
        let mut end = 0;
        for row in rows.iter() {
            end += visits_of(row);
            ends.push(end);
            sums.extend_from_slice(row);
        }
        let visits = match laid {
            Laid::Unnamed(visits) => visits.into_iter().map(Held::visit).collect(),
            Laid::Named(visits) => visits,
        };
        Ok(Unmerged { ends, visits, sums, width: self.width() })
    }

    /// Sums of one party in [`Unmerged::sums`].
    pub fn width(&self) -> usize {
        N_SUMS + self.n_categories + self.n_channels
    }

    fn take(&mut self, n_parties: usize) -> Result<(Rows, Laid), TooLarge> {
        let n_parties = n_parties.min(self.n_parties());
        let mut starts = Vec::with_capacity(n_parties);
        let mut n_visits = 0;
        for row in self.sums.iter().take(n_parties) {
            starts.push(n_visits);
            n_visits += visits_of(row);
        }
        let (laid, later) = match &mut self.visits {
            Visits::Unnamed(pile) => {
                let (visits, later) = pile.lay_out(starts, n_visits);
                (Laid::Unnamed(visits), later)
            }
            Visits::Named(pile) => {
                let (visits, later) = pile.lay_out(starts, n_visits);
                (Laid::Named(visits), later)
            }
        };
        let mut rest = self.empty_like();
        for (party, row) in self.sums.iter().skip(n_parties).enumerate() {
            rest.add_sums(party, row)?;
        }
        for (party, visit) in later {
            rest.enter_visit(party as usize - n_parties, visit)?;
        }
        let mut taken = std::mem::replace(self, rest).sums;
        taken.truncate(n_parties);
        Ok((taken, laid))
    }
}

enum Laid {
    Unnamed(Vec<Unnamed>),
    Named(Vec<Visit>),
}

fn visits_of(row: &[i64]) -> usize {
    row.first().map_or(0, |&visits| visits as usize)
}

/// Adds to the last visit of the party, or begins another: feeds come by time, so mostly one is enough.
fn enter_visit<H: Held>(
    pile: &mut Pile<H>,
    row: &mut [i64],
    party: usize,
    visit: Visit,
) -> Result<(), TooLarge> {
    let [visits, last_visit, last_day, ..] = row else { return Err(TooLarge) };
    let is_same_day = *last_visit > 0 && *last_day == i64::from(visit.day);
    if is_same_day && pile.add(*last_visit as usize - 1, visit)? {
        return Ok(());
    }
    *last_visit = pile.push(party as u32, visit)? as i64 + 1;
    *last_day = i64::from(visit.day);
    *visits += 1;
    Ok(())
}

/// Entries of parties, not yet brought together.
#[derive(Debug)]
pub struct Unmerged {
    /// Where the visits of each party end.
    pub ends: Vec<usize>,
    /// Visits, by party.
    pub visits: Vec<Visit>,
    /// Sums of all parties, [`PurchaseBook::width`] each.
    pub sums: Vec<i64>,
    /// Sums of one party.
    pub width: usize,
}

#[cfg(test)]
mod tests;

//! What each party bought, from lines in any order: sums, and the days on which it did.
//!
//! Lines come in the order of time, each of another party than the one before. Added up as they come, each
//! would wait for the memory of its party. So the book puts them aside by blocks of parties, and adds up a
//! block at a time, which then fits into the processor's cache.

mod block;
mod closed;
mod entry;
mod record;
mod settled;

use block::{Block, PARTIES};
pub use closed::Purchases;
use entry::{Entry, Slim, Wide};
pub use record::{Day, NoRecord, Part, Record, renumber};
pub use settled::Visit;
use settled::{Settled, Width};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// Number of its category from 0; None when it is to count for none.
    pub category: Option<u32>,
    /// Number of its channel from 0; None when it is to count for none.
    pub channel: Option<u32>,
}

/// Purchases of many parties, numbered from 0.
#[derive(Debug)]
pub struct PurchaseBook {
    n_parties: usize,
    width: Width,
    entries: Entries,
}

/// Lines are held in 24 bytes each as long as none of them has a named basket or a high number.
#[derive(Debug)]
enum Entries {
    Slim(Vec<Block<Slim>>),
    Wide(Vec<Block<Wide>>),
}

impl Default for PurchaseBook {
    fn default() -> Self {
        Self { n_parties: 0, width: Width::default(), entries: Entries::Slim(Vec::new()) }
    }
}

/// What a book holds of some parties, for another book to go on with.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unmerged {
    /// Where the visits of each party end.
    pub visit_ends: Vec<usize>,
    /// Visits of all parties, one party after the other.
    pub visits: Vec<Visit>,
    /// Sums of each party, an even number for each.
    pub sums: Vec<i64>,
}

impl PurchaseBook {
    /// Parties that have a line, or were announced by [`PurchaseBook::grow`].
    pub fn n_parties(&self) -> usize {
        self.n_parties
    }

    /// Announces parties up to that number.
    pub fn grow(&mut self, n_parties: usize) {
        self.n_parties = self.n_parties.max(n_parties);
        match &mut self.entries {
            Entries::Slim(blocks) => grow(blocks, n_parties),
            Entries::Wide(blocks) => grow(blocks, n_parties),
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        match &self.entries {
            Entries::Slim(blocks) => blocks.iter().map(Block::bytes).sum(),
            Entries::Wide(blocks) => blocks.iter().map(Block::bytes).sum(),
        }
    }

    /// Enters a line of a party.
    ///
    /// # Errors
    ///
    /// When a sum of the party passes 64 bits; it may be told later, by closing the book.
    pub fn enter(&mut self, party: usize, line: &Line) -> Result<(), TooLarge> {
        self.grow(party + 1);
        self.width.make_room(line);
        let width = self.width;
        if let Entries::Slim(blocks) = &mut self.entries {
            if let Some(entry) = Slim::of(party % PARTIES, line) {
                return enter(blocks, party, entry, width);
            }
            let wide = std::mem::take(blocks).into_iter().map(Block::widened).collect();
            self.entries = Entries::Wide(wide);
        }
        match (&mut self.entries, Wide::of(party % PARTIES, line)) {
            (Entries::Wide(blocks), Some(entry)) => enter(blocks, party, entry, width),
            _ => Err(TooLarge),
        }
    }

    /// Enters what another book held of a party.
    ///
    /// # Errors
    ///
    /// When a sum passes 64 bits.
    pub fn enter_unmerged(
        &mut self,
        party: usize,
        visits: impl IntoIterator<Item = Visit>,
        sums: &[i64],
    ) -> Result<(), TooLarge> {
        self.grow(party + 1);
        self.width = self.width.with(Width::of(sums));
        let width = self.width;
        match &mut self.entries {
            Entries::Slim(blocks) => merge(blocks, party, visits, sums, width),
            Entries::Wide(blocks) => merge(blocks, party, visits, sums, width),
        }
    }

    /// Takes the first `n_parties` out of the book, which goes on with the rest numbered from 0.
    ///
    /// # Errors
    ///
    /// When a sum passes 64 bits.
    pub fn close(&mut self, n_parties: usize) -> Result<Purchases, TooLarge> {
        let n_parties = n_parties.min(self.n_parties);
        let mut purchases = Purchases::with_room(n_parties);
        let mut record = Record::default();
        self.take(n_parties, |settled, parties| purchases.read(settled, parties, &mut record))?;
        purchases.records.shrink_to_fit();
        Ok(purchases)
    }

    /// Takes the first `n_parties` out of the book for another book to go on with; this one goes on with
    /// the rest numbered from 0.
    ///
    /// # Errors
    ///
    /// When a sum passes 64 bits.
    pub fn close_unmerged(&mut self, n_parties: usize) -> Result<Unmerged, TooLarge> {
        let mut unmerged = Unmerged::default();
        self.take(n_parties, |settled, parties| {
            for party in 0..parties {
                unmerged.visits.extend_from_slice(settled.visits_of(party));
                unmerged.visit_ends.push(unmerged.visits.len());
                settled.width().write(settled.sums_of(party), &mut unmerged.sums);
            }
            Ok(())
        })?;
        Ok(unmerged)
    }

    /// Gives the settled blocks of the first parties away, each with the number of its parties.
    fn take(
        &mut self,
        n_parties: usize,
        give: impl FnMut(&Settled, usize) -> Result<(), TooLarge>,
    ) -> Result<(), TooLarge> {
        let n_parties = n_parties.min(self.n_parties);
        let book = std::mem::take(self);
        let rest = match book.entries {
            Entries::Slim(blocks) => take(blocks, n_parties, book.width, give)?,
            Entries::Wide(blocks) => take(blocks, n_parties, book.width, give)?,
        };
        for (index, settled) in rest {
            for party in 0..PARTIES {
                let number = index * PARTIES + party;
                if (n_parties..book.n_parties).contains(&number) {
                    let mut sums = Vec::new();
                    settled.width().write(settled.sums_of(party), &mut sums);
                    let visits = settled.visits_of(party).iter().copied();
                    self.enter_unmerged(number - n_parties, visits, &sums)?;
                }
            }
        }
        Ok(())
    }
}

fn grow<E: Entry>(blocks: &mut Vec<Block<E>>, n_parties: usize) {
    let n_blocks = n_parties.div_ceil(PARTIES);
    if blocks.len() < n_blocks {
        blocks.resize_with(n_blocks, Block::default);
    }
}

fn enter<E: Entry>(
    blocks: &mut [Block<E>],
    party: usize,
    entry: E,
    width: Width,
) -> Result<(), TooLarge> {
    blocks.get_mut(party / PARTIES).ok_or(TooLarge)?.put(entry, width)
}

fn merge<E: Entry>(
    blocks: &mut [Block<E>],
    party: usize,
    visits: impl IntoIterator<Item = Visit>,
    sums: &[i64],
    width: Width,
) -> Result<(), TooLarge> {
    let block = blocks.get_mut(party / PARTIES).ok_or(TooLarge)?;
    block.merge(party % PARTIES, visits, sums, width)
}

/// Settles the blocks of the first parties one after the other; the blocks with parties beyond them are
/// returned, settled too, with their numbers.
fn take<E: Entry>(
    blocks: Vec<Block<E>>,
    n_parties: usize,
    width: Width,
    mut give: impl FnMut(&Settled, usize) -> Result<(), TooLarge>,
) -> Result<Vec<(usize, Settled)>, TooLarge> {
    let mut rest = Vec::new();
    for (index, block) in blocks.into_iter().enumerate() {
        let settled = block.into_settled(width)?;
        let parties = n_parties.saturating_sub(index * PARTIES).min(PARTIES);
        give(&settled, parties)?;
        if parties < PARTIES {
            rest.push((index, settled));
        }
    }
    Ok(rest)
}

#[cfg(test)]
mod tests;

//! What each party bought, from lines in any order: sums, and the days on which it did.
//!
//! Lines come in the order of time, each of another party than the one before. Added up as they come, each
//! would wait for the memory of its party. So the book puts them aside by blocks of parties, and adds up a
//! block at a time, which then fits into the processor's cache.

mod block;
mod closed;
mod entry;
mod held;
mod record;
mod settled;

use block::{Block, PARTIES};
pub use closed::Purchases;
use entry::{Entry, Slim, Wide};
use held::Held;
pub use record::{Day, NoRecord, Part, Record, renumber};
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
    /// Working memory: what another book held of a party.
    held: Held,
}

/// Lines are held in 24 bytes each as long as none of them has a named basket or a high number.
#[derive(Debug)]
enum Entries {
    Slim(Vec<Block<Slim>>),
    Wide(Vec<Block<Wide>>),
}

impl Default for PurchaseBook {
    fn default() -> Self {
        let entries = Entries::Slim(Vec::new());
        Self { n_parties: 0, width: Width::default(), entries, held: Held::default() }
    }
}

/// What a book holds of some parties, for another book to go on with.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unmerged {
    /// Where the bytes of each party end.
    pub ends: Vec<i64>,
    /// Sums and visits of all parties, one party after the other.
    pub bytes: Vec<u8>,
}

/// What another book held of a party cannot be entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub enum NotEntered {
    /// A sum passes 64 bits.
    TooLarge(#[from] TooLarge),
    /// It is not what a book wrote.
    NoRecord(#[from] NoRecord),
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

    /// Enters what another book held of a party, one record of [`Unmerged::bytes`].
    ///
    /// # Errors
    ///
    /// When a sum passes 64 bits, or these are not the bytes of a party.
    pub fn enter_unmerged(&mut self, party: usize, bytes: &[u8]) -> Result<(), NotEntered> {
        let mut held = std::mem::take(&mut self.held);
        held.read(bytes)?;
        self.enter_held(party, &held)?;
        self.held = held;
        Ok(())
    }

    fn enter_held(&mut self, party: usize, held: &Held) -> Result<(), TooLarge> {
        self.grow(party + 1);
        self.width = self.width.with(held.width());
        let width = self.width;
        match &mut self.entries {
            Entries::Slim(blocks) => merge(blocks, party, held, width),
            Entries::Wide(blocks) => merge(blocks, party, held, width),
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
        let (mut unmerged, mut held) = (Unmerged::default(), Held::default());
        self.take(n_parties, |settled, parties| {
            for party in 0..parties {
                held.fill(settled, party);
                held.write(&mut unmerged.bytes);
                unmerged.ends.push(unmerged.bytes.len() as i64);
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
        let mut held = Held::default();
        for (index, settled) in rest {
            for party in 0..PARTIES {
                let number = index * PARTIES + party;
                if (n_parties..book.n_parties).contains(&number) {
                    held.fill(&settled, party);
                    self.enter_held(number - n_parties, &held)?;
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
    held: &Held,
    width: Width,
) -> Result<(), TooLarge> {
    let block = blocks.get_mut(party / PARTIES).ok_or(TooLarge)?;
    block.merge(party % PARTIES, held, width)
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

//! The lines of neighbouring parties, put aside until they are added up together.

use super::TooLarge;
use super::entry::{Entry, Wide};
use super::held::Held;
use super::settled::{Settled, Visit, Width};

/// Parties of one block: few enough for their sums and lines to lie in the processor's cache.
pub(super) const PARTIES: usize = 1 << 10;

/// Entries in one piece of memory, which is never moved.
const PIECE: usize = 512;

/// Entries put aside at most, unless more are settled.
const PUT_ASIDE: usize = 32 * PARTIES;

/// Lines of up to [`PARTIES`] parties: those added up already, and those put aside.
#[derive(Debug)]
pub(super) struct Block<E> {
    open: Vec<E>,
    full: Vec<Vec<E>>,
    merged: Vec<(u32, Visit)>,
    settled: Settled,
}

impl<E> Default for Block<E> {
    fn default() -> Self {
        let (open, full, merged) = (Vec::new(), Vec::new(), Vec::new());
        Self { open, full, merged, settled: Settled::default() }
    }
}

impl<E: Entry> Block<E> {
    /// Puts an entry aside.
    #[inline]
    pub(super) fn put(&mut self, entry: E, width: Width) -> Result<(), TooLarge> {
        if self.open.len() == self.open.capacity() {
            self.turn_over(width)?;
        }
        self.open.push(entry);
        Ok(())
    }

    #[cold]
    fn turn_over(&mut self, width: Width) -> Result<(), TooLarge> {
        let piece = std::mem::replace(&mut self.open, Vec::with_capacity(PIECE));
        if !piece.is_empty() {
            self.full.push(piece);
        }
        self.settle_many(width)
    }

    /// Adds what another book held of a party.
    pub(super) fn merge(
        &mut self,
        party: usize,
        held: &Held,
        width: Width,
    ) -> Result<(), TooLarge> {
        self.settled.widen(width);
        self.settled.add_sums(party, held)?;
        self.merged.extend(held.visits.iter().map(|visit| (party as u32, *visit)));
        self.settle_many(width)
    }

    /// Settles what is put aside when it is much; much is more the more there is, so that what is settled
    /// is seldom gone through again.
    fn settle_many(&mut self, width: Width) -> Result<(), TooLarge> {
        let aside = self.full.len() * PIECE + self.merged.len();
        if aside < PUT_ASIDE.max(self.settled.n_visits()) {
            return Ok(());
        }
        self.settle(width)
    }

    fn settle(&mut self, width: Width) -> Result<(), TooLarge> {
        self.settled.widen(width);
        self.full.push(std::mem::take(&mut self.open));
        for entry in self.full.iter().flatten() {
            self.settled.add_line(entry.party(), &entry.line())?;
        }
        self.settled.add_visits(|each| {
            self.merged.iter().for_each(|(party, visit)| each(*party as usize, *visit));
            for entry in self.full.iter().flatten() {
                if let Some(visit) = Visit::of(&entry.line()) {
                    each(entry.party(), visit);
                }
            }
        })?;
        (self.full, self.merged) = (Vec::new(), Vec::new());
        Ok(())
    }

    /// Everything added up.
    pub(super) fn into_settled(mut self, width: Width) -> Result<Settled, TooLarge> {
        self.settle(width)?;
        Ok(self.settled)
    }

    /// The same lines, held in a way that any line fits.
    pub(super) fn widened(self) -> Block<Wide> {
        let wide = |entry: &E| Wide::of(entry.party(), &entry.line());
        let widen = |piece: &Vec<E>| {
            let mut widened = Vec::with_capacity(piece.capacity());
            widened.extend(piece.iter().filter_map(wide));
            widened
        };
        Block {
            open: widen(&self.open),
            full: self.full.iter().map(widen).collect(),
            merged: self.merged,
            settled: self.settled,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let entries = self.full.len() * PIECE + self.open.capacity();
        entries * size_of::<E>()
            + self.merged.capacity() * size_of::<(u32, Visit)>()
            + self.settled.bytes()
    }
}

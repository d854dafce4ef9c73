//! Visits of many parties in the order they came, in blocks that are never moved.

use super::TooLarge;

/// A return is on no basket.
pub const NO_BASKET: u64 = 0;

/// Sales without a basket id make one basket a day.
pub const UNNAMED_BASKET: u64 = 1;

/// What one party bought, or brought back, on one day in one basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// Days since 1970-01-01.
    pub day: i32,
    /// [`NO_BASKET`], [`UNNAMED_BASKET`] or another number that tells the baskets of a party and day apart.
    pub basket: u64,
    /// Money in minor units.
    pub cents: i64,
}

/// How a visit is held.
pub(super) trait Held: Copy + Default {
    fn of(visit: Visit) -> Option<Self>;
    fn visit(self) -> Visit;
}

impl Held for Visit {
    fn of(visit: Visit) -> Option<Self> {
        Some(visit)
    }

    fn visit(self) -> Visit {
        self
    }
}

impl Default for Visit {
    fn default() -> Self {
        Self { day: 0, basket: NO_BASKET, cents: 0 }
    }
}

/// A visit whose basket has no name: the lowest bit of its money tells a sale from a return.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Unnamed {
    day: i32,
    // In halves, so that party, day and money of a visit take sixteen bytes.
    low: u32,
    high: i32,
}

impl Held for Unnamed {
    fn of(visit: Visit) -> Option<Self> {
        if visit.basket > UNNAMED_BASKET {
            return None;
        }
        let twice = visit.cents.checked_mul(2)? | visit.basket as i64;
        Some(Self { day: visit.day, low: twice as u32, high: (twice >> 32) as i32 })
    }

    fn visit(self) -> Visit {
        let twice = (i64::from(self.high) << 32) | i64::from(self.low);
        Visit { day: self.day, basket: (twice & 1) as u64, cents: twice >> 1 }
    }
}

/// Visits in one block.
const BLOCK: usize = 1 << 15;

#[derive(Debug, Clone, Copy)]
struct OfParty<H> {
    party: u32,
    held: H,
}

/// Visits of parties, numbered in the order they came.
#[derive(Debug)]
pub(super) struct Pile<H> {
    blocks: Vec<Vec<OfParty<H>>>,
    n_visits: usize,
}

impl<H> Default for Pile<H> {
    fn default() -> Self {
        Self { blocks: Vec::new(), n_visits: 0 }
    }
}

impl<H: Held> Pile<H> {
    /// Adds a visit and returns its number.
    ///
    /// # Errors
    ///
    /// When its money cannot be held.
    pub(super) fn push(&mut self, party: u32, visit: Visit) -> Result<usize, TooLarge> {
        let held = H::of(visit).ok_or(TooLarge)?;
        let number = self.n_visits;
        if self.blocks.last().is_none_or(|block| block.len() == BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.push(OfParty { party, held });
            self.n_visits += 1;
        }
        Ok(number)
    }

    /// The day of a visit, numbered from 1; 0 when there is no such visit.
    pub(super) fn day_of(&self, number: usize) -> i64 {
        let Some(index) = number.checked_sub(1) else { return 0 };
        let block = self.blocks.get(index / BLOCK);
        let found = block.and_then(|block| block.get(index % BLOCK));
        found.map_or(0, |found| i64::from(found.held.visit().day))
    }

    /// Adds money to a visit, if it was on that day in that basket.
    pub(super) fn add(&mut self, number: usize, visit: Visit) -> Result<bool, TooLarge> {
        let block = self.blocks.get_mut(number / BLOCK);
        let Some(found) = block.and_then(|block| block.get_mut(number % BLOCK)) else {
            return Ok(false);
        };
        let before = found.held.visit();
        if (before.day, before.basket) != (visit.day, visit.basket) {
            return Ok(false);
        }
        let cents = before.cents.checked_add(visit.cents).ok_or(TooLarge)?;
        found.held = H::of(Visit { cents, ..before }).ok_or(TooLarge)?;
        Ok(true)
    }

    /// Empties the pile into one list, the visits of a party from its place in `starts` on.
    ///
    /// Visits of parties without a place are returned apart, with their parties. Linear, and each block
    /// is given back as soon as it is read.
    pub(super) fn lay_out(
        &mut self,
        mut starts: Vec<usize>,
        n: usize,
    ) -> (Vec<H>, Vec<(u32, Visit)>) {
        let mut laid = vec![H::default(); n];
        let mut rest = Vec::new();
        self.n_visits = 0;
        for block in std::mem::take(&mut self.blocks) {
            for OfParty { party, held } in block {
                let place = starts.get_mut(party as usize);
                let Some(place) = place else {
                    rest.push((party, held.visit()));
                    continue;
                };
                if let Some(slot) = laid.get_mut(*place) {
                    *slot = held;
                }
                *place += 1;
            }
        }
        (laid, rest)
    }

    /// Every visit with its party, in the order they came.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, Visit)> + '_ {
        self.blocks.iter().flatten().map(|visit| (visit.party, visit.held.visit()))
    }

    pub(super) fn bytes(&self) -> usize {
        self.blocks.len() * BLOCK * size_of::<OfParty<H>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_without_a_named_basket_takes_sixteen_bytes() {
        assert_eq!(size_of::<OfParty<Unnamed>>(), 16);
        for cents in [0, 1, -1, 1 << 40, -(1 << 40), i64::MAX / 2, i64::MIN / 2] {
            for basket in [NO_BASKET, UNNAMED_BASKET] {
                let visit = Visit { day: -3, basket, cents };
                assert_eq!(Unnamed::of(visit).map(Unnamed::visit), Some(visit));
            }
        }
        assert_eq!(Unnamed::of(Visit { day: 1, basket: 2, cents: 1 }), None);
        assert_eq!(Unnamed::of(Visit { day: 1, basket: 1, cents: i64::MAX }), None);
    }

    #[test]
    fn visits_are_laid_out_by_party_in_the_order_they_came() {
        let visit = |day| Visit { day, basket: UNNAMED_BASKET, cents: i64::from(day) * 10 };
        let mut pile = Pile::<Unnamed>::default();
        for (party, day) in [(1, 5), (0, 6), (2, 7), (1, 3)] {
            pile.push(party, visit(day)).unwrap();
        }
        assert_eq!(pile.add(3, visit(3)), Ok(true));
        assert_eq!(pile.add(3, visit(4)), Ok(false));
        let (laid, rest) = pile.lay_out(vec![0, 1], 3);
        let days: Vec<_> = laid.iter().map(|held| (held.visit().day, held.visit().cents)).collect();
        assert_eq!(days, [(6, 60), (5, 50), (3, 60)]);
        assert_eq!(rest, [(2, visit(7))]);
        assert_eq!(pile.bytes(), 0);
    }
}

//! Visits of many groups in one flat vector: kept small, brought together in place.

use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::EmitTo;

/// A return is on no basket.
pub(super) const NO_BASKET: u64 = 0;

/// Sales without a basket id make one basket a day.
pub(super) const UNNAMED_BASKET: u64 = 1;

/// What one group bought, or brought back, on one day in one basket.
pub(super) trait Visit: Copy {
    fn group(&self) -> u32;
    fn set_group(&mut self, group: u32);
    fn day(&self) -> i32;
    fn basket(&self) -> u64;
    /// Money in minor units.
    fn cents(&self) -> i64;
    /// The same visit with other money; None when that money cannot be held.
    fn with_cents(&self, cents: i64) -> Option<Self>;

    fn named(&self) -> NamedVisit {
        NamedVisit {
            group: self.group(),
            day: self.day(),
            basket: self.basket(),
            cents: self.cents(),
        }
    }
}

/// A visit whose basket may have a name, known by its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NamedVisit {
    pub(super) group: u32,
    pub(super) day: i32,
    pub(super) basket: u64,
    pub(super) cents: i64,
}

impl Visit for NamedVisit {
    fn group(&self) -> u32 {
        self.group
    }

    fn set_group(&mut self, group: u32) {
        self.group = group;
    }

    fn day(&self) -> i32 {
        self.day
    }

    fn basket(&self) -> u64 {
        self.basket
    }

    fn cents(&self) -> i64 {
        self.cents
    }

    fn with_cents(&self, cents: i64) -> Option<Self> {
        Some(Self { cents, ..*self })
    }
}

/// A visit whose basket has no name: the lowest bit of its money tells a sale from a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnnamedVisit {
    group: u32,
    day: i32,
    cents_and_sale: i64,
}

impl UnnamedVisit {
    /// The visit without the name of its basket; None when it has one.
    pub(super) fn of(visit: NamedVisit) -> Result<Option<Self>> {
        if visit.basket > UNNAMED_BASKET {
            return Ok(None);
        }
        let is_sale = visit.basket as i64;
        let Some(twice) = visit.cents.checked_mul(2) else {
            return exec_err!("an amount is too large to be added up");
        };
        let cents_and_sale = twice | is_sale;
        Ok(Some(Self { group: visit.group, day: visit.day, cents_and_sale }))
    }
}

impl Visit for UnnamedVisit {
    fn group(&self) -> u32 {
        self.group
    }

    fn set_group(&mut self, group: u32) {
        self.group = group;
    }

    fn day(&self) -> i32 {
        self.day
    }

    fn basket(&self) -> u64 {
        (self.cents_and_sale & 1) as u64
    }

    fn cents(&self) -> i64 {
        self.cents_and_sale >> 1
    }

    fn with_cents(&self, cents: i64) -> Option<Self> {
        let cents_and_sale = cents.checked_mul(2)? | (self.cents_and_sale & 1);
        Some(Self { cents_and_sale, ..*self })
    }
}

/// Equal visits are merged first when this many are held.
const COMPACT_FROM: usize = 1 << 21;

/// Visits in the order they came, brought together from time to time.
pub(super) struct Pile<V> {
    pub(super) n_groups: usize,
    pub(super) held: Vec<V>,
    pub(super) compact_at: usize,
}

impl<V> Default for Pile<V> {
    fn default() -> Self {
        Self { n_groups: 0, held: Vec::new(), compact_at: COMPACT_FROM }
    }
}

impl<V: Visit> Pile<V> {
    pub(super) fn push(&mut self, visit: V) -> Result<()> {
        if self.held.len() == self.held.capacity() {
            // By a quarter instead of twice: what is reserved counts as held.
            self.held.reserve_exact((self.held.len() / 4).max(1 << 12));
        }
        self.held.push(visit);
        if self.held.len() >= self.compact_at {
            self.compact()?;
            self.compact_at = COMPACT_FROM.max(self.held.len() * 2);
        }
        Ok(())
    }

    /// Takes the visits of the groups to emit, in group order, and renumbers the rest.
    pub(super) fn take(&mut self, emit_to: EmitTo) -> Result<(usize, Vec<V>)> {
        self.compact()?;
        let n = match emit_to {
            EmitTo::All => self.n_groups,
            EmitTo::First(n) => n.min(self.n_groups),
        };
        let end = self.held.partition_point(|visit| (visit.group() as usize) < n);
        let rest = self.held.split_off(end);
        let taken = std::mem::replace(&mut self.held, rest);
        for visit in &mut self.held {
            visit.set_group(visit.group() - n as u32);
        }
        self.n_groups -= n;
        Ok((n, taken))
    }

    /// Orders visits by group, day and basket, and merges equal ones.
    fn compact(&mut self) -> Result<()> {
        let starts = self.group_in_place();
        let mut rest = self.held.as_mut_slice();
        for bounds in starts.windows(2) {
            let &[from, to] = bounds else { continue };
            let (own, after) = std::mem::take(&mut rest).split_at_mut(to - from);
            rest = after;
            own.sort_unstable_by_key(|visit| (visit.day(), visit.basket(), visit.cents()));
        }
        let mut overflow = false;
        self.held.dedup_by(|next, kept| {
            let key = |visit: &V| (visit.group(), visit.day(), visit.basket());
            let same = key(next) == key(kept);
            if same {
                let sum = kept.cents().checked_add(next.cents());
                match sum.and_then(|sum| kept.with_cents(sum)) {
                    Some(merged) => *kept = merged,
                    None => overflow = true,
                }
            }
            same
        });
        if overflow {
            return exec_err!("the money of one basket is too large to be added up");
        }
        Ok(())
    }

    /// Brings the visits of a group together, groups in order, and returns where each begins.
    ///
    /// Each visit is swapped to its group until all are home, as in the radix sort in place of
    /// `McIlroy`, Bostic and `McIlroy` (1993): linear, and without a second copy.
    fn group_in_place(&mut self) -> Vec<usize> {
        let mut starts = vec![0_usize; self.n_groups + 1];
        for visit in &self.held {
            if let Some(count) = starts.get_mut(visit.group() as usize + 1) {
                *count += 1;
            }
        }
        let mut total = 0;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        let mut next = starts.clone();
        for (group, &end) in starts.iter().skip(1).enumerate() {
            while let Some(&at) = next.get(group).filter(|&&at| at < end) {
                let home = self.held.get(at).map_or(group, |visit| visit.group() as usize);
                if let Some(slot) = next.get_mut(home) {
                    let to = *slot;
                    *slot += 1;
                    if home != group {
                        self.held.swap(at, to);
                    }
                }
            }
        }
        starts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(group: u32, day: i32, basket: u64, cents: i64) -> NamedVisit {
        NamedVisit { group, day, basket, cents }
    }

    #[test]
    fn visits_come_by_group_day_and_basket_with_equal_ones_added() {
        let mut pile = Pile { n_groups: 3, ..Pile::default() };
        for visit in [visit(2, 5, 7, 10), visit(0, 9, 7, 1), visit(2, 5, 7, -4), visit(0, 3, 9, 2)]
        {
            pile.push(visit).unwrap();
        }
        let (n, first) = pile.take(EmitTo::First(1)).unwrap();
        assert_eq!((n, first), (1, vec![visit(0, 3, 9, 2), visit(0, 9, 7, 1)]));
        let (n, rest) = pile.take(EmitTo::All).unwrap();
        assert_eq!((n, rest), (2, vec![visit(1, 5, 7, 6)]));
    }

    #[test]
    fn a_visit_without_a_name_keeps_its_money_and_its_kind() {
        for (basket, cents) in
            [(NO_BASKET, -1), (UNNAMED_BASKET, 0), (UNNAMED_BASKET, i64::MAX / 2)]
        {
            let given = visit(4, -7, basket, cents);
            let held = UnnamedVisit::of(given).unwrap().unwrap();
            assert_eq!(held.named(), given);
            assert_eq!(
                held.with_cents(-9).map(|held| held.named()),
                Some(visit(4, -7, basket, -9))
            );
        }
        assert_eq!(UnnamedVisit::of(visit(0, 0, 2, 1)).unwrap(), None);
        assert!(UnnamedVisit::of(visit(0, 0, 1, i64::MAX)).is_err());
    }
}

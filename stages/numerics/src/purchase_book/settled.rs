//! What a block of parties came to: sums of each party, and its days.

use super::block::PARTIES;
use super::held::Held;
use super::record::Part;
use super::{Line, LineKind, TooLarge};

/// A return is in no basket.
pub(super) const NO_BASKET: u64 = 0;

/// Sales without a basket id make one basket a day.
pub(super) const UNNAMED_BASKET: u64 = 1;

/// What one party bought, or brought back, on one day in one basket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Visit {
    /// Days since 1970-01-01.
    pub(super) day: i32,
    /// Basket, as a number that tells the baskets of a party and day apart; 0 is no basket, 1 one without
    /// a name.
    pub(super) basket: u64,
    /// Money in minor units.
    pub(super) cents: i64,
}

impl Visit {
    /// The visit that a line is part of; none of an adjustment.
    pub(super) fn of(line: &Line) -> Option<Self> {
        let basket = match line.kind {
            LineKind::Adjustment => return None,
            LineKind::Return => NO_BASKET,
            LineKind::Sale => line.basket.map_or(UNNAMED_BASKET, |name| name | 2),
        };
        Some(Self { day: line.day, basket, cents: line.cents })
    }

    fn order(&self) -> (i32, u64) {
        (self.day, self.basket)
    }
}

/// Sums of one party, before those by category and by channel.
#[repr(usize)]
#[derive(Debug, Clone, Copy)]
pub(super) enum Sum {
    SaleLines,
    ReturnLines,
    SaleCents,
    ReturnCents,
    DiscountCents,
    DiscountLines,
}

/// Sums before those by category.
pub(super) const N_SUMS: usize = Sum::DiscountLines as usize + 1;

/// How many categories and channels the sums of a party tell apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Width {
    pub(super) categories: usize,
    pub(super) channels: usize,
}

impl Width {
    /// At least as much as a line needs.
    pub(super) fn make_room(&mut self, line: &Line) {
        let needed = |number: Option<u32>| number.map_or(0, |number| number as usize + 1);
        self.categories = self.categories.max(needed(line.category));
        self.channels = self.channels.max(needed(line.channel));
    }

    /// At least as much as both.
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            categories: self.categories.max(other.categories),
            channels: self.channels.max(other.channels),
        }
    }

    fn sums(self) -> usize {
        N_SUMS + self.categories + self.channels
    }
}

/// Sums and visits of up to [`PARTIES`] parties.
#[derive(Debug, Default)]
pub(super) struct Settled {
    width: Width,
    /// [`Width::sums`] numbers for each party; empty before the first is settled.
    sums: Vec<i64>,
    /// Where the visits of each party end.
    ends: Vec<usize>,
    /// By party, day and basket; no two alike.
    visits: Vec<Visit>,
}

impl Settled {
    pub(super) fn n_visits(&self) -> usize {
        self.visits.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.sums.capacity() * size_of::<i64>()
            + self.ends.capacity() * size_of::<usize>()
            + self.visits.capacity() * size_of::<Visit>()
    }

    /// The sums of a party, those by category and by channel last.
    pub(super) fn sums_of(&self, party: usize) -> &[i64] {
        let width = self.width.sums();
        self.sums.get(party * width..(party + 1) * width).unwrap_or_default()
    }

    /// One of the sums of a party.
    pub(super) fn sum(&self, party: usize, sum: Sum) -> i64 {
        self.sums_of(party).get(sum as usize).copied().unwrap_or(0)
    }

    /// The sums of a party by category, and by channel.
    pub(super) fn by_category_and_channel(&self, party: usize) -> (&[i64], &[i64]) {
        let own = self.sums_of(party).get(N_SUMS..).unwrap_or_default();
        own.split_at_checked(self.width.categories).unwrap_or_default()
    }

    /// The visits of a party, by day and basket.
    pub(super) fn visits_of(&self, party: usize) -> &[Visit] {
        let start = party.checked_sub(1).and_then(|before| self.ends.get(before));
        let end = self.ends.get(party).copied().unwrap_or(0);
        self.visits.get(start.copied().unwrap_or(0)..end).unwrap_or_default()
    }

    /// Gives every party its sums, as wide as that.
    pub(super) fn widen(&mut self, width: Width) {
        let width = self.width.with(width);
        if self.width == width && !self.sums.is_empty() {
            return;
        }
        let mut sums = vec![0; PARTIES * width.sums()];
        for (party, to) in sums.chunks_exact_mut(width.sums()).enumerate() {
            let from = self.sums_of(party);
            let (categories, channels) = self.by_category_and_channel(party);
            let places = [0, N_SUMS, N_SUMS + width.categories];
            let parts = [from.get(..N_SUMS).unwrap_or_default(), categories, channels];
            for (place, part) in places.into_iter().zip(parts) {
                if let Some(to) = to.get_mut(place..place + part.len()) {
                    to.copy_from_slice(part);
                }
            }
        }
        self.sums = sums;
        self.width = width;
    }

    /// Adds a line to the sums of its party; there must be room for it.
    pub(super) fn add_line(&mut self, party: usize, line: &Line) -> Result<(), TooLarge> {
        let (width, categories) = (self.width.sums(), self.width.categories);
        let row = self.sums.get_mut(party * width..(party + 1) * width).ok_or(TooLarge)?;
        let (lines, cents) = match line.kind {
            LineKind::Sale => (Sum::SaleLines, Sum::SaleCents),
            LineKind::Return => (Sum::ReturnLines, Sum::ReturnCents),
            LineKind::Adjustment => return Ok(()),
        };
        add(row.get_mut(lines as usize), 1)?;
        add(row.get_mut(cents as usize), line.cents)?;
        if line.kind == LineKind::Sale {
            if let Some(discount) = line.discount {
                add(row.get_mut(Sum::DiscountLines as usize), 1)?;
                add(row.get_mut(Sum::DiscountCents as usize), discount)?;
            }
            if let Some(category) = line.category {
                add(row.get_mut(N_SUMS + category as usize), line.cents)?;
            }
            if let Some(channel) = line.channel {
                add(row.get_mut(N_SUMS + categories + channel as usize), 1)?;
            }
        }
        Ok(())
    }

    /// Adds the sums that another book held of a party; there must be room for them.
    pub(super) fn add_sums(&mut self, party: usize, held: &Held) -> Result<(), TooLarge> {
        let (width, categories) = (self.width.sums(), self.width.categories);
        let row = self.sums.get_mut(party * width..(party + 1) * width).ok_or(TooLarge)?;
        let place = |first: usize| move |part: &Part| (first + part.place as usize, part.amount);
        let by_category = held.categories.iter().map(place(N_SUMS));
        let by_channel = held.channels.iter().map(place(N_SUMS + categories));
        let sums = held.sums.iter().copied().enumerate();
        for (place, amount) in sums.chain(by_category).chain(by_channel) {
            add(row.get_mut(place), amount)?;
        }
        Ok(())
    }

    /// Adds the visits that `each` names, the same every time it is called.
    pub(super) fn add_visits(
        &mut self,
        each: impl Fn(&mut dyn FnMut(usize, Visit)),
    ) -> Result<(), TooLarge> {
        let mut starts = vec![0; PARTIES + 1];
        let mut count = |party: usize, n: usize| {
            if let Some(start) = starts.get_mut(party + 1) {
                *start += n;
            }
        };
        (0..PARTIES).for_each(|party| count(party, self.visits_of(party).len()));
        each(&mut |party, _| count(party, 1));
        for party in 1..starts.len() {
            starts[party] += starts[party - 1];
        }
        let mut laid = vec![Visit::default(); starts.last().copied().unwrap_or(0)];
        let mut lay = |party: usize, visit: Visit| {
            if let Some(place) = starts.get_mut(party)
                && let Some(slot) = laid.get_mut(*place)
            {
                *slot = visit;
                *place += 1;
            }
        };
        for party in 0..PARTIES {
            self.visits_of(party).iter().for_each(|visit| lay(party, *visit));
        }
        each(&mut lay);
        self.ends.clear();
        self.visits.clear();
        self.visits.reserve(laid.len());
        // Each start has moved on to the end of its party.
        let mut rest = laid.as_mut_slice();
        let mut start = 0;
        for end in starts.into_iter().take(PARTIES) {
            let (own, after) =
                std::mem::take(&mut rest).split_at_mut_checked(end - start).ok_or(TooLarge)?;
            (rest, start) = (after, end);
            merge(own, &mut self.visits)?;
            self.ends.push(self.visits.len());
        }
        Ok(())
    }
}

/// The visits of one party in order, those of one day and basket made one.
fn merge(visits: &mut [Visit], into: &mut Vec<Visit>) -> Result<(), TooLarge> {
    if !visits.is_sorted_by_key(Visit::order) {
        visits.sort_unstable_by_key(Visit::order);
    }
    let first = into.len();
    for visit in visits {
        match into.get_mut(first..).and_then(<[Visit]>::last_mut) {
            Some(last) if last.order() == visit.order() => add(Some(&mut last.cents), visit.cents)?,
            _ => into.push(*visit),
        }
    }
    Ok(())
}

/// The amounts by place, those of 0 left out, in place of the parts before.
pub(super) fn parts_of(amounts: &[i64], parts: &mut Vec<Part>) {
    parts.clear();
    let amounts = (0..).zip(amounts).filter(|(_, amount)| **amount != 0);
    parts.extend(amounts.map(|(place, &amount)| Part { place, amount }));
}

/// Adds to a sum.
pub(super) fn add(sum: Option<&mut i64>, value: i64) -> Result<(), TooLarge> {
    let sum = sum.ok_or(TooLarge)?;
    *sum = sum.checked_add(value).ok_or(TooLarge)?;
    Ok(())
}

//! What the systems know of people, from the first night to the last: records arrive, change and go.

use super::person::{FIRST_NIGHT, Household, OPENING, Person};
use super::source::{PARTS, Record, SOURCES};
use crate::draw::Draw;

/// Records a person has, and the share of people who have so many.
const RECORDS: [f64; 9] = [0.45, 0.27, 0.145, 0.07, 0.035, 0.015, 0.008, 0.004, 0.003];
/// Share of records that arrive after the first night, that change once, that are erased alone, and of
/// people of whom everything is erased.
const LATE_SHARE: f64 = 0.12;
const CHANGED_SHARE: f64 = 0.15;
const ERASED_SHARE: f64 = 0.012;
const FORGOTTEN_SHARE: f64 = 0.015;
/// Records a shop: so many share its mailbox and its card, now and then.
const RECORDS_PER_SHOP: usize = 5_000;

/// One record of one system through the nights.
#[derive(Debug)]
pub(super) struct Known {
    /// Position in [`SOURCES`].
    pub(super) source: usize,
    pub(super) key: String,
    pub(super) person: usize,
    /// What the system holds, from which night on; nights are counted from 0.
    states: Vec<(usize, Record)>,
    /// Night from which on the record is erased.
    pub(super) leaves: Option<usize>,
    /// Day and cents of each sale that names the record.
    pub(super) sales: Vec<(i32, i64)>,
}

impl Known {
    /// What the system holds on a night, if anything.
    pub(super) fn at(&self, night: usize) -> Option<&Record> {
        if self.leaves.is_some_and(|leaves| leaves <= night) {
            return None;
        }
        self.states.iter().rev().find(|state| state.0 <= night).map(|state| &state.1)
    }
}

/// The date of a night.
pub(super) fn date(night: usize) -> i32 {
    FIRST_NIGHT + night as i32
}

/// Registers people with the systems until there are enough records.
#[derive(Debug)]
pub(super) struct Registry {
    left: usize,
    nights: usize,
    n_shops: usize,
    n_keys: [u64; SOURCES.len()],
}

impl Registry {
    pub(super) fn new(records: usize, nights: usize) -> Self {
        let n_shops = (records / RECORDS_PER_SHOP).max(3);
        Self { left: records, nights, n_shops, n_keys: [0; SOURCES.len()] }
    }

    pub(super) fn is_full(&self) -> bool {
        self.left == 0
    }

    /// The records of a household.
    pub(super) fn register(&mut self, household: &Household, draw: &mut Draw) -> Vec<Known> {
        let mut all = Vec::new();
        for person in &household.people {
            let forgotten = (self.nights > 1 && draw.chance(FORGOTTEN_SHARE))
                .then(|| self.later(1, draw))
                .flatten();
            for _ in 0..=draw.weighted(&RECORDS) {
                if self.left == 0 {
                    return all;
                }
                self.left -= 1;
                all.push(self.known(person, household.account.as_deref(), forgotten, draw));
            }
        }
        all
    }

    fn known(
        &mut self,
        person: &Person,
        account: Option<&str>,
        forgotten: Option<usize>,
        draw: &mut Draw,
    ) -> Known {
        let shares = SOURCES.each_ref().map(|source| {
            if source.takes_prospects || !person.is_prospect { source.share } else { 0.0 }
        });
        let at = draw.weighted(&shares);
        let source = &SOURCES[at];
        let late = self.nights > 1 && draw.chance(LATE_SHARE);
        let arrives = if late { self.later(1, draw).unwrap_or(0) } else { 0 };
        let day = if arrives > 0 { date(arrives) } else { draw.whole(OPENING, FIRST_NIGHT - 1) };
        let first = source.record(person, account, day, self.n_shops, draw);
        let mut states = vec![(arrives, first)];
        if self.nights > 1
            && draw.chance(CHANGED_SHARE)
            && let Some(night) = self.later(arrives + 1, draw)
            && let Some(mut changed) = states.last().map(|state| state.1.clone())
        {
            let part = PARTS[draw.skewed(PARTS.len(), 1.4)];
            changed.updated = date(night);
            source.write(part, person, date(night), self.n_shops, &mut changed, draw);
            states.push((night, changed));
        }
        let erased = self.nights > 1 && draw.chance(ERASED_SHARE);
        let alone = if erased { self.later(arrives + 1, draw) } else { None };
        let leaves = [forgotten, alone].into_iter().flatten().min();
        let sells = !person.is_prospect && source.feed != "contest" && draw.chance(0.6);
        let n_sales = if sells { 1 + draw.poisson(1.2) } else { 0 };
        let end = date(self.nights - 1);
        let sales = (0..n_sales)
            .map(|_| (draw.whole(day, end.max(day)), (draw.gamma(2.0) * 1_500.0) as i64 + 95))
            .collect();
        Known { source: at, key: self.key(at), person: person.number, sales, states, leaves }
    }

    /// A night from the `first` on, if there is one.
    fn later(&self, first: usize, draw: &mut Draw) -> Option<usize> {
        (first < self.nights).then(|| first + draw.below(self.nights - first))
    }

    fn key(&mut self, source: usize) -> String {
        let n_keys = &mut self.n_keys[source];
        *n_keys += 1;
        // Scattered, so that the order of keys says nothing about who belongs together.
        format!("{}{:07}", SOURCES[source].letter, super::person::scattered(*n_keys))
    }
}

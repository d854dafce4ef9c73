//! What a book holds of a party, as bytes with which another book goes on.

use super::record::{NoRecord, Numbers, Part, write, write_parts};
use super::settled::{N_SUMS, Settled, Visit, Width, parts_of};

/// Sums and visits of one party; working memory, read and written over and over.
///
/// A record such as [`Record`](super::Record), but for the visits, whose baskets are still told apart.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) categories: Vec<Part>,
    pub(super) channels: Vec<Part>,
    pub(super) sums: [i64; N_SUMS],
    /// By day and basket.
    pub(super) visits: Vec<Visit>,
}

impl Held {
    /// Takes over what is settled of a party.
    pub(super) fn fill(&mut self, settled: &Settled, party: usize) {
        let (categories, channels) = settled.by_category_and_channel(party);
        parts_of(categories, &mut self.categories);
        parts_of(channels, &mut self.channels);
        self.sums = [0; N_SUMS];
        for (to, from) in self.sums.iter_mut().zip(settled.sums_of(party)) {
            *to = *from;
        }
        self.visits.clear();
        self.visits.extend_from_slice(settled.visits_of(party));
    }

    /// The categories and channels that its sums tell apart.
    pub(super) fn width(&self) -> Width {
        let needed =
            |parts: &[Part]| parts.iter().map(|part| part.place as usize + 1).max().unwrap_or(0);
        Width { categories: needed(&self.categories), channels: needed(&self.channels) }
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        write_parts(&self.categories, bytes);
        write_parts(&self.channels, bytes);
        for &sum in &self.sums {
            write(sum, bytes);
        }
        write(self.visits.len() as i64, bytes);
        let mut before = 0;
        for visit in &self.visits {
            write(i64::from(visit.day) - before, bytes);
            write(visit.basket.cast_signed(), bytes);
            write(visit.cents, bytes);
            before = i64::from(visit.day);
        }
    }

    /// Reads what another book wrote, in place of what was here before.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(), NoRecord> {
        let mut numbers = Numbers::new(bytes);
        numbers.parts(&mut self.categories)?;
        numbers.parts(&mut self.channels)?;
        for sum in &mut self.sums {
            *sum = numbers.next()?;
        }
        self.visits.clear();
        let mut day = 0;
        for _ in 0..numbers.count()? {
            day = numbers.day_after(day)?;
            let basket = numbers.next()?.cast_unsigned();
            self.visits.push(Visit { day, basket, cents: numbers.next()? });
        }
        numbers.end()
    }
}

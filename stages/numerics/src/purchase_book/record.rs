//! What one party bought, as a few bytes in one place.
//!
//! Parties are asked for in the order of customers, and lie in that of the feed: whoever reads one waits
//! for every place in memory it is spread over. A record is one place.
//!
//! | part | numbers |
//! |---|---|
//! | by category, by channel | how many; of each its place and its amount |
//! | days | how many; of each the days since the one before, money, baskets |
//! | sums | lines of sales and of returns, money of both, 1 and the discount or 0 |
//!
//! Numbers take a byte for every seven bits, with the sign in the lowest (zigzag; Protocol Buffers Encoding).

use integer_encoding::VarInt;

/// Most bytes of a number.
const NUMBER_BYTES: usize = 10;

/// Net money and sale baskets of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970-01-01.
    pub on: i32,
    /// Sales and returns, in minor units.
    pub cents: i64,
    /// Baskets with a sale; a day without any is no purchase day.
    pub baskets: i64,
}

/// What of an amount falls to a category or channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Number of the category or channel.
    pub place: u32,
    /// Minor units, or lines.
    pub amount: i64,
}

/// Purchases of one party; money in minor units.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Money of sales by category; those without any are left out.
    pub category_cents: Vec<Part>,
    /// Lines of sales by channel; those without any are left out.
    pub channel_lines: Vec<Part>,
    /// Days with a sale or return, ascending.
    pub days: Vec<Day>,
    /// Lines of sales.
    pub sale_lines: i64,
    /// Lines of returns.
    pub return_lines: i64,
    /// Money of sales.
    pub sale_cents: i64,
    /// Money of returns, negative.
    pub return_cents: i64,
    /// Discount on sales; None where no line tells it.
    pub discount_cents: Option<i64>,
}

/// Bytes that are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no record of purchases")]
pub struct NoRecord;

impl Record {
    /// Appends the record to bytes.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        write_parts(&self.category_cents, bytes);
        write_parts(&self.channel_lines, bytes);
        write(self.days.len() as i64, bytes);
        let mut before = 0;
        for day in &self.days {
            write(i64::from(day.on) - before, bytes);
            write(day.cents, bytes);
            write(day.baskets, bytes);
            before = i64::from(day.on);
        }
        write(self.sale_lines, bytes);
        write(self.return_lines, bytes);
        write(self.sale_cents, bytes);
        write(self.return_cents, bytes);
        write(i64::from(self.discount_cents.is_some()), bytes);
        if let Some(cents) = self.discount_cents {
            write(cents, bytes);
        }
    }

    /// Reads a record in place of what was here before.
    ///
    /// # Errors
    ///
    /// When the bytes are not those of one record.
    pub fn read(&mut self, bytes: &[u8]) -> Result<(), NoRecord> {
        let mut numbers = Numbers::new(bytes);
        numbers.parts(&mut self.category_cents)?;
        numbers.parts(&mut self.channel_lines)?;
        self.days.clear();
        let mut on = 0;
        for _ in 0..numbers.count()? {
            on = numbers.day_after(on)?;
            self.days.push(Day { on, cents: numbers.next()?, baskets: numbers.next()? });
        }
        self.sale_lines = numbers.next()?;
        self.return_lines = numbers.next()?;
        self.sale_cents = numbers.next()?;
        self.return_cents = numbers.next()?;
        self.discount_cents = match numbers.next()? {
            0 => None,
            1 => Some(numbers.next()?),
            _ => return Err(NoRecord),
        };
        numbers.end()
    }
}

/// Appends a record under other numbers of categories and channels, each list being the new number of each
/// old one. What comes after them is copied as it is.
///
/// # Errors
///
/// When the bytes do not begin as a record does, or have a number that is on no list.
pub fn renumber(
    record: &[u8],
    categories: &[Option<u32>],
    channels: &[Option<u32>],
    bytes: &mut Vec<u8>,
) -> Result<(), NoRecord> {
    let mut numbers = Numbers::new(record);
    let mut parts = Vec::new();
    for places in [categories, channels] {
        numbers.parts(&mut parts)?;
        for part in &mut parts {
            let place = places.get(part.place as usize).copied();
            part.place = place.flatten().ok_or(NoRecord)?;
        }
        write_parts(&parts, bytes);
    }
    bytes.extend_from_slice(numbers.0);
    Ok(())
}

/// Appends parts.
pub(super) fn write_parts(parts: &[Part], bytes: &mut Vec<u8>) {
    write(parts.len() as i64, bytes);
    for part in parts {
        write(i64::from(part.place), bytes);
        write(part.amount, bytes);
    }
}

/// Appends a number.
pub(super) fn write(number: i64, bytes: &mut Vec<u8>) {
    let mut room = [0; NUMBER_BYTES];
    let n = number.encode_var(&mut room);
    bytes.extend_from_slice(room.get(..n).unwrap_or_default());
}

/// The numbers that are still to be read.
pub(super) struct Numbers<'a>(&'a [u8]);

impl<'a> Numbers<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn next(&mut self) -> Result<i64, NoRecord> {
        let (number, n) = i64::decode_var(self.0).ok_or(NoRecord)?;
        self.0 = self.0.get(n..).ok_or(NoRecord)?;
        Ok(number)
    }

    pub(super) fn count(&mut self) -> Result<u64, NoRecord> {
        u64::try_from(self.next()?).map_err(|_| NoRecord)
    }

    pub(super) fn parts(&mut self, parts: &mut Vec<Part>) -> Result<(), NoRecord> {
        parts.clear();
        for _ in 0..self.count()? {
            let place = u32::try_from(self.next()?).map_err(|_| NoRecord)?;
            parts.push(Part { place, amount: self.next()? });
        }
        Ok(())
    }

    /// A day that is written as what lies between it and the one before.
    pub(super) fn day_after(&mut self, before: i32) -> Result<i32, NoRecord> {
        let day = i64::from(before).checked_add(self.next()?).ok_or(NoRecord)?;
        i32::try_from(day).map_err(|_| NoRecord)
    }

    /// Makes sure that nothing is left.
    pub(super) fn end(self) -> Result<(), NoRecord> {
        if self.0.is_empty() { Ok(()) } else { Err(NoRecord) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts() -> impl Strategy<Value = Vec<Part>> {
        let part = (any::<u32>(), any::<i64>());
        prop::collection::vec(part.prop_map(|(place, amount)| Part { place, amount }), 0..5)
    }

    fn days() -> impl Strategy<Value = Vec<Day>> {
        let day = (any::<i64>(), any::<i64>());
        prop::collection::btree_map(any::<i32>(), day, 0..6).prop_map(|days| {
            days.into_iter().map(|(on, (cents, baskets))| Day { on, cents, baskets }).collect()
        })
    }

    fn record() -> impl Strategy<Value = Record> {
        let sums = [any::<i64>(), any::<i64>(), any::<i64>(), any::<i64>()];
        (parts(), parts(), days(), sums, any::<Option<i64>>()).prop_map(
            |(category_cents, channel_lines, days, sums, discount_cents)| {
                let [sale_lines, return_lines, sale_cents, return_cents] = sums;
                Record {
                    category_cents,
                    channel_lines,
                    days,
                    sale_lines,
                    return_lines,
                    sale_cents,
                    return_cents,
                    discount_cents,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn a_record_is_read_as_it_was_written(record in record(), before in record()) {
            let mut bytes = Vec::new();
            record.write(&mut bytes);
            let mut read = before;
            read.read(&bytes).unwrap();
            prop_assert_eq!(&read, &record);
            // A byte less or a byte more is no record.
            prop_assert_eq!(read.read(&bytes[..bytes.len() - 1]), Err(NoRecord));
            bytes.push(0);
            prop_assert_eq!(read.read(&bytes), Err(NoRecord));
        }

        #[test]
        fn any_bytes_are_a_record_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut record = Record::default();
            if record.read(&bytes).is_ok() {
                let mut again = Vec::new();
                record.write(&mut again);
                let mut read = Record::default();
                read.read(&again).unwrap();
                prop_assert_eq!(read, record);
            }
        }
    }

    #[test]
    fn only_the_numbers_of_categories_and_channels_change() {
        let part = |place, amount| Part { place, amount };
        let record = Record {
            category_cents: vec![part(0, 500), part(2, -7)],
            channel_lines: vec![part(1, 3)],
            days: vec![Day { on: 20_000, cents: 493, baskets: 1 }],
            sale_lines: 3,
            discount_cents: Some(9),
            ..Record::default()
        };
        let (mut bytes, mut other) = (Vec::new(), Vec::new());
        record.write(&mut bytes);
        let categories = [Some(300), None, Some(1)];
        renumber(&bytes, &categories, &[None, Some(0)], &mut other).unwrap();
        let mut read = Record::default();
        read.read(&other).unwrap();
        let expected = Record {
            category_cents: vec![part(300, 500), part(1, -7)],
            channel_lines: vec![part(0, 3)],
            ..record
        };
        assert_eq!(read, expected);
        assert_eq!(renumber(&bytes, &categories, &[None], &mut other), Err(NoRecord));
        assert_eq!(renumber(&bytes, &[Some(0); 2], &[Some(0); 2], &mut other), Err(NoRecord));
    }
}

//! Records of purchases under other numbers of categories and channels: those by which they are published.

use arrow_array::{Array, LargeBinaryArray};
use arrow_buffer::OffsetBuffer;
use idip_numerics::purchase_book::{NoRecord, renumber};

/// Where each number goes.
#[derive(Debug)]
pub(super) struct Order(Vec<Option<u32>>);

impl Order {
    /// From the order of one list of names to that of another, in which they all are.
    pub(super) fn new(from: &[String], to: &[String]) -> Self {
        let place = |name| to.iter().position(|other| other == name).map(|at| at as u32);
        Self(from.iter().map(place).collect())
    }
}

/// The same records, their categories and channels in a new order.
///
/// # Errors
///
/// When a record is missing, or one of its numbers has no name.
pub(super) fn ordered(
    records: &LargeBinaryArray,
    categories: &Order,
    channels: &Order,
) -> Result<LargeBinaryArray, NoRecord> {
    let n_bytes = records.value_offsets().last().zip(records.value_offsets().first());
    let mut bytes = Vec::with_capacity(n_bytes.map_or(0, |(end, start)| (end - start) as usize));
    let mut ends = Vec::with_capacity(records.len() + 1);
    ends.push(0);
    for record in records {
        renumber(record.ok_or(NoRecord)?, &categories.0, &channels.0, &mut bytes)?;
        ends.push(bytes.len() as i64);
    }
    LargeBinaryArray::try_new(OffsetBuffer::new(ends.into()), bytes.into(), None)
        .map_err(|_| NoRecord)
}

#[cfg(test)]
mod tests {
    use idip_numerics::purchase_book::{Part, Record};

    use super::*;

    fn records(places: &[&[u32]]) -> LargeBinaryArray {
        let record = |places: &&[u32]| {
            let parts = places.iter().map(|&place| Part { place, amount: 7 });
            let record = Record { category_cents: parts.collect(), ..Record::default() };
            let mut bytes = Vec::new();
            record.write(&mut bytes);
            bytes
        };
        places.iter().map(record).map(Some).collect()
    }

    #[test]
    fn parts_follow_their_names() {
        let names =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let order =
            Order::new(&names(&["tea", "bread", "milk"]), &names(&["bread", "milk", "tea"]));
        let none = Order::new(&[], &[]);
        let found = ordered(&records(&[&[0, 1, 2], &[0], &[]]), &order, &none).unwrap();
        assert_eq!(found, records(&[&[2, 0, 1], &[2], &[]]));
        // Of a slice the records of its own parties alone.
        let slice = records(&[&[0, 1, 2], &[1], &[]]).slice(1, 2);
        let found = ordered(&slice, &order, &none).unwrap();
        assert_eq!((found.value_data().len(), &found), (18, &records(&[&[0], &[]])));
        assert!(ordered(&records(&[&[0]]), &none, &none).is_err());
    }
}

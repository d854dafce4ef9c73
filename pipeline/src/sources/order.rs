//! Lists in another order: that of names by which they are published.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, Int64Array, ListArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, DataType};

/// Where each place of a list goes.
#[derive(Debug)]
pub(super) struct Order {
    places: Vec<usize>,
    len: usize,
}

impl Order {
    /// From the order of one list of names to that of another, in which they all are.
    pub(super) fn new(from: &[String], to: &[String]) -> Self {
        let place = |name| to.iter().position(|other| other == name).unwrap_or(usize::MAX);
        Self { places: from.iter().map(place).collect(), len: to.len() }
    }

    /// Lists of numbers in the new order; what a list is too short for is 0.
    pub(super) fn of(&self, lists: &ListArray) -> Result<ListArray, ArrowError> {
        let DataType::List(item) = lists.data_type() else {
            return Err(ArrowError::SchemaError("expected lists".into()));
        };
        let numbers = lists.values().as_primitive::<Int64Type>().values();
        let mut ordered = vec![0_i64; lists.len() * self.len];
        if self.len > 0 {
            let bounds = lists.value_offsets().windows(2);
            for (to, bounds) in ordered.chunks_exact_mut(self.len).zip(bounds) {
                let from = bounds.first().zip(bounds.last());
                let from =
                    from.and_then(|(start, end)| numbers.get(*start as usize..*end as usize));
                for (number, place) in from.unwrap_or_default().iter().zip(&self.places) {
                    let place = to.get_mut(*place);
                    *place.ok_or_else(|| ArrowError::ComputeError("a name is lost".into()))? +=
                        number;
                }
            }
        }
        let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(self.len, lists.len()));
        ListArray::try_new(Arc::clone(item), offsets, Arc::new(Int64Array::from(ordered)), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_their_names() {
        let names =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let order =
            Order::new(&names(&["tea", "bread", "milk"]), &names(&["bread", "milk", "tea"]));
        let lists = [vec![Some(1), Some(2), Some(3)], vec![Some(4)], vec![]];
        let lists = ListArray::from_iter_primitive::<Int64Type, _, _>(lists.map(Some));
        let ordered = order.of(&lists).unwrap();
        let expected =
            [vec![Some(2), Some(3), Some(1)], vec![Some(0), Some(0), Some(4)], vec![Some(0); 3]];
        assert_eq!(ordered, ListArray::from_iter_primitive::<Int64Type, _, _>(expected.map(Some)));
        assert!(Order::new(&names(&["tea"]), &[]).of(&lists.slice(2, 1)).is_ok());
    }
}

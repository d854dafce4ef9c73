//! Parts by category or channel in another order: that of names by which they are published.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, Int32Array, ListArray, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, DataType};

/// Where each place goes.
#[derive(Debug)]
pub(super) struct Order(Vec<Option<i32>>);

impl Order {
    /// From the order of one list of names to that of another, in which they all are.
    pub(super) fn new(from: &[String], to: &[String]) -> Self {
        let place = |name| to.iter().position(|other| other == name).map(|at| at as i32);
        Self(from.iter().map(place).collect())
    }

    /// The same parts with their places in the new order; amounts are not copied.
    ///
    /// # Errors
    ///
    /// When a place has no name.
    pub(super) fn of(&self, lists: &ListArray) -> Result<ListArray, ArrowError> {
        let DataType::List(item) = lists.data_type() else {
            return Err(ArrowError::SchemaError("expected lists".into()));
        };
        // A slice of lists has the items of all of them: those of others are left where they are.
        let offsets = lists.value_offsets();
        let first = offsets.first().copied().unwrap_or(0);
        let n_parts = offsets.last().map_or(0, |last| last - first);
        let parts = lists.values().slice(first as usize, n_parts as usize);
        let offsets = OffsetBuffer::new(offsets.iter().map(|offset| offset - first).collect());
        let (fields, mut columns, nulls) = parts.as_struct().clone().into_parts();
        if let Some(places) = columns.first_mut() {
            let found = places.as_primitive::<Int32Type>().values().iter();
            let place = |&from: &i32| {
                let to = usize::try_from(from).ok().and_then(|from| self.0.get(from).copied());
                to.flatten().ok_or_else(|| ArrowError::ComputeError("a name is lost".into()))
            };
            let ordered = found.map(place).collect::<Result<Vec<i32>, _>>()?;
            *places = Arc::new(Int32Array::from(ordered));
        }
        let parts: ArrayRef = Arc::new(StructArray::try_new(fields, columns, nulls)?);
        ListArray::try_new(Arc::clone(item), offsets, parts, lists.nulls().cloned())
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::Int64Array;
    use idip_schemas::{ColumnType, Parts};

    use super::*;

    fn lists(places: Vec<i32>) -> ListArray {
        let DataType::List(item) = Parts::data_type() else { panic!("is a list") };
        let DataType::Struct(fields) = item.data_type() else { panic!("of parts") };
        let amounts = Int64Array::from_iter_values(1..=places.len() as i64);
        let columns: Vec<ArrayRef> = vec![Arc::new(Int32Array::from(places)), Arc::new(amounts)];
        let parts = StructArray::new(fields.clone(), columns, None);
        let offsets = OffsetBuffer::from_lengths([3, 1, 0]);
        ListArray::new(item, offsets, Arc::new(parts), None)
    }

    #[test]
    fn parts_follow_their_names() {
        let names =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let order =
            Order::new(&names(&["tea", "bread", "milk"]), &names(&["bread", "milk", "tea"]));
        assert_eq!(order.of(&lists(vec![0, 1, 2, 0])).unwrap(), lists(vec![2, 0, 1, 2]));
        // Of a slice the items of its own lists alone.
        let second = order.of(&lists(vec![0, 1, 2, 1]).slice(1, 2)).unwrap();
        assert_eq!(second.values().len(), 1);
        assert_eq!(
            second.values().as_struct().column(0).as_primitive::<Int32Type>().values(),
            &[0]
        );
        assert!(Order::new(&names(&["tea"]), &[]).of(&lists(vec![0; 4])).is_err());
    }
}

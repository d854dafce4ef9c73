//! `tally(key, value, keys)`: sums of `value` for each of a few known keys, as one list.
//!
//! One accumulator instead of a filtered sum for each key: each row finds its place once.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array, ListArray};
use arrow_schema::{DataType, Field, FieldRef};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::common::{Result, ScalarValue, exec_err, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, TypeSignature, Volatility,
};
use datafusion::physical_expr::expressions::Literal;
use idip_schemas::{ColumnType, Ints};

/// Stands between two keys in the list of keys: no category is named with it.
pub(crate) const KEY_SEPARATOR: char = '\u{1f}';

/// The aggregate function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Tally {
    signature: Signature,
}

impl Tally {
    pub(super) fn new() -> Self {
        let of = |value| TypeSignature::Exact(vec![DataType::Utf8, value, DataType::Utf8]);
        let signature = Signature::one_of(
            vec![of(DataType::Decimal128(18, 2)), of(DataType::Int64)],
            Volatility::Immutable,
        );
        Self { signature }
    }
}

impl AggregateUDFImpl for Tally {
    fn name(&self) -> &'static str {
        "tally"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(Ints::data_type())
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[sums]", args.name), Ints::data_type(), true))])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        exec_err!("tally needs a GROUP BY")
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        let literal = args.exprs.get(2).and_then(|keys| keys.downcast_ref::<Literal>());
        let Some(ScalarValue::Utf8(Some(keys))) = literal.map(Literal::value) else {
            return exec_err!("the keys of tally must be a text constant");
        };
        let keys: BTreeMap<String, usize> = keys
            .split(KEY_SEPARATOR)
            .filter(|key| !key.is_empty())
            .enumerate()
            .map(|(index, key)| (key.to_owned(), index))
            .collect();
        Ok(Box::new(Sums { keys, n_groups: 0, cells: Vec::new() }))
    }
}

/// Name under which everything outside the list of keys is counted, when it is a key itself.
pub(crate) const OTHER: &str = "(other)";

struct Sums {
    keys: BTreeMap<String, usize>,
    n_groups: usize,
    cells: Vec<i64>,
}

impl Sums {
    fn grow(&mut self, n_groups: usize) {
        self.n_groups = self.n_groups.max(n_groups);
        self.cells.resize(self.n_groups * self.keys.len(), 0);
    }

    fn add(&mut self, group: usize, key: usize, value: i64) -> Result<()> {
        match self.cells.get_mut(group * self.keys.len() + key) {
            Some(sum) => match sum.checked_add(value) {
                Some(more) => *sum = more,
                None => return exec_err!("the money of one party is too large to be added up"),
            },
            None => return internal_err!("tally met a group it was not told of"),
        }
        Ok(())
    }

    /// Calls `visit` with row, key and value of every row that counts.
    fn read(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
        mut visit: impl FnMut(usize, usize, i64) -> Result<()>,
    ) -> Result<()> {
        let [names, amounts, _] = values else {
            return internal_err!("tally takes three arguments, found {}", values.len());
        };
        let names = names.as_string::<i32>();
        let other = self.keys.get(OTHER).copied();
        let mut memo: Option<(&str, Option<usize>)> = None;
        for row in 0..names.len() {
            let counts = filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
            if !counts || names.is_null(row) || amounts.is_null(row) {
                continue;
            }
            let name = names.value(row);
            let key = match memo {
                Some((last, key)) if last == name => key,
                _ => self.keys.get(name).copied().or(other),
            };
            memo = Some((name, key));
            let Some(key) = key else { continue };
            let value = match amounts.data_type() {
                DataType::Int64 => amounts.as_primitive::<Int64Type>().value(row),
                _ => match i64::try_from(amounts.as_primitive::<Decimal128Type>().value(row)) {
                    Ok(cents) => cents,
                    Err(_) => return exec_err!("an amount is too large to be added up"),
                },
            };
            visit(row, key, value)?;
        }
        Ok(())
    }

    fn list(&self, sums: Vec<i64>, n: usize) -> Result<ArrayRef> {
        let DataType::List(item) = Ints::data_type() else {
            return internal_err!("a tally is a list");
        };
        let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(self.keys.len(), n));
        Ok(Arc::new(ListArray::try_new(item, offsets, Arc::new(Int64Array::from(sums)), None)?))
    }
}

impl GroupsAccumulator for Sums {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        n_groups: usize,
    ) -> Result<()> {
        self.grow(n_groups);
        let mut found = Vec::with_capacity(group_indices.len());
        self.read(values, filter, |row, key, value| {
            found.push((row, key, value));
            Ok(())
        })?;
        for (row, key, value) in found {
            if let Some(group) = group_indices.get(row) {
                self.add(*group, key, value)?;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let n = match emit_to {
            EmitTo::All => self.n_groups,
            EmitTo::First(n) => n.min(self.n_groups),
        };
        let rest = self.cells.split_off(n * self.keys.len());
        let taken = std::mem::replace(&mut self.cells, rest);
        self.n_groups -= n;
        self.list(taken, n)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit_to)?])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        n_groups: usize,
    ) -> Result<()> {
        self.grow(n_groups);
        let [lists] = values else {
            return internal_err!("tally has one state, found {}", values.len());
        };
        let lists = lists.as_list::<i32>();
        let sums = lists.values().as_primitive::<Int64Type>().values();
        for (bounds, group) in lists.value_offsets().windows(2).zip(group_indices) {
            let &[from, to] = bounds else { continue };
            for (key, value) in sums[from as usize..to as usize].iter().enumerate() {
                self.add(*group, key, *value)?;
            }
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let n = values.first().map_or(0, Array::len);
        let mut sums = vec![0; n * self.keys.len()];
        self.read(values, filter, |row, key, value| {
            if let Some(sum) = sums.get_mut(row * self.keys.len() + key) {
                *sum = value;
            }
            Ok(())
        })?;
        Ok(vec![self.list(sums, n)?])
    }

    fn size(&self) -> usize {
        self.cells.capacity() * size_of::<i64>() + size_of::<Self>()
    }
}

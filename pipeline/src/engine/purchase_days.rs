//! `purchase_days(day, amount, basket, is_sale)`: the days on which a party bought, as one list.
//!
//! Counting distinct days and baskets by SQL keeps a hash set for each party; this keeps one flat
//! vector, sorted once. Baskets are told apart by a 64-bit hash within one party and day.

use std::mem::size_of;
use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, Date32Builder, Int64Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Int64Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Int64Array, ListArray, StructArray, UInt64Array,
};
use arrow_schema::{DataType, Field, FieldRef, Fields};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::common::{Result, exec_err, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use idip_schemas::{ColumnType, PurchaseDays as DayList};

use super::visits::{NO_BASKET, NamedVisit, Pile, UNNAMED_BASKET, UnnamedVisit, Visit};

/// The aggregate function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct PurchaseDays {
    signature: Signature,
}

impl PurchaseDays {
    pub(super) fn new() -> Self {
        let arguments =
            vec![DataType::Date32, DataType::Decimal128(18, 2), DataType::Utf8, DataType::Boolean];
        Self { signature: Signature::exact(arguments, Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for PurchaseDays {
    fn name(&self) -> &'static str {
        "purchase_days"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DayList::data_type())
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[visits]", args.name), visit_list(), true))])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        exec_err!("purchase_days needs a GROUP BY")
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Visits::Unnamed(Pile::default())))
    }
}

fn visit_fields() -> Fields {
    vec![
        Field::new("day", DataType::Date32, true),
        Field::new("cents", DataType::Int64, true),
        Field::new("basket", DataType::UInt64, true),
    ]
    .into()
}

fn visit_list() -> DataType {
    DataType::List(Arc::new(Field::new("item", DataType::Struct(visit_fields()), true)))
}

/// The visits of all groups.
///
/// They are the largest thing a night holds in memory, so they are kept in sixteen bytes each as long
/// as no basket has a name.
enum Visits {
    Unnamed(Pile<UnnamedVisit>),
    Named(Pile<NamedVisit>),
}

impl Visits {
    fn push(&mut self, visit: NamedVisit) -> Result<()> {
        if let Self::Unnamed(pile) = self {
            if let Some(unnamed) = UnnamedVisit::of(visit)? {
                return pile.push(unnamed);
            }
            let held = pile.held.iter().map(Visit::named).collect();
            *self =
                Self::Named(Pile { n_groups: pile.n_groups, held, compact_at: pile.compact_at });
        }
        match self {
            Self::Unnamed(_) => internal_err!("a basket with a name cannot be held without it"),
            Self::Named(pile) => pile.push(visit),
        }
    }

    fn grow(&mut self, n_groups: usize) {
        let known = match self {
            Self::Unnamed(pile) => &mut pile.n_groups,
            Self::Named(pile) => &mut pile.n_groups,
        };
        *known = n_groups.max(*known);
    }
}

impl GroupsAccumulator for Visits {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        n_groups: usize,
    ) -> Result<()> {
        self.grow(n_groups);
        for (row, day, basket, cents) in read(values, filter)? {
            if let Some(group) = group_indices.get(row) {
                self.push(NamedVisit { group: *group as u32, day, basket, cents })?;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        match self {
            Self::Unnamed(pile) => pile.take(emit_to).and_then(|(n, visits)| days(n, &visits)),
            Self::Named(pile) => pile.take(emit_to).and_then(|(n, visits)| days(n, &visits)),
        }
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let lists = match self {
            Self::Unnamed(pile) => pile.take(emit_to).and_then(|(n, visits)| lists(n, &visits)),
            Self::Named(pile) => pile.take(emit_to).and_then(|(n, visits)| lists(n, &visits)),
        };
        Ok(vec![lists?])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        n_groups: usize,
    ) -> Result<()> {
        self.grow(n_groups);
        let [lists] = values else {
            return internal_err!("purchase_days has one state, found {}", values.len());
        };
        let lists = lists.as_list::<i32>();
        let visits = lists.values().as_struct();
        let days = visits.column(0).as_primitive::<Date32Type>().values();
        let cents = visits.column(1).as_primitive::<Int64Type>().values();
        let baskets = visits.column(2).as_primitive::<UInt64Type>().values();
        for (bounds, group) in lists.value_offsets().windows(2).zip(group_indices) {
            let &[from, to] = bounds else { continue };
            let own = from as usize..to as usize;
            let own = days[own.clone()].iter().zip(&cents[own.clone()]).zip(&baskets[own]);
            for ((&day, &cents), &basket) in own {
                self.push(NamedVisit { group: *group as u32, day, basket, cents })?;
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
        // Each row is a group of its own.
        let visits: Vec<NamedVisit> = read(values, filter)?
            .into_iter()
            .map(|(row, day, basket, cents)| NamedVisit { group: row as u32, day, basket, cents })
            .collect();
        Ok(vec![lists(n, &visits)?])
    }

    fn size(&self) -> usize {
        let held = match self {
            Self::Unnamed(pile) => pile.held.capacity() * size_of::<UnnamedVisit>(),
            Self::Named(pile) => pile.held.capacity() * size_of::<NamedVisit>(),
        };
        held + size_of::<Self>()
    }
}

/// The days of each of `n` groups, as the function answers them.
fn days<V: Visit>(n: usize, visits: &[V]) -> Result<ArrayRef> {
    let mut offsets = Vec::with_capacity(n + 1);
    offsets.push(0_i32);
    let mut days = Date32Builder::new();
    let mut cents = Int64Builder::new();
    let mut baskets = Int64Builder::new();
    for day in visits.chunk_by(|a, b| (a.group(), a.day()) == (b.group(), b.day())) {
        let Some(first) = day.first() else { continue };
        while offsets.len() <= first.group() as usize {
            offsets.push(days.len() as i32);
        }
        let sum: i128 = day.iter().map(|visit| i128::from(visit.cents())).sum();
        let Ok(sum) = i64::try_from(sum) else {
            return exec_err!("the money of one day is too large to be added up");
        };
        days.append_value(first.day());
        cents.append_value(sum);
        baskets.append_value(day.iter().filter(|visit| visit.basket() != NO_BASKET).count() as i64);
    }
    offsets.resize(n + 1, days.len() as i32);
    let columns: Vec<ArrayRef> =
        vec![Arc::new(days.finish()), Arc::new(cents.finish()), Arc::new(baskets.finish())];
    list(&DayList::data_type(), columns, offsets)
}

/// The visits of each of `n` groups, for another accumulator to go on with.
fn lists<V: Visit>(n: usize, visits: &[V]) -> Result<ArrayRef> {
    let mut offsets = Vec::with_capacity(n + 1);
    offsets.push(0_i32);
    for (index, visit) in visits.iter().enumerate() {
        while offsets.len() <= visit.group() as usize {
            offsets.push(index as i32);
        }
    }
    offsets.resize(n + 1, visits.len() as i32);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(visits.iter().map(|visit| Some(visit.day())).collect::<Date32Array>()),
        Arc::new(Int64Array::from_iter_values(visits.iter().map(Visit::cents))),
        Arc::new(UInt64Array::from_iter_values(visits.iter().map(Visit::basket))),
    ];
    list(&visit_list(), columns, offsets)
}

/// Row, day, basket and cents of every row that counts.
fn read(values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<(usize, i32, u64, i64)>> {
    let [days, amounts, baskets, sales] = values else {
        return internal_err!("purchase_days takes four arguments, found {}", values.len());
    };
    let days = days.as_primitive::<Date32Type>();
    let amounts = amounts.as_primitive::<Decimal128Type>();
    let baskets = baskets.as_string::<i32>();
    let sales = sales.as_boolean();
    let mut visits = Vec::with_capacity(days.len());
    let names = foldhash::quality::FixedState::default();
    for row in 0..days.len() {
        let counts = filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
        if !counts || days.is_null(row) || amounts.is_null(row) {
            continue;
        }
        let Ok(cents) = i64::try_from(amounts.value(row)) else {
            return exec_err!("an amount is too large to be added up");
        };
        let basket = if !sales.is_valid(row) || !sales.value(row) {
            NO_BASKET
        } else if baskets.is_null(row) {
            UNNAMED_BASKET
        } else {
            use std::hash::BuildHasher;
            names.hash_one(baskets.value(row)) | 2
        };
        visits.push((row, days.value(row), basket, cents));
    }
    Ok(visits)
}

fn list(data_type: &DataType, columns: Vec<ArrayRef>, offsets: Vec<i32>) -> Result<ArrayRef> {
    let DataType::List(item) = data_type else {
        return internal_err!("expected a list type, found {data_type}");
    };
    let DataType::Struct(fields) = item.data_type() else {
        return internal_err!("expected a list of structs, found {data_type}");
    };
    let items = StructArray::try_new(fields.clone(), columns, None::<NullBuffer>)?;
    let offsets = OffsetBuffer::new(offsets.into());
    Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, Arc::new(items), None)?))
}

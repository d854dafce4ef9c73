//! `purchase_days(day, amount, basket, is_sale)`: the days on which a party bought, as one list.
//!
//! Counting distinct days and baskets by SQL keeps a hash set for each party; this keeps one flat
//! vector, sorted once. Baskets are told apart by a 64-bit hash within one party and day.

use std::mem::size_of;
use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, Date32Builder, Int64Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Int64Type, UInt64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array, ListArray, StructArray, UInt64Array};
use arrow_schema::{DataType, Field, FieldRef, Fields};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::common::{Result, exec_err, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use idip_schemas::{ColumnType, PurchaseDays as DayList};

/// A return is on no basket.
const NO_BASKET: u64 = 0;

/// Sales without a basket id make one basket a day.
const UNNAMED_BASKET: u64 = 1;

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
        Ok(Box::new(Visits { n_groups: 0, held: Vec::new(), compact_at: COMPACT_FROM }))
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

#[derive(Debug, Clone, Copy)]
struct Visit {
    group: u32,
    day: i32,
    basket: u64,
    cents: i64,
}

/// Equal visits are merged first when this many are held.
const COMPACT_FROM: usize = 1 << 21;

struct Visits {
    n_groups: usize,
    held: Vec<Visit>,
    compact_at: usize,
}

impl Visits {
    /// Orders visits by group, day and basket, and merges equal ones.
    fn compact(&mut self) -> Result<()> {
        let starts = self.group_in_place();
        let mut rest = self.held.as_mut_slice();
        for bounds in starts.windows(2) {
            let &[from, to] = bounds else { continue };
            let (own, after) = std::mem::take(&mut rest).split_at_mut(to - from);
            rest = after;
            own.sort_unstable_by_key(|visit| (visit.day, visit.basket, visit.cents));
        }
        let mut overflow = false;
        self.held.dedup_by(|next, kept| {
            let same = (next.group, next.day, next.basket) == (kept.group, kept.day, kept.basket);
            if same {
                kept.cents = kept.cents.checked_add(next.cents).unwrap_or_else(|| {
                    overflow = true;
                    0
                });
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
    /// Each visit is swapped to its group until all are home (McIlroy, Bostic, McIlroy 1993,
    /// "Engineering radix sort"): linear, and without a second copy of what is the largest thing a
    /// night holds in memory.
    fn group_in_place(&mut self) -> Vec<usize> {
        let mut starts = vec![0_usize; self.n_groups + 1];
        for visit in &self.held {
            if let Some(count) = starts.get_mut(visit.group as usize + 1) {
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
                let home = self.held.get(at).map_or(group, |visit| visit.group as usize);
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

    fn push(&mut self, visit: Visit) -> Result<()> {
        self.held.push(visit);
        if self.held.len() >= self.compact_at {
            self.compact()?;
            self.compact_at = COMPACT_FROM.max(self.held.len() * 2);
        }
        Ok(())
    }

    /// Takes the visits of the groups to emit, in group order, and renumbers the rest.
    fn take(&mut self, emit_to: EmitTo) -> Result<(usize, Vec<Visit>)> {
        self.compact()?;
        let n = match emit_to {
            EmitTo::All => self.n_groups,
            EmitTo::First(n) => n.min(self.n_groups),
        };
        let end = self.held.partition_point(|visit| (visit.group as usize) < n);
        let rest = self.held.split_off(end);
        let taken = std::mem::replace(&mut self.held, rest);
        for visit in &mut self.held {
            visit.group -= n as u32;
        }
        self.n_groups -= n;
        Ok((n, taken))
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
        self.n_groups = self.n_groups.max(n_groups);
        let visits = read(values, filter)?;
        self.held.reserve(visits.len());
        for (row, day, basket, cents) in visits {
            if let Some(group) = group_indices.get(row) {
                self.push(Visit { group: *group as u32, day, basket, cents })?;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let (n, visits) = self.take(emit_to)?;
        let mut offsets = Vec::with_capacity(n + 1);
        offsets.push(0_i32);
        let mut days = Date32Builder::new();
        let mut cents = Int64Builder::new();
        let mut baskets = Int64Builder::new();
        for day in visits.chunk_by(|a, b| (a.group, a.day) == (b.group, b.day)) {
            let Some(first) = day.first() else { continue };
            while offsets.len() <= first.group as usize {
                offsets.push(days.len() as i32);
            }
            let sum: i128 = day.iter().map(|visit| i128::from(visit.cents)).sum();
            let Ok(sum) = i64::try_from(sum) else {
                return exec_err!("the money of one day is too large to be added up");
            };
            days.append_value(first.day);
            cents.append_value(sum);
            baskets
                .append_value(day.iter().filter(|visit| visit.basket != NO_BASKET).count() as i64);
        }
        while offsets.len() <= n {
            offsets.push(days.len() as i32);
        }
        let columns: Vec<ArrayRef> =
            vec![Arc::new(days.finish()), Arc::new(cents.finish()), Arc::new(baskets.finish())];
        list(&DayList::data_type(), columns, offsets)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (n, visits) = self.take(emit_to)?;
        let mut offsets = Vec::with_capacity(n + 1);
        offsets.push(0_i32);
        for (index, visit) in visits.iter().enumerate() {
            while offsets.len() <= visit.group as usize {
                offsets.push(index as i32);
            }
        }
        while offsets.len() <= n {
            offsets.push(visits.len() as i32);
        }
        Ok(vec![list(&visit_list(), visit_columns(&visits), offsets)?])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        n_groups: usize,
    ) -> Result<()> {
        self.n_groups = self.n_groups.max(n_groups);
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
                self.push(Visit { group: *group as u32, day, basket, cents })?;
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
        let mut offsets = Vec::with_capacity(n + 1);
        offsets.push(0_i32);
        let mut visits = Vec::with_capacity(n);
        for (row, day, basket, cents) in read(values, filter)? {
            while offsets.len() <= row {
                offsets.push(visits.len() as i32);
            }
            visits.push(Visit { group: 0, day, basket, cents });
        }
        while offsets.len() <= n {
            offsets.push(visits.len() as i32);
        }
        Ok(vec![list(&visit_list(), visit_columns(&visits), offsets)?])
    }

    fn size(&self) -> usize {
        self.held.capacity() * size_of::<Visit>() + size_of::<Self>()
    }
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

fn visit_columns(visits: &[Visit]) -> Vec<ArrayRef> {
    vec![
        Arc::new(visits.iter().map(|visit| Some(visit.day)).collect::<arrow_array::Date32Array>()),
        Arc::new(Int64Array::from_iter_values(visits.iter().map(|visit| visit.cents))),
        Arc::new(UInt64Array::from_iter_values(visits.iter().map(|visit| visit.basket))),
    ]
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

//! Typed lines of one feed on their way to the parties: each is counted, and coded as numbers.

use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Int64Type};
use arrow_array::{
    Array, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray,
    StringViewArray, UInt8Array, UInt32Array, UInt64Array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use idip_numerics::purchase_book::LineKind;

use super::names::{Names, Reader};
use super::tally::{Sales, Tally};
use crate::engine::{Passage, Passing};
use crate::sources::mapping::{COPIES, ERASED, REJECT};

/// What stands for a category or a channel that is not told.
pub(super) const NONE: &str = "(none)";

/// Columns of typed lines that the passage reads, beside `_reject` and `_copies`.
pub(super) const READ: [&str; 8] = [
    "party_ref",
    "business_date",
    "amount",
    "discount",
    "basket_id",
    "category",
    "channel",
    "line_type",
];

/// The passage of one feed.
#[derive(Debug)]
pub(super) struct Lines {
    as_of: i32,
    categories: Arc<Names>,
    channels: Arc<Names>,
    /// Most categories, and most channels, for which lines are let through.
    limit: usize,
    /// By partition.
    tallies: Mutex<Vec<Tally>>,
}

impl Lines {
    pub(super) fn new(
        as_of: i32,
        categories: &Arc<Names>,
        channels: &Arc<Names>,
        limit: usize,
    ) -> Self {
        let (categories, channels) = (Arc::clone(categories), Arc::clone(channels));
        Self { as_of, categories, channels, limit, tallies: Mutex::default() }
    }

    /// What became of all lines.
    pub(super) fn tally(&self) -> Tally {
        let tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.iter().fold(Tally::default(), |mut all, part| {
            all.add(part);
            all
        })
    }
}

impl Passage for Lines {
    fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(vec![
            Field::new("party_ref", DataType::Utf8View, true),
            Field::new("day", DataType::Date32, true),
            Field::new("cents", DataType::Int64, true),
            Field::new("discount", DataType::Int64, true),
            Field::new("basket", DataType::UInt64, true),
            Field::new("kind", DataType::UInt8, true),
            Field::new("category", DataType::UInt32, true),
            Field::new("channel", DataType::UInt32, true),
        ]))
    }

    fn open(&self) {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn begin(self: Arc<Self>, partition: usize) -> Box<dyn Passing> {
        Box::new(Part {
            schema: self.schema(),
            categories: Reader::new(Arc::clone(&self.categories)),
            channels: Reader::new(Arc::clone(&self.channels)),
            baskets: foldhash::quality::FixedState::default(),
            tally: Tally::default(),
            sales: Sales::default(),
            lines: self,
            partition,
        })
    }
}

/// Lines of one partition.
struct Part {
    lines: Arc<Lines>,
    partition: usize,
    schema: SchemaRef,
    categories: Reader,
    channels: Reader,
    baskets: foldhash::quality::FixedState,
    tally: Tally,
    sales: Sales,
}

impl Passing for Part {
    fn pass(&mut self, rows: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let typed = Typed::of(rows)?;
        let n = rows.num_rows();
        let mut coded = Coded::with_capacity(n);
        for row in 0..n {
            self.line(&typed, row, &mut coded)?;
        }
        let names = self.lines.categories.len().max(self.lines.channels.len());
        if names > self.lines.limit {
            return Ok(RecordBatch::new_empty(Arc::clone(&self.schema)));
        }
        let passes = BooleanArray::from(std::mem::take(&mut coded.passes));
        let batch = coded.into_batch(&self.schema, &typed, &self.baskets)?;
        if passes.true_count() == n {
            return Ok(batch);
        }
        arrow_select::filter::filter_record_batch(&batch, &passes)
    }

    fn end(mut self: Box<Self>) {
        self.tally.sales = std::mem::take(&mut self.sales).into_map();
        let mut tallies = self.lines.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        if tallies.len() <= self.partition {
            tallies.resize(self.partition + 1, Tally::default());
        }
        if let Some(tally) = tallies.get_mut(self.partition) {
            *tally = self.tally;
        }
    }
}

impl Part {
    /// Counts one line, and codes it when it is used.
    #[inline]
    fn line(&mut self, typed: &Typed<'_>, row: usize, coded: &mut Coded) -> Result<(), ArrowError> {
        let money = if typed.amount.is_valid(row) { typed.amount.value(row) } else { 0 };
        let copies = typed.copies.value(row) - 1;
        if copies > 0 {
            self.tally.copies.add(copies, money * i128::from(copies));
        }
        if typed.reject.is_valid(row) {
            let is_erased = typed.reject.value(row) == ERASED;
            let sum = if is_erased { &mut self.tally.erased } else { &mut self.tally.rejected };
            sum.add(1, money);
            coded.leave_out();
            return Ok(());
        }
        let day = typed.day.value(row);
        self.tally.last_day = self.tally.last_day.max(Some(day));
        if day > self.lines.as_of {
            self.tally.after_date.add(1, money);
            coded.leave_out();
            return Ok(());
        }
        let kind = match typed.line_type.value(row) {
            "sale" => LineKind::Sale,
            "return" => LineKind::Return,
            "adjustment" => LineKind::Adjustment,
            _ => return Err(ArrowError::InvalidArgumentError("an unknown type of line".into())),
        };
        let (mut category, mut channel) = (0, 0);
        if kind == LineKind::Sale {
            category = self.categories.number(name(typed.category, row));
            channel = self.channels.number(name(typed.channel, row));
            self.sales.of(category, channel).add(1, money);
        }
        let is_attributed = typed.party.is_valid(row);
        let used = if is_attributed { &mut self.tally.used } else { &mut self.tally.unattributed };
        used.add(1, money);
        coded.passes.push(true);
        coded.cents.push(minor_units(money)?);
        coded.kinds.push(kind as u8);
        coded.categories.push(category);
        coded.channels.push(channel);
        Ok(())
    }
}

fn name(names: &StringArray, row: usize) -> &str {
    if names.is_valid(row) { names.value(row) } else { NONE }
}

fn minor_units(money: i128) -> Result<i64, ArrowError> {
    let too_large = |_| ArrowError::ComputeError("an amount has more than 18 digits".into());
    i64::try_from(money).map_err(too_large)
}

/// The columns of some typed lines.
struct Typed<'r> {
    party: &'r StringArray,
    day: &'r Date32Array,
    amount: &'r Decimal128Array,
    discount: &'r Decimal128Array,
    basket: &'r StringArray,
    category: &'r StringArray,
    channel: &'r StringArray,
    line_type: &'r StringArray,
    reject: &'r StringArray,
    copies: &'r Int64Array,
}

impl<'r> Typed<'r> {
    fn of(rows: &'r RecordBatch) -> Result<Self, ArrowError> {
        let column = |name: &str| {
            let missing = || ArrowError::SchemaError(format!("lines have no column `{name}`"));
            rows.column_by_name(name).ok_or_else(missing)
        };
        let of_type = |name: &str| ArrowError::SchemaError(format!("lines have another `{name}`"));
        let text = |name: &str| column(name)?.as_string_opt().ok_or_else(|| of_type(name));
        let money = |name: &str| {
            column(name)?.as_primitive_opt::<Decimal128Type>().ok_or_else(|| of_type(name))
        };
        let day = column("business_date")?.as_primitive_opt::<Date32Type>();
        let copies = column(COPIES)?.as_primitive_opt::<Int64Type>();
        Ok(Self {
            party: text("party_ref")?,
            day: day.ok_or_else(|| of_type("business_date"))?,
            amount: money("amount")?,
            discount: money("discount")?,
            basket: text("basket_id")?,
            category: text("category")?,
            channel: text("channel")?,
            line_type: text("line_type")?,
            reject: text(REJECT)?,
            copies: copies.ok_or_else(|| of_type(COPIES))?,
        })
    }
}

/// Lines as numbers, and which of them are used.
struct Coded {
    passes: Vec<bool>,
    cents: Vec<i64>,
    kinds: Vec<u8>,
    categories: Vec<u32>,
    channels: Vec<u32>,
}

impl Coded {
    fn with_capacity(n: usize) -> Self {
        Self {
            passes: Vec::with_capacity(n),
            cents: Vec::with_capacity(n),
            kinds: Vec::with_capacity(n),
            categories: Vec::with_capacity(n),
            channels: Vec::with_capacity(n),
        }
    }

    fn leave_out(&mut self) {
        self.passes.push(false);
        self.cents.push(0);
        self.kinds.push(0);
        self.categories.push(0);
        self.channels.push(0);
    }

    fn into_batch(
        self,
        schema: &SchemaRef,
        typed: &Typed<'_>,
        baskets: &foldhash::quality::FixedState,
    ) -> Result<RecordBatch, ArrowError> {
        let n = self.cents.len();
        let discounts: Int64Array = if typed.discount.null_count() == n {
            Int64Array::new_null(n)
        } else {
            typed.discount.try_unary(minor_units)?
        };
        let baskets: UInt64Array = if typed.basket.null_count() == n {
            UInt64Array::new_null(n)
        } else {
            typed.basket.iter().map(|basket| Some(baskets.hash_one(basket?))).collect()
        };
        RecordBatch::try_new(
            Arc::clone(schema),
            vec![
                // A short key is in its view: it is moved, and compared as a group, without its text.
                Arc::new(StringViewArray::from(typed.party)),
                Arc::new(typed.day.clone()),
                Arc::new(Int64Array::from(self.cents)),
                Arc::new(discounts),
                Arc::new(baskets),
                Arc::new(UInt8Array::from(self.kinds)),
                Arc::new(UInt32Array::from(self.categories)),
                Arc::new(UInt32Array::from(self.channels)),
            ],
        )
    }
}

//! `purchases(day, cents, discount, basket, kind, category, channel)`: what a party bought, as one struct of
//! its record and of the sums that are added up over all parties.
//!
//! One accumulator instead of a filtered sum for each column: each line finds its party once. Categories
//! and channels are numbers.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type, UInt8Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array, LargeBinaryArray, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, FieldRef, Fields};
use datafusion::common::{DataFusionError, Result, exec_err, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use idip_numerics::purchase_book::{Line, LineKind, PurchaseBook, Purchases as Columns, Unmerged};
use idip_schemas::{ColumnType, PurchaseRecord};

/// The aggregate function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Purchases {
    signature: Signature,
}

impl Purchases {
    pub(super) fn new() -> Self {
        let arguments = vec![
            DataType::Date32,
            DataType::Int64,
            DataType::Int64,
            DataType::UInt64,
            DataType::UInt8,
            DataType::UInt32,
            DataType::UInt32,
        ];
        Self { signature: Signature::exact(arguments, Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for Purchases {
    fn name(&self) -> &'static str {
        "purchases"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(answer_fields()))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[held]", args.name);
        Ok(vec![Arc::new(Field::new(name, PurchaseRecord::data_type(), true))])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        exec_err!("purchases needs a GROUP BY")
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Book(PurchaseBook::default())))
    }
}

/// Fields of the answer: the record of a party, and its sums that are added up over all parties.
fn answer_fields() -> Fields {
    vec![
        Field::new("record", PurchaseRecord::data_type(), true),
        Field::new("sale_lines", DataType::Int64, true),
        Field::new("sale_cents", DataType::Int64, true),
        Field::new("return_cents", DataType::Int64, true),
        Field::new("discount_cents", DataType::Int64, true),
    ]
    .into()
}

fn refused(error: impl std::error::Error) -> DataFusionError {
    DataFusionError::Execution(error.to_string())
}

struct Book(PurchaseBook);

impl Book {
    fn parties(&self, emit_to: EmitTo) -> usize {
        match emit_to {
            EmitTo::All => self.0.n_parties(),
            EmitTo::First(n) => n.min(self.0.n_parties()),
        }
    }
}

impl GroupsAccumulator for Book {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        n_groups: usize,
    ) -> Result<()> {
        self.0.grow(n_groups);
        enter_lines(&mut self.0, values, group_indices, filter)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let n = self.parties(emit_to);
        answer(self.0.close(n).map_err(refused)?)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let n = self.parties(emit_to);
        state(self.0.close_unmerged(n).map_err(refused)?)
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        n_groups: usize,
    ) -> Result<()> {
        self.0.grow(n_groups);
        let [held] = values else {
            return internal_err!("purchases has one state, found {}", values.len());
        };
        for (&party, held) in group_indices.iter().zip(held.as_binary::<i64>()) {
            let held = held.unwrap_or_default();
            self.0.enter_unmerged(party, held).map_err(refused)?;
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        // Each row is a party of its own.
        let n = values.first().map_or(0, Array::len);
        let mut book = PurchaseBook::default();
        book.grow(n);
        let parties: Vec<usize> = (0..n).collect();
        enter_lines(&mut book, values, &parties, filter)?;
        state(book.close_unmerged(n).map_err(refused)?)
    }

    fn size(&self) -> usize {
        self.0.bytes() + size_of::<Self>()
    }
}

/// Enters every row that counts for the party of that row.
fn enter_lines(
    book: &mut PurchaseBook,
    values: &[ArrayRef],
    parties: &[usize],
    filter: Option<&BooleanArray>,
) -> Result<()> {
    let [days, cents, discounts, baskets, kinds, categories, channels] = values else {
        return internal_err!("purchases takes seven arguments, found {}", values.len());
    };
    let days = days.as_primitive::<Date32Type>();
    let cents = cents.as_primitive::<Int64Type>();
    let discounts = discounts.as_primitive::<Int64Type>();
    let baskets = baskets.as_primitive::<UInt64Type>();
    let kinds = kinds.as_primitive::<UInt8Type>();
    let categories = categories.as_primitive::<UInt32Type>();
    let channels = channels.as_primitive::<UInt32Type>();
    let always: [&dyn Array; 5] = [days, cents, kinds, categories, channels];
    if always.iter().any(|column| column.null_count() > 0) {
        return internal_err!("a line without day, amount, kind, category or channel");
    }
    let (any_discount, any_basket) = (has_values(discounts), has_values(baskets));
    for (row, &party) in parties.iter().enumerate() {
        if filter.is_some_and(|filter| filter.is_null(row) || !filter.value(row)) {
            continue;
        }
        let kind = match kinds.value(row) {
            0 => LineKind::Sale,
            1 => LineKind::Return,
            2 => LineKind::Adjustment,
            other => return internal_err!("no kind of line has the code {other}"),
        };
        let is_sale = kind == LineKind::Sale;
        let line = Line {
            kind,
            day: days.value(row),
            cents: cents.value(row),
            discount: (any_discount && discounts.is_valid(row)).then(|| discounts.value(row)),
            basket: (any_basket && baskets.is_valid(row)).then(|| baskets.value(row)),
            category: is_sale.then(|| categories.value(row)),
            channel: is_sale.then(|| channels.value(row)),
        };
        book.enter(party, &line).map_err(refused)?;
    }
    Ok(())
}

fn has_values(column: &dyn Array) -> bool {
    column.null_count() < column.len()
}

/// The records and sums of the parties as one struct.
fn answer(purchases: Columns) -> Result<ArrayRef> {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(binary(purchases.ends, purchases.records)?),
        Arc::new(Int64Array::from(purchases.sale_lines)),
        Arc::new(Int64Array::from(purchases.sale_cents)),
        Arc::new(Int64Array::from(purchases.return_cents)),
        Arc::new(Int64Array::from(purchases.discount_cents)),
    ];
    Ok(Arc::new(StructArray::try_new(answer_fields(), columns, None)?))
}

/// What is held of the parties, for another book to go on with.
fn state(unmerged: Unmerged) -> Result<Vec<ArrayRef>> {
    Ok(vec![Arc::new(binary(unmerged.ends, unmerged.bytes)?)])
}

fn binary(ends: Vec<i64>, bytes: Vec<u8>) -> Result<LargeBinaryArray> {
    let ends = OffsetBuffer::new(std::iter::once(0).chain(ends).collect());
    Ok(LargeBinaryArray::try_new(ends, bytes.into(), None)?)
}

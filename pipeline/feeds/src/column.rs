//! Typed columns under construction.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_buffer::{
    BooleanBufferBuilder, NullBuffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer,
};
use arrow_schema::{ArrowError, SchemaRef};

use crate::clock::DstEffect;
use crate::instant::{self, DateReader, TimestampReader};
use crate::number::{self, Decimal, NumberStyle};
use crate::{FeedSpec, RawKind, RejectReason, Total};

/// Text of one column in one batch; a batch is cut short rather than exceed it.
const TEXT_BYTES_MAX: usize = 64 << 20;

/// The columns of a batch. Values of a row come one by one; then the row is kept or undone.
pub(crate) struct Columns {
    schema: SchemaRef,
    parts: Vec<Column>,
    money: Option<usize>,
    lines: Vec<i64>,
    null_tokens: Vec<String>,
    row: RowEffects,
    /// Times that were moved out of a gap, and times read as the first of two, in kept rows.
    pub(crate) n_shifted: u64,
    pub(crate) n_folded: u64,
}

#[derive(Default)]
struct RowEffects {
    n_shifted: u64,
    n_folded: u64,
}

struct Column {
    values: Values,
    valid: NullBufferBuilder,
    required: bool,
    unreadable_day: Option<i32>,
    total: Option<Total>,
}

/// The values of a column, with what reads them.
enum Values {
    Text { bytes: Vec<u8>, offsets: Vec<i32> },
    Integer(NumberStyle, Vec<i64>),
    Decimal(NumberStyle, Vec<i128>),
    Date(DateReader, Vec<i32>),
    Timestamp(TimestampReader, Vec<i64>),
    Boolean(BooleanBufferBuilder),
}

impl Columns {
    pub(crate) fn new(spec: &FeedSpec, style: NumberStyle) -> Self {
        let columns = spec.columns.iter().map(|column| Column {
            values: Values::new(&column.kind, style),
            valid: NullBufferBuilder::new(0),
            required: column.required,
            unreadable_day: column.unreadable_day,
            total: spec.totals.contains(&column.name).then(|| Total::new(&column.name)),
        });
        Self {
            schema: spec.schema(),
            parts: columns.collect(),
            money: spec.columns.iter().position(|column| spec.money.as_ref() == Some(&column.name)),
            lines: Vec::new(),
            null_tokens: spec.null_tokens.clone(),
            row: RowEffects::default(),
            n_shifted: 0,
            n_folded: 0,
        }
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.lines.len()
    }

    /// Whether another row should go to another batch.
    pub(crate) fn is_full(&self, rows: usize) -> bool {
        let is_heavy = |column: &Column| match &column.values {
            Values::Text { bytes, .. } => bytes.len() >= TEXT_BYTES_MAX,
            _ => false,
        };
        self.lines.len() >= rows || self.parts.iter().any(is_heavy)
    }

    /// Position of the column whose value is told of rejected rows too.
    pub(crate) fn money_column(&self) -> Option<usize> {
        self.money
    }

    /// What a text says as money; None where it says nothing that can be read.
    pub(crate) fn money(&self, text: &str) -> Option<Decimal> {
        let column = self.parts.get(self.money?)?;
        let text = text.trim_ascii();
        if is_null(&self.null_tokens, text) {
            return None;
        }
        let style = match &column.values {
            Values::Integer(style, _) if number::integer(text, *style).is_ok() => style,
            Values::Decimal(style, _) => style,
            _ => return None,
        };
        number::decimal(text, *style).ok().map(Decimal)
    }

    /// Positions of the columns that are summed.
    pub(crate) fn summed(&self) -> Vec<usize> {
        let with_total = self.parts.iter().enumerate().filter(|(_, it)| it.total.is_some());
        with_total.map(|(c, _)| c).collect()
    }

    /// Adds a value to the total of its column, whether or not its row is kept.
    ///
    /// `None` is a value that cannot be read.
    pub(crate) fn add_to_total(&mut self, c: usize, text: Option<&str>) {
        let Some(column) = self.parts.get_mut(c) else {
            return;
        };
        let (Some(total), Values::Integer(style, _) | Values::Decimal(style, _)) =
            (&mut column.total, &column.values)
        else {
            return;
        };
        match text.map(str::trim_ascii) {
            Some(text) if is_null(&self.null_tokens, text) => {}
            Some(text) => match number::decimal(text, *style) {
                Ok(millionths) => total.sum.0 += millionths,
                Err(_) => total.n_unread += 1,
            },
            None => total.n_unread += 1,
        }
    }

    pub(crate) fn totals(&self) -> Vec<Total> {
        self.parts.iter().filter_map(|column| column.total.clone()).collect()
    }

    /// Appends the value of column `c` in this row.
    pub(crate) fn push(&mut self, c: usize, text: &str) -> Result<(), RejectReason> {
        let trimmed = text.trim_ascii();
        if is_null(&self.null_tokens, trimmed) {
            return self.push_null(c);
        }
        let Some(column) = self.parts.get_mut(c) else {
            return Ok(());
        };
        match &mut column.values {
            Values::Text { bytes, offsets } => {
                bytes.extend_from_slice(text.as_bytes());
                offsets.push(bytes.len() as i32);
            }
            Values::Integer(style, values) => values.push(number::integer(trimmed, *style)?),
            Values::Decimal(style, values) => values.push(number::decimal(trimmed, *style)?),
            Values::Date(reader, values) => values.push(match column.unreadable_day {
                Some(day) => reader.read(trimmed).unwrap_or(day),
                None => reader.read(trimmed)?,
            }),
            Values::Timestamp(reader, values) => {
                let (micros, effect) = reader.read(trimmed)?;
                self.row.n_shifted += u64::from(effect == DstEffect::Shifted);
                self.row.n_folded += u64::from(effect == DstEffect::Folded);
                values.push(micros);
            }
            Values::Boolean(values) => values.append(boolean(trimmed)?),
        }
        column.valid.append_non_null();
        Ok(())
    }

    /// Appends "no value" to column `c` in this row.
    pub(crate) fn push_null(&mut self, c: usize) -> Result<(), RejectReason> {
        let Some(column) = self.parts.get_mut(c) else {
            return Ok(());
        };
        if column.required {
            return Err(RejectReason::MissingRequired);
        }
        match &mut column.values {
            Values::Text { bytes, offsets } => offsets.push(bytes.len() as i32),
            Values::Integer(_, values) | Values::Timestamp(_, values) => values.push(0),
            Values::Decimal(_, values) => values.push(0),
            Values::Date(_, values) => values.push(0),
            Values::Boolean(values) => values.append(false),
        }
        column.valid.append_null();
        Ok(())
    }

    /// Keeps the row, once each column has its value.
    pub(crate) fn keep_row(&mut self, line: u64) {
        self.lines.push(line as i64);
        let row = std::mem::take(&mut self.row);
        self.n_shifted += row.n_shifted;
        self.n_folded += row.n_folded;
    }

    /// Undoes the values appended since the last row was kept.
    pub(crate) fn undo_row(&mut self) {
        let n_rows = self.lines.len();
        for column in &mut self.parts {
            column.values.truncate(n_rows);
            column.valid.truncate(n_rows);
        }
        self.row = RowEffects::default();
    }

    /// Returns the kept rows as a batch and starts anew.
    pub(crate) fn take_batch(&mut self) -> Result<RecordBatch, ArrowError> {
        let mut arrays = Vec::with_capacity(self.parts.len() + 1);
        for column in &mut self.parts {
            let nulls = column.valid.finish();
            arrays.push(column.values.take(nulls)?);
        }
        let lines = Int64Array::from(std::mem::take(&mut self.lines));
        arrays.push(Arc::new(lines));
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
    }
}

fn is_null(tokens: &[String], trimmed: &str) -> bool {
    tokens.iter().any(|token| token.trim_ascii() == trimmed)
}

fn boolean(text: &str) -> Result<bool, RejectReason> {
    let is_one_of = |words: [&str; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_one_of(["true", "t", "yes", "y", "1"]) {
        Ok(true)
    } else if is_one_of(["false", "f", "no", "n", "0"]) {
        Ok(false)
    } else {
        Err(RejectReason::NotABoolean)
    }
}

impl Values {
    fn new(kind: &RawKind, style: NumberStyle) -> Self {
        match kind {
            RawKind::Text => Self::Text { bytes: Vec::new(), offsets: vec![0] },
            RawKind::Integer => Self::Integer(style, Vec::new()),
            RawKind::Decimal => Self::Decimal(style, Vec::new()),
            RawKind::Date { format } => Self::Date(DateReader::new(format.clone()), Vec::new()),
            RawKind::Timestamp { format, zone } => {
                let zone = zone.as_deref().and_then(instant::zone);
                Self::Timestamp(TimestampReader::new(format.clone(), zone), Vec::new())
            }
            RawKind::Boolean => Self::Boolean(BooleanBufferBuilder::new(0)),
        }
    }

    fn truncate(&mut self, n: usize) {
        match self {
            Self::Text { bytes, offsets } => {
                offsets.truncate(n + 1);
                bytes.truncate(offsets.last().map_or(0, |&end| end as usize));
            }
            Self::Integer(_, values) | Self::Timestamp(_, values) => values.truncate(n),
            Self::Decimal(_, values) => values.truncate(n),
            Self::Date(_, values) => values.truncate(n),
            Self::Boolean(values) => values.truncate(n),
        }
    }

    fn take(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Text { bytes, offsets } => {
                let ends = std::mem::replace(offsets, vec![0]);
                let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
                Arc::new(StringArray::try_new(ends, std::mem::take(bytes).into(), nulls)?)
            }
            Self::Integer(_, values) => {
                Arc::new(Int64Array::try_new(std::mem::take(values).into(), nulls)?)
            }
            Self::Decimal(_, values) => {
                let array = Decimal128Array::try_new(std::mem::take(values).into(), nulls)?;
                Arc::new(array.with_precision_and_scale(number::PRECISION, number::SCALE)?)
            }
            Self::Date(_, values) => {
                Arc::new(Date32Array::try_new(std::mem::take(values).into(), nulls)?)
            }
            Self::Timestamp(_, values) => {
                Arc::new(TimestampMicrosecondArray::try_new(std::mem::take(values).into(), nulls)?)
            }
            Self::Boolean(values) => Arc::new(BooleanArray::new(values.finish(), nulls)),
        })
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;

    use super::*;
    use crate::{FeedFormat, RawColumn};

    fn columns() -> Columns {
        let kinds = [
            RawColumn::required("id", RawKind::Text),
            RawColumn::optional("flag", RawKind::Boolean),
            RawColumn::optional("amount", RawKind::Decimal),
        ];
        Columns::new(&FeedSpec::new(FeedFormat::JsonLines, kinds.into()), NumberStyle::PLAIN)
    }

    #[test]
    fn an_undone_row_leaves_no_trace() {
        let mut columns = columns();
        for (line, id, flag, amount, is_kept) in [
            (1, " a ", "yes", "1.5", true),
            (2, "bb", "maybe", "", false),
            (3, "ccc", "", "1e5", false),
            (4, "dddd", " ", " 2 ", true),
            (5, "  ", "no", "1", false),
        ] {
            let pushed = columns
                .push(0, id)
                .and_then(|()| columns.push(1, flag))
                .and_then(|()| columns.push(2, amount));
            assert_eq!(pushed.is_ok(), is_kept, "line {line}");
            if is_kept { columns.keep_row(line) } else { columns.undo_row() }
        }

        let batch = columns.take_batch().expect("a batch");

        let ids: Vec<_> = batch.column(0).as_string::<i32>().iter().flatten().collect();
        assert_eq!(ids, [" a ", "dddd"]);
        let flags: Vec<_> = batch.column(1).as_boolean().iter().collect();
        assert_eq!(flags, [Some(true), None]);
        let amounts = batch.column(2).as_primitive::<arrow_array::types::Decimal128Type>();
        assert_eq!(amounts.values(), &[1_500_000, 2_000_000]);
        assert_eq!(
            batch.column(3).as_primitive::<arrow_array::types::Int64Type>().values(),
            &[1, 4]
        );
        assert_eq!(columns.n_rows(), 0);
        assert_eq!(columns.take_batch().expect("an empty batch").num_rows(), 0);
        assert_eq!(batch.column(0).null_count(), 0);
    }

    #[test]
    fn nothing_is_true_by_accident() {
        assert_eq!(boolean("YES"), Ok(true));
        assert_eq!(boolean("f"), Ok(false));
        for text in ["2", "on", "tru", "-1"] {
            assert_eq!(boolean(text), Err(RejectReason::NotABoolean), "{text}");
        }
    }

    #[test]
    fn a_day_that_cannot_be_read_is_replaced_where_something_stands_in_for_it() {
        let kind = || RawKind::Date { format: Some("%Y%m%d".into()) };
        let lenient = RawColumn { unreadable_day: Some(-9), ..RawColumn::optional("born", kind()) };
        let spec = FeedSpec::new(
            FeedFormat::JsonLines,
            vec![lenient, RawColumn::optional("since", kind())],
        );
        let mut columns = Columns::new(&spec, NumberStyle::PLAIN);
        for (line, text) in (1..).zip(["19700102", "19701332", "tomorrow", ""]) {
            columns.push(0, text).expect("keeps the row");
            columns.push_null(1).expect("keeps the row");
            columns.keep_row(line);
        }
        assert_eq!(columns.push(1, "19701332"), Err(RejectReason::NotADate));
        columns.undo_row();
        let batch = columns.take_batch().expect("a batch");
        let born = batch.column(0).as_primitive::<arrow_array::types::Date32Type>();
        assert_eq!(born.iter().collect::<Vec<_>>(), [Some(1), Some(-9), Some(-9), None]);
    }
}

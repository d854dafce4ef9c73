//! The cells of a column, bound to their type once a batch.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray, StringArray, StringViewArray,
    UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::{DataType, TimeUnit};

use crate::error::{ExportError, Result};
use crate::export::{ExportColumn, TextKind};
use crate::neutralise::{is_harmless, neutralise};
use crate::number;
use crate::profile::CsvProfile;

const WRITABLE: &str =
    "text, integer, float, Decimal128 of scale 0 to 38, Boolean, Date32 or Timestamp";

/// How the cells of every column are written.
#[derive(Debug)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    decimal_mark: u8,
    true_cell: Vec<u8>,
    false_cell: Vec<u8>,
    injection: crate::Injection,
}

impl Dialect {
    pub(crate) fn new(profile: &CsvProfile) -> Self {
        let delimiter = profile.delimiter as u8; // checked to be ASCII
        let cell = |word: &str| {
            let mut out = Vec::new();
            push_quoted(&mut out, word, delimiter);
            out
        };
        Self {
            delimiter,
            decimal_mark: profile.decimal_mark as u8,
            true_cell: cell(&profile.true_word),
            false_cell: cell(&profile.false_word),
            injection: profile.injection,
        }
    }
}

/// Adds text, in quotes if it would not read back without.
pub(crate) fn push_quoted(out: &mut Vec<u8>, text: &str, delimiter: u8) {
    let bytes = text.as_bytes();
    let mut special = matches!((bytes.first(), bytes.last()), (Some(b' '), _) | (_, Some(b' ')));
    for byte in bytes {
        special |= *byte == delimiter || *byte == b'"';
    }
    if !special {
        return out.extend_from_slice(bytes);
    }
    out.push(b'"');
    for (at, piece) in text.split('"').enumerate() {
        if at > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(piece.as_bytes());
    }
    out.push(b'"');
}

/// Text of one of Arrow's kinds.
#[derive(Debug)]
pub(crate) enum Texts<'a> {
    Utf8(&'a StringArray),
    Large(&'a LargeStringArray),
    View(&'a StringViewArray),
}

impl<'a> Texts<'a> {
    pub(crate) fn of(array: &'a ArrayRef) -> Option<Self> {
        match array.data_type() {
            DataType::Utf8 => Some(Self::Utf8(array.as_string())),
            DataType::LargeUtf8 => Some(Self::Large(array.as_string())),
            DataType::Utf8View => Some(Self::View(array.as_string_view())),
            _ => None,
        }
    }

    /// Returns the text of a row; that of a null row is unspecified.
    pub(crate) fn get(&self, row: usize) -> &'a str {
        match self {
            Self::Utf8(texts) => texts.value(row),
            Self::Large(texts) => texts.value(row),
            Self::View(texts) => texts.value(row),
        }
    }
}

/// A distinct value, ready to copy.
type Rendered = std::result::Result<(Vec<u8>, Cell), &'static str>;

/// Values of a column.
#[derive(Debug)]
enum Values<'a> {
    Text(Texts<'a>),
    /// Every distinct value, ready to copy, or what is wrong with it; and each row's value.
    Dictionary(Vec<Rendered>, Vec<usize>),
    Bool(&'a BooleanArray),
    I8(&'a Int8Array),
    I16(&'a Int16Array),
    I32(&'a Int32Array),
    I64(&'a Int64Array),
    U8(&'a UInt8Array),
    U16(&'a UInt16Array),
    U32(&'a UInt32Array),
    U64(&'a UInt64Array),
    F32(&'a Float32Array),
    F64(&'a Float64Array),
    Decimal(&'a Decimal128Array, u8),
    Date(&'a Date32Array),
    /// Ticks, ticks in a second, and whether they count in UTC.
    Instant(ScalarBuffer<i64>, i64, bool),
}

/// A cell that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell {
    AsIs,
    Neutralised,
}

/// One column of a batch, ready to be written cell by cell.
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    values: Values<'a>,
    nulls: Option<NullBuffer>,
    n_rows: u64,
    text: TextKind,
    null: &'a [u8],
}

impl<'a> Cells<'a> {
    /// Binds a column; `null` is what is written for null, ready to copy.
    pub(crate) fn bind(
        array: &'a ArrayRef,
        column: &'a ExportColumn,
        null: &'a [u8],
        dialect: &Dialect,
    ) -> Result<Self> {
        let values = values(array, column, dialect)?;
        let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        Ok(Self { values, nulls, n_rows: array.len() as u64, text: column.text, null })
    }

    /// Adds the cell of a row.
    ///
    /// # Errors
    ///
    /// What is wrong with the value, without it.
    pub(crate) fn push(
        &self,
        out: &mut Vec<u8>,
        row: usize,
        dialect: &Dialect,
    ) -> std::result::Result<Cell, &'static str> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            out.extend_from_slice(self.null);
            return Ok(Cell::AsIs);
        }
        let mark = dialect.decimal_mark;
        let dated = |written: bool| written.then_some(()).ok_or("the year is not in 0 to 9999");
        let finite = |written: bool| written.then_some(()).ok_or("the number is not finite");
        match &self.values {
            Values::Text(texts) => return push_text(out, texts.get(row), self.text, dialect),
            Values::Dictionary(ready, keys) => {
                let value = keys.get(row).and_then(|key| ready.get(*key));
                let (bytes, cell) =
                    value.ok_or("the dictionary has no such key")?.as_ref().map_err(|e| *e)?;
                out.extend_from_slice(bytes);
                return Ok(*cell);
            }
            Values::Bool(values) => out.extend_from_slice(if values.value(row) {
                &dialect.true_cell
            } else {
                &dialect.false_cell
            }),
            Values::I8(values) => number::push_integer(out, values.value(row)),
            Values::I16(values) => number::push_integer(out, values.value(row)),
            Values::I32(values) => number::push_integer(out, values.value(row)),
            Values::I64(values) => number::push_integer(out, values.value(row)),
            Values::U8(values) => number::push_integer(out, values.value(row)),
            Values::U16(values) => number::push_integer(out, values.value(row)),
            Values::U32(values) => number::push_integer(out, values.value(row)),
            Values::U64(values) => number::push_integer(out, values.value(row)),
            Values::F32(values) => {
                finite(number::push_float(out, values.value(row).into(), true, mark))?;
            }
            Values::F64(values) => finite(number::push_float(out, values.value(row), false, mark))?,
            Values::Decimal(values, scale) => {
                number::push_decimal(out, values.value(row), *scale, mark);
            }
            Values::Date(values) => dated(number::push_date(out, values.value(row).into()))?,
            Values::Instant(ticks, per_second, utc) => {
                let ticks = ticks.get(row).copied().unwrap_or_default();
                dated(number::push_instant(out, ticks, *per_second, *utc))?;
            }
        }
        Ok(Cell::AsIs)
    }

    /// Returns a bound on the bytes of all cells, quotes included.
    pub(crate) fn bytes_max(&self, dialect: &Dialect) -> u64 {
        let rows = self.n_rows;
        let widest = match &self.values {
            // Every character may be a quote, and an apostrophe may come before.
            Values::Text(texts) => {
                let text: u64 = match texts {
                    Texts::Utf8(texts) => texts.values().len() as u64,
                    Texts::Large(texts) => texts.values().len() as u64,
                    Texts::View(texts) => texts.lengths().map(u64::from).sum(),
                };
                return 2 * text + (3 + self.null.len() as u64) * rows;
            }
            Values::Dictionary(ready, _) => {
                ready.iter().flatten().map(|(bytes, _)| bytes.len()).max().unwrap_or(0)
            }
            Values::F32(_) | Values::F64(_) => 350, // 1e-308 in full, sign and all
            Values::Bool(_) => dialect.true_cell.len().max(dialect.false_cell.len()),
            _ => 48, // a decimal of 39 digits, sign, mark and zero
        };
        (widest + self.null.len()) as u64 * rows
    }
}

fn push_text(
    out: &mut Vec<u8>,
    text: &str,
    kind: TextKind,
    dialect: &Dialect,
) -> std::result::Result<Cell, &'static str> {
    let strict = match kind {
        TextKind::Free => false,
        TextKind::Phone => is_e164(text),
        TextKind::Id => is_id(text),
    };
    if strict || is_harmless(text) {
        push_quoted(out, text, dialect.delimiter);
        return Ok(Cell::AsIs);
    }
    let clean = neutralise(text, dialect.injection);
    push_quoted(out, &clean, dialect.delimiter);
    match (clean == text, kind) {
        (true, _) => Ok(Cell::AsIs),
        (false, TextKind::Id) => Err("the id would have to be changed to be safe in a CSV file"),
        (false, _) => Ok(Cell::Neutralised),
    }
}

/// E.164: `+`, a digit from 1 to 9, 7 to 15 digits in all.
fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Letters, digits and the signs of common keys; begins with none that starts a formula.
fn is_id(text: &str) -> bool {
    let sign =
        |b: u8| matches!(b, b'_' | b'-' | b'.' | b':' | b'/' | b'#' | b'|' | b'=' | b'+' | b'@');
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || sign(b))
}

fn values<'a>(array: &'a ArrayRef, column: &ExportColumn, dialect: &Dialect) -> Result<Values<'a>> {
    let unknown = || ExportError::Type {
        column: column.source.clone(),
        found: array.data_type().to_string(),
        expected: WRITABLE,
    };
    if let Some(texts) = Texts::of(array) {
        return Ok(Values::Text(texts));
    }
    Ok(match array.data_type() {
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary_opt().ok_or_else(unknown)?;
            let texts = Texts::of(dictionary.values()).ok_or_else(unknown)?;
            if dictionary.values().is_empty() {
                // Nothing but nulls; keys of an empty dictionary cannot be normalised.
                return Ok(Values::Dictionary(Vec::new(), Vec::new()));
            }
            let render = |at| {
                let mut bytes = Vec::new();
                let cell = push_text(&mut bytes, texts.get(at), column.text, dialect)?;
                Ok((bytes, cell))
            };
            let ready = (0..dictionary.values().len()).map(render).collect();
            Values::Dictionary(ready, dictionary.normalized_keys())
        }
        DataType::Boolean => Values::Bool(array.as_boolean()),
        DataType::Int8 => Values::I8(array.as_primitive::<Int8Type>()),
        DataType::Int16 => Values::I16(array.as_primitive::<Int16Type>()),
        DataType::Int32 => Values::I32(array.as_primitive::<Int32Type>()),
        DataType::Int64 => Values::I64(array.as_primitive::<Int64Type>()),
        DataType::UInt8 => Values::U8(array.as_primitive::<UInt8Type>()),
        DataType::UInt16 => Values::U16(array.as_primitive::<UInt16Type>()),
        DataType::UInt32 => Values::U32(array.as_primitive::<UInt32Type>()),
        DataType::UInt64 => Values::U64(array.as_primitive::<UInt64Type>()),
        DataType::Float32 => Values::F32(array.as_primitive::<Float32Type>()),
        DataType::Float64 => Values::F64(array.as_primitive::<Float64Type>()),
        DataType::Decimal128(_, scale) => {
            let scale = u8::try_from(*scale).map_err(|_| unknown())?;
            Values::Decimal(array.as_primitive::<Decimal128Type>(), scale)
        }
        DataType::Date32 => Values::Date(array.as_primitive()),
        DataType::Timestamp(unit, zone) => {
            use arrow_array::types::{
                TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
                TimestampSecondType,
            };
            let (ticks, per_second) = match unit {
                TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().values(), 1),
                TimeUnit::Millisecond => {
                    (array.as_primitive::<TimestampMillisecondType>().values(), 1_000)
                }
                TimeUnit::Microsecond => {
                    (array.as_primitive::<TimestampMicrosecondType>().values(), 1_000_000)
                }
                TimeUnit::Nanosecond => {
                    (array.as_primitive::<TimestampNanosecondType>().values(), 1_000_000_000)
                }
            };
            Values::Instant(ticks.clone(), per_second, zone.is_some())
        }
        _ => return Err(unknown()),
    })
}

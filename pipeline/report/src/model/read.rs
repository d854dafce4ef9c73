//! Small steps from Arrow to plain values.

use arrow_array::{Array, Decimal128Array, Float64Array, RecordBatch, StringArray};
use idip_schemas::TableContract;
use idip_stage::{StageError, Tables};
use jiff::civil::date;

/// A table as one batch; empty when it was never given.
pub(super) fn batch(
    tables: &Tables,
    contract: &'static TableContract,
) -> Result<RecordBatch, StageError> {
    match tables.batch(contract) {
        Err(StageError::NotGiven { .. }) => Ok(contract.empty()),
        answer => answer,
    }
}

/// An amount in the currency's unit.
pub(super) fn money(column: &Decimal128Array, row: usize) -> f64 {
    column.value(row) as f64 / 100.0
}

/// An amount that may be null.
pub(super) fn maybe_money(column: &Decimal128Array, row: usize) -> Option<f64> {
    column.is_valid(row).then(|| money(column, row))
}

/// A number that may be null.
pub(super) fn maybe(column: &Float64Array, row: usize) -> Option<f64> {
    column.is_valid(row).then(|| column.value(row))
}

/// A text that may be null.
pub(super) fn maybe_text(column: &StringArray, row: usize) -> Option<String> {
    column.is_valid(row).then(|| column.value(row).to_owned())
}

/// Returns `part / whole`, `None` unless the whole is above 0.
pub(super) fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then_some(part / whole)
}

/// A day as `2026-06-30`.
pub(super) fn iso_day(days: i32) -> String {
    date(1970, 1, 1)
        .checked_add(jiff::Span::new().days(days))
        .map_or_else(|_| days.to_string(), |day| day.to_string())
}

//! Brings the engine's answer to the exact types of its contract.
//!
//! The engine decides widths of integers, names of list items and nullability by its own rules;
//! nothing else is changed, so that a wrong type stays an error.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, RecordBatch, RecordBatchOptions, StructArray};
use arrow_schema::DataType;
use datafusion::arrow::compute::cast;
use idip_schemas::{ContractError, TableContract};

use super::EngineError;

/// A batch in contract order and types.
///
/// # Errors
///
/// Every violation of the contract.
pub(crate) fn conform(
    what: &str,
    contract: &'static TableContract,
    batch: &RecordBatch,
) -> Result<RecordBatch, EngineError> {
    let fail = |source: ContractError| EngineError::Contract { what: what.to_owned(), source };
    let mut columns = Vec::with_capacity(contract.columns.len());
    for column in contract.columns {
        let Some(values) = batch.column_by_name(column.name) else {
            contract.check(batch).map_err(fail)?;
            continue;
        };
        columns.push(widen(values, &(column.data_type)()));
    }
    if batch.num_columns() != contract.columns.len() {
        contract.check(batch).map_err(fail)?;
    }
    if columns.is_empty() {
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        return RecordBatch::try_new_with_options(contract.schema(), columns, &options)
            .map_err(|_| fail(missing(contract)));
    }
    idip_schemas::build_batch(contract, columns).map_err(fail)
}

/// A batch of some columns of a contract, in this order and in its types.
///
/// # Errors
///
/// Every violation of the contract among them.
pub(crate) fn conform_columns(
    what: &str,
    contract: &'static TableContract,
    names: &[&str],
    batch: &RecordBatch,
) -> Result<RecordBatch, EngineError> {
    let fail = |source: ContractError| EngineError::Contract { what: what.to_owned(), source };
    let named = |name: &&str| Some((contract.column(name)?, batch.column_by_name(name)?));
    let columns = names
        .iter()
        .filter_map(named)
        .map(|(column, values)| (column.name, widen(values, &(column.data_type)())));
    let part = RecordBatch::try_from_iter(columns).map_err(|_| fail(missing(contract)))?;
    contract.check_columns(names, &part).map_err(fail)?;
    Ok(part)
}

fn missing(contract: &'static TableContract) -> ContractError {
    ContractError { table: contract.name, version: contract.version, violations: Vec::new() }
}

/// The same values under the expected type, where only width, item name or nullability differ.
fn widen(values: &ArrayRef, expected: &DataType) -> ArrayRef {
    let found = values.data_type();
    if found == expected {
        return Arc::clone(values);
    }
    let whole = |data_type: &DataType| data_type.is_integer();
    let text = |data_type: &DataType| {
        matches!(data_type, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8)
    };
    let nothing = matches!(found, DataType::Null);
    let same_kind = (whole(found) && whole(expected))
        || (text(found) && text(expected))
        || nothing
        || matches!((found, expected), (DataType::Float32, DataType::Float64));
    if same_kind {
        return cast(values, expected).unwrap_or_else(|_| Arc::clone(values));
    }
    if let (DataType::List(_), DataType::List(item)) = (found, expected) {
        let lists = values.as_list::<i32>();
        let items = widen(lists.values(), item.data_type());
        if items.data_type() == item.data_type() {
            let (offsets, nulls) = (lists.offsets().clone(), lists.nulls().cloned());
            if let Ok(list) = ListArray::try_new(Arc::clone(item), offsets, items, nulls) {
                return Arc::new(list);
            }
        }
    }
    if let (DataType::Struct(_), DataType::Struct(fields)) = (found, expected) {
        let parts = values.as_struct();
        let columns: Vec<ArrayRef> = fields
            .iter()
            .filter_map(|field| {
                parts.column_by_name(field.name()).map(|part| widen(part, field.data_type()))
            })
            .collect();
        if let Ok(whole) = StructArray::try_new(fields.clone(), columns, parts.nulls().cloned()) {
            return Arc::new(whole);
        }
    }
    Arc::clone(values)
}

//! The `table!` macro: one declaration makes the contract and the typed columns.

use std::sync::Arc;

use arrow_array::{
    Array, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, LargeBinaryArray,
    ListArray, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, TimeUnit};

/// A Rust type that a contract column may have; `Option` means nullable.
pub trait ColumnType {
    /// Arrow array holding a column of this type.
    type Array: Array + Clone + 'static;
    /// Whether nulls are allowed.
    const NULLABLE: bool = false;
    /// Arrow type, matched exactly.
    fn data_type() -> DataType;
}

impl<T: ColumnType> ColumnType for Option<T> {
    type Array = T::Array;
    const NULLABLE: bool = true;
    fn data_type() -> DataType {
        T::data_type()
    }
}

macro_rules! column_type {
    ($(#[$doc:meta])* $name:ident, $array:ty, $data_type:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}
        column_type!(impl $name, $array, $data_type);
    };
    (impl $name:ident, $array:ty, $data_type:expr) => {
        impl ColumnType for $name {
            type Array = $array;
            fn data_type() -> DataType {
                $data_type
            }
        }
    };
}

column_type!(impl i64, Int64Array, DataType::Int64);
column_type!(impl f64, Float64Array, DataType::Float64);
column_type!(impl bool, BooleanArray, DataType::Boolean);
column_type!(impl String, StringArray, DataType::Utf8);
column_type!(
    /// A calendar day: days since 1970-01-01.
    Date, Date32Array, DataType::Date32);
column_type!(
    /// Money: `Decimal128(18, 2)`.
    Amount, Decimal128Array, DataType::Decimal128(18, 2));
column_type!(
    /// Pieces, kilograms, litres: `Decimal128(18, 3)`.
    Quantity, Decimal128Array, DataType::Decimal128(18, 3));
column_type!(
    /// An instant: microseconds since 1970-01-01 UTC.
    Timestamp, TimestampMicrosecondArray, DataType::Timestamp(TimeUnit::Microsecond, None));
column_type!(
    /// A list of whole numbers.
    Ints, ListArray, list_of(DataType::Int64));
column_type!(
    /// A list of shares.
    Shares, ListArray, list_of(DataType::Float64));
column_type!(
    /// What a party bought, as `purchase_book::Record` of the numerics writes it.
    PurchaseRecord, LargeBinaryArray, DataType::LargeBinary);

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

/// Declares tables: for each a static contract and a struct with one typed array for each column.
///
/// Doc comments are the data dictionary. `as` gives the unit, `in` the personal-data class when it
/// is not `None`.
macro_rules! tables {
    ($(
        $(#[doc = $grain:literal])+
        $name:ident v $version:literal key($($key:ident),*) $($retention:ident)? {
            $( $(#[doc = $doc:literal])+ $column:ident: $type:ty as $unit:ident $(in $class:ident)?, )+
        }
    )+) => {
        /// The contracts of this file, in order.
        pub(crate) static CONTRACTS: &[&$crate::TableContract] = &[$(&$name::CONTRACT),+];
        $(
            $(#[doc = $grain])+
            pub mod $name {
                #[allow(unused_imports, clippy::allow_attributes, reason = "not every table uses every type")]
                use $crate::table::*;
                use $crate::{Column, ContractError, PersonalData, Retention, TableContract, Unit};

                /// What this table promises.
                pub static CONTRACT: TableContract = TableContract {
                    name: stringify!($name),
                    version: $version,
                    grain: concat!($($grain),+),
                    key: &[$(stringify!($key)),*],
                    columns: &[$(Column {
                        name: stringify!($column),
                        data_type: <$type as ColumnType>::data_type,
                        nullable: <$type as ColumnType>::NULLABLE,
                        unit: Unit::$unit,
                        personal: tables!(@class $($class)?),
                        description: concat!($($doc),+),
                    }),+],
                    retention: tables!(@retention $($retention)?),
                };

                /// The columns of one batch, typed.
                #[derive(Debug, Clone)]
                pub struct Columns {
                    $( $(#[doc = $doc])+ pub $column: <$type as ColumnType>::Array, )+
                }

                impl Columns {
                    /// Reads a batch that keeps the contract.
                    ///
                    /// # Errors
                    ///
                    /// Returns every violation of [`CONTRACT`].
                    pub fn parse(batch: &arrow_array::RecordBatch) -> Result<Self, ContractError> {
                        CONTRACT.check(batch)?;
                        Ok(Self { $(
                            $column: $crate::table::typed::<<$type as ColumnType>::Array>(
                                &CONTRACT, batch, stringify!($column),
                            )?,
                        )+ })
                    }

                    /// Builds a batch and checks it.
                    ///
                    /// # Errors
                    ///
                    /// Returns every violation of [`CONTRACT`].
                    pub fn into_batch(self) -> Result<arrow_array::RecordBatch, ContractError> {
                        let columns: Vec<arrow_array::ArrayRef> =
                            vec![$(std::sync::Arc::new(self.$column)),+];
                        $crate::build_batch(&CONTRACT, columns)
                    }
                }
            }
        )+
    };
    (@class) => { PersonalData::None };
    (@class $class:ident) => { PersonalData::$class };
    (@retention) => { Retention::Published };
    (@retention transient) => { Retention::Transient };
}
pub(crate) use tables;

/// The column `name` of a checked batch as its typed array.
pub(crate) fn typed<A: Array + Clone + 'static>(
    contract: &'static crate::TableContract,
    batch: &arrow_array::RecordBatch,
    name: &'static str,
) -> Result<A, crate::ContractError> {
    batch
        .column_by_name(name)
        .and_then(|values| values.as_any().downcast_ref::<A>())
        .cloned()
        .ok_or_else(|| crate::ContractError {
            table: contract.name,
            version: contract.version,
            violations: vec![crate::Violation::Missing { column: name }],
        })
}

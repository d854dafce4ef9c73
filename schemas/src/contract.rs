//! What a table promises, and the check that it keeps the promise.

use std::fmt;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

/// Unit of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// An identifier; its digits mean nothing.
    Id,
    /// Free text.
    Text,
    /// One of a closed list of words.
    Code,
    /// A calendar day in the project's time zone.
    Day,
    /// An instant in UTC.
    Instant,
    /// Whole or fractional days.
    Days,
    /// A number of things.
    Count,
    /// The project's currency.
    Money,
    /// A part of a whole, 0 to 1.
    Share,
    /// A probability, 0 to 1.
    Probability,
    /// A score on a stated scale.
    Score,
    /// Pieces, or whatever the product is sold by.
    Quantity,
    /// Yes or no.
    Flag,
    /// A number without a unit.
    Number,
}

/// How close a column is to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonalData {
    /// Says nothing about one person.
    None,
    /// Tells persons apart without naming them.
    Pseudonym,
    /// About one person, under a pseudonym.
    Behaviour,
    /// Names or reaches a person.
    Contact,
}

/// Whether a table is kept with the night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// Published with the night.
    Published,
    /// Passed between steps and made again when needed.
    Transient,
}

/// One column of a contract.
#[derive(Debug)]
pub struct Column {
    /// Name, unique in its table.
    pub name: &'static str,
    /// Arrow type, matched exactly.
    pub data_type: fn() -> DataType,
    /// Whether nulls are allowed.
    pub nullable: bool,
    /// Unit of the values.
    pub unit: Unit,
    /// How close the values are to a person.
    pub personal: PersonalData,
    /// Meaning, in one or two sentences.
    pub description: &'static str,
}

/// What a table promises.
#[derive(Debug)]
pub struct TableContract {
    /// Name, unique in the project.
    pub name: &'static str,
    /// Raised with every change of columns or meaning.
    pub version: u32,
    /// What one row is.
    pub grain: &'static str,
    /// Columns that tell rows apart; empty for tables that may repeat a row.
    pub key: &'static [&'static str],
    /// Columns in order.
    pub columns: &'static [Column],
    /// Whether it is kept with the night.
    pub retention: Retention,
}

/// One way in which a batch breaks its contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// A promised column is not there.
    Missing {
        /// Name of the column.
        column: &'static str,
    },
    /// A column is there that was not promised.
    Unknown {
        /// Name of the column.
        column: String,
    },
    /// A column has another type.
    Type {
        /// Name of the column.
        column: &'static str,
        /// Promised type.
        expected: DataType,
        /// Type met.
        found: DataType,
    },
    /// A column that promises none has nulls.
    Nulls {
        /// Name of the column.
        column: &'static str,
        /// Number of null rows.
        rows: usize,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { column } => write!(f, "column `{column}` is missing"),
            Self::Unknown { column } => write!(f, "column `{column}` is not in the contract"),
            Self::Type { column, expected, found } => {
                write!(f, "column `{column}` is {found}, expected {expected}")
            }
            Self::Nulls { column, rows } => {
                write!(f, "column `{column}` has nulls in {rows} row(s), expected none")
            }
        }
    }
}

/// Every way in which a batch breaks a contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("table `{table}` breaks contract v{version}: {}", list(.violations))]
pub struct ContractError {
    /// Name of the table.
    pub table: &'static str,
    /// Version of the contract.
    pub version: u32,
    /// What is wrong, in column order; unknown columns last.
    pub violations: Vec<Violation>,
}

fn list(violations: &[Violation]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Column {
    fn violation(&self, batch: &RecordBatch) -> Option<Violation> {
        let Some(values) = batch.column_by_name(self.name) else {
            return Some(Violation::Missing { column: self.name });
        };
        let expected = (self.data_type)();
        if *values.data_type() != expected {
            let found = values.data_type().clone();
            return Some(Violation::Type { column: self.name, expected, found });
        }
        let rows = values.null_count();
        (!self.nullable && rows > 0).then_some(Violation::Nulls { column: self.name, rows })
    }
}

impl TableContract {
    /// Checks that a batch keeps the contract, in any column order.
    ///
    /// # Errors
    ///
    /// Returns every violation at once.
    pub fn check(&'static self, batch: &RecordBatch) -> Result<(), ContractError> {
        let promised = self.columns.iter().filter_map(|column| column.violation(batch));
        let schema = batch.schema();
        let unknown = schema
            .fields()
            .iter()
            .filter(|field| self.column(field.name()).is_none())
            .map(|field| Violation::Unknown { column: field.name().clone() });
        self.none_of(promised.chain(unknown).collect())
    }

    /// Checks that a batch keeps the contract in the columns of these names; it needs no others.
    ///
    /// # Errors
    ///
    /// Returns every violation at once.
    pub fn check_columns(
        &'static self,
        names: &[&str],
        batch: &RecordBatch,
    ) -> Result<(), ContractError> {
        let promised = self.columns.iter().filter(|column| names.contains(&column.name));
        self.none_of(promised.filter_map(|column| column.violation(batch)).collect())
    }

    fn none_of(&'static self, violations: Vec<Violation>) -> Result<(), ContractError> {
        if violations.is_empty() {
            return Ok(());
        }
        Err(ContractError { table: self.name, version: self.version, violations })
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The Arrow schema, columns in contract order.
    pub fn schema(&self) -> SchemaRef {
        let fields: Vec<Field> = self
            .columns
            .iter()
            .map(|column| Field::new(column.name, (column.data_type)(), column.nullable))
            .collect();
        Arc::new(Schema::new(fields))
    }

    /// A batch without rows.
    pub fn empty(&self) -> RecordBatch {
        RecordBatch::new_empty(self.schema())
    }
}

/// Builds a batch of a contract from arrays in column order, and checks it.
///
/// # Errors
///
/// Returns every violation at once.
pub fn build_batch(
    contract: &'static TableContract,
    columns: Vec<ArrayRef>,
) -> Result<RecordBatch, ContractError> {
    let fields: Vec<Field> = contract
        .columns
        .iter()
        .zip(&columns)
        .map(|(column, values)| Field::new(column.name, values.data_type().clone(), true))
        .collect();
    let lengths_differ = columns.windows(2).any(|pair| match pair {
        [a, b] => a.len() != b.len(),
        _ => false,
    });
    let loose = if lengths_differ {
        None
    } else {
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.clone()).ok()
    };
    let Some(loose) = loose else {
        let shortest = contract.columns.iter().zip(&columns).min_by_key(|(_, values)| values.len());
        let column = shortest.map_or("", |(column, _)| column.name);
        let violations = vec![Violation::Missing { column }];
        return Err(ContractError { table: contract.name, version: contract.version, violations });
    };
    contract.check(&loose)?;
    RecordBatch::try_new(contract.schema(), columns).map_err(|_| ContractError {
        table: contract.name,
        version: contract.version,
        violations: Vec::new(),
    })
}

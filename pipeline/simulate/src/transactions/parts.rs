//! The Parquet files of the transactions: in order of time, full row groups, ten of them a file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Float64Builder, Int8Builder, Int32Builder, StringBuilder,
};
use arrow_array::{
    ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};

use super::model::{CATEGORIES, CHANNELS, PRODUCTS, STORES, Transaction, Truth};
use crate::SimulateError;
use crate::made::MadeFile;

/// Rows of a row group.
const GROUP_ROWS: usize = 1 << 20;
/// Rows of a file.
const FILE_ROWS: usize = 10 * GROUP_ROWS;
/// Rows of a batch, a part of a row group.
const BATCH_ROWS: usize = 1 << 16;

fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
}

/// Writes transactions, which come in order of time.
pub(super) struct Parts {
    folder: PathBuf,
    schema: SchemaRef,
    keys: Keys,
    open: Option<Part>,
    waiting: Vec<Transaction>,
    next_id: i64,
    made: Vec<MadeFile>,
}

struct Part {
    name: String,
    path: PathBuf,
    rows: usize,
    writer: ArrowWriter<File>,
}

/// Texts that come again and again.
struct Keys {
    products: Vec<String>,
    stores: Vec<String>,
}

impl Parts {
    /// Begins without a file.
    pub(super) fn new(folder: &Path) -> Self {
        let field = |name, data_type| Field::new(name, data_type, false);
        let schema = Schema::new(vec![
            field("transaction_id", DataType::Int64),
            field("customer_key", DataType::Utf8),
            field("ts", DataType::Timestamp(TimeUnit::Microsecond, None)),
            field("amount", DataType::Float64),
            field("quantity", DataType::Int32),
            field("product_id", DataType::Utf8),
            field("category", DataType::Utf8),
            field("channel", DataType::Utf8),
            field("store_id", DataType::Utf8),
            field("currency", DataType::Utf8),
            field("discount", DataType::Float64),
        ]);
        let products = (0..CATEGORIES.len())
            .flat_map(|category| (0..PRODUCTS).map(move |at| format!("P{category:02}{at:04}")));
        Self {
            folder: folder.to_owned(),
            schema: Arc::new(schema),
            keys: Keys {
                products: products.collect(),
                stores: (0..STORES).map(|store| format!("S{store:03}")).collect(),
            },
            open: None,
            waiting: Vec::with_capacity(BATCH_ROWS),
            next_id: 0,
            made: Vec::new(),
        }
    }

    /// Appends transactions.
    pub(super) fn push(&mut self, transactions: &[Transaction]) -> Result<(), SimulateError> {
        for transaction in transactions {
            self.waiting.push(*transaction);
            if self.waiting.len() == BATCH_ROWS {
                self.write()?;
            }
        }
        Ok(())
    }

    /// Closes the last file and tells what was written.
    pub(super) fn finish(mut self) -> Result<Vec<MadeFile>, SimulateError> {
        self.write()?;
        self.close()?;
        Ok(self.made)
    }

    fn write(&mut self) -> Result<(), SimulateError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let batch = batch(&self.schema, &self.keys, self.next_id, &self.waiting);
        let n_made = self.made.len();
        let part = match &mut self.open {
            Some(part) => part,
            None => self.open.insert(Part::create(&self.folder, n_made, &self.schema)?),
        };
        let fail = |source| SimulateError::Parquet { path: part.path.clone(), source };
        let batch = batch.map_err(|error| fail(error.into()))?;
        part.writer.write(&batch).map_err(fail)?;
        part.rows += batch.num_rows();
        self.next_id += batch.num_rows() as i64;
        self.waiting.clear();
        if part.rows >= FILE_ROWS { self.close() } else { Ok(()) }
    }

    fn close(&mut self) -> Result<(), SimulateError> {
        if let Some(Part { name, path, rows, writer }) = self.open.take() {
            let rows = rows as u64;
            self.made.push(close(writer, &path, name, rows)?);
        }
        Ok(())
    }
}

impl Part {
    fn create(folder: &Path, number: usize, schema: &SchemaRef) -> Result<Self, SimulateError> {
        let name = format!("feeds/transactions-{number:03}.parquet");
        let path = folder.join(&name);
        // Ids and times never repeat: a dictionary of them is thrown away when it is full.
        let properties = properties()
            .set_column_dictionary_enabled("transaction_id".into(), false)
            .set_column_dictionary_enabled("ts".into(), false)
            .build();
        let writer = create(&path, schema, properties)?;
        Ok(Self { name, path, rows: 0, writer })
    }
}

fn create(
    path: &Path,
    schema: &SchemaRef,
    properties: WriterProperties,
) -> Result<ArrowWriter<File>, SimulateError> {
    let file = fs_err::File::create(path)
        .map_err(|source| SimulateError::Write { path: path.to_owned(), source })?;
    ArrowWriter::try_new(file.into_parts().0, Arc::clone(schema), Some(properties))
        .map_err(|source| SimulateError::Parquet { path: path.to_owned(), source })
}

fn close(
    writer: ArrowWriter<File>,
    path: &Path,
    name: String,
    rows: u64,
) -> Result<MadeFile, SimulateError> {
    let fail = |source| SimulateError::Parquet { path: path.to_owned(), source };
    let file = writer.into_inner().map_err(fail)?;
    let bytes = file.metadata().map_err(|error| fail(ParquetError::from(error)))?.len();
    Ok(MadeFile { path: name, rows, bytes })
}

fn batch(
    schema: &SchemaRef,
    keys: &Keys,
    first_id: i64,
    rows: &[Transaction],
) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let numbers = |of: fn(&Transaction) -> u32| -> ArrayRef {
        let euros = rows.iter().map(|row| f64::from(of(row)) / 100.0);
        Arc::new(Float64Array::from_iter_values(euros))
    };
    let mut customers = StringBuilder::with_capacity(rows.len(), 9 * rows.len());
    for row in rows {
        append_key(row.customer, &mut customers);
    }
    let product = |row: &Transaction| {
        let at = usize::from(row.category) * PRODUCTS + usize::from(row.product);
        keys.products.get(at).map(String::as_str)
    };
    let store = |row: &Transaction| keys.stores.get(usize::from(row.store)).map(String::as_str);
    RecordBatch::try_new(
        Arc::clone(schema),
        vec![
            Arc::new(Int64Array::from_iter_values(first_id..first_id + rows.len() as i64)),
            Arc::new(customers.finish()),
            Arc::new(TimestampMicrosecondArray::from_iter_values(
                rows.iter().map(|row| row.micros),
            )),
            numbers(|row| row.amount),
            Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.quantity.into()))),
            texts(rows, product),
            texts(rows, |row| CATEGORIES.get(usize::from(row.category)).copied()),
            texts(rows, |row| CHANNELS.get(usize::from(row.channel)).copied()),
            texts(rows, store),
            Arc::new(StringArray::from_iter_values(std::iter::repeat_n("EUR", rows.len()))),
            numbers(|row| row.discount),
        ],
    )
}

/// One text a row, of a few that come again and again.
fn texts<'k>(rows: &[Transaction], of: impl Fn(&Transaction) -> Option<&'k str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(rows.iter().map(|row| of(row).unwrap_or_default())))
}

/// A customer as `C00000012`.
fn append_key(customer: u32, keys: &mut StringBuilder) {
    let mut digits = *b"C00000000";
    let mut left = customer;
    for digit in digits.iter_mut().skip(1).rev() {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
    }
    keys.append_value(std::str::from_utf8(&digits).unwrap_or_default());
}

/// Writes what is true of each customer, one after the other.
pub(super) struct TruthFile {
    name: &'static str,
    path: PathBuf,
    schema: SchemaRef,
    writer: ArrowWriter<File>,
    waiting: Vec<Truth>,
    rows: u64,
}

impl TruthFile {
    /// Begins the file.
    pub(super) fn create(folder: &Path) -> Result<Self, SimulateError> {
        let field = |name, data_type| Field::new(name, data_type, false);
        let schema: SchemaRef = Arc::new(Schema::new(vec![
            field("customer_key", DataType::Utf8),
            field("need_profile", DataType::Int8),
            field("lam", DataType::Float64),
            field("p_drop", DataType::Float64),
            field("nu", DataType::Float64),
            field("n_tx", DataType::Int32),
            field("alive", DataType::Boolean),
        ]));
        let name = "truth/truth.parquet";
        let path = folder.join(name);
        let writer = create(&path, &schema, properties().build())?;
        Ok(Self { name, path, schema, writer, waiting: Vec::new(), rows: 0 })
    }

    /// Appends the next customer.
    pub(super) fn push(&mut self, truth: Truth) -> Result<(), SimulateError> {
        self.waiting.push(truth);
        if self.waiting.len() == BATCH_ROWS { self.write() } else { Ok(()) }
    }

    /// Closes the file.
    pub(super) fn finish(mut self) -> Result<MadeFile, SimulateError> {
        self.write()?;
        close(self.writer, &self.path, self.name.to_owned(), self.rows)
    }

    fn write(&mut self) -> Result<(), SimulateError> {
        let mut keys = StringBuilder::new();
        let mut profile = Int8Builder::new();
        let mut number = [(); 3].map(|()| Float64Builder::new());
        let mut transactions = Int32Builder::new();
        let mut alive = BooleanBuilder::new();
        for truth in &self.waiting {
            append_key(self.rows as u32, &mut keys);
            self.rows += 1;
            profile.append_value(truth.profile);
            for (number, value) in number.iter_mut().zip([truth.rate, truth.dropout, truth.nu]) {
                number.append_value(value);
            }
            transactions.append_value(truth.n_transactions);
            alive.append_value(truth.is_alive);
        }
        self.waiting.clear();
        let [mut rate, mut dropout, mut nu] = number;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(keys.finish()),
            Arc::new(profile.finish()),
            Arc::new(rate.finish()),
            Arc::new(dropout.finish()),
            Arc::new(nu.finish()),
            Arc::new(transactions.finish()),
            Arc::new(alive.finish()),
        ];
        let fail = |source| SimulateError::Parquet { path: self.path.clone(), source };
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns);
        let batch = batch.map_err(|error| fail(error.into()))?;
        self.writer.write(&batch).map_err(fail)
    }
}

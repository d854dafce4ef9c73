//! Half a million customers, ten columns, 48 segments: the goal is half a CPU second.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array,
    Int64Array, RecordBatch, StringArray,
};
use idip_exports::{
    CsvProfile, Export, ExportColumn, FileSink, Sink, SplitLimits, TextKind, export_by_segment,
};

const ROWS: i64 = 500_000;
const BATCH: i64 = 8_192;

fn main() {
    divan::main();
}

/// Swallows the files: the disk is measured elsewhere.
struct Nowhere;

struct Swallow;

impl Sink for Nowhere {
    fn create(&self, _name: &str) -> io::Result<Box<dyn FileSink + '_>> {
        Ok(Box::new(Swallow))
    }
}

impl Write for Swallow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(divan::black_box(bytes).len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl FileSink for Swallow {
    fn finish(self: Box<Self>, _rows: Option<u64>) -> io::Result<()> {
        Ok(())
    }
}

fn texts(rows: std::ops::Range<i64>, text: impl Fn(i64) -> String) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(rows.map(text)))
}

fn batch(start: i64) -> RecordBatch {
    let rows = start..(start + BATCH).min(ROWS);
    let segments: Vec<String> =
        rows.clone().map(|i| format!("Segment {:02}", i * 31 % 48)).collect();
    let segments: DictionaryArray<Int32Type> = segments.iter().map(|s| Some(s.as_str())).collect();
    let spent =
        Decimal128Array::from_iter_values(rows.clone().map(|i| i128::from(i * 977 % 1_000_000)));
    let columns: [(&str, ArrayRef); 10] = [
        ("customer_id", Arc::new(Int64Array::from_iter_values(rows.clone()))),
        ("email", texts(rows.clone(), |i| format!("customer.{i}@example.org"))),
        ("phone", texts(rows.clone(), |i| format!("+34600{i:06}"))),
        ("first_name", texts(rows.clone(), |i| format!("Zoë{}", i % 900))),
        ("city", texts(rows.clone(), |i| format!("Sant Boi de Llobregat {}", i % 50))),
        ("segment", Arc::new(segments)),
        (
            "last_day",
            Arc::new(Date32Array::from_iter_values(
                rows.clone().map(|i| 19_000 + (i % 900) as i32),
            )),
        ),
        ("spent", Arc::new(spent.with_precision_and_scale(18, 2).expect("fits"))),
        (
            "share",
            Arc::new(Float64Array::from_iter_values(rows.clone().map(|i| i as f64 / ROWS as f64))),
        ),
        ("vip", Arc::new(rows.map(|i| Some(i % 7 == 0)).collect::<BooleanArray>())),
    ];
    RecordBatch::try_from_iter(columns).expect("equal lengths")
}

fn table() -> (Vec<RecordBatch>, Vec<ExportColumn>) {
    let batches: Vec<_> = (0..ROWS).step_by(BATCH as usize).map(batch).collect();
    let schema = batches[0].schema();
    let mut columns: Vec<ExportColumn> =
        schema.fields().iter().map(|f| ExportColumn::new(f.name(), f.name())).collect();
    columns[2].text = TextKind::Phone;
    (batches, columns)
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn by_segment(bencher: divan::Bencher<'_, '_>) {
    let (batches, columns) = table();
    let job = Export::new(&batches, &columns, &CsvProfile::GENERIC, "segment");
    bencher.bench_local(|| export_by_segment(&job, "segment", &[], &Nowhere).expect("is written"));
}

/// A limit on bytes costs a second pass, which measures.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn by_segment_split_by_bytes(bencher: divan::Bencher<'_, '_>) {
    let (batches, columns) = table();
    let limits = SplitLimits { max_bytes: Some(500_000), max_rows: None };
    let job = Export { limits, ..Export::new(&batches, &columns, &CsvProfile::GENERIC, "segment") };
    bencher.bench_local(|| export_by_segment(&job, "segment", &[], &Nowhere).expect("is written"));
}

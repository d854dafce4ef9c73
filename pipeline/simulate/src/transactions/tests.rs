//! The whole of it, small.

use std::collections::BTreeMap;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::make;
use crate::{Made, Request};

fn made(folder: &Path, seed: u64) -> Made {
    for part in ["feeds", "truth"] {
        fs_err::create_dir(folder.join(part)).expect("a folder");
    }
    let request = Request { folder: folder.to_owned(), parties: 2_000, transactions: 40_000, seed };
    make(&request).expect("makes")
}

fn read(path: &Path) -> Vec<RecordBatch> {
    let file = fs_err::File::open(path).expect("opens").into_parts().0;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("reads").build();
    reader.expect("reads").map(|batch| batch.expect("a batch")).collect()
}

#[test]
fn the_log_is_in_order_of_time_and_agrees_with_the_truth() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = made(folder.path(), 5);
    let rows = made.files[0].rows as usize;
    assert!((rows as f64 / 40_000.0 - 1.0).abs() < 0.1, "{rows}");

    let (mut last, mut id) = (0, 0);
    let mut by_customer: BTreeMap<String, i32> = BTreeMap::new();
    for batch in read(&folder.path().join("feeds/transactions-000.parquet")) {
        let column = |name| batch.column_by_name(name).expect("a column");
        for &at in column("ts").as_primitive::<TimestampMicrosecondType>().values() {
            assert!(last <= at);
            last = at;
        }
        for &found in column("transaction_id").as_primitive::<Int64Type>().values() {
            assert_eq!(found, id);
            id += 1;
        }
        for name in ["amount", "discount"] {
            for &euros in column(name).as_primitive::<Float64Type>().values() {
                // Rounded to cents: the nearest double of a number with two decimals.
                assert_eq!(((euros * 100.0).round() / 100.0).to_bits(), euros.to_bits());
            }
        }
        for key in column("customer_key").as_string::<i32>().iter().flatten() {
            *by_customer.entry(key.to_owned()).or_default() += 1;
        }
    }
    assert_eq!(id as usize, rows);

    let truth = read(&folder.path().join("truth/truth.parquet"));
    let told: BTreeMap<String, i32> = truth
        .iter()
        .flat_map(|batch| {
            let keys = batch.column(0).as_string::<i32>();
            let counts = batch.column(5).as_primitive::<Int32Type>();
            (0..batch.num_rows()).map(|row| (keys.value(row).to_owned(), counts.value(row)))
        })
        .collect();
    assert_eq!(told.len(), 2_000);
    assert_eq!(told, by_customer);
}

#[test]
fn the_same_seed_makes_the_same_bytes_and_leaves_nothing_else() {
    let folders = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
    for (folder, seed) in folders.iter().zip([5, 5, 6]) {
        made(folder.path(), seed);
    }
    let name = "feeds/transactions-000.parquet";
    let [a, b, c] = folders.each_ref().map(|it| fs_err::read(it.path().join(name)).expect("reads"));
    assert!(a == b && a != c);
    let mut names: Vec<_> = fs_err::read_dir(folders[0].path())
        .expect("reads")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["feeds", "idip.yaml", "truth"]);
}

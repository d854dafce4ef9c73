//! What a run writes, and what it may take over.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;

use crate::testing::{Night, batch, failing_run, fast_folder, key, run, write_first_step};
use crate::{Draft, PublishMode, Staging, Store, StoreError, TableEntry};

fn staging() -> (tempfile::TempDir, Staging) {
    let folder = fast_folder();
    let store = Store::open(folder.path()).expect("opens");
    let staging = store.lock().expect("is free").begin("a1").expect("begins");
    (folder, staging)
}

fn write(staging: &Staging, table: &str, rows: &[RecordBatch]) -> TableEntry {
    staging.write_table("identify", table, &rows[0].schema(), rows).expect("is written")
}

#[test]
fn a_table_reads_back_with_its_rows_and_no_trace_of_its_writing() {
    let (_folder, staging) = staging();
    let rows = batch(20_000, "s");
    let entry = write(&staging, "identity_map", &[rows.slice(0, 1), rows.slice(1, 19_999)]);
    assert_eq!((entry.rows, entry.files.len()), (20_000, 1));
    assert_eq!(entry.files[0].path, "identify/identity_map/part-0.parquet");

    let path = staging.path().join(&entry.files[0].path);
    assert_eq!(entry.files[0].bytes, path.metadata().expect("exists").len());
    assert_eq!(entry.files[0].blake3, crate::hash_file(&path).expect("is read"));
    let file = File::open(path).expect("opens");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("is Parquet");
    let metadata = reader.metadata().file_metadata();
    assert_eq!(metadata.created_by(), Some(concat!("idip version ", env!("CARGO_PKG_VERSION"))));
    let keys: Vec<_> =
        metadata.key_value_metadata().into_iter().flatten().map(|m| &m.key).collect();
    assert_eq!(keys, ["ARROW:schema"]);
    let read: Vec<RecordBatch> = reader
        .with_batch_size(20_000)
        .build()
        .expect("builds")
        .map(|b| b.expect("reads"))
        .collect();
    assert_eq!(read, [rows]);
}

#[test]
fn a_table_without_rows_keeps_its_columns() {
    let (_folder, staging) = staging();
    let schema = batch(1, "s").schema();
    let entry = staging.write_table("identify", "identity_map", &schema, &[]).expect("is written");
    assert_eq!(entry.rows, 0);
    let file = File::open(staging.path().join(&entry.files[0].path)).expect("opens");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("is Parquet");
    assert_eq!(reader.schema().fields(), schema.fields());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn how_rows_come_in_batches_does_not_show_in_the_bytes(
        mut cuts in prop::collection::vec(0_usize..30_000, 0..6)
    ) {
        let (_folder, staging) = staging();
        let rows = batch(30_000, "s");
        cuts.extend([0, 30_000]);
        cuts.sort_unstable();
        let parts: Vec<_> = cuts.windows(2).map(|c| rows.slice(c[0], c[1] - c[0])).collect();
        let (one, many) = (write(&staging, "one", &[rows]), write(&staging, "many", &parts));
        prop_assert_eq!(&one.files[0].blake3, &many.files[0].blake3);
    }
}

#[test]
fn metadata_of_the_schema_does_not_show_in_the_bytes() {
    let (_folder, staging) = staging();
    let rows = batch(10, "s");
    let noted = rows.schema().as_ref().clone().with_metadata([("at".into(), "noon".into())].into());
    let plain = write(&staging, "plain", std::slice::from_ref(&rows));
    let noted = staging.write_table("identify", "noted", &noted, &[rows]).expect("is written");
    assert_eq!(plain.files[0].blake3, noted.files[0].blake3);
}

#[test]
fn a_batch_that_does_not_fit_is_refused_with_the_difference() {
    let (_folder, staging) = staging();
    let schema = Schema::new(vec![Field::new("customer_id", DataType::Int64, false)]);
    let mut writer = staging.table_writer("identify", "golden", &schema).expect("starts");
    let error = writer.write(&batch(1, "s")).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "table `identify/golden` cannot be written: \
         columns are [\"customer_id\", \"segment\"], expected [\"customer_id\"]"
    );
    let with_null: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    let with_null = RecordBatch::try_from_iter([("customer_id", with_null)]).expect("a batch");
    let error = writer.write(&with_null).expect_err("refused");
    assert!(error.to_string().contains("customer_id"), "{error}");
    // Nullable in the batch, without a null: fits.
    let nullable: ArrayRef = Arc::new(Int64Array::from(vec![Some(1)]));
    writer
        .write(
            &RecordBatch::try_from_iter_with_nullable([("customer_id", nullable, true)])
                .expect("a batch"),
        )
        .expect("fits");
}

#[test]
fn a_table_or_step_is_written_once() {
    let (_folder, staging) = staging();
    write_first_step(&staging, "a").expect("writes");
    let error = write_first_step(&staging, "a").expect_err("refused");
    let expected = "`identify/identity_map/part-0.parquet` is written twice in this run";
    assert_eq!(error.to_string(), expected);
    let error = staging.finish_step(&key("identify.resolve", "a"), &[], &[]).expect_err("refused");
    assert_eq!(error.to_string(), "`identify.resolve` is written twice in this run");
}

#[test]
fn a_run_with_an_unfinished_file_or_an_unknown_contract_is_not_published() {
    let publish = |staging: Staging, draft: &Draft| {
        let lock =
            crate::StoreLock { store: staging.store.clone(), held: Arc::clone(&staging.held) };
        lock.publish(staging, draft, PublishMode::default()).expect_err("refused").to_string()
    };
    let mut draft = Draft { logical_date: "2026-01-31".to_owned(), ..Draft::default() };
    let (_folder, unknown) = staging();
    write_first_step(&unknown, "a").expect("writes");
    assert_eq!(
        publish(unknown, &draft),
        "run `a1` cannot be published: table `identity_map` has no contract version"
    );
    draft.contract_versions.insert("identity_map".to_owned(), 1);
    let (_folder, unfinished) = staging();
    write_first_step(&unfinished, "a").expect("writes");
    drop(unfinished.file_writer("measure", "report.html").expect("starts"));
    assert_eq!(
        publish(unfinished, &draft),
        "run `a1` cannot be published: `measure/report.html` was begun and never finished"
    );
}

#[test]
fn an_input_is_named_without_its_place_on_this_machine() {
    for path in ["/data/feeds/a.csv", "../a.csv", ""] {
        let (_folder, staging) = staging();
        let lock =
            crate::StoreLock { store: staging.store.clone(), held: Arc::clone(&staging.held) };
        let mut draft =
            crate::testing::draft(lock.store(), Night::of("2026-01-31", "a")).expect("a draft");
        path.clone_into(&mut draft.inputs[0].path);
        let error = lock.publish(staging, &draft, PublishMode::default()).expect_err("refused");
        assert!(matches!(error, StoreError::InputPath { .. }), "{error}");
    }
}

#[test]
fn a_step_is_taken_over_from_a_failed_run_by_hard_link() {
    let (folder, staging) = staging();
    drop(staging);
    let store = Store::open(folder.path()).expect("opens");
    let night = Night::of("2026-01-31", "a");
    failing_run(&store, night).expect("fails and is kept");
    let failed = store.failed(night.date).expect("looks").expect("is kept");
    assert!(failed.step("identify.resolve", "other").is_none(), "other inputs, other step");
    let source = failed.path().join("identify/identity_map/part-0.parquet");
    let inode = source.metadata().expect("exists").ino();
    run(&store, night).expect("runs");
    let published = store.current().expect("opens").expect("is published");
    let files = published.table_files("identify", "identity_map");
    assert_eq!(files[0].metadata().expect("exists").ino(), inode);
}

#[test]
fn a_step_is_taken_over_from_a_night_with_everything_it_wrote() {
    let folder = fast_folder();
    let store = Store::open(folder.path()).expect("opens");
    run(&store, Night::of("2026-01-30", "a")).expect("runs");
    let night = store.current().expect("opens").expect("is published");
    let step = night.step("differentiate.segment").expect("is recorded");
    assert_eq!((step.key.fingerprint.as_str(), step.tables[0].rows), ("a", 20));
    assert_eq!(step.files[0].path, "differentiate/crm/vip.csv");
    assert!(night.step("no.such").is_none());

    let staging = store.lock().expect("is free").begin("b1").expect("begins");
    staging.adopt_step(night.path(), &step).expect("is taken over");
    let taken = std::fs::read(staging.path().join("differentiate/crm/vip.csv")).expect("is there");
    assert_eq!(taken, b"a");
}

#[test]
fn a_changed_file_is_not_taken_over_and_its_step_can_run_instead() {
    let folder = fast_folder();
    let store = Store::open(folder.path()).expect("opens");
    failing_run(&store, Night::of("2026-01-31", "a")).expect("fails and is kept");
    let failed = store.failed("2026-01-31").expect("looks").expect("is kept");
    let file = failed.path().join("identify/identity_map/part-0.parquet");
    let mut bytes = std::fs::read(&file).expect("is read");
    bytes[100] ^= 1;
    std::fs::write(&file, bytes).expect("is changed");
    let staging = store.lock().expect("is free").begin("b1").expect("begins");
    let error = staging.adopt_step(failed.path(), &failed.steps()[0]).expect_err("refused");
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
    write_first_step(&staging, "a").expect("runs instead");
}

#[test]
fn nothing_of_a_run_is_kept_after_a_failed_fsync() {
    let (folder, staging) = staging();
    // Folder, file, one write of the footer-sized table, then the fsync: find it by trying.
    for at in 1.. {
        staging.store.disk.probe.arm(at, false);
        let result = staging.write_file("measure", &format!("r{at}.html"), b"x");
        if let Err(StoreError::Sync { .. }) = result {
            break;
        }
        assert!(at < 20, "no fsync was seen");
    }
    staging.store.disk.probe.disarm();
    let error = staging.write_file("measure", "b.html", b"x").expect_err("refused");
    assert_eq!(error.to_string(), "run `a1` cannot go on: an fsync failed before");
    assert!(staging.finish_step(&key("measure.report", "a"), &[], &[]).is_err());
    assert!(staging.keep_as_failed("2026-01-31").is_err());
    let store = Store::open(folder.path()).expect("opens");
    assert_eq!(store.lock().expect("is free").sweep().expect("sweeps").removed, [".run-a1"]);
}

#[test]
fn a_discarded_run_leaves_nothing() {
    let (folder, staging) = staging();
    write_first_step(&staging, "a").expect("writes");
    staging.discard().expect("is removed");
    let store = Store::open(folder.path()).expect("opens");
    crate::testing::assert_no_leftovers(&store);
}

//! Hostile tables, written and read back with the `csv` crate.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayAccessor, ArrayRef, Decimal128Array, DictionaryArray, Int64Array, RecordBatch,
    StringArray,
};
use proptest::prelude::*;

use crate::export_tests::{batch, columns, run_by};
use crate::{CsvProfile, Export, SplitLimits, neutralise};

/// Records of a file, without the header.
fn read(bytes: &[u8], profile: &CsvProfile) -> Vec<Vec<String>> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader =
        csv::ReaderBuilder::new().delimiter(profile.delimiter as u8).from_reader(bytes);
    let records = reader.records().map(|record| record.expect("equal lengths"));
    records.map(|record| record.iter().map(str::to_owned).collect()).collect()
}

fn hostile() -> impl Strategy<Value = String> {
    r"([=+\-@ \t\r\n\x00,;|\u{22}'＝＋－＠<>{}%a-c0-9]|\PC){0,10}"
}

prop_compose! {
    fn rows()(
        cells in prop::collection::vec(
            (prop::option::of(hostile()), any::<i64>(), any::<i64>(), prop::option::of(hostile())),
            0..40,
        ),
        cut in 0_usize..40,
    ) -> Vec<RecordBatch> {
        let name: StringArray = cells.iter().map(|c| c.0.as_deref()).collect();
        let spent = Decimal128Array::from_iter_values(cells.iter().map(|c| c.2.into()));
        let segment: DictionaryArray<Int32Type> = cells.iter().map(|c| c.3.as_deref()).collect();
        let whole = batch(vec![
            ("name", Arc::new(name) as ArrayRef),
            ("count", Arc::new(Int64Array::from_iter_values(cells.iter().map(|c| c.1)))),
            ("spent", Arc::new(spent.with_precision_and_scale(38, 2).expect("fits"))),
            ("segment", Arc::new(segment)),
        ]);
        let cut = cut.min(whole.num_rows());
        vec![whole.slice(0, cut), whole.slice(cut, whole.num_rows() - cut)]
    }
}

fn profiles() -> impl Strategy<Value = CsvProfile> {
    let delimiters = prop::sample::select(vec![',', ';', '|', '\t', '^']);
    (prop::sample::select(CsvProfile::BUILT_IN.to_vec()), delimiters)
        .prop_map(|(profile, delimiter)| CsvProfile { delimiter, ..profile.clone() })
}

/// What a cell of text must read back as.
fn expected(value: Option<&str>, profile: &CsvProfile) -> String {
    value.map_or(profile.null.to_string(), |text| neutralise(text, profile.injection).into_owned())
}

proptest! {
    #[test]
    fn files_read_back_to_every_row_and_no_cell_is_a_formula(
        batches in rows(),
        profile in profiles(),
        max_rows in prop::option::of(1_u64..10),
        max_bytes in prop::option::of(400_u64..2_000),
    ) {
        let columns = columns(&["name", "count", "spent", "segment"]);
        let limits = SplitLimits { max_rows, max_bytes };
        let job = Export { limits, ..Export::new(&batches, &columns, &profile, "s") };
        let (files, report) = run_by(&job, "segment", &[]);

        // Segment by segment, in order: name, count and spent of the rows that went there.
        let mut wanted: BTreeMap<String, Vec<[String; 4]>> = BTreeMap::new();
        for batch in &batches {
            let name = batch.column(0).as_any().downcast_ref::<StringArray>().expect("text");
            let count = batch.column(1).as_any().downcast_ref::<Int64Array>().expect("integers");
            let spent = batch.column(2).as_any().downcast_ref::<Decimal128Array>().expect("decimals");
            let segment = batch.column(3).as_any().downcast_ref::<DictionaryArray<Int32Type>>();
            let segment = segment.expect("a dictionary").downcast_dict::<StringArray>().expect("text");
            for row in 0..batch.num_rows() {
                let name = name.is_valid(row).then(|| name.value(row));
                let own = segment.is_valid(row).then(|| segment.value(row));
                wanted.entry(own.unwrap_or("(none)").to_owned()).or_default().push([
                    expected(name, &profile),
                    count.value(row).to_string(),
                    spent.value_as_string(row),
                    expected(own, &profile),
                ]);
            }
        }
        let mut found: BTreeMap<String, Vec<[String; 4]>> = BTreeMap::new();
        for file in &report.files {
            let bytes = &files[&file.file];
            prop_assert_eq!(file.bytes, bytes.len() as u64);
            prop_assert!(max_bytes.is_none_or(|limit| file.bytes <= limit));
            prop_assert!(max_rows.is_none_or(|limit| file.rows <= limit));
            let records = read(bytes, &profile);
            prop_assert_eq!(file.rows, records.len() as u64);
            for record in &records {
                for cell in [&record[0], &record[3]] {
                    let start = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'];
                    prop_assert!(!cell.starts_with(start), "{:?}", cell);
                    prop_assert!(!cell.contains(['\t', '\r', '\n', '\0']), "{:?}", cell);
                }
            }
            let segment = file.segment.clone().expect("by segment");
            let rows = records.into_iter().map(|record| record.try_into().expect("four cells"));
            found.entry(segment).or_default().extend(rows);
        }
        prop_assert_eq!(found, wanted);
        let n_rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        prop_assert_eq!(report.rows, n_rows as u64);
        prop_assert_eq!(report.segments.iter().map(|s| s.rows).sum::<u64>(), n_rows as u64);
        prop_assert_eq!(files.len(), report.files.len(), "no two parts share a name");
    }

    #[test]
    fn how_rows_come_in_batches_does_not_show(batches in rows()) {
        let schema = batches[0].schema();
        let columns = columns(&["name", "count", "spent", "segment"]);
        let single: Vec<RecordBatch> = batches
            .iter()
            .flat_map(|batch| (0..batch.num_rows()).map(|row| batch.slice(row, 1)))
            .chain([RecordBatch::new_empty(schema)])
            .collect();
        let one = run_by(&Export::new(&batches, &columns, &CsvProfile::GENERIC, "s"), "segment", &[]);
        let other = run_by(&Export::new(&single, &columns, &CsvProfile::GENERIC, "s"), "segment", &[]);
        prop_assert_eq!(one, other);
    }
}

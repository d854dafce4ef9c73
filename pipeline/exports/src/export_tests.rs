//! Whole exports, read back with the `csv` crate.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array,
    Int64Array, RecordBatch, StringArray, StringViewArray, TimestampMicrosecondArray,
};
use sha2::{Digest, Sha256};

use crate::{
    CsvProfile, Export, ExportColumn, ExportError, ExportReport, FileSink, Injection, LineEnding,
    ManifestFacts, MemorySink, Sink, SplitLimits, TextKind, export, export_by_segment, seal,
};

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).expect("equal lengths")
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

pub(crate) fn columns(names: &[&str]) -> Vec<ExportColumn> {
    names.iter().map(|name| ExportColumn::new(name, name)).collect()
}

fn run(job: &Export<'_>) -> (Files, ExportReport) {
    let sink = MemorySink::default();
    let report = export(job, &sink).expect("is written");
    (sink.files(), report)
}

pub(crate) fn run_by(job: &Export<'_>, column: &str, known: &[&str]) -> (Files, ExportReport) {
    let sink = MemorySink::default();
    let known: Vec<String> = known.iter().map(|&name| name.to_owned()).collect();
    let report = export_by_segment(job, column, &known, &sink).expect("is written");
    (sink.files(), report)
}

fn text(files: &Files, name: &str) -> String {
    String::from_utf8(files[name].clone()).expect("is UTF-8")
}

#[test]
fn every_type_has_its_form() {
    let dictionary: DictionaryArray<Int32Type> = vec![Some("gold"), None].into_iter().collect();
    let rows = batch(vec![
        ("id", Arc::new(Int64Array::from(vec![Some(-7), None]))),
        ("name", texts(&[Some("O\"Neil, Ada"), Some(" spaced ")])),
        ("city", Arc::new(StringViewArray::from(vec![Some("Köln"), None]))),
        ("tier", Arc::new(dictionary)),
        ("vip", Arc::new(BooleanArray::from(vec![Some(true), Some(false)]))),
        ("share", Arc::new(Float64Array::from(vec![Some(0.1), None]))),
        ("day", Arc::new(Date32Array::from(vec![Some(20_484), None]))),
        (
            "at",
            Arc::new(
                TimestampMicrosecondArray::from(vec![Some(0), None]).with_timezone("Europe/Paris"),
            ),
        ),
        (
            "spent",
            Arc::new(
                Decimal128Array::from(vec![Some(-1_234), Some(5)])
                    .with_precision_and_scale(18, 2)
                    .expect("fits"),
            ),
        ),
    ]);
    let names = ["id", "name", "city", "tier", "vip", "share", "day", "at", "spent"];
    let (columns, batches) = (columns(&names), [rows]);
    let (files, report) = run(&Export::new(&batches, &columns, &CsvProfile::GENERIC, "all"));
    assert_eq!(
        text(&files, "all.csv"),
        "id,name,city,tier,vip,share,day,at,spent\n\
         -7,\"O\"\"Neil, Ada\",Köln,gold,true,0.1,2026-01-31,1970-01-01T00:00:00Z,-12.34\n\
         ,\" spaced \",,,false,,,,0.05\n"
    );
    assert_eq!((report.rows, report.neutralised.len(), report.segments.len()), (2, 0, 0));
}

#[test]
fn a_profile_decides_delimiter_marks_words_and_line_ends() {
    let rows = [batch(vec![
        ("vip", Arc::new(BooleanArray::from(vec![Some(true), None])) as ArrayRef),
        ("share", Arc::new(Float64Array::from(vec![Some(1.5), Some(-2.0)]))),
        ("name", texts(&[Some("a;b"), Some("a,b")])),
    ])];
    let columns = columns(&["vip", "share", "name"]);
    let profile = CsvProfile {
        delimiter: ';',
        line_ending: LineEnding::CrLf,
        bom: true,
        null: "#N/A".into(),
        true_word: "Yes".into(),
        decimal_mark: ',',
        ..CsvProfile::GENERIC
    };
    let (files, _) = run(&Export::new(&rows, &columns, &profile, "all"));
    assert_eq!(
        text(&files, "all.csv"),
        "\u{feff}vip;share;name\r\nYes;1,5;\"a;b\"\r\n#N/A;-2;a,b\r\n"
    );
}

#[test]
fn a_column_may_have_its_own_null_and_a_lone_blank_cell_is_a_row() {
    let rows = [batch(vec![("segment", texts(&[None, Some("vip")]))])];
    let mut columns = columns(&["segment"]);
    let (files, _) = run(&Export::new(&rows, &columns, &CsvProfile::GENERIC, "all"));
    assert_eq!(text(&files, "all.csv"), "segment\n\"\"\nvip\n");
    columns[0].null = Some("none".to_owned());
    let (files, _) = run(&Export::new(&rows, &columns, &CsvProfile::SALESFORCE, "all"));
    assert_eq!(text(&files, "all.csv"), "segment\nnone\nvip\n");
}

#[test]
fn telephone_numbers_and_keys_stay_and_free_text_does_not() {
    let rows = [batch(vec![
        ("phone", texts(&[Some("+34600111222"), Some("+cmd"), Some("+0123456789")])),
        ("key", texts(&[Some("a-1/B_2="), Some("user+x@example.org"), Some("Zürich 1")])),
        ("name", texts(&[Some("+34600111222"), Some("=cmd"), Some("ok")])),
    ])];
    let mut columns = columns(&["phone", "key", "name"]);
    columns[0].text = TextKind::Phone;
    columns[1].text = TextKind::Id;
    let (files, report) = run(&Export::new(&rows, &columns, &CsvProfile::GENERIC, "all"));
    assert_eq!(
        text(&files, "all.csv"),
        "phone,key,name\n\
         +34600111222,a-1/B_2=,34600111222\n\
         cmd,user+x@example.org,cmd\n\
         0123456789,Zürich 1,ok\n"
    );
    let expected = BTreeMap::from([("name".to_owned(), 2), ("phone".to_owned(), 2)]);
    assert_eq!(report.neutralised, expected);

    let (files, report) = run(&Export::new(&rows, &columns, &CsvProfile::SPREADSHEET, "all"));
    assert!(text(&files, "all.csv").contains("+34600111222,a-1/B_2=,'+34600111222\r\n"));
    assert_eq!(report.neutralised, expected);
}

#[test]
fn an_id_that_would_have_to_change_stops_the_export_without_showing_it() {
    for (id, profile) in [
        ("=x", CsvProfile::GENERIC),
        ("a\nb", CsvProfile::SPREADSHEET),
        ("-1", CsvProfile::GENERIC),
    ] {
        let first = batch(vec![("key", texts(&[Some("ok"), Some("fine")]))]);
        let rows = [first, batch(vec![("key", texts(&[Some("ok"), Some(id)]))])];
        let mut columns = columns(&["key"]);
        columns[0].text = TextKind::Id;
        let job = Export::new(&rows, &columns, &profile, "all");
        let error = export(&job, &MemorySink::default()).expect_err("stops");
        assert_eq!(
            error.to_string(),
            "column `key`, row 3: the id would have to be changed to be safe in a CSV file"
        );
    }
}

#[test]
fn numbers_without_a_text_and_unknown_types_are_errors() {
    let columns = columns(&["x"]);
    let fails = |array: ArrayRef| {
        let rows = [batch(vec![("x", array)])];
        let job = Export::new(&rows, &columns, &CsvProfile::GENERIC, "all");
        export(&job, &MemorySink::default()).expect_err("fails").to_string()
    };
    let not_finite = Arc::new(Float64Array::from(vec![1.0, f64::NAN]));
    assert_eq!(fails(not_finite), "column `x`, row 1: the number is not finite");
    let far = Arc::new(Date32Array::from(vec![i32::MAX]));
    assert_eq!(fails(far), "column `x`, row 0: the year is not in 0 to 9999");
    let bytes = Arc::new(arrow_array::BinaryArray::from(vec![b"x".as_slice()]));
    assert!(fails(bytes).starts_with("column `x` has type Binary, expected text, integer"));
}

#[test]
fn a_wrong_request_is_refused() {
    let rows = [batch(vec![("a", texts(&[Some("x")])), ("b", texts(&[Some("y")]))])];
    let fails = |columns: &[ExportColumn], profile: &CsvProfile, stem: &str| {
        let job = Export::new(&rows, columns, profile, stem);
        export(&job, &MemorySink::default()).expect_err("is refused").to_string()
    };
    let generic = CsvProfile::GENERIC;
    assert_eq!(
        fails(&columns(&["c"]), &generic, "all"),
        "column `c` is missing, the table has: a, b"
    );
    let named = |header| vec![ExportColumn::new("a", header)];
    assert_eq!(fails(&named(""), &generic, "all"), "header \"\" is empty");
    let like_formula = "header \"=a\" is like a formula or markup, or has control characters";
    assert_eq!(fails(&named("=a"), &generic, "all"), like_formula);
    assert_eq!(fails(&columns(&["a", "a"]), &generic, "all"), "header \"a\" is used twice");
    assert!(fails(&[], &generic, "all").contains("no column is asked for"));
    let narrow = CsvProfile { max_columns: Some(1), ..generic.clone() };
    assert!(fails(&columns(&["a", "b"]), &narrow, "all").contains("2 columns are too many"));
    for stem in ["", "a/b", "../a", "A", "a.b", "a-very-long-stem-1"] {
        assert!(fails(&columns(&["a"]), &generic, stem).contains("stem"), "{stem}");
    }
}

#[test]
fn each_segment_has_its_file_also_without_rows() {
    let segments = [Some("Früh & treu"), None, Some("VIP"), Some("Früh & treu")];
    let rows = [batch(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3, 4])) as ArrayRef),
        ("segment", texts(&segments)),
    ])];
    let columns = columns(&["id"]);
    let job = Export::new(&rows, &columns, &CsvProfile::GENERIC, "segment");
    let (files, report) = run_by(&job, "segment", &["Lost", "VIP"]);
    let contents: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), std::str::from_utf8(bytes).expect("is UTF-8")))
        .collect();
    assert_eq!(
        contents,
        [
            ("segment-fruh-treu.csv", "id\n1\n4\n"),
            ("segment-lost.csv", "id\n"),
            ("segment-none.csv", "id\n2\n"),
            ("segment-vip.csv", "id\n3\n"),
        ]
    );
    let named: Vec<(&str, u64)> =
        report.segments.iter().map(|s| (s.segment.as_str(), s.rows)).collect();
    assert_eq!(named, [("(none)", 1), ("Früh & treu", 2), ("Lost", 0), ("VIP", 1)]);
}

#[test]
fn a_column_with_too_many_values_names_no_segments() {
    let values: Vec<String> = (0..501).map(|i| format!("s{i}")).collect();
    let rows = [batch(vec![("s", Arc::new(StringArray::from(values)))])];
    let columns = columns(&["s"]);
    let job = Export::new(&rows, &columns, &CsvProfile::GENERIC, "all");
    let error = export_by_segment(&job, "s", &[], &MemorySink::default()).expect_err("refused");
    assert_eq!(error.to_string(), "column `s` has more than 500 segments");
}

#[test]
fn parts_are_cut_by_rows_and_numbered() {
    let rows = [batch(vec![("id", Arc::new(Int64Array::from_iter_values(1..=5)) as ArrayRef)])];
    let columns = columns(&["id"]);
    let limits = SplitLimits { max_rows: Some(2), max_bytes: None };
    let job = Export { limits, ..Export::new(&rows, &columns, &CsvProfile::GENERIC, "all") };
    let (files, report) = run(&job);
    assert_eq!(text(&files, "all-part-0001-of-0003.csv"), "id\n1\n2\n");
    assert_eq!(text(&files, "all-part-0002-of-0003.csv"), "id\n3\n4\n");
    assert_eq!(text(&files, "all-part-0003-of-0003.csv"), "id\n5\n");
    let parts: Vec<_> = report.files.iter().map(|f| (f.part, f.parts, f.rows)).collect();
    assert_eq!(parts, [(1, 3, 2), (2, 3, 2), (3, 3, 1)]);
}

#[test]
fn a_row_larger_than_a_file_is_an_error() {
    let rows = [batch(vec![("name", texts(&[Some("short"), Some("a long name")]))])];
    let columns = columns(&["name"]);
    let limits = SplitLimits { max_rows: None, max_bytes: Some(12) };
    let job = Export { limits, ..Export::new(&rows, &columns, &CsvProfile::GENERIC, "all") };
    let error = export(&job, &MemorySink::default()).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "row 1 and the header have 17 bytes, more than a file of 12 holds"
    );
}

#[test]
fn the_manifest_is_complete_and_success_comes_last() {
    let rows = [batch(vec![("id", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)])];
    let columns = columns(&["id"]);
    let job = Export::new(&rows, &columns, &CsvProfile::BRAZE, "all");
    let sink = Ordered::default();
    let report = export(&job, &sink).expect("is written");
    let facts = ManifestFacts {
        logical_date: "2026-01-31".to_owned(),
        snapshot_id: "2026-01-31-0123456789abcdef".to_owned(),
        previous_snapshot: None,
    };
    let manifest = seal(&report, &CsvProfile::BRAZE, &facts, &sink).expect("is sealed");
    assert_eq!(
        *sink.finished.borrow(),
        [
            ("all.csv".to_owned(), Some(2)),
            ("manifest.json".to_owned(), None),
            ("SHA256SUMS".to_owned(), None),
            ("_SUCCESS".to_owned(), None)
        ]
    );
    let files = sink.memory.files();
    let read: crate::ExportManifest =
        serde_json::from_slice(&files["manifest.json"]).expect("is a manifest");
    assert_eq!(read, manifest);
    assert_eq!((manifest.rows, manifest.bytes, manifest.profile.as_str()), (2, 7, "braze"));
    let sum = |name: &str| crate::manifest::hex(&Sha256::digest(&files[name]));
    let expected =
        format!("{}  all.csv\n{}  manifest.json\n", sum("all.csv"), sum("manifest.json"));
    assert_eq!(text(&files, "SHA256SUMS"), expected);
    // SHA-256 of "id\n1\n2\n", from coreutils.
    assert_eq!(
        manifest.files[0].sha256,
        "1d1c91d15ace6e21ea5f551e16e717f326992bdf800f6696628859be29b906bf"
    );
}

/// Remembers the order in which files are finished.
#[derive(Default)]
struct Ordered {
    memory: MemorySink,
    finished: std::cell::RefCell<Vec<(String, Option<u64>)>>,
}

struct OrderedFile<'s>(&'s Ordered, String, Box<dyn FileSink + 's>);

impl Sink for Ordered {
    fn create(&self, name: &str) -> io::Result<Box<dyn FileSink + '_>> {
        Ok(Box::new(OrderedFile(self, name.to_owned(), self.memory.create(name)?)))
    }
}

impl io::Write for OrderedFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.2.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.2.flush()
    }
}

impl FileSink for OrderedFile<'_> {
    fn finish(self: Box<Self>, rows: Option<u64>) -> io::Result<()> {
        self.0.finished.borrow_mut().push((self.1, rows));
        self.2.finish(rows)
    }
}

#[test]
fn a_sink_that_refuses_is_reported_with_the_file() {
    struct Full;
    impl Sink for Full {
        fn create(&self, _name: &str) -> io::Result<Box<dyn FileSink + '_>> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    let rows = [batch(vec![("id", Arc::new(Int64Array::from(vec![1])) as ArrayRef)])];
    let columns = columns(&["id"]);
    let job = Export::new(&rows, &columns, &CsvProfile::GENERIC, "all");
    let error = export(&job, &Full).expect_err("is refused");
    assert!(matches!(&error, ExportError::Write { file, .. } if file == "all.csv"), "{error}");
}

#[test]
fn spreadsheets_get_an_apostrophe() {
    assert_eq!(CsvProfile::SPREADSHEET.injection, Injection::Spreadsheet);
    let rows = [batch(vec![("name", texts(&[Some("=1+1")]))])];
    let columns = columns(&["name"]);
    let (files, _) = run(&Export::new(&rows, &columns, &CsvProfile::SPREADSHEET, "all"));
    assert_eq!(text(&files, "all.csv"), "\u{feff}name\r\n'=1+1\r\n");
}

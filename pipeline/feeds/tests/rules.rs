//! The rules of the reader, one by one, through its front door.

#![expect(clippy::unwrap_used, reason = "a test crate")]

#[expect(dead_code, unreachable_pub, reason = "shared by several test crates")]
mod support;

use idip_feeds::{
    ControlFile, CsvFormat, Delimiter, Encoding, FeedError, FeedFormat, FeedSpec, HeaderLine,
    RawColumn, RawKind,
};
use support::{Landed, land_bytes};

fn columns() -> Vec<RawColumn> {
    let zone = Some("Europe/Berlin".to_owned());
    vec![
        RawColumn::required("id", RawKind::Text),
        RawColumn::optional("n", RawKind::Integer),
        RawColumn::optional("amount", RawKind::Decimal),
        RawColumn::optional("day", RawKind::Date { format: None }),
        RawColumn::optional("at", RawKind::Timestamp { format: None, zone }),
        RawColumn::optional("ok", RawKind::Boolean),
    ]
}

fn csv_spec(csv: CsvFormat, columns: Vec<RawColumn>) -> FeedSpec {
    FeedSpec::new(FeedFormat::Csv(csv), columns)
}

fn csv(text: &str) -> Landed {
    land_bytes(text.as_bytes(), &csv_spec(CsvFormat::default(), columns()), 2).unwrap()
}

fn json(text: &str) -> Landed {
    land_bytes(text.as_bytes(), &FeedSpec::new(FeedFormat::JsonLines, columns()), 2).unwrap()
}

fn csv_error(bytes: &[u8]) -> String {
    let spec = csv_spec(CsvFormat::default(), columns());
    land_bytes(bytes, &spec, 2).unwrap_err().to_string()
}

fn texts(values: &[&str]) -> Vec<Option<String>> {
    values.iter().map(|&text| (text != "-").then(|| text.to_owned())).collect()
}

#[test]
fn each_kind_is_typed_and_every_row_is_accounted_for() {
    let landed = csv("\u{feff}ok,day,secret,id,amount,n,at\n\
        yes,2021-03-28,x, a ,-1.5, 7 ,2021-03-28 02:30:00\n\
        \n\
        , ,x,\"b\n\"\"c\"\"\",,,\n\
        0,1970-01-02,x,d,0.000001,-0,2021-10-31T02:30Z\r\n\
        \t\n\
        f,,x,e,,,2021-10-31 02:30");

    assert_eq!(landed.column("id"), texts(&[" a ", "b\n\"c\"", "d", "e"]));
    assert_eq!(landed.column("n"), texts(&["7", "-", "0", "-"]));
    assert_eq!(landed.column("amount"), texts(&["-1500000", "-", "1", "-"]));
    assert_eq!(landed.column("day"), texts(&["18714", "-", "1", "-"]));
    assert_eq!(
        landed.column("at"),
        texts(&["2021-03-28T01:30:00Z", "-", "2021-10-31T02:30:00Z", "2021-10-31T00:30:00Z"])
    );
    assert_eq!(landed.column("ok"), texts(&["true", "-", "false", "false"]));
    assert_eq!(landed.column("_line"), texts(&["2", "4", "6", "8"]));
    assert_eq!(
        landed.batches.iter().map(arrow_array::RecordBatch::num_rows).collect::<Vec<_>>(),
        [2, 2]
    );
    let names: Vec<_> =
        landed.batches[0].schema().fields().iter().map(|it| it.name().clone()).collect();
    assert_eq!(names, ["id", "n", "amount", "day", "at", "ok", "_line"]);
    let report = &landed.report;
    assert_eq!((report.rows_read, report.rows_kept, report.blank_lines), (4, 4, 2));
    assert_eq!((report.dst_shifted, report.dst_folded), (1, 1));
    assert!(report.ends_mid_line);
}

#[test]
fn a_bad_row_is_one_reject_and_its_leftmost_problem_decides() {
    let landed = csv("id,n,amount,day,at,ok\n\
        a,17850.0,1e5,,,\n\
        b,,inf,2020-02-30,,\n\
        c,,1.1234567,,,\n\
        d,,1000000000000000000,,,\n\
        e,,,31.12.2020,,\n\
        f,,,,2020-01-01,\n\
        g,,,,,maybe\n\
        ,1,,,,\n\
        h,1\n\
        i,1,,,,,,\n\
        j\0k,1,,,,\n\
        \"Earl\" Grey,1,,,,\n\
        ann@example.org,x7,,,,\n\
        z,1,1,1970-01-01,,1\n");

    assert_eq!(
        landed.told(),
        [
            (2, Some("n"), "integer_has_decimals", "99999.9"),
            (3, Some("amount"), "not_a_number", "aaa"),
            (4, Some("amount"), "too_many_decimals", "9.9999999"),
            (5, Some("amount"), "out_of_range", "999999999999"),
            (6, Some("day"), "not_a_date", "99.99.9999"),
            (7, Some("at"), "not_a_timestamp", "9999-99-99"),
            (8, Some("ok"), "not_a_boolean", "aaaaa"),
            (9, Some("id"), "missing_required", ""),
            (10, None, "too_few_fields", "2"),
            (11, None, "too_many_fields", "8"),
            (12, Some("id"), "nul_byte", "a?a"),
            (13, None, "stray_quote", ""),
            (14, Some("n"), "not_a_number", "a9"),
        ]
    );
    assert_eq!(landed.column("id"), texts(&["z"]));
    assert_eq!(landed.report.rows_read, 14);
    assert_eq!(landed.report.rows_rejected, 13);
}

#[test]
fn an_encoding_is_what_is_declared() {
    let columns = || vec![RawColumn::required("name", RawKind::Text)];
    let latin = CsvFormat { encoding: Encoding::Windows1252, ..CsvFormat::default() };
    let bytes = b"name\nZo\xEB \x80\n";

    let landed = land_bytes(bytes, &csv_spec(latin.clone(), columns()), 9).unwrap();
    assert_eq!(landed.column("name"), texts(&["Zoë €"]));
    let landed = land_bytes(bytes, &csv_spec(CsvFormat::default(), columns()), 9).unwrap();
    assert_eq!(landed.told(), [(2, Some("name"), "not_utf8", "aa? ?")]);
    let error = land_bytes(b"\xEF\xBB\xBFname\n", &csv_spec(latin, columns()), 9).unwrap_err();
    assert_eq!(
        error.to_string(),
        "feed `feed` is not what is declared: expected windows-1252 (latin-1) text, \
         found UTF-8 text (byte-order mark)"
    );
}

#[test]
fn numbers_and_null_tokens_are_as_declared() {
    let format = CsvFormat {
        delimiter: Delimiter::Byte(b';'),
        decimal_comma: true,
        grouping: Some('.'),
        header: HeaderLine::Names(vec!["id".into(), "x".into(), "amount".into()]),
        ..CsvFormat::default()
    };
    let mut spec = csv_spec(
        format,
        vec![
            RawColumn::optional("amount", RawKind::Decimal),
            RawColumn::optional("id", RawKind::Text),
        ],
    );
    spec.null_tokens = vec!["N/A".into(), "\\N".into()];
    let landed = land_bytes(b"1;;1.234,5\n2;; N/A \n\\N;;,5\n;;1.5\n", &spec, 9).unwrap();
    assert_eq!(landed.column("amount"), texts(&["1234500000", "-", "500000"]));
    assert_eq!(landed.column("id"), texts(&["1", "2", "-"]));
    assert_eq!(landed.told(), [(4, Some("amount"), "not_a_number", "9.9")]);
}

#[test]
fn json_values_are_read_from_their_digits_and_by_path() {
    let columns = vec![
        RawColumn::required("customer.id", RawKind::Text),
        RawColumn::optional("amount", RawKind::Decimal),
        RawColumn::optional("ok", RawKind::Boolean),
        RawColumn::optional("customer.n.o", RawKind::Integer),
        RawColumn::optional("nowhere", RawKind::Text),
    ];
    let spec = FeedSpec::new(FeedFormat::JsonLines, columns);
    let landed = land_bytes(
        br#"{"customer":{"id":12345678901234567890,"n":{"o":"7"}},"amount":0.1,"ok":true,"x":[{}]}

{"customer.id":"a\u00e9\"","amount":"12.34","ok":null}
{"customer":{"id":"c","n.o":-1},"ok":0}
{"customer":{"id":"d","n":null}}"#,
        &spec,
        9,
    )
    .unwrap();
    assert_eq!(landed.told(), []);
    assert_eq!(landed.column("customer.id"), texts(&["12345678901234567890", "aé\"", "c", "d"]));
    assert_eq!(landed.column("amount"), texts(&["100000", "12340000", "-", "-"]));
    assert_eq!(landed.column("ok"), texts(&["true", "-", "false", "-"]));
    assert_eq!(landed.column("customer.n.o"), texts(&["7", "-", "-1", "-"]));
    assert_eq!(landed.column("_line"), texts(&["1", "3", "4", "5"]));
    assert_eq!(landed.report.columns_never_seen, ["nowhere"]);
    assert_eq!(landed.report.blank_lines, 1);
}

#[test]
fn a_bad_json_line_is_one_reject() {
    let landed = json(
        "{\"id\":\"a\",\"n\":1,\"n\":1}\n{\"id\":\n[1]\n{\"id\":{}}\n{\"id\":\"b\",\"n\":1e3}\n\
         {\"id\":\"c\",\"n\":true}\n{\"id\":\"\\u0000\"}\n{\"id\":\" \"}\n{}\n{\"id\":\"\\ud800\"}\n\
         {\"id\":\"x\"} {}\n{\"id\":\"a\0\"}\n{\"id\":\"z\",\"n\":2.0}\n{\"id\":\"z\"}\n",
    );
    assert_eq!(
        landed.told(),
        [
            (1, None, "duplicate_key", ""),
            (2, None, "bad_json", ""),
            (3, None, "wrong_type", ""),
            (4, Some("id"), "wrong_type", ""),
            (5, Some("n"), "not_a_number", "9a9"),
            (6, Some("n"), "wrong_type", ""),
            (7, Some("id"), "nul_byte", ""),
            (8, Some("id"), "missing_required", " "),
            (9, Some("id"), "missing_required", ""),
            (10, Some("id"), "bad_json", ""),
            (11, None, "bad_json", ""),
            (12, None, "nul_byte", ""),
            (13, Some("n"), "integer_has_decimals", "9.9"),
        ]
    );
    assert_eq!(landed.report.rows_kept, 1);
}

#[test]
fn a_path_written_in_two_ways_is_a_duplicate_and_a_scalar_is_no_object() {
    let spec =
        FeedSpec::new(FeedFormat::JsonLines, vec![RawColumn::optional("a.b", RawKind::Integer)]);
    let lines = b"{\"a.b\":1,\"a\":{\"b\":1}}\n{\"a\":3}\n{\"a\":{\"c\":1,\"c\":1}}\n{\"ab\":1}\n";
    let landed = land_bytes(lines, &spec, 9).unwrap();
    assert_eq!(
        landed.told(),
        [
            (1, Some("a.b"), "duplicate_key", ""),
            (2, Some("a.b"), "wrong_type", ""),
            (3, None, "duplicate_key", ""),
        ]
    );
}

#[test]
fn a_file_that_cannot_be_a_feed_is_refused_by_name() {
    assert_eq!(csv_error(b""), "feed `feed` is empty: expected UTF-8 text, found 0 bytes");
    assert_eq!(
        csv_error(b"\xEF\xBB\xBF"),
        "feed `feed` is empty: expected UTF-8 text, found 3 bytes"
    );
    assert_eq!(csv_error(b" \n\n"), "feed `feed` is empty: expected a header line, found 3 bytes");
    assert_eq!(
        csv_error(b"PK\x03\x04rest"),
        "feed `feed` is not what is declared: expected UTF-8 text, \
         found a ZIP archive (an .xlsx workbook is one)"
    );
    assert_eq!(
        csv_error(b"\n\"id\"x,n\n"),
        "feed `feed`, line 2: the header cannot be read: stray_quote"
    );
    assert_eq!(csv_error(b"i\0d\n"), "feed `feed`, line 1: the header cannot be read: nul_byte");
    assert_eq!(
        csv_error(b"id,n,amount,day,at,ok\na,1,,,,\nb,\"1,,,\n,\n"),
        "feed `feed`, line 3: a quote opened in the row that starts here is never closed: \
         the file is cut, or the quote is stray"
    );
    assert_eq!(
        csv_error(b"id,n,Amount,day,at\n"),
        "feed `feed`: column `amount` is missing, did you mean `Amount`?; \
         column `ok` is missing; found 5 columns: `id`, `n`, `Amount`, `day`, `at`"
    );
    let landed = csv("id,n,amount,day,at,ok\n");
    assert_eq!((landed.report.rows_read, landed.batches.len()), (0, 0));
}

#[test]
fn what_is_longer_than_the_caps_is_rejected_and_what_follows_is_read() {
    let long = "x".repeat((1 << 20) + 1);
    let wide = "y,".repeat(9 << 20);
    let head = "id,n,amount,day,at,ok\n";
    let landed = csv(&format!("{head}{long},1,,,,\n\"{long}\",1,,,,\n{wide}\na,1,,,,\n"));
    assert_eq!(
        landed.told(),
        [
            (2, None, "field_too_long", ""),
            (3, None, "field_too_long", ""),
            (4, None, "record_too_long", ""),
        ]
    );
    assert_eq!(landed.column("_line"), texts(&["5"]));
    let landed = json(&format!("{{\"id\":\"{long}\"}}\n{{\"{wide}\":1}}\n{{\"id\":\"a\"}}\n"));
    assert_eq!(
        landed.told(),
        [(1, Some("id"), "field_too_long", ""), (2, None, "record_too_long", "")]
    );
    assert_eq!(landed.column("_line"), texts(&["3"]));
}

#[test]
fn totals_count_rejected_rows_and_match_the_control_file() {
    let mut spec = csv_spec(CsvFormat::default(), columns());
    let control = ControlFile::parse("rows=5\ntotal.amount=6.75\ntotal.n=3").unwrap();
    spec.totals = control.total_columns();
    // The second row is rejected for its day: its amount counts, as the sender counted it.
    let text = "id,n,amount,day,at,ok\na,1,1.5,,,\nb,2,3,x,,\nc,x,,,,\nd,,2.25,,,\ne,1\n";
    let landed = land_bytes(text.as_bytes(), &spec, 9).unwrap();
    let figures = landed.report.figures();
    assert_eq!(control.check("feed".as_ref(), &figures).map_err(|it| it.to_string()), Ok(()));
    let unread: Vec<_> = figures.totals.iter().map(|it| it.n_unread).collect();
    assert_eq!(unread, [2, 1], "of `n` the word and the short row, of `amount` the short row");

    let more = ControlFile::parse("rows=6\ntotal.amount=6.76").unwrap();
    assert_eq!(
        more.check("feed".as_ref(), &figures).unwrap_err().to_string(),
        "feed `feed` does not match its control file: expected 6 rows, found 5; \
         expected 6.76 in column `amount`, found 6.75 and 1 values that cannot be read"
    );
}

#[test]
fn what_the_caller_cannot_take_stops_the_reading() {
    let spec = csv_spec(CsvFormat::default(), vec![RawColumn::optional("a", RawKind::Integer)]);
    let error = idip_feeds::land_from(
        &mut &b"a\n1\n2\n"[..],
        "feed".as_ref(),
        &spec,
        1,
        &mut |_| Err("disk full".into()),
        &mut |_| Ok(()),
    )
    .unwrap_err();
    assert!(matches!(&error, FeedError::Sink { source, .. } if source.to_string() == "disk full"));
    let error = support::land_file("nowhere.csv".as_ref(), &spec, 1).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `nowhere.csv`");
}

#[test]
fn no_message_holds_a_value_of_the_feed() {
    let secret = "quentin.zork@corvid.test";
    let head = "id,n,amount,day,at,ok\n";
    for text in [
        format!("{secret},5,1,1,1,1\n"),
        format!("{head}{secret},\"1,,,,\n"),
        format!("\"{secret}\"x\n"),
    ] {
        let error = csv_error(text.as_bytes());
        assert!(
            !error.contains("quentin") && !error.contains("zork") && !error.contains("corvid"),
            "{error}"
        );
    }
    let landed = csv(&format!("{head}{secret},{secret},,,,\n\"{secret}\" x,,,,,\n"));
    assert_eq!(landed.rejects.len(), 2);
    assert!(!format!("{:?}", landed.rejects).contains("quentin"));
}

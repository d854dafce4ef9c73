//! Published files, dirt included, are read in full.
//!
//! Row counts and sums are those of the publishers, see the README beside the files.

#![expect(clippy::expect_used, reason = "a test crate")]

#[expect(dead_code, unreachable_pub, reason = "shared by several test crates")]
mod support;

use std::collections::BTreeSet;

use idip_feeds::{CsvFormat, Delimiter, FeedFormat, FeedSpec, HeaderLine, RawColumn, RawKind};
use support::{Landed, land_file, shared_data};

fn spec(csv: CsvFormat, columns: &[(&str, RawKind)]) -> FeedSpec {
    let columns = columns.iter().map(|(name, kind)| RawColumn::optional(*name, kind.clone()));
    FeedSpec::new(FeedFormat::Csv(csv), columns.collect())
}

fn read(file: &str, spec: &FeedSpec) -> Option<Landed> {
    let path = shared_data()?.join(file);
    let landed = land_file(&path, spec, 8192).expect("a good feed");
    assert_eq!(landed.told(), [], "no row of {file} is rejected");
    Some(landed)
}

fn day(format: &str) -> RawKind {
    RawKind::Date { format: Some(format.to_owned()) }
}

#[test]
fn cdnow_is_split_by_runs_of_blanks() {
    let blanks = CsvFormat { delimiter: Delimiter::Whitespace, ..CsvFormat::default() };
    let columns = [
        ("customer_id", RawKind::Text),
        ("date", day("%Y%m%d")),
        ("number_of_cds", RawKind::Integer),
        ("dollar_value", RawKind::Decimal),
    ];
    let mut master = spec(blanks.clone(), &columns);
    master.totals = vec!["dollar_value".into()];
    let Some(landed) = read("cdnow/CDNOW_master.txt", &master) else { return };
    assert_eq!(landed.report.rows_kept, 69_659);
    assert_eq!(landed.report.totals[0].sum.to_string(), "2500315.63");
    assert_eq!(
        landed.report.sha256,
        "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef"
    );
    assert_eq!(landed.column("customer_id").iter().collect::<BTreeSet<_>>().len(), 23_570);

    let names = ["master_id", "customer_id", "date", "number_of_cds", "dollar_value"];
    let header = HeaderLine::Names(names.iter().map(|&name| name.to_owned()).collect());
    let sample = spec(CsvFormat { header, ..blanks }, &columns);
    let Some(landed) = read("cdnow/CDNOW_sample.txt", &sample) else { return };
    assert_eq!(landed.report.rows_kept, 6_919);
    assert_eq!(landed.column("customer_id").iter().collect::<BTreeSet<_>>().len(), 2_357);
}

#[test]
fn customer_personality_has_a_byte_order_mark_and_semicolons() {
    let format = CsvFormat { delimiter: Delimiter::Byte(b';'), ..CsvFormat::default() };
    let columns = [
        ("ID", RawKind::Integer),
        ("Income", RawKind::Decimal),
        ("Dt_Customer", RawKind::Date { format: None }),
        ("Response", RawKind::Boolean),
    ];
    let file = "customer_personality/marketing_campaign.csv";
    let Some(landed) = read(file, &spec(format, &columns)) else { return };
    assert_eq!(landed.report.rows_kept, 2_240);
    assert!(landed.report.ends_mid_line);
    assert_eq!(landed.column("Income").iter().filter(|it| it.is_none()).count(), 24);
    let days = landed.column("Dt_Customer");
    // 2012-07-30 and 2014-06-29.
    assert_eq!(days.iter().flatten().min().map(String::as_str), Some("15551"));
    assert_eq!(days.iter().flatten().max().map(String::as_str), Some("16250"));
}

#[test]
fn febrl_has_a_blank_after_every_comma() {
    let columns = [
        ("rec_id", RawKind::Text),
        ("given_name", RawKind::Text),
        ("soc_sec_id", RawKind::Integer),
    ];
    let febrl = spec(CsvFormat::default(), &columns);
    for (file, rows) in [("dataset1", 1_000), ("dataset2", 5_000), ("dataset3", 5_000)] {
        let Some(landed) = read(&format!("febrl/{file}.csv"), &febrl) else { return };
        assert_eq!(landed.report.rows_kept, rows, "{file}");
        assert!(landed.column("soc_sec_id").iter().all(Option::is_some), "{file}");
        let names = landed.column("given_name");
        assert!(names.iter().flatten().all(|name| name.starts_with(' ')), "kept as it is");
        assert!(names.iter().any(Option::is_none), "a single blank is no value");
    }
}

#[test]
fn impossible_birth_dates_of_febrl_are_rejected_and_no_other() {
    let Some(data) = shared_data() else { return };
    let dates = spec(CsvFormat::default(), &[("date_of_birth", day("%Y%m%d"))]);
    for (file, rows, impossible) in
        [("dataset1", 1_000, 3), ("dataset2", 5_000, 10), ("dataset3", 5_000, 35)]
    {
        let path = data.join(format!("febrl/{file}.csv"));
        let landed = land_file(&path, &dates, 8192).expect("a good feed");
        assert_eq!(landed.report.rows_read, rows);
        assert_eq!(landed.report.rows_rejected, impossible, "{file}");
        assert!(landed.told().iter().all(|it| (it.2, it.3) == ("not_a_date", " 99999999")));
    }
}

#[test]
fn small_published_tables_are_read_in_full() {
    let scores = [("respondent", RawKind::Integer), ("q10", RawKind::Integer)];
    let file = "csat_yellow_pages/customer_sat.csv";
    let Some(landed) = read(file, &spec(CsvFormat::default(), &scores)) else { return };
    assert_eq!(landed.report.rows_kept, 1_811);

    let truth = [("ID", RawKind::Integer), ("t_x", RawKind::Decimal), ("zbar", RawKind::Decimal)];
    let file = "cdnow/cdnow_sample_rfm_39_weeks.csv";
    let Some(landed) = read(file, &spec(CsvFormat::default(), &truth)) else { return };
    assert_eq!(landed.report.rows_kept, 2_357);
}

//! Rows a second from text to batches.

use std::path::Path;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use idip_feeds::{CsvFormat, FeedFormat, FeedSpec, RawColumn, RawKind, land_from};

const N_ROWS: usize = 200_000;

fn main() {
    divan::main();
}

/// A till's lines: who, what, when, how many, how much.
fn columns(time: RawKind) -> Vec<RawColumn> {
    vec![
        RawColumn::optional("customer_id", RawKind::Text),
        RawColumn::required("product_id", RawKind::Integer),
        RawColumn::required("time", time),
        RawColumn::required("quantity", RawKind::Integer),
        RawColumn::required("amount", RawKind::Decimal),
    ]
}

fn rows(line: impl Fn(&mut String, usize, &str, i64)) -> String {
    let mut text = String::new();
    for i in 0..N_ROWS {
        // Knuth's multiplicative hash spreads the values without a generator.
        let n = (i * 2_654_435_761) % 1_000_000;
        let time =
            format!("2021-{:02}-{:02} {:02}:{:02}:17", n % 12 + 1, n % 28 + 1, n % 24, n % 60);
        line(&mut text, n, &time, (n % 20_000) as i64);
    }
    text
}

fn iso() -> RawKind {
    RawKind::Timestamp { format: None, zone: Some("Europe/London".into()) }
}

fn csv(quote: &str) -> String {
    rows(|text, n, time, cents| {
        let (whole, part) = (cents / 100, cents % 100);
        let line = format!(
            "{quote}C{n:07}{quote},{n},{quote}{time}{quote},{},{quote}a remark{quote},{whole}.{part:02}",
            n % 9
        );
        text.push_str(&line);
        text.push('\n');
    })
}

fn run(bencher: Bencher<'_, '_>, text: &str, spec: &FeedSpec) {
    bencher.counter(ItemsCount::new(N_ROWS)).counter(BytesCount::of_str(text)).bench(|| {
        let path = Path::new("bench");
        let mut n_rows = 0;
        let report = land_from(
            &mut text.as_bytes(),
            path,
            spec,
            8192,
            &mut |batch| {
                n_rows += batch.num_rows();
                Ok(())
            },
            &mut |reject| Err(reject.reason.code().into()),
        );
        assert_eq!((report.map(|it| it.rows_kept).ok(), n_rows), (Some(N_ROWS as u64), N_ROWS));
    });
}

const HEADER: &str = "customer_id,product_id,time,quantity,remark,amount\n";

#[divan::bench]
fn plain_csv(bencher: Bencher<'_, '_>) {
    let spec = FeedSpec::new(FeedFormat::Csv(CsvFormat::default()), columns(iso()));
    run(bencher, &(HEADER.to_owned() + &csv("")), &spec);
}

#[divan::bench]
fn quoted_csv(bencher: Bencher<'_, '_>) {
    let spec = FeedSpec::new(FeedFormat::Csv(CsvFormat::default()), columns(iso()));
    run(bencher, &(HEADER.to_owned() + &csv("\"")), &spec);
}

#[divan::bench]
fn csv_with_a_time_format(bencher: Bencher<'_, '_>) {
    let time = RawKind::Timestamp {
        format: Some("%Y-%m-%d %H:%M:%S".into()),
        zone: Some("Europe/London".into()),
    };
    let spec = FeedSpec::new(FeedFormat::Csv(CsvFormat::default()), columns(time));
    run(bencher, &(HEADER.to_owned() + &csv("")), &spec);
}

#[divan::bench]
fn json_lines(bencher: Bencher<'_, '_>) {
    let spec = FeedSpec::new(FeedFormat::JsonLines, columns(iso()));
    let text = rows(|text, n, time, cents| {
        let (whole, part) = (cents / 100, cents % 100);
        let line = format!(
            r#"{{"customer_id":"C{n:07}","product_id":{n},"time":"{time}","quantity":{},"remark":"a remark","amount":{whole}.{part:02}}}"#,
            n % 9
        );
        text.push_str(&line);
        text.push('\n');
    });
    run(bencher, &text, &spec);
}

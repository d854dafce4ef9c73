//! Laws of the reader.

#![expect(clippy::expect_used, clippy::panic, reason = "a test crate")]

#[expect(dead_code, unreachable_pub, reason = "shared by several test crates")]
mod support;

use std::io::Read;

use idip_feeds::{
    CsvFormat, Delimiter, Encoding, FeedFormat, FeedSpec, RawColumn, RawKind, land_from,
};
use proptest::prelude::*;
use support::land_bytes;

fn every_kind() -> Vec<RawColumn> {
    vec![
        RawColumn::optional("t", RawKind::Text),
        RawColumn::optional("i", RawKind::Integer),
        RawColumn::required("d", RawKind::Decimal),
        RawColumn::optional("day", RawKind::Date { format: Some("%Y%m%d".into()) }),
        RawColumn::optional(
            "at",
            RawKind::Timestamp { format: None, zone: Some("America/New_York".into()) },
        ),
        RawColumn::optional("b", RawKind::Boolean),
    ]
}

fn formats() -> impl Strategy<Value = FeedFormat> {
    prop_oneof![
        Just(FeedFormat::JsonLines),
        csv_formats().prop_map(FeedFormat::Csv),
        Just(FeedFormat::Csv(CsvFormat {
            delimiter: Delimiter::Whitespace,
            ..CsvFormat::default()
        })),
    ]
}

fn csv_formats() -> impl Strategy<Value = CsvFormat> {
    (
        prop::sample::select(b",;\t|^".to_vec()),
        prop::sample::select(b"\"'".to_vec()),
        prop::sample::select(vec![Encoding::Utf8, Encoding::Windows1252]),
        any::<bool>(),
    )
        .prop_map(|(delimiter, quote, encoding, decimal_comma)| CsvFormat {
            delimiter: Delimiter::Byte(delimiter),
            quote: Some(quote),
            encoding,
            decimal_comma,
            ..CsvFormat::default()
        })
}

/// Pieces that come near to a feed, so that most of the code is reached.
fn feed_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            &b"t,i,d,day,at,b\n"[..],
            b"a,1,2.5,20200101,2020-01-01 10:00,1\n",
            b",",
            b"\"",
            b"\n",
            b"\r\n",
            b"\r",
            b" ",
            b"\xEF\xBB\xBF",
            b"\0",
            b"\xC3",
            b"1e5",
            b"-",
            b"{\"d\":1}\n",
            b"{\"d\":1,\"t\":",
            b"}",
            b"\\",
            b"t i d day at b\n",
            b"x 1 2 20200101 a 1\n",
            b"t;i;d;day;at;b\n",
            b";",
            b"'",
            b"'a\n';",
        ])
        .prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 0..5),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// A reader that gives a few bytes at a time.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = self.1.min(into.len());
        self.0.read(&mut into[..n])
    }
}

/// The text of a field, quoted where the format needs it.
fn field(text: &str, format: &CsvFormat) -> String {
    let quote = char::from(format.quote.expect("a quote"));
    let Delimiter::Byte(delimiter) = format.delimiter else { panic!("one byte") };
    let is_plain = !text.contains([quote, char::from(delimiter), '\n', '\r']);
    if is_plain {
        return text.to_owned();
    }
    let doubled = text.replace(quote, &format!("{quote}{quote}"));
    format!("{quote}{doubled}{quote}")
}

/// Values of one row: text, whole number, millionths, day, microseconds, truth.
type Row = (Option<String>, Option<i64>, i64, Option<i64>, Option<i64>, Option<bool>);

fn row() -> impl Strategy<Value = Row> {
    (
        // All of these are in windows-1252 too; blank text alone would mean "no value".
        prop::option::of("[a-zA-Z0-9éß€,;|\t^\"'\n\r -]{0,8}[a-zé\"']"),
        any::<Option<i64>>(),
        any::<i64>(),
        prop::option::of(-700_000_i64..2_900_000),
        prop::option::of(-50_000_000_000_000_000_i64..200_000_000_000_000_000),
        any::<Option<bool>>(),
    )
}

fn written(row: &Row, format: &CsvFormat, ends: &str) -> String {
    let (text, integer, millionths, day, micros, truth) = row;
    let sign = if *millionths < 0 { "-" } else { "" };
    let size = millionths.unsigned_abs();
    let mark = if format.decimal_comma { ',' } else { '.' };
    let decimal = format!("{sign}{}{mark}{:06}", size / 1_000_000, size % 1_000_000);
    let date = |day: i64| {
        let epoch = jiff::civil::date(1970, 1, 1);
        epoch.checked_add(jiff::Span::new().days(day)).expect("in range").strftime("%Y%m%d")
    };
    let instant = |micros: i64| {
        let it = jiff::Timestamp::from_microsecond(micros).expect("in range");
        it.display_with_offset(jiff::tz::offset(3)).to_string()
    };
    let texts = [
        text.clone().unwrap_or_default(),
        integer.map(|it| it.to_string()).unwrap_or_default(),
        decimal,
        day.map(|it| date(it).to_string()).unwrap_or_default(),
        micros.map(instant).unwrap_or_default(),
        truth.map(|it| it.to_string()).unwrap_or_default(),
    ];
    let fields: Vec<_> = texts.iter().map(|it| field(it, format)).collect();
    let Delimiter::Byte(delimiter) = format.delimiter else { panic!("one byte") };
    fields.join(&char::from(delimiter).to_string()) + ends
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_read_without_panic_and_every_row_is_accounted_for(
        bytes in feed_bytes(), format in formats(), step in 1_usize..7,
    ) {
        let mut spec = FeedSpec::new(format, every_kind());
        spec.totals = vec!["d".into()];
        let whole = land_bytes(&bytes, &spec, 3);
        let mut rows = (0, 0);
        let report = land_from(
            &mut Trickle(&bytes, step), "feed".as_ref(), &spec, 3,
            &mut |batch| { rows.0 += batch.num_rows() as u64; Ok(()) },
            &mut |_| { rows.1 += 1; Ok(()) },
        );
        match (whole, report) {
            (Ok(whole), Ok(report)) => {
                prop_assert_eq!(&whole.report, &report, "chunks of bytes do not matter");
                prop_assert_eq!(rows, (report.rows_kept, report.rows_rejected));
                prop_assert_eq!(report.rows_read, report.rows_kept + report.rows_rejected);
                prop_assert_eq!(report.bytes, bytes.len() as u64);
                let lines: Vec<u64> = whole.rejects.iter().map(|it| it.line).collect();
                prop_assert!(lines.is_sorted(), "{lines:?}");
            }
            (Err(whole), Err(part)) => prop_assert_eq!(whole.to_string(), part.to_string()),
            (whole, part) => prop_assert!(false, "{whole:?} but {part:?}"),
        }
    }

    #[test]
    fn any_table_written_in_any_format_reads_back_equal(
        rows in prop::collection::vec(row(), 0..12),
        format in csv_formats(),
        ends in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        batch_rows in 1_usize..5,
    ) {
        let Delimiter::Byte(delimiter) = format.delimiter else { panic!("one byte") };
        let header = ["t", "i", "d", "day", "at", "b"].join(&char::from(delimiter).to_string());
        let text: String = [header + ends]
            .into_iter().chain(rows.iter().map(|row| written(row, &format, ends))).collect();
        let bytes = match format.encoding {
            Encoding::Utf8 => text.clone().into_bytes(),
            Encoding::Windows1252 => encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
        };

        let landed = land_bytes(
            &bytes, &FeedSpec::new(FeedFormat::Csv(format), every_kind()), batch_rows,
        ).expect("a good feed");

        prop_assert_eq!(landed.told(), vec![]);
        let text = |it: i64| it.to_string();
        prop_assert_eq!(landed.column("t"), rows.iter().map(|it| it.0.clone()).collect::<Vec<_>>());
        prop_assert_eq!(landed.column("i"), rows.iter().map(|it| it.1.map(text)).collect::<Vec<_>>());
        prop_assert_eq!(landed.column("d"), rows.iter().map(|it| Some(text(it.2))).collect::<Vec<_>>());
        prop_assert_eq!(landed.column("day"), rows.iter().map(|it| it.3.map(text)).collect::<Vec<_>>());
        let instant = |it: i64| jiff::Timestamp::from_microsecond(it).expect("in range").to_string();
        prop_assert_eq!(
            landed.column("at"), rows.iter().map(|it| it.4.map(instant)).collect::<Vec<_>>()
        );
        prop_assert_eq!(
            landed.column("b"),
            rows.iter().map(|it| it.5.map(|b| b.to_string())).collect::<Vec<_>>()
        );
    }
}

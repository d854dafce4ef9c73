//! Finds the records and fields of separated text (RFC 4180).
//!
//! Quoting is strict where leniency would swallow rows: text after a closing quote makes its record
//! bad, and reading goes on at the next physical line. So a stray quote costs one row, and the rows
//! that it would have swallowed are read.

use std::ops::Range;

use crate::fields::Fields;
use crate::source::line_end;
use crate::{CsvFormat, Delimiter, RejectReason};

/// Longest field, in bytes.
pub(crate) const FIELD_BYTES_MAX: usize = 1 << 20;
/// Longest record, in bytes; what is longer is refused before its end is found.
pub(crate) const RECORD_BYTES_MAX: usize = 16 << 20;

/// What stands at the start of the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Split {
    /// A record that takes up that many bytes and physical lines.
    Record { bytes: usize, lines: u64 },
    /// A line of nothing or blanks.
    Blank { bytes: usize },
    /// A record that cannot be kept; without `bytes` and `lines`, only its first line is left.
    Bad { reason: RejectReason, extent: Option<(usize, u64)> },
    /// More bytes are needed.
    More,
    /// The bytes end inside quotes.
    Unclosed,
}

/// Splits bytes into records of one format.
#[derive(Debug)]
pub(crate) struct Splitter {
    delimiter: Delimiter,
    quote: Option<u8>,
    /// Bytes that end an unquoted field.
    ends_field: [bool; 256],
}

enum Quoted {
    /// The field with its quotes and the blanks around ends here.
    Closed {
        end: usize,
        content: Range<usize>,
        has_doubled: bool,
    },
    Other(Split),
}

impl Splitter {
    pub(crate) fn new(format: &CsvFormat) -> Self {
        let mut ends_field = [false; 256];
        ends_field[usize::from(b'\n')] = true;
        ends_field[usize::from(b'\r')] = true;
        match format.delimiter {
            Delimiter::Byte(byte) => ends_field[usize::from(byte)] = true,
            Delimiter::Whitespace => {
                ends_field[usize::from(b' ')] = true;
                ends_field[usize::from(b'\t')] = true;
            }
        }
        Self { delimiter: format.delimiter, quote: format.quote, ends_field }
    }

    /// Looks at the start of `bytes`, which is the start of a line.
    ///
    /// What is found does not depend on how many bytes are there, if they suffice.
    pub(crate) fn split(&self, bytes: &[u8], is_at_end: bool, fields: &mut Fields) -> Split {
        let Some(longest) = bytes.get(..=RECORD_BYTES_MAX) else {
            return self.split_start(bytes, is_at_end, fields);
        };
        match self.split_start(longest, false, fields) {
            Split::More => Split::Bad { reason: RejectReason::RecordTooLong, extent: None },
            split => split,
        }
    }

    fn split_start(&self, bytes: &[u8], is_at_end: bool, fields: &mut Fields) -> Split {
        fields.clear();
        let n_blanks = bytes.iter().take_while(|&&b| self.is_blank(b)).count();
        match bytes.get(n_blanks) {
            None if is_at_end && n_blanks > 0 => return Split::Blank { bytes: n_blanks },
            None => return Split::More,
            Some(b'\n' | b'\r') => {
                return match line_end(bytes, is_at_end) {
                    Some((_, after)) => Split::Blank { bytes: after },
                    None => Split::More,
                };
            }
            Some(_) => {}
        }
        match self.delimiter {
            Delimiter::Byte(_) => self.split_separated(bytes, is_at_end, fields),
            Delimiter::Whitespace => self.split_blanks(bytes, n_blanks, is_at_end, fields),
        }
    }

    fn is_blank(&self, byte: u8) -> bool {
        matches!(byte, b' ' | b'\t') && self.delimiter != Delimiter::Byte(byte)
    }

    fn field_end(&self, bytes: &[u8], start: usize) -> usize {
        let rest = bytes.get(start..).unwrap_or_default();
        let len = rest.iter().position(|&b| self.ends_field[usize::from(b)]);
        start + len.unwrap_or(rest.len())
    }

    fn split_separated(&self, bytes: &[u8], is_at_end: bool, fields: &mut Fields) -> Split {
        let (mut at, mut lines, mut is_too_long) = (0, 1, false);
        loop {
            if let Some(open) = self.opening_quote(bytes, at) {
                match self.quoted(bytes, open, is_at_end) {
                    Quoted::Other(split) => return split,
                    Quoted::Closed { end, content, has_doubled } => {
                        let inside = bytes.get(content.clone()).unwrap_or_default();
                        lines += n_line_ends(inside);
                        match self.quote {
                            Some(quote) if has_doubled => fields.push_unescaped(inside, quote),
                            _ => fields.push(content),
                        }
                        at = end;
                    }
                }
            } else {
                let end = self.field_end(bytes, at);
                is_too_long |= end - at > FIELD_BYTES_MAX;
                fields.push(at..end);
                at = end;
            }
            match bytes.get(at) {
                None if !is_at_end => return Split::More,
                None | Some(b'\n' | b'\r') => {
                    return record_end(bytes, at, is_at_end, lines, is_too_long);
                }
                Some(_) => at += 1,
            }
        }
    }

    /// Blanks before a quote are no part of the field.
    fn opening_quote(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let quote = self.quote?;
        let rest = bytes.get(at..)?;
        let first = *rest.first()?;
        if first == quote {
            return Some(at);
        }
        if !self.is_blank(first) {
            return None;
        }
        let n_blanks = rest.iter().take_while(|&&b| self.is_blank(b)).count();
        (rest.get(n_blanks) == Some(&quote)).then_some(at + n_blanks)
    }

    fn quoted(&self, bytes: &[u8], open: usize, is_at_end: bool) -> Quoted {
        let quote = self.quote.unwrap_or(b'"');
        let start = open + 1;
        let (mut from, mut has_doubled) = (start, false);
        loop {
            let rest = bytes.get(from..).unwrap_or_default();
            let found = memchr::memchr(quote, rest).map(|len| from + len);
            if found.unwrap_or(bytes.len()) - start > FIELD_BYTES_MAX {
                let reason = RejectReason::FieldTooLong;
                return Quoted::Other(Split::Bad { reason, extent: None });
            }
            let Some(close) = found else {
                return Quoted::Other(if is_at_end { Split::Unclosed } else { Split::More });
            };
            if bytes.get(close + 1) == Some(&quote) {
                has_doubled = true;
                from = close + 2;
                continue;
            }
            let after = bytes.get(close + 1..).unwrap_or_default();
            let n_blanks = after.iter().take_while(|&&b| self.is_blank(b)).count();
            return match after.get(n_blanks) {
                None if !is_at_end => Quoted::Other(Split::More),
                Some(&b) if !self.ends_field[usize::from(b)] => {
                    Quoted::Other(Split::Bad { reason: RejectReason::StrayQuote, extent: None })
                }
                _ => {
                    Quoted::Closed { end: close + 1 + n_blanks, content: start..close, has_doubled }
                }
            };
        }
    }

    fn split_blanks(
        &self,
        bytes: &[u8],
        n_leading: usize,
        is_at_end: bool,
        fields: &mut Fields,
    ) -> Split {
        let (mut at, mut is_too_long) = (n_leading, false);
        loop {
            match bytes.get(at) {
                None if !is_at_end => return Split::More,
                None | Some(b'\n' | b'\r') => {
                    return record_end(bytes, at, is_at_end, 1, is_too_long);
                }
                Some(b' ' | b'\t') => at += 1,
                Some(_) => {
                    let end = self.field_end(bytes, at);
                    is_too_long |= end - at > FIELD_BYTES_MAX;
                    fields.push(at..end);
                    at = end;
                }
            }
        }
    }
}

fn record_end(bytes: &[u8], at: usize, is_at_end: bool, lines: u64, is_too_long: bool) -> Split {
    let rest = bytes.get(at..).unwrap_or_default();
    let n = match line_end(rest, is_at_end) {
        Some((_, after)) => at + after,
        None if rest.is_empty() => at,
        None => return Split::More,
    };
    if is_too_long {
        Split::Bad { reason: RejectReason::FieldTooLong, extent: Some((n, lines)) }
    } else {
        Split::Record { bytes: n, lines }
    }
}

fn n_line_ends(mut bytes: &[u8]) -> u64 {
    let mut n = 0;
    while let Some((_, after)) = line_end(bytes, true) {
        n += 1;
        bytes = bytes.get(after..).unwrap_or_default();
    }
    n
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(format: &CsvFormat, text: &[u8]) -> Vec<Result<Vec<String>, Split>> {
        let splitter = Splitter::new(format);
        let mut fields = Fields::with_max(100);
        let (mut rest, mut found) = (text, Vec::new());
        while !rest.is_empty() {
            let split = splitter.split(rest, true, &mut fields);
            let n = match &split {
                Split::Record { bytes, .. } => *bytes,
                Split::Blank { bytes } => {
                    rest = &rest[*bytes..];
                    continue;
                }
                Split::Bad { extent, .. } => extent.map_or_else(
                    || line_end(rest, true).map_or(rest.len(), |(_, after)| after),
                    |(bytes, _)| bytes,
                ),
                Split::More | Split::Unclosed => rest.len(),
            };
            let texts = (0..fields.len()).map(|i| {
                String::from_utf8_lossy(fields.get(rest, i).expect("a field")).into_owned()
            });
            found.push(match split {
                Split::Record { .. } => Ok(texts.collect()),
                split => Err(split),
            });
            rest = &rest[n..];
        }
        found
    }

    fn rows(text: &str) -> Vec<Result<Vec<String>, Split>> {
        all(&CsvFormat::default(), text.as_bytes())
    }

    #[expect(clippy::unnecessary_wraps, reason = "compared with what `rows` returns")]
    fn row(fields: &[&str]) -> Result<Vec<String>, Split> {
        Ok(fields.iter().map(|&field| field.to_owned()).collect())
    }

    fn stray() -> Result<Vec<String>, Split> {
        Err(Split::Bad { reason: RejectReason::StrayQuote, extent: None })
    }

    #[test]
    fn fields_are_what_stands_between_delimiters() {
        assert_eq!(
            rows("a,b\n1,\r\n,\r3,4"),
            [row(&["a", "b"]), row(&["1", ""]), row(&["", ""]), row(&["3", "4"])]
        );
        assert_eq!(
            rows("\"a,\n\"\"b\"\"\", \"c\" \nx\"y,z"),
            [row(&["a,\n\"b\"", "c"]), row(&["x\"y", "z"])]
        );
    }

    #[test]
    fn a_stray_quote_costs_its_own_row_and_no_other() {
        assert_eq!(
            rows("1,\"5 inch\n2,b\n3,\"c\"\n4,d\n"),
            [stray(), row(&["2", "b"]), row(&["3", "c"]), row(&["4", "d"]),]
        );
        assert_eq!(rows("1,\"Earl\" Grey\n2,b\n"), [stray(), row(&["2", "b"])]);
    }

    #[test]
    fn an_open_quote_at_the_end_is_told() {
        assert_eq!(rows("1,a\n2,\"b"), [row(&["1", "a"]), Err(Split::Unclosed)]);
        assert_eq!(rows("1,\"b\"\""), [Err(Split::Unclosed)]);
    }

    #[test]
    fn runs_of_blanks_split_where_declared() {
        let format = CsvFormat { delimiter: Delimiter::Whitespace, ..CsvFormat::default() };
        assert_eq!(
            all(&format, b" a  b\tc \r\n\r\n  1 2 \"3\n"),
            [row(&["a", "b", "c"]), row(&["1", "2", "\"3"])]
        );
    }

    #[test]
    fn lines_inside_quotes_are_counted() {
        let splitter = Splitter::new(&CsvFormat::default());
        let mut fields = Fields::with_max(9);
        let split = splitter.split(b"\"a\r\nb\rc\nd\",1\nnext", false, &mut fields);
        assert_eq!(split, Split::Record { bytes: 13, lines: 4 });
    }

    #[test]
    fn a_field_over_the_cap_is_bad() {
        let long = "x".repeat(FIELD_BYTES_MAX + 1);
        let bad = rows(&format!("{long},1\n2,3\n"));
        assert_eq!(
            bad[0],
            Err(Split::Bad {
                reason: RejectReason::FieldTooLong,
                extent: Some((long.len() + 3, 1))
            })
        );
        assert_eq!(bad[1], row(&["2", "3"]));
        // An open quote that swallows 1 MiB gives its rows back.
        let swallowed = rows(&format!("1,\"a\n2,b\n{long},c\n"));
        assert_eq!(
            swallowed[0],
            Err(Split::Bad { reason: RejectReason::FieldTooLong, extent: None })
        );
        assert_eq!(swallowed[1], row(&["2", "b"]));
    }

    /// Bytes among which delimiters, quotes and line ends are frequent.
    fn csv_bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop::sample::select(b"ab ,;\"\"\n\r\t1".to_vec());
        prop::collection::vec(byte, 0..60)
    }

    proptest! {
        #[test]
        fn the_csv_crate_reads_the_same_records(table in prop::collection::vec(
            prop::collection::vec("[a-c ,\"\r\n]{0,6}", 3), 0..8,
        )) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in &table {
                writer.write_record(row).expect("writes");
            }
            let bytes = writer.into_inner().expect("flushes");
            let expected: Vec<_> = csv::ReaderBuilder::new().has_headers(false)
                .from_reader(&bytes[..]).records()
                .map(|record| Ok(record.expect("reads").iter().map(str::to_owned).collect()))
                .collect();
            prop_assert_eq!(all(&CsvFormat::default(), &bytes), expected);
        }

        #[test]
        fn what_is_found_does_not_depend_on_how_much_is_seen(bytes in csv_bytes()) {
            let splitter = Splitter::new(&CsvFormat::default());
            let mut fields = Fields::with_max(9);
            let whole = splitter.split(&bytes, true, &mut fields);
            for n in 0..bytes.len() {
                let part = splitter.split(&bytes[..n], false, &mut fields);
                prop_assert!(part == Split::More || part == whole, "{part:?} at {n}");
            }
        }
    }
}

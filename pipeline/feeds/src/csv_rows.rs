//! Reads the rows of separated text into typed columns.

use std::borrow::Cow;
use std::str;

use crate::fields::Fields;
use crate::header;
use crate::land::Landing;
use crate::source::Source;
use crate::splitter::{Split, Splitter};
use crate::{CsvFormat, Encoding, FeedError, FeedSpec, HeaderLine, RejectReason};

/// Columns of a header, at most: beyond that the file is something else.
const COLUMNS_MAX: usize = 65_536;

pub(crate) fn read(
    source: &mut Source<'_>,
    spec: &FeedSpec,
    csv: &CsvFormat,
    landing: &mut Landing<'_>,
) -> Result<(), FeedError> {
    let splitter = Splitter::new(csv);
    let mut line = 1;
    let header = match &csv.header {
        HeaderLine::InFile => read_header(source, &splitter, csv.encoding, &mut line, landing)?,
        HeaderLine::Names(names) => names.clone(),
    };
    let positions = header::positions(landing.path, &header, &spec.columns)?;
    let mut wanted: Vec<Wanted<'_>> = positions
        .into_iter()
        .zip(&spec.columns)
        .enumerate()
        .map(|(column, (field, it))| Wanted { field, column, name: &it.name })
        .collect();
    wanted.sort_by_key(|it| it.field);
    let (summed, money) = (landing.columns.summed(), landing.columns.money_column());
    let mut reader = RowReader {
        encoding: csv.encoding,
        summed: wanted.iter().filter(|it| summed.contains(&it.column)).copied().collect(),
        money: wanted.iter().find(|it| money == Some(it.column)).copied(),
        wanted,
        fields: Fields::with_max(header.len()),
        header,
    };
    loop {
        match splitter.split(source.window(), source.is_at_end(), &mut reader.fields) {
            Split::Record { bytes, lines } => {
                reader.row(source.window().get(..bytes).unwrap_or_default(), line, landing)?;
                source.consume(bytes);
                line += lines;
            }
            Split::Blank { bytes } => {
                landing.report.blank_lines += 1;
                source.consume(bytes);
                line += 1;
            }
            Split::Bad { reason, extent } => {
                reader.all_unread(landing);
                landing.reject(line, None, reason, "", None)?;
                line += skip(source, extent).map_err(|error| landing.read_error(error))?;
            }
            Split::More if source.is_at_end() => return Ok(()),
            Split::More => source.fill().map_err(|error| landing.read_error(error))?,
            Split::Unclosed => {
                return Err(FeedError::UnclosedQuote { path: landing.path.to_owned(), line });
            }
        }
    }
}

/// Leaves a bad record behind: all of it, or its first line where its end cannot be trusted.
fn skip(source: &mut Source<'_>, extent: Option<(usize, u64)>) -> std::io::Result<u64> {
    match extent {
        Some((bytes, lines)) => {
            source.consume(bytes);
            Ok(lines)
        }
        None => source.skip_line().map(|()| 1),
    }
}

fn read_header(
    source: &mut Source<'_>,
    splitter: &Splitter,
    encoding: Encoding,
    line: &mut u64,
    landing: &mut Landing<'_>,
) -> Result<Vec<String>, FeedError> {
    let mut fields = Fields::with_max(COLUMNS_MAX);
    let bad = |line, reason: RejectReason| FeedError::BadHeader {
        path: landing.path.to_owned(),
        line,
        reason: reason.code(),
    };
    loop {
        match splitter.split(source.window(), source.is_at_end(), &mut fields) {
            Split::Record { bytes, lines } => {
                let record = source.window().get(..bytes).unwrap_or_default();
                if fields.len() > COLUMNS_MAX {
                    return Err(bad(*line, RejectReason::TooManyFields));
                }
                if let Some(reason) = damage(record, encoding) {
                    return Err(bad(*line, reason));
                }
                let header = (0..fields.len())
                    .map(|i| fields.get(record, i).unwrap_or_default())
                    .map(|field| text(field, encoding).into_owned())
                    .collect();
                source.consume(bytes);
                *line += lines;
                return Ok(header);
            }
            Split::Blank { bytes } => {
                landing.report.blank_lines += 1;
                source.consume(bytes);
                *line += 1;
            }
            Split::Bad { reason, .. } => return Err(bad(*line, reason)),
            Split::More if source.is_at_end() => {
                return Err(FeedError::Empty {
                    path: landing.path.to_owned(),
                    expected: "a header line",
                    bytes: source.bytes(),
                });
            }
            Split::More => source.fill().map_err(|error| landing.read_error(error))?,
            Split::Unclosed => {
                return Err(FeedError::UnclosedQuote {
                    path: landing.path.to_owned(),
                    line: *line,
                });
            }
        }
    }
}

/// A wanted column: where it is in the file and in the batch.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    field: usize,
    column: usize,
    name: &'a str,
}

struct RowReader<'a> {
    encoding: Encoding,
    /// In the order of the file: the first problem of a row is the leftmost.
    wanted: Vec<Wanted<'a>>,
    summed: Vec<Wanted<'a>>,
    money: Option<Wanted<'a>>,
    header: Vec<String>,
    fields: Fields,
}

impl RowReader<'_> {
    fn row(&self, record: &[u8], line: u64, landing: &mut Landing<'_>) -> Result<(), FeedError> {
        if let Some(reason) = damage(record, self.encoding) {
            self.all_unread(landing);
            return self.reject_damaged(record, line, reason, landing);
        }
        let (found, expected) = (self.fields.len(), self.header.len());
        if found != expected {
            self.all_unread(landing);
            let reason = if found < expected {
                RejectReason::TooFewFields
            } else {
                RejectReason::TooManyFields
            };
            return landing.reject_with(line, None, reason, found.to_string());
        }
        for wanted in &self.summed {
            let text = self.text(record, wanted.field);
            landing.columns.add_to_total(wanted.column, Some(&text));
        }
        for wanted in &self.wanted {
            let text = self.text(record, wanted.field);
            if let Err(reason) = landing.columns.push(wanted.column, &text) {
                let money = self.money.map(|money| self.text(record, money.field));
                let money = money.and_then(|money| landing.columns.money(&money));
                return landing.reject(line, Some(wanted.name), reason, &text, money);
            }
        }
        landing.keep(line)
    }

    fn text<'b>(&'b self, record: &'b [u8], field: usize) -> Cow<'b, str> {
        text(self.fields.get(record, field).unwrap_or_default(), self.encoding)
    }

    /// Values of a row that cannot be taken apart are missing from every total.
    fn all_unread(&self, landing: &mut Landing<'_>) {
        for wanted in &self.summed {
            landing.columns.add_to_total(wanted.column, None);
        }
    }

    fn reject_damaged(
        &self,
        record: &[u8],
        line: u64,
        reason: RejectReason,
        landing: &mut Landing<'_>,
    ) -> Result<(), FeedError> {
        let field = |i| self.fields.get(record, i).unwrap_or_default();
        let at = (0..self.header.len().min(self.fields.len()))
            .find(|&i| damage(field(i), self.encoding) == Some(reason));
        let sample = at.map(|i| String::from_utf8_lossy(field(i))).unwrap_or_default();
        let name = at.and_then(|i| self.header.get(i)).map(|name| name.trim());
        landing.reject(line, name, reason, &sample, None)
    }
}

/// Returns why bytes are not text of the encoding, if they are not.
fn damage(bytes: &[u8], encoding: Encoding) -> Option<RejectReason> {
    if memchr::memchr(0, bytes).is_some() {
        return Some(RejectReason::NulByte);
    }
    // Every byte means something in windows-1252.
    let is_broken = encoding == Encoding::Utf8 && str::from_utf8(bytes).is_err();
    is_broken.then_some(RejectReason::NotUtf8)
}

fn text(field: &[u8], encoding: Encoding) -> Cow<'_, str> {
    match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(field),
        Encoding::Windows1252 => encoding_rs::WINDOWS_1252.decode_without_bom_handling(field).0,
    }
}

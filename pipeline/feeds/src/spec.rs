//! What a feed looks like and which of its columns are wanted.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::{instant, number};

/// Name of the column that holds the physical line on which a row starts, from 1.
pub const LINE_COLUMN: &str = "_line";

/// A feed: its format and the columns wanted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedSpec {
    /// How the file is written.
    pub format: FeedFormat,
    /// Columns to load; no other is loaded.
    pub columns: Vec<RawColumn>,
    /// Texts that mean "no value", compared without the blanks around; `""` unless set.
    pub null_tokens: Vec<String>,
    /// Decimal or integer columns to sum, for a control file.
    pub totals: Vec<String>,
    /// Decimal or integer column whose value is told of rejected rows too.
    pub money: Option<String>,
}

impl FeedSpec {
    /// Returns a feed where the empty text means "no value" and nothing is summed.
    pub fn new(format: FeedFormat, columns: Vec<RawColumn>) -> Self {
        let null_tokens = vec![String::new()];
        Self { format, columns, null_tokens, totals: Vec::new(), money: None }
    }

    /// Returns the schema of the batches: the columns in the order given, then [`LINE_COLUMN`].
    ///
    /// A required column has no nulls.
    pub fn schema(&self) -> SchemaRef {
        let columns = self
            .columns
            .iter()
            .map(|column| Field::new(&column.name, column.kind.data_type(), !column.required));
        let line = Field::new(LINE_COLUMN, DataType::Int64, false);
        Arc::new(Schema::new(columns.chain([line]).collect::<Vec<_>>()))
    }

    /// Returns all that is wrong with the description, before any file is opened.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.columns.is_empty() {
            problems.push("no column is asked for".to_owned());
        }
        let mut names = BTreeSet::new();
        for column in &self.columns {
            let name = &column.name;
            if name.trim() != name || name.is_empty() || name == LINE_COLUMN {
                problems.push(format!("`{name}` cannot be the name of a column"));
            }
            if !names.insert(name) {
                problems.push(format!("column `{name}` is asked for twice"));
            }
            problems.extend(
                column.kind.problems().into_iter().map(|it| format!("column `{name}`: {it}")),
            );
        }
        for name in &self.totals {
            let kind = self.columns.iter().find(|column| column.name == *name).map(|it| &it.kind);
            if !matches!(kind, Some(RawKind::Decimal | RawKind::Integer)) {
                problems.push(format!(
                    "column `{name}` is to be summed, but is not asked for as decimal or integer"
                ));
            }
        }
        if let FeedFormat::Csv(csv) = &self.format {
            problems.extend(csv.problems());
        }
        problems
    }
}

/// How a feed file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedFormat {
    /// Separated fields with a header.
    Csv(CsvFormat),
    /// One JSON object a line, in UTF-8. `a.b` names the member `b` of the object `a`.
    JsonLines,
}

/// How a file of separated fields is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvFormat {
    /// What stands between two fields.
    pub delimiter: Delimiter,
    /// Quote around fields, doubled inside them; `None` when quotes mean nothing.
    pub quote: Option<u8>,
    /// Character encoding, as declared: it is never guessed.
    pub encoding: Encoding,
    /// Whether numbers have a decimal comma instead of a dot.
    pub decimal_comma: bool,
    /// Mark between groups of three digits; a blank stands for no-break blanks too.
    pub grouping: Option<char>,
    /// Where the names of the columns come from.
    pub header: HeaderLine,
}

impl Default for CsvFormat {
    /// Commas, double quotes, UTF-8, decimal dot, no grouping, header in the file.
    fn default() -> Self {
        Self {
            delimiter: Delimiter::Byte(b','),
            quote: Some(b'"'),
            encoding: Encoding::Utf8,
            decimal_comma: false,
            grouping: None,
            header: HeaderLine::InFile,
        }
    }
}

impl CsvFormat {
    pub(crate) fn number_style(&self) -> number::NumberStyle {
        let mark = if self.decimal_comma { ',' } else { '.' };
        number::NumberStyle { mark, grouping: self.grouping }
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let is_usable = |byte: u8| byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0);
        if let Delimiter::Byte(delimiter) = self.delimiter {
            if !is_usable(delimiter) {
                problems.push(format!("byte {delimiter} cannot be a delimiter"));
            }
            if self.quote == Some(delimiter) {
                problems.push("delimiter and quote are the same".to_owned());
            }
        }
        if let Some(quote) = self.quote
            && (!is_usable(quote) || quote == b' ' || quote == b'\t')
        {
            problems.push(format!("byte {quote} cannot be a quote"));
        }
        if let Some(mark) = self.grouping
            && (mark == self.number_style().mark
                || mark.is_alphanumeric()
                || matches!(mark, '+' | '-'))
        {
            problems.push(format!("`{mark}` cannot be the grouping mark"));
        }
        problems
    }
}

/// What stands between two fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// One ASCII byte.
    Byte(u8),
    /// A run of blanks or tabs; those around the line mean nothing, nor do quotes.
    Whitespace,
}

/// Character encoding of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without byte-order mark.
    Utf8,
    /// Windows-1252, which is also how latin-1 is read (WHATWG Encoding Standard): they differ only
    /// where latin-1 has control characters.
    Windows1252,
}

impl Encoding {
    /// Returns the encoding of a label such as `utf-8`, `latin-1`, `iso-8859-1` or `cp1252`.
    pub fn from_label(label: &str) -> Option<Self> {
        // The only common spelling the standard's list of labels lacks.
        if label.trim().eq_ignore_ascii_case("latin-1") {
            return Some(Self::Windows1252);
        }
        let known = encoding_rs::Encoding::for_label(label.as_bytes())?;
        if known == encoding_rs::UTF_8 {
            Some(Self::Utf8)
        } else if known == encoding_rs::WINDOWS_1252 {
            Some(Self::Windows1252)
        } else {
            None
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8 text",
            Self::Windows1252 => "windows-1252 (latin-1) text",
        }
    }
}

/// Where the names of the columns come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderLine {
    /// The first line that is not blank.
    InFile,
    /// The file has none; these are the names, in its order.
    Names(Vec<String>),
}

/// A column wanted of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawColumn {
    /// Name in the header, exactly, without the blanks around.
    pub name: String,
    /// What its values are.
    pub kind: RawKind,
    /// Whether a row without a value is rejected.
    pub required: bool,
    /// What stands in for a day that cannot be read, as days since 1970-01-01; without it such a row is
    /// rejected. Of no use for other kinds.
    pub unreadable_day: Option<i32>,
}

impl RawColumn {
    /// Returns a column whose values may be missing.
    pub fn optional(name: impl Into<String>, kind: RawKind) -> Self {
        Self { name: name.into(), kind, required: false, unreadable_day: None }
    }

    /// Returns a column whose values must be there.
    pub fn required(name: impl Into<String>, kind: RawKind) -> Self {
        Self { name: name.into(), kind, required: true, unreadable_day: None }
    }
}

/// What the values of a column are.
///
/// Blanks around a value are ignored, but for text, which is kept as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawKind {
    /// Text, as `Utf8`.
    Text,
    /// Whole number, as `Int64`.
    Integer,
    /// Exact number of at most 18 digits and six decimals, as `Decimal128(24, 6)`.
    Decimal,
    /// Day of the calendar, as `Date32`.
    Date {
        /// `strptime` format; `YYYY-MM-DD` when not given.
        format: Option<String>,
    },
    /// Instant, as `Timestamp(Microsecond, None)` in UTC.
    ///
    /// An offset in the text is honoured. Text without one is read in the zone: of a local time that
    /// happens twice the first is meant, and one that is skipped moves forward by the gap.
    Timestamp {
        /// `strptime` format, midnight when it has no time; ISO 8601 when not given.
        format: Option<String>,
        /// IANA zone of times without offset; without it such a row is rejected.
        zone: Option<String>,
    },
    /// `true`/`false`, `t`/`f`, `yes`/`no`, `y`/`n`, `1`/`0` in any case, as `Boolean`.
    Boolean,
}

impl RawKind {
    /// Returns the Arrow type of the column.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Integer => DataType::Int64,
            Self::Decimal => DataType::Decimal128(number::PRECISION, number::SCALE),
            Self::Date { .. } => DataType::Date32,
            Self::Timestamp { .. } => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Boolean => DataType::Boolean,
        }
    }

    fn problems(&self) -> Vec<String> {
        let (format, zone) = match self {
            Self::Date { format } => (format, &None),
            Self::Timestamp { format, zone } => (format, zone),
            Self::Text | Self::Integer | Self::Decimal | Self::Boolean => (&None, &None),
        };
        let unknown = zone.as_ref().filter(|name| instant::zone(name).is_none());
        format
            .as_deref()
            .and_then(instant::format_problem)
            .into_iter()
            .chain(unknown.map(|name| format!("time zone `{name}` is not known")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_of_a_description_is_told_at_once() {
        let csv = CsvFormat {
            delimiter: Delimiter::Byte(b'"'),
            grouping: Some('.'),
            ..CsvFormat::default()
        };
        let date = RawKind::Date { format: Some("%H".into()) };
        let time = RawKind::Timestamp { format: None, zone: Some("Europe/Atlantis".into()) };
        let mut spec = FeedSpec::new(
            FeedFormat::Csv(csv),
            vec![
                RawColumn::optional("a", date),
                RawColumn::optional("a", time),
                RawColumn::optional(LINE_COLUMN, RawKind::Text),
            ],
        );
        spec.totals = vec!["a".into()];

        assert_eq!(
            spec.problems(),
            [
                "column `a`: format `%H` does not tell year, month and day",
                "column `a` is asked for twice",
                "column `a`: time zone `Europe/Atlantis` is not known",
                "`_line` cannot be the name of a column",
                "column `a` is to be summed, but is not asked for as decimal or integer",
                "delimiter and quote are the same",
                "`.` cannot be the grouping mark",
            ]
        );
    }

    #[test]
    fn labels_of_one_encoding_are_one() {
        for label in ["latin-1", "latin1", "ISO-8859-1", "cp1252", "Windows-1252"] {
            assert_eq!(Encoding::from_label(label), Some(Encoding::Windows1252), "{label}");
        }
        assert_eq!(Encoding::from_label("UTF8"), Some(Encoding::Utf8));
        assert_eq!(Encoding::from_label("utf-16"), None);
    }
}

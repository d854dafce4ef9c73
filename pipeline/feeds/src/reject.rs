//! Rows that are not kept, and why.

use std::fmt;

use serde::Serialize;

use crate::Decimal;

/// Longest shape shown of a rejected value, in characters.
const SHAPE_CHARS_MAX: usize = 12;

/// One row that was read and not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// Physical line on which the row starts, from 1.
    pub line: u64,
    /// Column at fault, as named in the header; `None` when the row itself is broken.
    pub column: Option<String>,
    /// Why the row was not kept.
    pub reason: RejectReason,
    /// Shape of the value: letters as `a`, digits as `9`, at most 12 characters.
    ///
    /// For a wrong number of fields, the number that was found. Empty when there is no value.
    pub sample: String,
    /// What the row says of [`FeedSpec::money`](crate::FeedSpec::money); `None` where that cannot be read.
    pub money: Option<Decimal>,
}

/// Why a row was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RejectReason {
    /// A required column is empty, a null token, or absent.
    MissingRequired,
    /// Not plain digits with an optional sign and decimal mark; `1e5`, `inf` and `nan` are not.
    NotANumber,
    /// An integer column holds a decimal mark, as in `17850.0`.
    IntegerHasDecimals,
    /// More than six decimals that are not zero.
    TooManyDecimals,
    /// A number or instant beyond what the column can hold.
    OutOfRange,
    /// Not a date of the calendar in the declared format.
    NotADate,
    /// Not a date and time in the declared format.
    NotATimestamp,
    /// A time without offset in a column without a declared zone.
    NoZone,
    /// None of the words for true and false.
    NotABoolean,
    /// Fewer fields than the header.
    TooFewFields,
    /// More fields than the header.
    TooManyFields,
    /// Text follows a closing quote.
    StrayQuote,
    /// A field longer than 1 MiB.
    FieldTooLong,
    /// A record longer than 16 MiB.
    RecordTooLong,
    /// Bytes that are not UTF-8 in a feed declared as such.
    NotUtf8,
    /// A NUL byte or character.
    NulByte,
    /// A line that is not one JSON value.
    BadJson,
    /// A JSON object that has a key twice.
    DuplicateKey,
    /// A JSON value of a type the column cannot take, or a line that is no object.
    WrongType,
}

impl RejectReason {
    /// Returns the code of the reason, in `snake_case`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MissingRequired => "missing_required",
            Self::NotANumber => "not_a_number",
            Self::IntegerHasDecimals => "integer_has_decimals",
            Self::TooManyDecimals => "too_many_decimals",
            Self::OutOfRange => "out_of_range",
            Self::NotADate => "not_a_date",
            Self::NotATimestamp => "not_a_timestamp",
            Self::NoZone => "no_zone",
            Self::NotABoolean => "not_a_boolean",
            Self::TooFewFields => "too_few_fields",
            Self::TooManyFields => "too_many_fields",
            Self::StrayQuote => "stray_quote",
            Self::FieldTooLong => "field_too_long",
            Self::RecordTooLong => "record_too_long",
            Self::NotUtf8 => "not_utf8",
            Self::NulByte => "nul_byte",
            Self::BadJson => "bad_json",
            Self::DuplicateKey => "duplicate_key",
            Self::WrongType => "wrong_type",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Returns the shape of a value: enough to see what went wrong, too little to see whose it is.
pub(crate) fn shape(text: &str) -> String {
    text.chars()
        .take(SHAPE_CHARS_MAX)
        .map(|c| match c {
            _ if c.is_alphabetic() => 'a',
            _ if c.is_numeric() => '9',
            ' ' | '!'..='~' => c,
            _ => '?',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_keeps_punctuation_and_nothing_of_the_person() {
        assert_eq!(shape("Ann-7@ex.org"), "aaa-9@aa.aaa");
        assert_eq!(shape("Zoë 12\u{0}🎉"), "aaa 99??");
        assert_eq!(shape("0123456789012345"), "999999999999");
        assert_eq!(shape(""), "");
    }

    #[test]
    fn the_code_is_the_serialized_name() {
        for reason in [RejectReason::NotUtf8, RejectReason::TooManyDecimals, RejectReason::NulByte]
        {
            let json = serde_json::to_string(&reason).expect("serializes");
            assert_eq!(json, format!("\"{}\"", reason.code()));
            assert_eq!(reason.to_string(), reason.code());
        }
    }
}

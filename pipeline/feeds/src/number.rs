//! Numbers read digit by digit.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::RejectReason;

/// Decimals kept.
pub(crate) const SCALE: i8 = 6;
/// Digits of a decimal, decimals included.
pub(crate) const PRECISION: u8 = 24;
const UNIT: i128 = 1_000_000;
/// Digits left of the decimal mark.
const INTEGER_DIGITS_MAX: usize = 18;

/// An exact decimal with six decimals, held as a count of millionths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(pub i128);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) =
            (self.0.unsigned_abs() / UNIT as u128, self.0.unsigned_abs() % UNIT as u128);
        let decimals = format!("{part:06}");
        // Two decimals at least: most of these are amounts of money.
        let (cents, rest) = decimals.split_at(2);
        write!(f, "{sign}{whole}.{cents}{}", rest.trim_end_matches('0'))
    }
}

impl FromStr for Decimal {
    type Err = RejectReason;

    fn from_str(text: &str) -> Result<Self, RejectReason> {
        decimal(text, NumberStyle::PLAIN).map(Self)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How numbers are written in a feed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NumberStyle {
    /// Decimal mark: a dot or a comma.
    pub(crate) mark: char,
    /// Mark between groups of three digits.
    pub(crate) grouping: Option<char>,
}

impl NumberStyle {
    /// A dot and no grouping.
    pub(crate) const PLAIN: Self = Self { mark: '.', grouping: None };
}

/// Reads a decimal as millionths; trailing zeros beyond six decimals lose nothing and are allowed.
pub(crate) fn decimal(text: &str, style: NumberStyle) -> Result<i128, RejectReason> {
    let (is_negative, digits) = sign(text);
    let (whole, part) = match digits.split_once(style.mark) {
        Some((whole, part)) => (whole, part),
        None => (digits, ""),
    };
    let whole = ungrouped(whole, style)?;
    if (whole.is_empty() && part.is_empty()) || !is_digits(&whole) || !is_digits(part) {
        return Err(RejectReason::NotANumber);
    }
    let part = if part.len() > SCALE as usize { part.trim_end_matches('0') } else { part };
    if part.len() > SCALE as usize {
        return Err(RejectReason::TooManyDecimals);
    }
    let whole =
        if whole.len() > INTEGER_DIGITS_MAX { whole.trim_start_matches('0') } else { &whole };
    if whole.len() > INTEGER_DIGITS_MAX {
        return Err(RejectReason::OutOfRange);
    }
    let scaled = (0..SCALE as usize - part.len()).fold(value(part), |n, _| n * 10);
    let millionths = i128::from(value(whole)) * UNIT + i128::from(scaled);
    Ok(if is_negative { -millionths } else { millionths })
}

/// Reads a whole number; a decimal mark is refused even where only zeros follow it.
pub(crate) fn integer(text: &str, style: NumberStyle) -> Result<i64, RejectReason> {
    let (is_negative, digits) = sign(text);
    if let Some((whole, part)) = digits.split_once(style.mark) {
        let is_number = is_digits(&ungrouped(whole, style)?)
            && is_digits(part)
            && !(whole.is_empty() && part.is_empty());
        return Err(if is_number {
            RejectReason::IntegerHasDecimals
        } else {
            RejectReason::NotANumber
        });
    }
    let whole = ungrouped(digits, style)?;
    if whole.is_empty() || !is_digits(&whole) {
        return Err(RejectReason::NotANumber);
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() > INTEGER_DIGITS_MAX {
        // Nineteen digits may or may not fit: let the library decide.
        let signed = if is_negative { format!("-{whole}") } else { whole.to_owned() };
        return signed.parse().map_err(|_| RejectReason::OutOfRange);
    }
    let n = value(whole) as i64;
    Ok(if is_negative { -n } else { n })
}

fn sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// Value of at most 18 digits.
fn value(digits: &str) -> u64 {
    digits.bytes().fold(0, |n, b| n * 10 + u64::from(b - b'0'))
}

/// Takes out the grouping marks, which must stand before every third digit or nowhere.
fn ungrouped(whole: &str, style: NumberStyle) -> Result<Cow<'_, str>, RejectReason> {
    let Some(mark) = style.grouping else {
        return Ok(Cow::Borrowed(whole));
    };
    // A declared blank stands for the blanks that spreadsheets use between digits.
    let is_mark = |c| c == mark || (mark == ' ' && matches!(c, '\u{a0}' | '\u{202f}'));
    if !whole.contains(is_mark) {
        return Ok(Cow::Borrowed(whole));
    }
    let mut groups = whole.split(is_mark);
    let is_first_good = groups.next().is_some_and(|first| (1..=3).contains(&first.len()));
    if !is_first_good || groups.any(|group| group.len() != 3) {
        return Err(RejectReason::NotANumber);
    }
    Ok(Cow::Owned(whole.split(is_mark).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use RejectReason::{IntegerHasDecimals, NotANumber, OutOfRange, TooManyDecimals};

    const COMMA: NumberStyle = NumberStyle { mark: ',', grouping: Some('.') };

    #[test]
    fn a_decimal_is_its_digits() {
        for (text, millionths) in [
            ("0", 0),
            ("-0", 0),
            ("12.345", 12_345_000),
            ("0.005", 5_000),
            ("-0.015", -15_000),
            ("+7", 7_000_000),
            (".5", 500_000),
            ("5.", 5_000_000),
            ("0012.50", 12_500_000),
            ("1.50000000000", 1_500_000),
            ("999999999999999999.999999", 999_999_999_999_999_999_999_999),
            ("-999999999999999999.999999", -999_999_999_999_999_999_999_999),
            ("0000000000000000000000001.5", 1_500_000),
        ] {
            assert_eq!(decimal(text, NumberStyle::PLAIN), Ok(millionths), "{text}");
        }
    }

    #[test]
    fn what_a_decimal_cannot_hold_exactly_is_refused() {
        for (text, reason) in [
            ("", NotANumber),
            (".", NotANumber),
            ("-", NotANumber),
            ("--1", NotANumber),
            ("1e5", NotANumber),
            ("inf", NotANumber),
            ("NaN", NotANumber),
            ("1,234.5", NotANumber),
            ("1.2.3", NotANumber),
            ("$1", NotANumber),
            ("1 2", NotANumber),
            ("٣", NotANumber),
            ("0.0000001", TooManyDecimals),
            ("11.770000000000001", TooManyDecimals),
            ("1000000000000000000", OutOfRange),
        ] {
            assert_eq!(decimal(text, NumberStyle::PLAIN), Err(reason), "{text}");
        }
    }

    #[test]
    fn grouping_is_taken_only_where_declared_and_only_in_threes() {
        assert_eq!(decimal("1.234.567,89", COMMA), Ok(1_234_567_890_000));
        assert_eq!(decimal("-1,5", COMMA), Ok(-1_500_000));
        assert_eq!(integer("12.345", COMMA), Ok(12_345));
        let blank = NumberStyle { mark: ',', grouping: Some(' ') };
        assert_eq!(decimal("1\u{202f}234,5", blank), Ok(1_234_500_000));
        for text in ["1.23,4", "1234.567,0", ".123,0", "1..234,0", "1,234.5"] {
            assert_eq!(decimal(text, COMMA), Err(NotANumber), "{text}");
        }
    }

    #[test]
    fn an_integer_never_comes_from_a_float() {
        assert_eq!(integer("-17850", NumberStyle::PLAIN), Ok(-17_850));
        assert_eq!(integer("9223372036854775807", NumberStyle::PLAIN), Ok(i64::MAX));
        assert_eq!(integer("-9223372036854775808", NumberStyle::PLAIN), Ok(i64::MIN));
        assert_eq!(integer("9223372036854775808", NumberStyle::PLAIN), Err(OutOfRange));
        assert_eq!(integer("17850.0", NumberStyle::PLAIN), Err(IntegerHasDecimals));
        assert_eq!(integer("1,5", COMMA), Err(IntegerHasDecimals));
        for text in ["", "+", "1e3", "1x.0", ".", "0x1"] {
            assert_eq!(integer(text, NumberStyle::PLAIN), Err(NotANumber), "{text}");
        }
    }

    #[test]
    fn a_decimal_prints_two_decimals_or_more() {
        for (millionths, text) in
            [(0, "0.00"), (-15_000, "-0.015"), (1_500_000, "1.50"), (1, "0.000001")]
        {
            assert_eq!(Decimal(millionths).to_string(), text);
            assert_eq!(text.parse(), Ok(Decimal(millionths)));
        }
    }
}

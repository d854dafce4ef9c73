//! Names that are safe as file names, and logical dates.

use std::fmt;

use crate::error::{Result, StoreError};

const NAME_RULE: &str = "1 to 64 of a-z, 0-9, `_` and `-`";
const FILE_RULE: &str =
    "1 to 64 of a-z, 0-9, `_` and `-`, then one dot and an extension of the same";

/// Files whose customary names are outside the rule.
const FIXED_FILES: [&str; 2] = ["SHA256SUMS", "_SUCCESS"];

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

/// Checks the name of a stage, table, run or folder.
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<()> {
    if is_name(name) {
        return Ok(());
    }
    Err(StoreError::Name { what, name: name.to_owned(), expected: NAME_RULE })
}

/// Checks a file name: a name with at most one extension, or a customary one.
pub(crate) fn check_file_name(name: &str) -> Result<()> {
    let well_formed = match name.split_once('.') {
        Some((stem, extension)) => is_name(stem) && is_name(extension) && name.len() <= 100,
        None => is_name(name),
    };
    if well_formed || FIXED_FILES.contains(&name) {
        return Ok(());
    }
    Err(StoreError::Name { what: "file", name: name.to_owned(), expected: FILE_RULE })
}

/// Checks a folder path within a night: names joined by `/`.
pub(crate) fn check_folder(folder: &str) -> Result<()> {
    folder.split('/').try_for_each(|part| check_name("folder", part))
}

/// Checks a step id: names joined by dots.
pub(crate) fn check_step_id(id: &str) -> Result<()> {
    if id.len() <= 128 && id.split('.').all(is_name) {
        return Ok(());
    }
    let expected = "names of a-z, 0-9, `_` and `-` joined by dots";
    Err(StoreError::Name { what: "step", name: id.to_owned(), expected })
}

/// Checks a path read back from a manifest or marker, so that a forged one leads nowhere else.
pub(crate) fn check_relative(path: &str) -> Result<()> {
    match path.rsplit_once('/') {
        Some((folder, file)) => check_folder(folder).and_then(|()| check_file_name(file)),
        None => check_file_name(path),
    }
}

/// Checks a logical date: `YYYY-MM-DD`, a day of the calendar.
pub(crate) fn check_date(date: &str) -> Result<()> {
    if is_day(date) {
        return Ok(());
    }
    Err(StoreError::Date { found: date.to_owned() })
}

fn is_day(date: &str) -> bool {
    let bytes = date.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| match i {
            4 | 7 => *b == b'-',
            _ => b.is_ascii_digit(),
        });
    if !shaped {
        return false;
    }
    let number = |range| date.get(range).and_then(|text: &str| text.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// Folder name of a night: its logical date and 16 hexadecimal digits of its manifest's hash.
///
/// Orders by date, then by hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NightName(String);

impl NightName {
    /// Number of characters of the date.
    const DATE_LEN: usize = 10;

    pub(crate) fn new(date: &str, manifest_hash: &str) -> Self {
        Self(format!("{date}-{}", manifest_hash.get(..16).unwrap_or(manifest_hash)))
    }

    /// Reads a folder name; `None` when it is not a night's.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, hash) = text.split_at_checked(Self::DATE_LEN)?;
        let hash = hash.strip_prefix('-')?;
        let hexadecimal = hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (is_day(date) && hash.len() == 16 && hexadecimal).then(|| Self(text.to_owned()))
    }

    /// Returns the logical date, `YYYY-MM-DD`.
    pub fn date(&self) -> &str {
        self.0.get(..Self::DATE_LEN).unwrap_or(&self.0)
    }

    /// Returns the folder name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash16(&self) -> &str {
        self.0.get(Self::DATE_LEN + 1..).unwrap_or("")
    }
}

impl fmt::Display for NightName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused_and_quoted() {
        for name in [
            "", ".", "..", "a/b", "a\\b", "A", "a b", "a\0b", "é", "/etc", "a.b", "-\n", "~", "a:b",
        ] {
            assert!(check_name("table", name).is_err(), "{name:?}");
        }
        assert!(check_name("table", &"a".repeat(65)).is_err());
        assert!(check_name("table", &"a".repeat(64)).is_ok());
        let error = check_name("table", "../x\n").expect_err("refused");
        assert_eq!(
            error.to_string(),
            "table name \"../x\\n\" is not allowed, expected 1 to 64 of a-z, 0-9, `_` and `-`"
        );
    }

    #[test]
    fn a_file_has_at_most_one_extension() {
        for name in ["report.html", "vip-part-0001-of-0007.csv", "SHA256SUMS", "_SUCCESS", "plain"]
        {
            assert!(check_file_name(name).is_ok(), "{name}");
        }
        for name in
            [".csv", "a.", "a.tar.gz", "..", "A.csv", "../a.csv", "a/b.csv", "_success.", ""]
        {
            assert!(check_file_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn dates_follow_the_calendar() {
        for date in ["2024-02-29", "2000-02-29", "2026-12-31", "2026-04-30"] {
            assert!(check_date(date).is_ok(), "{date}");
        }
        for date in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-04-31",
            "2026-00-10",
            "2026-1-01",
            "",
            "2026-01-001",
            "+026-01-01",
        ] {
            assert!(check_date(date).is_err(), "{date}");
        }
    }

    #[test]
    fn a_night_name_reads_back_and_anything_else_does_not() {
        let name = NightName::new("2026-01-31", "0123456789abcdef0123");
        assert_eq!(name.as_str(), "2026-01-31-0123456789abcdef");
        assert_eq!(NightName::parse(name.as_str()), Some(name.clone()));
        assert_eq!((name.date(), name.hash16()), ("2026-01-31", "0123456789abcdef"));
        for text in [
            "2026-01-31",
            "2026-01-31-0123",
            "2026-01-32-0123456789abcdef",
            "2026-01-31-0123456789ABCDEF",
            "é",
        ] {
            assert_eq!(NightName::parse(text), None, "{text}");
        }
    }
}

//! Control files: what the sender says a feed holds.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::json::{self, Members, Value};
use crate::source::Source;
use crate::{Decimal, FeedError};

/// What the sender says a feed holds. Each figure may be absent.
///
/// As JSON: `{"rows": 3, "total": {"Amount": "123.45"}, "sha256": "…"}`, where `total` may also be
/// `{"column": "Amount", "value": "123.45"}`. As text, one `key=value` a line, `#` for remarks:
/// `rows=3`, `total.Amount=123.45`, `sha256=…`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ControlFile {
    /// Rows in the feed, without header and blank lines.
    pub rows: Option<u64>,
    /// Sum of each of these columns.
    pub totals: BTreeMap<String, Decimal>,
    /// SHA-256 of the bytes of the feed, in lower-case hexadecimal.
    pub sha256: Option<String>,
}

/// What a feed was found to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Rows, kept and rejected.
    pub rows: u64,
    /// SHA-256 of the bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Sums of columns.
    pub totals: Vec<Total>,
}

/// The sum of one column over all rows of a feed, rejected rows included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Total {
    /// Name of the column.
    pub column: String,
    /// Sum of the values that could be read.
    pub sum: Decimal,
    /// Values that could not be read, missing ones not counted.
    pub n_unread: u64,
}

impl Total {
    pub(crate) fn new(column: &str) -> Self {
        Self { column: column.to_owned(), ..Self::default() }
    }
}

impl ControlFile {
    /// Reads a control file, in either form.
    ///
    /// # Errors
    ///
    /// [`FeedError::NoControl`] or [`FeedError::Read`]; [`FeedError::ControlSyntax`] with all that is wrong
    /// with it.
    pub fn read(path: &Path) -> Result<Self, FeedError> {
        let text = fs_err::read_to_string(path).map_err(|source| {
            let path = path.to_owned();
            match source.kind() {
                io::ErrorKind::NotFound => FeedError::NoControl { path },
                _ => FeedError::Read { path, source },
            }
        })?;
        Self::parse(&text)
            .map_err(|problems| FeedError::ControlSyntax { path: path.to_owned(), problems })
    }

    /// Reads the text of a control file, in either form.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let text = text.trim_start_matches('\u{feff}').trim();
        let mut control = Self::default();
        let mut problems = Vec::new();
        if text.starts_with('{') {
            match entries_of_json(text) {
                Ok(entries) => {
                    for (key, value) in entries {
                        problems.extend(control.set(&key, &value).err());
                    }
                }
                Err(problem) => problems.push(problem),
            }
        } else {
            for (i, line) in text.lines().enumerate().map(|(i, line)| (i + 1, line.trim())) {
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                match line.split_once('=') {
                    Some((key, value)) => {
                        problems.extend(control.set(key.trim(), value.trim()).err());
                    }
                    None => problems.push(format!("line {i} is not of the form `key=value`")),
                }
            }
        }
        if problems.is_empty() && control == Self::default() {
            problems.push("it has no figure: expected `rows`, `total` or `sha256`".to_owned());
        }
        if problems.is_empty() { Ok(control) } else { Err(problems) }
    }

    /// Returns the columns to sum, for [`FeedSpec::totals`](crate::FeedSpec::totals).
    pub fn total_columns(&self) -> Vec<String> {
        self.totals.keys().cloned().collect()
    }

    /// Compares what was found in `feed` with what the sender says.
    ///
    /// # Errors
    ///
    /// [`FeedError::Control`] with every figure that differs.
    pub fn check(&self, feed: &Path, found: &Figures) -> Result<(), FeedError> {
        let mut mismatches = Vec::new();
        if let Some(rows) = self.rows
            && rows != found.rows
        {
            mismatches.push(format!("expected {rows} rows, found {}", found.rows));
        }
        for (column, expected) in &self.totals {
            match found.totals.iter().find(|total| total.column == *column) {
                None => mismatches.push(format!(
                    "expected {expected} in column `{column}`, which was not summed"
                )),
                Some(total) if total.sum != *expected => {
                    let unread = match total.n_unread {
                        0 => String::new(),
                        n => format!(" and {n} values that cannot be read"),
                    };
                    mismatches.push(format!(
                        "expected {expected} in column `{column}`, found {}{unread}",
                        total.sum
                    ));
                }
                Some(_) => {}
            }
        }
        mismatches.extend(self.sha256_mismatch(&found.sha256));
        if mismatches.is_empty() {
            Ok(())
        } else {
            Err(FeedError::Control { path: feed.to_owned(), mismatches })
        }
    }

    /// Compares the SHA-256 alone, for feeds that are not text; reads the whole file.
    ///
    /// # Errors
    ///
    /// [`FeedError::Read`] or [`FeedError::Control`].
    pub fn check_sha256(&self, feed: &Path) -> Result<(), FeedError> {
        if self.sha256.is_none() {
            return Ok(());
        }
        let (_, found) = sha256_of_file(feed)?;
        match self.sha256_mismatch(&found) {
            None => Ok(()),
            Some(mismatch) => {
                Err(FeedError::Control { path: feed.to_owned(), mismatches: vec![mismatch] })
            }
        }
    }

    fn sha256_mismatch(&self, found: &str) -> Option<String> {
        let expected = self.sha256.as_deref().filter(|expected| *expected != found)?;
        Some(format!("expected SHA-256 {expected}, found {found}"))
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let is_new = match key {
            "rows" => {
                let rows = value.parse().map_err(|_| "`rows` is not a count".to_owned())?;
                self.rows.replace(rows).is_none()
            }
            "sha256" => {
                if value.len() != 64 || !value.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return Err("`sha256` is not 64 hexadecimal digits".to_owned());
                }
                self.sha256.replace(value.to_ascii_lowercase()).is_none()
            }
            _ => {
                let column = key.strip_prefix("total.").filter(|column| !column.is_empty());
                let column = column.ok_or_else(|| {
                    format!("`{key}` is not known: expected `rows`, `total.COLUMN` or `sha256`")
                })?;
                let sum = value
                    .parse()
                    .map_err(|reason| format!("the total of `{column}` is {reason}"))?;
                self.totals.insert(column.to_owned(), sum).is_none()
            }
        };
        if is_new { Ok(()) } else { Err(format!("`{key}` is there twice")) }
    }
}

/// Brings the JSON form to the keys and values of the text form.
fn entries_of_json(text: &str) -> Result<Vec<(String, String)>, String> {
    let object = |raw| {
        serde_json::from_str::<Members<'_>>(raw).map_err(|_| "it is not valid JSON".to_owned())
    };
    let scalar = |key: &str, raw| match json::value(raw) {
        Some(Value::String(text)) => Ok(text.into_owned()),
        Some(Value::Number(digits)) => Ok(digits.to_owned()),
        _ => Err(format!("`{key}` is neither number nor text")),
    };
    let mut entries = Vec::new();
    for (key, raw) in object(text)?.members {
        if key != "total" {
            entries.push((key.clone().into_owned(), scalar(&key, raw)?));
            continue;
        }
        let Some(Value::Object(inner)) = json::value(raw) else {
            return Err("`total` is not an object with columns and their sums".to_owned());
        };
        let members = object(inner)?.members;
        let member = |name| members.iter().find(|(key, _)| key == name).map(|(_, raw)| *raw);
        match (members.len(), member("column"), member("value")) {
            (2, Some(column), Some(sum)) => {
                entries
                    .push((format!("total.{}", scalar("column", column)?), scalar("value", sum)?));
            }
            _ => {
                for (column, raw) in &members {
                    entries.push((format!("total.{column}"), scalar(column, raw)?));
                }
            }
        }
    }
    Ok(entries)
}

/// Returns the size and the SHA-256, in lower-case hexadecimal, of any file.
///
/// # Errors
///
/// [`FeedError::Read`].
pub fn sha256_of_file(path: &Path) -> Result<(u64, String), FeedError> {
    let error = |source| FeedError::Read { path: path.to_owned(), source };
    let mut file = fs_err::File::open(path).map_err(error)?;
    let mut source = Source::new(&mut file);
    while !source.is_at_end() {
        source.fill().map_err(error)?;
        source.consume(source.window().len());
    }
    Ok((source.bytes(), source.sha256()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn figures(rows: u64, amount: &str) -> Figures {
        let sum = amount.parse().expect("a decimal");
        Figures {
            rows,
            sha256: ABC.into(),
            totals: vec![Total { sum, n_unread: 1, ..Total::new("Amount") }],
        }
    }

    #[test]
    fn the_forms_of_a_control_file_say_the_same() {
        let expected = ControlFile {
            rows: Some(3),
            totals: [("Amount".to_owned(), Decimal(123_450_000))].into(),
            sha256: Some(ABC.into()),
        };
        for text in [
            format!(r#"{{"rows": 3, "total": {{"Amount": "123.45"}}, "sha256": "{ABC}"}}"#),
            format!(
                r#"{{"sha256": "{}", "rows": "3",
                    "total": {{"column": "Amount", "value": 123.450}}}}"#,
                ABC.to_uppercase()
            ),
            format!("# from the till\r\nrows = 3\r\ntotal.Amount=123.45\r\n\r\nsha256={ABC}\r\n"),
        ] {
            assert_eq!(ControlFile::parse(&text), Ok(expected.clone()), "{text}");
        }
        assert_eq!(expected.check(Path::new("f"), &figures(3, "123.45")).map_err(drop), Ok(()));
    }

    #[test]
    fn all_that_is_wrong_with_a_control_file_is_told() {
        assert_eq!(
            ControlFile::parse(
                "rows=-1\ntotal.a=1e3\nsha256=ab\nlines=4\nhello\ntotal.b=1\ntotal.b=1"
            ),
            Err(vec![
                "`rows` is not a count".into(),
                "the total of `a` is not_a_number".into(),
                "`sha256` is not 64 hexadecimal digits".into(),
                "`lines` is not known: expected `rows`, `total.COLUMN` or `sha256`".into(),
                "line 5 is not of the form `key=value`".into(),
                "`total.b` is there twice".into(),
            ])
        );
        for text in ["", "{}", "{\"rows\": 1", "{\"rows\": [1]}", "{\"total\": 1}"] {
            assert!(ControlFile::parse(text).is_err(), "{text}");
        }
        let twice = r#"{"total": {"a": 1, "a": 2}}"#;
        assert_eq!(ControlFile::parse(twice), Err(vec!["`total.a` is there twice".into()]));
    }

    #[test]
    fn every_figure_that_differs_is_told_with_both_sides() {
        let text = format!("rows=4\ntotal.Amount=10\ntotal.Tax=1\nsha256={}", "0".repeat(64));
        let control = ControlFile::parse(&text).expect("a control file");
        let error = control.check(Path::new("sales.csv"), &figures(3, "9.5")).expect_err("differs");
        assert_eq!(
            error.to_string(),
            format!(
                "feed `sales.csv` does not match its control file: expected 4 rows, found 3; \
                 expected 10.00 in column `Amount`, found 9.50 and 1 values that cannot be read; \
                 expected 1.00 in column `Tax`, which was not summed; \
                 expected SHA-256 {}, found {ABC}",
                "0".repeat(64)
            )
        );
    }

    #[test]
    fn a_feed_that_is_no_text_is_checked_by_its_hash() {
        let folder = tempfile::tempdir().expect("a folder");
        let feed = folder.path().join("sales.parquet");
        fs_err::write(&feed, "abc").expect("writes");
        assert_eq!(sha256_of_file(&feed).expect("reads"), (3, ABC.to_owned()));
        let control = ControlFile { sha256: Some(ABC.into()), ..ControlFile::default() };
        assert!(control.check_sha256(&feed).is_ok());
        fs_err::write(&feed, "abd").expect("writes");
        assert!(matches!(control.check_sha256(&feed), Err(FeedError::Control { .. })));
    }
}

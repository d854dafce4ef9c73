//! How a receiver wants its CSV.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::error::{ExportError, Result};
use crate::neutralise::Injection;

/// The dialect and limits of one receiver.
///
/// Text is UTF-8. Dates are `2026-01-31`; instants are ISO 8601, in UTC with a final `Z` when the column
/// has a time zone. Cells never hold control characters; cells are quoted only where they must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvProfile {
    /// Name, for manifest and messages.
    pub name: Cow<'static, str>,
    /// Version of the profile; raised with every change of what it writes.
    pub version: u32,
    /// Between cells: one of `,` `;` `|` `^` `` ` `` or a tab.
    pub delimiter: char,
    /// After every record.
    pub line_ending: LineEnding,
    /// Whether files begin with a byte order mark; header matching of most receivers breaks on it.
    pub bom: bool,
    /// Written for null.
    pub null: Cow<'static, str>,
    /// What the receiver does with a blank cell.
    pub blank: Blank,
    /// Word for true.
    pub true_word: Cow<'static, str>,
    /// Word for false.
    pub false_word: Cow<'static, str>,
    /// Between whole and fraction: `.` or `,`.
    pub decimal_mark: char,
    /// What happens to text that looks like a formula.
    pub injection: Injection,
    /// Data rows of a file, at most.
    pub max_rows: Option<u64>,
    /// Bytes of a file, at most.
    pub max_bytes: Option<u64>,
    /// Columns of a file, at most.
    pub max_columns: Option<usize>,
}

/// End of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineEnding {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
}

/// What a blank cell means to the receiver.
///
/// Where blanks are ignored, a customer who leaves a segment must get an explicit value, or stays in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Blank {
    /// The field keeps its old value.
    Keeps,
    /// The field is emptied.
    Erases,
    /// The receiver does not say.
    Unstated,
}

impl CsvProfile {
    /// Plain machine CSV: commas, LF, no byte order mark, blank nulls.
    pub const GENERIC: Self = Self {
        name: Cow::Borrowed("generic"),
        version: 1,
        delimiter: ',',
        line_ending: LineEnding::Lf,
        bom: false,
        null: Cow::Borrowed(""),
        blank: Blank::Unstated,
        true_word: Cow::Borrowed("true"),
        false_word: Cow::Borrowed("false"),
        decimal_mark: '.',
        injection: Injection::Machine,
        max_rows: None,
        max_bytes: None,
        max_columns: None,
    };

    /// For people who open the file in a spreadsheet.
    pub const SPREADSHEET: Self = Self {
        name: Cow::Borrowed("spreadsheet"),
        line_ending: LineEnding::CrLf,
        bom: true, // else Excel takes the file for Windows-1252
        injection: Injection::Spreadsheet,
        max_rows: Some(1_048_575), // and the header: the rows of a sheet
        max_columns: Some(16_384),
        ..Self::GENERIC
    };

    /// `HubSpot`: 512 MB, 1,048,576 rows with the header, fewer than 1,000 columns, `True` and `False`.
    ///
    /// Source: knowledge.hubspot.com, "Set up your import file" (October 2025).
    pub const HUBSPOT: Self = Self {
        name: Cow::Borrowed("hubspot"),
        true_word: Cow::Borrowed("True"),
        false_word: Cow::Borrowed("False"),
        max_rows: Some(1_048_575),
        max_bytes: Some(512_000_000),
        max_columns: Some(999),
        ..Self::GENERIC
    };

    /// Salesforce Bulk API 2.0: LF, 100 MB an upload, 5,000 fields, blanks ignored, `#N/A` sets null.
    ///
    /// Source: developer.salesforce.com, "Prepare CSV Files" and "Bulk API 2.0 Limits".
    pub const SALESFORCE: Self = Self {
        name: Cow::Borrowed("salesforce"),
        null: Cow::Borrowed("#N/A"),
        blank: Blank::Keeps,
        max_bytes: Some(100_000_000), // 150 MB after base64
        max_columns: Some(5_000),
        ..Self::GENERIC
    };

    /// Braze: UTF-8, commas, 500 MB of attributes, `true` and `false`, blanks never overwrite.
    ///
    /// Source: Braze user guide, "CSV import".
    pub const BRAZE: Self = Self {
        name: Cow::Borrowed("braze"),
        blank: Blank::Keeps,
        max_bytes: Some(500_000_000),
        ..Self::GENERIC
    };

    /// The built-in profiles, by name.
    pub const BUILT_IN: [&'static Self; 5] =
        [&Self::BRAZE, &Self::GENERIC, &Self::HUBSPOT, &Self::SALESFORCE, &Self::SPREADSHEET];

    /// Returns the built-in profile of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::BUILT_IN.into_iter().find(|profile| profile.name == name)
    }

    /// Checks that what is written can be read back.
    ///
    /// # Errors
    ///
    /// [`ExportError::Profile`] with the first contradiction.
    pub fn check(&self) -> Result<()> {
        let words = [&self.null, &self.true_word, &self.false_word];
        let problem = if !matches!(self.delimiter, ',' | ';' | '|' | '^' | '`' | '\t') {
            "the delimiter is not one of `,` `;` `|` `^` `` ` `` and tab"
        } else if !matches!(self.decimal_mark, '.' | ',') {
            "the decimal mark is not `.` or `,`"
        } else if self.decimal_mark == self.delimiter {
            "the decimal mark is also the delimiter"
        } else if self.true_word == self.false_word {
            "true and false are the same word"
        } else if words.iter().any(|word| word.contains(|c: char| c.is_control())) {
            "a word has a control character"
        } else if words.iter().any(|word| neutral_differs(word)) {
            "a word could be taken for a formula or markup"
        } else if self.max_rows == Some(0) {
            "files without rows are of no use"
        } else {
            return Ok(());
        };
        Err(ExportError::Profile { profile: self.name.to_string(), detail: problem.to_owned() })
    }
}

fn neutral_differs(word: &str) -> bool {
    crate::neutralise::neutralise(word, Injection::Machine) != *word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_profile_is_sound_and_found_by_name() {
        for profile in CsvProfile::BUILT_IN {
            profile.check().expect("is sound");
            assert_eq!(CsvProfile::named(&profile.name), Some(profile));
        }
        assert_eq!(CsvProfile::named("no such"), None);
    }

    #[test]
    fn a_profile_that_cannot_be_read_back_is_refused() {
        let generic = CsvProfile::GENERIC;
        let cases = [
            CsvProfile { delimiter: 'x', ..generic.clone() },
            CsvProfile { delimiter: '"', ..generic.clone() },
            CsvProfile { decimal_mark: ',', ..generic.clone() },
            CsvProfile { decimal_mark: ';', ..generic.clone() },
            CsvProfile { false_word: "true".into(), ..generic.clone() },
            CsvProfile { null: "\0".into(), ..generic.clone() },
            CsvProfile { null: "-".into(), ..generic.clone() },
            CsvProfile { max_rows: Some(0), ..generic.clone() },
        ];
        for profile in cases {
            assert!(profile.check().is_err(), "{profile:?}");
        }
        CsvProfile { delimiter: ';', decimal_mark: ',', ..generic }.check().expect("is sound");
    }
}

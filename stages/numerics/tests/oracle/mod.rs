//! Where the oracles lie, and how to read them; shared by the tests of customer value.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folder of oracles, or `None` with a message where it is absent.
pub(crate) fn oracle_folder() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracles");
    if !root.is_dir() {
        eprintln!("skipped: {} is absent", root.display());
    }
    root.is_dir().then_some(root)
}

pub(crate) fn read_oracle(folder: &Path, name: &str) -> Value {
    let text = fs::read_to_string(folder.join(name)).expect("an oracle");
    serde_json::from_str(&text).expect("JSON")
}

/// The numbers of an object under these names.
pub(crate) fn numbers_of(object: &Value, names: &[&str]) -> Vec<f64> {
    names.iter().map(|name| object[name].as_f64().unwrap_or_else(|| panic!("{name}"))).collect()
}

pub(crate) fn assert_relative(case: &str, found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance * expected.abs(),
        "{case}: found {found:e}, expected {expected:e}"
    );
}

pub(crate) fn assert_absolute(case: &str, found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{case}: found {found:e}, expected {expected:e}"
    );
}

/// A plain CSV file without quotes.
pub(crate) struct Csv {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Csv {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("a CSV file");
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect());
        Self { names: lines.next().expect("a header"), rows: lines.collect() }
    }

    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let place = self.names.iter().position(|n| n == name).expect("a column");
        self.rows.iter().map(|row| row[place].clone()).collect()
    }

    pub(crate) fn whole_numbers(&self, name: &str) -> Vec<i64> {
        self.texts(name).iter().map(|text| text.parse().expect("a whole number")).collect()
    }
}

/// Days since 1970-01-01 of `YYYY-MM-DD` (Hinnant's `days_from_civil`).
pub(crate) fn day_number(date: &str) -> i64 {
    let parts: Vec<i64> = date.split('-').map(|part| part.parse().expect("a number")).collect();
    let &[year, month, day] = parts.as_slice() else { panic!("date {date} is not YYYY-MM-DD") };
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

//! Reading reference values and the data sets they were taken from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use idip_numerics::transform::{Scaler, log1p};
use serde_json::Value;

/// Returns the text of an oracle file, or says that the folder is absent.
fn read(file: &str) -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracles").join(file);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("skipped: no reference values at {}", path.display());
    }
    text
}

pub(crate) fn read_json(file: &str) -> Option<Value> {
    read(file).map(|text| serde_json::from_str(&text).expect("valid JSON"))
}

pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("an array").iter().map(number).collect()
}

pub(crate) fn table(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().expect("an array of arrays").iter().map(numbers).collect()
}

pub(crate) fn transposed(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..rows[0].len()).map(|column| rows.iter().map(|row| row[column]).collect()).collect()
}

pub(crate) fn slices(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

#[track_caller]
pub(crate) fn assert_near(case: &str, what: &str, expected: f64, actual: f64, tolerance: f64) {
    let error = (expected - actual).abs();
    assert!(error <= tolerance, "{case}: {what} expected {expected}, actual {actual}");
}

/// Feature columns and true classes of a data set, as a case describes them.
pub(crate) fn data_set(case: &Value) -> Option<(Vec<Vec<f64>>, Vec<u32>)> {
    let file = case["dataset"].as_str().expect("a dataset");
    let text = read(file)?;
    if file.contains("cdnow") {
        return Some((cdnow(&text), Vec::new()));
    }
    let rows: Vec<Vec<f64>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(|cell| cell.parse().expect("a number")).collect())
        .collect();
    let mut columns = transposed(&rows);
    let classes = columns.pop().expect("a class column");
    if case["preprocessing"].as_str().expect("text").starts_with("z-score") {
        let scaler = Scaler::fit(&slices(&columns)).expect("finite columns");
        columns = scaler.transform(&slices(&columns)).expect("the same columns");
    }
    Some((columns, classes.into_iter().map(|class| class as u32).collect()))
}

/// Logarithms of recency, purchase days and spend of each customer, ascending by id, z-scored.
fn cdnow(text: &str) -> Vec<Vec<f64>> {
    let mut customers: BTreeMap<u64, (BTreeSet<i64>, i64)> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (dates, cents) = customers.entry(cells[0].parse().expect("an id")).or_default();
        dates.insert(day(cells[1]));
        *cents += cells[3].parse::<i64>().expect("cents");
    }
    let end = day("1998-06-30");
    let last = |dates: &BTreeSet<i64>| dates.iter().next_back().copied().expect("a purchase");
    let raw: [Vec<f64>; 3] = [
        customers.values().map(|(dates, _)| (end - last(dates)) as f64).collect(),
        customers.values().map(|(dates, _)| dates.len() as f64).collect(),
        customers.values().map(|&(_, cents)| cents as f64 / 100.0).collect(),
    ];
    let logs: Vec<Vec<f64>> = raw.iter().map(|raw| log1p(raw).expect("from 0")).collect();
    let scaler = Scaler::fit(&slices(&logs)).expect("finite columns");
    scaler.transform(&slices(&logs)).expect("the same columns")
}

/// Days of a date `yyyy-mm-dd`, from March of year 0 (Richards).
fn day(date: &str) -> i64 {
    let parts: Vec<i64> = date.split('-').map(|part| part.parse().expect("a number")).collect();
    let (year, month) =
        if parts[1] > 2 { (parts[0], parts[1] - 3) } else { (parts[0] - 1, parts[1] + 9) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + parts[2]
}

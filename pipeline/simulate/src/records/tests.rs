//! Whole worlds, small.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{LEAST_RECORDS, RecordsRequest, simulate_records};
use crate::{Made, SimulateError};

fn made(folder: &Path, records: usize, nights: usize, seed: u64) -> Made {
    let folder = folder.to_owned();
    simulate_records(&RecordsRequest { folder, records, nights, seed }).expect("makes")
}

/// Rows of a file without quoted line ends, by their first cell.
fn rows(path: &Path) -> BTreeMap<String, String> {
    let text = fs_err::read_to_string(path).expect("reads");
    let rows = text.lines().skip(1).map(|row| {
        let (key, rest) = row.split_once(',').expect("two cells");
        (key.to_owned(), rest.to_owned())
    });
    rows.collect()
}

fn records(folder: &Path) -> BTreeMap<String, String> {
    let feeds = ["shop", "web", "call_centre", "contest"];
    feeds.iter().flat_map(|feed| rows(&folder.join(format!("feeds/{feed}.csv")))).collect()
}

#[test]
fn there_are_as_many_records_as_asked_for_and_each_has_its_truth() {
    let folder = tempfile::tempdir().expect("a folder");
    made(folder.path(), 5_000, 1, 3);
    let records = records(folder.path());
    let truth = rows(&folder.path().join("truth/truth_identity.csv"));
    assert_eq!(records.len(), 5_000);
    assert!(records.keys().eq(truth.keys()));

    let mut of_person: BTreeMap<&str, usize> = BTreeMap::new();
    let mut household_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in truth.values() {
        let [_, person, household] = row.split(',').collect::<Vec<_>>()[..] else {
            panic!("three cells")
        };
        *of_person.entry(person).or_default() += 1;
        household_of.entry(person).or_default().insert(household);
    }
    assert!(household_of.values().all(|households| households.len() == 1));
    let mean = 5_000.0 / of_person.len() as f64;
    assert!((1.8..2.5).contains(&mean), "{mean}");
    assert!(of_person.values().any(|&n| n >= 7));
}

#[test]
fn the_project_file_is_right_on_every_night() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = made(folder.path(), 400, 3, 3);
    assert_eq!(made.files.len(), 3 * 7);
    for night in ["night-01", "night-02", "night-03"] {
        let path = folder.path().join(night).join("idip.yaml");
        let text = fs_err::read_to_string(path).expect("reads");
        let (project, _) = idip_project::read("idip.yaml", &text).expect("a good project");
        assert_eq!(project.store, "../.idip");
        assert_eq!(project.feeds.len(), 5);
        for feed in project.feeds.values() {
            let file = folder.path().join(night).join(&feed.files.as_slice()[0]);
            assert!(file.exists(), "{}", file.display());
        }
    }
}

#[test]
fn the_changes_are_what_differs_between_two_nights() {
    let folder = tempfile::tempdir().expect("a folder");
    made(folder.path(), 3_000, 6, 4);
    let night = |nth: usize| folder.path().join(format!("night-{nth:02}"));
    let mut last = records(&night(1));
    assert!(rows(&night(1).join("truth/truth_change.csv")).is_empty());
    let mut seen = BTreeSet::new();
    for nth in 2..=6 {
        let now = records(&night(nth));
        let mut expected: BTreeMap<String, String> = BTreeMap::new();
        for (key, row) in &now {
            match last.get(key) {
                None => expected.insert(key.clone(), "arrived".into()),
                Some(before) if before != row => expected.insert(key.clone(), "changed".into()),
                Some(_) => None,
            };
        }
        for key in last.keys().filter(|key| !now.contains_key(*key)) {
            expected.insert(key.clone(), "erased".into());
            let sales = fs_err::read_to_string(night(nth).join("feeds/sales.csv")).expect("reads");
            assert!(!sales.contains(key.as_str()), "an erased record is named by no sale");
        }
        assert_eq!(rows(&night(nth).join("truth/truth_change.csv")), expected);
        seen.extend(expected.into_values());
        last = now;
    }
    assert_eq!(seen.len(), 3, "records arrived, changed and were erased");
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    let folders = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
    for (folder, seed) in folders.iter().zip([5, 5, 6]) {
        made(folder.path(), 1_000, 2, seed);
    }
    for name in ["night-02/feeds/shop.csv", "night-01/feeds/sales.csv", "README.md"] {
        let [a, b, c] =
            folders.each_ref().map(|it| fs_err::read(it.path().join(name)).expect("reads"));
        assert!(a == b && a != c, "{name}");
    }
}

#[test]
fn sizes_that_are_not_possible_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    for (records, nights) in [(LEAST_RECORDS - 1, 1), (1_000, 0), (1_000, 61)] {
        let new = folder.path().join("new");
        let request = RecordsRequest { folder: new.clone(), records, nights, seed: 1 };
        let error = simulate_records(&request).expect_err("refuses");
        assert!(matches!(error, SimulateError::RecordSizes { .. }), "{error}");
        assert!(error.to_string().starts_with(&format!("{records} records over {nights} nights")));
        assert!(!new.exists());
    }
}

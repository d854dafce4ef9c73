//! Fails every change of the disk in turn, once and for ever after, and looks at what is left.

use std::collections::BTreeMap;
use std::path::Path;

use crate::testing::{Night, assert_no_leftovers, failing_run, fast_folder, published_bytes, run};
use crate::{Result, Store, StoreError};

/// A history, and the run that is disturbed.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) history: &'static [fn(&Store) -> Result<()>],
    pub(crate) disturbed: fn(&Store) -> Result<()>,
}

fn first(store: &Store) -> Result<()> {
    run(store, Night::of("2026-01-30", "a")).map(drop)
}
fn second(store: &Store) -> Result<()> {
    run(store, Night::of("2026-01-31", "b")).map(drop)
}
fn second_failing(store: &Store) -> Result<()> {
    failing_run(store, Night::of("2026-01-31", "b"))
}
fn second_replaced(store: &Store) -> Result<()> {
    run(store, Night::of("2026-01-31", "c").replacing()).map(drop)
}
fn first_replaced(store: &Store) -> Result<()> {
    run(store, Night::of("2026-01-30", "d").replacing().backfill()).map(drop)
}
fn earlier_added(store: &Store) -> Result<()> {
    run(store, Night::of("2026-01-29", "e").backfill()).map(drop)
}

pub(crate) const SCENARIOS: [Scenario; 6] = [
    Scenario { name: "the first night", history: &[], disturbed: first },
    Scenario { name: "the next night", history: &[first], disturbed: second },
    Scenario { name: "a retry", history: &[first, second_failing], disturbed: second },
    Scenario { name: "a replacement", history: &[first, second], disturbed: second_replaced },
    Scenario { name: "a backfill", history: &[first, second], disturbed: earlier_added },
    Scenario { name: "a replaced backfill", history: &[first, second], disturbed: first_replaced },
];

impl Scenario {
    pub(crate) fn prepare(&self, folder: &Path) -> Store {
        let store = Store::open(folder).expect("opens");
        for step in self.history {
            step(&store).expect("an undisturbed run succeeds");
        }
        store
    }

    /// Published bytes before and after an undisturbed run.
    pub(crate) fn outcomes(&self) -> [BTreeMap<String, Vec<u8>>; 2] {
        let folder = fast_folder();
        let store = self.prepare(folder.path());
        let before = published_bytes(&store);
        (self.disturbed)(&store).expect("an undisturbed run succeeds");
        assert_no_leftovers(&store);
        [before, published_bytes(&store)]
    }

    /// What readers see must be whole, and be the old state or the new one.
    pub(crate) fn assert_whole(&self, store: &Store, outcomes: &[BTreeMap<String, Vec<u8>>; 2]) {
        let seen = visible_bytes(store);
        let known = outcomes.contains(&seen);
        let paths: Vec<_> = seen.keys().collect();
        assert!(known, "{}: readers see a mix: {paths:?}", self.name);
    }

    /// The run is started again and ends as if nothing had happened.
    pub(crate) fn assert_recovers(&self, store: &Store, outcomes: &[BTreeMap<String, Vec<u8>>; 2]) {
        (self.disturbed)(store).unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
        assert!(published_bytes(store) == outcomes[1], "{}: other bytes after recovery", self.name);
        assert_no_leftovers(store);
    }
}

/// Bytes of everything that the reading functions show, after verification.
fn visible_bytes(store: &Store) -> BTreeMap<String, Vec<u8>> {
    let mut seen = BTreeMap::new();
    for name in store.nights().expect("nights can be listed") {
        let night = store.night(name.date()).expect("opens").expect("is listed");
        night.verify().expect("is whole");
        for path in night
            .manifest()
            .files
            .iter()
            .map(|file| file.path.as_str())
            .chain(["manifest.json", "_SUCCESS"])
        {
            let bytes = std::fs::read(night.path().join(path)).expect("can be read");
            seen.insert(format!("{name}/{path}"), bytes);
        }
    }
    if let Some(current) = store.current().expect("opens") {
        current.verify().expect("is whole");
        seen.insert("CURRENT".to_owned(), format!("{}\n", current.name()).into_bytes());
    }
    seen
}

fn fail_every_change(scenario: &Scenario, forever: bool) -> usize {
    let outcomes = scenario.outcomes();
    for at in 1.. {
        let folder = fast_folder();
        let store = scenario.prepare(folder.path());
        store.disk.probe.arm(at, forever);
        let result = (scenario.disturbed)(&store);
        if store.disk.probe.disarm() == 0 {
            result.expect("nothing failed");
            return at;
        }
        let error = result.expect_err("a failing disk is reported");
        let names_path = matches!(
            &error,
            StoreError::Io { path, .. } | StoreError::Sync { path, .. } if path.starts_with(folder.path())
        );
        assert!(names_path, "{} at {at}: {error:?}", scenario.name);
        scenario.assert_whole(&store, &outcomes);
        scenario.assert_recovers(&store, &outcomes);
    }
    unreachable!("a run makes a finite number of changes")
}

#[test]
fn a_change_that_fails_once_never_harms_what_is_published() {
    for scenario in &SCENARIOS {
        let changes = fail_every_change(scenario, false);
        assert!(changes > 40, "{}: only {changes} changes were seen", scenario.name);
    }
}

#[test]
fn a_disk_that_fails_for_good_never_harms_what_is_published() {
    for scenario in &SCENARIOS {
        fail_every_change(scenario, true);
    }
}

#[test]
fn a_failing_run_that_fails_to_be_kept_leaves_only_what_is_swept() {
    let night = Night::of("2026-01-31", "b");
    for at in 1.. {
        let folder = fast_folder();
        let store = Store::open(folder.path()).expect("opens");
        first(&store).expect("runs");
        store.disk.probe.arm(at, false);
        let result = failing_run(&store, night);
        if store.disk.probe.disarm() == 0 {
            result.expect("nothing failed");
            let kept = store.failed(night.date).expect("is listed").expect("is kept");
            assert_eq!(kept.steps().len(), 1);
            assert!(!kept.path().join("differentiate/half.csv").exists(), "unfinished, yet kept");
            return;
        }
        result.expect_err("a failing disk is reported");
        run(&store, night).expect("the next run succeeds");
        assert_no_leftovers(&store);
        assert!(store.failed(night.date).expect("is listed").is_none(), "published, yet kept");
    }
}

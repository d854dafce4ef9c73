//! Links, modes, forged and damaged files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::testing::{Night, batch, failing_run, fast_folder, run};
use crate::{Result, Store, StoreError};

const DATE: &str = "2026-01-31";

fn published() -> (tempfile::TempDir, Store) {
    let folder = fast_folder();
    let store = Store::open(folder.path()).expect("opens");
    run(&store, Night::of(DATE, "a")).expect("runs");
    (folder, store)
}

/// Moves what lies at `place` elsewhere and leaves a link to it, as an attacker would.
fn plant(store: &Store, place: &Path, elsewhere: &Path) {
    let target = elsewhere.join("target");
    if fs::rename(place, &target).is_err() {
        // Nothing there yet: a link to a folder, or to a file for what is a file.
        if place.extension().is_some() {
            fs::write(&target, b"untouched").expect("is made");
        } else {
            fs::create_dir(&target).expect("is made");
        }
        fs::create_dir_all(place.parent().expect("has a folder")).expect("is made");
    }
    symlink(&target, place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
    assert!(place.starts_with(store.path()));
}

fn next_run(store: &Store) -> Result<()> {
    let store = Store::open(store.path())?;
    run(&store, Night::of("2026-02-01", "b")).map(drop)
}

#[test]
fn a_link_planted_where_the_store_works_is_refused() {
    type Act = fn(&Store) -> Result<()>;
    let cases: [(&str, Act); 13] = [
        ("nights", next_run),
        ("failed", next_run),
        ("runs", next_run),
        ("LOCK", next_run),
        ("CURRENT", next_run),
        ("REPLACING", next_run),
        ("run_results.json", next_run),
        ("run_results.json", |store| store.last_run_results().map(drop)),
        ("NIGHT", |store| store.current().map(drop)),
        ("NIGHT/manifest.json", |store| store.current().map(drop)),
        ("NIGHT/_SUCCESS", |store| store.current().map(drop)),
        ("NIGHT/identify", |store| store.current()?.expect("opens").verify()),
        ("failed/2026-02-01", |store| failing_run(store, Night::of("2026-02-01", "b"))),
    ];
    for (place, act) in cases {
        let (_folder, store) = published();
        let elsewhere = fast_folder();
        let night = store.current_name().expect("reads").expect("is published");
        let path = store.path().join(place.replace("NIGHT", &format!("nights/{night}")));
        plant(&store, &path, elsewhere.path());
        let error = act(&store).expect_err(place);
        let refused = matches!(&error, StoreError::Symlink { .. })
            || matches!(&error, StoreError::Damaged { problems, .. } if problems[0].contains("symbolic link"));
        assert!(refused, "{place}: {error}");
        let target = elsewhere.path().join("target");
        if target.is_file() && place == "run_results.json" {
            let old = fs::read_to_string(target).expect("is read");
            assert!(old.contains("2026-01-31T02"), "written through a link");
        }
    }
}

#[test]
fn a_link_planted_in_a_run_is_refused() {
    let (_folder, store) = published();
    let elsewhere = fast_folder();
    let staging = store.lock().expect("is free").begin("b1").expect("begins");
    symlink(elsewhere.path(), staging.path().join("identify")).expect("is planted");
    let rows = batch(1, "s");
    let error =
        staging.write_table("identify", "golden", &rows.schema(), &[rows]).expect_err("refused");
    assert!(matches!(error, StoreError::Symlink { .. }), "{error}");
    assert_eq!(fs::read_dir(elsewhere.path()).expect("lists").count(), 0);
}

#[test]
fn a_link_among_leftovers_is_removed_and_its_target_stays() {
    let (_folder, store) = published();
    let elsewhere = fast_folder();
    fs::write(elsewhere.path().join("precious"), b"1").expect("is made");
    symlink(elsewhere.path(), store.path().join(".run-x")).expect("is planted");
    fs::create_dir(store.path().join(".run-y")).expect("is made");
    symlink(elsewhere.path(), store.path().join(".run-y/inside")).expect("is planted");
    fs::write(store.path().join(".tmp-CURRENT"), b"half").expect("is left");
    let swept = store.lock().expect("is free").sweep().expect("sweeps");
    assert_eq!(swept.removed, [".run-x", ".run-y", ".tmp-CURRENT"]);
    assert!(elsewhere.path().join("precious").exists());
}

#[test]
fn the_stores_own_folder_may_be_a_link() {
    let (folder, _store) = published();
    let elsewhere = fast_folder();
    symlink(folder.path(), elsewhere.path().join("store")).expect("is made");
    let store = Store::open(&elsewhere.path().join("store")).expect("opens");
    store.current().expect("opens").expect("is published").verify().expect("is whole");
}

fn modes(folder: &Path) -> Vec<(PathBuf, u32)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("lists") {
        let path = entry.expect("lists").path();
        found.push((path.clone(), path.metadata().expect("exists").permissions().mode() & 0o777));
        if path.is_dir() {
            found.extend(modes(&path));
        }
    }
    found
}

#[test]
fn only_the_owner_may_look_whatever_the_umask() {
    let outside = fast_folder();
    for umask in [0o022, 0o000, 0o077] {
        let root = outside.path().join(format!("deep/store-{umask:o}"));
        fs::create_dir_all(outside.path().join("deep")).expect("is made");
        let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(umask));
        let outcome = Store::open(&root).and_then(|store| {
            failing_run(&store, Night::of("2026-01-30", "b"))?;
            run(&store, Night::of(DATE, "a"))?;
            failing_run(&store, Night::of("2026-02-01", "b"))
        });
        rustix::process::umask(before);
        outcome.expect("runs");
        let found = modes(&root);
        assert!(found.len() > 15, "{found:?}");
        for (path, mode) in found.iter().chain([&(root.clone(), mode_of(&root))]) {
            let expected = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(*mode, expected, "{} under umask {umask:o}", path.display());
        }
    }
}

fn mode_of(path: &Path) -> u32 {
    path.metadata().expect("exists").permissions().mode() & 0o777
}

#[test]
fn hostile_names_write_nothing() {
    let (_folder, store) = published();
    let lock = store.lock().expect("is free");
    let staging = lock.begin("b1").expect("begins");
    let rows = batch(1, "s");
    let (files_before, _) = store.disk.walk(store.path()).expect("lists");
    for name in ["../x", "..", ".", "", "/etc/x", "a/../../x", "A", "a\0", "nul\n", "é", "a b"] {
        assert!(lock.begin(name).is_err(), "{name:?}");
        assert!(
            staging.write_table(name, "t", &rows.schema(), std::slice::from_ref(&rows)).is_err()
        );
        assert!(
            staging.write_table("s", name, &rows.schema(), std::slice::from_ref(&rows)).is_err()
        );
        assert!(staging.write_file(name, "a.csv", b"1").is_err(), "{name:?}");
        assert!(staging.write_file("s", name, b"1").is_err(), "{name:?}");
        assert!(
            staging.finish_step(&crate::testing::key(name, "f"), &[], &[]).is_err(),
            "{name:?}"
        );
        assert!(store.night(name).is_err() && store.failed(name).is_err(), "{name:?}");
    }
    assert_eq!(store.disk.walk(store.path()).expect("lists").0, files_before);
}

#[test]
fn a_step_that_claims_files_elsewhere_is_not_taken_over() {
    let (_folder, store) = published();
    let night = store.current().expect("opens").expect("is published");
    let mut step = night.step("identify.resolve").expect("is recorded");
    let staging = store.lock().expect("is free").begin("b1").expect("begins");
    let outside = staging.adopt_step(Path::new("/etc"), &step).expect_err("refused");
    assert!(matches!(outside, StoreError::WrongKind { .. }), "{outside}");
    let above = night.path().join("../../..");
    assert!(staging.adopt_step(&above, &step).is_err());
    step.tables[0].files[0].path = "../../LOCK".to_owned();
    let forged = staging.adopt_step(night.path(), &step).expect_err("refused");
    assert!(matches!(forged, StoreError::Name { .. }), "{forged}");
}

#[test]
fn verify_names_everything_that_is_wrong() {
    let (_folder, store) = published();
    let night = store.current().expect("opens").expect("is published");
    fs::write(night.path().join("differentiate/crm/vip.csv"), b"b").expect("is changed");
    fs::write(night.path().join("differentiate/crm/more.csv"), b"b").expect("is added");
    let table = night.table_files("differentiate", "customer_segment").remove(0);
    fs::OpenOptions::new().write(true).open(table).expect("opens").set_len(9).expect("is cut");
    fs::remove_file(night.table_files("identify", "identity_map").remove(0)).expect("is lost");
    let StoreError::Damaged { problems, .. } = night.verify().expect_err("is damaged") else {
        panic!("another error");
    };
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(problems[0].starts_with("`differentiate/crm/vip.csv` has hash"), "{problems:?}");
    assert!(problems[1].contains("customer_segment/part-0.parquet` has 9 bytes"), "{problems:?}");
    assert!(problems[2].starts_with("cannot open"), "{problems:?}");
    assert_eq!(problems[3], "`differentiate/crm/more.csv` is not in the manifest");
}

#[test]
fn a_changed_manifest_is_noticed() {
    let (_folder, store) = published();
    let night = store.current().expect("opens").expect("is published");
    let path = night.path().join("manifest.json");
    let text = fs::read_to_string(&path).expect("is read").replace("\"seed\": 7", "\"seed\": 8");
    fs::write(&path, text).expect("is changed");
    let error = store.current().expect_err("is noticed");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

#[test]
fn a_newer_format_is_refused_with_both_versions() {
    let (_folder, store) = published();
    let night = store.current().expect("opens").expect("is published");
    let path = night.path().join("manifest.json");
    let newer = "{\"format_version\": 9, \"unknown\": []}";
    fs::write(&path, newer).expect("is changed");
    let error = store.current().expect_err("is refused");
    let expected = format!("`{}` has format 9, this idip reads up to 1", path.display());
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_pointer_that_names_no_night_is_corrupt() {
    let (_folder, store) = published();
    for text in ["", "\n", "2026-01-31", "../../etc", "2026-01-31-0123456789abcdef x"] {
        fs::write(store.pointer_path(), text).expect("is changed");
        let error = store.current().expect_err("is refused");
        assert!(matches!(error, StoreError::Corrupt { .. }), "{text:?}: {error}");
        assert!(store.nights().is_err());
    }
    fs::write(store.pointer_path(), "2026-01-31-0123456789abcdef\n").expect("is changed");
    assert!(matches!(store.current(), Err(StoreError::Io { .. })), "names a missing night");
}

#[test]
fn reading_makes_no_store() {
    let folder = fast_folder();
    let error = Store::open_existing(folder.path()).expect_err("is none");
    assert!(matches!(error, StoreError::Missing { .. }), "{error}");
    assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 0);
    let store = Store::open(folder.path()).expect("opens");
    assert!(store.current().expect("reads").is_none());
    assert!(store.nights().expect("lists").is_empty());
    assert!(store.last_run_results().expect("reads").is_none());
}

#[test]
fn the_manifest_is_the_same_text_each_time() {
    let (_folder, store) = published();
    let night = store.current().expect("opens").expect("is published");
    let text = fs::read_to_string(night.path().join("manifest.json")).expect("is read");
    let head = r#"{
  "format_version": 1,
  "idip_version": "0.1.0",
  "logical_date": "2026-01-31",
  "fingerprint": "2026-01-31-a",
  "seed": 7,
  "parent": null,
  "config_hash": "c0ffee",
  "inputs": [
    {
      "feed": "transactions",
      "path": "feeds/transactions.csv",
      "bytes": 10,
      "hash": "a",
      "rows": 3
    }
  ],
  "steps": [
    {
      "id": "differentiate.segment",
      "stage": "differentiate",
      "fingerprint": "a",
      "inputs": [
        "transactions"
      ],
      "tables": [
        "differentiate/customer_segment"
      ],
      "files": [
        "differentiate/crm/vip.csv"
      ]
    },
"#;
    assert!(text.starts_with(head), "{text}");
    assert!(text.ends_with("}\n") && !text.contains(store.path().to_str().expect("is UTF-8")));
}

//! The sample project, from raw feeds to offer files, held against its truth.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::support::{assert_same_files, cents, idip, night, root, rows, succeed};

fn sample() -> PathBuf {
    root().join("sample_data/idip.yaml")
}

/// Rows of a CSV without quoted fields, by header.
fn csv(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).expect("reads");
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    lines
        .map(|line| {
            let cells = line.split(',').map(str::to_owned);
            header.iter().map(|name| (*name).to_owned()).zip(cells).collect()
        })
        .collect()
}

#[test]
fn every_row_and_every_cent_of_the_sample_goes_where_the_truth_says() {
    let store = tempfile::tempdir().expect("a folder");
    succeed(&sample(), store.path(), &["run"]);
    let key = |row: &BTreeMap<String, String>| {
        let cell = |name: &str| row.get(name).cloned().unwrap_or_default();
        (cell("feed"), cell("outcome"), cell("rows"), cell("amount"))
    };
    let told: BTreeSet<_> =
        rows(store.path(), "sources", "reconciliation").iter().map(key).collect();
    let truth = csv(&root().join("sample_data/truth/reconciliation.csv"));
    let truth: BTreeSet<_> = truth.iter().map(key).collect();
    assert_eq!(told, truth);

    a_party_is_in_one_segment_of_each_axis_and_has_one_plan(store.path());
    nobody_without_permission_is_in_the_offer_file(store.path());
    no_budget_is_passed(store.path());
    the_crm_files_hold_what_their_manifest_says(store.path());
}

fn a_party_is_in_one_segment_of_each_axis_and_has_one_plan(store: &Path) {
    let ids = |stage: &str, table: &str| -> Vec<String> {
        rows(store, stage, table).into_iter().map(|row| row["customer_id"].clone()).collect()
    };
    let parties = ids("identify", "golden_customer");
    assert!(parties.len() > 4_000);
    assert_eq!(parties, ids("differentiate", "customer_segment"));
    assert_eq!(parties, ids("interact", "contact_plan"));
    let in_summary: i64 = rows(store, "interact", "contact_summary")
        .iter()
        .map(|row| row["n_customers"].parse::<i64>().expect("a count"))
        .sum();
    assert_eq!(in_summary, parties.len() as i64);
}

fn nobody_without_permission_is_in_the_offer_file(store: &Path) {
    let permitted: BTreeSet<(String, String)> = rows(store, "interact", "channel_permission")
        .into_iter()
        .filter(|row| row["permitted"] == "true")
        .map(|row| (row["customer_id"].clone(), row["channel"].clone()))
        .collect();
    let offers = rows(store, "personalize", "offer_file");
    assert!(!offers.is_empty());
    for row in offers {
        assert!(permitted.contains(&(row["customer_id"].clone(), row["channel"].clone())));
    }
}

fn no_budget_is_passed(store: &Path) {
    for row in rows(store, "personalize", "offer_use") {
        if !row["budget"].is_empty() {
            assert!(cents(&row["reserved_cost"]) <= cents(&row["budget"]), "{row:?}");
        }
        if let Ok(stock) = row["stock"].parse::<i64>() {
            assert!(row["n_assigned"].parse::<i64>().expect("a count") <= stock, "{row:?}");
        }
    }
}

fn the_crm_files_hold_what_their_manifest_says(store: &Path) {
    let folder = night(store).join("outputs/offers");
    let manifest = std::fs::read_to_string(folder.join("manifest.json")).expect("is there");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("is JSON");
    let lines = std::fs::read_to_string(folder.join("offer.csv")).expect("is there");
    assert_eq!(manifest["rows"].to_string(), (lines.lines().count() - 1).to_string());
    assert!(folder.join("_SUCCESS").exists());
    let report =
        std::fs::read_to_string(night(store).join("outputs/report.html")).expect("is there");
    assert!(
        !report.contains("<script") && !report.contains("http://"),
        "a report needs no network"
    );
}

#[test]
fn the_same_night_has_the_same_bytes_for_any_number_of_threads() {
    let stores: Vec<_> = [1, 2, 4]
        .map(|threads: usize| {
            let store = tempfile::tempdir().expect("a folder");
            succeed(&sample(), store.path(), &["run", "--threads", &threads.to_string()]);
            store
        })
        .into();
    assert_same_files(stores[0].path(), stores[1].path());
    assert_same_files(stores[0].path(), stores[2].path());
}

#[test]
fn running_twice_does_nothing_and_says_so() {
    let store = tempfile::tempdir().expect("a folder");
    succeed(&sample(), store.path(), &["run"]);
    let before = night(store.path());
    let again = succeed(&sample(), store.path(), &["run"]);
    assert!(again.contains("nothing to do"), "{again}");
    let code = idip(&sample(), store.path(), &["run", "--skip-code"]).status().expect("starts");
    assert_eq!(code.code(), Some(99));
    assert_eq!(night(store.path()), before);
}

#[test]
fn stages_run_one_by_one_publish_what_the_whole_night_does() {
    let whole = tempfile::tempdir().expect("a folder");
    succeed(&sample(), whole.path(), &["run"]);
    let parts = tempfile::tempdir().expect("a folder");
    for stage in ["identify", "differentiate", "interact", "personalize", "measure", "run"] {
        succeed(&sample(), parts.path(), &[stage, "--date", "2025-12-31"]);
    }
    assert_same_files(whole.path(), parts.path());
}

/// Copies the sample with its transaction lines shuffled and split into other files.
fn shuffled(to: &Path) -> PathBuf {
    let feeds = root().join("sample_data/feeds");
    std::fs::create_dir_all(to.join("feeds")).expect("a folder");
    for entry in std::fs::read_dir(&feeds).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).expect("reads");
        let text = String::from_utf8(bytes.clone());
        match text {
            Ok(text) if name.ends_with(".jsonl") => {
                let mut lines: Vec<&str> = text.lines().collect();
                lines.reverse();
                std::fs::write(to.join("feeds").join(&name), lines.join("\n") + "\n")
                    .expect("writes");
            }
            _ => std::fs::write(to.join("feeds").join(&name), bytes).expect("writes"),
        }
    }
    let project = to.join("idip.yaml");
    std::fs::copy(sample(), &project).expect("copies");
    project
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = shuffled(folder.path());
    let (plain, other) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    succeed(&sample(), plain.path(), &["run"]);
    succeed(&project, other.path(), &["run"]);
    // Rejects name lines, which have moved; nothing else may.
    let without_rejects = |store: &Path| {
        let mut files = crate::support::files(store);
        files.remove("sources/reject/part-0.parquet");
        files.retain(|name, _| !name.starts_with("outputs/"));
        files
    };
    let (plain, other) = (without_rejects(plain.path()), without_rejects(other.path()));
    let differing: Vec<_> = plain
        .iter()
        .filter(|(name, bytes)| other.get(*name) != Some(bytes))
        .map(|(n, _)| n)
        .collect();
    assert!(differing.is_empty(), "other bytes in {differing:?}");
}

/// What is passed on between steps and not published is made again when its step is taken over.
#[test]
fn a_setting_that_few_steps_read_can_be_changed_and_the_night_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = shuffled(folder.path());
    let text = std::fs::read_to_string(&project).expect("reads");
    let store = tempfile::tempdir().expect("a store");
    succeed(&project, store.path(), &["run"]);
    let changed = text.replacen("\"900.00\"", "\"700.00\"", 1);
    assert_ne!(changed, text);
    std::fs::write(&project, changed).expect("writes");
    succeed(&project, store.path(), &["run", "--replace"]);
    let fresh = tempfile::tempdir().expect("a store");
    succeed(&project, fresh.path(), &["run"]);
    assert_same_files(store.path(), fresh.path());
}

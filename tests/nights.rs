//! Thirty nights of records that arrive, change and go: customers keep their ids.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{rows, succeed};

const NIGHTS: usize = 30;
/// Night after which some people are erased whose records are delivered all the same.
const ERASURE: usize = 10;
const FEEDS: [&str; 4] = ["shop", "web", "call_centre", "contest"];

type Ids = BTreeMap<String, i64>;
type Members = BTreeMap<i64, BTreeSet<String>>;

/// What one night says, and what it was made from.
struct Night {
    /// Customer of each reference.
    customer_of: Ids,
    members: Members,
    /// Old id, id and event.
    lineage: BTreeSet<(i64, i64, String)>,
    /// The line of each record in its feed.
    records: BTreeMap<String, String>,
}

impl Night {
    fn run(world: &Path, store: &Path, night: usize) -> Self {
        let project = world.join(format!("night-{night:02}/idip.yaml"));
        let date = format!("2026-01-{night:02}");
        succeed(&project, store, &["identify", "--date", &date]);
        let id = |text: &str| text.parse::<i64>().expect("an id");
        let mut customer_of = Ids::new();
        let mut members = Members::new();
        for row in rows(store, "identify", "identity_map") {
            let (name, customer) = (row["party_ref"].clone(), id(&row["customer_id"]));
            members.entry(customer).or_default().insert(name.clone());
            customer_of.insert(name, customer);
        }
        let lineage = rows(store, "identify", "customer_lineage").into_iter();
        let lineage = lineage.map(|row| {
            (id(&row["old_customer_id"]), id(&row["customer_id"]), row["event"].clone())
        });
        let mut records = BTreeMap::new();
        for feed in FEEDS {
            let path = world.join(format!("night-{night:02}/feeds/{feed}.csv"));
            let text = std::fs::read_to_string(path).expect("a feed");
            for line in text.lines().skip(1) {
                let key = line.split(',').next().expect("a key").to_owned();
                records.insert(key, line.to_owned());
            }
        }
        Self { customer_of, members, lineage: lineage.collect(), records }
    }
}

/// A customer of last night, with all that meets it tonight: until nothing more does.
fn meeting(last: &Night, now: &Night, id: i64) -> (BTreeSet<i64>, BTreeSet<i64>) {
    let (mut old, mut new) = (BTreeSet::from([id]), BTreeSet::new());
    loop {
        let before = (old.len(), new.len());
        let of_old = old.iter().flat_map(|id| &last.members[id]);
        new.extend(of_old.filter_map(|name| now.customer_of.get(name)));
        let of_new = new.iter().flat_map(|id| &now.members[id]);
        old.extend(of_new.filter_map(|name| last.customer_of.get(name)));
        if before == (old.len(), new.len()) {
            return (old, new);
        }
    }
}

/// No id moves without a row of the lineage, and none at all where a customer has the records it had, or
/// where records only came to it or only went. No customer is parted or joined unless something happened to
/// a record of those that meet.
fn assert_continuity(last: &Night, now: &Night, night: usize) {
    for (name, old) in &last.customer_of {
        if let Some(id) = now.customer_of.get(name).filter(|id| *id != old) {
            let told = now.lineage.iter().any(|(from, to, _)| (from, to) == (old, id));
            assert!(told, "night {night}: a reference moved without a row");
        }
    }
    let happened = |name: &String| last.records.get(name) != now.records.get(name);
    for (id, names) in &last.members {
        let (old, new) = meeting(last, now, *id);
        if old.len() == 1 && new.len() == 1 {
            assert_eq!(old, new, "night {night}: the same customer has another id");
        }
        let of_old = old.iter().flat_map(|id| &last.members[id]);
        let of_new = new.iter().flat_map(|id| &now.members[id]);
        let is_same = now.members.get(id) == Some(names);
        let has_cause = of_old.chain(of_new).any(happened);
        assert!(is_same || has_cause, "night {night}: a customer changed without cause");
    }
}

/// Erases three customers of several records each, and returns their ids and references.
fn erase(world: &Path, store: &Path, night: &Night) -> (BTreeSet<i64>, BTreeSet<String>) {
    let people: BTreeSet<i64> = night
        .members
        .iter()
        .filter(|(_, names)| names.len() >= 3)
        .map(|(id, _)| *id)
        .take(3)
        .collect();
    let names = people.iter().flat_map(|id| night.members[id].clone()).collect();
    let lines: Vec<String> = people.iter().map(|id| format!("{id}\n")).collect();
    let ids = world.join("ids.csv");
    std::fs::write(&ids, format!("customer_id\n{}", lines.concat())).expect("writes");
    let project = world.join(format!("night-{ERASURE:02}/idip.yaml"));
    let ids = ids.display().to_string();
    let told = succeed(&project, store, &["forget", "--ids", &ids, "--output", "json"]);
    let told: Value = serde_json::from_str(&told).expect("is JSON");
    assert_eq!(told["people"], 3);
    (people, names)
}

#[test]
fn customers_keep_their_ids_over_thirty_nights_and_who_was_erased_stays_erased() {
    let folder = tempfile::tempdir().expect("a folder");
    let (world, store): (PathBuf, PathBuf) =
        (folder.path().join("world"), folder.path().join("store"));
    let to = world.display().to_string();
    let nights = NIGHTS.to_string();
    // A world in which records of many customers weigh near even odds, while frequencies move a little
    // every night: judged by a fixed threshold some twenty customers would change without cause.
    let arguments =
        ["simulate", "--records", "600", "--nights", &nights, "--seed", "1", "--to", &to];
    succeed(&world, &store, &arguments);

    let mut last: Option<Night> = None;
    let (mut erased, mut erased_names) = (BTreeSet::new(), BTreeSet::new());
    let (mut n_events, mut n_delivered) = (0, 0);
    for night in 1..=NIGHTS {
        let now = Night::run(&world, &store, night);
        assert!(now.records.len() > 300, "enough to be compared");
        assert_eq!(rows(&store, "identify", "linkage_model").len(), 1, "evidence decides");
        if let Some(mut last) = last.take() {
            // Who was erased was never there, as far as the next night can tell.
            last.customer_of.retain(|name, _| !erased_names.contains(name));
            last.members.retain(|id, _| !erased.contains(id));
            assert_continuity(&last, &now, night);
            n_events += now.lineage.len();
        }
        for (id, names) in &now.members {
            assert!(!erased.contains(id), "night {night}: an erased id is in force");
            assert!(names.is_disjoint(&erased_names), "night {night}: an erased record is back");
        }
        n_delivered += now.records.keys().filter(|name| erased_names.contains(*name)).count();
        if night == ERASURE {
            (erased, erased_names) = erase(&world, &store, &now);
        }
        last = Some(now);
    }
    assert!(n_events > 5, "customers merge, part and go: {n_events}");
    assert!(n_delivered > NIGHTS - ERASURE, "what was erased is delivered night after night");
    let map = rows(&store, "identify", "customer_id_map");
    for id in erased {
        let row = map.iter().find(|row| row["customer_id"] == id.to_string()).expect("a tombstone");
        assert_eq!((row["state"].as_str(), row["current_customer_id"].as_str()), ("erased", ""));
    }
}

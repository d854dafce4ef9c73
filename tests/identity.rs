//! Records with known truth: what people decide holds, and labels measure what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{assert_same_files, night, rows, succeed};

/// The lines that the documentation gives for the truth of a simulation, and a feed of decisions.
const FEEDS: &str = "feeds:
  judged:
    table: link_decision
    files: feeds/judged.csv
    columns: {party_ref: party_ref, other_ref: other_ref, decision: decision, decided_on: decided_on}
  truth:
    table: person_label
    files: truth/truth_identity.csv
    columns: {party_ref: party_ref, person_ref: person}
";

/// A simulated project, and the person of each record.
struct World {
    folder: tempfile::TempDir,
    person_of: BTreeMap<String, String>,
}

impl World {
    /// Makes records, and decisions about the first of them.
    fn make(n_records: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let made = Command::new(env!("CARGO_BIN_EXE_idip"))
            .args(["simulate", "--records", &n_records.to_string(), "--to"])
            .arg(folder.path().join("world"))
            .output()
            .expect("the program starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let world = Self { person_of: BTreeMap::new(), folder };
        let truth = world.read("truth/truth_identity.csv");
        let person_of: BTreeMap<String, String> = truth
            .lines()
            .skip(1)
            .map(|line| {
                let mut cells = line.split(',').map(str::to_owned);
                let key = cells.next().expect("a key");
                (key, cells.nth(1).expect("a person"))
            })
            .collect();
        let world = Self { person_of, ..world };
        let project = world.read("idip.yaml").replace("feeds:\n", FEEDS);
        world.write("idip.yaml", &project);
        world.decide(&[]);
        world
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join("world").join(file)
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).expect("is there")
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).expect("writes");
    }

    /// Writes the feed of decisions: two strangers are one, a person is two, one record is nobody's.
    fn decide(&self, more: &[&str]) {
        let [one, other] = self.strangers();
        let [part, rest] = self.parts_of_one();
        let mut text = format!(
            "party_ref,other_ref,decision,decided_on\n{one},{other},must_link,2025-01-31\n\
             {part},{rest},cannot_link,\n{one},nobody-knows-it,must_link,\n"
        );
        for line in more {
            text += &format!("{line}\n");
        }
        self.write("feeds/judged.csv", &text);
    }

    /// Two records of different people.
    fn strangers(&self) -> [String; 2] {
        let (first, person) = self.person_of.first_key_value().expect("a record");
        let (last, _) =
            self.person_of.iter().rev().find(|(_, it)| *it != person).expect("a stranger");
        [first.clone(), last.clone()]
    }

    /// Two records of one person, which the strangers are not.
    fn parts_of_one(&self) -> [String; 2] {
        let taken = self.strangers().map(|record| self.person_of[&record].clone());
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        let twice = self.person_of.iter().filter(|(_, person)| !taken.contains(person)).find_map(
            |(record, person)| seen.insert(person, record).map(|first| [first, record.as_str()]),
        );
        twice.expect("a person with two records").map(str::to_owned)
    }

    fn identify(&self, store: &Path) {
        succeed(&self.path("idip.yaml"), store, &["identify", "--date", "2026-06-30"]);
    }
}

fn customers(store: &Path) -> BTreeMap<String, String> {
    let map = rows(store, "identify", "identity_map").into_iter();
    map.map(|mut row| {
        let mut cell = |name: &str| row.remove(name).expect("a cell");
        (cell("party_ref"), cell("customer_id"))
    })
    .collect()
}

fn the_decisions_hold(world: &World, store: &Path) {
    let customer_of = customers(store);
    let [one, other] = world.strangers();
    let [part, rest] = world.parts_of_one();
    assert_eq!(customer_of[&one], customer_of[&other]);
    assert_ne!(customer_of[&part], customer_of[&rest]);
    let outcomes: BTreeSet<(String, String)> = rows(store, "identify", "link_decision_outcome")
        .into_iter()
        .map(|row| (row["decision"].clone(), row["outcome"].clone()))
        .collect();
    let expected = [
        ("cannot_link", "followed"),
        ("must_link", "followed"),
        ("must_link", "unknown_reference"),
    ];
    let expected: BTreeSet<_> =
        expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    assert_eq!(outcomes, expected);
}

/// Counts pairs one by one and compares them with what was published.
fn the_figures_are_those_counted_pair_by_pair(world: &World, store: &Path) {
    let customer_of = customers(store);
    let records: Vec<(&str, &str)> = world
        .person_of
        .iter()
        .map(|(record, person)| (customer_of[record].as_str(), person.as_str()))
        .collect();
    let (mut found, mut truth, mut both) = (0_u64, 0_u64, 0_u64);
    let (mut precision, mut recall) = (0.0, 0.0);
    for (place, a) in records.iter().enumerate() {
        let (mut of_customer, mut of_person, mut of_both) = (0.0, 0.0, 0.0);
        for (other, b) in records.iter().enumerate() {
            let (is_found, is_true) = (a.0 == b.0, a.1 == b.1);
            of_customer += f64::from(u8::from(is_found));
            of_person += f64::from(u8::from(is_true));
            of_both += f64::from(u8::from(is_found && is_true));
            if other > place {
                found += u64::from(is_found);
                truth += u64::from(is_true);
                both += u64::from(is_found && is_true);
            }
        }
        precision += of_both / of_customer;
        recall += of_both / of_person;
    }
    let figures: BTreeMap<String, f64> = rows(store, "identify", "identity_evaluation")
        .into_iter()
        .map(|row| (row["metric"].clone(), row["value"].parse().expect("a number")))
        .collect();
    let n = records.len() as f64;
    for (metric, expected) in [
        ("labelled_references", n),
        ("pair_precision", both as f64 / found as f64),
        ("pair_recall", both as f64 / truth as f64),
        ("b_cubed_precision", precision / n),
        ("b_cubed_recall", recall / n),
        ("unknown_labels", 0.0),
        ("contradicting_labels", 0.0),
    ] {
        let told = figures[metric];
        assert!((told - expected).abs() < 1e-9, "{metric} is {told}, expected {expected}");
    }
}

#[test]
fn decisions_hold_and_labels_measure_whether_weights_or_identifiers_decide() {
    let world = World::make(1_500);
    let store = tempfile::tempdir().expect("a folder");
    world.identify(store.path());
    assert!(!rows(store.path(), "identify", "linkage_model").is_empty(), "weights decide");
    the_decisions_hold(&world, store.path());
    the_figures_are_those_counted_pair_by_pair(&world, store.path());

    let again = tempfile::tempdir().expect("a folder");
    let project = world.read("idip.yaml");
    let mut judged: Vec<String> =
        world.read("feeds/judged.csv").lines().map(str::to_owned).collect();
    judged[1..].reverse();
    world.write("feeds/judged.csv", &(judged.join("\n") + "\n"));
    world.identify(again.path());
    assert_same_files(store.path(), again.path());

    let project = project.replace("identify:\n", "identify:\n  linkage: {mode: deterministic}\n");
    world.write("idip.yaml", &project);
    let blunt = tempfile::tempdir().expect("a folder");
    world.identify(blunt.path());
    assert!(rows(blunt.path(), "identify", "linkage_model").is_empty(), "identifiers decide");
    the_decisions_hold(&world, blunt.path());
    the_figures_are_those_counted_pair_by_pair(&world, blunt.path());
}

#[test]
fn a_decision_of_a_later_day_is_not_seen_and_is_counted() {
    let world = World::make(400);
    let [one, other] = world.parts_of_one();
    world.decide(&[&format!("{one},{other},must_link,2031-01-01")]);
    let store = tempfile::tempdir().expect("a folder");
    world.identify(store.path());
    let customer_of = customers(store.path());
    assert_ne!(customer_of[&one], customer_of[&other], "the decision of the day holds");
    let later: Vec<_> = rows(store.path(), "sources", "reconciliation")
        .into_iter()
        .filter(|row| row["feed"] == "judged" && row["outcome"] == "after_date")
        .map(|row| row["rows"].clone())
        .collect();
    assert_eq!(later, ["1"]);
    assert!(night(store.path()).exists());
}

#[test]
fn records_of_which_no_two_have_anything_in_common_are_a_customer_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let letters = |n: usize| -> String {
        [n / 26 % 26, n % 26].map(|at| char::from(b'a' + at as u8)).into_iter().collect()
    };
    let record = |n: usize| {
        let mark = letters(n);
        format!("p{n},{mark}ot{mark},{mark}zuf{mark},{mark}{n}@x{n}.example\n")
    };
    let records: String = (0..500).map(record).collect();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    write("crm.csv", &format!("ref,first,last,email\n{records}"));
    write("sales.csv", "who,day,paid\np1,2025-03-01,5.00\n");
    write(
        "idip.yaml",
        "project: Strangers\ncurrency: EUR\ntime_zone: UTC\nfeeds:\n  sales:\n    table: transaction\n    \
         files: sales.csv\n    columns: {party_ref: who, business_date: day, amount: paid}\n  crm:\n    \
         table: party\n    files: crm.csv\n    \
         columns: {party_ref: ref, first_name: first, last_name: last, email: email}\n",
    );
    let store = folder.path().join("store");
    succeed(
        &folder.path().join("idip.yaml"),
        &store,
        &["run", "--select", "+identify.golden_customer"],
    );
    assert_eq!(rows(&store, "identify", "golden_customer").len(), 500);
    for rule in rows(&store, "identify", "blocking_rule") {
        assert_eq!((rule["n_pairs_compared"].as_str(), rule["n_links"].as_str()), ("0", "0"));
    }
}

//! Erasure: who is forgotten is in no published night, and in none to come.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::support::{idip, rows, succeed};

pub(crate) type Row = BTreeMap<String, String>;

/// Nights of simulated records.
pub(crate) struct World {
    folder: tempfile::TempDir,
    nights: usize,
}

impl World {
    /// Four nights, the first three of which are published.
    pub(crate) fn new() -> Self {
        let world = Self::of_nights(4);
        (1..=3).for_each(|night| drop(world.run(night)));
        world
    }

    fn of_nights(nights: usize) -> Self {
        let world = Self { folder: tempfile::tempdir().expect("a folder"), nights };
        let (to, nights) = (world.path("world").display().to_string(), nights.to_string());
        let arguments = ["simulate", "--records", "600", "--nights", &nights, "--to", &to];
        succeed(&world.path("none"), &world.path("none"), &arguments);
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path("store")
    }

    pub(crate) fn project(&self, night: usize) -> PathBuf {
        match self.nights {
            1 => self.path("world/idip.yaml"),
            _ => self.path(&format!("world/night-{night:02}/idip.yaml")),
        }
    }

    pub(crate) fn run(&self, night: usize) -> String {
        succeed(&self.project(night), &self.store(), &["run", "--output", "json"])
    }

    pub(crate) fn table(&self, name: &str) -> Vec<Row> {
        rows(&self.store(), "identify", name)
    }

    /// Customer of each reference, in force.
    pub(crate) fn customer_of(&self) -> BTreeMap<String, String> {
        let rows = self.table("identity_map").into_iter();
        rows.map(|row| (row["party_ref"].clone(), row["customer_id"].clone())).collect()
    }

    fn write_ids(&self, text: &str) -> String {
        let path = self.path("ids.csv");
        std::fs::write(&path, text).expect("writes");
        path.display().to_string()
    }

    pub(crate) fn forget(&self, text: &str, more: &[&str]) -> Value {
        let ids = self.write_ids(text);
        let mut arguments = vec!["forget", "--ids", &ids, "--output", "json"];
        arguments.extend(more);
        let told = succeed(&self.project(3), &self.store(), &arguments);
        serde_json::from_str(&told).expect("is JSON")
    }

    /// Why a request is refused, and the exit code.
    pub(crate) fn refused(&self, text: &str) -> (Option<i32>, String) {
        let ids = self.write_ids(text);
        let mut command = idip(&self.project(3), &self.store(), &["forget", "--ids", &ids]);
        let output = command.output().expect("starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// A customer of several records, all of them in the feeds of the fourth night, whose e-mail and family
    /// name nobody else has.
    pub(crate) fn somebody(&self) -> Somebody {
        let golden = self.table("golden_customer");
        let feeds: String = ["shop", "web", "call_centre", "contest"]
            .map(|feed| self.path(&format!("world/night-04/feeds/{feed}.csv")))
            .map(|path| std::fs::read_to_string(path).expect("a feed"))
            .concat();
        let n_with = |column: &str, value: &str| {
            golden.iter().filter(|row| row[column].contains(value)).count()
        };
        let customer_of = self.customer_of();
        let found = golden.iter().find_map(|row| {
            let (email, last_name) = (&row["email"], &row["last_name"]);
            let id = &row["customer_id"];
            let refs: Vec<String> = customer_of
                .iter()
                .filter(|(_, customer)| *customer == id)
                .map(|(name, _)| name.clone())
                .collect();
            let is_apart = !email.is_empty()
                && last_name.len() > 4
                && n_with("email", email) == 1
                && n_with("last_name", last_name) == 1
                && refs.len() >= 3
                && refs.iter().all(|name| feeds.contains(&format!("\n{name},")));
            is_apart.then(|| Somebody {
                id: id.clone(),
                refs,
                email: email.clone(),
                last_name: last_name.clone(),
            })
        });
        found.expect("somebody stands apart")
    }
}

pub(crate) struct Somebody {
    pub(crate) id: String,
    pub(crate) refs: Vec<String>,
    pub(crate) email: String,
    last_name: String,
}

impl Somebody {
    /// Everything that would tell of them.
    pub(crate) fn traces(&self) -> Vec<&str> {
        let refs = self.refs.iter().map(String::as_str);
        refs.chain([self.email.as_str(), self.last_name.as_str()]).collect()
    }
}

pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// Every text of a file: the cells of a table, the bytes of anything else.
fn text_of(path: &Path) -> String {
    let Some("parquet") = path.extension().and_then(|ending| ending.to_str()) else {
        return String::from_utf8_lossy(&std::fs::read(path).expect("reads")).into_owned();
    };
    let file = std::fs::File::open(path).expect("opens");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(|it| it.build());
    let mut text = String::new();
    for batch in reader.expect("is Parquet") {
        let batch = batch.expect("reads");
        for column in batch.columns() {
            for row in 0..batch.num_rows() {
                text += &arrow_cast::display::array_value_to_string(column, row).expect("a text");
                text.push('\n');
            }
        }
    }
    text
}

/// Files of the store that hold one of some texts, with the text.
pub(crate) fn holding<'t>(store: &Path, texts: &[&'t str]) -> BTreeSet<(PathBuf, &'t str)> {
    let mut found = BTreeSet::new();
    for path in files_below(store) {
        let text = text_of(&path);
        let held = texts.iter().filter(|it| text.contains(**it));
        found.extend(held.map(|it| (path.clone(), *it)));
    }
    found
}

fn bytes_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let read = |path: PathBuf| (path.clone(), std::fs::read(&path).expect("reads"));
    files_below(folder).into_iter().map(read).collect()
}

/// Asserts that a folder holds the files that it held, with the same bytes.
fn assert_as_it_was(folder: &Path, before: &BTreeMap<PathBuf, Vec<u8>>) {
    let now = bytes_below(folder);
    let all: BTreeSet<&PathBuf> = now.keys().chain(before.keys()).collect();
    let other: Vec<_> =
        all.into_iter().filter(|path| now.get(*path) != before.get(*path)).collect();
    assert!(other.is_empty(), "other bytes in {other:?}");
}

/// Rows read are the rows of all outcomes, for every feed.
pub(crate) fn assert_every_row_went_somewhere(store: &Path) -> i64 {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    let mut erased = 0;
    for row in rows(store, "sources", "reconciliation") {
        let n: i64 = row["rows"].parse().expect("a count");
        let sign = if row["outcome"] == "read" { 1 } else { -1 };
        *sums.entry(row["feed"].clone()).or_default() += sign * n;
        erased += if row["outcome"] == "erased" { n } else { 0 };
    }
    assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
    erased
}

#[test]
fn who_is_forgotten_is_in_no_night_and_stays_out_of_those_to_come() {
    let world = World::new();
    let (store, somebody) = (world.store(), world.somebody());
    let traces = somebody.traces();
    assert!(holding(&store, &traces).len() >= 3 * traces.len() - 2, "in every night so far");
    let customer_of = world.customer_of();
    let others: BTreeMap<String, String> =
        customer_of.into_iter().filter(|(_, id)| *id != somebody.id).collect();

    let told = world.forget(&format!("customer_id,reason\n{},objection\n", somebody.id), &[]);
    assert_eq!((&told["people"], &told["references"]), (&1.into(), &somebody.refs.len().into()));
    assert_eq!(holding(&store, &traces), BTreeSet::new());
    assert_eq!(world.customer_of(), others, "the night in force holds everybody else as before");
    succeed(&world.project(3), &store, &["export", "--target", "segments", "--check"]);
    let exported = crate::support::night(&store).join("outputs");
    let exported = files_below(&exported);
    assert!(exported.iter().any(|path| path.extension().is_some_and(|it| it == "csv")));
    assert!(exported.iter().all(|path| !text_of(path).contains(&somebody.id)));

    // The same feeds again, which still have every record of theirs; then the next night.
    for night in [3, 4] {
        let told: Value = serde_json::from_str(&world.run(night)).expect("is JSON");
        assert_eq!(holding(&store, &traces), BTreeSet::new());
        let erased = assert_every_row_went_somewhere(&store);
        assert!(erased >= somebody.refs.len() as i64, "{erased}");
        assert_eq!(told["rows_erased"], erased);
        let results = std::fs::read_to_string(store.join("run_results.json")).expect("is there");
        let results: Value = serde_json::from_str(&results).expect("is JSON");
        let load = results["results"].as_array().and_then(|steps| {
            steps.iter().find(|step| step["unique_id"] == "sources.load").cloned()
        });
        assert_eq!(load.expect("was run")["adapter_response"]["rows_erased"], erased);

        let tonight = world.customer_of();
        if night == 3 {
            assert_eq!(tonight, others, "nobody else has another id");
        }
        assert!(!tonight.values().any(|id| *id == somebody.id), "an erased id is never reused");
        let tombstone: Vec<Row> = world
            .table("customer_id_map")
            .into_iter()
            .filter(|row| row["customer_id"] == somebody.id)
            .collect();
        let [tombstone] = tombstone.as_slice() else { panic!("one tombstone") };
        let is = |column: &str| tombstone[column].as_str();
        assert_eq!((is("state"), is("current_customer_id")), ("erased", ""));
        assert_eq!((is("cause"), is("changed_on")), ("objection", "2026-01-03"));
        let lineage = world.table("customer_lineage");
        let erasures = lineage.iter().filter(|row| row["event"] == "erased");
        assert_eq!(erasures.count(), usize::from(night == 3), "told on its night, and once");
    }
    let again = succeed(&world.project(4), &store, &["run"]);
    assert!(again.contains("nothing to do"), "{again}");
}

#[test]
fn a_dry_run_tells_what_would_go_and_changes_nothing() {
    let world = World::new();
    let somebody = world.somebody();
    let request = format!("party_ref,source\n{},\n", somebody.refs[0]);
    let before = bytes_below(&world.store());
    let mut planned = world.forget(&request, &["--dry-run"]);
    assert_as_it_was(&world.store(), &before);
    let mut done = world.forget(&request, &[]);
    assert_eq!(
        (planned["status"].take(), done["status"].take()),
        ("planned".into(), "erased".into())
    );
    assert_eq!(planned, done);
    assert_eq!(done["nights"].as_object().map(serde_json::Map::len), Some(3));

    // A second time there is nobody left to erase, and nothing is written again.
    let after = bytes_below(&world.store().join("nights"));
    let again = world.forget(&request, &[]);
    assert_eq!((&again["people"], &again["erased_before"]), (&0.into(), &1.into()));
    assert_as_it_was(&world.store().join("nights"), &after);

    // A run that was stopped half-way is gone on with: the list holds, the nights are due.
    let night = crate::support::night(&world.store());
    let old = before.keys().find(|path| path.ends_with("CURRENT")).expect("is there");
    let old = String::from_utf8_lossy(&before[old]).trim().to_owned();
    let nights = world.store().join("nights");
    std::fs::remove_dir_all(&night).expect("removes");
    for (path, bytes) in before.iter().filter(|(path, _)| path.starts_with(nights.join(&old))) {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
        std::fs::write(path, bytes).expect("writes");
    }
    std::fs::write(world.store().join("CURRENT"), format!("{old}\n")).expect("writes");
    assert_ne!(holding(&world.store(), &somebody.traces()), BTreeSet::new());
    world.forget(&request, &[]);
    assert_eq!(holding(&world.store(), &somebody.traces()), BTreeSet::new());
    assert_as_it_was(&world.store().join("nights"), &after);
}

#[test]
fn a_request_that_cannot_be_met_says_why_and_erases_nobody() {
    let world = World::new();
    let somebody = world.somebody();
    let before = bytes_below(&world.store());
    let other = world.customer_of().into_values().find(|id| *id != somebody.id).expect("others");
    for (request, expected) in [
        ("name\nAna\n".to_owned(), "no header of `customer_id` or `party_ref`"),
        (
            format!("customer_id\n{}\n17\n", somebody.id),
            "line 3 has a `customer_id` that no published",
        ),
        (
            format!("customer_id,party_ref\n{other},{}\n", somebody.refs[0]),
            "line 2 has a `customer_id` and a `party_ref` of two customers",
        ),
        ("customer_id,reason\n17,whim\n".to_owned(), "`reason` that is none of request"),
        ("party_ref,source\nS1,nowhere\n".to_owned(), "`source` that is no feed of the project"),
    ] {
        let (code, told) = world.refused(&request);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(expected) && told.contains("hint:"), "{told}");
        assert!(!told.contains(&somebody.refs[0]), "{told}");
    }
    assert_as_it_was(&world.store(), &before);

    let lock = std::fs::File::open(world.store().join("LOCK")).expect("is there");
    lock.lock().expect("locks");
    let (code, told) = world.refused(&format!("customer_id\n{}\n", somebody.id));
    assert_eq!(code, Some(75), "{told}");
    assert!(told.contains("hint: wait for it to end"), "{told}");
    drop(lock);
    assert_as_it_was(&world.store(), &before);

    let ids = world.write_ids("customer_id\n17\n");
    let nowhere = world.path("nowhere");
    let mut command = idip(&world.project(1), &nowhere, &["forget", "--ids", &ids]);
    let output = command.output().expect("starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("nothing is published"), "{told}");
}

/// The sales of a night as Parquet, with one amount that is beyond money.
fn sales_as_parquet(folder: &Path) {
    let text = std::fs::read_to_string(folder.join("feeds/sales.csv")).expect("a feed");
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let (header, lines) = lines.split_first().expect("a header");
    let columns = header.iter().enumerate().map(|(place, name)| {
        let cells = lines.iter().map(|cells| Some(cells[place]).filter(|cell| !cell.is_empty()));
        if *name == "amount" {
            let amounts = cells.map(|cell| cell.map(|it| it.parse::<f64>().expect("a number")));
            let amounts = std::iter::once(Some(1e30)).chain(amounts.skip(1));
            return (*name, Arc::new(amounts.collect::<Float64Array>()) as ArrayRef);
        }
        (*name, Arc::new(cells.collect::<StringArray>()) as ArrayRef)
    });
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, it)| (name, it, true)));
    let batch = batch.expect("a batch");
    let file = std::fs::File::create(folder.join("feeds/sales.parquet")).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("writes");
    writer.close().expect("closes");
    std::fs::remove_file(folder.join("feeds/sales.csv")).expect("removes");
}

#[test]
fn rows_of_erased_people_are_left_out_of_parquet_and_of_copies_too() {
    let world = World::of_nights(1);
    let folder = world.path("world");
    sales_as_parquet(&folder);
    let project = std::fs::read_to_string(folder.join("idip.yaml")).expect("reads");
    let project = project
        .replace("feeds/sales.csv", "feeds/sales.parquet")
        .replace("    types: {sale: text}\n", "")
        .replace(
            "    files: feeds/shop.csv\n",
            "    files: feeds/shop.csv\n    duplicates: drop\n",
        );
    std::fs::write(folder.join("idip.yaml"), project).expect("writes");
    let shop = folder.join("feeds/shop.csv");
    let text = std::fs::read_to_string(&shop).expect("reads");
    let copied = text.lines().nth(1).expect("a record");
    let name = copied.split(',').next().expect("a key");
    std::fs::write(&shop, format!("{text}{copied}\n")).expect("writes");
    let run = || succeed(&world.project(1), &world.store(), &["run"]);
    run();
    let outcomes = || -> BTreeMap<(String, String), i64> {
        let rows = rows(&world.store(), "sources", "reconciliation").into_iter();
        let count = |row: &Row| row["rows"].parse().expect("a count");
        rows.map(|row| ((row["feed"].clone(), row["outcome"].clone()), count(&row))).collect()
    };
    let before = outcomes();
    let of = |all: &BTreeMap<(String, String), i64>, feed: &str, outcome: &str| {
        all.get(&(feed.to_owned(), outcome.to_owned())).copied().unwrap_or(0)
    };
    assert_eq!((of(&before, "shop", "duplicate"), of(&before, "sales", "rejected")), (1, 1));

    let buyers: BTreeSet<String> = world
        .table("identity_map")
        .into_iter()
        .filter(|row| row["is_buyer"] == "true")
        .map(|row| row["party_ref"].clone())
        .collect();
    let buyer = buyers.first().expect("somebody bought");
    let ids = world.write_ids(&format!("party_ref\n{name}\n{buyer}\n"));
    succeed(&world.project(1), &world.store(), &["forget", "--ids", &ids]);
    run();
    let after = outcomes();
    assert!(assert_every_row_went_somewhere(&world.store()) >= 2);
    assert!(of(&after, "sales", "erased") >= 1 && of(&after, "shop", "erased") >= 1, "{after:?}");
    assert_eq!(of(&after, "shop", "duplicate"), 1, "a copy is a copy, of whomever");
    assert_eq!(of(&after, "sales", "rejected"), 1);
    assert_eq!(rows(&world.store(), "sources", "reject").len(), 1, "nobody erased is listed");
    for feed in ["shop", "sales"] {
        assert_eq!(of(&after, feed, "read"), of(&before, feed, "read"));
    }
    assert_eq!(holding(&world.store(), &[name, buyer.as_str()]), BTreeSet::new());
}

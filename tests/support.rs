//! The program, a folder for it, and its published tables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use arrow_array::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the root is there")
}

/// Data that other people published, where it lies beside the project.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: `{}` is not here", path.display());
    None
}

/// The program with a project and a store.
pub(crate) fn idip(project: &Path, store: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_idip"));
    command.args(arguments).arg("--project").arg(project).arg("--store").arg(store);
    command
}

/// Runs the program, which must succeed, and returns its stdout.
pub(crate) fn succeed(project: &Path, store: &Path, arguments: &[&str]) -> String {
    let output: Output = idip(project, store, arguments).output().expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?} failed: {errors}");
    String::from_utf8(output.stdout).expect("stdout is text")
}

/// The folder of the night in force.
pub(crate) fn night(store: &Path) -> PathBuf {
    let current = std::fs::read_to_string(store.join("CURRENT")).expect("a night is published");
    store.join("nights").join(current.trim())
}

/// A published table.
pub(crate) fn table(store: &Path, stage: &str, table: &str) -> Vec<RecordBatch> {
    let path = night(store).join(stage).join(table).join("part-0.parquet");
    let file = std::fs::File::open(&path).unwrap_or_else(|_| panic!("{} is there", path.display()));
    ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|builder| builder.build())
        .expect("is Parquet")
        .collect::<Result<_, _>>()
        .expect("reads")
}

/// A published table as rows of texts, null as the empty text.
pub(crate) fn rows(store: &Path, stage: &str, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut rows = Vec::new();
    for batch in table(store, stage, name) {
        let schema = batch.schema();
        for row in 0..batch.num_rows() {
            let cells = schema.fields().iter().zip(batch.columns()).map(|(field, values)| {
                let text = arrow_cast::display::array_value_to_string(values, row);
                (field.name().clone(), text.expect("has a text"))
            });
            rows.push(cells.collect());
        }
    }
    rows
}

/// Every file of the night in force but the manifest, by path, with its bytes.
pub(crate) fn files(store: &Path) -> BTreeMap<String, Vec<u8>> {
    let night = night(store);
    let mut files = BTreeMap::new();
    let mut folders = vec![night.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&night).expect("below").to_string_lossy().into_owned();
            if name != "manifest.json" {
                files.insert(name, std::fs::read(&path).expect("reads"));
            }
        }
    }
    files
}

/// Asserts that two nights hold the same files with the same bytes.
pub(crate) fn assert_same_files(a: &Path, b: &Path) {
    let (a, b) = (files(a), files(b));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&a), names(&b));
    let differing: Vec<_> = a
        .iter()
        .filter(|(name, bytes)| b.get(*name) != Some(bytes))
        .map(|(name, _)| name)
        .collect();
    assert!(differing.is_empty(), "other bytes in {differing:?}");
}

/// Money of a text, in minor units.
pub(crate) fn cents(text: &str) -> i64 {
    text.replace('.', "").parse().expect("money with two decimals")
}

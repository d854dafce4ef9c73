//! The committed dictionary and ODCS files say what the contracts say.
//!
//! With `UPDATE_GOLDEN=1` (`make bless`) they are written instead of compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use idip_schemas::odcs::DataContract;
use idip_schemas::{Retention, dictionary};
use serde_json::Value;

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn is_blessing() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1")
}

/// The ODCS files as they should be, by path.
fn odcs_files() -> Result<BTreeMap<PathBuf, String>, serde_saphyr::ser::Error> {
    idip_schemas::all()
        .into_iter()
        .filter(|table| table.retention == Retention::Published)
        .map(|table| {
            let path = home().join(format!("contracts/{}.odcs.yaml", table.name));
            Ok((path, serde_saphyr::to_string(&DataContract::of(table))?))
        })
        .collect()
}

fn committed_odcs() -> io::Result<BTreeSet<PathBuf>> {
    fs::read_dir(home().join("contracts"))?.map(|entry| Ok(entry?.path())).collect()
}

#[test]
fn the_committed_files_are_what_the_contracts_say() {
    let mut expected = odcs_files().expect("contracts are plain data");
    expected.insert(home().join("README.md"), dictionary::markdown());
    let committed = committed_odcs().expect("the folder is there");
    let left_over: Vec<_> = committed.iter().filter(|path| !expected.contains_key(*path)).collect();
    if is_blessing() {
        for path in left_over {
            fs::remove_file(path).expect("can be removed");
        }
        for (path, text) in &expected {
            fs::write(path, text).expect("can be written");
        }
        return;
    }
    assert!(left_over.is_empty(), "of no published table: {left_over:?}; run `make bless`");
    let stale: Vec<_> = expected
        .iter()
        .filter(|(path, text)| fs::read_to_string(path).ok().as_ref() != Some(*text))
        .map(|(path, _)| path)
        .collect();
    assert!(stale.is_empty(), "not what the contracts say: {stale:?}; run `make bless`");
}

#[test]
fn a_yaml_parser_finds_every_column_and_its_whole_meaning_again() {
    for table in idip_schemas::all() {
        let yaml = serde_saphyr::to_string(&DataContract::of(table)).expect("is plain data");
        let read: Value = serde_saphyr::from_str(&yaml).expect("is well formed");
        assert_eq!(read["apiVersion"], "v3.1.0");
        assert_eq!(read["version"], table.version.to_string().as_str(), "a text, not a number");
        let schema = &read["schema"][0];
        assert_eq!(schema["description"], table.grain.trim_ascii(), "{}", table.name);
        let properties = schema["properties"].as_array().expect("is a list");
        assert_eq!(properties.len(), table.columns.len(), "{}", table.name);
        for (property, column) in properties.iter().zip(table.columns) {
            assert_eq!(property["name"], column.name);
            assert_eq!(property["required"], !column.nullable, "{}.{}", table.name, column.name);
            assert_eq!(property["description"], column.description.trim_ascii());
        }
    }
}

//! House rules that the compiler cannot check.

use std::path::{Path, PathBuf};

use crate::support::root;

fn below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("reads")
}

#[test]
fn only_the_pipeline_may_touch_the_engine_and_the_disk() {
    for wing in ["schemas", "stages"] {
        for manifest in below(&root().join(wing), "Cargo.toml") {
            for banned in ["datafusion", "parquet", "tokio", "object_store"] {
                let depends = read(&manifest).lines().any(|line| line.starts_with(banned));
                assert!(!depends, "{} depends on {banned}", manifest.display());
            }
        }
    }
}

#[test]
fn only_the_engine_names_datafusion() {
    for file in below(&root().join("pipeline"), ".rs") {
        let is_engine = file.to_string_lossy().contains("/src/engine/");
        let names_it = read(&file).contains("datafusion::");
        assert!(is_engine || !names_it, "{} names the engine", file.display());
    }
}

#[test]
fn no_stage_names_another() {
    let stages = ["identify", "differentiate", "interact", "personalize", "measure"];
    for stage in stages {
        let manifest = read(&root().join("stages").join(stage).join("Cargo.toml"));
        for other in stages.iter().filter(|other| **other != stage) {
            let depends = manifest.lines().any(|line| line.starts_with(&format!("idip-{other}")));
            assert!(!depends, "{stage} depends on {other}");
        }
    }
}

#[test]
fn every_member_inherits_the_workspace_lints() {
    for wing in ["schemas", "stages", "pipeline"] {
        for manifest in below(&root().join(wing), "Cargo.toml") {
            assert!(
                read(&manifest).contains("[lints]\nworkspace = true"),
                "{}",
                manifest.display()
            );
        }
    }
}

#[test]
fn no_mark_of_unfinished_work_is_left() {
    let marks = ["TO", "FIX", "XX"].map(|half| {
        format!(
            "{half}{}",
            if half == "XX" {
                "X"
            } else if half == "TO" {
                "DO"
            } else {
                "ME"
            }
        )
    });
    for wing in ["schemas", "stages", "pipeline"] {
        for file in below(&root().join(wing), ".rs") {
            for mark in &marks {
                assert!(
                    !read(&file).contains(&format!("{mark}:")),
                    "{} has {mark}",
                    file.display()
                );
            }
        }
    }
}

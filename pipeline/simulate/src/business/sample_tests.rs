//! The committed sample project is what the simulation makes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::{DEFAULT_PARTIES, DEFAULT_SEED, Request, simulate};

/// Lines of the sample project.
const TRANSACTIONS: usize = 60_000;
/// The repository stays small.
const MAX_BYTES: usize = 5_000_000;

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample_data")
}

fn make(folder: &Path) {
    let request = Request {
        folder: folder.to_owned(),
        parties: DEFAULT_PARTIES,
        transactions: TRANSACTIONS,
        seed: DEFAULT_SEED,
    };
    simulate(&request).expect("makes");
}

/// Files by path; the engine's own store, which begins with a dot, aside.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs_err::read_dir(&inner).expect("reads") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                let relative = path.strip_prefix(folder).expect("inside").to_owned();
                found.insert(relative, fs_err::read(&path).expect("reads"));
            }
        }
    }
    found
}

#[test]
fn the_sample_project_is_made_again_byte_for_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    make(folder.path());
    let (made, kept) = (files(folder.path()), files(&sample()));
    assert_eq!(made.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>());
    for (path, bytes) in &made {
        assert!(kept.get(path) == Some(bytes), "`{}` differs; bless it", path.display());
    }
    let size: usize = made.values().map(Vec::len).sum();
    assert!(size < MAX_BYTES, "{size} bytes");
}

#[test]
fn another_seed_makes_another_business() {
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    for (folder, seed) in folders.iter().zip([1, 2]) {
        let folder = folder.path().to_owned();
        simulate(&Request { folder, parties: 200, transactions: 2_000, seed }).expect("makes");
    }
    let [a, b] = folders.each_ref().map(|folder| files(folder.path()));
    for name in ["feeds/till-2024.csv", "feeds/customers.csv", "truth/person.csv"] {
        assert_ne!(a[Path::new(name)], b[Path::new(name)], "{name}");
    }
    for name in ["idip.yaml", "feeds/products.csv", "truth/uplift.csv"] {
        assert_eq!(a[Path::new(name)], b[Path::new(name)], "{name}");
    }
}

/// Writes the sample project anew: `cargo test -p idip-simulate -- --ignored bless`.
#[test]
#[ignore = "writes into the repository"]
fn bless_the_sample_project() {
    let folder = tempfile::tempdir().expect("a folder");
    make(folder.path());
    for part in ["feeds", "truth"] {
        let old = sample().join(part);
        if old.exists() {
            fs_err::remove_dir_all(&old).expect("removes");
        }
        fs_err::create_dir_all(&old).expect("a folder");
    }
    for (path, bytes) in files(folder.path()) {
        fs_err::write(sample().join(path), bytes).expect("writes");
    }
}

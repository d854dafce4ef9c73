//! Whole-file hashes.

use std::fs::File;
use std::path::Path;

use crate::error::{At, Result};

/// Hashes a file with BLAKE3, in hexadecimal, reading it once with constant memory.
///
/// # Errors
///
/// When the file cannot be read; the error names it.
pub fn hash_file(path: &Path) -> Result<String> {
    let file = File::open(path).at("open", path)?;
    hash_open(file, path)
}

pub(crate) fn hash_open(file: File, path: &Path) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).at("read", path)?;
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_blake3_whatever_the_size() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        for bytes in [Vec::new(), vec![7; 3], vec![9; 300_001]] {
            std::fs::write(&path, &bytes).expect("is written");
            assert_eq!(hash_file(&path).expect("is read"), blake3::hash(&bytes).to_hex().as_str());
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = hash_file(Path::new("no/such.csv")).expect_err("is missing");
        assert_eq!(error.to_string(), "cannot open `no/such.csv`");
    }
}

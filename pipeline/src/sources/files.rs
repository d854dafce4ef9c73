//! The files of each feed: found, hashed, in a fixed order.

use std::path::{Path, PathBuf};

use idip_project::{Feed, FeedKind, Project};
use idip_store::InputRecord;
use rayon::prelude::*;

use crate::RunError;

/// One feed with its files.
#[derive(Debug, Clone)]
pub(crate) struct FeedFiles<'p> {
    /// Name in the project file.
    pub(crate) name: &'p str,
    /// Its declaration.
    pub(crate) feed: &'p Feed,
    /// How its files are written.
    pub(crate) kind: FeedKind,
    /// Its files, by name.
    pub(crate) files: Vec<FeedFile>,
}

/// One file of a feed.
#[derive(Debug, Clone)]
pub(crate) struct FeedFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Path relative to the project, or the file name: never where it lies on this machine.
    pub(crate) label: String,
    /// Size in bytes.
    pub(crate) bytes: u64,
    /// BLAKE3 of the content.
    pub(crate) hash: String,
}

impl FeedFiles<'_> {
    /// What the manifest says of the files; rows are told later, by the feed as a whole.
    pub(crate) fn records(&self) -> Vec<InputRecord> {
        self.files
            .iter()
            .map(|file| InputRecord {
                feed: self.name.to_owned(),
                path: file.label.clone(),
                bytes: file.bytes,
                hash: file.hash.clone(),
                rows: 0,
            })
            .collect()
    }
}

/// Finds and hashes the files of every feed.
///
/// # Errors
///
/// When a required feed has no file, a pattern is wrong, or a file cannot be read.
pub(crate) fn find<'p>(
    project: &'p Project,
    folder: &Path,
) -> Result<Vec<FeedFiles<'p>>, RunError> {
    project.feeds.iter().map(|(name, feed)| find_feed(name, feed, folder)).collect()
}

fn find_feed<'p>(name: &'p str, feed: &'p Feed, folder: &Path) -> Result<FeedFiles<'p>, RunError> {
    let fail = |message: String, hint: Option<String>| RunError::Feed {
        feed: name.to_owned(),
        message,
        hint,
    };
    let mut paths = Vec::new();
    for pattern in feed.files.as_slice() {
        let full = folder.join(pattern);
        let found = glob::glob(&full.to_string_lossy())
            .map_err(|error| fail(format!("`{pattern}` is not a pattern: {}", error.msg), None))?;
        for path in found {
            let path = path.map_err(|error| RunError::File {
                action: "cannot look for files in",
                path: error.path().to_owned(),
                source: error.into(),
            })?;
            let is_companion = feed
                .control
                .as_ref()
                .is_some_and(|control| path.to_string_lossy().ends_with(&control.suffix));
            if path.is_file() && !is_companion {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.dedup();
    if paths.is_empty() && !feed.optional {
        return Err(fail(
            format!("no file fits `{}`", feed.files.as_slice().join("`, `")),
            Some(format!(
                "patterns are relative to `{}`; a feed that may be absent says `optional: true`",
                folder.display()
            )),
        ));
    }
    let kind = match (feed.format, paths.first()) {
        (Some(kind), _) => kind,
        (None, Some(first)) => match first.extension().and_then(|ending| ending.to_str()) {
            Some("csv" | "txt" | "tsv") => FeedKind::Csv,
            Some("jsonl" | "ndjson" | "json") => FeedKind::Jsonl,
            Some("parquet") => FeedKind::Parquet,
            _ => {
                return Err(fail(
                    "the format cannot be told from the ending of its files".into(),
                    Some("say `format: csv`, `jsonl` or `parquet`".into()),
                ));
            }
        },
        (None, None) => FeedKind::Csv,
    };
    let files = paths
        .into_par_iter()
        .map(|path| {
            let hash = idip_store::hash_file(&path)?;
            let bytes = fs_err::metadata(&path)
                .map_err(|source| RunError::File {
                    action: "cannot read",
                    path: path.clone(),
                    source,
                })?
                .len();
            let label = label(&path, folder);
            Ok(FeedFile { path, label, bytes, hash })
        })
        .collect::<Result<Vec<_>, RunError>>()?;
    Ok(FeedFiles { name, feed, kind, files })
}

/// The path below the project's folder, or the file name where it lies elsewhere.
fn label(path: &Path, folder: &Path) -> String {
    let plain = |path: &Path| -> PathBuf {
        path.components().filter(|part| *part != std::path::Component::CurDir).collect()
    };
    let (path, folder) = (plain(path), plain(folder));
    path.strip_prefix(&folder)
        .ok()
        .filter(|relative| relative.is_relative() && !relative.starts_with(".."))
        .or_else(|| path.file_name().map(Path::new))
        .map(|label| label.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_same_label_however_the_project_is_named() {
        let labels = [("./feeds/a.csv", "."), ("feeds/a.csv", ""), ("/p/feeds/a.csv", "/p")];
        for (path, folder) in labels {
            assert_eq!(label(Path::new(path), Path::new(folder)), "feeds/a.csv");
        }
        assert_eq!(label(Path::new("p/../data/a.csv"), Path::new("p")), "a.csv");
        assert_eq!(label(Path::new("/data/a.csv"), Path::new(".")), "a.csv");
    }
}

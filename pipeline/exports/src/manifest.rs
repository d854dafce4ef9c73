//! What an export consists of, for those who receive it.

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{ExportError, Result};
use crate::parts::refused;
use crate::profile::CsvProfile;
use crate::sink::Sink;

/// Version of the layout of `manifest.json`.
pub const MANIFEST_VERSION: u32 = 1;

/// One CSV file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// File name.
    pub file: String,
    /// Segment of its rows; null when the export is not by segment.
    pub segment: Option<String>,
    /// Number of the part, from 1.
    pub part: usize,
    /// Parts of the segment.
    pub parts: usize,
    /// Rows without the header.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
}

/// One segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRecord {
    /// Name; `(none)` for the rows that have no segment.
    pub segment: String,
    /// Rows over all parts.
    pub rows: u64,
    /// File names, in order of parts.
    pub files: Vec<String>,
}

/// What an export has written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportReport {
    /// Headers, in order.
    pub columns: Vec<String>,
    /// Files, by segment and part.
    pub files: Vec<FileRecord>,
    /// Segments, by name; none when the export is not by segment.
    pub segments: Vec<SegmentRecord>,
    /// Rows over all files.
    pub rows: u64,
    /// Cells changed to be harmless, by header; columns without any are left out.
    pub neutralised: BTreeMap<String, u64>,
}

/// What the exporter cannot know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManifestFacts {
    /// Logical date, `YYYY-MM-DD`.
    pub logical_date: String,
    /// Id of this state of the data, such as the night's name.
    pub snapshot_id: String,
    /// Id of the state that was delivered before; null for the first delivery.
    pub previous_snapshot: Option<String>,
}

/// The manifest of an export. It has no time in it: the same export gives the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportManifest {
    /// See [`MANIFEST_VERSION`].
    pub manifest_version: u32,
    /// Name of the profile.
    pub profile: String,
    /// Version of the profile.
    pub profile_version: u32,
    /// Logical date, `YYYY-MM-DD`.
    pub logical_date: String,
    /// Id of this state of the data.
    pub snapshot_id: String,
    /// Id of the state that was delivered before.
    pub previous_snapshot: Option<String>,
    /// Headers, in order.
    pub columns: Vec<String>,
    /// Rows over all files.
    pub rows: u64,
    /// Bytes over all files.
    pub bytes: u64,
    /// Cells changed to be harmless, by header.
    pub neutralised: BTreeMap<String, u64>,
    /// Segments, by name.
    pub segments: Vec<SegmentRecord>,
    /// Files, by segment and part.
    pub files: Vec<FileRecord>,
}

/// Completes an export: `manifest.json`, then `SHA256SUMS` for `sha256sum -c`, and `_SUCCESS` last.
///
/// # Errors
///
/// When the sink refuses a file.
pub fn seal(
    report: &ExportReport,
    profile: &CsvProfile,
    facts: &ManifestFacts,
    sink: &dyn Sink,
) -> Result<ExportManifest> {
    const NAME: &str = "manifest.json";

    let report = report.clone();
    let manifest = ExportManifest {
        manifest_version: MANIFEST_VERSION,
        profile: profile.name.to_string(),
        profile_version: profile.version,
        logical_date: facts.logical_date.clone(),
        snapshot_id: facts.snapshot_id.clone(),
        previous_snapshot: facts.previous_snapshot.clone(),
        columns: report.columns,
        rows: report.rows,
        bytes: report.files.iter().map(|file| file.bytes).sum(),
        neutralised: report.neutralised,
        segments: report.segments,
        files: report.files,
    };
    let mut bytes = serde_json::to_vec_pretty(&manifest)
        .map_err(|error| ExportError::Write { file: NAME.to_owned(), source: error.into() })?;
    bytes.push(b'\n');
    write(sink, NAME, &bytes)?;

    let mut sums: BTreeMap<&str, String> =
        manifest.files.iter().map(|file| (file.file.as_str(), file.sha256.clone())).collect();
    sums.insert(NAME, hex(&Sha256::digest(&bytes)));
    let lines: String = sums.iter().flat_map(|(file, sum)| [sum, "  ", file, "\n"]).collect();
    write(sink, "SHA256SUMS", lines.as_bytes())?;
    write(sink, "_SUCCESS", b"")?;
    Ok(manifest)
}

fn write(sink: &dyn Sink, name: &str, bytes: &[u8]) -> Result<()> {
    let written = sink.create(name).and_then(|mut file| {
        file.write_all(bytes)?;
        file.finish(None)
    });
    written.map_err(|source| refused(name, source))
}

/// Returns bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| DIGITS[usize::from(digit)]).collect()
}

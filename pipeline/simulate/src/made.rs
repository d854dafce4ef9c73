//! What was made.

use std::fmt;
use std::path::PathBuf;

/// One file that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeFile {
    /// Path relative to the project's folder.
    pub path: String,
    /// Rows, without header.
    pub rows: u64,
    /// Size.
    pub bytes: u64,
}

/// What a simulation made; shown as a summary for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The project's folder.
    pub folder: PathBuf,
    /// Feeds and truth; the project file comes beside them.
    pub files: Vec<MadeFile>,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "made a synthetic business in {}", self.folder.display())?;
        for file in &self.files {
            writeln!(f, "  {:<32} {:>11} rows {:>13} bytes", file.path, file.rows, file.bytes)?;
        }
        // A sequence of nights has a project of its own for each.
        let first = self.files.first().and_then(|file| file.path.split_once("/feeds/"));
        let project = self.folder.join(first.map_or("", |(night, _)| night)).join("idip.yaml");
        writeln!(f, "next: idip run --project {}", project.display())
    }
}

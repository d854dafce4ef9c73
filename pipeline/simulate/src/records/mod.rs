//! Records that many systems hold about the same people, with known truth: for measuring who is
//! recognised as who, and whether customers keep their ids while records come, change and go.
//!
//! ```text
//! person ─▶ history ─▶ extract          who lives, what systems know of them, what the files say
//!              ▲
//!     names, source, slip               what is usual, and what goes wrong
//! ```
//!
//! Households are made and written one after the other, so that memory does not grow with their number,
//! but for eight bytes a mailbox.

mod extract;
mod history;
mod names;
mod person;
mod slip;
mod source;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use self::extract::Extracts;
use self::history::Registry;
use self::person::Town;
use crate::made::Made;
use crate::{SimulateError, write};

/// Text of the project file of a night.
const PROJECT: &str = include_str!("idip.yaml");
const README: &str = include_str!("README.md");

/// Fewest records: fewer have none of the cases that matter.
pub(crate) const LEAST_RECORDS: usize = 100;
/// Most records: keys, cards and telephones are given out of blocks of ten million.
pub(crate) const MOST_RECORDS: usize = 4_000_000;
/// Most nights: each has seven files open while they are made.
pub(crate) const MOST_NIGHTS: usize = 60;

/// Records that are to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordsRequest {
    /// Folder of the project: new, or empty.
    pub folder: PathBuf,
    /// Party records of all systems, over all nights.
    pub records: usize,
    /// Nights. With several of them each has a project folder of its own, `night-01` and so on, with
    /// whole extracts as they are on its date; one eighth of the records arrive after the first.
    pub nights: usize,
    /// Seed of every draw.
    pub seed: u64,
}

/// Makes a project folder, or one for each night: `idip.yaml`, feeds and truth.
///
/// # Errors
///
/// [`SimulateError`]; a folder that is not empty is left as it was.
pub fn simulate_records(request: &RecordsRequest) -> Result<Made, SimulateError> {
    let &RecordsRequest { records, nights, seed, .. } = request;
    let possible =
        (LEAST_RECORDS..=MOST_RECORDS).contains(&records) && (1..=MOST_NIGHTS).contains(&nights);
    if !possible {
        return Err(SimulateError::RecordSizes { records, nights });
    }
    crate::claim(&request.folder)?;
    let mut extracts = Extracts::create(&request.folder, nights)?;
    let mut town = Town::new(seed);
    let mut registry = Registry::new(records, nights);
    while !registry.is_full() {
        let (household, mut draw) = town.next();
        for known in registry.register(&household, &mut draw) {
            extracts.push(&known, &household)?;
        }
    }
    let files = extracts.finish()?;
    for folder in extract::folders(nights) {
        let text = PROJECT.replace("{store}", if nights > 1 { "../.idip" } else { ".idip" });
        write(&request.folder, &format!("{folder}idip.yaml"), text.as_bytes())?;
    }
    let readme = README.replace("{seed}", &seed.to_string());
    let readme = readme.replace("{records}", &records.to_string());
    let readme = readme.replace("{nights}", &nights.to_string());
    write(&request.folder, "README.md", readme.as_bytes())?;
    Ok(Made { folder: request.folder.clone(), files })
}

//! Makes the n-th change of the disk fail, and records changes to replay power cuts.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

/// A change of the disk, about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    CreateDir(PathBuf),
    CreateFile(PathBuf),
    Write(PathBuf, Vec<u8>),
    SyncFile(PathBuf),
    SyncDir(PathBuf),
    Rename(PathBuf, PathBuf),
    Link(PathBuf, PathBuf),
    Remove(PathBuf),
}

#[derive(Debug, Default)]
struct Seen {
    fail_at: Option<(usize, bool)>,
    hits: usize,
    changes: Vec<Change>,
}

#[derive(Debug, Default)]
pub(crate) struct Probe(Mutex<Seen>);

impl Probe {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().expect("no test panics while it holds this")
    }

    pub(crate) fn step(&self, change: Change) -> io::Result<()> {
        let mut seen = self.seen();
        let error = match &change {
            Change::Write(..) | Change::CreateDir(_) => io::Error::from_raw_os_error(28), // ENOSPC
            Change::CreateFile(_) => io::Error::from_raw_os_error(24),                    // EMFILE
            _ => io::Error::from_raw_os_error(5),                                         // EIO
        };
        seen.changes.push(change);
        let now = seen.changes.len();
        match seen.fail_at {
            Some((at, forever)) if now == at || (forever && now > at) => {
                seen.hits += 1;
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// Makes change `at` fail, counted from 1 and from now; all later ones too if `forever`.
    pub(crate) fn arm(&self, at: usize, forever: bool) {
        *self.seen() = Seen { fail_at: Some((at, forever)), ..Seen::default() };
    }

    /// Stops failing; returns how often it did.
    pub(crate) fn disarm(&self) -> usize {
        std::mem::take(&mut *self.seen()).hits
    }

    /// Returns the changes since the last call.
    pub(crate) fn take_changes(&self) -> Vec<Change> {
        std::mem::take(&mut self.seen().changes)
    }
}

//! Makes a whole synthetic business with known truth.
//!
//! Below a million transaction lines it is a small chain of shops with every kind of feed, ready to run
//! (`business`); from a million on it is transactions alone, as Parquet, for measuring speed
//! (`transactions`). [`simulate_records`] makes the records of many systems about the same people
//! (`records`), for measuring who is recognised. The same request gives the same bytes.

mod btyd;
mod business;
mod delimited;
mod draw;
mod error;
mod made;
mod records;
mod transactions;

use std::path::{Path, PathBuf};

pub use error::SimulateError;
pub use made::{Made, MadeFile};
pub use records::{RecordsRequest, simulate_records};

/// Seed of a simulation for which none is asked.
pub const DEFAULT_SEED: u64 = 20_260_101;

/// Parties of a simulation for which no number is asked.
pub const DEFAULT_PARTIES: usize = 5_000;

/// Lines from which on there are transactions alone.
pub const BENCHMARK_TRANSACTIONS: usize = 1_000_000;

/// Fewest parties: fewer make no business.
pub(crate) const LEAST_PARTIES: usize = 20;

/// What is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Folder of the project: new, or empty.
    pub folder: PathBuf,
    /// Customers and prospects. [`DEFAULT_PARTIES`] of them follow the number of lines where it does
    /// not suit them: one for 12 lines below 60,000 lines, one for 20 from a million lines on.
    pub parties: usize,
    /// Transaction lines, about.
    pub transactions: usize,
    /// Seed of every draw.
    pub seed: u64,
}

/// Makes a project folder: `idip.yaml`, feeds and truth.
///
/// # Errors
///
/// [`SimulateError`]; a folder that is not empty is left as it was.
pub fn simulate(request: &Request) -> Result<Made, SimulateError> {
    let request = Request { parties: parties(request), ..request.clone() };
    let is_benchmark = request.transactions >= BENCHMARK_TRANSACTIONS;
    // Customers with a purchase, 92 in a hundred, have two lines in a basket and more, on average.
    let least = if is_benchmark { request.parties } else { 4 * request.parties };
    if request.parties < LEAST_PARTIES || request.transactions < least {
        return Err(SimulateError::Sizes {
            parties: request.parties,
            transactions: request.transactions,
            least,
        });
    }
    prepare(&request.folder)?;
    if is_benchmark { transactions::make(&request) } else { business::make(&request) }
}

fn parties(request: &Request) -> usize {
    let lines = request.transactions;
    match request.parties {
        DEFAULT_PARTIES if lines >= BENCHMARK_TRANSACTIONS => lines / 20,
        DEFAULT_PARTIES => DEFAULT_PARTIES.min(lines / 12),
        parties => parties,
    }
}

/// Makes the folder with those of feeds and truth; refuses one that holds something.
fn prepare(folder: &Path) -> Result<(), SimulateError> {
    claim(folder)?;
    let fail = |source| SimulateError::Write { path: folder.to_owned(), source };
    fs_err::create_dir(folder.join("feeds")).map_err(fail)?;
    fs_err::create_dir(folder.join("truth")).map_err(fail)
}

/// Makes the folder; refuses one that holds something.
pub(crate) fn claim(folder: &Path) -> Result<(), SimulateError> {
    let fail = |source| SimulateError::Write { path: folder.to_owned(), source };
    fs_err::create_dir_all(folder).map_err(fail)?;
    if fs_err::read_dir(folder).map_err(fail)?.next().is_some() {
        return Err(SimulateError::NotEmpty { path: folder.to_owned() });
    }
    Ok(())
}

/// Writes one file of the project.
pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), SimulateError> {
    let path = folder.join(name);
    fs_err::write(&path, bytes).map_err(|source| SimulateError::Write { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(folder: &Path, parties: usize, transactions: usize) -> Request {
        Request { folder: folder.to_owned(), parties, transactions, seed: DEFAULT_SEED }
    }

    #[test]
    fn a_folder_that_holds_something_is_left_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        fs_err::write(folder.path().join("mine"), "mine").expect("writes");
        let error = simulate(&request(folder.path(), 100, 2000)).expect_err("refuses");
        assert!(matches!(error, SimulateError::NotEmpty { .. }));
        assert!(error.to_string().ends_with("is not empty, expected a new or empty one"));
        assert_eq!(fs_err::read_dir(folder.path()).expect("reads").count(), 1);
    }

    #[test]
    fn sizes_that_do_not_go_together_are_refused_before_anything_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let new = folder.path().join("new");
        for (parties, transactions) in [(100, 399), (19, 5000), (1_000_001, 1_000_000)] {
            let error = simulate(&request(&new, parties, transactions)).expect_err("refuses");
            assert!(matches!(error, SimulateError::Sizes { .. }), "{error}");
            assert!(error.to_string().contains(&format!("with {parties} parties")));
        }
        assert!(!new.exists());
    }

    #[test]
    fn the_default_number_of_parties_follows_the_lines() {
        let of = |parties, lines| super::parties(&request(Path::new("p"), parties, lines));
        assert_eq!(of(5_000, 10_000_000), 500_000);
        assert_eq!(of(5_000, 60_000), 5_000);
        assert_eq!(of(5_000, 250_000), 5_000);
        assert_eq!(of(5_000, 1_200), 100);
        assert_eq!(of(70, 10_000_000), 70);
    }
}

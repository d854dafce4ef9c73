//! What can go wrong.

use std::path::PathBuf;

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// The folder holds something.
    #[error("folder `{}` is not empty, expected a new or empty one", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The sizes do not go together.
    #[error(
        "{transactions} transaction lines are not possible with {parties} parties, expected at \
         least {} parties and {least} lines",
        crate::LEAST_PARTIES
    )]
    Sizes {
        /// Parties asked for.
        parties: usize,
        /// Lines asked for.
        transactions: usize,
        /// Fewest lines for so many parties.
        least: usize,
    },
    /// No world of records has this size.
    #[error(
        "{records} records over {nights} nights are not possible, expected from {} to {} records and \
         from 1 to {} nights",
        crate::records::LEAST_RECORDS,
        crate::records::MOST_RECORDS,
        crate::records::MOST_NIGHTS
    )]
    RecordSizes {
        /// Records asked for.
        records: usize,
        /// Nights asked for.
        nights: usize,
    },
    /// The disk refused.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A Parquet file could not be written.
    #[error("cannot write `{}`", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the writer says.
        source: parquet::errors::ParquetError,
    },
    /// The time zone of the shops is unknown.
    #[error("time zone `{zone}` is not among the built-in ones")]
    Zone {
        /// Name of the zone.
        zone: &'static str,
        /// What the calendar library says.
        source: jiff::Error,
    },
}

//! Reads CSV and JSON-lines feeds into typed columns, with a reject for each bad row.
//!
//! One file in; Arrow batches of *raw typed columns* and one [`Reject`] for each bad row out. What
//! the columns mean is decided later, in SQL; here is decided only what they say.
//!
//! ```text
//! bytes ─▶ Source ─▶ record or line ─▶ values by name ─▶ typed columns ─▶ RecordBatch
//!         (SHA-256)       │                                  │
//!                         └───────────── Reject ◀────────────┘
//! ```
//!
//! Promises:
//! - `rows_read == rows_kept + rows_rejected`; blank lines are counted apart.
//! - A value is kept exactly or its row is rejected: nothing is rounded, cut or guessed.
//! - Columns that are not asked for are never loaded.
//! - No message and no reject holds a value of the feed, only its shape.
//! - Memory is bounded by a batch and one record, however large the file.

mod clock;
mod column;
mod control;
mod csv_rows;
mod error;
mod fields;
mod header;
mod instant;
mod iso;
mod json;
mod json_rows;
mod land;
mod number;
mod reject;
mod source;
mod spec;
mod splitter;

pub use control::{ControlFile, Figures, Total, sha256_of_file};
pub use error::{FeedError, SinkError};
pub use land::{LandingReport, land, land_from};
pub use number::Decimal;
pub use reject::{Reject, RejectReason};
pub use spec::{
    CsvFormat, Delimiter, Encoding, FeedFormat, FeedSpec, HeaderLine, LINE_COLUMN, RawColumn,
    RawKind,
};

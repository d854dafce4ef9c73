//! How well a model foretold what customers then did.
//!
//! A model is fitted to purchases up to some day, the end of calibration, and held against the
//! purchases of the days after it, the holdout.
//!
//! | file | subject |
//! |---|---|
//! | `outcome.rs` | what customers did in the holdout, counted by cell |
//! | `check.rs` | errors of expected purchases, quality of the chance of any purchase, log score |
//! | `ranking.rs` | area under the curve and deciles of a chance |
//! | `tracking.rs` | cumulative purchases over time, expected and actual |
//! | `choice.rs` | which of several models to use |

mod check;
mod choice;
mod outcome;
mod ranking;
mod tracking;

pub use check::{ByFrequency, HoldoutCheck, check_holdout};
pub use choice::{default_kind, rank_by_log_score};
pub use outcome::{Holdout, HoldoutError};
pub use ranking::{Decile, ScoredCell, area_under_curve, deciles};
pub use tracking::{expected_cumulative, repeats_until};

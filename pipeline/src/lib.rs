//! The night: raw transactions in, segment and offer files out.
//!
//! ```text
//! cli ─▶ night ─┬─▶ sources   feeds become source tables, every row accounted for
//!               ├─▶ erasure   who was erased stays out of every night
//!               ├─▶ engine    SQL; the only place that names DataFusion
//!               ├─▶ stages    identify, differentiate, interact, personalize, measure
//!               ├─▶ outputs   CRM files and the report
//!               └─▶ idip-store: publishes the night, or nothing
//! ```

pub mod allocator;
pub mod cli;
mod engine;
mod erasure;
mod error;
mod night;
mod outputs;
mod show;
mod sources;

pub use engine::{Engine, EngineError, EngineLimits};
pub use error::RunError;

use jiff::civil::Date;

/// Days from 1970-01-01 to a day.
pub(crate) fn days_since_epoch(day: Date) -> i32 {
    let epoch = Date::constant(1970, 1, 1);
    epoch.until(day).map_or(0, |span| span.get_days())
}

/// The day so many days after 1970-01-01.
pub(crate) fn day_of(days: i32) -> Option<Date> {
    let span = jiff::Span::new().try_days(days).ok()?;
    Date::constant(1970, 1, 1).checked_add(span).ok()
}

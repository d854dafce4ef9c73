//! The project file idip.yaml: its types, defaults and checks.
//!
//! [`read`] turns the text into a [`Project`] or into every problem it finds, each with line, column
//! and a hint. What only the engine can know (columns of feeds, predicates) is checked later, through
//! [`Positions`].

mod export;
mod feed;
mod offer;
mod positions;
mod problem;
mod project;
mod read;
mod unknown_keys;

pub use export::{Export, ExportProfile, ExportTable};
pub use feed::{
    ColumnSource, ControlFormat, Duplicates, Encoding, Feed, FeedKind, OneOrMany, RawType,
};
pub use offer::Offer;
pub use positions::Positions;
pub use problem::{Problem, Problems};
pub use project::{Engine, Project, bytes, cents};
pub use read::{MOST_THREADS, json_schema, read};

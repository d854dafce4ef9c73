//! One night: what runs, what is taken over, what is published.

mod audit;
mod check;
mod context;
mod fingerprint;
mod graph;
mod plan;
mod progress;
mod results;
mod run;
mod scratch;
mod selection;
mod table_order;
mod work;

pub(crate) use check::check;
pub(crate) use context::{Context, Flags, command, parse_date};
pub(crate) use fingerprint::of_texts;
pub(crate) use graph::Graph;
pub(crate) use plan::plan;
use progress::Progress;
pub(crate) use run::{NightReport, Options, run};
pub(crate) use selection::Selection;

//! One night: what runs, what is taken over, what is published.

mod audit;
mod check;
mod context;
mod fingerprint;
mod graph;
mod progress;
mod results;
mod run;
mod selection;
mod table_order;

pub(crate) use check::check;
pub(crate) use context::{Context, Flags, command, parse_date};
pub(crate) use graph::Graph;
use progress::Progress;
pub(crate) use run::{NightReport, Options, plan, run};
pub(crate) use selection::Selection;

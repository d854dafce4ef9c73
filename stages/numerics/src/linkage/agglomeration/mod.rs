//! From scored pairs to people: capped components, then merging by pooled evidence inside each.

mod bounds;
mod component;
mod evidence;
mod history;
mod merge;
mod tie;

pub(super) use bounds::BoundRecords;
pub use bounds::Bounds;
pub use component::Edge;
pub(super) use component::{CappedComponents, capped_components};
pub use evidence::PooledEvidence;
pub use history::{HYSTERESIS, History};
pub(super) use merge::{agglomerate_after, merged};
pub(super) use tie::unite;

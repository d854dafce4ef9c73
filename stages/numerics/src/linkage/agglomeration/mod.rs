//! From scored pairs to people: capped components, then merging by pooled evidence inside each.

mod component;
mod evidence;
mod history;
mod merge;

pub use component::Edge;
pub(super) use component::{CappedComponents, capped_components};
pub use evidence::PooledEvidence;
pub use history::{HYSTERESIS, History};
pub use merge::Bounds;
pub(super) use merge::agglomerate;

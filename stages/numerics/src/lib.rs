//! Algorithms on slices, ndarray and Arrow columns; knows no table, stage or engine.

pub mod alignment;
pub mod allocation;
pub mod cluster_count;
pub mod components;
pub mod inference;
pub mod kmeans;
pub mod mixed;
pub mod mixture;
pub mod profile;
pub mod quality;
pub mod rank_score;
mod sampling;
pub mod segment_registry;
pub mod shrinkage;
pub mod stable_hash;
pub mod surrogate_tree;
mod symmetric;
pub mod transform;

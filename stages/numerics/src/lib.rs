//! Algorithms on slices, ndarray and Arrow columns; knows no table, stage or engine.

pub mod alignment;
pub mod allocation;
pub mod btyd;
pub mod components;
pub mod concentration;
pub mod drift;
pub mod elasticity;
pub mod engagement;
pub mod inference;
pub mod influence;
pub mod kmeans;
pub mod loyalty;
pub mod nmf;
pub mod percent_rank;
pub mod profile;
pub mod quality;
pub mod rank_score;
pub mod rates;
pub mod shrinkage;
pub mod stable_hash;
pub mod survival;
pub mod targeting;
pub mod transform;

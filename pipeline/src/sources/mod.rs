//! From feeds to source tables: read, typed, deduplicated, dated, and every row accounted for.

mod accounts;
mod books;
mod files;
mod landing;
mod lines;
mod load;
mod mapping;
mod offers;
mod order;
mod parquet_feed;
mod summary;
mod typing;

pub(crate) use files::{FeedFiles, find};
pub(crate) use load::{Sources, Typed, check, read};

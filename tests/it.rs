//! Behaviour of the whole: the program on real files, as its users run it.

#![allow(
    clippy::pedantic,
    clippy::allow_attributes,
    reason = "tests say what they mean in the plainest words"
)]

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod categories;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod forget;
#[cfg(test)]
mod forget_feeds;
#[cfg(test)]
mod forget_tables;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod many_days;
#[cfg(test)]
mod nights;
#[cfg(test)]
mod parquet_feed;
#[cfg(test)]
mod real;
#[cfg(test)]
mod reject_money;
#[cfg(test)]
mod returns;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tidy;

//! `idip forget`: people are put on the erasure list, and taken out of every published night.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use idip_store::{Night, Store, Tombstone};

use super::persons::{self, Persons};
use super::rewrite::Loss;
use super::{ErasedParties, request};
use crate::RunError;
use crate::night::{Context, command};

/// What an erasure came to, or would.
#[derive(Debug)]
pub(crate) struct ForgetReport {
    /// People.
    pub(crate) n_people: usize,
    /// Lines that name people who were erased before.
    pub(crate) n_before: usize,
    /// Customer ids that nobody has again.
    pub(crate) n_ids: usize,
    /// References whose rows are left out from now on.
    pub(crate) n_references: usize,
    /// Those of them that no published night knows.
    pub(crate) n_unknown: usize,
    /// Tables that could not be searched and were left out, by date of the night.
    pub(crate) left_out: BTreeMap<String, BTreeSet<String>>,
    /// Rows that went, by date of the night and table; nights that stay as they are are left out.
    pub(crate) nights: BTreeMap<String, BTreeMap<String, u64>>,
}

/// Erases the people of a file from the store, or tells what that would do.
///
/// The list comes first: whatever happens then, no later run sees them, and the next `idip forget` goes on
/// where this one was stopped. Nights are written again from the oldest to the newest, each put in place
/// of the one with them as a whole.
///
/// # Errors
///
/// When the file names somebody unknown, nothing is published, another run holds the lock, or the disk
/// refuses.
pub(crate) fn forget(
    context: &Context,
    ids: &Path,
    is_dry_run: bool,
) -> Result<ForgetReport, RunError> {
    let wanted = request::read(ids, &context.project)?;
    let store = context.published_store()?;
    let parties = |list| ErasedParties::new(list, &context.project.identify);
    if is_dry_run {
        let nights = nights(&store)?;
        let mut list = store.erasures()?;
        let persons = persons::find(ids, &wanted, &nights, &parties(list.clone()))?;
        list.add(persons.spellings.iter().map(String::as_str), persons.tombstones(&nights));
        let erased = parties(list);
        let losses = nights.iter().map(|night| Loss::of(night, &erased));
        let losses: Vec<Loss<'_>> = losses.collect::<Result<_, _>>()?;
        return Ok(report(&persons, &losses));
    }
    let lock = store.lock()?;
    lock.sweep()?;
    let nights = nights(&store)?;
    let mut list = lock.erasures()?;
    let persons = persons::find(ids, &wanted, &nights, &parties(list.clone()))?;
    list.add(persons.spellings.iter().map(String::as_str), persons.tombstones(&nights));
    lock.keep_erasures(&list)?;
    lock.drop_failed()?;
    let erased = parties(list);
    let losses: Vec<Loss<'_>> =
        nights.iter().map(|night| Loss::of(night, &erased)).collect::<Result<_, _>>()?;
    let mut is_renamed = false;
    for (place, loss) in losses.iter().enumerate() {
        // A night names the one before it, which has another name now.
        is_renamed |= loss.is_due()?;
        if is_renamed {
            loss.rewrite(context, &lock, place + 1 == losses.len())?;
        }
    }
    Ok(report(&persons, &losses))
}

/// The published nights, oldest first.
fn nights(store: &Store) -> Result<Vec<Night>, RunError> {
    let mut nights = Vec::new();
    for name in store.nights()? {
        nights.extend(store.night(name.date())?);
    }
    if nights.is_empty() {
        return Err(command(
            &format!("nothing is published in `{}`", store.path().display()),
            Some("there is nobody to forget yet: `idip run` publishes the first night"),
        ));
    }
    Ok(nights)
}

fn report(persons: &Persons, losses: &[Loss<'_>]) -> ForgetReport {
    let nights = losses.iter().filter(|loss| !loss.rows.is_empty());
    let unread = losses.iter().filter(|loss| !loss.unread.is_empty());
    ForgetReport {
        n_people: persons.n_people,
        n_before: persons.n_before,
        n_ids: persons.customers.len(),
        n_references: persons.references.len(),
        n_unknown: persons.n_unknown,
        left_out: unread.map(|loss| (loss.date().to_owned(), loss.unread.clone())).collect(),
        nights: nights.map(|loss| (loss.date().to_owned(), loss.rows.clone())).collect(),
    }
}

impl Persons {
    /// What is left of them, dated by the night in force: the store knows no other day.
    fn tombstones(&self, nights: &[Night]) -> Vec<Tombstone> {
        let erased_on = nights.last().map_or("", Night::date);
        let stone = |(&customer_id, &reason): (&i64, &&'static str)| Tombstone {
            customer_id,
            erased_on: erased_on.to_owned(),
            reason: reason.to_owned(),
        };
        self.customers.iter().map(stone).collect()
    }
}

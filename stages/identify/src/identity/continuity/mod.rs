//! Customer ids that stay from night to night, and what became of those that did not.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::keyed::Births;

/// What became of a customer id of last night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// The id is no longer in force; another one follows it.
    Merge,
    /// Some of its references went to a new id.
    Split,
    /// Some of its references went to an id that others had last night.
    Move,
    /// No feed names any of its references.
    Gone,
    /// Its person was erased.
    Erased,
}

impl Event {
    /// The code in `customer_lineage`.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Split => "split",
            Self::Move => "move",
            Self::Gone => "gone",
            Self::Erased => "erased",
        }
    }
}

/// One change of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    pub(super) old_id: i64,
    pub(super) id: i64,
    pub(super) event: Event,
}

/// The ids of tonight.
#[derive(Debug)]
pub(super) struct Assignment {
    /// Id of each component; shape `(n_components,)`.
    pub(super) ids: Vec<i64>,
    /// Changes, ascending.
    pub(super) changes: Vec<Change>,
}

/// One reference of last night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Belonging {
    /// The id it had.
    pub(super) old_id: i64,
    /// The component it is in tonight; none when no feed names it.
    pub(super) component: Option<u32>,
    /// Since when the id is in force, in days; `i32::MAX` when nobody knows.
    pub(super) since: i32,
    /// How much it counts: more for a key of a source than for an identifier that may change hands.
    pub(super) weight: u32,
}

/// What an id of last night and a component of tonight have in common.
#[derive(Debug, Clone, Copy)]
struct Overlap {
    old_id: i64,
    component: u32,
    since: i32,
    /// Sum of the weights of the references.
    weight: u64,
}

/// No customer has this id.
const UNBORN: i64 = 0;

/// Component of a reference that no feed names any more.
const NOWHERE: u32 = u32::MAX;

/// Gives each component the id that most of its references had last night, or a new one.
///
/// `last_night` has each reference of last night, and those that come back to an id that ended; components
/// are numbered by their smallest reference, which `smallest` gives. An id goes to the component with which
/// it shares most, by weight; on a tie the older id, then the smaller one, then the component with the
/// smaller reference comes first. So a component with the very references of last night keeps its id,
/// whatever becomes of others.
///
/// A new id is made from the smallest reference, not from a counter, so that a re-run gives the same; it is
/// none that `births` says is spent. An id that was merged away comes back when the reference it was made
/// from is alone again, or with strangers. O(n log n).
pub(super) fn assign<'a>(
    n_components: usize,
    last_night: impl Iterator<Item = Belonging>,
    smallest: impl Fn(u32) -> &'a [u8] + Sync,
    births: &Births,
) -> Assignment {
    let mut references: Vec<Belonging> = last_night.collect();
    // What is nowhere comes last, as its component is the largest number.
    references
        .par_sort_unstable_by_key(|it| (it.old_id, it.component.unwrap_or(NOWHERE), it.since));
    let overlaps: Vec<Overlap> = references
        .chunk_by(|a, b| (a.old_id, a.component) == (b.old_id, b.component))
        .filter_map(|run| {
            let first = run.first()?;
            Some(Overlap {
                old_id: first.old_id,
                component: first.component.unwrap_or(NOWHERE),
                since: first.since,
                weight: run.iter().map(|it| u64::from(it.weight)).sum(),
            })
        })
        .collect();
    drop(references);

    let mut ids = vec![UNBORN; n_components];
    inherit(&overlaps, &mut ids);
    bear(&overlaps, &mut ids, smallest, births);
    let changes = changes(&overlaps, &ids);
    Assignment { ids, changes }
}

fn id_of(ids: &[i64], component: u32) -> Option<i64> {
    ids.get(component as usize).copied()
}

/// Hands the ids of last night on.
fn inherit(overlaps: &[Overlap], ids: &mut [i64]) {
    let mut n_old_ids = vec![0_u32; ids.len()];
    for overlap in overlaps {
        if let Some(n) = n_old_ids.get_mut(overlap.component as usize) {
            *n += 1;
        }
    }
    // Nearly every id of last night meets one component, which meets no other id.
    let mut contested: Vec<Overlap> = Vec::new();
    for same_id in overlaps.chunk_by(|a, b| a.old_id == b.old_id) {
        match same_id {
            [one] if n_old_ids.get(one.component as usize) == Some(&1) => {
                if let Some(id) = ids.get_mut(one.component as usize) {
                    *id = one.old_id;
                }
            }
            several => contested.extend(several.iter().filter(|o| o.component != NOWHERE)),
        }
    }
    contested.sort_unstable_by_key(|o| (Reverse(o.weight), o.since, o.old_id, o.component));
    let mut given = BTreeSet::new();
    for overlap in contested {
        if let Some(id) = ids.get_mut(overlap.component as usize)
            && *id == UNBORN
            && given.insert(overlap.old_id)
        {
            *id = overlap.old_id;
        }
    }
}

/// Makes an id for each component that has none, apart from every id of tonight and last night, and from
/// those that are spent.
fn bear<'a>(
    overlaps: &[Overlap],
    ids: &mut [i64],
    smallest: impl Fn(u32) -> &'a [u8] + Sync,
    births: &Births,
) {
    let unborn: Vec<u32> =
        (0..ids.len() as u32).filter(|&c| id_of(ids, c) == Some(UNBORN)).collect();
    let mut candidates: Vec<(i64, u32)> =
        unborn.into_par_iter().map(|c| (births.id(smallest(c), 0), c)).collect();
    candidates.par_sort_unstable();
    let is_old =
        |id: i64| births.is_spent(id) || overlaps.binary_search_by_key(&id, |o| o.old_id).is_ok();

    let mut turned_away = Vec::new();
    for same_id in candidates.chunk_by(|a, b| a.0 == b.0) {
        let mut components = same_id.iter();
        if let Some(&(id, first)) = same_id.first()
            && !is_old(id)
        {
            components.next();
            if let Some(slot) = ids.get_mut(first as usize) {
                *slot = id;
            }
        }
        turned_away.extend(components.map(|&(_, component)| component));
    }
    turned_away.sort_unstable();
    let mut given = BTreeSet::new();
    for component in turned_away {
        let free =
            (1..=u32::MAX).map(|attempt| births.id(smallest(component), attempt)).find(|id| {
                let is_candidate = candidates.binary_search_by_key(id, |c| c.0).is_ok();
                !is_candidate && !is_old(*id) && !given.contains(id)
            });
        if let (Some(id), Some(slot)) = (free, ids.get_mut(component as usize)) {
            given.insert(id);
            *slot = id;
        }
    }
}

/// Tells what became of the ids of last night that did not simply stay.
fn changes(overlaps: &[Overlap], ids: &[i64]) -> Vec<Change> {
    let mut changes = Vec::new();
    for same_id in overlaps.chunk_by(|a, b| a.old_id == b.old_id) {
        let Some(&Overlap { old_id, .. }) = same_id.first() else { continue };
        let here = || same_id.iter().filter(|o| o.component != NOWHERE);
        if here().next().is_none() {
            changes.push(Change { old_id, id: old_id, event: Event::Gone });
            continue;
        }
        let in_force = here().any(|o| id_of(ids, o.component) == Some(old_id));
        let follower = here().min_by_key(|o| (Reverse(o.weight), o.component));
        for overlap in here() {
            let Some(id) = id_of(ids, overlap.component).filter(|&id| id != old_id) else {
                continue;
            };
            let follows = !in_force && follower.is_some_and(|f| f.component == overlap.component);
            let is_old = || overlaps.binary_search_by_key(&id, |o| o.old_id).is_ok();
            let event = match follows {
                true => Event::Merge,
                false if is_old() => Event::Move,
                false => Event::Split,
            };
            changes.push(Change { old_id, id, event });
        }
    }
    changes.sort_unstable();
    changes
}

//! Customer ids that stay from night to night, and what became of those that did not.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::keyed::Births;

/// What became of a customer id of last night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// The id is no longer in force; another one follows it.
    Merge,
    /// Some of its references went to another id.
    Split,
    /// No feed names any of its references.
    Gone,
}

impl Event {
    /// The code in `customer_lineage`.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Split => "split",
            Self::Gone => "gone",
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

/// References that an id of last night and a component of tonight have in common.
#[derive(Debug, Clone, Copy)]
struct Overlap {
    old_id: i64,
    component: u32,
    n_references: usize,
}

/// No customer has this id.
const UNBORN: i64 = 0;

/// Component of a reference that no feed names any more.
const NOWHERE: u32 = u32::MAX;

/// Gives each component the id that most of its references had last night, or a new one.
///
/// `last_night` has the old id and the component of each reference of last night; components are numbered
/// by their smallest reference, which `smallest` gives. An id goes to the component with which it shares
/// most references; on a tie the smaller id, then the component with the smaller reference, comes first.
/// O(n log n).
pub(super) fn assign<'a>(
    n_components: usize,
    last_night: impl Iterator<Item = (i64, Option<u32>)>,
    smallest: impl Fn(u32) -> &'a [u8] + Sync,
    births: &Births,
) -> Assignment {
    let mut pairs: Vec<(i64, u32)> =
        last_night.map(|(old_id, component)| (old_id, component.unwrap_or(NOWHERE))).collect();
    pairs.par_sort_unstable();
    let overlaps: Vec<Overlap> = pairs
        .chunk_by(|a, b| a == b)
        .filter_map(|run| {
            let &(old_id, component) = run.first()?;
            Some(Overlap { old_id, component, n_references: run.len() })
        })
        .collect();
    drop(pairs);

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
    contested.sort_unstable_by_key(|o| (Reverse(o.n_references), o.old_id, o.component));
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

/// Makes an id for each component that has none, apart from every id of tonight and last night.
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
    let is_old = |id: i64| overlaps.binary_search_by_key(&id, |o| o.old_id).is_ok();

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
        let follower = here().min_by_key(|o| (Reverse(o.n_references), o.component));
        for overlap in here() {
            let Some(id) = id_of(ids, overlap.component).filter(|&id| id != old_id) else {
                continue;
            };
            let follows = !in_force && follower.is_some_and(|f| f.component == overlap.component);
            let event = if follows { Event::Merge } else { Event::Split };
            changes.push(Change { old_id, id, event });
        }
    }
    changes.sort_unstable();
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAMES: [&[u8]; 6] = [b"a", b"b", b"c", b"d", b"e", b"f"];

    fn night(n_components: usize, last: &[(i64, Option<u32>)]) -> Assignment {
        let births = Births::crowded(u64::MAX / 4);
        assign(n_components, last.iter().copied(), |c| NAMES[c as usize], &births)
    }

    fn change(old_id: i64, id: i64, event: Event) -> Change {
        Change { old_id, id, event }
    }

    #[test]
    fn a_customer_keeps_its_id_and_a_new_one_is_born() {
        let tonight = night(3, &[(8, Some(2)), (5, Some(0)), (8, Some(2))]);
        assert_eq!((tonight.ids[0], tonight.ids[2]), (5, 8));
        assert!(tonight.ids[1] > 8);
        assert_eq!(tonight.changes, []);
    }

    #[test]
    fn a_merged_customer_takes_the_id_of_most_references_then_the_smaller_one() {
        let tonight = night(1, &[(5, Some(0)), (8, Some(0)), (8, Some(0))]);
        assert_eq!(tonight.ids, [8]);
        assert_eq!(tonight.changes, [change(5, 8, Event::Merge)]);
        assert_eq!(night(1, &[(8, Some(0)), (5, Some(0))]).ids, [5]);
    }

    #[test]
    fn a_split_leaves_the_id_with_the_larger_part_then_with_the_smaller_reference() {
        let tonight = night(2, &[(5, Some(0)), (5, Some(1)), (5, Some(1))]);
        assert_eq!(tonight.ids[1], 5);
        assert_eq!(tonight.changes, [change(5, tonight.ids[0], Event::Split)]);
        assert_eq!(night(2, &[(5, Some(1)), (5, Some(0))]).ids[0], 5);
    }

    #[test]
    fn an_id_that_no_feed_names_is_gone() {
        assert_eq!(night(0, &[(5, None), (5, None)]).changes, [change(5, 5, Event::Gone)]);
        // One reference of two is still there: nothing changed for the customer.
        let tonight = night(1, &[(5, None), (5, Some(0))]);
        assert_eq!((tonight.ids, tonight.changes), (vec![5], vec![]));
    }

    #[test]
    fn an_id_torn_between_two_others_is_followed_by_the_one_with_more_of_it() {
        // 5 had three references: one went to 6, two to 7, and both of those are larger.
        let mut last = vec![(5, Some(0)), (5, Some(1)), (5, Some(1))];
        last.extend([(6, Some(0)); 2]);
        last.extend([(7, Some(1)); 3]);
        let tonight = night(2, &last);
        assert_eq!(tonight.ids, [6, 7]);
        assert_eq!(tonight.changes, [change(5, 6, Event::Split), change(5, 7, Event::Merge)]);
    }

    #[test]
    fn an_id_of_last_night_is_not_born_again() {
        let births = Births::crowded(u64::MAX / 4);
        let [a, b] = [births.id(b"a", 0), births.id(b"a", 1)];
        // `b` holds the id that `a` once gave the two of them; now `a` is back alone.
        let tonight = assign(2, [(a, Some(1))].into_iter(), |c| NAMES[c as usize], &births);
        assert_eq!(tonight.ids, [b, a]);
    }

    #[test]
    fn colliding_births_are_told_apart_in_order_of_the_smallest_reference() {
        let births = Births::crowded(8);
        let tonight = assign(6, std::iter::empty(), |c| NAMES[c as usize], &births);
        let distinct: BTreeSet<_> = tonight.ids.iter().collect();
        assert_eq!(distinct.len(), 6);
        assert_eq!(tonight.ids[0], births.id(b"a", 0));
        assert!((1..6).any(|c| tonight.ids[c] != births.id(NAMES[c], 0)), "nothing collided");
    }

    proptest! {
        #[test]
        fn each_component_has_an_id_of_its_own_and_every_lost_id_is_told(
            last in prop::collection::vec((1_i64..6, prop::option::of(0_u32..6)), 0..30),
        ) {
            let tonight = night(6, &last);
            let distinct: BTreeSet<_> = tonight.ids.iter().copied().collect();
            prop_assert_eq!(distinct.len(), 6);
            prop_assert!(!distinct.contains(&UNBORN));
            for old_id in last.iter().map(|(old_id, _)| *old_id) {
                let ended = tonight.changes.iter().filter(|c| {
                    c.old_id == old_id && matches!(c.event, Event::Merge | Event::Gone)
                });
                prop_assert_eq!(ended.count(), usize::from(!distinct.contains(&old_id)));
            }
            let mut shuffled = last.clone();
            shuffled.reverse();
            let again = night(6, &shuffled);
            prop_assert_eq!(again.ids, tonight.ids);
            prop_assert_eq!(again.changes, tonight.changes);
        }
    }
}

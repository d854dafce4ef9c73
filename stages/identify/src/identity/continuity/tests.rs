//! Ids of two nights, by hand and by chance.

use super::*;
use proptest::prelude::*;

/// A reference that counts like every other one, of an id of unknown age.
impl From<(i64, Option<u32>)> for Belonging {
    fn from((old_id, component): (i64, Option<u32>)) -> Self {
        Self { old_id, component, since: i32::MAX, weight: 1 }
    }
}

const NAMES: [&[u8]; 6] = [b"a", b"b", b"c", b"d", b"e", b"f"];

fn night(n_components: usize, last: &[(i64, Option<u32>)]) -> Assignment {
    let births = Births::crowded(u64::MAX / 4);
    assign(n_components, last.iter().map(|&it| it.into()), |c| NAMES[c as usize], &births)
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
fn a_spent_id_is_never_born_again() {
    let births = Births::crowded(u64::MAX / 4);
    let first = assign(2, std::iter::empty(), |c| NAMES[c as usize], &births).ids;
    let births = births.without(vec![first[0]]);
    let second = assign(2, std::iter::empty(), |c| NAMES[c as usize], &births).ids;
    assert_eq!(second[1], first[1], "others are born as ever");
    assert_eq!(second[0], births.id(NAMES[0], 1), "the next attempt");
    assert_ne!(second[0], first[0]);
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
    assert_eq!(tonight.changes, [change(5, 6, Event::Move), change(5, 7, Event::Merge)]);
}

#[test]
fn of_two_ids_that_share_as_much_the_older_one_stays() {
    let births = Births::crowded(u64::MAX / 4);
    let one = |old_id, since, weight| Belonging { old_id, component: Some(0), since, weight };
    let night = |last: &[Belonging]| assign(1, last.iter().copied(), |_| NAMES[0], &births);
    let tonight = night(&[one(5, 20_000, 1), one(8, 19_000, 1)]);
    assert_eq!((tonight.ids[0], tonight.changes), (8, vec![change(5, 8, Event::Merge)]));
    // Two identifiers outweigh one, a key of a source counts for two of them, age counts for nothing.
    assert_eq!(night(&[one(5, 20_000, 1), one(5, 20_000, 1), one(8, 19_000, 1)]).ids, [5]);
    assert_eq!(night(&[one(5, 20_000, 2), one(8, 19_000, 1)]).ids, [5]);
}

#[test]
fn references_that_go_over_to_another_id_are_told() {
    // 5 stays with its larger part; the other one goes to a customer who was there before.
    let last = [(5, Some(0)), (5, Some(0)), (5, Some(1)), (7, Some(1)), (7, Some(1))];
    let tonight = night(2, &last);
    assert_eq!((tonight.ids, tonight.changes), (vec![5, 7], vec![change(5, 7, Event::Move)]));
}

#[test]
fn an_id_of_last_night_is_not_born_again() {
    let births = Births::crowded(u64::MAX / 4);
    let [a, b] = [births.id(b"a", 0), births.id(b"a", 1)];
    // `b` holds the id that `a` once gave the two of them; now `a` is back alone.
    let tonight = assign(2, [(a, Some(1)).into()].into_iter(), |c| NAMES[c as usize], &births);
    assert_eq!(tonight.ids, [b, a]);
}

#[test]
fn colliding_births_are_told_apart_in_order_of_the_smallest_reference() {
    let births = Births::crowded(8);
    let nobody = std::iter::empty();
    let tonight = assign(6, nobody, |c| NAMES[c as usize], &births);
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

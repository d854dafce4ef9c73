use proptest::prelude::*;

use super::*;

fn registry(active: &[u32], retired: &[u32], next_id: u32) -> SegmentRegistry {
    SegmentRegistry::new(active.to_vec(), retired.to_vec(), next_id).expect("sound")
}

fn evidence<'a>(n_new: usize, distances: &'a [f64], overlaps: Option<&'a [u64]>) -> Evidence<'a> {
    Evidence { n_new, distances, spacing: 2.0, overlaps }
}

#[test]
fn near_clusters_go_on_and_far_ones_are_born_and_die() {
    // Spacing 2: up to 1 apart. New 0 is old 7, new 1 is nobody; old 4 has no successor.
    let distances = [9.0, 1.5, 0.3, 5.0];
    let found = continue_segments(
        &registry(&[4, 7], &[1, 2, 3], 8),
        &evidence(2, &distances, None),
        Thresholds::default(),
    )
    .expect("sound");
    assert_eq!(found.fates, [Fate::Continued(7), Fate::Born(8)]);
    assert_eq!(found.died, [4]);
    assert_eq!(found.registry, registry(&[7, 8], &[1, 2, 3, 4], 9));
}

#[test]
fn a_pair_too_far_apart_does_not_push_others_from_their_place() {
    // Old 1 near new 0 and new 1; old 2 near new 0 alone, at .9. Both go on: 0.8 and 0.9 apart,
    // though 0.1 and one birth would have been shorter.
    let distances = [0.1, 0.8, 0.9, 1.7];
    let found = continue_segments(
        &registry(&[1, 2], &[], 3),
        &evidence(2, &distances, None),
        Thresholds::default(),
    )
    .expect("sound");
    assert_eq!(found.fates, [Fate::Continued(2), Fate::Continued(1)]);
}

#[test]
fn members_decide_between_near_clusters_and_strangers_are_no_continuation() {
    // Both near both; members say crosswise.
    let (distances, overlaps) = ([0.2, 0.3, 0.3, 0.2], [10, 90, 90, 10]);
    let both = registry(&[1, 2], &[], 3);
    let found = continue_segments(
        &both,
        &evidence(2, &distances, Some(&overlaps)),
        Thresholds { overlap_min: 0.0, ..Thresholds::default() },
    );
    assert_eq!(found.expect("sound").fates, [Fate::Continued(2), Fate::Continued(1)]);
    // The same place, but other customers: 20 of 180.
    let overlaps = [20, 0, 80, 80];
    let found = continue_segments(
        &both,
        &evidence(2, &[0.0, 9.0, 9.0, 0.0], Some(&overlaps)),
        Thresholds::default(),
    )
    .expect("sound");
    assert_eq!(found.fates, [Fate::Born(3), Fate::Continued(2)]);
    assert_eq!(found.died, [1]);
    // Nobody in common at all says nothing.
    let found = continue_segments(
        &both,
        &evidence(2, &[0.0, 9.0, 9.0, 0.0], Some(&[0; 4])),
        Thresholds::default(),
    );
    assert_eq!(found.expect("sound").fates, [Fate::Continued(1), Fate::Continued(2)]);
}

#[test]
fn the_first_night_and_an_empty_one_are_nights() {
    let first = continue_segments(
        &SegmentRegistry::empty(),
        &evidence(2, &[], None),
        Thresholds::default(),
    )
    .expect("sound");
    assert_eq!(first.fates, [Fate::Born(1), Fate::Born(2)]);
    let nobody = continue_segments(&first.registry, &evidence(0, &[], None), Thresholds::default())
        .expect("sound");
    assert_eq!((nobody.died.as_slice(), nobody.registry.next_id()), (&[1, 2][..], 3));
}

#[test]
fn what_cannot_be_continued_is_named() {
    let one = registry(&[1], &[], u32::MAX);
    let message = |evidence: &Evidence<'_>, thresholds| {
        continue_segments(&one, evidence, thresholds).expect_err("refused").to_string()
    };
    let usual = Thresholds::default();
    assert_eq!(message(&evidence(1, &[], None), usual), "distances: 0 value(s), expected 1");
    assert_eq!(message(&evidence(1, &[0.0], Some(&[])), usual), "overlaps: 0 value(s), expected 1");
    assert_eq!(
        message(&evidence(1, &[f64::NAN], None), usual),
        "the distance of old cluster 0 and new cluster 0 is not a finite number from 0"
    );
    let none = Thresholds { distance_max: 0.0, ..usual };
    assert_eq!(
        message(&evidence(1, &[0.0], None), none),
        "distance_max is 0, expected a number above 0"
    );
    let all = Thresholds { overlap_min: 1.1, ..usual };
    assert_eq!(message(&evidence(1, &[0.0], None), all), "overlap_min is 1.1, expected 0 to 1");
    assert_eq!(
        message(&evidence(2, &[9.0, 9.0], None), usual),
        "segment ids have run out at 4294967295"
    );
}

/// Distances and members of a night, and an order of each side.
#[derive(Debug, Clone)]
struct Shuffled {
    n_new: usize,
    distances: Vec<f64>,
    overlaps: Vec<u64>,
    old_order: Vec<usize>,
    new_order: Vec<usize>,
}

/// Few different values, so that many matchings cost the same.
fn shuffled() -> impl Strategy<Value = Shuffled> {
    (0_usize..6, 0_usize..6).prop_flat_map(|(n_old, n_new)| {
        let n = n_old * n_new;
        let order = |n: usize| Just((0..n).collect::<Vec<_>>()).prop_shuffle();
        let distances = prop::collection::vec((0_u32..6).prop_map(|x| f64::from(x) / 4.0), n);
        let overlaps = prop::collection::vec(0_u64..4, n);
        (Just(n_new), distances, overlaps, order(n_old), order(n_new)).prop_map(
            |(n_new, distances, overlaps, old_order, new_order)| Shuffled {
                n_new,
                distances,
                overlaps,
                old_order,
                new_order,
            },
        )
    })
}

/// Whether all that is known of two new clusters is the same.
fn has_twins(night: &Shuffled, is_counted: bool) -> bool {
    let column = |new: usize| -> Vec<(u64, u64)> {
        (0..night.old_order.len())
            .map(|old| old * night.n_new + new)
            .map(|at| (night.distances[at].to_bits(), night.overlaps[at] * u64::from(is_counted)))
            .collect()
    };
    (0..night.n_new).any(|a| (0..a).any(|b| column(a) == column(b)))
}

proptest! {
    #[test]
    fn the_order_of_clusters_changes_nothing(night in shuffled(), is_counted: bool) {
        let ids: Vec<u32> = (0..night.old_order.len() as u32).map(|id| 3 * id + 2).collect();
        let pick = |old: usize, new: usize| old * night.n_new + new;
        let forth = continue_segments(
            &registry(&ids, &[1], 100),
            &evidence(night.n_new, &night.distances, is_counted.then_some(&night.overlaps)),
            Thresholds::default(),
        )
        .expect("sound");
        let order = || {
            let of_old = night.old_order.iter();
            of_old.flat_map(|&old| night.new_order.iter().map(move |&new| pick(old, new)))
        };
        let distances: Vec<f64> = order().map(|at| night.distances[at]).collect();
        let overlaps: Vec<u64> = order().map(|at| night.overlaps[at]).collect();
        let shuffled_ids: Vec<u32> = night.old_order.iter().map(|&old| ids[old]).collect();
        let back = continue_segments(
            &registry(&shuffled_ids, &[1], 100),
            &evidence(night.n_new, &distances, is_counted.then_some(&overlaps)),
            Thresholds::default(),
        )
        .expect("sound");
        prop_assert_eq!(&back.died, &forth.died);
        if has_twins(&night, is_counted) {
            // Which of two that nothing tells apart goes on is settled by their order.
            return Ok(());
        }
        let expected: Vec<Fate> =
            night.new_order.iter().map(|&new| forth.fates[new]).collect();
        prop_assert_eq!(back.fates, expected);
    }

    #[test]
    fn ids_are_unique_and_none_comes_back(
        nights in prop::collection::vec((0_usize..6, prop::collection::vec(0.0..2.0_f64, 36)), 1..12),
    ) {
        let mut registry = SegmentRegistry::empty();
        for (n_new, distances) in nights {
            let n = registry.active().len() * n_new;
            let night = continue_segments(
                &registry,
                &evidence(n_new, &distances[..n], None),
                Thresholds::default(),
            )
            .expect("sound");
            let retired_before: Vec<u32> = registry.retired().collect();
            let mut ids: Vec<u32> = night.fates.iter().map(|fate| fate.id()).collect();
            prop_assert_eq!(night.registry.active(), ids.as_slice());
            prop_assert!(ids.iter().all(|id| !retired_before.contains(id)));
            for fate in &night.fates {
                let was_there = registry.active().contains(&fate.id());
                prop_assert_eq!(was_there, matches!(fate, Fate::Continued(_)));
            }
            for id in registry.active() {
                prop_assert!(ids.contains(id) != night.died.contains(id));
            }
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), n_new);
            // A registry that can be restored contradicts itself nowhere.
            let (active, next_id) = (night.registry.active().to_vec(), night.registry.next_id());
            let restored = SegmentRegistry::new(active, night.registry.retired(), next_id);
            prop_assert_eq!(restored.expect("sound"), night.registry.clone());
            registry = night.registry;
        }
    }
}

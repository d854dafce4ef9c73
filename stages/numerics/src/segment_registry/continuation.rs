//! One night: evidence, thresholds, what becomes of each cluster.

use std::cmp::Ordering;

use super::{RegistryError, SegmentRegistry};
use crate::alignment::align;

/// When a cluster is no longer the one it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Distance, in units of the spacing of the old centroids, beyond which two clusters are never
    /// the same; from 0.
    pub distance_max: f64,
    /// Jaccard index of members below which two clusters are never the same, from 0 to 1; 0 asks for
    /// none in common.
    pub overlap_min: f64,
}

impl Default for Thresholds {
    /// Half the spacing: beyond it an old centroid may lie nearer to another. A quarter in common:
    /// two halves of a cluster that was cut have half each, a third of a merged one.
    fn default() -> Self {
        Self { distance_max: 0.5, overlap_min: 0.25 }
    }
}

/// What is known of old and new clusters, row-major: a row an old cluster, in the order of the
/// registry's active ids, a column a new one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence<'a> {
    /// New clusters.
    pub n_new: usize,
    /// Euclidean distance of the centroids, in last night's units.
    pub distances: &'a [f64],
    /// Median distance of an old centroid to its nearest other; infinite when there is no other.
    pub spacing: f64,
    /// Members in common, counted over those who were there on both nights; none when not known.
    pub overlaps: Option<&'a [u64]>,
}

/// What became of a new cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It continues a segment of last night.
    Continued(u32),
    /// It is a new segment.
    Born(u32),
}

impl Fate {
    /// Returns the id of the segment.
    pub fn id(self) -> u32 {
        match self {
            Self::Continued(id) | Self::Born(id) => id,
        }
    }
}

/// One night of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continuation {
    /// What became of each new cluster, in their order.
    pub fates: Vec<Fate>,
    /// Ids retired tonight, ascending.
    pub died: Vec<u32>,
    /// The registry to keep for the next night.
    pub registry: SegmentRegistry,
}

/// Gives each new cluster its id: of the old cluster it continues, or a new one.
///
/// Pairs within the thresholds are matched one to one, as many as can be, at the least sum of squared
/// distances, each times the share of members not in common. The order of clusters changes nothing,
/// but for new ones that no evidence tells apart: of those the first gets the lower id.
///
/// # Errors
///
/// [`RegistryError`] when evidence does not fit the clusters or a value is out of range, or no id is
/// left.
pub fn continue_segments(
    registry: &SegmentRegistry,
    evidence: &Evidence<'_>,
    thresholds: Thresholds,
) -> Result<Continuation, RegistryError> {
    let (n_old, n_new) = (registry.active().len(), evidence.n_new);
    check(n_old, evidence, thresholds)?;
    let overlap = Overlaps::new(n_old, evidence);

    // An order of their own for both sides: equal costs are then settled alike, however clusters come.
    let mut old_order: Vec<usize> = (0..n_old).collect();
    old_order.sort_by_key(|&old| registry.active()[old]);
    let distance = |old: usize, new: usize| evidence.distances[old * n_new + new];
    let compare = |&a: &usize, &b: &usize| {
        old_order
            .iter()
            .map(|&old| {
                let nearer = distance(old, a).total_cmp(&distance(old, b));
                nearer.then(overlap.share(old, b).total_cmp(&overlap.share(old, a)))
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    };
    let mut new_order: Vec<usize> = (0..n_new).collect();
    new_order.sort_by(compare);

    let is_same = |old: usize, new: usize| {
        distance(old, new) <= thresholds.distance_max * evidence.spacing
            && overlap.share(old, new) >= thresholds.overlap_min
    };
    let cost = |old: usize, new: usize| {
        let not_in_common = if overlap.is_known { 1.0 - overlap.share(old, new) } else { 1.0 };
        distance(old, new).powi(2) * not_in_common
    };
    let pairs = || old_order.iter().flat_map(|&old| new_order.iter().map(move |&new| (old, new)));
    // Dearer than all true pairs together, so that no true pair is given up for it.
    let apart = 1.0 + pairs().filter(|&(o, n)| is_same(o, n)).map(|(o, n)| cost(o, n)).sum::<f64>();
    let costs: Vec<f64> =
        pairs().map(|(o, n)| if is_same(o, n) { cost(o, n) } else { apart }).collect();
    let alignment = align(n_old, n_new, &costs)?;

    let mut next_id = registry.next_id();
    let mut fates = vec![None; n_new];
    let mut is_continued = vec![false; n_old];
    for (&new, old) in new_order.iter().zip(&alignment.old_of_new) {
        let old = old.and_then(|old| old_order.get(old).copied()).filter(|&old| is_same(old, new));
        fates[new] = Some(if let Some(old) = old {
            is_continued[old] = true;
            Fate::Continued(registry.active()[old])
        } else {
            let id = next_id;
            next_id = id.checked_add(1).ok_or(RegistryError::IdsExhausted(id))?;
            Fate::Born(id)
        });
    }
    let fates: Vec<Fate> = fates.into_iter().flatten().collect();
    let died: Vec<u32> = old_order
        .iter()
        .filter(|&&old| !is_continued[old])
        .map(|&old| registry.active()[old])
        .collect();
    let registry = registry.next(fates.iter().map(|fate| fate.id()).collect(), &died, next_id);
    Ok(Continuation { fates, died, registry })
}

/// Members in common, as shares.
struct Overlaps {
    is_known: bool,
    n_new: usize,
    shares: Vec<f64>,
}

impl Overlaps {
    fn new(n_old: usize, evidence: &Evidence<'_>) -> Self {
        let n_new = evidence.n_new;
        // Nobody in common at all says nothing about any cluster.
        let counts = evidence.overlaps.filter(|counts| counts.iter().any(|&n| n > 0));
        let Some(counts) = counts else {
            return Self { is_known: false, n_new, shares: vec![1.0; n_old * n_new] };
        };
        let mut in_new = vec![0_u64; n_new];
        for row in counts.chunks_exact(n_new) {
            in_new.iter_mut().zip(row).for_each(|(sum, &n)| *sum = sum.saturating_add(n));
        }
        let mut shares = Vec::with_capacity(counts.len());
        for row in counts.chunks_exact(n_new) {
            let in_old = row.iter().fold(0_u64, |sum, &n| sum.saturating_add(n));
            shares.extend(row.iter().zip(&in_new).map(|(&both, &in_new)| {
                let either = in_old.saturating_add(in_new - both).max(1);
                both as f64 / either as f64
            }));
        }
        Self { is_known: true, n_new, shares }
    }

    /// Returns the Jaccard index of two clusters; 1 when nothing is known.
    fn share(&self, old: usize, new: usize) -> f64 {
        self.shares.get(old * self.n_new + new).copied().unwrap_or(1.0)
    }
}

fn check(
    n_old: usize,
    evidence: &Evidence<'_>,
    thresholds: Thresholds,
) -> Result<(), RegistryError> {
    let expected = n_old * evidence.n_new;
    let found = evidence.distances.len();
    if found != expected {
        return Err(RegistryError::Shape { what: "distances", expected, found });
    }
    if let Some(found) = evidence.overlaps.map(<[u64]>::len).filter(|&found| found != expected) {
        return Err(RegistryError::Shape { what: "overlaps", expected, found });
    }
    let is_distance = |value: &f64| value.is_finite() && *value >= 0.0;
    if let Some(at) = evidence.distances.iter().position(|value| !is_distance(value)) {
        return Err(RegistryError::Distance { old: at / evidence.n_new, new: at % evidence.n_new });
    }
    let Thresholds { distance_max, overlap_min } = thresholds;
    for (what, value, is_good, expected) in [
        ("spacing", evidence.spacing, evidence.spacing > 0.0, "a number above 0"),
        ("distance_max", distance_max, distance_max > 0.0, "a number above 0"),
        ("overlap_min", overlap_min, (0.0..=1.0).contains(&overlap_min), "0 to 1"),
    ] {
        if !is_good {
            return Err(RegistryError::Setting { what, value, expected });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn registry(active: &[u32], retired: &[u32], next_id: u32) -> SegmentRegistry {
        SegmentRegistry::new(active.to_vec(), retired.to_vec(), next_id).expect("sound")
    }

    fn evidence<'a>(
        n_new: usize,
        distances: &'a [f64],
        overlaps: Option<&'a [u64]>,
    ) -> Evidence<'a> {
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
        let nobody =
            continue_segments(&first.registry, &evidence(0, &[], None), Thresholds::default())
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
        assert_eq!(
            message(&evidence(1, &[0.0], Some(&[])), usual),
            "overlaps: 0 value(s), expected 1"
        );
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

    fn shuffled() -> impl Strategy<Value = Shuffled> {
        (0_usize..6, 0_usize..6).prop_flat_map(|(n_old, n_new)| {
            let n = n_old * n_new;
            let order = |n: usize| Just((0..n).collect::<Vec<_>>()).prop_shuffle();
            let distances = prop::collection::vec(0.0..3.0_f64, n);
            let overlaps = prop::collection::vec(0_u64..50, n);
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
            if night.old_order.is_empty() {
                // Without old clusters nothing tells the new ones apart.
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
}

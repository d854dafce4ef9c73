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
    /// Half the spacing: beyond it a centroid may lie nearer to another old one. A quarter in common:
    /// each half of a cluster that was cut shares a half with it, and each of three that were merged
    /// a third; a fifth is another cluster.
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

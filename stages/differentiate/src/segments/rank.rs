//! The order in which new segments are numbered.

use std::cmp::Ordering;

use super::method::Found;

/// What new segments are numbered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberedBy {
    /// Mean money, most first; then size, then centroid.
    Money,
    /// Size, largest first; then mean money, then centroid.
    Size,
}

/// Lists found clusters in the order in which they are numbered; `cents` is the money of each row.
pub(super) fn ranked(
    found: &Found,
    cents: impl Iterator<Item = i64>,
    numbered_by: NumberedBy,
) -> Vec<usize> {
    let mut sums = vec![(0_usize, 0_i128); found.centroids.n_clusters()];
    for (&label, cents) in found.labels.iter().zip(cents) {
        if let Some((size, sum)) = sums.get_mut(label as usize) {
            *size += 1;
            *sum += i128::from(cents);
        }
    }
    let clusters: Vec<Cluster<'_>> = sums
        .into_iter()
        .zip(found.centroids.rows())
        .map(|((size, cents), centroid)| Cluster { size, cents, centroid })
        .collect();
    let mut order: Vec<(usize, &Cluster<'_>)> = clusters.iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| {
        let by_money = b.cmp_mean(a);
        let by_size = b.size.cmp(&a.size);
        let (first, second) = match numbered_by {
            NumberedBy::Money => (by_money, by_size),
            NumberedBy::Size => (by_size, by_money),
        };
        first.then(second).then_with(|| a.cmp_centroid(b))
    });
    order.into_iter().map(|(cluster, _)| cluster).collect()
}

struct Cluster<'a> {
    size: usize,
    cents: i128,
    centroid: &'a [f64],
}

impl Cluster<'_> {
    /// Compares mean money without a division, so that equal means are equal.
    fn cmp_mean(&self, other: &Self) -> Ordering {
        (self.cents * other.size as i128).cmp(&(other.cents * self.size as i128))
    }

    fn cmp_centroid(&self, other: &Self) -> Ordering {
        let pairs = self.centroid.iter().zip(other.centroid);
        pairs.map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

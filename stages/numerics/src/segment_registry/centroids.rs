//! The evidence that centroids give, in last night's units.

use std::cmp::Ordering;

use super::{
    Continuation, Evidence, RegistryError, SegmentRegistry, Thresholds, continue_segments,
};
use crate::kmeans::Centroids;
use crate::transform::{Scaler, quantile};

/// Gives each new centroid its id, by its distance to the old ones.
///
/// `old` are last night's centroids in the order of the registry's active ids, `new` tonight's in the
/// same units: see [`rescale`]. `overlaps`, row-major with a row an old cluster, counts members in
/// common. The order of centroids on either side changes no id.
///
/// # Errors
///
/// [`RegistryError`] when widths or numbers differ, or as [`continue_segments`] has it.
pub fn continue_centroids(
    registry: &SegmentRegistry,
    old: &Centroids,
    new: &Centroids,
    overlaps: Option<&[u64]>,
    thresholds: Thresholds,
) -> Result<Continuation, RegistryError> {
    let (n_old, n_new) = (old.n_clusters(), new.n_clusters());
    for (what, expected, found) in [
        ("old centroids", registry.active().len(), n_old),
        ("features of new centroids", old.n_features(), new.n_features()),
        ("overlaps", n_old * n_new, overlaps.map_or(n_old * n_new, <[u64]>::len)),
    ] {
        if expected != found {
            return Err(RegistryError::Shape { what, expected, found });
        }
    }
    // New clusters in an order of their own, so that those born together get the same ids however
    // they come.
    let rows: Vec<&[f64]> = new.rows().collect();
    let mut order: Vec<usize> = (0..n_new).collect();
    order.sort_by(|&a, &b| compare(rows[a], rows[b]));
    let distances: Vec<f64> =
        old.rows().flat_map(|old| order.iter().map(|&new| distance(old, rows[new]))).collect();
    let overlaps: Option<Vec<u64>> = overlaps.map(|counts| {
        let of_old = counts.chunks_exact(n_new.max(1));
        of_old.flat_map(|row| order.iter().map(|&new| row[new])).collect()
    });
    let evidence = Evidence {
        n_new,
        distances: &distances,
        spacing: spacing(old),
        overlaps: overlaps.as_deref(),
    };
    let sorted = continue_segments(registry, &evidence, thresholds)?;
    let mut position = vec![0; n_new];
    order.iter().enumerate().for_each(|(at, &new)| position[new] = at);
    let fates: Vec<_> = position.iter().map(|&at| sorted.fates[at]).collect();
    let registry = registry.next(
        fates.iter().map(|fate| fate.id()).collect(),
        &sorted.died,
        sorted.registry.next_id(),
    );
    Ok(Continuation { fates, died: sorted.died, registry })
}

/// Returns tonight's centroids in last night's units.
///
/// `centroids` are in the units of `tonight`; both scalers were fitted on the same columns. A feature
/// that varies tonight and did not last night is left out.
///
/// # Errors
///
/// [`RegistryError`] when a feature of last night does not vary tonight, or widths differ.
pub fn rescale(
    centroids: &Centroids,
    tonight: &Scaler,
    last_night: &Scaler,
) -> Result<Centroids, RegistryError> {
    let (expected, found) = (tonight.features.len(), centroids.n_features());
    if expected != found {
        return Err(RegistryError::Shape { what: "features of new centroids", expected, found });
    }
    let mut values = Vec::with_capacity(centroids.n_clusters() * last_night.features.len());
    for row in centroids.rows() {
        let in_own_units = tonight.unscale(row);
        for feature in &last_night.features {
            let at = tonight.features.iter().position(|other| other.column == feature.column);
            let value = at.and_then(|at| in_own_units.get(at));
            let value = value.ok_or(RegistryError::Feature(feature.column))?;
            values.push((value - feature.mean) / feature.sd);
        }
    }
    Ok(Centroids::new(last_night.features.len(), values)?)
}

/// Returns the median distance of a centroid to its nearest other; infinite when there is no other.
fn spacing(centroids: &Centroids) -> f64 {
    let nearest = centroids.rows().enumerate().map(|(position, row)| {
        let others = centroids.rows().enumerate().filter(|&(other, _)| other != position);
        others.map(|(_, other)| distance(row, other)).fold(f64::INFINITY, f64::min)
    });
    let mut ascending: Vec<f64> = nearest.collect();
    ascending.sort_by(f64::total_cmp);
    if ascending.len() < 2 {
        return f64::INFINITY;
    }
    quantile(&ascending, 0.5).unwrap_or(f64::INFINITY)
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

fn compare(a: &[f64], b: &[f64]) -> Ordering {
    let pairs = a.iter().zip(b);
    pairs.map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Fate;
    use super::*;

    fn line(values: &[f64]) -> Centroids {
        Centroids::new(1, values.to_vec()).expect("finite")
    }

    fn registry(active: &[u32]) -> SegmentRegistry {
        let next_id = active.iter().max().map_or(1, |id| id + 1);
        SegmentRegistry::new(active.to_vec(), [], next_id).expect("sound")
    }

    #[test]
    fn centroids_go_on_within_half_the_median_spacing() {
        // Nearest others: 10, 10, 20; median 10: up to 5 away.
        let old = line(&[0.0, 10.0, 30.0]);
        assert_eq!(spacing(&old).to_bits(), 10.0_f64.to_bits());
        let night = continue_centroids(
            &registry(&[3, 1, 2]),
            &old,
            &line(&[36.0, 10.5, 4.9]),
            None,
            Thresholds::default(),
        )
        .expect("sound");
        assert_eq!(night.fates, [Fate::Born(4), Fate::Continued(1), Fate::Continued(3)]);
        assert_eq!(night.died, [2]);
        assert_eq!(night.registry.active(), [4, 1, 3]);
    }

    #[test]
    fn a_lone_centroid_goes_on_however_far_it_moved() {
        let night = continue_centroids(
            &registry(&[5]),
            &line(&[0.0]),
            &line(&[1e6]),
            None,
            Thresholds::default(),
        );
        assert_eq!(night.expect("sound").fates, [Fate::Continued(5)]);
    }

    #[test]
    fn centroids_of_other_scalers_are_compared_in_the_units_of_last_night() {
        let last_night = Scaler::fit(&[&[0.0, 2.0], &[5.0, 5.0], &[1.0, 3.0]]).expect("rows");
        let tonight = Scaler::fit(&[&[0.0, 20.0], &[4.0, 6.0], &[1.0, 3.0]]).expect("rows");
        // Tonight's means 10, 5, 2 and deviations 10, 1, 1; last night's 1, 2 and 1, 1.
        let rescaled = rescale(
            &Centroids::new(3, vec![0.5, 9.0, -1.0]).expect("finite"),
            &tonight,
            &last_night,
        )
        .expect("the same columns");
        assert_eq!(rescaled.values(), [14.0, -1.0]);
        let error = rescale(&rescaled, &last_night, &tonight).expect_err("column 1");
        assert!(matches!(error, RegistryError::Feature(1)));
        let error = rescale(&line(&[0.0]), &tonight, &last_night).expect_err("one feature");
        assert_eq!(error.to_string(), "features of new centroids: 1 value(s), expected 3");
    }

    #[test]
    fn other_numbers_of_centroids_are_refused() {
        let error = continue_centroids(
            &registry(&[1]),
            &line(&[0.0, 1.0]),
            &line(&[0.0]),
            None,
            Thresholds::default(),
        );
        assert_eq!(error.expect_err("two").to_string(), "old centroids: 2 value(s), expected 1");
    }

    proptest! {
        #[test]
        fn the_order_of_centroids_changes_no_id(
            (old, new, old_order, new_order) in (1_usize..6, 1_usize..6).prop_flat_map(|(o, n)| {
                let values = |n: usize| prop::collection::vec(-9.0..9.0_f64, n);
                let order = |n: usize| Just((0..n).collect::<Vec<_>>()).prop_shuffle();
                (values(o), values(n), order(o), order(n))
            }),
        ) {
            let ids: Vec<u32> = (0..old.len() as u32).map(|id| 10 - id).collect();
            let run = |ids: &[u32], old: &[f64], new: &[f64]| {
                let registry = SegmentRegistry::new(ids.to_vec(), [], 50).expect("sound");
                let (old, new) = (line(old), line(new));
                continue_centroids(&registry, &old, &new, None, Thresholds::default())
                    .expect("sound")
            };
            let pick = |values: &[f64], order: &[usize]| -> Vec<f64> {
                order.iter().map(|&at| values[at]).collect()
            };
            let forth = run(&ids, &old, &new);
            let shuffled: Vec<u32> = old_order.iter().map(|&at| ids[at]).collect();
            let back = run(&shuffled, &pick(&old, &old_order), &pick(&new, &new_order));
            prop_assert_eq!(&back.died, &forth.died);
            let expected: Vec<Fate> = new_order.iter().map(|&at| forth.fates[at]).collect();
            prop_assert_eq!(back.fates, expected);
        }
    }
}

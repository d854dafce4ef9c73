//! Bootstrap stability of each cluster: does it come back when other rows had been there?
//!
//! Hennig 2007 (Computational Statistics & Data Analysis 52). Refits start afresh, as the clustering
//! itself did: begun from its centroids they would stay in its local optimum and call it stable.

use rayon::prelude::*;
use thiserror::Error;

use super::{Clusters, QualityError};
use crate::kmeans::{Columns, KMeansError, KMeansParams};
use crate::sampling::{Draw, bootstrap_counts, sample_rows};

/// Below this mean Jaccard a cluster is dissolved: no more than a pattern of chance (Hennig 2007).
pub const DISSOLVED_BELOW: f64 = 0.6;

/// Above this mean Jaccard a cluster is valid (Hennig 2007).
pub const VALID_ABOVE: f64 = 0.75;

/// How clusters are put to the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootstrapParams {
    /// Rows looked at, drawn without regard to their clusters; all when there are no more.
    pub n_rows: usize,
    /// Resamples, each of as many rows with replacement.
    pub n_resamples: usize,
    /// k-means++ starts of each refit.
    pub n_starts: usize,
    /// Seed of sample, resamples and refits.
    pub seed: u64,
}

impl Default for BootstrapParams {
    /// 20 resamples of 5,000 rows, 3 starts each, seed 0.
    fn default() -> Self {
        Self { n_rows: 5_000, n_resamples: 20, n_starts: 3, seed: 0 }
    }
}

/// Whether a cluster is one, by its mean Jaccard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stability {
    /// Below 0.6: other rows would have given other clusters.
    Dissolved,
    /// From 0.6 to 0.75: there is a pattern, but which rows belong to it is doubtful.
    Doubtful,
    /// Above 0.75.
    Valid,
}

impl Stability {
    /// Returns the verdict on a mean Jaccard.
    pub fn of(mean_jaccard: f64) -> Self {
        if mean_jaccard > VALID_ABOVE {
            Self::Valid
        } else if mean_jaccard >= DISSOLVED_BELOW {
            Self::Doubtful
        } else {
            Self::Dissolved
        }
    }
}

/// How stable one cluster is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusterStability {
    /// Its label.
    pub label: u32,
    /// Mean over resamples of the Jaccard index of its rows and those of the most alike new cluster,
    /// from 0 to 1; none when no resample had a row of it.
    pub mean_jaccard: Option<f64>,
    /// Resamples that had rows of it.
    pub n_resamples: usize,
    /// Resamples in which no new cluster shared more than half with it.
    pub n_dissolved: usize,
}

impl ClusterStability {
    /// Returns the verdict; a cluster that no resample had a row of is dissolved.
    pub fn stability(&self) -> Stability {
        Stability::of(self.mean_jaccard.unwrap_or(0.0))
    }
}

/// Why stability cannot be measured.
#[derive(Debug, Error)]
pub enum StabilityError {
    /// Labels do not fit the rows.
    #[error(transparent)]
    Quality(#[from] QualityError),
    /// A refit failed.
    #[error(transparent)]
    KMeans(#[from] KMeansError),
}

/// Measures how stable each cluster of a k-means clustering is; one entry a label, ascending.
///
/// Each resample is clustered into as many clusters as the sample has labels, and each cluster is
/// compared with the new one that shares most with it, over the different rows that were drawn.
/// The result depends on seed and row order alone. Cost is that of `n_resamples · n_starts`
/// clusterings of `n_rows` rows.
///
/// # Errors
///
/// [`StabilityError`] when labels do not fit the rows, or values or settings are refused.
pub fn bootstrap_jaccard(
    columns: &Columns<'_>,
    labels: &[u32],
    params: BootstrapParams,
) -> Result<Vec<ClusterStability>, StabilityError> {
    let (n_rows, found) = (columns.n_rows(), labels.len());
    if found != n_rows {
        return Err(QualityError::LabelCount { expected: n_rows, found }.into());
    }
    let sampled = sample_rows(n_rows, params.n_rows, &mut Draw::new(params.seed, 0));
    let by_column = columns.gather(&sampled);
    let slices: Vec<&[f64]> = by_column.iter().map(Vec::as_slice).collect();
    let sample = Columns::new(&slices).map_err(KMeansError::from)?;
    let labels_sampled: Vec<u32> = sampled.iter().map(|&row| labels[row]).collect();
    let clusters = Clusters::new(&labels_sampled);

    let resample = |position: usize| -> Result<Vec<Option<f64>>, KMeansError> {
        // Stream 0 drew the sample.
        let counts = bootstrap_counts(sampled.len(), &mut Draw::new(params.seed, position + 1));
        let weights: Vec<f64> = counts.iter().map(|&count| f64::from(count)).collect();
        let refit = KMeansParams::new(clusters.sizes.len())
            .n_starts(params.n_starts)
            .seed(params.seed ^ (position as u64 + 1).rotate_left(32))
            .check()?
            .fit_columns(&sample, Some(&weights))?;
        Ok(jaccard_of_clusters(&clusters, &refit.labels, refit.n_clusters(), &counts))
    };
    let of_resamples: Vec<Vec<Option<f64>>> = if clusters.sizes.is_empty() {
        Vec::new()
    } else {
        (0..params.n_resamples).into_par_iter().map(resample).collect::<Result<_, _>>()?
    };

    let names = super::distinct(labels);
    let sampled_names = super::distinct(&labels_sampled);
    Ok(names
        .into_iter()
        .map(|label| {
            let cluster = sampled_names.binary_search(&label).ok();
            summary(label, cluster, &of_resamples)
        })
        .collect())
}

/// Returns the largest Jaccard index of each cluster with a new one, over rows drawn at least once.
fn jaccard_of_clusters(
    clusters: &Clusters,
    new_labels: &[u32],
    n_new: usize,
    counts: &[u32],
) -> Vec<Option<f64>> {
    let n_old = clusters.sizes.len();
    let mut both = vec![0_usize; n_old * n_new];
    let drawn = counts.iter().zip(&clusters.label_of_row).zip(new_labels);
    for ((_, &old), &new) in drawn.filter(|&((&count, _), _)| count > 0) {
        both[old as usize * n_new + new as usize] += 1;
    }
    let mut in_new = vec![0; n_new];
    for row in both.chunks_exact(n_new) {
        in_new.iter_mut().zip(row).for_each(|(total, n)| *total += n);
    }
    both.chunks_exact(n_new)
        .map(|row| {
            let in_old: usize = row.iter().sum();
            let jaccards = row.iter().zip(&in_new).map(|(&both, &in_new)| {
                // A new cluster of rows that were not drawn shares nothing with anyone.
                both as f64 / (in_old + in_new - both).max(1) as f64
            });
            (in_old > 0).then(|| jaccards.fold(0.0, f64::max))
        })
        .collect()
}

fn summary(
    label: u32,
    cluster: Option<usize>,
    of_resamples: &[Vec<Option<f64>>],
) -> ClusterStability {
    let jaccards: Vec<f64> =
        of_resamples.iter().filter_map(|of_clusters| *of_clusters.get(cluster?)?).collect();
    let n_resamples = jaccards.len();
    ClusterStability {
        label,
        mean_jaccard: (n_resamples > 0).then(|| jaccards.iter().sum::<f64>() / n_resamples as f64),
        n_resamples,
        n_dissolved: jaccards.iter().filter(|&&jaccard| jaccard <= 0.5).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups of 200 rows at the given places, each spread evenly over a width.
    fn line(places: &[f64], width: f64) -> (Vec<f64>, Vec<u32>) {
        (0..places.len() * 200)
            .map(|row| {
                let (group, step) = (row % places.len(), row / places.len());
                (places[group] + width * step as f64 / 200.0, group as u32)
            })
            .unzip()
    }

    #[test]
    fn jaccard_is_that_of_the_most_alike_new_cluster_over_the_rows_drawn() {
        // Old 0 has rows 0 to 3, old 1 rows 4 and 5; row 3 was not drawn, and row 5 not either.
        let clusters = Clusters::new(&[0, 0, 0, 0, 1, 1]);
        let counts = [1, 2, 1, 0, 1, 0];
        // New 0: rows 0 and 1. New 1: rows 2, 4. Old 0 with new 0: 2 of 3. Old 1 with new 1: 1 of 2.
        let found = jaccard_of_clusters(&clusters, &[0, 0, 1, 1, 1, 1], 2, &counts);
        assert_eq!(found, [Some(2.0 / 3.0), Some(0.5)]);
        let nothing_of_old_1 = [1, 1, 1, 1, 0, 0];
        let found = jaccard_of_clusters(&clusters, &[0, 0, 0, 0, 1, 1], 2, &nothing_of_old_1);
        assert_eq!(found, [Some(1.0), None]);
    }

    #[test]
    fn groups_far_apart_come_back_every_time() {
        let (values, labels) = line(&[0.0, 10.0, 20.0], 1.0);
        let columns = Columns::new(&[&values]).expect("one column");
        let found = bootstrap_jaccard(&columns, &labels, BootstrapParams::default());
        for cluster in found.expect("finite") {
            assert_eq!((cluster.mean_jaccard, cluster.n_dissolved), (Some(1.0), 0));
            assert_eq!(cluster.n_resamples, 20);
            assert_eq!(cluster.stability(), Stability::Valid);
        }
    }

    #[test]
    fn a_group_cut_in_two_and_two_groups_made_one_do_not_come_back() {
        // k-means finds 0, 10 and 20; these labels join the first two and cut the third.
        let (values, groups) = line(&[0.0, 10.0, 20.0], 1.0);
        let labels: Vec<u32> = values
            .iter()
            .zip(&groups)
            .map(|(&value, &group)| if group < 2 { 7 } else { 8 + u32::from(value > 20.5) })
            .collect();
        let columns = Columns::new(&[&values]).expect("one column");
        let found =
            bootstrap_jaccard(&columns, &labels, BootstrapParams::default()).expect("finite");
        assert_eq!(found.iter().map(|cluster| cluster.label).collect::<Vec<_>>(), [7, 8, 9]);
        for cluster in found {
            // Half of the joined ones come back at best, and halves of the cut one.
            assert!(cluster.mean_jaccard.expect("drawn") < 0.56, "{cluster:?}");
            assert_eq!(cluster.stability(), Stability::Dissolved);
        }
    }

    #[test]
    fn a_cluster_too_small_for_the_sample_is_told() {
        let mut labels = vec![0_u32; 10_000];
        labels[4_321] = 5;
        let values: Vec<f64> = (0..10_000).map(f64::from).collect();
        let columns = Columns::new(&[&values]).expect("one column");
        let params = BootstrapParams { n_rows: 100, ..BootstrapParams::default() };
        let found = bootstrap_jaccard(&columns, &labels, params).expect("finite");
        assert_eq!((found[1].label, found[1].mean_jaccard, found[1].n_resamples), (5, None, 0));
        assert_eq!(found[1].stability(), Stability::Dissolved);
    }

    #[test]
    fn nothing_to_measure_is_no_error_and_other_labels_are_one() {
        let columns = Columns::new(&[&[]]).expect("one column");
        let params = BootstrapParams::default();
        assert_eq!(bootstrap_jaccard(&columns, &[], params).expect("no row"), []);
        assert!(matches!(
            bootstrap_jaccard(&columns, &[0], params),
            Err(StabilityError::Quality(QualityError::LabelCount { expected: 0, found: 1 }))
        ));
    }

    #[test]
    fn the_bytes_do_not_depend_on_threads() {
        let (values, labels) = line(&[0.0, 1.0, 1.5], 1.0);
        let with_threads = |n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build();
            pool.expect("threads").install(|| {
                let columns = Columns::new(&[&values]).expect("one column");
                bootstrap_jaccard(&columns, &labels, BootstrapParams::default()).expect("finite")
            })
        };
        assert_eq!(with_threads(1), with_threads(3));
    }
}

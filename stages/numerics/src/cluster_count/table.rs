//! The measures of each number of clusters.

use super::choice::{Choice, Exclusion, by_gap, choose};
use super::gap::{Gap, References};
use super::{ClusterCountError, ClusterCountParams};
use crate::kmeans::{Centroids, Columns, Init, KMeans, KMeansError, KMeansParams, RowMatrix};
use crate::quality::{
    BootstrapParams, ClusterStability, SilhouetteSample, Stability, bootstrap_jaccard,
    sampled_silhouette, simplified_silhouette,
};
use crate::sampling::{Draw, sample_rows};

/// Iterations on all rows, begun near the end.
const ITERATIONS_MAX: usize = 100;

/// Tolerance of those iterations; measures are read to two digits.
const TOLERANCE: f64 = 1e-4;

/// One number of clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterCount {
    /// The number.
    pub n_clusters: usize,
    /// Centroids on all rows, to begin a final clustering from.
    pub centroids: Centroids,
    /// Sum of squared distances of all rows to them.
    pub inertia: f64,
    /// Share of all rows in the smallest cluster.
    pub smallest_share: f64,
    /// Simplified silhouette of all rows, from 0 to 1.
    pub simplified_silhouette: f64,
    /// Silhouette of a stratified sample, from -1 to 1; none when each row is a cluster.
    pub silhouette: Option<f64>,
    /// Gap statistic of the sample; none when nothing is left within clusters.
    pub gap: Option<Gap>,
    /// Stability of each cluster on the sample, by label.
    pub stability: Vec<ClusterStability>,
    /// Why the number was not eligible; none when it was.
    pub exclusion: Option<Exclusion>,
}

impl ClusterCount {
    /// Returns the mean Jaccard of the least stable cluster, from 0 to 1.
    pub fn least_stability(&self) -> f64 {
        least_stability(&self.stability)
    }
}

fn least_stability(clusters: &[ClusterStability]) -> f64 {
    clusters.iter().map(|cluster| cluster.mean_jaccard.unwrap_or(0.0)).fold(1.0, f64::min)
}

/// The measures of all numbers tried, and what they come to.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterCountTable {
    /// One entry for each number tried, ascending; none above the number of distinct rows.
    pub counts: Vec<ClusterCount>,
    /// The choice; none when there are fewer distinct rows than the fewest clusters.
    pub choice: Option<Choice>,
    /// What the rule of the gap statistic would choose; none when the gap rises to the end.
    pub gap_choice: Option<usize>,
}

/// Measures each number of clusters of a range and chooses one.
///
/// Cost for each number: some passes over all rows, the silhouette's O(sample² · features), and
/// `n_resample_starts · (n_references + n_resamples)` clusterings of the sample.
///
/// # Errors
///
/// [`ClusterCountError`] when settings or values are refused.
pub fn choose_cluster_count(
    columns: &Columns<'_>,
    params: &ClusterCountParams,
) -> Result<ClusterCountTable, ClusterCountError> {
    params.check()?;
    let matrix = RowMatrix::from_columns(columns, None)?;
    let rows = sample_rows(matrix.n_rows(), params.n_sample_rows, &mut Draw::new(params.seed, 0));
    let by_column = columns.gather(&rows);
    let slices: Vec<&[f64]> = by_column.iter().map(Vec::as_slice).collect();
    let sampled = Columns::new(&slices).map_err(KMeansError::from)?;
    let sample = RowMatrix::from_columns(&sampled, None)?;
    let references = References::new(&sample, params.n_references, params.seed ^ GAP_STREAM)?;

    let mut counts = Vec::with_capacity(params.k_max + 1 - params.k_min);
    for k in params.k_min..=params.k_max {
        let Some(fit) = fit(&matrix, &sample, k, params)? else { break };
        counts.push(measure(columns, &matrix, &sample, &references, fit, params)?);
    }
    let (choice, gap_choice) = (choose(&counts), by_gap(&counts));
    Ok(ClusterCountTable { counts, choice, gap_choice })
}

/// Sets the streams of the references apart from those of the resamples.
const GAP_STREAM: u64 = 0x6761_7000_0000_0000;

/// Clusters all rows, from the best start on the sample; none when there are fewer distinct rows.
fn fit(
    matrix: &RowMatrix,
    sample: &RowMatrix,
    k: usize,
    params: &ClusterCountParams,
) -> Result<Option<KMeans>, KMeansError> {
    let search = KMeansParams::new(k).n_starts(params.n_starts).seed(params.seed).check()?;
    let start = search.fit_matrix(sample)?;
    let fit = if start.n_clusters() == k {
        KMeansParams::new(k)
            .init(Init::Precomputed(start.centroids))
            .max_iterations(ITERATIONS_MAX)
            .tolerance(TOLERANCE)
            .check()?
            .fit_matrix(matrix)?
    } else {
        // Rare values may have been missed by the sample.
        search.fit_matrix(matrix)?
    };
    Ok((fit.n_clusters() == k).then_some(fit))
}

fn measure(
    columns: &Columns<'_>,
    matrix: &RowMatrix,
    sample: &RowMatrix,
    references: &References,
    fit: KMeans,
    params: &ClusterCountParams,
) -> Result<ClusterCount, ClusterCountError> {
    let k = fit.n_clusters();
    let assignment = fit.centroids.assign_matrix(matrix)?;
    let labels = &assignment.labels;
    let silhouette_sample = SilhouetteSample {
        n_rows: params.n_silhouette_rows,
        n_rows_per_cluster_min: params.n_silhouette_rows_per_cluster_min,
        seed: params.seed,
    };
    // As many starts for the data as for each reference: more would favour the data.
    let resample_params = KMeansParams::new(k).n_starts(params.n_resample_starts).seed(params.seed);
    let on_sample = resample_params.check_ref().map_err(KMeansError::from)?.fit_matrix(sample)?;
    let stability = bootstrap_jaccard(
        columns,
        labels,
        BootstrapParams {
            n_rows: params.n_sample_rows,
            n_resamples: params.n_resamples,
            n_starts: params.n_resample_starts,
            seed: params.seed,
        },
    )?;
    let smallest = fit.sizes.iter().min().copied().unwrap_or(0);
    let smallest_share = smallest as f64 / matrix.n_rows() as f64;
    let least = Stability::of(least_stability(&stability));
    Ok(ClusterCount {
        n_clusters: k,
        inertia: fit.inertia,
        smallest_share,
        simplified_silhouette: simplified_silhouette(&assignment)?,
        silhouette: sampled_silhouette(columns, labels, silhouette_sample).ok(),
        gap: references.gap(on_sample.inertia, &resample_params)?,
        exclusion: Exclusion::of(smallest_share, params.size_share_min, least),
        stability,
        centroids: fit.centroids,
    })
}

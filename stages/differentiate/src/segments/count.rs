//! How many segments, when that is to be chosen.

use arrow_array::Array;
use idip_numerics::cluster_count::{
    ClusterCountError, ClusterCountParams, ClusterCountTable, choose_cluster_count,
};
use idip_numerics::kmeans::{Columns, KMeansError};
use idip_schemas::differentiate::segmentation::cluster_count;

use super::model::every_so_many;

/// Customers that the choice looks at: enough for silhouettes and shares to two digits.
const SAMPLED_CUSTOMERS: usize = 20_000;

/// Least number when there are not even that many different customers.
pub(super) const N_CLUSTERS_MIN: usize = 3;

/// Settings of the search: candidates from 3 to 10, and samples of which a choice takes seconds.
fn params(seed: u64) -> ClusterCountParams {
    ClusterCountParams {
        k_min: N_CLUSTERS_MIN,
        k_max: 10,
        n_starts: 10,
        n_sample_rows: 3_000,
        n_silhouette_rows: 4_000,
        n_silhouette_rows_per_cluster_min: 100,
        n_references: 10,
        n_resamples: 20,
        n_resample_starts: 3,
        size_share_min: 0.01,
        seed,
    }
}

/// Measures every candidate on columns of prepared features.
///
/// # Errors
///
/// When values are refused.
pub(super) fn choose(
    columns: &[Vec<f64>],
    seed: u64,
) -> Result<ClusterCountTable, ClusterCountError> {
    let sampled: Vec<Vec<f64>> =
        columns.iter().map(|column| every_so_many(column, SAMPLED_CUSTOMERS)).collect();
    let slices: Vec<&[f64]> = sampled.iter().map(Vec::as_slice).collect();
    let sample = Columns::new(&slices).map_err(KMeansError::from)?;
    choose_cluster_count(&sample, &params(seed))
}

/// One candidate as it is published.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CountRow {
    pub(super) n_clusters: i64,
    pub(super) inertia: f64,
    pub(super) smallest_share: f64,
    pub(super) simplified_silhouette: f64,
    pub(super) silhouette: Option<f64>,
    pub(super) gap: Option<f64>,
    pub(super) gap_standard_error: Option<f64>,
    pub(super) least_jaccard: f64,
    pub(super) exclusion: Option<String>,
    pub(super) is_gap_choice: bool,
    pub(super) reason: Option<String>,
    /// Days since 1970-01-01.
    pub(super) chosen_on: i32,
}

impl CountRow {
    /// The rows of a table of tonight.
    pub(super) fn of(table: &ClusterCountTable, night: i32) -> Vec<Self> {
        let row = |(position, count): (usize, &idip_numerics::cluster_count::ClusterCount)| Self {
            n_clusters: count.n_clusters as i64,
            inertia: count.inertia,
            smallest_share: count.smallest_share,
            simplified_silhouette: count.simplified_silhouette,
            silhouette: count.silhouette.filter(|value| value.is_finite()),
            gap: count.gap.map(|gap| gap.gap).filter(|value| value.is_finite()),
            gap_standard_error: count
                .gap
                .filter(|gap| gap.gap.is_finite())
                .map(|gap| gap.standard_error)
                .filter(|value| value.is_finite()),
            least_jaccard: count.least_stability(),
            exclusion: count.exclusion.map(|exclusion| exclusion.code().to_owned()),
            is_gap_choice: table.gap_choice == Some(count.n_clusters),
            reason: table
                .choice
                .filter(|choice| choice.position == position)
                .map(|choice| choice.reason.code().to_owned()),
            chosen_on: night,
        };
        table.counts.iter().enumerate().map(row).collect()
    }

    /// A row of last night's table.
    pub(super) fn parse(found: &cluster_count::Columns, row: usize) -> Self {
        let maybe =
            |values: &arrow_array::Float64Array| values.is_valid(row).then(|| values.value(row));
        let text = |values: &arrow_array::StringArray| {
            values.is_valid(row).then(|| values.value(row).to_owned())
        };
        Self {
            n_clusters: found.n_clusters.value(row),
            inertia: found.inertia.value(row),
            smallest_share: found.smallest_share.value(row),
            simplified_silhouette: found.simplified_silhouette.value(row),
            silhouette: maybe(&found.silhouette),
            gap: maybe(&found.gap),
            gap_standard_error: maybe(&found.gap_standard_error),
            least_jaccard: found.least_jaccard.value(row),
            exclusion: text(&found.exclusion),
            is_gap_choice: found.is_gap_choice.value(row),
            reason: text(&found.reason),
            chosen_on: found.chosen_on.value(row),
        }
    }
}

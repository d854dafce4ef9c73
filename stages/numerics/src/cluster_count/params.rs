//! Settings of the choice of a number of clusters.

use super::ClusterCountError;

/// Which numbers of clusters are tried, and how hard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusterCountParams {
    /// Fewest clusters tried, from 2.
    pub k_min: usize,
    /// Most clusters tried.
    pub k_max: usize,
    /// k-means++ starts on the sample for each number; the best is gone on from on all rows.
    pub n_starts: usize,
    /// Rows that starts, gap and stability look at; all when there are no more.
    pub n_sample_rows: usize,
    /// Rows of the silhouette in all, shared among clusters by size.
    pub n_silhouette_rows: usize,
    /// Rows of each cluster among them at least, or all it has.
    pub n_silhouette_rows_per_cluster_min: usize,
    /// Tables without clusters that the gap compares with.
    pub n_references: usize,
    /// Resamples of the stability.
    pub n_resamples: usize,
    /// Starts for each reference and each resample.
    pub n_resample_starts: usize,
    /// Share of the rows that the smallest cluster must have, from 0 to 1.
    pub size_share_min: f64,
    /// Seed of samples, starts, references and resamples.
    pub seed: u64,
}

impl Default for ClusterCountParams {
    /// 3 to 10 clusters, 10 starts on 5,000 rows, silhouettes of 10,000 rows with 200 a cluster,
    /// 20 references and resamples with 3 starts each, clusters from 1 % of the rows, seed 0.
    fn default() -> Self {
        Self {
            k_min: 3,
            k_max: 10,
            n_starts: 10,
            n_sample_rows: 5_000,
            n_silhouette_rows: 10_000,
            n_silhouette_rows_per_cluster_min: 200,
            n_references: 20,
            n_resamples: 20,
            n_resample_starts: 3,
            size_share_min: 0.01,
            seed: 0,
        }
    }
}

impl ClusterCountParams {
    /// Checks the settings.
    pub(super) fn check(&self) -> Result<(), ClusterCountError> {
        if self.k_min < 2 || self.k_max < self.k_min {
            return Err(ClusterCountError::Range { k_min: self.k_min, k_max: self.k_max });
        }
        if !(0.0..=1.0).contains(&self.size_share_min) {
            return Err(ClusterCountError::SizeShare(self.size_share_min));
        }
        for (setting, value) in [
            ("n_starts", self.n_starts),
            ("n_sample_rows", self.n_sample_rows),
            ("n_silhouette_rows", self.n_silhouette_rows),
            ("n_references", self.n_references),
            ("n_resamples", self.n_resamples),
            ("n_resample_starts", self.n_resample_starts),
        ] {
            if value == 0 {
                return Err(ClusterCountError::Zero { setting });
            }
        }
        Ok(())
    }
}

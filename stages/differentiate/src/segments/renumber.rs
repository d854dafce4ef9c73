//! Clusters as the segments that they are published as.

use idip_numerics::kmeans::{Centroids, Columns, KMeansError};
use idip_numerics::mixture::GaussianMixture;

use super::fit::Fitted;
use super::method::Found;
use super::start::Start;
use super::stay::Stayed;

/// Counts, for each segment of last night and each of tonight, the customers that last night's model
/// would have in the one tonight and that are in the other.
pub(super) fn overlaps(
    columns: &Columns<'_>,
    last: &Centroids,
    labels: &[u32],
    places: &[usize],
) -> Result<Vec<u64>, KMeansError> {
    let n_new = places.len();
    let mut counts = vec![0; last.n_clusters() * n_new];
    for (&old, &new) in last.assign(columns)?.labels.iter().zip(labels) {
        let place = places.get(new as usize).copied().unwrap_or(0);
        if let Some(count) = counts.get_mut(old as usize * n_new + place) {
            *count += 1;
        }
    }
    Ok(counts)
}

/// Renumbers clusters: the one at `order[0]` becomes the first segment, and so on.
pub(super) fn published(found: Found, order: &[usize], n_asked: usize) -> Fitted {
    let mut segment_of = vec![0_u32; order.len()];
    for (segment, &cluster) in order.iter().enumerate() {
        if let Some(place) = segment_of.get_mut(cluster) {
            *place = segment as u32;
        }
    }
    let rows: Vec<&[f64]> = found.centroids.rows().collect();
    Fitted {
        centroids: order.iter().filter_map(|&at| Some(rows.get(at)?.to_vec())).collect(),
        labels: found
            .labels
            .iter()
            .map(|&label| segment_of.get(label as usize).copied().unwrap_or(0))
            .collect(),
        segment_ids: Vec::new(),
        died: Vec::new(),
        continued: Vec::new(),
        inertia: found.inertia,
        n_iterations: found.n_iterations,
        is_converged: found.is_converged,
        start: Start::First,
        mixture: found.mixture.and_then(|mixture| reordered(&mixture, order)),
        probabilities: found.probabilities,
        n_asked,
        counts: None,
        quality_loss: None,
        stayed: Stayed::default(),
        proposal: None,
    }
}

/// The mixture with its components in another order.
fn reordered(mixture: &GaussianMixture, order: &[usize]) -> Option<GaussianMixture> {
    let means: Vec<&[f64]> = mixture.means().collect();
    let weights = order.iter().filter_map(|&at| mixture.weights().get(at).copied()).collect();
    let means = order.iter().filter_map(|&at| means.get(at)).flat_map(|row| row.to_vec()).collect();
    let covariances = order.iter().flat_map(|&at| mixture.covariance(at).to_vec()).collect();
    let form = mixture.covariance_type();
    GaussianMixture::new(form, mixture.n_features(), weights, means, covariances).ok()
}

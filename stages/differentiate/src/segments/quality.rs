//! How well the segments of an axis tell customers apart.

use idip_numerics::kmeans::Columns;
use idip_numerics::quality::{
    QualityError, SilhouetteSample, calinski_harabasz, davies_bouldin, sampled_silhouette,
};
use idip_stage::RunContext;

use super::axis::Axis;
use super::fit::{Fitted, Numbering};
use super::params::FitSettings;

/// Customers whose silhouettes are measured; each is compared with all the others.
///
/// The mean of 2,000 is known to about a hundredth, at a tenth of the work of the clustering.
const SILHOUETTE_CUSTOMERS: usize = 2000;

/// Customers of each segment among them, so that small segments are seen.
const SILHOUETTE_CUSTOMERS_PER_SEGMENT: usize = 100;

/// One number about a clustering.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Metric {
    pub(super) name: &'static str,
    pub(super) value: Option<f64>,
    /// Why it is null, or what was changed.
    pub(super) note: Option<String>,
}

impl Metric {
    fn new(name: &'static str, value: f64, note: Option<String>) -> Self {
        Self { name, value: Some(value), note }
    }

    fn unknown(name: &'static str, why: &str) -> Self {
        Self { name, value: None, note: Some(why.to_owned()) }
    }

    fn measured(name: &'static str, value: &Result<f64, QualityError>) -> Self {
        match value {
            Ok(value) if value.is_finite() => Self::new(name, *value, None),
            _ => Self::unknown(name, "needs two segments or more, and fewer than customers"),
        }
    }
}

/// Measures an axis that was clustered with these settings.
pub(super) fn metrics(axis: &Axis, settings: &FitSettings, context: &RunContext) -> Vec<Metric> {
    let n_customers = axis.ids.iter().filter(|&&id| id > 0).count();
    let mut metrics = vec![
        Metric::new("n_customers", n_customers as f64, None),
        Metric::new("n_clusters", axis.n_segments as f64, fewer(axis, settings, n_customers)),
    ];
    let fit = axis.fitted.as_ref().and_then(|fitted| {
        let slices: Vec<&[f64]> = axis.columns.iter().map(Vec::as_slice).collect();
        Some((fitted, Columns::new(&slices).ok()?))
    });
    let Some((fitted, columns)) = fit else {
        let names = ["inertia", "iterations", "silhouette", "davies_bouldin", "calinski_harabasz"];
        metrics.extend(names.map(|name| Metric::unknown(name, "nothing was clustered")));
        return metrics;
    };
    let sample = SilhouetteSample {
        n_rows: SILHOUETTE_CUSTOMERS,
        n_rows_per_cluster_min: SILHOUETTE_CUSTOMERS_PER_SEGMENT,
        seed: context.seed_for("differentiate.segments: silhouette"),
    };
    let labels = &fitted.labels;
    metrics.extend([
        Metric::new("inertia", fitted.inertia, None),
        Metric::new("iterations", fitted.n_iterations as f64, Some(start(fitted))),
        Metric::measured("silhouette", &sampled_silhouette(&columns, labels, sample)),
        Metric::measured("davies_bouldin", &davies_bouldin(&columns, labels)),
        Metric::measured("calinski_harabasz", &calinski_harabasz(&columns, labels)),
    ]);
    metrics
}

/// Why there are fewer segments than asked for, when there are.
fn fewer(axis: &Axis, settings: &FitSettings, n_customers: usize) -> Option<String> {
    let why = match &axis.fitted {
        _ if axis.n_segments == settings.n_clusters => return None,
        _ if n_customers == 0 => "nobody to cluster",
        None => "fewer than two categories",
        Some(fitted) if fitted.is_converged => "no more customers differ",
        Some(_) => "segments were empty when the iterations ran out",
    };
    Some(format!("{} asked for; {why}", settings.n_clusters))
}

fn start(fitted: &Fitted) -> String {
    let start = match fitted.numbering {
        Numbering::WarmStart => "begun from last night",
        Numbering::Aligned => "fitted anew, numbered as last night",
        Numbering::New => "fitted and numbered anew",
    };
    let end = if fitted.is_converged { "" } else { "; stopped before it came to rest" };
    format!("{start}{end}")
}

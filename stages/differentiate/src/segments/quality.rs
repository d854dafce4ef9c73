//! How well the segments of an axis tell customers apart.

use idip_numerics::kmeans::Columns;
use idip_numerics::quality::{
    BootstrapParams, QualityError, SilhouetteSample, Stability, StabilityError, bootstrap_jaccard,
    calinski_harabasz, davies_bouldin, sampled_silhouette,
};
use idip_stage::RunContext;

use super::axis::Axis;
use super::fit::{Fitted, Proposal};
use super::start::{Refit, Start};

/// Customers whose silhouettes are measured; each is compared with all the others.
///
/// The mean of 2,000 is known to about a hundredth, at a tenth of the work of the clustering.
const SILHOUETTE_CUSTOMERS: usize = 2000;

/// Customers of each segment among them, so that small segments are seen.
const SILHOUETTE_CUSTOMERS_PER_SEGMENT: usize = 100;

/// Customers that segments are found again from, and how often.
///
/// Ten resamples of 2,000 tell a segment that is there from one of chance, at a tenth of the work of
/// the clustering.
const BOOTSTRAP_CUSTOMERS: usize = 2000;
const BOOTSTRAP_RESAMPLES: usize = 10;
const BOOTSTRAP_STARTS: usize = 2;

/// One number about a clustering.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Metric {
    pub(super) name: &'static str,
    /// Published id of the segment that it is of; 0 for the whole axis.
    pub(super) segment_id: i64,
    pub(super) value: Option<f64>,
    /// Why it is null, or what was changed.
    pub(super) note: Option<String>,
}

impl Metric {
    fn new(name: &'static str, value: f64, note: Option<String>) -> Self {
        Self { name, segment_id: 0, value: Some(value), note }
    }

    fn unknown(name: &'static str, why: &str) -> Self {
        Self { name, segment_id: 0, value: None, note: Some(why.to_owned()) }
    }

    fn measured(name: &'static str, value: &Result<f64, QualityError>) -> Self {
        match value {
            Ok(value) if value.is_finite() => Self::new(name, *value, None),
            _ => Self::unknown(name, "needs two segments or more, and fewer than customers"),
        }
    }
}

/// Measures an axis that was clustered.
///
/// # Errors
///
/// When the stability of its segments cannot be measured.
pub(super) fn metrics(axis: &Axis, context: &RunContext) -> Result<Vec<Metric>, StabilityError> {
    let n_customers = axis.rows.len();
    let mut metrics = vec![
        Metric::new("n_customers", n_customers as f64, None),
        Metric::new("n_clusters", axis.n_segments as f64, fewer(axis, n_customers)),
    ];
    let fit = axis.fitted.as_ref().and_then(|fitted| {
        let slices: Vec<&[f64]> = axis.columns.iter().map(Vec::as_slice).collect();
        Some((fitted, Columns::new(&slices).ok()?))
    });
    let Some((fitted, columns)) = fit else {
        let names = [
            "inertia",
            "iterations",
            "quality_loss",
            "refit_gain",
            "n_moved",
            "n_held",
            "silhouette",
            "davies_bouldin",
            "calinski_harabasz",
        ];
        metrics.extend(names.map(|name| Metric::unknown(name, "nothing was clustered")));
        return Ok(metrics);
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
        match fitted.quality_loss {
            Some(loss) => Metric::new("quality_loss", loss, None),
            None => Metric::unknown("quality_loss", "not gone on from last night"),
        },
        match fitted.proposal {
            Some(proposal) => Metric::new("refit_gain", proposal.gain, Some(waits(proposal))),
            None => Metric::unknown("refit_gain", "no full fit waits to be asked for"),
        },
        Metric::new("n_moved", fitted.stayed.moved as f64, None),
        Metric::new("n_held", fitted.stayed.held as f64, None),
        Metric::measured("silhouette", &sampled_silhouette(&columns, labels, sample)),
        Metric::measured("davies_bouldin", &davies_bouldin(&columns, labels)),
        Metric::measured("calinski_harabasz", &calinski_harabasz(&columns, labels)),
    ]);
    metrics.extend(stability(axis, &columns, labels, context)?);
    Ok(metrics)
}

/// How much of each segment comes back when other customers had been there.
fn stability(
    axis: &Axis,
    columns: &Columns<'_>,
    labels: &[u32],
    context: &RunContext,
) -> Result<Vec<Metric>, StabilityError> {
    let params = BootstrapParams {
        n_rows: BOOTSTRAP_CUSTOMERS,
        n_resamples: BOOTSTRAP_RESAMPLES,
        n_starts: BOOTSTRAP_STARTS,
        seed: context.seed_for("differentiate.segments: stability"),
    };
    let metric = |found: &idip_numerics::quality::ClusterStability| {
        let segment_id = axis.segment_ids.get(found.label as usize).copied().map_or(0, i64::from);
        let metric = match found.mean_jaccard {
            Some(jaccard) => Metric::new("jaccard", jaccard, Some(verdict(found.stability()))),
            None => Metric::unknown("jaccard", "nobody of it was drawn"),
        };
        Metric { segment_id, ..metric }
    };
    Ok(bootstrap_jaccard(columns, labels, params)?.iter().map(metric).collect())
}

fn verdict(stability: Stability) -> String {
    let verdict = match stability {
        Stability::Valid => "valid",
        Stability::Doubtful => "doubtful",
        Stability::Dissolved => "dissolved",
    };
    verdict.to_owned()
}

/// Why there are fewer segments than asked for, when there are.
fn fewer(axis: &Axis, n_customers: usize) -> Option<String> {
    let why = match &axis.fitted {
        Some(fitted) if axis.n_segments == fitted.n_asked => return None,
        Some(fitted) if fitted.is_converged => "no more customers differ",
        Some(_) => "segments were empty when the iterations ran out",
        None if n_customers == 0 => "nobody to cluster",
        None => "fewer than two categories",
    };
    let n_asked = axis.fitted.as_ref().map(|fitted| fitted.n_asked.to_string());
    let n_asked = n_asked.unwrap_or_else(|| axis.asked.to_string());
    Some(format!("{n_asked} asked for; {why}"))
}

fn start(fitted: &Fitted) -> String {
    let start = match &fitted.start {
        Start::Warm => "gone on from last night".to_owned(),
        Start::Kept(reason) if fitted.proposal.is_some() => {
            format!("gone on from last night; a new fit ({}) waits", because(reason))
        }
        Start::Kept(reason) => {
            format!("gone on from last night; a new fit ({}) was no better", because(reason))
        }
        Start::Adapted(reason) => {
            format!("begun from last night and brought to rest ({})", because(reason))
        }
        Start::Grown(reason) => {
            format!("gone on from last night, with a new kind of customers ({})", because(reason))
        }
        Start::Refit(reason) => format!("fitted anew ({})", because(reason)),
        Start::First => "fitted and numbered for the first time".to_owned(),
    };
    let end = if fitted.is_converged { "" } else { "; stopped before it came to rest" };
    format!("{start}{end}")
}

fn waits(proposal: Proposal) -> String {
    let moves = 100.0 * proposal.moves;
    format!("would move {moves:.1} % of those who did not buy; asked for by `refit`")
}

fn because(reason: &Refit) -> String {
    match reason {
        Refit::Asked => "asked for".to_owned(),
        Refit::NoWarmStart => "warm_start is off".to_owned(),
        Refit::Drift(feature) => format!("{feature} drifted"),
        Refit::Quality => "last night's segments had become worse".to_owned(),
        Refit::OtherNumber => "another number of segments".to_owned(),
        Refit::OtherModel => "other features or another method".to_owned(),
        Refit::EmptySegment => "a segment was empty".to_owned(),
    }
}

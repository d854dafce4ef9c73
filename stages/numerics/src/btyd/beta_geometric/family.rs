//! Where a fit starts, and what it falls back on.

use super::{BetaGeometric, Dropout, likelihood};
use crate::btyd::{Cells, Evaluation, LogNormal, ModelFamily, Moments};

/// The BG/NBD or the MBG/NBD, to be fitted: see [`fit`](crate::btyd::fit()).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BetaGeometricFamily {
    /// When customers can leave.
    pub dropout: Dropout,
}

/// `a + b` from here on means that customers do not differ in their chance to leave, and `r` that
/// they do not in their rate, as far as the data tell.
const ALL_EQUAL: f64 = 1e4;

/// `a + b` up to here means that everybody leaves at once or never.
const ALL_OR_NOTHING: f64 = 1e-3;

impl ModelFamily for BetaGeometricFamily {
    type Model = BetaGeometric;

    /// Shape and rate from the moments of an NBD whose customers never leave, with a rate that
    /// is higher because they do.
    fn start(&self, moments: &Moments) -> Vec<f64> {
        let mean = moments.mean_frequency.max(1e-3);
        let excess = moments.variance_of_frequency - mean;
        let r = if excess > 0.0 { (mean * mean / excess).clamp(0.1, 10.0) } else { 10.0 };
        let alpha = (0.6 * r * moments.mean_t / mean).max(1e-3);
        vec![r, alpha, 1.0, 3.0]
    }

    /// Nine tenths of each prior lie within a factor of twelve of its median.
    fn prior(&self, moments: &Moments) -> Vec<LogNormal> {
        let prior = |median| LogNormal { median, ln_sd: 1.5 };
        vec![prior(0.5), prior((0.25 * moments.mean_t).max(1e-3)), prior(1.0), prior(3.0)]
    }

    fn evaluate(&self, parameters: &[f64], cells: &Cells, time_unit_days: f64) -> Evaluation {
        match self.model(parameters) {
            Some(model) => likelihood::evaluate(&model, cells, time_unit_days),
            None => Evaluation::undefined(parameters.len()),
        }
    }

    fn is_degenerate(&self, parameters: &[f64]) -> bool {
        let &[r, _, a, b] = parameters else { return false };
        r > ALL_EQUAL || !(ALL_OR_NOTHING..=ALL_EQUAL).contains(&(a + b))
    }

    fn model(&self, parameters: &[f64]) -> Option<BetaGeometric> {
        let &[r, alpha, a, b] = parameters else { return None };
        BetaGeometric::new(self.dropout, r, alpha, a, b).ok()
    }
}

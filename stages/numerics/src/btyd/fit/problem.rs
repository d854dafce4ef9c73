//! The same search for likelihoods that are not of purchase cells alone.
//!
//! As [`fit`](super::fit()): the data decide if they can, a prior decides what they leave open,
//! and a reason is always named.

use super::search::{MAX_CONDITION, held_by_prior};
use super::{FitBasis, LogNormal, PriorReason};
use crate::btyd::optimise::{Evaluation, NewtonSettings, Optimum, StopReason, maximise};

/// A log-likelihood by the coordinates of its search.
pub(in crate::btyd) struct Problem<'a> {
    pub(in crate::btyd) n_customers: f64,
    /// Value and derivatives at coordinates.
    pub(in crate::btyd) evaluate: &'a dyn Fn(&[f64]) -> Evaluation,
    /// Whether coordinates are beyond what data can tell.
    pub(in crate::btyd) is_degenerate: &'a dyn Fn(&[f64]) -> bool,
    /// One for each coordinate.
    pub(in crate::btyd) prior: &'a [LogNormal],
}

/// Where the search ended, what that rests on, and the log-likelihood there without the prior.
pub(in crate::btyd) struct Estimate {
    pub(in crate::btyd) optimum: Optimum,
    pub(in crate::btyd) basis: FitBasis,
    pub(in crate::btyd) ln_likelihood: f64,
}

impl Problem<'_> {
    /// Tries the starts in turn, then the prior; `hopeless` goes to the prior at once.
    pub(in crate::btyd) fn solve(
        &self,
        starts: &[Vec<f64>],
        hopeless: Option<PriorReason>,
    ) -> Result<Estimate, StopReason> {
        let mut reason = hopeless;
        if hopeless.is_none() {
            for start in starts {
                let optimum = self.run(start, &[]);
                reason = self.objection(&optimum);
                if reason.is_none() {
                    let ln_likelihood = optimum.at.value;
                    let basis = FitBasis::MaximumLikelihood;
                    return Ok(Estimate { optimum, basis, ln_likelihood });
                }
            }
        }
        let reason = reason.unwrap_or(PriorReason::NoOptimum(StopReason::NotFinite));
        let medians: Vec<f64> = self.prior.iter().map(|p| p.median.ln()).collect();
        let (optimum, basis) =
            held_by_prior(self.prior, reason, |prior| self.run(&medians, prior))?;
        let ln_likelihood = (self.evaluate)(&optimum.coordinates).value;
        Ok(Estimate { optimum, basis, ln_likelihood })
    }

    /// Why the data alone do not decide, if so.
    fn objection(&self, optimum: &Optimum) -> Option<PriorReason> {
        let out_of_bounds = optimum.reason == StopReason::OutOfBounds;
        if out_of_bounds || (self.is_degenerate)(&optimum.coordinates) {
            Some(PriorReason::Degenerate)
        } else if !optimum.reason.is_converged() {
            Some(PriorReason::NoOptimum(optimum.reason))
        } else if optimum.condition > MAX_CONDITION {
            Some(PriorReason::FlatDirection { condition: optimum.condition })
        } else {
            None
        }
    }

    fn run(&self, start: &[f64], prior: &[LogNormal]) -> Optimum {
        let evaluate = |coordinates: &[f64]| {
            let mut at = (self.evaluate)(coordinates);
            for (i, (u, prior)) in coordinates.iter().zip(prior).enumerate() {
                prior.add_to(&mut at, i, *u);
            }
            at
        };
        maximise(start, evaluate, &NewtonSettings::for_customers(self.n_customers))
    }
}

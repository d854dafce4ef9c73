//! Estimates of a BG/BB by Newton's method.

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSlice;
use thiserror::Error;

use super::likelihood::Likelihood;
use super::{BgBb, OpportunityCells};
use crate::btyd::fit::Problem;
use crate::btyd::{Evaluation, Fit, LogNormal, PriorReason, Scale, StopReason};

/// Cells summed by one task; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 256;

/// `alpha + beta` or `gamma + delta` from here on means that customers do not differ, as far as
/// the data tell.
const DEGENERATE: f64 = 1e4;

/// How a fit of a BG/BB is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BgBbSettings {
    /// Below this many customers the prior helps.
    pub min_customers: u64,
    /// Model to start from, such as the last one.
    pub start: Option<BgBb>,
}

impl Default for BgBbSettings {
    /// A cold start, and a prior for fewer than 100 customers.
    fn default() -> Self {
        Self { min_customers: 100, start: None }
    }
}

/// Why there is no fit of a BG/BB at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[expect(clippy::enum_variant_names, reason = "each names what there is none of")]
pub enum BgBbFitError {
    /// There is nobody to learn from.
    #[error("no customer")]
    NoCustomers,
    /// Nobody had an opportunity to buy again.
    #[error("no customer had an opportunity")]
    NoOpportunities,
    /// Not even with the prior was there an optimum.
    #[error("no optimum, even with a prior: {0:?}")]
    NoOptimum(StopReason),
}

/// Estimates a BG/BB by Newton's method over the logarithms of its parameters.
///
/// Standard errors are in the order `alpha`, `beta`, `gamma`, `delta`. Where the data do not
/// decide, a weak log-normal prior does, and [`Fit::basis`] says so and why. Deterministic: the
/// same bytes for any number of threads.
///
/// # Errors
/// Nobody, or nobody with an opportunity.
pub fn fit_bg_bb(
    cells: &OpportunityCells,
    settings: &BgBbSettings,
) -> Result<Fit<BgBb>, BgBbFitError> {
    let found = cells.total_customers();
    if found == 0 {
        return Err(BgBbFitError::NoCustomers);
    }
    if cells.max_opportunities() == 0 {
        return Err(BgBbFitError::NoOpportunities);
    }
    let evaluate = |coordinates: &[f64]| match model_at(coordinates) {
        Some(model) => sum(&model, cells).by_coordinates(&model.values(), &[Scale::Log; 4]),
        None => Evaluation::undefined(4),
    };
    let is_degenerate = |coordinates: &[f64]| {
        model_at(coordinates).is_none_or(|model| {
            let [alpha, beta, gamma, delta] = model.values();
            alpha + beta > DEGENERATE || gamma + delta > DEGENERATE
        })
    };
    let taken = share_taken(cells);
    let prior = |median| LogNormal { median, ln_sd: 1.5 };
    let problem = Problem {
        n_customers: found as f64,
        evaluate: &evaluate,
        is_degenerate: &is_degenerate,
        prior: &[prior(1.0), prior((1.0 - taken) / taken), prior(0.5), prior(2.0)],
    };
    let warm = settings.start.map(|model| model.values());
    let cold = [1.0, (1.0 - taken) / taken, 0.5, 2.0];
    let starts: Vec<Vec<f64>> =
        warm.into_iter().chain([cold]).map(|start| start.map(f64::ln).to_vec()).collect();
    let estimate = problem
        .solve(&starts, hopeless(cells, settings.min_customers))
        .map_err(BgBbFitError::NoOptimum)?;
    let optimum = estimate.optimum;
    let model =
        model_at(&optimum.coordinates).ok_or(BgBbFitError::NoOptimum(StopReason::OutOfBounds))?;
    Ok(Fit {
        model,
        basis: estimate.basis,
        ln_likelihood: estimate.ln_likelihood,
        standard_errors: optimum.standard_errors(&[Scale::Log; 4]),
        n_steps: optimum.n_steps,
        stop_reason: optimum.reason,
        gradient_norm: optimum.gradient_norm,
        condition: optimum.condition,
    })
}

/// Why it makes no sense to ask the data alone.
fn hopeless(cells: &OpportunityCells, min_customers: u64) -> Option<PriorReason> {
    let found = cells.total_customers();
    let inhabited = || cells.histories().iter().zip(cells.n_customers()).filter(|(_, n)| **n > 0);
    if inhabited().all(|(history, _)| history.frequency == 0) {
        Some(PriorReason::NoRepeatPurchases)
    } else if inhabited().count() == 1 {
        Some(PriorReason::AllAlike)
    } else if found < min_customers {
        Some(PriorReason::TooFewCustomers { found, required: min_customers })
    } else {
        None
    }
}

/// The share of opportunities taken by those who took any, up to their last: a first guess at the
/// mean of `p`, kept away from 0 and 1.
fn share_taken(cells: &OpportunityCells) -> f64 {
    let (mut taken, mut offered) = (0.5, 1.0);
    for (history, &n) in cells.histories().iter().zip(cells.n_customers()) {
        taken += n as f64 * f64::from(history.frequency);
        offered += n as f64 * f64::from(history.recency);
    }
    f64::clamp(taken / offered, 0.05, 0.95)
}

fn model_at(coordinates: &[f64]) -> Option<BgBb> {
    let &[alpha, beta, gamma, delta] = coordinates else { return None };
    BgBb::new(alpha.exp(), beta.exp(), gamma.exp(), delta.exp()).ok()
}

/// Log-likelihood of all customers with derivatives by the parameters.
fn sum(model: &BgBb, cells: &OpportunityCells) -> Evaluation {
    let likelihood = Likelihood::new(model, cells.max_opportunities());
    let rows: Vec<usize> = (0..cells.len()).collect();
    let parts: Vec<[f64; 21]> = rows
        .par_chunks(CHUNK)
        .with_max_len(1)
        .map(|rows| {
            let mut total = [0.0; 21];
            for &row in rows {
                let (Some(history), Some(&n)) =
                    (cells.histories().get(row), cells.n_customers().get(row))
                else {
                    continue;
                };
                let terms = likelihood.terms(history);
                let parts = [terms.value].into_iter().chain(terms.gradient);
                let parts = parts.chain(terms.hessian.into_iter().flatten());
                total.iter_mut().zip(parts).for_each(|(sum, part)| *sum += n as f64 * part);
            }
            total
        })
        .collect();
    let mut total = [0.0; 21];
    for part in parts {
        total.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    let [value, derivatives @ ..] = total;
    let (gradient, hessian) = derivatives.split_at(4);
    Evaluation { value, gradient: gradient.to_vec(), hessian: hessian.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::btyd::FitBasis;
    use crate::btyd::bg_bb::OpportunityHistory;

    /// Donors of 1995 to a public radio station, by years of donating and year of the last
    /// donation until 2001: Fader, Hardie and Shang (2010), table 2.
    const DONORS: [(u32, u32, u64); 22] = [
        (6, 6, 1_203),
        (5, 6, 728),
        (4, 6, 512),
        (3, 6, 357),
        (2, 6, 234),
        (1, 6, 129),
        (5, 5, 335),
        (4, 5, 284),
        (3, 5, 225),
        (2, 5, 173),
        (1, 5, 119),
        (4, 4, 240),
        (3, 4, 181),
        (2, 4, 155),
        (1, 4, 78),
        (3, 3, 322),
        (2, 3, 255),
        (1, 3, 129),
        (2, 2, 613),
        (1, 2, 277),
        (1, 1, 1_091),
        (0, 0, 3_464),
    ];

    fn donors() -> OpportunityCells {
        let histories = DONORS.map(|(frequency, recency, _)| OpportunityHistory {
            frequency,
            recency,
            n_opportunities: 6,
        });
        OpportunityCells::from_counts(&histories, &DONORS.map(|row| row.2)).expect("possible")
    }

    #[test]
    fn the_published_estimates_of_the_donors_are_found() {
        let cells = donors();
        assert_eq!(cells.total_customers(), 11_104);
        let fitted = fit_bg_bb(&cells, &BgBbSettings::default()).expect("a fit");
        assert_eq!(fitted.basis, FitBasis::MaximumLikelihood);
        // Published: 1.204, .750, .657, 2.783 and -33,225.6.
        for (found, published) in
            fitted.model.values().into_iter().zip([1.204, 0.750, 0.657, 2.783])
        {
            assert!((found - published).abs() <= 5.5e-4, "{found} {published}");
        }
        assert!((fitted.ln_likelihood - -33_225.6).abs() < 0.05, "{}", fitted.ln_likelihood);
        assert!(fitted.n_steps <= 10, "{}", fitted.n_steps);
    }

    #[test]
    fn what_the_data_leave_open_is_named() {
        let reason = |rows: &[(u32, u32, u32)], times: usize| {
            let customers: Vec<OpportunityHistory> = rows
                .iter()
                .map(|&(frequency, recency, n_opportunities)| OpportunityHistory {
                    frequency,
                    recency,
                    n_opportunities,
                })
                .collect();
            let (cells, _) =
                OpportunityCells::compress(&customers.repeat(times)).expect("possible");
            let fitted = fit_bg_bb(&cells, &BgBbSettings::default()).expect("a fit");
            match fitted.basis {
                FitBasis::WeakPrior(reason) => reason,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(reason(&[(0, 0, 6), (0, 0, 5)], 200), PriorReason::NoRepeatPurchases);
        assert_eq!(reason(&[(2, 3, 6)], 200), PriorReason::AllAlike);
        let few = PriorReason::TooFewCustomers { found: 2, required: 100 };
        assert_eq!(reason(&[(2, 3, 6), (0, 0, 6)], 1), few);
        // One opportunity tells one number, the share that took it: four parameters stay open.
        let open = reason(&[(1, 1, 1), (0, 0, 1)], 200);
        let is_open = matches!(open, PriorReason::FlatDirection { .. } | PriorReason::Degenerate);
        assert!(is_open, "{open:?}");
    }
}

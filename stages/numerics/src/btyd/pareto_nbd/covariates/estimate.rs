//! Estimates of effects, and whether they are worth their parameters.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::CovariateModel;
use crate::btyd::covariate_cells::Part;
use crate::btyd::fit::Problem;
use crate::btyd::pareto_nbd::derivatives::{RisingFactorial, Terms, terms};
use crate::btyd::pareto_nbd::{ParetoNbd, ParetoNbdFamily};
use crate::btyd::{
    CovariateCells, Evaluation, Fit, FitBasis, FitError, FitSettings, LikelihoodRatio, LogNormal,
    ModelFamily, Moments, Scale, fit,
};

/// Parameters of the plain model.
const N_BASE: usize = 4;

/// The prior of an effect: two standard deviations are a factor of 7 a unit.
const EFFECT: LogNormal = LogNormal { median: 1.0, ln_sd: 1.0 };

/// A fit with covariates, beside the one without.
#[derive(Debug, Clone, PartialEq)]
pub struct CovariateFit {
    /// The fit; standard errors are in the order `r`, `alpha`, `s`, `beta`, effects on purchases,
    /// effects on death.
    pub fit: Fit<CovariateModel>,
    /// The fit of the same customers without covariates.
    pub plain: Fit<ParetoNbd>,
    /// Test of all effects together; `None` where the plain fit rests on its prior. With a prior
    /// on the effects it errs on the side of no effect.
    pub test: Option<LikelihoodRatio>,
}

/// Estimates effects of covariates on purchases and on death.
///
/// `settings.start` is for the plain model, from which this one starts. Where the data leave a
/// direction open (a covariate that does not vary, two that say the same), weak priors decide:
/// those of the plain model, and a standard normal one for each effect.
///
/// # Errors
/// As [`fit`](fit()).
pub fn fit_with_covariates(
    cells: &CovariateCells,
    settings: &FitSettings,
) -> Result<CovariateFit, FitError> {
    let unit = settings.time_unit_days;
    let plain_cells = cells.without_covariates();
    let plain = fit(&ParetoNbdFamily, &plain_cells, settings)?;
    let n_effects = cells.n_purchase() + cells.n_dropout();

    let tasks = cells.tasks();
    let evaluate = |coordinates: &[f64]| match model_at(cells, coordinates) {
        Some(model) => evaluate(&model, cells, &tasks, unit),
        None => Evaluation::undefined(coordinates.len()),
    };
    let is_degenerate = |coordinates: &[f64]| {
        let base: Vec<f64> = coordinates.iter().take(N_BASE).map(|u| u.exp()).collect();
        ParetoNbdFamily.is_degenerate(&base)
    };
    let mut prior = ParetoNbdFamily.prior(&Moments::of(&plain_cells, unit));
    prior.resize(N_BASE + n_effects, EFFECT);
    let problem = Problem {
        n_customers: cells.cells().total_customers() as f64,
        evaluate: &evaluate,
        is_degenerate: &is_degenerate,
        prior: &prior,
    };
    let base = plain.model.rates();
    let mut start = [base.r, base.alpha, base.s, base.beta].map(f64::ln).to_vec();
    start.resize(N_BASE + n_effects, 0.0);
    let hopeless = match plain.basis {
        FitBasis::MaximumLikelihood => None,
        FitBasis::WeakPrior(reason) | FitBasis::StrongPrior(reason) => Some(reason),
    };
    let estimate = problem.solve(&[start], hopeless).map_err(FitError::NoOptimum)?;

    let optimum = estimate.optimum;
    let model = model_at(cells, &optimum.coordinates).ok_or(FitError::NoOptimum(optimum.reason))?;
    let mut scales = vec![Scale::Log; N_BASE];
    scales.resize(N_BASE + n_effects, Scale::Linear);
    let fit = Fit {
        model,
        basis: estimate.basis,
        ln_likelihood: estimate.ln_likelihood,
        standard_errors: optimum.standard_errors(&scales),
        n_steps: optimum.n_steps,
        stop_reason: optimum.reason,
        gradient_norm: optimum.gradient_norm,
        condition: optimum.condition,
    };
    let is_likely = plain.basis == FitBasis::MaximumLikelihood;
    let test =
        is_likely.then(|| LikelihoodRatio::of(fit.ln_likelihood, plain.ln_likelihood, n_effects));
    Ok(CovariateFit { fit, plain, test })
}

fn model_at(cells: &CovariateCells, coordinates: &[f64]) -> Option<CovariateModel> {
    let (&[r, alpha, s, beta], effects) = coordinates.split_first_chunk::<N_BASE>()?;
    let base = ParetoNbd::new(r.exp(), alpha.exp(), s.exp(), beta.exp()).ok()?;
    let (purchase, death) = effects.split_at_checked(cells.n_purchase())?;
    CovariateModel::new(base, purchase.to_vec(), death.to_vec())
}

/// Log-likelihood with derivatives by the coordinates: logs of `r`, `alpha`, `s`, `beta`, then the
/// effects.
fn evaluate(
    model: &CovariateModel,
    cells: &CovariateCells,
    tasks: &[Vec<Part>],
    time_unit_days: f64,
) -> Evaluation {
    let (n_purchase, n_dropout) = (cells.n_purchase(), cells.n_dropout());
    let n = N_BASE + n_purchase + n_dropout;
    let zero = || Evaluation { value: 0.0, gradient: vec![0.0; n], hessian: vec![0.0; n * n] };
    let parts: Vec<Evaluation> = tasks
        .par_iter()
        .map(|task| {
            let mut total = zero();
            for part in task {
                let (purchase, dropout) = cells.covariates_of(part.pattern);
                let own = model.for_customer(purchase, dropout);
                let terms = pattern_terms(&own, cells, part, time_unit_days);
                add_by_coordinates(&mut total, &terms, purchase, dropout);
            }
            total
        })
        .collect();
    parts.into_iter().fold(zero(), |mut total, part| {
        total.value += part.value;
        let hessians = total.hessian.iter_mut().zip(part.hessian);
        let sums = total.gradient.iter_mut().zip(part.gradient).chain(hessians);
        sums.for_each(|(sum, part)| *sum += part);
        total
    })
}

/// Sums the terms of customers with equal covariates, by the logs of their own parameters.
fn pattern_terms(
    own: &ParetoNbd,
    cells: &CovariateCells,
    part: &Part,
    time_unit_days: f64,
) -> Terms {
    let mut total = Terms::default();
    let histories = cells.cells().histories_of(part.cells.clone(), time_unit_days);
    let customers = cells.cells().n_customers().get(part.cells.clone()).unwrap_or_default();
    let mut known: Option<(u32, RisingFactorial)> = None;
    for (history, &n) in histories.iter().zip(customers) {
        let rising = match known {
            Some((frequency, rising)) if frequency == history.frequency => rising,
            _ => RisingFactorial::of(own.r(), history.frequency),
        };
        known = Some((history.frequency, rising));
        total.add(&terms(own.rates(), history, &rising), f64::from(n));
    }
    total
}

/// Adds terms by the chain rule: `d ln alpha_i / d g = -z`, and so for `beta`.
fn add_by_coordinates(total: &mut Evaluation, terms: &Terms, purchase: &[f64], dropout: &[f64]) {
    // Which of the four own parameters a coordinate moves, and by how much.
    let base = (0..N_BASE).map(|own| (own, 1.0));
    let purchase = purchase.iter().map(|z| (1, -z));
    let dropout = dropout.iter().map(|z| (3, -z));
    let moves: Vec<(usize, f64)> = base.chain(purchase).chain(dropout).collect();
    let n = moves.len();
    total.value += terms.value;
    for (i, &(own_i, by_i)) in moves.iter().enumerate() {
        total.gradient[i] += by_i * terms.gradient[own_i];
        for (j, &(own_j, by_j)) in moves.iter().enumerate() {
            total.hessian[i * n + j] += by_i * by_j * terms.hessian[own_i][own_j];
        }
    }
}

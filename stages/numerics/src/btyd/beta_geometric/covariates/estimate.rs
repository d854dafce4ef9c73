//! Estimates of effects, and whether they are worth their parameters.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::CovariateModel;
use crate::btyd::beta_geometric::likelihood::{chunk_sums, evaluation_of};
use crate::btyd::beta_geometric::{BetaGeometric, BetaGeometricFamily, Dropout};
use crate::btyd::covariate_cells::Part;
use crate::btyd::fit::{MAX_CONDITION, held_by_prior};
use crate::btyd::optimise::{Evaluation, NewtonSettings, Optimum, Scale, maximise};
use crate::btyd::{
    CovariateCells, Fit, FitBasis, FitError, FitSettings, LikelihoodRatio, LogNormal, ModelFamily,
    Moments, PriorReason, fit,
};

/// Parameters of the plain model.
const N_BASE: usize = 4;

/// Standard deviation of the prior of an effect: two of them are a factor of 7 a unit.
const EFFECT_SD: f64 = 1.0;

/// A fit with covariates, beside the one without.
#[derive(Debug, Clone, PartialEq)]
pub struct CovariateFit {
    /// The fit; standard errors are in the order `r`, `alpha`, `a`, `b`, effects on purchases,
    /// on `a`, on `b`.
    pub fit: Fit<CovariateModel>,
    /// The fit of the same customers without covariates.
    pub plain: Fit<BetaGeometric>,
    /// Test of all effects together; `None` where the plain fit rests on its prior. With a prior
    /// on the effects it errs on the side of no effect.
    pub test: Option<LikelihoodRatio>,
}

/// Estimates effects of covariates on purchases and on leaving.
///
/// `settings.start` is for the plain model, from which this one starts. Where the data leave a
/// direction open (a covariate that does not vary, two that say the same), weak priors decide:
/// those of the plain model, and a standard normal one for each effect.
///
/// # Errors
/// As [`fit`].
pub fn fit_with_covariates(
    dropout: Dropout,
    cells: &CovariateCells,
    settings: &FitSettings,
) -> Result<CovariateFit, FitError> {
    let family = BetaGeometricFamily { dropout };
    let plain_cells = cells.without_covariates();
    let plain = fit(&family, &plain_cells, settings)?;
    let search = Search { dropout, cells, unit: settings.time_unit_days };
    let BetaGeometric { r, alpha, a, b, .. } = plain.model;
    let mut start = [r, alpha, a, b].map(f64::ln).to_vec();
    start.resize(search.n_parameters(), 0.0);

    let reason = match plain.basis {
        FitBasis::WeakPrior(reason) | FitBasis::StrongPrior(reason) => reason,
        FitBasis::MaximumLikelihood => match search.by_data_alone(family, &start) {
            Ok(fitted) => {
                let test = Some(search.likelihood_ratio(&fitted, &plain));
                return Ok(CovariateFit { fit: fitted, plain, test });
            }
            Err(reason) => reason,
        },
    };
    let prior = family.prior(&Moments::of(&plain_cells, settings.time_unit_days));
    let weakest = prior.first().map_or(1.0, |p| p.ln_sd);
    let (optimum, basis) = held_by_prior(&prior, reason, |prior| {
        let strength = prior.first().map_or(1.0, |p| p.ln_sd / weakest);
        search.run(&start, prior, (EFFECT_SD * strength).powi(-2))
    })
    .map_err(FitError::NoOptimum)?;
    let fitted = search.fitted(&optimum, basis).ok_or(FitError::NoOptimum(optimum.reason))?;
    let is_likely = plain.basis == FitBasis::MaximumLikelihood;
    let test = is_likely.then(|| search.likelihood_ratio(&fitted, &plain));
    Ok(CovariateFit { fit: fitted, plain, test })
}

struct Search<'a> {
    dropout: Dropout,
    cells: &'a CovariateCells,
    unit: f64,
}

impl Search<'_> {
    fn n_parameters(&self) -> usize {
        N_BASE + self.cells.n_purchase() + 2 * self.cells.n_dropout()
    }

    fn by_data_alone(
        &self,
        family: BetaGeometricFamily,
        start: &[f64],
    ) -> Result<Fit<CovariateModel>, PriorReason> {
        let optimum = self.run(start, &[], 0.0);
        let base: Vec<f64> = optimum.coordinates.iter().take(N_BASE).map(|u| u.exp()).collect();
        if family.is_degenerate(&base) {
            Err(PriorReason::Degenerate)
        } else if !optimum.reason.is_converged() {
            Err(PriorReason::NoOptimum(optimum.reason))
        } else if optimum.condition > MAX_CONDITION {
            Err(PriorReason::FlatDirection { condition: optimum.condition })
        } else {
            self.fitted(&optimum, FitBasis::MaximumLikelihood).ok_or(PriorReason::Degenerate)
        }
    }

    fn run(&self, start: &[f64], prior: &[LogNormal], effect_precision: f64) -> Optimum {
        let tasks = self.cells.tasks();
        let evaluate = |coordinates: &[f64]| {
            let n = coordinates.len();
            let Some(model) = self.model_at(coordinates) else { return Evaluation::undefined(n) };
            let mut at = self.evaluate(&model, &tasks);
            for (i, (u, prior)) in coordinates.iter().zip(prior).enumerate() {
                prior.add_to(&mut at, i, *u);
            }
            for (i, u) in coordinates.iter().enumerate().skip(N_BASE) {
                at.value -= 0.5 * effect_precision * u * u;
                at.gradient[i] -= effect_precision * u;
                at.hessian[i * n + i] -= effect_precision;
            }
            at
        };
        let n_customers = self.cells.cells().total_customers() as f64;
        maximise(start, evaluate, &NewtonSettings::for_customers(n_customers))
    }

    fn model_at(&self, coordinates: &[f64]) -> Option<CovariateModel> {
        let (&[r, alpha, a, b], effects) = coordinates.split_first_chunk::<N_BASE>()?;
        let base = BetaGeometric::new(self.dropout, r.exp(), alpha.exp(), a.exp(), b.exp()).ok()?;
        let (purchase, dropout) = effects.split_at_checked(self.cells.n_purchase())?;
        let (of_a, of_b) = dropout.split_at_checked(self.cells.n_dropout())?;
        CovariateModel::new(base, purchase.to_vec(), of_a.to_vec(), of_b.to_vec())
    }

    /// Log-likelihood with derivatives by the coordinates: logs of `r`, `alpha`, `a`, `b`, then
    /// the effects.
    fn evaluate(&self, model: &CovariateModel, tasks: &[Vec<Part>]) -> Evaluation {
        let n = self.n_parameters();
        let zero = || Evaluation { value: 0.0, gradient: vec![0.0; n], hessian: vec![0.0; n * n] };
        let parts: Vec<Evaluation> = tasks
            .par_iter()
            .map(|task| {
                let mut total = zero();
                for part in task {
                    let (purchase, dropout) = self.cells.covariates_of(part.pattern);
                    let own = model.for_customer(purchase, dropout);
                    let range = part.cells.clone();
                    let sums = chunk_sums(&own, self.cells.cells(), range, self.unit);
                    let of_own = evaluation_of(&sums)
                        .by_coordinates(&[own.r, own.alpha, own.a, own.b], &[Scale::Log; N_BASE]);
                    spread(&of_own, purchase, dropout, &mut total);
                }
                total
            })
            .collect();
        parts.into_iter().fold(zero(), |mut total, part| {
            total.value += part.value;
            total.gradient.iter_mut().zip(part.gradient).for_each(|(sum, g)| *sum += g);
            total.hessian.iter_mut().zip(part.hessian).for_each(|(sum, h)| *sum += h);
            total
        })
    }

    fn fitted(&self, optimum: &Optimum, basis: FitBasis) -> Option<Fit<CovariateModel>> {
        let model = self.model_at(&optimum.coordinates)?;
        let mut scales = vec![Scale::Linear; optimum.coordinates.len()];
        scales.iter_mut().take(N_BASE).for_each(|scale| *scale = Scale::Log);
        let ln_likelihood = match basis {
            FitBasis::MaximumLikelihood => optimum.at.value,
            FitBasis::WeakPrior(_) | FitBasis::StrongPrior(_) => {
                self.evaluate(&model, &self.cells.tasks()).value
            }
        };
        Some(Fit {
            model,
            basis,
            ln_likelihood,
            standard_errors: optimum.standard_errors(&scales),
            n_steps: optimum.n_steps,
            stop_reason: optimum.reason,
            gradient_norm: optimum.gradient_norm,
            condition: optimum.condition,
        })
    }

    fn likelihood_ratio(
        &self,
        fitted: &Fit<CovariateModel>,
        plain: &Fit<BetaGeometric>,
    ) -> LikelihoodRatio {
        let degrees = self.n_parameters() - N_BASE;
        LikelihoodRatio::of(fitted.ln_likelihood, plain.ln_likelihood, degrees)
    }
}

/// Adds derivatives by the logs of a customer's own `r`, `alpha`, `a`, `b` to those by the
/// coordinates, which enter each of the four with a factor.
fn spread(own: &Evaluation, purchase: &[f64], dropout: &[f64], total: &mut Evaluation) {
    let n = total.gradient.len();
    let first_of_b = N_BASE + purchase.len() + dropout.len();
    let effects = |first: usize, z: &[f64], sign: f64| -> Vec<(usize, f64)> {
        z.iter().enumerate().map(|(i, z)| (first + i, sign * z)).collect()
    };
    let mut factors = [
        Vec::new(),
        effects(N_BASE, purchase, -1.0),
        effects(N_BASE + purchase.len(), dropout, 1.0),
        effects(first_of_b, dropout, 1.0),
    ];
    for (i, factors) in factors.iter_mut().enumerate() {
        factors.push((i, 1.0));
    }
    total.value += own.value;
    for (i, of_i) in factors.iter().enumerate() {
        for &(row, row_factor) in of_i {
            total.gradient[row] += row_factor * own.gradient[i];
            for (j, of_j) in factors.iter().enumerate() {
                for &(column, factor) in of_j {
                    total.hessian[row * n + column] +=
                        row_factor * factor * own.hessian[i * N_BASE + j];
                }
            }
        }
    }
}

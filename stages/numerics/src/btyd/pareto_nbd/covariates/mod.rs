//! What is known of a customer beforehand, and its effects on purchases and on death.
//!
//! Effects are multiplicative on the rates (Fader and Hardie 2007, "Incorporating Time-Invariant
//! Covariates into the Pareto/NBD and BG/NBD Models"): with covariates `z`,
//!
//! `alpha_i = alpha exp(-g_purchase' z)`, `beta_i = beta exp(-g_death' z)`.
//!
//! A positive effect on purchases multiplies the mean purchase rate by `exp(g)` for each unit of
//! `z`, a positive effect on death the mean death rate: who has it stays less long.

mod estimate;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::ParetoNbd;
use super::likelihood::Rates;
use crate::btyd::score::score_range;
use crate::btyd::{CellScores, CovariateCells, ScoreSettings};

pub use estimate::{CovariateFit, fit_with_covariates};

/// A Pareto/NBD with effects of covariates.
#[derive(Debug, Clone, PartialEq)]
pub struct CovariateModel {
    base: ParetoNbd,
    purchase_effects: Vec<f64>,
    death_effects: Vec<f64>,
}

impl CovariateModel {
    /// Returns a model with these effects, in the order of the covariates' columns.
    ///
    /// `None` when one is beyond 1e6 or NaN.
    pub fn new(
        base: ParetoNbd,
        purchase_effects: Vec<f64>,
        death_effects: Vec<f64>,
    ) -> Option<Self> {
        let mut effects = purchase_effects.iter().chain(&death_effects);
        let is_valid = effects.all(|effect| effect.abs() <= 1e6);
        is_valid.then_some(Self { base, purchase_effects, death_effects })
    }

    /// Returns the model of customers whose covariates are all 0.
    pub fn base(&self) -> &ParetoNbd {
        &self.base
    }

    /// Returns the effect of each purchase covariate on the log of the purchase rate.
    pub fn purchase_effects(&self) -> &[f64] {
        &self.purchase_effects
    }

    /// Returns the effect of each dropout covariate on the log of the death rate.
    pub fn death_effects(&self) -> &[f64] {
        &self.death_effects
    }

    /// Returns the plain model that holds for customers with these covariates.
    ///
    /// Parameters are kept within 1e-12 to 1e12, so that a customer far from all others is scored
    /// too. A covariate that is not given counts as 0.
    pub fn for_customer(&self, purchase: &[f64], dropout: &[f64]) -> ParetoNbd {
        let scaled = |parameter: f64, effects: &[f64], z: &[f64]| {
            let effect: f64 = effects.iter().zip(z).map(|(effect, z)| effect * z).sum();
            (parameter / effect.exp()).clamp(1e-12, 1e12)
        };
        let base = self.base.rates();
        ParetoNbd {
            rates: Rates {
                alpha: scaled(base.alpha, &self.purchase_effects, purchase),
                beta: scaled(base.beta, &self.death_effects, dropout),
                ..*base
            },
        }
    }

    /// Scores every cell by the model that holds for its customers.
    pub fn score(&self, cells: &CovariateCells, settings: &ScoreSettings) -> CellScores {
        let parts: Vec<CellScores> = cells
            .tasks()
            .par_iter()
            .map(|task| {
                task.iter().fold(CellScores::default(), |scores, part| {
                    let (purchase, dropout) = cells.covariates_of(part.pattern);
                    let model = self.for_customer(purchase, dropout);
                    let range = part.cells.clone();
                    scores.followed_by(score_range(&model, cells.cells(), range, settings))
                })
            })
            .collect();
        parts.into_iter().fold(CellScores::default(), CellScores::followed_by)
    }
}

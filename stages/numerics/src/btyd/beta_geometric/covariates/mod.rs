//! What is known of a customer beforehand, and its effects on purchases and on leaving.
//!
//! Effects are multiplicative on the parameters of the plain model (Fader and Hardie 2007,
//! "Incorporating Time-Invariant Covariates into the Pareto/NBD and BG/NBD Models"; the signs are
//! those of pymc-marketing): with covariates `z`,
//!
//! `alpha_i = alpha exp(-g_purchase' z)`, `a_i = a exp(g_a' z)`, `b_i = b exp(g_b' z)`.
//!
//! A positive effect on purchases multiplies the mean rate by `exp(g)` for each unit of `z`.

mod estimate;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::BetaGeometric;
use crate::btyd::score::score_range;
use crate::btyd::{CellScores, CovariateCells, ScoreSettings};

pub use estimate::{CovariateFit, fit_with_covariates};

/// A BG/NBD or MBG/NBD with effects of covariates.
#[derive(Debug, Clone, PartialEq)]
pub struct CovariateModel {
    base: BetaGeometric,
    purchase_effects: Vec<f64>,
    a_effects: Vec<f64>,
    b_effects: Vec<f64>,
}

impl CovariateModel {
    /// Returns a model with these effects, in the order of the covariates' columns.
    ///
    /// `None` when there are not as many effects on `b` as on `a`, or one is beyond 1e6 or NaN.
    pub fn new(
        base: BetaGeometric,
        purchase_effects: Vec<f64>,
        a_effects: Vec<f64>,
        b_effects: Vec<f64>,
    ) -> Option<Self> {
        let mut effects = purchase_effects.iter().chain(&a_effects).chain(&b_effects);
        let is_valid = a_effects.len() == b_effects.len() && effects.all(|e| e.abs() <= 1e6);
        is_valid.then_some(Self { base, purchase_effects, a_effects, b_effects })
    }

    /// Returns the model of customers whose covariates are all 0.
    pub fn base(&self) -> &BetaGeometric {
        &self.base
    }

    /// Returns the effect of each purchase covariate on the log of the purchase rate.
    pub fn purchase_effects(&self) -> &[f64] {
        &self.purchase_effects
    }

    /// Returns the effect of each dropout covariate on the log of `a`.
    pub fn a_effects(&self) -> &[f64] {
        &self.a_effects
    }

    /// Returns the effect of each dropout covariate on the log of `b`.
    pub fn b_effects(&self) -> &[f64] {
        &self.b_effects
    }

    /// Returns the plain model that holds for customers with these covariates.
    ///
    /// Parameters are kept within 1e-12 to 1e12, so that a customer far from all others is scored
    /// too.
    pub fn for_customer(&self, purchase: &[f64], dropout: &[f64]) -> BetaGeometric {
        let effect = |effects: &[f64], z: &[f64]| -> f64 {
            effects.iter().zip(z).map(|(effect, z)| effect * z).sum::<f64>().exp()
        };
        let kept = |parameter: f64| parameter.clamp(1e-12, 1e12);
        BetaGeometric {
            alpha: kept(self.base.alpha / effect(&self.purchase_effects, purchase)),
            a: kept(self.base.a * effect(&self.a_effects, dropout)),
            b: kept(self.base.b * effect(&self.b_effects, dropout)),
            ..self.base
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

//! BG/NBD and MBG/NBD: purchases by a Poisson process, a chance of leaving after each of them.
//!
//! Rates are gamma distributed over customers with shape `r` and scale parameter `alpha`, the
//! chance `p` of leaving after a purchase is beta distributed with `a` and `b`. In the BG/NBD
//! (Fader, Hardie and Lee 2005, Marketing Science 24(2)) a customer can leave after repeat
//! purchases only; in the MBG/NBD (Batislam, Denizel and Filiztekin 2007, IJRM 24(3)) after the
//! first purchase too. That one purchase more, [`Dropout::n_chances`], is all the difference.
//!
//! | file | subject |
//! |---|---|
//! | `likelihood.rs` | log-likelihood of cells with gradient and Hessian |
//! | `growth.rs` | what it takes from a time, by day |
//! | `of_frequency.rs` | the likelihood and P(alive) of all histories with one frequency |
//! | `expectation.rs` | expected purchases of one customer, at any parameters |
//! | `curve.rs` | the same for many customers with equal frequency |
//! | `family.rs` | start and prior of a fit |
//! | `covariates/` | effects of what is known of a customer on purchases and on leaving |

mod covariates;
mod curve;
mod expectation;
mod family;
mod growth;
mod likelihood;
mod of_frequency;

use thiserror::Error;

use super::model::{EqualFrequency, OfFrequency, each_alone};
use super::special::logistic;
use super::{History, ModelKind, PurchaseModel};
use curve::ExpectationCurve;
use expectation::Dropping;
use of_frequency::GeometricOfFrequency;

pub use covariates::{CovariateFit, CovariateModel, fit_with_covariates};
pub use family::BetaGeometricFamily;

/// After which purchases a customer can leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropout {
    /// After repeat purchases only: BG/NBD. Whoever bought once is alive for certain.
    AfterRepeats,
    /// After the first purchase too: MBG/NBD.
    AfterEvery,
}

impl Dropout {
    /// Returns after how many purchases a customer with `frequency` repeats could have left.
    pub fn n_chances(self, frequency: u32) -> f64 {
        let after_first = match self {
            Self::AfterRepeats => 0.0,
            Self::AfterEvery => 1.0,
        };
        f64::from(frequency) + after_first
    }
}

/// A parameter is not a positive number of sensible size.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("parameter `{name}` is {value}, expected 1e-12 to 1e12")]
pub struct ParameterError {
    /// The parameter.
    pub name: &'static str,
    /// The value found.
    pub value: f64,
}

/// A BG/NBD or MBG/NBD with known parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaGeometric {
    dropout: Dropout,
    r: f64,
    alpha: f64,
    a: f64,
    b: f64,
}

impl BetaGeometric {
    /// Returns the model with these parameters; `alpha` is in the model's time unit.
    ///
    /// # Errors
    /// A parameter that does not lie between 1e-12 and 1e12.
    pub fn new(
        dropout: Dropout,
        r: f64,
        alpha: f64,
        a: f64,
        b: f64,
    ) -> Result<Self, ParameterError> {
        for (name, value) in [("r", r), ("alpha", alpha), ("a", a), ("b", b)] {
            if !(1e-12..=1e12).contains(&value) {
                return Err(ParameterError { name, value });
            }
        }
        Ok(Self { dropout, r, alpha, a, b })
    }

    /// Returns when customers can leave.
    pub fn dropout(&self) -> Dropout {
        self.dropout
    }

    /// Returns the shape of the purchase rates over customers.
    pub fn r(&self) -> f64 {
        self.r
    }

    /// Returns the scale parameter of the purchase rates: their mean is `r / alpha`.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// Returns the first parameter of the chances of leaving: their mean is `a / (a + b)`.
    pub fn a(&self) -> f64 {
        self.a
    }

    /// Returns the second parameter of the chances of leaving.
    pub fn b(&self) -> f64 {
        self.b
    }

    /// Returns the posterior of the chance of leaving of those alive after `frequency` repeats.
    fn dropping(&self, frequency: u32) -> Dropping {
        Dropping::new(
            self.a,
            self.b + self.dropout.n_chances(frequency),
            self.r + f64::from(frequency),
        )
    }
}

impl PurchaseModel for BetaGeometric {
    fn kind(&self) -> ModelKind {
        match self.dropout {
            Dropout::AfterRepeats => ModelKind::BgNbd,
            Dropout::AfterEvery => ModelKind::MbgNbd,
        }
    }

    fn parameters(&self) -> Vec<(&'static str, f64)> {
        vec![("r", self.r), ("alpha", self.alpha), ("a", self.a), ("b", self.b)]
    }

    fn ln_likelihood(&self, history: &History) -> f64 {
        likelihood::ByFrequency::value_only(self, history.frequency).ln_likelihood(self, history)
    }

    /// Fader, Hardie and Lee 2008, "Computing P(alive) using the BG/NBD model"; without a chance
    /// to leave it is 1: do not read the P(alive) of a BG/NBD as loyalty of one-time buyers.
    fn p_alive(&self, history: &History) -> f64 {
        likelihood::ln_odds_of_having_left(self, history).map_or(1.0, |odds| logistic(-odds))
    }

    /// `1 - ((alpha + T) / (alpha + T + h))^(r + x)`.
    fn p_any_of_alive(&self, frequency: u32, t: f64, horizon: f64) -> f64 {
        let shape = self.r + f64::from(frequency);
        let grown = (horizon.max(0.0) / (self.alpha + t)).ln_1p();
        -(-shape * grown).exp_m1()
    }

    /// Fader, Hardie and Lee 2005, eq. 10, computed as the integral it is, without cancellation.
    fn expected_of_alive(&self, frequency: u32, t: f64, horizon: f64) -> f64 {
        self.dropping(frequency).expected_while_alive(horizon.max(0.0) / (self.alpha + t))
    }

    /// Fader, Hardie and Lee 2005, eq. 9.
    fn expected_unconditional(&self, t: f64) -> f64 {
        self.expected_purchases(&History { frequency: 0, recency: 0.0, t: 0.0 }, t)
    }

    fn expected_of_all_alive(
        &self,
        frequency: u32,
        times: &[f64],
        horizons: &[f64],
        expected: &mut [f64],
    ) {
        if horizons.is_empty() {
            return;
        }
        let ln_horizons: Vec<f64> = horizons.iter().map(|h| h.max(0.0).ln()).collect();
        let mut curve =
            ExpectationCurve::new(self.dropping(frequency), times.len() * horizons.len());
        for (t, row) in times.iter().zip(expected.chunks_exact_mut(horizons.len())) {
            let ln_scale = (self.alpha + t).ln();
            for (ln_horizon, expected) in ln_horizons.iter().zip(row) {
                *expected = curve.at_ln(ln_horizon - ln_scale);
            }
        }
    }

    fn of_frequency<'a>(&'a self, group: &EqualFrequency) -> Box<dyn OfFrequency + 'a> {
        if group.allows_tables() {
            Box::new(GeometricOfFrequency::new(self, group))
        } else {
            each_alone(self, group)
        }
    }
}

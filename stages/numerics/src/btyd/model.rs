//! What every model of repeat purchases can tell of one history.

use std::fmt;

/// What is known of one customer's purchases, times in the unit of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct History {
    /// Repeat purchases `x`: purchase days after the first.
    pub frequency: u32,
    /// Time `t_x` from first to last purchase, from 0 to `t`; 0 without a repeat purchase.
    pub recency: f64,
    /// Time `T` from first purchase to the end of observation, 0 or more.
    pub t: f64,
}

/// Which model it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::enum_variant_names, reason = "the names of the literature")]
pub enum ModelKind {
    /// Beta-geometric / negative binomial (Fader, Hardie and Lee 2005).
    BgNbd,
    /// Modified BG/NBD: a customer can also leave after the first purchase (Batislam et al. 2007).
    MbgNbd,
    /// Pareto / negative binomial (Schmittlein, Morrison and Colombo 1987).
    ParetoNbd,
}

impl fmt::Display for ModelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BgNbd => "BG/NBD",
            Self::MbgNbd => "MBG/NBD",
            Self::ParetoNbd => "Pareto/NBD",
        })
    }
}

/// A fitted model of repeat purchases in continuous time.
///
/// All times are in the model's own unit. Results are finite for every history with
/// `0 <= recency <= t`; probabilities lie in [0, 1].
pub trait PurchaseModel: fmt::Debug + Send + Sync {
    /// Returns which model it is.
    fn kind(&self) -> ModelKind;

    /// Returns the parameters by name, in the order of the literature.
    fn parameters(&self) -> Vec<(&'static str, f64)>;

    /// Returns the log density of the purchase times of a history.
    ///
    /// It is a density of times, so it depends on the time unit, and models compare only in the
    /// same unit.
    fn ln_likelihood(&self, history: &History) -> f64;

    /// Returns the probability that the customer is still active at the end of observation.
    fn p_alive(&self, history: &History) -> f64;

    /// Returns the probability of at least one purchase within `horizon` after the observation.
    fn p_any(&self, history: &History, horizon: f64) -> f64;

    /// Returns the expected number of purchases within `horizon` after the observation.
    fn expected_purchases(&self, history: &History, horizon: f64) -> f64;

    /// Returns the expected number of repeat purchases of a new customer within `t`.
    fn expected_unconditional(&self, t: f64) -> f64;

    /// Writes [`Self::expected_purchases`] of each history within each horizon.
    ///
    /// Row by row: `expected` has `histories.len() * horizons.len()` places. A model overrides it
    /// where histories of equal frequency share work; they should stand together. Its values may
    /// then differ from those of single calls by rounding, to about twelve digits.
    fn expected_purchases_of(&self, histories: &[History], horizons: &[f64], expected: &mut [f64]) {
        if horizons.is_empty() {
            return;
        }
        for (history, row) in histories.iter().zip(expected.chunks_exact_mut(horizons.len())) {
            for (horizon, expected) in horizons.iter().zip(row) {
                *expected = self.expected_purchases(history, *horizon);
            }
        }
    }
}

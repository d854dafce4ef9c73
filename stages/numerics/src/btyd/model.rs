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

    /// Returns the probability of at least one purchase within `horizon` after `t`, of a customer
    /// with `frequency` repeats who is active at `t`: when they were no longer matters.
    fn p_any_of_alive(&self, frequency: u32, t: f64, horizon: f64) -> f64;

    /// Returns the expected number of purchases within `horizon` after `t`, likewise.
    fn expected_of_alive(&self, frequency: u32, t: f64, horizon: f64) -> f64;

    /// Returns the expected number of repeat purchases of a new customer within `t`.
    fn expected_unconditional(&self, t: f64) -> f64;

    /// Returns the probability of at least one purchase within `horizon` after the observation.
    fn p_any(&self, history: &History, horizon: f64) -> f64 {
        self.p_alive(history) * self.p_any_of_alive(history.frequency, history.t, horizon)
    }

    /// Returns the expected number of purchases within `horizon` after the observation.
    fn expected_purchases(&self, history: &History, horizon: f64) -> f64 {
        self.p_alive(history) * self.expected_of_alive(history.frequency, history.t, horizon)
    }

    /// Writes [`Self::expected_of_alive`] of each time within each horizon.
    ///
    /// Row by row: `expected` has `times.len() * horizons.len()` places. A model overrides it
    /// where customers of equal frequency share work. Its values may then differ from those of
    /// single calls by rounding, to about twelve digits.
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
        for (&t, row) in times.iter().zip(expected.chunks_exact_mut(horizons.len())) {
            for (horizon, expected) in horizons.iter().zip(row) {
                *expected = self.expected_of_alive(frequency, t, *horizon);
            }
        }
    }

    /// Returns what the model tells of the many who bought equally often.
    ///
    /// A model overrides it where they share work, as [`Self::expected_of_all_alive`].
    fn of_frequency<'a>(&'a self, group: &EqualFrequency) -> Box<dyn OfFrequency + 'a> {
        each_alone(self, group)
    }
}

/// Customers who bought equally often, times in whole days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EqualFrequency {
    /// Repeat purchases of each.
    pub frequency: u32,
    /// Days in the model's unit of time.
    pub time_unit_days: f64,
    /// No T is longer.
    pub max_t_days: u32,
    /// How many histories will be asked for, about: it tells whether a table pays.
    pub n_histories: usize,
}

/// Up to this frequency sums and differences of logarithms of days lose no digit that matters; from
/// here on each history is computed for itself.
const MOST_REPEATS_TOGETHER: u32 = 10_000;

impl EqualFrequency {
    /// Returns whether tables by day are exact enough.
    pub(super) fn allows_tables(&self) -> bool {
        self.frequency <= MOST_REPEATS_TOGETHER
    }

    /// Returns one of the histories in the model's unit of time.
    pub fn history(&self, recency_days: u32, t_days: u32) -> History {
        History {
            frequency: self.frequency,
            recency: f64::from(recency_days) / self.time_unit_days,
            t: f64::from(t_days) / self.time_unit_days,
        }
    }
}

/// What a model tells of customers who bought equally often, times in whole days.
pub trait OfFrequency: Send + Sync {
    /// Returns [`PurchaseModel::ln_likelihood`] of a history.
    fn ln_likelihood(&self, recency_days: u32, t_days: u32) -> f64;

    /// Returns [`PurchaseModel::p_alive`] of a history.
    fn p_alive(&self, recency_days: u32, t_days: u32) -> f64;
}

/// Returns what a model tells of each history for itself.
pub(super) fn each_alone<'a, M: PurchaseModel + ?Sized>(
    model: &'a M,
    group: &EqualFrequency,
) -> Box<dyn OfFrequency + 'a> {
    Box::new(EachAlone { model, group: *group })
}

/// Histories that share no work.
struct EachAlone<'a, M: ?Sized> {
    model: &'a M,
    group: EqualFrequency,
}

impl<M: PurchaseModel + ?Sized> OfFrequency for EachAlone<'_, M> {
    fn ln_likelihood(&self, recency_days: u32, t_days: u32) -> f64 {
        self.model.ln_likelihood(&self.group.history(recency_days, t_days))
    }

    fn p_alive(&self, recency_days: u32, t_days: u32) -> f64 {
        self.model.p_alive(&self.group.history(recency_days, t_days))
    }
}

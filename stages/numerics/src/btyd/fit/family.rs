//! What a model brings to be fitted: start, prior, likelihood.

use crate::btyd::{Cells, Evaluation, PurchaseModel};

/// A model whose parameters can be estimated from cells.
pub trait ModelFamily {
    /// The model with known parameters.
    type Model: PurchaseModel;

    /// Returns a start from the moments of the data, all parameters positive.
    fn start(&self, moments: &Moments) -> Vec<f64>;

    /// Returns the weak prior of each parameter, for data that leave it open.
    fn prior(&self, moments: &Moments) -> Vec<LogNormal>;

    /// Returns the log-likelihood of all customers, with derivatives by the parameters.
    ///
    /// Not finite where the parameters are not possible.
    fn evaluate(&self, parameters: &[f64], cells: &Cells, time_unit_days: f64) -> Evaluation;

    /// Returns whether parameters are so large that the data cannot have told them.
    fn is_degenerate(&self, parameters: &[f64]) -> bool;

    /// Returns the model with these parameters, or `None` where they are not possible.
    fn model(&self, parameters: &[f64]) -> Option<Self::Model>;
}

/// Moments of histories, times in the unit of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Customers.
    pub n_customers: f64,
    /// Mean of repeat purchases.
    pub mean_frequency: f64,
    /// Variance of repeat purchases.
    pub variance_of_frequency: f64,
    /// Mean of the time from first purchase to the end of observation.
    pub mean_t: f64,
}

/// A log-normal distribution: the logarithm is normal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogNormal {
    /// Half lies below it.
    pub median: f64,
    /// Standard deviation of the natural logarithm.
    pub ln_sd: f64,
}

impl Moments {
    /// Returns the moments of cells, times in units of `time_unit_days`.
    pub fn of(cells: &Cells, time_unit_days: f64) -> Self {
        let (mut n, mut sum_x, mut sum_t) = (0.0, 0.0, 0.0);
        for (history, customers) in cells.histories(time_unit_days) {
            let weight = f64::from(customers);
            n += weight;
            sum_x += weight * f64::from(history.frequency);
            sum_t += weight * history.t;
        }
        let mean_frequency = sum_x / n;
        let squares: f64 = cells
            .histories(time_unit_days)
            .map(|(h, c)| f64::from(c) * (f64::from(h.frequency) - mean_frequency).powi(2))
            .sum();
        let variance_of_frequency = squares / n;
        Self { n_customers: n, mean_frequency, variance_of_frequency, mean_t: sum_t / n }
    }
}

impl LogNormal {
    /// Adds the log density of the logarithm `u` of parameter `i`, up to a constant.
    pub(in crate::btyd) fn add_to(&self, evaluation: &mut Evaluation, i: usize, u: f64) {
        let precision = self.ln_sd.powi(-2);
        let distance = u - self.median.ln();
        evaluation.value -= 0.5 * precision * distance * distance;
        evaluation.gradient[i] -= precision * distance;
        let n = evaluation.gradient.len();
        evaluation.hessian[i * n + i] -= precision;
    }
}

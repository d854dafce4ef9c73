//! Spend of a purchase: by a Gamma-Gamma model, else the mean of all purchases, else not told.

use idip_numerics::btyd::{
    GammaGamma, RepeatSpend, SpendError, SpendFitError, SpendFitSettings, fit_gamma_gamma,
};
use idip_numerics::inference::Confidence;

use super::model::{self, LastNight};

/// Name of the model in the tables.
pub(super) const GAMMA_GAMMA: &str = "gamma_gamma";

/// Names of its parameters.
pub(super) const PARAMETERS: [&str; 3] = ["p", "q", "v"];

/// Mean spend beyond which a model of spend is not defined.
const SPEND_MAX: f64 = 1e15;

/// What spend is told by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Basis {
    Model(GammaGamma),
    /// The mean net money of all purchase days, the same for everybody.
    Mean(f64),
    Unknown,
}

/// What spend is told by, and why.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spend {
    pub(super) basis: Basis,
    /// As in `value_model.basis`.
    pub(super) basis_name: Option<&'static str>,
    pub(super) reason: Option<String>,
    pub(super) n_customers: u64,
    pub(super) ln_likelihood: Option<f64>,
    pub(super) n_steps: Option<usize>,
    pub(super) standard_errors: Option<Vec<f64>>,
    pub(super) correlation: Option<f64>,
}

impl Spend {
    /// Fits the model to customers with repeat purchases; one place a customer.
    ///
    /// `monetary_value` is not read where `frequency` is 0; what is not finite counts as no spend.
    ///
    /// # Errors
    ///
    /// When a frequency is not possible.
    pub(super) fn fit(
        frequency: &[u32],
        monetary_value: &[f64],
        mean_spend: Option<f64>,
        min_customers: u32,
        last: &LastNight,
    ) -> Result<Self, SpendError> {
        let possible = |value: f64| if value.is_finite() { value.min(SPEND_MAX) } else { 0.0 };
        let customers = frequency.iter().zip(monetary_value);
        let spend = RepeatSpend::from_rows(
            customers.map(|(&frequency, &value)| (i64::from(frequency), possible(value))),
        )?;
        let start = last.of(GAMMA_GAMMA, &PARAMETERS).and_then(|start| match start.as_slice() {
            &[p, q, v] => GammaGamma::new(p, q, v).ok(),
            _ => None,
        });
        let settings = SpendFitSettings { min_customers: min_customers.into(), start };
        let correlation = spend.independence(Confidence::P95).map(|found| found.correlation.value);
        let n_customers = spend.n_customers();
        Ok(match fit_gamma_gamma(&spend, &settings) {
            Ok(fit) => {
                let (basis_name, reason) = model::basis(fit.basis);
                Self {
                    basis: Basis::Model(fit.model),
                    basis_name: Some(basis_name),
                    reason,
                    n_customers,
                    ln_likelihood: Some(fit.ln_likelihood),
                    n_steps: Some(fit.n_steps),
                    standard_errors: fit.standard_errors,
                    correlation,
                }
            }
            Err(error) => Self::without_model(error, mean_spend, n_customers, correlation),
        })
    }

    fn without_model(
        error: SpendFitError,
        mean_spend: Option<f64>,
        n_customers: u64,
        correlation: Option<f64>,
    ) -> Self {
        let (basis, basis_name) = match mean_spend {
            Some(mean) => (Basis::Mean(mean), Some("mean_spend")),
            None => (Basis::Unknown, None),
        };
        Self {
            basis,
            basis_name,
            reason: Some(error.to_string()),
            n_customers,
            ln_likelihood: None,
            n_steps: None,
            standard_errors: None,
            correlation,
        }
    }

    /// Expected net money of a purchase of a customer; null when nothing tells it.
    pub(super) fn expected(&self, frequency: u32, monetary_value: f64) -> Option<f64> {
        let expected = match self.basis {
            Basis::Model(model) => model.expected_spend(frequency, monetary_value),
            Basis::Mean(mean) => mean,
            Basis::Unknown => return None,
        };
        expected.is_finite().then_some(expected)
    }

    /// Parameters in the order of [`PARAMETERS`], or the mean; with standard errors.
    pub(super) fn parameters(&self) -> Vec<(&'static str, f64, Option<f64>)> {
        match self.basis {
            Basis::Model(model) => PARAMETERS
                .into_iter()
                .zip(model.parameters())
                .enumerate()
                .map(|(at, (name, estimate))| {
                    let errors = self.standard_errors.as_ref();
                    (name, estimate, errors.and_then(|errors| errors.get(at)).copied())
                })
                .collect(),
            Basis::Mean(mean) => vec![("mean", mean, None)],
            Basis::Unknown => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(frequency: &[u32], monetary: &[f64], mean: Option<f64>) -> Spend {
        Spend::fit(frequency, monetary, mean, 100, &LastNight::default()).expect("possible")
    }

    #[test]
    fn without_repeat_purchases_everybody_spends_the_mean() {
        let spend = fit(&[0, 0], &[f64::NAN, 0.0], Some(12.5));
        assert_eq!(spend.basis_name, Some("mean_spend"));
        assert_eq!(spend.expected(0, 0.0), Some(12.5));
        assert_eq!(spend.parameters(), [("mean", 12.5, None)]);
        assert!(spend.reason.expect("told").contains("repeat purchase"));
    }

    #[test]
    fn without_any_money_no_spend_is_told() {
        let spend = fit(&[2, 0], &[-4.0, 0.0], None);
        assert_eq!((spend.basis_name, spend.expected(2, -4.0)), (None, None));
        assert_eq!(spend.parameters(), []);
    }

    #[test]
    fn a_few_customers_are_held_by_the_prior_and_keep_their_order() {
        let spend = fit(&[1, 3, 0, 2], &[10.0, 40.0, 0.0, 20.0], Some(5.0));
        assert_eq!(spend.basis_name, Some("weak_prior"));
        let [low, high, none] =
            [(1, 10.0), (3, 40.0), (0, 0.0)].map(|(x, z)| spend.expected(x, z).expect("told"));
        assert!(10.0 < low && low < none && none < high && high < 40.0, "{low} {none} {high}");
    }
}

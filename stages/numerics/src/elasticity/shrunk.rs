//! Slopes shrunk towards those of like customers.

use thiserror::Error;

use super::{LogLogSlope, LogLogSums};
use crate::inference::NotEstimable;
use crate::shrinkage::{MeanPrior, ObservedMean};

/// Checked settings of price sensitivities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriceSensitivityParams {
    pooling_degrees: f64,
    fallback: MeanPrior,
}

impl PriceSensitivityParams {
    /// Returns settings with defaults: pooling of 4 degrees, fallback mean -1 and variance 0.5.
    ///
    /// The fallback rules where fewer than two customers have seen prices vary; -1 leaves what they
    /// spend as it was.
    pub fn new() -> Self {
        Self { pooling_degrees: 4.0, fallback: MeanPrior::new(-1.0, 0.5) }
    }

    /// Sets what the residual variance of all customers is worth beside a customer's own.
    ///
    /// In degrees of freedom: `(d0 s0² + d s²) / (d0 + d)` (Smyth 2004). A customer with
    /// three purchases may lie on a line by chance, and would then be believed without bound; 0
    /// leaves each their own variance.
    ///
    /// # Errors
    /// A number that is negative or not finite.
    pub fn pooling_degrees(self, degrees: f64) -> Result<Self, PriceSensitivityError> {
        if !(degrees.is_finite() && degrees >= 0.0) {
            return Err(PriceSensitivityError::PoolingDegrees(degrees));
        }
        Ok(Self { pooling_degrees: degrees, ..self })
    }

    /// Sets the prior for when none can be estimated.
    #[must_use]
    pub fn fallback(self, fallback: MeanPrior) -> Self {
        Self { fallback, ..self }
    }
}

impl Default for PriceSensitivityParams {
    fn default() -> Self {
        Self::new()
    }
}

/// Why price sensitivities cannot be computed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PriceSensitivityError {
    /// The pooling is negative or not a number.
    #[error("pooling degrees are {0}, expected a finite number from 0")]
    PoolingDegrees(f64),
    /// Customers and segments differ in number.
    #[error("{found} segment label(s), expected one a customer: {expected}")]
    Labels {
        /// Customers.
        expected: usize,
        /// Labels.
        found: usize,
    },
    /// A label is not a segment.
    #[error("label of customer {customer} is {label}, expected below {n_segments}")]
    LabelOutOfRange {
        /// Place of the customer.
        customer: usize,
        /// The label.
        label: u32,
        /// Number of segments.
        n_segments: u32,
    },
}

/// What is known of elasticities before looking at a customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ElasticityPrior {
    mean: MeanPrior,
    pooled_variance: f64,
    pooling_degrees: f64,
}

/// A customer's elasticity and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriceSensitivity {
    /// The shrunk elasticity; the prior mean when the customer's own is not estimable.
    pub elasticity: f64,
    /// Share of the customer's own slope in it, from 0 to 1.
    pub reliability: f64,
    /// Purchases.
    pub n: u64,
    /// The customer's own slope, or why it is not estimable.
    pub own: Result<LogLogSlope, NotEstimable>,
}

impl ElasticityPrior {
    /// Takes a known prior; each customer then has their own residual variance.
    pub fn given(mean: MeanPrior) -> Self {
        Self { mean, pooled_variance: 0.0, pooling_degrees: 0.0 }
    }

    /// Estimates the prior from the slopes of customers, in their order.
    ///
    /// The residual variance of all is that of their summed squares; mean and variance of the
    /// elasticities are those of [`MeanPrior::from_groups`].
    pub fn from_slopes(slopes: &[LogLogSlope], params: &PriceSensitivityParams) -> Self {
        let degrees: f64 = slopes.iter().map(LogLogSlope::degrees).sum();
        let squares: f64 = slopes.iter().map(|slope| slope.residual_squares).sum();
        let is_known = degrees > 0.0;
        let prior = Self {
            mean: params.fallback,
            pooled_variance: if is_known { squares / degrees } else { 0.0 },
            pooling_degrees: if is_known { params.pooling_degrees } else { 0.0 },
        };
        prior.with_mean_of(slopes)
    }

    /// Returns the same with mean and variance of some of the customers, such as a segment.
    ///
    /// Where these are too few, the mean stays near and the variance is the one before.
    #[must_use]
    pub fn with_mean_of(&self, slopes: &[LogLogSlope]) -> Self {
        let observed: Vec<ObservedMean> =
            slopes.iter().filter_map(|slope| self.observed(slope).ok()).collect();
        Self { mean: MeanPrior::from_groups(&observed, self.mean), ..*self }
    }

    /// Returns mean and variance of the elasticities, and where they come from.
    pub fn mean(&self) -> &MeanPrior {
        &self.mean
    }

    /// Returns `(b Sxx / s² + m / t²) / (Sxx / s² + 1 / t²)` of a customer.
    pub fn shrink(&self, customer: &LogLogSums) -> PriceSensitivity {
        let own = customer.slope();
        let observed = own.and_then(|slope| self.observed(&slope));
        let (elasticity, reliability) = match observed {
            Ok(observed) => {
                let total = self.mean.variance() + observed.variance;
                let share = if total > 0.0 { self.mean.variance() / total } else { 1.0 };
                (self.mean.shrink(observed), share)
            }
            Err(_) => (self.mean.mean(), 0.0),
        };
        PriceSensitivity { elasticity, reliability, n: customer.n, own: observed.and(own) }
    }

    fn observed(&self, slope: &LogLogSlope) -> Result<ObservedMean, NotEstimable> {
        let degrees = self.pooling_degrees + slope.degrees();
        if degrees <= 0.0 {
            return Err(NotEstimable::TooFewObservations);
        }
        let squares = self.pooling_degrees * self.pooled_variance + slope.residual_squares;
        let variance = squares / degrees / slope.price_spread;
        Ok(ObservedMean { mean: slope.elasticity, variance })
    }
}

/// Returns the price sensitivity of each customer, shrunk to their segment, in the order given.
///
/// The segment's own mean and variance come from its customers; where they are too few, the
/// variance is that of all customers and the mean lies between. `segments` has one label below
/// `n_segments` a customer; one segment, 0, serves where there are none. O(n).
///
/// # Errors
/// Labels that are too many, too few or out of range.
pub fn price_sensitivities(
    customers: &[LogLogSums],
    (n_segments, segments): (u32, &[u32]),
    params: &PriceSensitivityParams,
) -> Result<Vec<PriceSensitivity>, PriceSensitivityError> {
    if customers.len() != segments.len() {
        let (expected, found) = (customers.len(), segments.len());
        return Err(PriceSensitivityError::Labels { expected, found });
    }
    let mut slopes = vec![Vec::new(); n_segments as usize];
    for (customer, (sums, &label)) in customers.iter().zip(segments).enumerate() {
        let slopes = slopes.get_mut(label as usize);
        let slopes =
            slopes.ok_or(PriceSensitivityError::LabelOutOfRange { customer, label, n_segments })?;
        slopes.extend(sums.slope().ok());
    }
    let overall = ElasticityPrior::from_slopes(&slopes.concat(), params);
    let priors: Vec<ElasticityPrior> =
        slopes.iter().map(|slopes| overall.with_mean_of(slopes)).collect();
    let of_customer = |(sums, &label): (&LogLogSums, &u32)| {
        priors.get(label as usize).unwrap_or(&overall).shrink(sums)
    };
    Ok(customers.iter().zip(segments).map(of_customer).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shrinkage::PriorBasis;

    /// Purchases at prices 1, e and e² whose log quantities lie `wobble` off the line.
    fn customer(elasticity: f64, wobble: f64) -> LogLogSums {
        let mut sums = LogLogSums::default();
        for (x, off) in [(0.0, wobble), (1.0, -2.0 * wobble), (2.0, wobble)] {
            let y: f64 = elasticity * x + off;
            sums.observe(f64::exp(x), y.exp()).expect("above 0");
        }
        sums
    }

    #[test]
    fn a_slope_and_its_prior_are_weighted_by_precision() {
        // Residuals w -2w w on one degree: s² = 6 w²; Sxx = 2. With w² = 1/3 the squared error is
        // 1, as is the prior's variance: halfway between -3 and -1.
        let prior = ElasticityPrior::given(MeanPrior::new(-1.0, 1.0));
        let found = prior.shrink(&customer(-3.0, (1.0_f64 / 3.0).sqrt()));
        assert!((found.elasticity + 2.0).abs() < 1e-12, "{found:?}");
        assert!((found.reliability - 0.5).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn constant_prices_give_the_prior_and_a_reason() {
        let mut sums = LogLogSums::default();
        for quantity in [1.0, 2.0, 3.0] {
            sums.observe(9.99, quantity).expect("above 0");
        }
        let found = ElasticityPrior::given(MeanPrior::new(-1.5, 0.5)).shrink(&sums);
        assert_eq!(found.own, Err(NotEstimable::NoVariation));
        assert!((found.elasticity + 1.5).abs() < 1e-15 && found.reliability.abs() < 1e-15);
        assert_eq!(found.n, 3);
    }

    #[test]
    fn three_purchases_on_a_line_are_not_believed_without_bound() {
        // All others wobble; this one lies on a line by chance.
        let mut customers: Vec<LogLogSums> =
            (0..50).map(|i| customer(-1.0 - f64::from(i % 5) * 0.2, 0.3)).collect();
        customers.push(customer(-6.0, 0.0));
        let segments = vec![0; customers.len()];
        let params = PriceSensitivityParams::new();
        let pooled = price_sensitivities(&customers, (1, &segments), &params).expect("labels");
        let own = params.pooling_degrees(0.0).expect("from 0");
        let own = price_sensitivities(&customers, (1, &segments), &own).expect("labels");
        assert!(pooled[50].reliability < 0.8 && own[50].reliability > 0.999);
        assert!(pooled[50].elasticity > own[50].elasticity);
    }

    #[test]
    fn a_segment_is_its_own_prior() {
        let slopes = [-0.4, -0.5, -0.6, -2.4, -2.5, -2.6, -2.5];
        let customers: Vec<LogLogSums> = slopes.map(|slope| customer(slope, 0.2)).to_vec();
        let labels = [0, 0, 0, 1, 1, 1, 2];
        let params = PriceSensitivityParams::new();
        let found = price_sensitivities(&customers, (3, &labels), &params).expect("labels");
        // Within the first two segments customers differ less than chance would have them.
        assert!((found[0].elasticity + 0.5).abs() < 1e-9, "{found:?}");
        assert!((found[3].elasticity + 2.5).abs() < 1e-9, "{found:?}");
        // The third has one customer: between its slope and the mean of all, -1.64.
        assert!(found[6].elasticity > -2.5 && found[6].elasticity < -1.7, "{found:?}");
        let error = price_sensitivities(&customers, (2, &labels), &params);
        let expected =
            PriceSensitivityError::LabelOutOfRange { customer: 6, label: 2, n_segments: 2 };
        assert_eq!(error, Err(expected));
        assert!(price_sensitivities(&customers, (2, &labels[..2]), &params).is_err());
        assert!(params.pooling_degrees(f64::NAN).is_err());
    }

    #[test]
    fn nobody_to_learn_from_leaves_the_fallback() {
        let prior = ElasticityPrior::from_slopes(&[], &PriceSensitivityParams::new());
        assert_eq!(prior.mean().basis(), PriorBasis::TooFewGroups);
        assert!((prior.mean().mean() + 1.0).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn a_shrunk_slope_lies_between_its_own_and_the_prior(
            own in -5.0..2.0_f64, wobble in 0.01..2.0_f64,
            mean in -3.0..0.0_f64, variance in 0.0..3.0_f64,
        ) {
            let prior = ElasticityPrior::given(MeanPrior::new(mean, variance));
            let found = prior.shrink(&customer(own, wobble));
            prop_assert!(found.elasticity >= own.min(mean) - 1e-9);
            prop_assert!(found.elasticity <= own.max(mean) + 1e-9);
            prop_assert!((0.0..=1.0).contains(&found.reliability));
            let mixed = found.reliability * own + (1.0 - found.reliability) * mean;
            prop_assert!((found.elasticity - mixed).abs() < 1e-9);
        }
    }
}

//! Newton's method for the maximum of a log-likelihood of a few parameters, safeguarded.
//!
//! Parameters that must be positive are sought as logarithms ([`Scale::Log`]), where likelihoods
//! of this kind are close to quadratic and no bound can be crossed.

use super::symmetric::SymmetricEigen;

/// Scale on which a parameter is sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Positive parameter, sought as its logarithm.
    Log,
    /// Parameter of either sign, sought as it is.
    Linear,
}

impl Scale {
    /// Returns the parameter of a coordinate.
    pub fn parameter(self, coordinate: f64) -> f64 {
        match self {
            Self::Log => coordinate.exp(),
            Self::Linear => coordinate,
        }
    }

    /// Returns the coordinate of a parameter; minus infinity or NaN for a log of 0 or below.
    pub fn coordinate(self, parameter: f64) -> f64 {
        match self {
            Self::Log => parameter.ln(),
            Self::Linear => parameter,
        }
    }

    /// Returns the derivative of the parameter by its coordinate.
    fn slope(self, parameter: f64) -> f64 {
        match self {
            Self::Log => parameter,
            Self::Linear => 1.0,
        }
    }
}

/// A function at a point, with its derivatives by the coordinates of the search.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The function.
    pub value: f64,
    /// First derivatives; shape `(n,)`.
    pub gradient: Vec<f64>,
    /// Second derivatives, row by row, symmetric; shape `(n, n)`.
    pub hessian: Vec<f64>,
}

impl Evaluation {
    /// Converts derivatives by the parameters into derivatives by their coordinates.
    ///
    /// With `u = ln theta`: `df/du_i = theta_i f_i` and
    /// `d2f/du_i du_j = theta_i theta_j f_ij + [i = j] theta_i f_i`. Missing scales are linear.
    #[must_use]
    pub fn by_coordinates(mut self, parameters: &[f64], scales: &[Scale]) -> Self {
        let n = parameters.len();
        let slope = |i: usize| scales.get(i).map_or(1.0, |scale| scale.slope(parameters[i]));
        for i in 0..n {
            for j in 0..n {
                self.hessian[i * n + j] *= slope(i) * slope(j);
            }
        }
        for i in 0..n {
            self.gradient[i] *= slope(i);
            if scales.get(i) == Some(&Scale::Log) {
                self.hessian[i * n + i] += self.gradient[i];
            }
        }
        self
    }

    /// Returns what stands for a point where the function is not defined: NaN throughout.
    pub fn undefined(n: usize) -> Self {
        let gradient = vec![f64::NAN; n];
        Self { value: f64::NAN, gradient, hessian: vec![f64::NAN; n * n] }
    }

    fn is_finite(&self) -> bool {
        let derivatives = self.gradient.iter().chain(&self.hessian);
        self.value.is_finite() && derivatives.into_iter().all(|d| d.is_finite())
    }

    fn gradient_norm(&self) -> f64 {
        self.gradient.iter().fold(0.0, |norm: f64, g| norm.max(g.abs()))
    }
}

/// When to stop, and how far to go in one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewtonSettings {
    /// The search has converged when no component of the gradient exceeds this, absolutely. Set it
    /// by the number of customers: [`Self::for_customers`].
    pub gradient_tolerance: f64,
    /// Newton steps at most.
    pub max_steps: usize,
    /// Largest change of a coordinate in one step: 2 changes a parameter by a factor of 7.4.
    pub max_step: f64,
    /// The search gives up when a coordinate leaves plus or minus this: 25 is a factor of 7e10.
    pub bound: f64,
}

impl NewtonSettings {
    /// Returns settings for a log-likelihood summed over this many customers.
    ///
    /// The tolerance is 1e-9 a customer, which fixes a parameter to about as many digits as its
    /// likelihood has, far beyond its standard error.
    pub fn for_customers(n_customers: f64) -> Self {
        Self {
            gradient_tolerance: 1e-9 * n_customers.max(1.0),
            max_steps: 100,
            max_step: 2.0,
            bound: 25.0,
        }
    }
}

/// Why a search stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The gradient is as small as asked for: an optimum.
    GradientSmall,
    /// No step raises the value beyond rounding: an optimum as far as can be computed.
    ValueStable,
    /// A coordinate ran out of bounds: the function rises for ever in some direction.
    OutOfBounds,
    /// The number of steps was not enough.
    StepLimit,
    /// The function or a derivative was not finite at the start.
    NotFinite,
}

impl StopReason {
    /// Returns whether the point reached is an optimum.
    pub fn is_converged(self) -> bool {
        matches!(self, Self::GradientSmall | Self::ValueStable)
    }
}

/// Where a search ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimum {
    /// Coordinates reached; shape `(n,)`.
    pub coordinates: Vec<f64>,
    /// The function there, with its derivatives.
    pub at: Evaluation,
    /// Newton steps taken.
    pub n_steps: usize,
    /// Evaluations of the function, those of rejected steps among them.
    pub n_evaluations: usize,
    /// Why it stopped.
    pub reason: StopReason,
    /// Largest component of the gradient, absolutely.
    pub gradient_norm: f64,
    /// Largest over smallest eigenvalue of minus the Hessian; infinite where that is not positive
    /// definite, so that some direction is flat or rises.
    pub condition: f64,
    /// Inverse of minus the Hessian; shape `(n, n)`. `None` where it is not positive definite.
    pub covariance: Option<Vec<f64>>,
}

impl Optimum {
    /// Returns the parameters at the optimum.
    pub fn parameters(&self, scales: &[Scale]) -> Vec<f64> {
        self.coordinates.iter().zip(scales).map(|(&u, scale)| scale.parameter(u)).collect()
    }

    /// Returns the standard errors of the parameters by the delta method.
    ///
    /// `None` where the Hessian tells none: see [`Self::covariance`].
    pub fn standard_errors(&self, scales: &[Scale]) -> Option<Vec<f64>> {
        let covariance = self.covariance.as_ref()?;
        let n = self.coordinates.len();
        let errors = self.parameters(scales).into_iter().zip(scales).enumerate();
        let error = |(i, (parameter, scale)): (usize, (f64, &Scale))| {
            scale.slope(parameter).abs() * covariance[i * n + i].sqrt()
        };
        Some(errors.map(error).collect())
    }
}

/// Share of the value that rounding of a long sum may cost.
const ROUNDING: f64 = 1e-13;

/// Eigenvalues below this share of the largest are raised to it.
const EIGENVALUE_FLOOR: f64 = 1e-10;

/// A step must gain this share of what its slope promises (Armijo 1966; Nocedal and Wright 3.4).
const SUFFICIENT_GAIN: f64 = 1e-4;

/// Halvings of a step before it is given up: 2^-40 of it is rounding.
const MAX_HALVINGS: usize = 40;

/// Finds the maximum of a smooth function from a start.
///
/// Each step is Newton's with the eigenvalues of minus the Hessian made positive and floored
/// (Nocedal and Wright 2006, section 3.4), cut to `max_step` and halved until the function rises
/// enough. `evaluate` takes coordinates and returns derivatives by them
/// ([`Evaluation::by_coordinates`]); it is called once a step where steps are not halved.
pub fn maximise(
    start: &[f64],
    mut evaluate: impl FnMut(&[f64]) -> Evaluation,
    settings: &NewtonSettings,
) -> Optimum {
    let mut point = start.to_vec();
    let mut at = evaluate(&point);
    let mut n_evaluations = 1;
    let mut n_steps = 0;
    let reason = loop {
        if !at.is_finite() {
            break StopReason::NotFinite; // only the start: other points are accepted when finite
        }
        if at.gradient_norm() <= settings.gradient_tolerance {
            break StopReason::GradientSmall;
        }
        if point.iter().any(|u| u.abs() > settings.bound) {
            break StopReason::OutOfBounds;
        }
        if n_steps == settings.max_steps {
            break StopReason::StepLimit;
        }
        let step = ascent_step(&at, settings.max_step);
        let slope: f64 = at.gradient.iter().zip(&step).map(|(g, s)| g * s).sum();
        let below_rounding = slope <= ROUNDING * at.value.abs().max(1.0);
        let mut accepted = None;
        let mut length = 1.0;
        for _ in 0..MAX_HALVINGS {
            let trial: Vec<f64> = point.iter().zip(&step).map(|(u, s)| u + length * s).collect();
            let there = evaluate(&trial);
            n_evaluations += 1;
            let gain = there.value - at.value;
            // Where the gain drowns in rounding the gradient still tells the way.
            let is_better = if below_rounding {
                there.gradient_norm() < at.gradient_norm()
            } else {
                gain >= SUFFICIENT_GAIN * length * slope
            };
            if there.is_finite() && is_better {
                accepted = Some((trial, there));
                break;
            }
            if below_rounding || length * slope <= ROUNDING * at.value.abs().max(1.0) {
                break;
            }
            length *= 0.5;
        }
        let Some((trial, there)) = accepted else { break StopReason::ValueStable };
        (point, at) = (trial, there);
        n_steps += 1;
    };
    let (condition, covariance) = curvature(&at);
    let gradient_norm = at.gradient_norm();
    Optimum {
        coordinates: point,
        gradient_norm,
        at,
        n_steps,
        n_evaluations,
        reason,
        condition,
        covariance,
    }
}

fn ascent_step(at: &Evaluation, max_step: f64) -> Vec<f64> {
    let n = at.gradient.len();
    let eigen = SymmetricEigen::of_minus(&at.hessian, n);
    let largest = eigen.values.iter().fold(0.0, |l: f64, v| l.max(v.abs()));
    let floor = (EIGENVALUE_FLOOR * largest).max(f64::MIN_POSITIVE);
    let step = eigen.apply(&at.gradient, |value| 1.0 / value.abs().max(floor));
    let longest = step.iter().fold(0.0, |l: f64, s| l.max(s.abs()));
    let cut = if longest > max_step { max_step / longest } else { 1.0 };
    step.into_iter().map(|s| s * cut).collect()
}

/// Returns the condition number and the inverse of minus the Hessian.
fn curvature(at: &Evaluation) -> (f64, Option<Vec<f64>>) {
    let n = at.gradient.len();
    if !at.is_finite() || n == 0 {
        return (f64::INFINITY, None);
    }
    let eigen = SymmetricEigen::of_minus(&at.hessian, n);
    let largest = eigen.values.iter().fold(f64::NEG_INFINITY, |l: f64, &v| l.max(v));
    let smallest = eigen.values.iter().fold(f64::INFINITY, |l: f64, &v| l.min(v));
    // Below this share an eigenvalue is rounding of the largest.
    if smallest <= f64::EPSILON * largest || largest <= 0.0 {
        return (f64::INFINITY, None);
    }
    let mut covariance = vec![0.0; n * n];
    for column in 0..n {
        let unit: Vec<f64> = (0..n).map(|i| f64::from(u8::from(i == column))).collect();
        for (row, entry) in eigen.apply(&unit, |value| 1.0 / value).into_iter().enumerate() {
            covariance[row * n + column] = entry;
        }
    }
    (largest / smallest, Some(covariance))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> NewtonSettings {
        NewtonSettings::for_customers(1.0)
    }

    /// `-(x - 1)^2 - 100 (y - x^2)^2`: Rosenbrock's valley, upside down.
    fn rosenbrock(u: &[f64]) -> Evaluation {
        let (x, y) = (u[0], u[1]);
        let off = y - x * x;
        Evaluation {
            value: -(x - 1.0).powi(2) - 100.0 * off * off,
            gradient: vec![-2.0 * (x - 1.0) + 400.0 * x * off, -200.0 * off],
            hessian: vec![-2.0 + 400.0 * (off - 2.0 * x * x), 400.0 * x, 400.0 * x, -200.0],
        }
    }

    #[test]
    fn a_curved_valley_is_climbed() {
        let optimum = maximise(&[-1.2, 1.0], rosenbrock, &settings());
        assert!(optimum.reason.is_converged(), "{optimum:?}");
        assert!(optimum.coordinates.iter().all(|u| (u - 1.0).abs() < 1e-9), "{optimum:?}");
        assert!(optimum.n_evaluations > optimum.n_steps);
        // Minus the Hessian at (1, 1) is [[802, -400], [-400, 200]]: determinant 400, so the
        // inverse is [[0.5, 1], [1, 2.005]]; trace 1002, condition 1002^2 / 400 - 2 to 1e-6.
        let covariance = optimum.covariance.as_ref().expect("positive definite");
        for (found, expected) in covariance.iter().zip([0.5, 1.0, 1.0, 2.005]) {
            assert!((found - expected).abs() < 1e-6, "{covariance:?}");
        }
        assert!((optimum.condition - (1002.0_f64.powi(2) / 400.0 - 2.0)).abs() < 0.1);
    }

    #[test]
    fn a_gamma_likelihood_has_its_known_optimum_and_errors() {
        // 50 waiting times with mean 4: the rate is 1/4, its standard error rate / sqrt(50).
        let (n, total) = (50.0, 200.0);
        let evaluate = |u: &[f64]| {
            let rate = u[0].exp();
            let by_rate = Evaluation {
                value: n * rate.ln() - rate * total,
                gradient: vec![n / rate - total],
                hessian: vec![-n / (rate * rate)],
            };
            by_rate.by_coordinates(&[rate], &[Scale::Log])
        };
        let optimum = maximise(&[3.0], evaluate, &settings());
        let scales = [Scale::Log];
        assert!((optimum.parameters(&scales)[0] - 0.25).abs() < 1e-10, "{optimum:?}");
        let errors = optimum.standard_errors(&scales).expect("an optimum");
        assert!((errors[0] - 0.25 / 50.0_f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn every_end_has_its_reason() {
        let line =
            |u: &[f64]| Evaluation { value: u[0], gradient: vec![1.0, 0.0], hessian: vec![0.0; 4] };
        let optimum = maximise(&[0.0, 0.0], line, &settings());
        assert_eq!(optimum.reason, StopReason::OutOfBounds);
        assert!(optimum.condition.is_infinite() && optimum.covariance.is_none());
        let short = NewtonSettings { max_steps: 3, ..settings() };
        assert_eq!(maximise(&[-1.2, 1.0], rosenbrock, &short).reason, StopReason::StepLimit);
        let nowhere = maximise(&[0.0], |_| Evaluation::undefined(1), &settings());
        assert_eq!((nowhere.reason, nowhere.n_steps), (StopReason::NotFinite, 0));
        let there = maximise(&[1.0, 1.0], rosenbrock, &settings());
        assert_eq!((there.reason, there.n_steps), (StopReason::GradientSmall, 0));
        // Rounding hides the optimum of a value of 1e12; the search must not turn in circles.
        let noisy = |u: &[f64]| Evaluation {
            value: 1e12 - u[0].powi(2),
            gradient: vec![if u[0] > 0.0 { -1e-6 } else { 1e-6 }],
            hessian: vec![-2.0],
        };
        assert_eq!(maximise(&[1e-3], noisy, &settings()).reason, StopReason::ValueStable);
    }

    #[test]
    fn a_step_into_nowhere_is_halved() {
        // ln u - u is undefined for u <= 0; Newton from 2.5 leads to -1.25.
        let evaluate = |u: &[f64]| Evaluation {
            value: u[0].ln() - u[0],
            gradient: vec![1.0 / u[0] - 1.0],
            hessian: vec![-1.0 / (u[0] * u[0])],
        };
        let wide = NewtonSettings { max_step: 10.0, ..settings() };
        let optimum = maximise(&[2.5], evaluate, &wide);
        assert!((optimum.coordinates[0] - 1.0).abs() < 1e-8, "{optimum:?}");
        assert!(optimum.n_evaluations > optimum.n_steps + 1);
    }
}

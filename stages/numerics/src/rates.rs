//! Events per unit of time, such as referrals or reviews a month, shrunk to what is usual.

use thiserror::Error;

use crate::shrinkage::PriorBasis;

/// Events counted over a time of exposure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventCount {
    /// Events.
    pub n_events: u32,
    /// Time in which they could happen, in any one unit (months, say); above 0 to count.
    pub exposure: f64,
}

/// Prior knowledge of a rate of events: a gamma distribution.
///
/// `shape` events in `exposure` units of time (`a` and `b` of the formulas): its mean is `a / b`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventRatePrior {
    shape: f64,
    exposure: f64,
    basis: PriorBasis,
}

/// Why a prior of event rates is refused.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("shape {shape} and exposure {exposure}, expected finite numbers above 0")]
pub struct EventRatePriorError {
    /// The shape.
    pub shape: f64,
    /// The exposure.
    pub exposure: f64,
}

/// More events than this count as this many: each number of events up to the largest costs a term.
const EVENTS_MAX: u32 = 100_000;

/// Newton steps at most; ten are usual.
const STEPS_MAX: usize = 100;

/// Halvings of a step that does not raise the likelihood.
const HALVINGS_MAX: usize = 40;

impl EventRatePrior {
    /// No estimated prior weighs more than this many times the mean exposure of a group.
    pub const MAX_WEIGHT: f64 = 10_000.0;

    /// Returns a prior worth `shape` events in `exposure` units of time.
    ///
    /// # Errors
    ///
    /// [`EventRatePriorError`] unless both are finite and above 0.
    pub fn new(shape: f64, exposure: f64) -> Result<Self, EventRatePriorError> {
        let is_usable = |x: f64| x.is_finite() && x > 0.0;
        if is_usable(shape) && is_usable(exposure) {
            Ok(Self { shape, exposure, basis: PriorBasis::Given })
        } else {
            Err(EventRatePriorError { shape, exposure })
        }
    }

    /// Estimates the prior by moments across groups.
    ///
    /// Mean `m = Σ k / Σ t`; variance between groups `v = (Σ t (k/t - m)² - (n - 1) m) /
    /// (T - Σ t² / T)`, what a Poisson spread leaves over (as [`crate::shrinkage::RatePrior`]
    /// does for trials); `a = m² / v`, `b = m / v`. Groups without exposure are left out. Where `v`
    /// cannot be estimated, [`Self::basis`] tells, and the prior is the fallback, moved to the mean
    /// of the groups as far as they outweigh it.
    pub fn by_moments(groups: &[EventCount], fallback: Self) -> Self {
        let groups = Groups::new(groups);
        match groups.moments() {
            Err(basis) => groups.without_spread(basis, fallback),
            Ok((mean, variance)) => groups.capped(mean * mean / variance, mean / variance),
        }
    }

    /// Estimates the prior by maximum likelihood: of the negative binomial with exposures.
    ///
    /// Newton's method on the logarithms of `a` and `b` from the moments, with steps halved until
    /// the likelihood rises; sums over groups run in their order. Uses rare counts better than
    /// moments do. O(groups) a step, some ten steps. Groups and fallback as in
    /// [`Self::by_moments`].
    pub fn by_likelihood(groups: &[EventCount], fallback: Self) -> Self {
        let groups = Groups::new(groups);
        let start = match groups.moments() {
            Ok((mean, variance)) => (mean * mean / variance, mean / variance),
            // Moments may see no spread where the likelihood still sees some.
            Err(PriorBasis::NoSpread) => {
                let exposure = 10.0 * groups.mean_exposure();
                (groups.mean() * exposure, exposure)
            }
            Err(basis) => return groups.without_spread(basis, fallback),
        };
        let (shape, exposure) = groups.maximise(start);
        groups.capped(shape, exposure)
    }

    /// Returns the mean rate, in events a unit of time.
    pub fn mean(&self) -> f64 {
        self.shape / self.exposure
    }

    /// Returns how many events the prior is worth (`a`).
    pub fn shape(&self) -> f64 {
        self.shape
    }

    /// Returns how much time the prior is worth (`b`).
    pub fn exposure(&self) -> f64 {
        self.exposure
    }

    /// Returns where the spread comes from.
    pub fn basis(&self) -> PriorBasis {
        self.basis
    }

    /// Returns the posterior mean rate `(k + a) / (t + b)`; that of the prior without exposure.
    pub fn shrink(&self, count: EventCount) -> f64 {
        if !(count.exposure.is_finite() && count.exposure > 0.0) {
            return self.mean();
        }
        (f64::from(count.n_events) + self.shape) / (count.exposure + self.exposure)
    }
}

/// Groups that had time for events, and their sums.
struct Groups {
    counts: Vec<EventCount>,
    n_events: f64,
    exposure: f64,
    /// Groups with more than 0, 1, 2 … events.
    n_above: Vec<u64>,
}

impl Groups {
    fn new(groups: &[EventCount]) -> Self {
        let counts: Vec<EventCount> = groups
            .iter()
            .copied()
            .filter(|group| group.exposure.is_finite() && group.exposure > 0.0)
            .map(|group| EventCount { n_events: group.n_events.min(EVENTS_MAX), ..group })
            .collect();
        let largest = counts.iter().map(|group| group.n_events).max().unwrap_or(0);
        let mut n_above = vec![0_u64; largest as usize];
        for group in &counts {
            if let Some(last) = (group.n_events as usize).checked_sub(1)
                && let Some(n) = n_above.get_mut(last)
            {
                *n += 1;
            }
        }
        for later in (1..n_above.len()).rev() {
            let n = n_above.get(later).copied().unwrap_or(0);
            if let Some(before) = n_above.get_mut(later - 1) {
                *before += n;
            }
        }
        Self {
            n_events: counts.iter().map(|group| f64::from(group.n_events)).sum(),
            exposure: counts.iter().map(|group| group.exposure).sum(),
            counts,
            n_above,
        }
    }

    fn mean(&self) -> f64 {
        self.n_events / self.exposure
    }

    fn mean_exposure(&self) -> f64 {
        self.exposure / self.counts.len().max(1) as f64
    }

    /// Returns mean and variance of the rates, or why there is no variance.
    fn moments(&self) -> Result<(f64, f64), PriorBasis> {
        let n_beyond_first = self.counts.len() as f64 - 1.0;
        // T - Σ t² / T, written so that nothing overflows.
        let effective: f64 =
            self.counts.iter().map(|g| g.exposure * (1.0 - g.exposure / self.exposure)).sum();
        if self.counts.len() < 2 || !(effective.is_finite() && effective > 0.0) {
            return Err(PriorBasis::TooFewGroups);
        }
        let mean = self.mean();
        if mean <= 0.0 {
            return Err(PriorBasis::NoVariation);
        }
        let spread =
            |g: &EventCount| g.exposure * (f64::from(g.n_events) / g.exposure - mean).powi(2);
        let spread: f64 = self.counts.iter().map(spread).sum();
        let variance = (spread - n_beyond_first * mean) / effective;
        if variance > 0.0 { Ok((mean, variance)) } else { Err(PriorBasis::NoSpread) }
    }

    /// The prior when the groups do not tell their spread.
    fn without_spread(&self, basis: PriorBasis, fallback: EventRatePrior) -> EventRatePrior {
        if basis == PriorBasis::NoSpread {
            return self.strongest();
        }
        if !(self.exposure.is_finite() && self.exposure > 0.0) {
            return EventRatePrior { basis, ..fallback };
        }
        let mean = (self.n_events + fallback.shape) / (self.exposure + fallback.exposure);
        EventRatePrior { shape: mean * fallback.exposure, exposure: fallback.exposure, basis }
    }

    fn capped(&self, shape: f64, exposure: f64) -> EventRatePrior {
        let exposure_max = EventRatePrior::MAX_WEIGHT * self.mean_exposure();
        if shape.is_finite() && shape > 0.0 && exposure < exposure_max {
            EventRatePrior { shape, exposure, basis: PriorBasis::Estimated }
        } else {
            self.strongest()
        }
    }

    fn strongest(&self) -> EventRatePrior {
        let exposure = EventRatePrior::MAX_WEIGHT * self.mean_exposure();
        EventRatePrior { shape: self.mean() * exposure, exposure, basis: PriorBasis::NoSpread }
    }

    /// Returns the log likelihood but for terms without `a` and `b`.
    ///
    /// `Σ [ln Γ(a+k) - ln Γ(a)]` is `Σ_j #(k > j) ln(a + j)` for whole counts: no gamma function.
    fn log_likelihood(&self, a: f64, b: f64) -> f64 {
        let of_events: f64 = self.above().map(|(j, n)| n * (a + j).ln()).sum();
        // a ln b - (a + k) ln(b + t), written so that a large b cancels.
        let of_time: f64 = self
            .counts
            .iter()
            .map(|g| {
                let ratio = g.exposure / b;
                a * ratio.ln_1p() + f64::from(g.n_events) * (b + g.exposure).ln()
            })
            .sum();
        of_events - of_time
    }

    /// Returns gradient and Hessian in `ln a` and `ln b`: `[∂p, ∂q, ∂pp, ∂pq, ∂qq]`.
    fn derivatives(&self, a: f64, b: f64) -> [f64; 5] {
        let (mut of_a, mut of_aa) = (0.0, 0.0);
        for (j, n) in self.above() {
            of_a += n / (a + j);
            of_aa -= n / (a + j) / (a + j);
        }
        let (mut of_b, mut of_ab, mut of_bb) = (0.0, 0.0, 0.0);
        for g in &self.counts {
            let (k, total) = (f64::from(g.n_events), b + g.exposure);
            of_a -= (g.exposure / b).ln_1p();
            // n a / b - (a + k) / (b + t), over common denominators.
            of_b += (a * g.exposure / b - k) / total;
            of_ab += g.exposure / b / total;
            of_bb += (a + k) / total / total - a / b / b;
        }
        let (p, q) = (a * of_a, b * of_b);
        [p, q, a * a * of_aa + p, a * b * of_ab, b * b * of_bb + q]
    }

    /// Climbs the likelihood from a start until a step no longer moves.
    fn maximise(&self, start: (f64, f64)) -> (f64, f64) {
        let exposure_max = EventRatePrior::MAX_WEIGHT * self.mean_exposure();
        let (mut a, mut b) = start;
        let mut height = self.log_likelihood(a, b);
        for _ in 0..STEPS_MAX {
            let step = ascent(self.derivatives(a, b));
            // At most e² a step, so that no parameter runs away.
            let longest = step.iter().fold(0.0, |longest: f64, s| longest.max(s.abs()));
            let mut scale = if longest > 2.0 { 2.0 / longest } else { 1.0 };
            let mut has_risen = false;
            for _ in 0..HALVINGS_MAX {
                let next = (a * (scale * step[0]).exp(), b * (scale * step[1]).exp());
                let next_height = self.log_likelihood(next.0, next.1);
                if next_height > height {
                    ((a, b), height, has_risen) = (next, next_height, true);
                    break;
                }
                scale /= 2.0;
            }
            if !has_risen || scale * longest < 1e-12 || b > exposure_max {
                break;
            }
        }
        (a, b)
    }

    fn above(&self) -> impl Iterator<Item = (f64, f64)> {
        self.n_above.iter().enumerate().map(|(j, &n)| (j as f64, n as f64))
    }
}

/// Returns Newton's step towards a maximum, also where the likelihood is not concave.
///
/// The gradient over the absolute curvature along each axis of the Hessian (saddle-free Newton,
/// Dauphin et al. 2014): a concave axis is left by Newton's own step, any other uphill.
fn ascent([p, q, pp, pq, qq]: [f64; 5]) -> [f64; 2] {
    let (middle, radius) = (f64::midpoint(pp, qq), f64::hypot((pp - qq) / 2.0, pq));
    let flattest = 1e-12 * (middle.abs() + radius).max(f64::MIN_POSITIVE);
    let inverse = |curvature: f64| 1.0 / curvature.abs().max(flattest);
    // |H|⁻¹ = α I + β H, since it has the axes of H.
    let (upper, lower) = (inverse(middle + radius), inverse(middle - radius));
    let beta = if radius > flattest { (upper - lower) / (2.0 * radius) } else { 0.0 };
    let alpha = f64::midpoint(upper, lower) - beta * middle;
    [alpha * p + beta * (pp * p + pq * q), alpha * q + beta * (pq * p + qq * q)]
}

#[cfg(test)]
mod tests;

//! The Lagrangian dual: prices of budget and stock, and an upper bound on every allocation.
//!
//! `D(y) = y . b + sum_i max(0, max_j (v_ij - y . a_ij))` is convex but has kinks. At temperature
//! `T` the inner maximum becomes `T ln(1 + sum_j exp((v_ij - y . a_ij) / T))`, which is smooth: its
//! gradient is `b` less the expected use when each party picks candidate `j` with probability
//! `p_ij` (a softmax), its Hessian the covariance of that use over `T`.

use rayon::prelude::*;

use super::Candidates;
use super::newton::direction;
use super::problem::{Prices, Problem};
use super::scarce::{Scarce, Sums};

/// Parties in the sample on which prices are found first: their error is then below a percent.
const SAMPLE_PARTIES: usize = 20_000;

/// Gap, as a share of the dual, at which the sample has nothing more to teach.
const SAMPLE_GAP: f64 = 3e-4;

/// Gap, as a share of the dual, at which the prices are good enough.
const TARGET_GAP: f64 = 3e-6;

/// The sample is not cooled below this share of the mean best value: at a low temperature prices
/// that are right for the sample are a kink away from those that are right for all.
const COLDEST_SAMPLE: f64 = 0.01;

/// The temperature falls from the mean best value by this factor …
const COOLING: f64 = 0.25;

/// … and never below this share of it.
const COLDEST: f64 = 1e-7;

/// Share of the dual by which cooling must still lower it, or the choice, to be worth while.
const STALL: f64 = 1e-6;

/// Newton steps at one temperature; two or three are usual.
const MAX_STEPS: usize = 12;

/// Halvings (by four) of a step that does not lower the dual.
const MAX_BACKTRACKS: usize = 12;

/// Prices and the bound that they prove.
#[derive(Debug)]
pub(super) struct Dual {
    pub(super) prices: Prices,
    /// Upper bound on the value of any allocation, in millionths.
    pub(super) bound: i64,
    /// Temperature of the softmax that uses the resources up at these prices, about.
    pub(super) temperature: f64,
    /// What each resource offers over what the softmax uses of it; 1 where it is not scarce.
    pub(super) stretch: Prices,
}

/// Finds prices that make the dual small.
pub(super) fn solve<C: Candidates>(problem: &Problem<'_, C>) -> Dual {
    let scarce = Scarce::new(problem);
    let everybody = Descent { problem, scarce: &scarce, sample: None };
    let mut point = vec![0.0; scarce.amounts.len()];
    let mut temperature = problem.value_scale;
    if point.is_empty() || temperature <= 0.0 {
        // Everybody can have the best: no price is needed and the bound is attained.
        return Dual {
            prices: Prices::uniform(problem.n_offers, 0.0),
            bound: problem.best_value,
            temperature: 1.0,
            stretch: Prices::uniform(problem.n_offers, 1.0),
        };
    }
    if problem.n_parties() > 2 * SAMPLE_PARTIES {
        let sample = sample_of(problem.n_parties());
        let descent = Descent { problem, scarce: &scarce, sample: Some(&sample) };
        let mut now = descent.evaluate(point, temperature);
        while now.gap() > SAMPLE_GAP && temperature > COLDEST_SAMPLE * problem.value_scale {
            now = descent.minimise(now);
            temperature *= COOLING;
            now = descent.evaluate(now.point, temperature);
        }
        point = now.point;
    }

    let mut best = everybody.evaluate(point, temperature);
    let mut now = best.clone();
    while best.gap() > TARGET_GAP && temperature > COLDEST * problem.value_scale {
        now = everybody.minimise(now);
        let before = best.dual;
        if now.dual < before {
            best = now.clone();
        }
        let is_stalled = before - best.dual <= STALL * before;
        if now.gap() <= TARGET_GAP || (is_stalled && now.smear() <= STALL) {
            break;
        }
        temperature *= COOLING;
        now = everybody.evaluate(now.point, temperature);
    }
    // Values are whole millionths, so the best allocation is; the margin covers rounding.
    let bound = (best.dual * (1.0 + 1e-11)).floor() as i64;
    let stretch: Vec<f64> = best.sums.usage.iter().zip(&scarce.amounts).map(ratio_or_one).collect();
    let stretch = scarce.spread_out(&stretch, 1.0);
    Dual { prices: scarce.prices(&best.point), bound, temperature: best.temperature, stretch }
}

fn ratio_or_one((used, amount): (&f64, &f64)) -> f64 {
    if *used > 0.0 { amount / used } else { 1.0 }
}

/// Every k-th party, displaced within its k so that no period of the input is met.
fn sample_of(n_parties: usize) -> Vec<u32> {
    let stride = n_parties / SAMPLE_PARTIES;
    (0..SAMPLE_PARTIES)
        .map(|i| {
            // Fibonacci hashing (Knuth, volume 3, 6.4).
            let hash = (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
            (i * stride + hash as usize % stride) as u32
        })
        .collect()
}

/// The dual at one point.
#[derive(Debug, Clone)]
struct Evaluation {
    point: Vec<f64>,
    temperature: f64,
    sums: Sums,
    dual: f64,
    smooth: f64,
    gradient: Vec<f64>,
}

impl Evaluation {
    /// Returns what the choice by softmax loses in net value, as a share of the dual.
    fn smear(&self) -> f64 {
        if self.dual > 0.0 {
            (self.sums.best_net - self.sums.expected_net) / self.dual
        } else {
            0.0
        }
    }

    /// Returns how far the dual may be above its minimum, as a share of it.
    ///
    /// The softmax choice is worth `dual - (best - expected net) - y . (b - usage)`; where its use
    /// is within the resources no allocation's bound can be below that.
    fn gap(&self) -> f64 {
        let slack: f64 =
            self.point.iter().zip(&self.gradient).map(|(price, left)| price * left.abs()).sum();
        self.smear() + if self.dual > 0.0 { slack / self.dual } else { 0.0 }
    }
}

/// Minimises the dual over all parties, or over a sample with its share of the resources.
struct Descent<'a, 'p, C> {
    problem: &'a Problem<'p, C>,
    scarce: &'a Scarce,
    sample: Option<&'a [u32]>,
}

impl<C: Candidates> Descent<'_, '_, C> {
    fn evaluate(&self, point: Vec<f64>, temperature: f64) -> Evaluation {
        let prices = self.scarce.prices(&point);
        let sum =
            |parties: &mut dyn Iterator<Item = usize>| self.sum(parties, &prices, temperature);
        let (parts, share) = match self.sample {
            None => (self.problem.map_chunks(|parties| sum(&mut parties.into_iter())), 1.0),
            Some(sample) => {
                let parts = sample
                    .par_chunks(2_048)
                    .map(|chunk| sum(&mut chunk.iter().map(|&party| party as usize)))
                    .collect();
                (parts, sample.len() as f64 / self.problem.n_parties() as f64)
            }
        };
        let mut sums = Sums::zero(point.len());
        for part in &parts {
            sums.add(part);
        }

        let amounts = self.scarce.amounts.iter().map(|amount| amount * share);
        let priced: f64 = point.iter().zip(amounts.clone()).map(|(y, b)| y * b).sum();
        let gradient = amounts.zip(&sums.usage).map(|(b, used)| b - used).collect();
        let (dual, smooth) = (priced + sums.best_net, priced + sums.smooth_net);
        Evaluation { point, temperature, sums, dual, smooth, gradient }
    }

    /// Newton steps until the prices are as good as the temperature allows.
    fn minimise(&self, start: Evaluation) -> Evaluation {
        let mut now = start;
        for _ in 0..MAX_STEPS {
            let step = self.step(&now);
            let slope: f64 = step.iter().zip(&now.gradient).map(|(d, g)| d * g).sum();
            // Below this the error of the prices is lost in the smear of the temperature.
            if -slope <= (0.01 * now.smear() + 1e-10) * now.dual {
                break;
            }
            let Some(next) = self.descend(&now, &step) else { break };
            now = next;
        }
        now
    }

    fn step(&self, now: &Evaluation) -> Vec<f64> {
        let scale = self.problem.value_scale;
        let mut hessian = now.sums.covariance.clone();
        hessian.scale(1.0 / now.temperature);
        // A thousandth of the curvature that evenly spread values would have: keeps steps finite
        // where nobody is undecided, and hardly matters elsewhere.
        let ridge: Vec<f64> =
            now.sums.squared_usage.iter().map(|squared| 1e-3 * squared / scale).collect();
        let mut step = direction(&now.point, &now.gradient, &hessian, &ridge);

        // No price moves by more than some multiple of what it and the values are.
        let shrink = step.iter().enumerate().fold(1.0_f64, |shrink, (r, d)| {
            let use_of_one = now.sums.squared_usage[r] / now.sums.usage[r].max(f64::MIN_POSITIVE);
            let limit = 8.0 * scale / use_of_one.max(f64::MIN_POSITIVE) + 2.0 * now.point[r];
            if d.abs() > limit { shrink.min(limit / d.abs()) } else { shrink }
        });
        for d in &mut step {
            *d *= shrink;
        }
        step
    }

    fn descend(&self, now: &Evaluation, step: &[f64]) -> Option<Evaluation> {
        let mut length = 1.0;
        for _ in 0..MAX_BACKTRACKS {
            let point: Vec<f64> =
                now.point.iter().zip(step).map(|(y, d)| (y + length * d).max(0.0)).collect();
            let moved = point.iter().zip(&now.point).map(|(new, old)| new - old);
            let predicted: f64 = moved.zip(&now.gradient).map(|(d, g)| d * g).sum();
            let next = self.evaluate(point, now.temperature);
            if next.smooth <= now.smooth + 1e-4 * predicted && next.smooth < now.smooth {
                return Some(next);
            }
            length *= 0.25;
        }
        None
    }

    fn sum(
        &self,
        parties: &mut dyn Iterator<Item = usize>,
        prices: &Prices,
        temperature: f64,
    ) -> Sums {
        let mut sums = Sums::zero(self.scarce.amounts.len());
        let (mut scratch, mut options) = (Vec::new(), Vec::new());
        for party in parties {
            options.clear();
            let mut best = 0.0_f64;
            for candidate in self.problem.of_party(party, &mut scratch) {
                if self.problem.is_usable(candidate) {
                    let net = prices.net(candidate);
                    best = best.max(net);
                    options.push((net, *candidate));
                }
            }
            self.scarce.add_party(&mut sums, &mut options, best, temperature);
        }
        sums
    }
}

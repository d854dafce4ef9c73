//! Random draws: one seeded stream a purpose, so that more draws of one thing move nothing else.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

/// Largest mean that is drawn in one go; `exp` of its negative is still far from zero.
const POISSON_STEP: f64 = 30.0;

/// A stream of draws.
#[derive(Debug, Clone)]
pub(crate) struct Draw {
    stream: Xoshiro256PlusPlus,
    spare_normal: Option<f64>,
}

impl Draw {
    /// The stream of one purpose.
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        let seed = seed ^ Self::fingerprint(&[purpose]).rotate_left(17);
        Self { stream: Xoshiro256PlusPlus::seed_from_u64(seed), spare_normal: None }
    }

    /// The stream of one of many things of one purpose.
    pub(crate) fn numbered(seed: u64, purpose: &str, number: u64) -> Self {
        // The golden ratio spreads numbers that follow each other over all seeds.
        Self::new(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15), purpose)
    }

    /// A number for a text that is given in pieces.
    pub(crate) fn fingerprint(pieces: &[&str]) -> u64 {
        // FNV-1a: short names, told apart with certainty enough for streams.
        pieces.iter().flat_map(|piece| piece.bytes()).fold(0xcbf2_9ce4_8422_2325, |hash, b| {
            (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    /// A number from 0 to below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.stream.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number from `low` to below `high`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.unit() * (high - low)
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number below `n`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.stream.next_u64()) * n as u128) >> 64) as usize
    }

    /// A position below `n`, the first ones more often: of `n` positions the first is drawn with
    /// probability `n^(-1 / skew)`; a skew of 1 favours none.
    pub(crate) fn skewed(&mut self, n: usize, skew: f64) -> usize {
        ((self.unit().powf(skew) * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn whole(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1).max(1) as usize) as i32
    }

    /// One of a fixed list.
    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, list: &[T; N]) -> T {
        const { assert!(N > 0) };
        list[self.below(N)]
    }

    /// A position in a list of weights, as likely as its weight; the last one without weights.
    pub(crate) fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// Standard normal, by Marsaglia's polar method.
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        loop {
            let (u, v) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                let factor = (-2.0 * s.ln() / s).sqrt();
                self.spare_normal = Some(v * factor);
                return u * factor;
            }
        }
    }

    /// Gamma of this shape and scale 1 (Marsaglia and Tsang 2000).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let u = 1.0 - self.unit();
            return self.gamma(shape + 1.0) * u.powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = 1.0 + c * x;
            if v <= 0.0 {
                continue;
            }
            let v = v * v * v;
            let u = 1.0 - self.unit();
            if u < 1.0 - 0.0331 * x.powi(4) || u.ln() < 0.5 * x * x + d * (1.0 - v + v.ln()) {
                return d * v;
            }
        }
    }

    /// Beta.
    pub(crate) fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.gamma(a), self.gamma(b));
        x / (x + y)
    }

    /// Poisson, by products of uniforms; O(mean).
    pub(crate) fn poisson(&mut self, mean: f64) -> u32 {
        let mut left = mean;
        let mut count = 0;
        while left > 0.0 {
            let limit = (-left.min(POISSON_STEP)).exp();
            let mut product = self.unit();
            while product > limit {
                count += 1;
                product *= self.unit();
            }
            left -= POISSON_STEP;
        }
        count
    }

    /// Number of trials up to and with the first success, at least 1.
    pub(crate) fn geometric(&mut self, probability: f64) -> u32 {
        let u = 1.0 - self.unit();
        let trials = 1.0 + (u.ln() / (-probability).ln_1p()).floor();
        // A dropout this rare never comes within any window.
        if trials < 1e9 { trials as u32 } else { 1_000_000_000 }
    }

    /// Shares around `mean`, which sums to 1; the closer, the larger `concentration`.
    pub(crate) fn dirichlet<const N: usize>(
        &mut self,
        mean: &[f64; N],
        concentration: f64,
    ) -> [f64; N] {
        let weights = mean.map(|share| self.gamma(share * concentration) + 1e-12);
        let sum: f64 = weights.iter().sum();
        weights.map(|weight| weight / sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: usize = 20_000;

    fn moments(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let values: Vec<f64> = (0..N).map(|_| draw()).collect();
        let mean = values.iter().sum::<f64>() / N as f64;
        (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / N as f64)
    }

    #[track_caller]
    fn close(found: (f64, f64), mean: f64, variance: f64) {
        // Five standard errors of the mean; the variance has heavier tails.
        assert!((found.0 - mean).abs() < 5.0 * (variance / N as f64).sqrt(), "{found:?}");
        assert!((found.1 / variance - 1.0).abs() < 0.12, "{found:?}");
    }

    #[test]
    fn draws_have_the_moments_of_their_law() {
        let mut d = Draw::new(7, "moments");
        close(moments(|| d.unit()), 0.5, 1.0 / 12.0);
        close(moments(|| d.normal()), 0.0, 1.0);
        close(moments(|| d.gamma(0.9)), 0.9, 0.9);
        close(moments(|| d.gamma(4.0)), 4.0, 4.0);
        // Beta(2, 6): mean 2/8, variance 2*6/(8*8*9).
        close(moments(|| d.beta(2.0, 6.0)), 0.25, 12.0 / 576.0);
        close(moments(|| f64::from(d.poisson(2.5))), 2.5, 2.5);
        close(moments(|| f64::from(d.poisson(70.0))), 70.0, 70.0);
        // Geometric(1/4): mean 4, variance (3/4)/(1/16).
        close(moments(|| f64::from(d.geometric(0.25))), 4.0, 12.0);
    }

    #[test]
    fn shares_sum_to_one_and_weights_of_zero_are_never_drawn() {
        let mut d = Draw::new(7, "shares");
        let shares = d.dirichlet(&[0.5, 0.3, 0.2], 10.0);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((0..1000).all(|_| d.weighted(&[0.0, 2.0, 0.0, 1.0]) % 2 == 1));
        assert!((0..1000).all(|_| (3..=5).contains(&d.whole(3, 5))));
    }

    #[test]
    fn a_stream_depends_on_seed_and_purpose_alone() {
        let first = |seed, purpose| Draw::new(seed, purpose).below(usize::MAX);
        assert_eq!(first(1, "a"), first(1, "a"));
        assert_ne!(first(1, "a"), first(2, "a"));
        assert_ne!(first(1, "a"), first(1, "b"));
    }
}

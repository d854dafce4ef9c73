//! Customers who buy till they leave, with known parameters; for tests and benchmarks.

#![allow(dead_code, reason = "each test binary uses a part")]

use rand::Rng;
use rand::SeedableRng;
use rand_distr::{Beta, Distribution, Exp1, Gamma, Normal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Histories in whole days, one row a customer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Customers {
    pub(crate) x: Vec<i64>,
    pub(crate) t_x: Vec<i64>,
    pub(crate) t: Vec<i64>,
}

/// Parameters of the simulated behaviour, time in weeks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Behaviour {
    pub(crate) r: f64,
    pub(crate) alpha: f64,
    pub(crate) a: f64,
    pub(crate) b: f64,
    /// Whether a customer may leave after the first purchase already.
    pub(crate) may_leave_at_once: bool,
}

impl Behaviour {
    /// The estimates of a BG/NBD for CDNOW.
    pub(crate) const CDNOW: Self =
        Self { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426, may_leave_at_once: false };

    /// The days of all repeat purchases of one customer within `t_days`, ascending; those of one
    /// day are not merged.
    pub(crate) fn purchase_days(&self, t_days: i64, random: &mut impl Rng) -> Vec<i64> {
        let rate = Gamma::new(self.r, 1.0 / self.alpha).expect("positive").sample(random);
        let leaves = Beta::new(self.a, self.b).expect("positive").sample(random);
        let mut days = Vec::new();
        if self.may_leave_at_once && random.r#gen::<f64>() < leaves {
            return days;
        }
        let mut last = 0.0_f64;
        loop {
            let gap: f64 = Exp1.sample(random);
            last += 7.0 * gap / rate;
            if last.is_nan() || last > t_days as f64 {
                return days;
            }
            days.push((last.round() as i64).min(t_days));
            if random.r#gen::<f64>() < leaves || days.len() >= 1_000_000 {
                return days;
            }
        }
    }

    /// Frequency and recency of one customer.
    pub(crate) fn history(&self, t_days: i64, random: &mut impl Rng) -> (i64, i64) {
        let days = self.purchase_days(t_days, random);
        (days.len() as i64, days.last().copied().unwrap_or(0))
    }

    /// Customers who first bought on a day up to `max_t_days` ago, uniformly.
    pub(crate) fn customers(&self, n: usize, max_t_days: i64, seed: u64) -> Customers {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut customers = Customers::default();
        for _ in 0..n {
            let t = random.gen_range(0..=max_t_days);
            let (x, t_x) = self.history(t, &mut random);
            customers.x.push(x);
            customers.t_x.push(t_x);
            customers.t.push(t);
        }
        customers
    }
}

/// Mean spend of repeat purchases under a Gamma-Gamma model; NaN for frequency 0.
pub(crate) fn mean_spend(frequency: &[i64], [p, q, v]: [f64; 3], seed: u64) -> Vec<f64> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    frequency
        .iter()
        .map(|&x| {
            let rate = Gamma::new(q, 1.0 / v).expect("positive").sample(&mut random);
            if x == 0 {
                return f64::NAN;
            }
            let shape = p * x as f64;
            Gamma::new(shape, 1.0 / (rate * x as f64)).expect("positive").sample(&mut random)
        })
        .collect()
}

/// Standard normal numbers.
pub(crate) fn normals(n: usize, seed: u64) -> Vec<f64> {
    let normal = Normal::new(0.0, 1.0).expect("valid");
    let random = Xoshiro256PlusPlus::seed_from_u64(seed);
    normal.sample_iter(random).take(n).collect()
}

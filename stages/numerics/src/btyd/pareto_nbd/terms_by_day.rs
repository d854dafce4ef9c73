//! The derivatives of all histories with one frequency, from one table of times of death.

use super::deaths::{Death, DeathsByDay};
use super::derivatives::{RisingFactorial, Terms};
use super::likelihood::Rates;

/// One, `ln(1 + tau/alpha)`, `A`, `ln(1 + tau/beta)`, `B`, and the products of any two of the last
/// four: what the derivatives of the case of death are made of.
const N_MOMENTS: usize = 15;

/// The derivatives of all histories with one frequency, from one table of times of death.
#[derive(Debug, Clone)]
pub(super) struct TermsByDay {
    rates: Rates,
    frequency: u32,
    time_unit_days: f64,
    deaths: DeathsByDay<N_MOMENTS>,
}

impl TermsByDay {
    pub(super) fn new(rates: &Rates, frequency: u32, time_unit_days: f64, max_t_days: u32) -> Self {
        let deaths = DeathsByDay::new(rates, frequency, time_unit_days, max_t_days, moments);
        Self { rates: *rates, frequency, time_unit_days, deaths }
    }

    /// Returns what [`terms`] does, or `None` beyond the last day of the table.
    ///
    /// By [`terms`]' table of first derivatives, with their means over both cases.
    pub(super) fn at(
        &self,
        recency_days: u32,
        t_days: u32,
        rising: &RisingFactorial,
    ) -> Option<Terms> {
        let cases = self.deaths.cases(recency_days, t_days)?;
        let Rates { r, alpha, s, beta } = self.rates;
        let (ln_alpha_growth, ln_beta_growth) = self.deaths.growth(t_days)?;
        let t = f64::from(t_days) / self.time_unit_days;
        let at_t =
            Death { ln_alpha_growth, ln_beta_growth, a: alpha / (alpha + t), b: beta / (beta + t) };
        let [_, l, a, m, b, ll, la, lm, lb, aa, am, ab, mm, mb, bb] = cases.means;
        let [_, l1, a1, m1, b1, ll1, la1, lm1, lb1, aa1, am1, ab1, mm1, mb1, bb1] = moments(&at_t);
        let alive = cases.p_alive();
        let dead = 1.0 - alive;
        let purchases = r + f64::from(self.frequency);
        let both = |of_dead: f64, of_alive: f64| dead * of_dead + alive * of_alive;
        // Means of the first derivatives, without what is the same in both cases.
        let first = [
            -r * both(l, l1),
            -purchases * both(a, a1),
            dead - s * both(m, m1),
            -both((s + 1.0) * b, s * b1),
        ];
        let mut upper = [[0.0; 4]; 4];
        upper[0] = [
            r * r * both(ll, ll1),
            r * purchases * both(la, la1),
            r * both(s * lm - l, s * lm1),
            r * both((s + 1.0) * lb, s * lb1),
        ];
        upper[1] = [
            0.0,
            purchases * purchases * both(aa, aa1),
            purchases * both(s * am - a, s * am1),
            purchases * both((s + 1.0) * ab, s * ab1),
        ];
        upper[2][2] = both(1.0 - 2.0 * s * m + s * s * mm, s * s * mm1);
        upper[2][3] = both((s + 1.0) * (s * mb - b), s * s * mb1);
        upper[3][3] = both((s + 1.0) * (s + 1.0) * bb, s * s * bb1);
        for i in 0..4 {
            for j in i..4 {
                upper[i][j] -= first[i] * first[j];
            }
        }
        let gradient = [r * rising.first + first[0], r + first[1], first[2], s + first[3]];
        upper[0][0] += gradient[0] + r * r * rising.second;
        upper[0][1] += r * (1.0 - both(a, a1));
        upper[1][1] -= purchases * both(a - aa, a1 - aa1);
        upper[2][2] += gradient[2] - dead;
        upper[2][3] += s * (1.0 - both(b, b1));
        upper[3][3] -= both((s + 1.0) * (b - bb), s * (b1 - bb1));
        let hessian = std::array::from_fn(|i| std::array::from_fn(|j| upper[i.min(j)][i.max(j)]));
        let (then_alpha, then_beta) = self.deaths.growth(recency_days)?;
        let value = rising.ln
            - purchases * then_alpha
            - f64::from(self.frequency) * alpha.ln()
            - s * then_beta
            + cases.ln_total();
        Some(Terms { value, gradient, hessian })
    }
}

fn moments(at: &Death) -> [f64; N_MOMENTS] {
    let Death { ln_alpha_growth: l, ln_beta_growth: m, a, b } = *at;
    [1.0, l, a, m, b, l * l, l * a, l * m, l * b, a * a, a * m, a * b, m * m, m * b, b * b]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::btyd::History;
    use crate::btyd::pareto_nbd::derivatives::terms;

    proptest! {
        #[test]
        fn a_table_has_the_derivatives_of_each_history(
            ln_parameters in prop::array::uniform4(-3.0..4.0_f64),
            frequency in 0_u32..100,
            (recency_days, more) in (0_u32..500, 0_u32..500),
        ) {
            let [r, alpha, s, beta] = ln_parameters.map(f64::exp);
            let rates = Rates { r, alpha, s, beta };
            let rising = RisingFactorial::of(r, frequency);
            let recency_days = if frequency > 0 { recency_days } else { 0 };
            let t_days = recency_days + more;
            let table = TermsByDay::new(&rates, frequency, 7.0, 1_000);
            let found = table.at(recency_days, t_days, &rising).expect("within the table");
            let (recency, t) = (f64::from(recency_days) / 7.0, f64::from(t_days) / 7.0);
            let expected = terms(&rates, &History { frequency, recency, t }, &rising);
            let near = |found: f64, expected: f64| {
                (found - expected).abs() <= 1e-9 * expected.abs().max(f64::from(frequency)).max(1.0)
            };
            prop_assert!(near(found.value, expected.value), "{found:?} {expected:?}");
            for i in 0..4 {
                prop_assert!(near(found.gradient[i], expected.gradient[i]), "{i} {found:?}");
                for j in 0..4 {
                    // Second derivatives are differences of products of the first.
                    let (found, expected) = (found.hessian[i][j], expected.hessian[i][j]);
                    let scale = (1.0 + rates.r + rates.s + f64::from(frequency)).powi(2);
                    prop_assert!((found - expected).abs() <= 1e-9 * scale, "{i} {j} {found} {expected}");
                }
            }
            prop_assert!(table.at(0, 1_001, &rising).is_none());
        }

        /// As those of each history are, at parameters from 1e-4 to 1e4.
        #[test]
        fn derivatives_are_finite_at_the_extremes(
            ln_parameters in prop::array::uniform4(-9.3..9.3_f64),
            frequency in prop_oneof![Just(0), 1_u32..50, 50_u32..=10_000],
            (recency_days, more) in (0_u32..500, prop_oneof![Just(0_u32), 0_u32..500]),
        ) {
            let [r, alpha, s, beta] = ln_parameters.map(f64::exp);
            let rates = Rates { r, alpha, s, beta };
            let recency_days = if frequency > 0 { recency_days } else { 0 };
            let table = TermsByDay::new(&rates, frequency, 7.0, 1_000);
            let rising = RisingFactorial::of(r, frequency);
            let found = table.at(recency_days, recency_days + more, &rising).expect("a day");
            let mut all = found.gradient.iter().chain(found.hessian.iter().flatten());
            prop_assert!(found.value.is_finite() && all.all(|d| d.is_finite()), "{found:?}");
        }
    }
}

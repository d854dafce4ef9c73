//! Concentration of value: Gini coefficient, Lorenz curve, share of the top customers.
//!
//! On whole cents with sums in 128 bits, so that every figure is exact up to its last division and
//! neither row order nor threads can change it. Which of several equal customers counts as larger
//! makes no difference to any of them.

use thiserror::Error;

/// Why a concentration cannot be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ConcentrationError {
    /// There is no customer.
    #[error("no amount, expected one or more")]
    NoAmounts,
    /// An amount is negative.
    #[error("amount {row} is negative, expected 0 or more")]
    Negative {
        /// Row of the amount.
        row: usize,
    },
    /// Nobody has anything.
    #[error("every amount is 0, so that there are no shares of the total")]
    NoTotal,
    /// The weighted sum of amounts needs more than 128 bits.
    #[error("the weighted sum of amounts overflows")]
    Overflow,
}

/// A point of the Lorenz curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LorenzPoint {
    /// Share of customers, the poorest first; from 0 to 1.
    pub customer_share: f64,
    /// Their share of the total; from 0 to 1, never above `customer_share`.
    pub value_share: f64,
}

/// Amounts of a customer base, in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concentration {
    ascending: Vec<i64>,
    total: i128,
    gini_numerator: i128,
}

impl Concentration {
    /// Takes an amount a customer, in cents or any other whole unit, 0 or more.
    ///
    /// A customer whose refunds exceed their purchases has a negative amount, for which none of
    /// these figures is defined; take such customers as 0, or leave them out and say so.
    /// O(N log N) time, 8 bytes a customer.
    ///
    /// # Errors
    ///
    /// [`ConcentrationError`] when there is no amount, one is negative, or all are 0.
    pub fn of_cents(cents: &[i64]) -> Result<Self, ConcentrationError> {
        if cents.is_empty() {
            return Err(ConcentrationError::NoAmounts);
        }
        if let Some(row) = cents.iter().position(|&amount| amount < 0) {
            return Err(ConcentrationError::Negative { row });
        }
        let mut ascending = cents.to_vec();
        ascending.sort_unstable();
        let total: i128 = ascending.iter().map(|&amount| i128::from(amount)).sum();
        if total == 0 {
            return Err(ConcentrationError::NoTotal);
        }
        // Σ (2 i - n - 1) x_i, i from 1.
        let n = ascending.len() as i128;
        let gini_numerator = ascending
            .iter()
            .zip(1_i128..)
            .try_fold(0_i128, |sum, (&amount, i)| {
                sum.checked_add((2 * i - n - 1).checked_mul(i128::from(amount))?)
            })
            .ok_or(ConcentrationError::Overflow)?;
        Ok(Self { ascending, total, gini_numerator })
    }

    /// Returns the number of customers.
    pub fn n_customers(&self) -> usize {
        self.ascending.len()
    }

    /// Returns the sum of all amounts, in the unit given.
    pub fn total_cents(&self) -> i128 {
        self.total
    }

    /// Returns the Gini coefficient: 0 when all have the same, `1 - 1/N` when one has it all.
    ///
    /// `Σ (2 i - N - 1) x_i / (N Σ x)` over ascending amounts (Gini 1912), of the population: not
    /// corrected by `N / (N - 1)`.
    pub fn gini(&self) -> f64 {
        self.gini_numerator as f64 / self.ascending.len() as f64 / self.total as f64
    }

    /// Returns the share of the total that the largest customers have, from 0 to 1.
    ///
    /// `basis_points` of all customers, 1,000 being the top tenth, rounded up to whole customers.
    pub fn top_share(&self, basis_points: u32) -> f64 {
        let top = self.ascending.iter().rev().take(self.n_of(basis_points));
        let sum: i128 = top.map(|&amount| i128::from(amount)).sum();
        sum as f64 / self.total as f64
    }

    /// Returns how many of the largest customers it takes to have a share of the total.
    ///
    /// `basis_points` of the total, 8,000 being four fifths; all customers from 10,000 on.
    pub fn n_customers_with(&self, basis_points: u32) -> usize {
        let wanted = self.total.saturating_mul(i128::from(basis_points.min(10_000)));
        let mut sum = 0_i128;
        let short = self.ascending.iter().rev().take_while(|&&amount| {
            let is_short = sum.saturating_mul(10_000) < wanted;
            sum += i128::from(amount);
            is_short
        });
        short.count()
    }

    /// Returns the Lorenz curve (Lorenz 1905) at `n_steps` even steps, from (0, 0) to (1, 1).
    ///
    /// Each step is rounded down to whole customers, and steps that fall together are one; no step
    /// is taken as one.
    pub fn lorenz(&self, n_steps: u32) -> Vec<LorenzPoint> {
        let n = self.ascending.len();
        let n_steps = u64::from(n_steps.max(1));
        let mut ranks: Vec<usize> = (0..=n_steps)
            .map(|step| (u128::from(step) * n as u128 / u128::from(n_steps)) as usize)
            .collect();
        ranks.dedup();

        let mut rest = self.ascending.iter();
        let (mut n_below, mut sum) = (0, 0_i128);
        ranks
            .into_iter()
            .map(|rank| {
                let next = rest.by_ref().take(rank - n_below);
                sum += next.map(|&amount| i128::from(amount)).sum::<i128>();
                n_below = rank;
                LorenzPoint {
                    customer_share: rank as f64 / n as f64,
                    value_share: sum as f64 / self.total as f64,
                }
            })
            .collect()
    }

    fn n_of(&self, basis_points: u32) -> usize {
        let n = self.ascending.len() as u128;
        (n * u128::from(basis_points.min(10_000))).div_ceil(10_000) as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(cents: &[i64]) -> Concentration {
        Concentration::of_cents(cents).expect("amounts")
    }

    #[test]
    fn figures_of_a_small_shop_are_worked_out_by_hand() {
        // 1 2 3 4 of 10: Gini (-3 - 2 + 3 + 12) / 40 = 1/4.
        let shop = of(&[300, 100, 400, 200]);
        assert!((shop.gini() - 0.25).abs() < 1e-15);
        assert_eq!(shop.total_cents(), 1_000);
        assert!((shop.top_share(2_500) - 0.4).abs() < 1e-15);
        // A tenth of four customers is one.
        assert!((shop.top_share(1_000) - 0.4).abs() < 1e-15);
        assert!((shop.top_share(5_000) - 0.7).abs() < 1e-15);
        assert_eq!(
            [0, 4_000, 4_001, 7_000, 8_000, 10_000].map(|b| shop.n_customers_with(b)),
            [0, 1, 2, 2, 3, 4]
        );
        let curve: Vec<(f64, f64)> =
            shop.lorenz(2).iter().map(|p| (p.customer_share, p.value_share)).collect();
        assert_eq!(curve, [(0.0, 0.0), (0.5, 0.3), (1.0, 1.0)]);
        assert_eq!(shop.lorenz(100).len(), 5);
    }

    #[test]
    fn the_extremes_are_equality_and_one_who_has_it_all() {
        assert!(of(&[7; 9]).gini().abs() < 1e-15);
        let all = of(&[0, 0, 0, 5]);
        assert!((all.gini() - 0.75).abs() < 1e-15);
        assert_eq!(all.n_customers_with(9_999), 1);
    }

    #[test]
    fn large_amounts_are_exact() {
        // Beyond 2^53 a float loses the cent that makes the difference.
        let near = of(&[(1 << 60) + 1, 1 << 60]);
        assert_eq!(near.total_cents(), (1 << 61) + 1);
        assert!((near.gini() * 2.0 * near.total_cents() as f64 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_concentration_is_named() {
        let error = |cents: &[i64]| Concentration::of_cents(cents).expect_err("is refused");
        assert_eq!(error(&[]), ConcentrationError::NoAmounts);
        assert_eq!(error(&[3, -1]), ConcentrationError::Negative { row: 1 });
        assert_eq!(error(&[0, 0]), ConcentrationError::NoTotal);
    }

    proptest! {
        #[test]
        fn the_gini_is_the_mean_difference_and_the_area_above_the_curve(
            cents in prop::collection::vec(0_i64..1_000, 1..40),
        ) {
            prop_assume!(cents.iter().any(|&amount| amount > 0));
            let found = of(&cents);
            let n = cents.len() as f64;
            let differences: i64 =
                cents.iter().flat_map(|a| cents.iter().map(move |b| (a - b).abs())).sum();
            let mean_difference = differences as f64 / (2.0 * n * found.total_cents() as f64);
            prop_assert!((found.gini() - mean_difference).abs() < 1e-12);
            let curve = found.lorenz(cents.len() as u32);
            let area: f64 = curve
                .windows(2)
                .map(|p| f64::midpoint(p[0].value_share, p[1].value_share)
                    * (p[1].customer_share - p[0].customer_share))
                .sum();
            prop_assert!((found.gini() - (1.0 - 2.0 * area)).abs() < 1e-12);
            prop_assert!(curve.iter().all(|p| p.value_share <= p.customer_share + 1e-12));
        }

        #[test]
        fn order_does_not_matter_and_the_smallest_top_is_found(
            (cents, shuffled) in prop::collection::vec(0_i64..50, 1..30).prop_flat_map(|cents| {
                (Just(cents.clone()), Just(cents).prop_shuffle())
            }),
            basis_points in 1_u32..10_000,
        ) {
            prop_assume!(cents.iter().any(|&amount| amount > 0));
            let found = of(&cents);
            prop_assert_eq!(&found, &of(&shuffled));
            let n = found.n_customers_with(basis_points);
            let top = |n: usize| -> i128 {
                let mut cents = cents.clone();
                cents.sort_unstable_by(|a, b| b.cmp(a));
                cents.iter().take(n).map(|&amount| i128::from(amount)).sum()
            };
            let wanted = found.total_cents() * i128::from(basis_points);
            prop_assert!(top(n) * 10_000 >= wanted && top(n - 1) * 10_000 < wanted);
        }
    }
}

//! Ranks and tiers by customer lifetime value.

use idip_numerics::percent_rank::RankTable;
use rayon::prelude::*;

/// Tiers from the highest, each with the share of customers down to its end, in percent.
pub(super) const TIERS: [(&str, u64); 6] =
    [("platinum", 1), ("gold", 5), ("silver", 10), ("bronze", 25), ("medium", 50), ("low", 100)];

/// Where one value stands among all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standing {
    /// Number of values as high or higher: equals share the worst rank.
    pub(super) rank: u64,
    /// Share of the others that are lower.
    pub(super) percentile: f64,
    /// Position of the tier in [`TIERS`].
    pub(super) tier: usize,
}

/// All values, to tell where one of them stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Standings(RankTable);

impl Standings {
    pub(super) fn new(values: impl IntoParallelIterator<Item = f64>) -> Self {
        Self(RankTable::new(values))
    }

    /// Brings near what telling where these values stand will read.
    pub(super) fn bring_near(&self, values: impl Iterator<Item = f64>) {
        self.0.bring_near(values);
    }

    /// Tells where one of the values stands; NaN stands nowhere.
    pub(super) fn of(&self, value: f64) -> Option<Standing> {
        let n_lower = self.0.n_smaller(value)? as u64;
        let n = self.0.len() as u64;
        let rank = n - n_lower;
        let n_others = n.saturating_sub(1).max(1);
        Some(Standing { rank, percentile: n_lower as f64 / n_others as f64, tier: tier(rank, n) })
    }
}

fn tier(rank: u64, n: u64) -> usize {
    TIERS.iter().position(|&(_, percent)| 100 * rank <= percent * n).unwrap_or(TIERS.len() - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn standings(values: &[Option<f64>]) -> Vec<Option<Standing>> {
        let all = Standings::new(values.iter().copied().flatten().collect::<Vec<_>>());
        values.iter().map(|value| all.of((*value)?)).collect()
    }

    fn tiers(values: &[Option<f64>]) -> Vec<Option<&'static str>> {
        standings(values).into_iter().map(|at| at.map(|at| TIERS[at.tier].0)).collect()
    }

    #[test]
    fn a_hundred_customers_fill_the_tiers() {
        let values: Vec<_> = (1..=100).map(|value| Some(f64::from(value))).collect();
        let tiers = tiers(&values);
        let n = |name: &str| tiers.iter().filter(|tier| **tier == Some(name)).count();
        let found = TIERS.map(|(name, _)| n(name));
        assert_eq!(found, [1, 4, 5, 15, 25, 50]);
        assert_eq!(tiers[99], Some("platinum"));
        assert_eq!(tiers[94], Some("silver"));
    }

    #[test]
    fn equals_share_the_lower_tier_and_who_has_no_value_has_none() {
        // Four values; the two highest are half of them: medium. The others are not: low.
        let values = [Some(5.0), None, Some(9.0), Some(9.0), Some(1.0)];
        let found: Vec<_> = standings(&values).into_iter().map(|at| at.map(|at| at.rank)).collect();
        assert_eq!(found, [Some(3), None, Some(2), Some(2), Some(4)]);
        assert_eq!(
            tiers(&values),
            [Some("low"), None, Some("medium"), Some("medium"), Some("low")]
        );
        // One customer is all customers, not the best hundredth of them.
        assert_eq!(tiers(&[Some(7.0)]), [Some("low")]);
        assert_eq!(standings(&[]), []);
    }

    proptest! {
        #[test]
        fn a_tier_never_holds_more_than_its_share(
            values in prop::collection::vec(0_u32..40, 1..300),
        ) {
            let values: Vec<_> = values.into_iter().map(|v| Some(f64::from(v))).collect();
            let standings: Vec<_> = standings(&values).into_iter().flatten().collect();
            for (position, (_, percent)) in TIERS.iter().enumerate() {
                let n = standings.iter().filter(|at| at.tier <= position).count() as u64;
                prop_assert!(100 * n <= percent * values.len() as u64);
            }
            for (a, b) in standings.iter().zip(&values) {
                let n_high = values.iter().filter(|v| *v >= b).count() as u64;
                prop_assert_eq!(a.rank, n_high);
            }
        }
    }
}

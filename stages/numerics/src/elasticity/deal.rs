//! How prone customers are to buy on a deal.

use crate::shrinkage::{RatePrior, Trials};

/// A customer's share of purchases on a deal, shrunk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DealProneness {
    /// Share of the next purchases expected to be on a deal, from 0 to 1.
    pub share: f64,
    /// Share of the customer's own purchases in it, from 0 to 1: `n / (n + strength)`.
    pub reliability: f64,
    /// Purchases; may be weighted, by spend for example.
    pub n: f64,
}

/// Returns how prone each customer is to buy on a deal, and the prior they are shrunk to.
///
/// Beta-binomial: `(on deal + k p) / (n + k)`, with the prior of [`RatePrior::from_groups`] over the
/// customers themselves and `fallback` where it cannot be estimated. In the order given.
pub fn deal_proneness(
    purchases: &[Trials],
    fallback: RatePrior,
) -> (RatePrior, Vec<DealProneness>) {
    let prior = RatePrior::from_groups(purchases, fallback);
    let of_customer = |trials: &Trials| {
        let n = if trials.n.is_finite() { trials.n.max(0.0) } else { 0.0 };
        let total = n + prior.strength();
        DealProneness {
            share: prior.shrink(*trials),
            reliability: if total > 0.0 { n / total } else { 0.0 },
            n,
        }
    };
    (prior, purchases.iter().map(of_customer).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shrinkage::PriorBasis;

    fn trials(successes: f64, n: f64) -> Trials {
        Trials { successes, n }
    }

    #[test]
    fn one_purchase_on_a_deal_makes_no_bargain_hunter() {
        // Rates .3 .5 .7 of 100 have the prior mean .5 worth 5.6 trials (see `shrinkage`).
        let customers = [trials(30.0, 100.0), trials(50.0, 100.0), trials(70.0, 100.0)];
        let (prior, found) = deal_proneness(&customers, RatePrior::new(0.2, 10.0));
        assert_eq!(prior.basis(), PriorBasis::Estimated);
        assert!((found[2].share - (70.0 + 2.8) / 105.6).abs() < 1e-12);
        assert!((found[2].reliability - 100.0 / 105.6).abs() < 1e-12);
        let (_, lone) = deal_proneness(&[trials(1.0, 1.0)], RatePrior::new(0.2, 9.0));
        // The prior's mean is (1 + 9 * .2) / 10 = .28; the customer's (1 + 9 * .28) / 10.
        assert!((lone[0].share - 0.352).abs() < 1e-12, "{lone:?}");
    }

    proptest! {
        #[test]
        fn customers_keep_their_order(
            customers in prop::collection::vec((0_u32..20, 0_u32..20), 2..30),
        ) {
            let customers: Vec<Trials> = customers
                .iter()
                .map(|&(deal, other)| trials(f64::from(deal), f64::from(deal + other)))
                .collect();
            let (_, found) = deal_proneness(&customers, RatePrior::new(0.3, 5.0));
            for (a, trials_a) in found.iter().zip(&customers) {
                for (b, trials_b) in found.iter().zip(&customers) {
                    // More deals among as many purchases: more prone.
                    let is_same_n = (trials_a.n - trials_b.n).abs() < 0.5;
                    prop_assert!(
                        !is_same_n || trials_a.successes > trials_b.successes
                            || a.share <= b.share + 1e-12
                    );
                }
            }
        }
    }
}

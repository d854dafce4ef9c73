//! The order in which a party's channels are tried.
//!
//! First the channel the party asked for. Then the channels by the share of its campaigns that the
//! party answered, shrunken to the channel's own rate, and that one to the rate of all:
//!
//! `p_c = (R_c + k p) / (N_c + k)`, `p_ic = (r_ic + k p_c) / (n_ic + k)`
//!
//! with `r`, `R` the answers and `n`, `N` the contacts of the party and of everybody, and `k` the
//! configured strength. Equal rates keep the configured order, as do all without any history.

use idip_numerics::shrinkage::{RatePrior, Trials};

/// Answers and contacts by channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Answers {
    pub(crate) n_contacts: i64,
    pub(crate) n_responses: i64,
}

impl Answers {
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            n_contacts: self.n_contacts + other.n_contacts,
            n_responses: self.n_responses + other.n_responses,
        }
    }

    fn trials(self) -> Trials {
        Trials { successes: self.n_responses as f64, n: self.n_contacts as f64 }
    }
}

/// What is known of each channel before a party's own history.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChannelRates {
    priors: Vec<RatePrior>,
}

impl ChannelRates {
    /// Returns the rates from everybody's answers, one entry a channel.
    pub(crate) fn new(everybody: &[Answers], strength: f64) -> Self {
        let all = everybody.iter().fold(Answers::default(), |all, &one| all.and(one));
        let overall = RatePrior::new(0.0, 0.0).shrink(all.trials());
        let channel_prior = RatePrior::new(overall, strength);
        let priors = everybody
            .iter()
            .map(|channel| RatePrior::new(channel_prior.shrink(channel.trials()), strength))
            .collect();
        Self { priors }
    }

    /// Writes the positions of the channels into `order`, the one to try first at the front.
    ///
    /// `own` has one entry a channel.
    pub(crate) fn order(&self, preferred: Option<usize>, own: &[Answers], order: &mut Vec<usize>) {
        order.clear();
        order.extend(0..self.priors.len());
        let rate = |channel: usize| match (self.priors.get(channel), own.get(channel)) {
            (Some(prior), Some(own)) => prior.shrink(own.trials()),
            _ => 0.0,
        };
        order.sort_by(|&a, &b| {
            let asked_for = (Some(b) == preferred).cmp(&(Some(a) == preferred));
            asked_for.then_with(|| rate(b).total_cmp(&rate(a))).then(a.cmp(&b))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(n_responses: i64, n_contacts: i64) -> Answers {
        Answers { n_contacts, n_responses }
    }

    fn order(rates: &ChannelRates, preferred: Option<usize>, own: &[Answers]) -> Vec<usize> {
        let mut order = Vec::new();
        rates.order(preferred, own, &mut order);
        order
    }

    #[test]
    fn without_history_the_configured_order_stands_behind_the_preference() {
        let none = [Answers::default(); 3];
        let rates = ChannelRates::new(&none, 20.0);
        assert_eq!(order(&rates, None, &none), [0, 1, 2]);
        assert_eq!(order(&rates, Some(2), &none), [2, 0, 1]);
    }

    #[test]
    fn a_party_follows_everybody_until_its_own_history_says_more() {
        // Overall 30 of 200, 0.15. Channels: (10 + 3) / 120 = 0.108, (20 + 3) / 120 = 0.192.
        let rates = ChannelRates::new(&[answers(10, 100), answers(20, 100)], 20.0);
        assert_eq!(order(&rates, None, &[answers(0, 0), answers(0, 0)]), [1, 0]);
        // One answer to one contact: (1 + 2.17) / 21 = 0.151 stays below 0.192.
        assert_eq!(order(&rates, None, &[answers(1, 1), answers(0, 0)]), [1, 0]);
        // Three of three: (3 + 2.17) / 23 = 0.225.
        assert_eq!(order(&rates, None, &[answers(3, 3), answers(0, 0)]), [0, 1]);
    }
}

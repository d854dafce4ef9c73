//! Budget and stock: who gets which of the offers worth making.

use crate::prices::Prices;
use crate::wish::{Outcome, Wish, Wishes};

/// The offers of a night and the prices at which they clear.
#[derive(Debug)]
pub(crate) struct Allocation {
    outcomes: Vec<Outcome>,
    prices: Prices,
    margin_share: f64,
}

impl Allocation {
    /// Returns what a party that competed gets.
    pub(crate) fn outcome(&self, party: usize) -> Outcome {
        self.outcomes.get(party).copied().unwrap_or(Outcome::NoEligibleOffer)
    }

    /// Returns what a party would have got that did not compete, by the prices of the night.
    ///
    /// `draw`, from 0 to 1, settles what is worth exactly its price: as large a share gets the
    /// better of two as of those who competed.
    pub(crate) fn shadow(&self, wishes: &[Wish], draw: f64) -> Outcome {
        let choice = match Choice::of(wishes, &self.prices) {
            Choice::Clear(choice) => choice,
            Choice::Margin(_) if draw < self.margin_share => {
                tied(wishes, &self.prices).max_by(|a, b| a.value.total_cmp(&b.value)).copied()
            }
            Choice::Margin(or_less) => or_less,
        };
        if let Some(wish) = choice {
            return Outcome::Assigned(wish);
        }
        let is_affordable =
            |wish: &Wish| wish.value - self.prices.budget * wish.cost as f64 > margin(wish);
        if wishes.iter().any(is_affordable) { Outcome::Stock } else { Outcome::Budget }
    }

    /// Returns what one more unit of money would be worth.
    pub(crate) fn budget_price(&self) -> f64 {
        self.prices.budget
    }

    /// Returns what one more piece of an offer would be worth, in minor units.
    pub(crate) fn stock_price(&self, offer: usize) -> f64 {
        self.prices.stock.get(offer).copied().unwrap_or(0.0)
    }
}

/// Differences of surplus that count as none, as a share of the value: prices are known to a few
/// units in the last place.
const MARGIN: f64 = 1e-9;

fn margin(wish: &Wish) -> f64 {
    wish.value * MARGIN
}

/// What a party takes at given prices.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Choice {
    /// One wish, or nothing, is better than all else.
    Clear(Option<Wish>),
    /// Several are as good; the one that takes least, or nothing.
    Margin(Option<Wish>),
}

impl Choice {
    fn of(wishes: &[Wish], prices: &Prices) -> Self {
        let Some((best, surplus)) = prices.best(wishes) else { return Self::Clear(None) };
        if surplus < -margin(best) {
            return Self::Clear(None);
        }
        if surplus <= margin(best) {
            return Self::Margin(None);
        }
        if tied(wishes, prices).nth(1).is_none() {
            return Self::Clear(Some(*best));
        }
        let least = tied(wishes, prices).min_by(|a, b| a.value.total_cmp(&b.value));
        Self::Margin(least.copied())
    }
}

/// The wishes whose surplus is the largest, or as good as.
fn tied<'a>(wishes: &'a [Wish], prices: &'a Prices) -> impl Iterator<Item = &'a Wish> {
    let most = prices.best(wishes).map_or(0.0, |(_, surplus)| surplus);
    wishes.iter().filter(move |wish| prices.surplus(wish) >= most - margin(wish))
}

/// Chooses at most one wish for each party of `compete`, within budget and stock.
///
/// `compete` holds positions of parties, in the order in which equals are served. Nothing is left
/// that would still serve a party that goes without. Costs a few passes over the wishes for each
/// limit that binds.
pub(crate) fn allocate(
    wishes: &Wishes,
    compete: &[u32],
    budget: Option<i64>,
    stock: &[Option<u64>],
) -> Allocation {
    let prices = Prices::clearing(wishes, compete, budget, stock);
    let mut left = Left { budget, stock: stock.to_vec() };
    let mut taken: Vec<Option<Wish>> = vec![None; wishes.len()];

    // Those to whom it matters go before those to whom it is all the same; these first get the
    // least, so that nobody goes without for another's better.
    let mut at_margin = Vec::new();
    for &party in compete {
        let (choice, is_margin) = match Choice::of(wishes.of(party as usize), &prices) {
            Choice::Clear(choice) => (choice, false),
            Choice::Margin(least) => (least, true),
        };
        if is_margin {
            at_margin.push((party, choice));
        } else if let Some(wish) = choice.filter(|wish| left.take(wish)) {
            take(&mut taken, party, wish);
        }
    }
    for &(party, least) in &at_margin {
        if let Some(wish) = least.filter(|wish| left.take(wish)) {
            take(&mut taken, party, wish);
        }
    }
    let mut n_served = 0;
    for &(party, _) in &at_margin {
        let current = taken.get(party as usize).copied().flatten();
        if let Some(wish) = current {
            left.give_back(&wish);
        }
        let mut choices: Vec<&Wish> = tied(wishes.of(party as usize), &prices).collect();
        choices.sort_by(|a, b| b.value.total_cmp(&a.value));
        // What it had is among the tied, and fits again.
        if let Some(position) = choices.iter().position(|wish| left.take(wish)) {
            n_served += usize::from(position == 0);
            if let Some(&&wish) = choices.get(position) {
                take(&mut taken, party, wish);
            }
        }
    }

    // What prices leave over is less than a party at each limit; it still serves whom it can.
    let mut rest: Vec<(f64, usize, u32, Wish)> = compete
        .iter()
        .enumerate()
        .filter(|&(_, &party)| taken.get(party as usize).is_some_and(Option::is_none))
        .flat_map(|(rank, &party)| {
            let of_party = wishes.of(party as usize).iter();
            let prices = &prices;
            of_party.map(move |wish| (prices.surplus(wish), rank, party, *wish))
        })
        .collect();
    rest.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, _, party, wish) in rest {
        if taken.get(party as usize).is_some_and(Option::is_none) && left.take(&wish) {
            take(&mut taken, party, wish);
        }
    }

    let outcomes = taken
        .iter()
        .enumerate()
        .map(|(party, taken)| match taken {
            Some(wish) => Outcome::Assigned(*wish),
            None if wishes.of(party).iter().any(|wish| left.has_piece(wish)) => Outcome::Budget,
            None => Outcome::Stock,
        })
        .collect();
    let margin_share = match at_margin.len() {
        0 => 0.0,
        n => n_served as f64 / n as f64,
    };
    Allocation { outcomes, prices, margin_share }
}

fn take(taken: &mut [Option<Wish>], party: u32, wish: Wish) {
    if let Some(slot) = taken.get_mut(party as usize) {
        *slot = Some(wish);
    }
}

/// What is left of the limits.
#[derive(Debug)]
struct Left {
    budget: Option<i64>,
    stock: Vec<Option<u64>>,
}

impl Left {
    fn has_piece(&self, wish: &Wish) -> bool {
        self.stock.get(wish.offer as usize) != Some(&Some(0))
    }

    /// Takes what a wish needs, if it is there.
    fn take(&mut self, wish: &Wish) -> bool {
        if !self.has_piece(wish) || self.budget.is_some_and(|left| left < wish.cost) {
            return false;
        }
        if let Some(left) = &mut self.budget {
            *left -= wish.cost;
        }
        if let Some(Some(left)) = self.stock.get_mut(wish.offer as usize) {
            *left -= 1;
        }
        true
    }

    fn give_back(&mut self, wish: &Wish) {
        if let Some(left) = &mut self.budget {
            *left += wish.cost;
        }
        if let Some(Some(left)) = self.stock.get_mut(wish.offer as usize) {
            *left += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wishes(parties: &[Vec<(u32, f64, i64)>]) -> Wishes {
        let mut wishes = Wishes::default();
        for party in parties {
            wishes.begin_party();
            for &(offer, value, cost) in party {
                wishes.push(Wish { offer, value, cost });
            }
        }
        wishes
    }

    fn value(allocation: &Allocation, n: usize) -> f64 {
        (0..n).filter_map(|i| allocation.outcome(i).wish().map(|wish| wish.value)).sum()
    }

    /// The best total value, by trying everything.
    fn best(parties: &[Vec<(u32, f64, i64)>], budget: Option<i64>, stock: &[Option<u64>]) -> f64 {
        let Some((first, rest)) = parties.split_first() else { return 0.0 };
        let mut most = best(rest, budget, stock);
        for &(offer, value, cost) in first {
            let mut left = stock.to_vec();
            let enough = budget.is_none_or(|left| left >= cost);
            if enough && left[offer as usize] != Some(0) {
                left[offer as usize] = left[offer as usize].map(|n| n - 1);
                most = most.max(value + best(rest, budget.map(|left| left - cost), &left));
            }
        }
        most
    }

    #[test]
    fn the_price_of_money_is_the_worth_of_the_party_that_just_misses_it() {
        // Worth 9, 7 and 4 for 2 each; 4 buys the first two. One more cent is worth 4 / 2 to the
        // third.
        let parties = [vec![(0, 4.0, 2)], vec![(0, 9.0, 2)], vec![(0, 7.0, 2)]];
        let allocation = allocate(&wishes(&parties), &[0, 1, 2], Some(4), &[None]);
        assert_eq!(allocation.outcome(0), Outcome::Budget);
        assert!((value(&allocation, 3) - 16.0).abs() < 1e-9);
        assert!((allocation.budget_price() - 2.0).abs() < 1e-6);
    }

    #[test]
    fn the_price_of_a_piece_is_what_the_next_party_would_gain_by_it() {
        // Offer 0 is worth 5, 4 and 3 more than offer 1; there is one piece of it.
        let parties = [
            vec![(0, 6.0, 0), (1, 1.0, 0)],
            vec![(0, 6.0, 0), (1, 2.0, 0)],
            vec![(0, 6.0, 0), (1, 3.0, 0)],
        ];
        let allocation = allocate(&wishes(&parties), &[0, 1, 2], None, &[Some(1), None]);
        assert!((value(&allocation, 3) - 11.0).abs() < 1e-9);
        assert!((allocation.stock_price(0) - 4.0).abs() < 1e-9);
    }

    #[test]
    fn identical_parties_share_two_offers_as_the_budget_allows() {
        // Ten parties: 10 for 5 or 18 for 20; 80 buys ten of the first (50) and upgrades two.
        let parties = vec![vec![(0, 10.0, 5), (1, 18.0, 20)]; 10];
        let order: Vec<u32> = (0..10).collect();
        let allocation = allocate(&wishes(&parties), &order, Some(80), &[None, None]);
        let n_dear = (0..10)
            .filter(|&i| allocation.outcome(i).wish().is_some_and(|wish| wish.offer == 1))
            .count();
        assert_eq!(n_dear, 2);
        assert!((value(&allocation, 10) - 116.0).abs() < 1e-9);
        // A fifth of those held back would have had the dear one, by their draw.
        let shadow = |draw| allocation.shadow(wishes(&parties).of(0), draw);
        assert_eq!(shadow(0.19).wish().map(|wish| wish.offer), Some(1));
        assert_eq!(shadow(0.21).wish().map(|wish| wish.offer), Some(0));
    }

    #[test]
    fn a_party_held_back_is_told_which_limit_stood_against_it() {
        let scarce = [vec![(0, 9.0, 0)], vec![(0, 8.0, 0)]];
        let allocation = allocate(&wishes(&scarce), &[0, 1], None, &[Some(1)]);
        let weak = [Wish { offer: 0, value: 7.0, cost: 0 }];
        assert_eq!(allocation.shadow(&weak, 0.0), Outcome::Stock);
        let dear = [vec![(0, 9.0, 3)], vec![(0, 8.0, 3)]];
        let allocation = allocate(&wishes(&dear), &[0, 1], Some(3), &[None]);
        let weak = [Wish { offer: 0, value: 7.0, cost: 3 }];
        assert_eq!(allocation.shadow(&weak, 0.0), Outcome::Budget);
    }

    prop_compose! {
        fn problems()(
            parties in prop::collection::vec(
                prop::collection::btree_map(0_u32..3, (1_u32..50, 0_i64..20), 0..4),
                0..7,
            ),
            budget in prop::option::of(0_i64..60),
            stock in prop::collection::vec(prop::option::of(0_u64..4), 3),
        ) -> (Vec<Vec<(u32, f64, i64)>>, Option<i64>, Vec<Option<u64>>) {
            let parties = parties
                .into_iter()
                .map(|wishes| {
                    wishes.into_iter().map(|(o, (v, c))| (o, f64::from(v), c)).collect()
                })
                .collect();
            (parties, budget, stock)
        }
    }

    proptest! {
        #[test]
        fn the_dual_bounds_what_can_be_had_and_limits_hold((parties, budget, stock) in problems()) {
            let wishes = wishes(&parties);
            let order: Vec<u32> = (0..parties.len() as u32).collect();
            let allocation = allocate(&wishes, &order, budget, &stock);
            let optimum = best(&parties, budget, &stock);
            prop_assert!(value(&allocation, parties.len()) <= optimum + 1e-9);

            let prices = &allocation.prices;
            let surplus: f64 = (0..parties.len())
                .filter_map(|i| prices.best(wishes.of(i)))
                .map(|(_, surplus)| surplus.max(0.0))
                .sum();
            let money = budget.map_or(0.0, |budget| prices.budget * budget as f64);
            let pieces: f64 = stock
                .iter()
                .zip(&prices.stock)
                .map(|(stock, price)| stock.map_or(0.0, |stock| stock as f64 * price))
                .sum();
            prop_assert!(surplus + money + pieces >= optimum - 1e-6);
        }

        #[test]
        fn one_limit_alone_costs_less_than_the_wish_that_does_not_fit(
            (parties, budget, _) in problems(),
        ) {
            let order: Vec<u32> = (0..parties.len() as u32).collect();
            let allocation = allocate(&wishes(&parties), &order, budget, &[None, None, None]);
            let largest = parties.iter().flatten().map(|wish| wish.1).fold(0.0, f64::max);
            let optimum = best(&parties, budget, &[None, None, None]);
            prop_assert!(value(&allocation, parties.len()) >= optimum - largest - 1e-9);
        }
    }
}

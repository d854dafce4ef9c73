//! Prices of money and pieces: what one more unit of each limit is worth.
//!
//! The offers are a choice of at most one wish a party under shared limits. Lagrange multipliers,
//! `λ` for the budget and `μ_j` for the stock of offer `j`, take the limits into the values: at the
//! right prices every party just takes the wish of largest surplus `v_ij − λ c_ij − μ_j`, if it is
//! above 0. They minimise
//!
//! `g(λ, μ) = Σ_i max(0, max_j (v_ij − λ c_ij − μ_j)) + λ B + Σ_j μ_j s_j`,
//!
//! which is never below the best allocation. It is minimised a price at a time, each to its exact
//! minimum (synchronous coordinate descent, Zhang et al. 2020, "Solving Billion-Scale Knapsack
//! Problems", WWW).

use rayon::prelude::*;

use crate::wish::{Wish, Wishes};

/// Rounds over all prices; they stop changing after a few.
const MAX_ROUNDS: usize = 12;

/// What one more unit of each limit is worth; 0 where there is room.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prices {
    /// Value of one more unit of money.
    pub(crate) budget: f64,
    /// Value of one more piece, in minor units, by offer.
    pub(crate) stock: Vec<f64>,
}

impl Prices {
    /// Finds prices at which the parties of `compete` together want no more than there is.
    pub(crate) fn clearing(
        wishes: &Wishes,
        compete: &[u32],
        budget: Option<i64>,
        stock: &[Option<u64>],
    ) -> Self {
        let mut prices = Self { budget: 0.0, stock: vec![0.0; stock.len()] };
        for _ in 0..MAX_ROUNDS {
            let before = prices.clone();
            for (offer, &pieces) in stock.iter().enumerate() {
                let Some(pieces) = pieces else { continue };
                let price = prices.piece(wishes, compete, offer as u32, pieces);
                if let Some(slot) = prices.stock.get_mut(offer) {
                    *slot = price;
                }
            }
            if let Some(budget) = budget {
                prices.budget = prices.money(wishes, compete, budget);
            }
            if prices == before {
                break;
            }
        }
        prices
    }

    /// Value of a wish beyond what it takes from others.
    pub(crate) fn surplus(&self, wish: &Wish) -> f64 {
        let piece = self.stock.get(wish.offer as usize).copied().unwrap_or(0.0);
        wish.value - self.budget * wish.cost as f64 - piece
    }

    /// The wish of largest surplus; the first offer among equals.
    pub(crate) fn best<'a>(&self, wishes: &'a [Wish]) -> Option<(&'a Wish, f64)> {
        let mut best: Option<(&Wish, f64)> = None;
        for wish in wishes {
            let surplus = self.surplus(wish);
            if best.is_none_or(|(_, most)| surplus > most) {
                best = Some((wish, surplus));
            }
        }
        best
    }

    /// Price of a piece of `offer` at which at most `pieces` parties want one, the others fixed: a
    /// party wants it below its surplus over the party's best other wish.
    fn piece(&self, wishes: &Wishes, compete: &[u32], offer: u32, pieces: u64) -> f64 {
        let mut limits: Vec<f64> = compete
            .par_iter()
            .filter_map(|&party| {
                let of_party = wishes.of(party as usize);
                let wish = of_party.iter().find(|wish| wish.offer == offer)?;
                let other = of_party.iter().filter(|wish| wish.offer != offer);
                let best_other = other.map(|wish| self.surplus(wish)).fold(0.0, f64::max);
                let limit = wish.value - self.budget * wish.cost as f64 - best_other;
                (limit > 0.0).then_some(limit)
            })
            .collect();
        let Ok(rank) = usize::try_from(pieces) else { return 0.0 };
        if limits.len() <= rank {
            return 0.0;
        }
        *limits.select_nth_unstable_by(rank, |a, b| b.total_cmp(a)).1
    }

    /// Price of money at which the wishes together fit the budget, the others fixed.
    ///
    /// As the price rises from 0 a party goes from its most valued wish to cheaper ones and at last
    /// to none. The price is the lowest of these steps after which what is left to pay fits.
    fn money(&self, wishes: &Wishes, compete: &[u32], budget: i64) -> f64 {
        let free = Self { budget: 0.0, stock: self.stock.clone() };
        let mut steps: Vec<Step> = compete
            .par_iter()
            .fold(Vec::new, |mut steps, &party| {
                free.steps(wishes.of(party as usize), &mut steps);
                steps
            })
            .flatten()
            .collect();
        let mut spending: i128 = steps.iter().map(|step| i128::from(step.saving)).sum();
        if spending <= i128::from(budget) {
            return 0.0;
        }
        steps.par_sort_unstable_by(|a, b| a.price.total_cmp(&b.price));
        for step in &steps {
            spending -= i128::from(step.saving);
            if spending <= i128::from(budget) {
                return step.price;
            }
        }
        steps.last().map_or(0.0, |step| step.price)
    }

    /// Adds the steps by which a party spends less as the price of money rises from 0: the upper
    /// hull of its wishes and of none, over their costs.
    fn steps(&self, wishes: &[Wish], steps: &mut Vec<Step>) {
        let none = (0.0, 0);
        let mut current = wishes
            .iter()
            .map(|wish| (self.surplus(wish), wish.cost))
            .fold(none, |a, b| if b.0 > a.0 || (b.0 >= a.0 && b.1 < a.1) { b } else { a });
        while current.1 > 0 {
            let mut next = (f64::INFINITY, none);
            let others = wishes.iter().map(|wish| (self.surplus(wish), wish.cost));
            for other in others.chain([none]).filter(|other| other.1 < current.1) {
                let price = (current.0 - other.0) / (current.1 - other.1) as f64;
                if price < next.0 || (price <= next.0 && other.1 < next.1.1) {
                    next = (price, other);
                }
            }
            steps.push(Step { price: next.0, saving: current.1 - next.1.1 });
            current = next.1;
        }
    }
}

/// A price of money from which a party spends less.
#[derive(Debug, Clone, Copy)]
struct Step {
    price: f64,
    saving: i64,
}

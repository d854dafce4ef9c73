//! Choice where many parties are undecided between equally good candidates.
//!
//! At the right prices every allocation is optimal that uses the priced resources up and gives
//! each party a candidate of (nearly) the best net value. With many equal parties that leaves
//! choice after choice, and what matters is the balance: so parties are taken one by one, and each
//! takes the one of its good candidates that keeps the use of all resources closest to schedule.

use super::candidates::{Candidate, Candidates};
use super::dual::Dual;
use super::problem::Problem;
use super::rounding::Choice;

/// A candidate that the softmax gives less than this is not good enough to balance with.
const MIN_PROBABILITY: f64 = 0.01;

/// One of the good candidates of a party.
#[derive(Debug, Clone, Copy)]
struct Good {
    /// Probability at the prices and temperature of the dual.
    probability: f64,
    /// Place in the party's list; `None` for no offer.
    place: Option<u32>,
    cost_cents: u32,
    offer: u32,
}

/// The good candidates of some parties, one after the other.
#[derive(Debug, Default)]
struct GoodList {
    goods: Vec<Good>,
    /// Each party and where its candidates end.
    ends: Vec<(u32, u32)>,
}

/// Chooses for each party, in the order of their tie keys, so that no resource runs ahead.
pub(super) fn spread<C: Candidates>(problem: &Problem<'_, C>, dual: &Dual) -> Choice {
    let lists = problem.map_chunks(|parties| {
        let (mut list, mut scratch) = (GoodList::default(), Vec::new());
        for party in parties {
            add_goods(problem, dual, party, &mut scratch, &mut list.goods);
            list.ends.push((party as u32, list.goods.len() as u32));
        }
        list
    });
    let mut queue: Vec<(u64, u32, &[Good])> = Vec::with_capacity(problem.n_parties());
    for list in &lists {
        let mut start = 0;
        for &(party, end) in &list.ends {
            let goods = &list.goods[start..end as usize];
            start = end as usize;
            // No offer alone needs no turn.
            if goods.iter().any(|good| good.place.is_some()) {
                queue.push((problem.tie_key(party as usize), party, goods));
            }
        }
    }
    queue.sort_unstable_by_key(|&(tie_key, party, _)| (tie_key, party));

    let mut schedule = Schedule::new(dual);
    let mut choice = Choice::none(problem);
    let (mut scratch, mut ranked) = (Vec::new(), Vec::new());
    for (_, party, goods) in queue {
        schedule.advance(goods);
        ranked.clear();
        ranked.extend(goods.iter().map(|good| (schedule.imbalance(good), *good)));
        ranked
            .sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.probability.total_cmp(&a.1.probability)));
        let taken = ranked.iter().map(|(_, good)| good).find(|good| {
            good.place
                .is_none_or(|place| choice.try_move(problem, party as usize, place, &mut scratch))
        });
        if let Some(good) = taken.filter(|good| good.place.is_some()) {
            schedule.book(good);
        }
    }
    choice
}

/// Appends the party's candidates that are as good as the best at the prices, about.
fn add_goods<C: Candidates>(
    problem: &Problem<'_, C>,
    dual: &Dual,
    party: usize,
    scratch: &mut Vec<Candidate>,
    goods: &mut Vec<Good>,
) {
    let start = goods.len();
    // Net values at first; probabilities once the best is known.
    goods.push(Good { probability: 0.0, place: None, cost_cents: 0, offer: 0 });
    let mut best = 0.0_f64;
    for (place, candidate) in problem.of_party(party, scratch).iter().enumerate() {
        if problem.is_usable(candidate) {
            let net = dual.prices.net(candidate);
            best = best.max(net);
            let &Candidate { cost_cents, offer, .. } = candidate;
            goods.push(Good { probability: net, place: Some(place as u32), cost_cents, offer });
        }
    }
    let weight = |net: f64| ((net - best) / dual.temperature).exp();
    let total: f64 = goods[start..].iter().map(|good| weight(good.probability)).sum();
    let mut kept = start;
    for i in start..goods.len() {
        let probability = weight(goods[i].probability) / total;
        if probability >= MIN_PROBABILITY {
            goods[kept] = Good { probability, ..goods[i] };
            kept += 1;
        }
    }
    goods.truncate(kept);
}

/// How far the use of each priced resource is behind what it should be by now.
struct Schedule<'a> {
    dual: &'a Dual,
    budget_behind: f64,
    stock_behind: Vec<f64>,
}

impl<'a> Schedule<'a> {
    fn new(dual: &'a Dual) -> Self {
        Self { dual, budget_behind: 0.0, stock_behind: vec![0.0; dual.prices.stock.len()] }
    }

    /// Raises the schedule by what the party is expected to use.
    ///
    /// The expectation is stretched so that in the end all of a priced resource is used.
    fn advance(&mut self, goods: &[Good]) {
        for good in goods.iter().filter(|good| good.place.is_some()) {
            let offer = good.offer as usize;
            let cost = f64::from(good.cost_cents);
            self.budget_behind += good.probability * cost * self.dual.stretch.budget;
            self.stock_behind[offer] += good.probability * self.dual.stretch.stock[offer];
        }
    }

    /// Returns by how much a choice raises the sum of squares of what resources are behind.
    fn imbalance(&self, good: &Good) -> f64 {
        if good.place.is_none() {
            return 0.0;
        }
        let offer = good.offer as usize;
        let cost = f64::from(good.cost_cents);
        let prices = &self.dual.prices;
        prices.budget.powi(2) * cost * (cost - 2.0 * self.budget_behind)
            + prices.stock[offer].powi(2) * (1.0 - 2.0 * self.stock_behind[offer])
    }

    fn book(&mut self, good: &Good) {
        self.budget_behind -= f64::from(good.cost_cents);
        self.stock_behind[good.offer as usize] -= 1.0;
    }
}

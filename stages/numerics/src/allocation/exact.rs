//! Branch and bound for a handful of parties, where rounding prices is too coarse.

use super::dual::Dual;
use super::problem::Problem;
use super::rounding::Choice;
use super::{Candidate, Candidates};

/// Usable candidates up to which an exact search is tried.
const MAX_USABLE: u64 = 1 << 10;

/// Choices tried before the search is given up: some tens of milliseconds.
const MAX_NODES: u32 = 1 << 18;

/// One thing that a party may get.
#[derive(Debug, Clone, Copy)]
struct Branch {
    net: f64,
    /// Place and candidate; `None` for no offer.
    option: Option<(u32, Candidate)>,
}

/// Searches for the best choice; returns whether `choice` is now proven to be it.
///
/// A branch is cut when its value so far, the dual of what is left of the resources and the best
/// net values of the parties to come do not pass the best choice known.
pub(super) fn search<C: Candidates>(
    problem: &Problem<'_, C>,
    dual: &Dual,
    choice: &mut Choice,
) -> bool {
    if problem.n_usable > MAX_USABLE {
        return false;
    }
    let mut search = Search::new(problem, dual, choice.clone());
    search.descend(0);
    let is_proven = search.n_nodes < MAX_NODES;
    *choice = search.best;
    is_proven
}

struct Search<'a, 'p, C> {
    problem: &'a Problem<'p, C>,
    dual: &'a Dual,
    /// Parties with a choice, those with most at stake first; branches best first.
    parties: Vec<(usize, Vec<Branch>)>,
    /// Sum of the best net values from each party on.
    net_to_come: Vec<f64>,
    now: Choice,
    best: Choice,
    n_nodes: u32,
}

impl<'a, 'p, C: Candidates> Search<'a, 'p, C> {
    fn new(problem: &'a Problem<'p, C>, dual: &'a Dual, best: Choice) -> Self {
        let mut scratch = Vec::new();
        let mut parties: Vec<(usize, Vec<Branch>)> = Vec::new();
        for party in 0..problem.n_parties() {
            let candidates = problem.of_party(party, &mut scratch).iter().enumerate();
            let usable = candidates.filter(|(_, candidate)| problem.is_usable(candidate));
            let mut branches: Vec<Branch> = usable
                .map(|(place, &candidate)| Branch {
                    net: dual.prices.net(&candidate),
                    option: Some((place as u32, candidate)),
                })
                .collect();
            if !branches.is_empty() {
                branches.push(Branch { net: 0.0, option: None });
                branches.sort_by(|a, b| b.net.total_cmp(&a.net));
                parties.push((party, branches));
            }
        }
        let best_net = |branches: &[Branch]| branches.first().map_or(0.0, |branch| branch.net);
        let stake = |branches: &[Branch]| {
            best_net(branches) - branches.get(1).map_or(0.0, |branch| branch.net)
        };
        parties.sort_by(|a, b| stake(&b.1).total_cmp(&stake(&a.1)).then(a.0.cmp(&b.0)));
        let mut net_to_come = vec![0.0; parties.len() + 1];
        for (i, (_, branches)) in parties.iter().enumerate().rev() {
            net_to_come[i] = net_to_come[i + 1] + best_net(branches);
        }
        let now = Choice::none(problem);
        Self { problem, dual, parties, net_to_come, now, best, n_nodes: 0 }
    }

    fn descend(&mut self, depth: usize) {
        if self.now.value_micros > self.best.value_micros {
            self.best.clone_from(&self.now);
        }
        let Some((party, branches)) = self.parties.get(depth) else { return };
        let (party, n_branches) = (*party, branches.len());
        for i in 0..n_branches {
            if self.n_nodes >= MAX_NODES {
                return;
            }
            self.n_nodes += 1;
            let branch = self.parties[depth].1[i];
            // Branches come best first: when one cannot win, neither can the next.
            let bound = self.dual_of_rest() + branch.net + self.net_to_come[depth + 1];
            let promised = (bound * (1.0 + 1e-11)).floor() as i64;
            if self.now.value_micros + promised <= self.best.value_micros {
                return;
            }
            let Some((place, candidate)) = branch.option else {
                self.descend(depth + 1);
                continue;
            };
            if self.now.try_place(self.problem, party, place, &candidate) {
                self.descend(depth + 1);
                self.now.take_back(party, &candidate);
            }
        }
    }

    /// Returns what the resources that are left are worth at the prices.
    fn dual_of_rest(&self) -> f64 {
        let prices = &self.dual.prices;
        let priced = |price: f64, left: f64| if price > 0.0 { price * left } else { 0.0 };
        let budget = self.problem.budget_cents - self.now.spend_cents;
        let stock = self.problem.stock.iter().zip(&self.now.used).zip(&prices.stock);
        priced(prices.budget, budget as f64)
            + stock.map(|((stock, used), &price)| priced(price, (stock - used) as f64)).sum::<f64>()
    }
}

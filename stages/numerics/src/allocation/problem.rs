//! The problem as checked and simplified before it is solved.

use rayon::prelude::*;
use thiserror::Error;

use super::candidates::MICROS;
use super::{Candidate, Candidates, MAX_VALUE, Resources};

/// Parties handled by one task: fixed, so that sums do not depend on the number of threads.
const CHUNK_PARTIES: usize = 4_096;

/// Why offers cannot be allocated.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum AllocationError {
    /// A value is not finite, or too large.
    #[error(
        "candidate offer {offer} of party {party} is worth {found}, expected a finite number \
         within {MAX_VALUE:e} either way"
    )]
    Value {
        /// Position of the party.
        party: usize,
        /// The offer.
        offer: u32,
        /// The value, in units.
        found: f64,
    },
    /// A cost is negative, or too large.
    #[error("candidate offer {offer} of party {party} costs {found} cents, expected 0 to 2^32 - 1")]
    Cost {
        /// Position of the party.
        party: usize,
        /// The offer.
        offer: u32,
        /// The cost, in cents.
        found: i64,
    },
    /// A candidate names an offer that does not exist.
    #[error("party {party} has candidate offer {offer}, expected below {n_offers}")]
    UnknownOffer {
        /// Position of the party.
        party: usize,
        /// The offer.
        offer: u32,
        /// Number of offers.
        n_offers: usize,
    },
    /// The budget is negative.
    #[error("the budget is {0} cents, expected 0 or more")]
    NegativeBudget(i64),
    /// The values are so large that their sum is not a 64-bit number of millionths.
    #[error("the sum of the best values of all parties is too large")]
    TotalTooLarge,
    /// There are more parties than can be numbered.
    #[error("{0} parties, expected at most 2^32 - 1")]
    TooManyParties(usize),
}

/// Candidates, what limits them, and which limits can bind at all.
#[derive(Debug)]
pub(super) struct Problem<'a, C> {
    candidates: &'a C,
    pub(super) n_offers: usize,
    /// Budget in cents; `i64::MAX` when unlimited.
    pub(super) budget_cents: i64,
    /// Pieces of each offer; `u64::MAX` when unlimited.
    pub(super) stock: Vec<u64>,
    /// Whether everybody's dearest candidate together would pass the budget.
    pub(super) budget_is_scarce: bool,
    /// Offers that more parties could use than there are pieces.
    pub(super) scarce_offers: Vec<u32>,
    /// Mean of the best value over parties that have one, in millionths.
    pub(super) value_scale: f64,
    /// Number of candidates that could be chosen.
    pub(super) n_usable: u64,
    /// Sum of every party's best value, in millionths.
    pub(super) best_value: i64,
}

/// What one chunk of parties asks for.
#[derive(Debug, Clone, Default)]
struct Demand {
    of_offers: Vec<u64>,
    cost_cents: i128,
    best_value: i128,
    n_with_value: u64,
    n_usable: u64,
}

impl<'a, C: Candidates> Problem<'a, C> {
    pub(super) fn new(candidates: &'a C, resources: &Resources) -> Result<Self, AllocationError> {
        if let Some(budget) = resources.budget_cents.filter(|&budget| budget < 0) {
            return Err(AllocationError::NegativeBudget(budget));
        }
        let n_parties = candidates.n_parties();
        if u32::try_from(n_parties).is_err() {
            return Err(AllocationError::TooManyParties(n_parties));
        }
        let mut problem = Self {
            candidates,
            n_offers: resources.stock.len(),
            budget_cents: resources.budget_cents.unwrap_or(i64::MAX),
            stock: resources.stock.iter().map(|stock| stock.unwrap_or(u64::MAX)).collect(),
            budget_is_scarce: false,
            scarce_offers: Vec::new(),
            value_scale: 0.0,
            n_usable: 0,
            best_value: 0,
        };
        let mut total = Demand { of_offers: vec![0; problem.n_offers], ..Demand::default() };
        for demand in problem.map_chunks(|parties| problem.demand_of(parties)) {
            let demand = demand?;
            total.cost_cents += demand.cost_cents;
            total.best_value += demand.best_value;
            total.n_with_value += demand.n_with_value;
            total.n_usable += demand.n_usable;
            total.of_offers.iter_mut().zip(demand.of_offers).for_each(|(total, n)| *total += n);
        }
        // Half the range, so that no sum of a bound and a value overflows either.
        problem.best_value = i64::try_from(total.best_value)
            .ok()
            .filter(|&value| value <= i64::MAX / 2)
            .ok_or(AllocationError::TotalTooLarge)?;
        problem.budget_is_scarce = total.cost_cents > i128::from(problem.budget_cents);
        problem.scarce_offers = (0..problem.n_offers)
            .filter(|&offer| total.of_offers[offer] > problem.stock[offer])
            .map(|offer| offer as u32)
            .collect();
        problem.value_scale = total.best_value as f64 / total.n_with_value.max(1) as f64;
        problem.n_usable = total.n_usable;
        Ok(problem)
    }

    pub(super) fn n_parties(&self) -> usize {
        self.candidates.n_parties()
    }

    pub(super) fn tie_key(&self, party: usize) -> u64 {
        self.candidates.tie_key(party)
    }

    pub(super) fn of_party<'s>(
        &'s self,
        party: usize,
        scratch: &'s mut Vec<Candidate>,
    ) -> &'s [Candidate] {
        self.candidates.of_party(party, scratch)
    }

    /// Returns whether a candidate could be part of any good and feasible allocation.
    pub(super) fn is_usable(&self, candidate: &Candidate) -> bool {
        candidate.value_micros > 0
            && i64::from(candidate.cost_cents) <= self.budget_cents
            && self.stock[candidate.offer as usize] > 0
    }

    /// Maps fixed ranges of parties in parallel; the results are in order.
    pub(super) fn map_chunks<T: Send>(
        &self,
        task: impl Fn(std::ops::Range<usize>) -> T + Sync,
    ) -> Vec<T> {
        let n_parties = self.n_parties();
        (0..n_parties.div_ceil(CHUNK_PARTIES))
            .into_par_iter()
            .map(|chunk| {
                let start = chunk * CHUNK_PARTIES;
                task(start..n_parties.min(start + CHUNK_PARTIES))
            })
            .collect()
    }

    fn demand_of(&self, parties: std::ops::Range<usize>) -> Result<Demand, AllocationError> {
        let mut demand = Demand { of_offers: vec![0; self.n_offers], ..Demand::default() };
        // The last party that asked for an offer, so that a repeated candidate counts once.
        let mut last_asked = vec![usize::MAX; self.n_offers];
        let mut scratch = Vec::new();
        for party in parties {
            let (mut best_value, mut dearest) = (0, 0);
            for candidate in self.of_party(party, &mut scratch) {
                let &Candidate { value_micros, cost_cents, offer } = candidate;
                if offer as usize >= self.n_offers {
                    let n_offers = self.n_offers;
                    return Err(AllocationError::UnknownOffer { party, offer, n_offers });
                }
                if value_micros.unsigned_abs() as f64 > MAX_VALUE * MICROS {
                    let found = value_micros as f64 / MICROS;
                    return Err(AllocationError::Value { party, offer, found });
                }
                if self.is_usable(candidate) {
                    demand.n_usable += 1;
                    best_value = value_micros.max(best_value);
                    dearest = cost_cents.max(dearest);
                    if last_asked[offer as usize] != party {
                        last_asked[offer as usize] = party;
                        demand.of_offers[offer as usize] += 1;
                    }
                }
            }
            demand.best_value += i128::from(best_value);
            demand.cost_cents += i128::from(dearest);
            demand.n_with_value += u64::from(best_value > 0);
        }
        Ok(demand)
    }
}

/// Prices of the resources, in millionths of value per cent and per piece.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prices {
    pub(super) budget: f64,
    /// Shape `(n_offers,)`.
    pub(super) stock: Vec<f64>,
}

impl Prices {
    pub(super) fn uniform(n_offers: usize, price: f64) -> Self {
        Self { budget: price, stock: vec![price; n_offers] }
    }

    /// Returns the value of a candidate net of what it uses.
    pub(super) fn net(&self, candidate: &Candidate) -> f64 {
        candidate.value_micros as f64
            - self.budget * f64::from(candidate.cost_cents)
            - self.stock[candidate.offer as usize]
    }
}

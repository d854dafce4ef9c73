//! Allocation of offers to parties under a budget and stocks.
//!
//! A multiple-choice knapsack: at most one candidate offer a party, the sum of costs within the
//! budget, each offer within its stock, the sum of expected values as large as can be.
//!
//! 1. *Prices.* The Lagrangian dual gives each scarce resource a price: the budget a value per
//!    cent, each scarce offer a value per piece. It is smoothed by a temperature and minimised by
//!    a projected Newton method, on a sample first, then on all parties, while the temperature
//!    falls (`dual`). Whatever the prices, the dual is an upper bound on every allocation.
//! 2. *Choice.* Each party takes its candidate of largest value net of prices; where that
//!    overdraws a resource, those who lose least by it take their next best. What is left over
//!    is then spent on the moves that lose least at these prices (`rounding`). Many equal parties
//!    are spread over equally good offers (`spread`), pairs of parties swap (`exchange`), and a
//!    handful of parties is searched exhaustively (`exact`).
//!
//! Feasibility is counted in whole cents and pieces. The result does not depend on the number of
//! threads. Prices as dual multipliers: Zhang et al., *Solving Billion-Scale Knapsack Problems*,
//! WWW 2020; projected Newton: Bertsekas 1982, SIAM J. Control 20(2).

mod candidates;
mod dual;
mod exact;
mod exchange;
mod newton;
mod problem;
mod rounding;
mod scarce;
mod spread;
#[cfg(test)]
mod tests;

use problem::Problem;

pub use candidates::{Candidate, CandidateTable, Candidates, MAX_VALUE, micros};
pub use problem::AllocationError;

/// What there is to give away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resources {
    /// Largest sum of costs, in cents, 0 or more; `None` when there is no limit.
    pub budget_cents: Option<i64>,
    /// Pieces of each offer; `None` when there is no limit. Shape `(n_offers,)`.
    pub stock: Vec<Option<u64>>,
}

/// Who gets which offer, what it costs and how good it provably is.
#[derive(Debug, Clone, PartialEq)]
pub struct Allocation {
    /// Place of the chosen candidate in the party's list, or `None` for no offer; `(n_parties,)`.
    pub chosen: Vec<Option<u32>>,
    /// Sum of costs, in cents; never above the budget.
    pub spend_cents: i64,
    /// Pieces given of each offer; never above its stock. Shape `(n_offers,)`.
    pub used: Vec<u64>,
    /// Sum of the values chosen, in millionths.
    pub value_micros: i64,
    /// No allocation within the resources is worth more than this, in millionths.
    pub bound_micros: i64,
    /// Value that one more cent of budget would bring, about; 0 when the budget is not scarce.
    pub budget_price: f64,
    /// Value that one more piece of each offer would bring, about. Shape `(n_offers,)`.
    pub stock_prices: Vec<f64>,
}

impl Allocation {
    /// Returns how far the value may be from the best one, as a share of the bound; 0 to 1.
    pub fn relative_gap(&self) -> f64 {
        if self.bound_micros <= 0 {
            return 0.0;
        }
        (self.bound_micros - self.value_micros) as f64 / self.bound_micros as f64
    }
}

/// Allocates offers to parties so that the sum of values is as large as the resources permit.
///
/// A candidate of no or negative value is never chosen. Equally good parties are served
/// in the order of [`Candidates::tie_key`]. The gap to the optimum is certified by
/// [`Allocation::bound_micros`]: zero where a handful of parties can be searched exhaustively, well
/// below a tenth of a percent with thousands, some percent at worst between.
/// O(`n_candidates`) a pass, some tens of passes; some 50 bytes a party beyond the candidates, up
/// to 24 a candidate more where most parties are undecided. Time and memory also grow with the
/// square of the number of scarce offers: meant for some hundreds of offers, not for thousands.
///
/// # Errors
/// A candidate of an offer that does not exist or of too large a value; a negative budget; values
/// whose sum overflows.
pub fn allocate(
    candidates: &impl Candidates,
    resources: &Resources,
) -> Result<Allocation, AllocationError> {
    let problem = Problem::new(candidates, resources)?;
    let dual = dual::solve(&problem);
    let (best, is_optimal) = rounding::round(&problem, &dual);
    let bound_micros = if is_optimal { best.value_micros } else { dual.bound };

    Ok(Allocation {
        chosen: best.chosen,
        spend_cents: best.spend_cents,
        used: best.used,
        value_micros: best.value_micros,
        bound_micros,
        budget_price: dual.prices.budget / candidates::MICROS,
        stock_prices: dual.prices.stock.iter().map(|price| price / candidates::MICROS).collect(),
    })
}

//! The resources that can run out, and how a softmax over candidates uses them.

use super::newton::Symmetric;
use super::problem::{Prices, Problem};
use super::{Candidate, Candidates};

/// A logit this far below the best is left out: it weighs less than 1e-13.
const NEGLIGIBLE: f64 = -30.0;

/// The resources that can run out: the budget first, if it can, then the scarce offers.
pub(super) struct Scarce {
    has_budget: bool,
    offers: Vec<u32>,
    /// What there is of each.
    pub(super) amounts: Vec<f64>,
    /// Place of each offer among the scarce resources.
    places: Vec<Option<usize>>,
}

impl Scarce {
    pub(super) fn new<C: Candidates>(problem: &Problem<'_, C>) -> Self {
        let has_budget = problem.budget_is_scarce;
        let offers = problem.scarce_offers.clone();
        let mut places = vec![None; problem.n_offers];
        let mut amounts: Vec<f64> =
            has_budget.then_some(problem.budget_cents as f64).into_iter().collect();
        for &offer in &offers {
            places[offer as usize] = Some(amounts.len());
            amounts.push(problem.stock[offer as usize] as f64);
        }
        Self { has_budget, offers, amounts, places }
    }

    pub(super) fn prices(&self, point: &[f64]) -> Prices {
        self.spread_out(point, 0.0)
    }

    /// Gives each resource its own number, and `otherwise` to those that are not scarce.
    pub(super) fn spread_out(&self, numbers: &[f64], otherwise: f64) -> Prices {
        let mut all = Prices::uniform(self.places.len(), otherwise);
        let of_offers = if self.has_budget { &numbers[1..] } else { numbers };
        if self.has_budget {
            all.budget = numbers[0];
        }
        for (&offer, &number) in self.offers.iter().zip(of_offers) {
            all.stock[offer as usize] = number;
        }
        all
    }

    /// Adds one party's softmax over its options (net value and candidate) and no offer.
    ///
    /// `best` is the largest net value, or 0. The net values are overwritten.
    pub(super) fn add_party(
        &self,
        sums: &mut Sums,
        options: &mut Vec<(f64, Candidate)>,
        best: f64,
        temperature: f64,
    ) {
        options.retain(|(net, _)| (net - best) / temperature > NEGLIGIBLE);
        let weight = |net: f64| ((net - best) / temperature).exp();
        let total = weight(0.0) + options.iter().map(|(net, _)| weight(*net)).sum::<f64>();
        sums.best_net += best;
        sums.smooth_net += best + temperature * total.ln();

        for (net, candidate) in options.iter_mut() {
            let p = weight(*net) / total;
            sums.expected_net += p * *net;
            if self.has_budget {
                let cost = f64::from(candidate.cost_cents);
                sums.usage[0] += p * cost;
                sums.squared_usage[0] += p * cost * cost;
            }
            if let Some(place) = self.places[candidate.offer as usize] {
                sums.usage[place] += p;
                sums.squared_usage[place] += p;
            }
            *net = p; // its probability is all that is needed from here on
        }
        // Of a party that has decided, squares and squared means cancel.
        if !matches!(options.as_slice(), [(p, _)] if *p > 1.0 - 1e-12) {
            self.add_covariance(&mut sums.covariance, options);
        }
    }

    /// Adds `E[a a'] - E[a] E[a]'` of one party, given the probability of each option.
    fn add_covariance(&self, covariance: &mut Symmetric, options: &[(f64, Candidate)]) {
        let expected_cost: f64 =
            options.iter().map(|(p, candidate)| p * f64::from(candidate.cost_cents)).sum();
        for (i, (p, candidate)) in options.iter().enumerate() {
            let deviation = f64::from(candidate.cost_cents) - expected_cost;
            if self.has_budget {
                // Over all options this is E[c^2] - E[c] E[c].
                covariance.add(0, 0, p * deviation * f64::from(candidate.cost_cents));
            }
            let Some(place) = self.places[candidate.offer as usize] else { continue };
            if self.has_budget {
                covariance.add(place, 0, p * deviation);
            }
            covariance.add(place, place, p * (1.0 - p));
            for (q, other) in &options[..i] {
                match self.places[other.offer as usize] {
                    Some(other) if other == place => covariance.add(place, place, -2.0 * p * q),
                    Some(other) => covariance.add(place.max(other), place.min(other), -p * q),
                    None => {}
                }
            }
        }
    }
}

/// Sums over parties at one point and temperature.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    /// Of `max(0, max_j net)`.
    pub(super) best_net: f64,
    /// Of the smoothed maximum.
    pub(super) smooth_net: f64,
    /// Of the net value expected under the softmax.
    pub(super) expected_net: f64,
    /// Expected use of each scarce resource.
    pub(super) usage: Vec<f64>,
    /// Expected squared use of each.
    pub(super) squared_usage: Vec<f64>,
    pub(super) covariance: Symmetric,
}

impl Sums {
    pub(super) fn zero(n_scarce: usize) -> Self {
        Self {
            best_net: 0.0,
            smooth_net: 0.0,
            expected_net: 0.0,
            usage: vec![0.0; n_scarce],
            squared_usage: vec![0.0; n_scarce],
            covariance: Symmetric::zero(n_scarce),
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.best_net += other.best_net;
        self.smooth_net += other.smooth_net;
        self.expected_net += other.expected_net;
        self.usage.iter_mut().zip(&other.usage).for_each(|(sum, used)| *sum += used);
        let squares = self.squared_usage.iter_mut().zip(&other.squared_usage);
        squares.for_each(|(sum, squared)| *sum += squared);
        self.covariance.add_all(&other.covariance);
    }
}

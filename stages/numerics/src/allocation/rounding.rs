//! From prices to a choice for each party that is feasible to the cent and the piece.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::dual::Dual;
use super::exact::search;
use super::exchange::exchange;
use super::problem::{Prices, Problem};
use super::spread::spread;
use super::{Candidate, Candidates};

/// Rounds of spending what is left; each is one pass and raises the value.
const MAX_FILL_ROUNDS: usize = 24;

/// Moves sorted and tried in one round; what is left over serves far fewer.
const MAX_MOVES: usize = 1 << 16;

/// Gap above which undecided parties are spread as well: equal parties may be many.
const FINE_GAP: f64 = 1e-6;

/// Gap above which other ways to begin are tried as well, if the problem is small.
const GOOD_GAP: f64 = 1e-4;

/// Usable candidates up to which other ways to begin are tried.
const MAX_RETRIED: u64 = 1 << 20;

/// A feasible choice for each party, and what it uses.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) chosen: Vec<Option<u32>>,
    pub(super) spend_cents: i64,
    pub(super) used: Vec<u64>,
    pub(super) value_micros: i64,
}

/// Chooses at the prices of the dual; returns the best feasible choice found.
///
/// Also returns whether it is known to be the best there is.
pub(super) fn round<C: Candidates>(problem: &Problem<'_, C>, dual: &Dual) -> (Choice, bool) {
    let prices = &dual.prices;
    let gap =
        |choice: &Choice| (dual.bound - choice.value_micros) as f64 / dual.bound.max(1) as f64;
    let filled = |mut choice| {
        fill(problem, prices, &mut choice);
        choice
    };
    let better = |old: Choice, new: Choice| {
        if new.value_micros > old.value_micros { new } else { old }
    };
    let mut best = filled(choose(problem, prices));
    if gap(&best) > FINE_GAP {
        best = better(best, filled(spread(problem, dual)));
    }
    if gap(&best) > GOOD_GAP && problem.n_usable <= MAX_RETRIED {
        // Few parties: the last piece or cent is a large share, and prices say little about it.
        for order in [Greed::Value, Greed::ValuePerCent, Greed::Net(prices)] {
            best = better(best, filled(greedy(problem, order)));
        }
    }
    if gap(&best) > FINE_GAP {
        exchange(problem, prices, &mut best);
    }
    let is_optimal = best.value_micros >= dual.bound || search(problem, dual, &mut best);
    (best, is_optimal)
}

impl Choice {
    pub(super) fn none<C: Candidates>(problem: &Problem<'_, C>) -> Self {
        Self {
            chosen: vec![None; problem.n_parties()],
            spend_cents: 0,
            used: vec![0; problem.n_offers],
            value_micros: 0,
        }
    }

    /// Replaces a party's candidate if budget and stock allow it; returns whether they do.
    pub(super) fn try_move<C: Candidates>(
        &mut self,
        problem: &Problem<'_, C>,
        party: usize,
        place: u32,
        scratch: &mut Vec<Candidate>,
    ) -> bool {
        let candidates = problem.of_party(party, scratch);
        let Some(new) = candidates.get(place as usize).filter(|c| problem.is_usable(c)) else {
            return false;
        };
        let old_place = self.chosen[party];
        let old = old_place.and_then(|old| candidates.get(old as usize));
        if let Some(old) = old {
            self.take_back(party, old);
        }
        let is_placed = self.try_place(problem, party, place, new);
        if let (false, Some(old)) = (is_placed, old) {
            self.place(party, old_place, old);
        }
        is_placed
    }

    /// Gives a usable candidate to a party that has none, if budget and stock allow it.
    pub(super) fn try_place<C: Candidates>(
        &mut self,
        problem: &Problem<'_, C>,
        party: usize,
        place: u32,
        candidate: &Candidate,
    ) -> bool {
        let offer = candidate.offer as usize;
        let fits = self.used[offer] < problem.stock[offer]
            && cost(Some(candidate)) <= problem.budget_cents - self.spend_cents;
        if fits {
            self.place(party, Some(place), candidate);
        }
        fits
    }

    /// Takes a party's candidate back.
    pub(super) fn take_back(&mut self, party: usize, candidate: &Candidate) {
        self.used[candidate.offer as usize] -= 1;
        self.spend_cents -= cost(Some(candidate));
        self.value_micros -= candidate.value_micros;
        self.chosen[party] = None;
    }

    fn place(&mut self, party: usize, place: Option<u32>, candidate: &Candidate) {
        self.used[candidate.offer as usize] += 1;
        self.spend_cents += cost(Some(candidate));
        self.value_micros += candidate.value_micros;
        self.chosen[party] = place;
    }
}

fn cost(candidate: Option<&Candidate>) -> i64 {
    candidate.map_or(0, |candidate| i64::from(candidate.cost_cents))
}

/// A party's wish: how much it matters, and who comes first when it matters alike.
#[derive(Debug, Clone, Copy)]
struct Wish {
    merit: f64,
    tie_key: u64,
    party: u32,
    place: u32,
}

impl Wish {
    /// Larger merit first, then smaller tie key, party and place: a total order.
    fn order(&self, other: &Self) -> Ordering {
        let key = |wish: &Self| (wish.tie_key, wish.party, wish.place);
        other.merit.total_cmp(&self.merit).then_with(|| key(self).cmp(&key(other)))
    }
}

/// Gives each party its best candidate at the prices; who would lose most by another comes first.
///
/// The order decides only where a resource is overdrawn: there the parties that mind least take
/// their next best, or nothing.
fn choose<C: Candidates>(problem: &Problem<'_, C>, prices: &Prices) -> Choice {
    let wishes: Vec<Vec<Wish>> = problem.map_chunks(|parties| {
        let mut scratch = Vec::new();
        parties.filter_map(|party| best_wish(problem, prices, party, &mut scratch)).collect()
    });
    let mut wishes = wishes.concat();
    wishes.par_sort_unstable_by(Wish::order);

    let mut choice = Choice::none(problem);
    let (mut scratch, mut ranked) = (Vec::new(), Vec::new());
    for wish in wishes {
        let party = wish.party as usize;
        if choice.try_move(problem, party, wish.place, &mut scratch) {
            continue;
        }
        rank_options(problem, prices, party, &mut scratch, &mut ranked);
        ranked.iter().any(|&(_, place)| choice.try_move(problem, party, place, &mut scratch));
    }
    choice
}

/// Returns a party's best candidate; its merit is what the party loses without it.
fn best_wish<C: Candidates>(
    problem: &Problem<'_, C>,
    prices: &Prices,
    party: usize,
    scratch: &mut Vec<Candidate>,
) -> Option<Wish> {
    let mut best: Option<(f64, u32)> = None;
    let mut second = 0.0_f64; // no offer
    for (place, candidate) in problem.of_party(party, scratch).iter().enumerate() {
        let net = prices.net(candidate);
        if net < 0.0 || !problem.is_usable(candidate) {
            continue;
        }
        match best {
            Some((best_net, _)) if net <= best_net => second = second.max(net),
            _ => {
                second = best.map_or(second, |(best_net, _)| best_net.max(second));
                best = Some((net, place as u32));
            }
        }
    }
    best.map(|(net, place)| Wish {
        merit: net - second,
        tie_key: problem.tie_key(party),
        party: party as u32,
        place,
    })
}

/// Lists a party's usable candidates of non-negative net value, best first, then by place.
fn rank_options<C: Candidates>(
    problem: &Problem<'_, C>,
    prices: &Prices,
    party: usize,
    scratch: &mut Vec<Candidate>,
    ranked: &mut Vec<(f64, u32)>,
) {
    ranked.clear();
    let options = problem.of_party(party, scratch).iter().enumerate();
    ranked.extend(
        options
            .filter(|(_, candidate)| problem.is_usable(candidate))
            .map(|(place, candidate)| (prices.net(candidate), place as u32))
            .filter(|&(net, _)| net >= 0.0),
    );
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
}

/// Spends what is left: moves that raise the value, those that lose least at the prices first.
fn fill<C: Candidates>(problem: &Problem<'_, C>, prices: &Prices, choice: &mut Choice) {
    for _ in 0..MAX_FILL_ROUNDS {
        let moves: Vec<Vec<Wish>> = problem.map_chunks(|parties| {
            let mut scratch = Vec::new();
            parties
                .filter_map(|party| best_move(problem, prices, choice, party, &mut scratch))
                .collect()
        });
        let mut moves = moves.concat();
        if moves.len() > MAX_MOVES {
            moves.select_nth_unstable_by(MAX_MOVES, Wish::order);
            moves.truncate(MAX_MOVES);
        }
        moves.par_sort_unstable_by(Wish::order);

        let mut scratch = Vec::new();
        let mut n_moved = 0;
        for wish in moves {
            let party = wish.party as usize;
            n_moved += u32::from(choice.try_move(problem, party, wish.place, &mut scratch));
        }
        if n_moved == 0 {
            return;
        }
    }
}

/// Returns the feasible move of a party that raises its value and loses least at the prices.
fn best_move<C: Candidates>(
    problem: &Problem<'_, C>,
    prices: &Prices,
    choice: &Choice,
    party: usize,
    scratch: &mut Vec<Candidate>,
) -> Option<Wish> {
    let candidates = problem.of_party(party, scratch);
    let old = choice.chosen[party].and_then(|place| candidates.get(place as usize));
    let old_value = old.map_or(0, |old| old.value_micros);
    let old_net = old.map_or(0.0, |old| prices.net(old));
    let left = problem.budget_cents - choice.spend_cents + cost(old);
    let mut best: Option<(f64, u32)> = None;
    for (place, new) in candidates.iter().enumerate() {
        let has_piece = choice.used[new.offer as usize] < problem.stock[new.offer as usize]
            || old.is_some_and(|old| old.offer == new.offer);
        if new.value_micros <= old_value || cost(Some(new)) > left || !has_piece {
            continue;
        }
        let merit = prices.net(new) - old_net;
        if best.is_none_or(|(best_merit, _)| merit > best_merit) {
            best = Some((merit, place as u32));
        }
    }
    best.map(|(merit, place)| Wish {
        merit,
        tie_key: problem.tie_key(party),
        party: party as u32,
        place,
    })
}

/// What a greedy choice takes first.
#[derive(Debug, Clone, Copy)]
enum Greed<'a> {
    Value,
    ValuePerCent,
    Net(&'a Prices),
}

/// Goes through all candidates of all parties, best first, and takes what is still possible.
fn greedy<C: Candidates>(problem: &Problem<'_, C>, order: Greed<'_>) -> Choice {
    let merit = |candidate: &Candidate| match order {
        Greed::Value => candidate.value_micros as f64,
        Greed::ValuePerCent => candidate.value_micros as f64 / f64::from(candidate.cost_cents),
        Greed::Net(prices) => prices.net(candidate),
    };
    let mut scratch = Vec::new();
    let mut wishes = Vec::new();
    for party in 0..problem.n_parties() {
        let tie_key = problem.tie_key(party);
        let options = problem.of_party(party, &mut scratch).iter().enumerate();
        wishes.extend(options.filter(|(_, candidate)| problem.is_usable(candidate)).map(
            |(place, candidate)| Wish {
                merit: merit(candidate),
                tie_key,
                party: party as u32,
                place: place as u32,
            },
        ));
    }
    wishes.par_sort_unstable_by(Wish::order);

    let mut choice = Choice::none(problem);
    for wish in wishes {
        if choice.chosen[wish.party as usize].is_none() {
            choice.try_move(problem, wish.party as usize, wish.place, &mut scratch);
        }
    }
    choice
}

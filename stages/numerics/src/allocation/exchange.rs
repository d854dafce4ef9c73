//! Pairs of moves that are better together: one party makes room for another.

use std::cmp::Ordering;

use super::problem::{Prices, Problem};
use super::rounding::Choice;
use super::{Candidate, Candidates};

/// Moves considered in a round, those that lose least at the prices; all pairs are tried.
const MAX_MOVES: usize = 512;

/// Rounds; each raises the value.
const MAX_ROUNDS: usize = 64;

/// A change of what one party gets.
#[derive(Debug, Clone, Copy)]
struct Move {
    /// Gain in value net of prices; rarely above zero.
    merit: f64,
    party: u32,
    /// New place in the party's list; `None` for no offer.
    place: Option<u32>,
    value_micros: i64,
    cost_cents: i64,
    gives_up: Option<u32>,
    takes: Option<u32>,
}

impl Move {
    fn order(&self, other: &Self) -> Ordering {
        let key = |one: &Self| (one.party, one.place);
        other.merit.total_cmp(&self.merit).then_with(|| key(self).cmp(&key(other)))
    }
}

/// Raises the value by pairs of moves that are feasible together, as long as there are any.
pub(super) fn exchange<C: Candidates>(
    problem: &Problem<'_, C>,
    prices: &Prices,
    choice: &mut Choice,
) {
    for _ in 0..MAX_ROUNDS {
        let moves = best_moves(problem, prices, choice);
        let mut is_done = vec![false; moves.len()];
        let mut n_exchanges = 0;
        for i in 0..moves.len() {
            for j in 0..i {
                if is_done[i] {
                    break;
                }
                if !is_done[j] && fits(problem, choice, &moves[i], &moves[j]) {
                    for done in [i, j] {
                        apply(choice, &moves[done]);
                        // A move is told from what its party had at the start of the round.
                        for (other, is_done) in moves.iter().zip(&mut is_done) {
                            *is_done |= other.party == moves[done].party;
                        }
                    }
                    n_exchanges += 1;
                }
            }
        }
        if n_exchanges == 0 {
            return;
        }
    }
}

/// Lists the moves of all parties that lose least at the prices.
fn best_moves<C: Candidates>(
    problem: &Problem<'_, C>,
    prices: &Prices,
    choice: &Choice,
) -> Vec<Move> {
    let keep_best = |moves: &mut Vec<Move>| {
        if moves.len() > MAX_MOVES {
            moves.select_nth_unstable_by(MAX_MOVES, Move::order);
            moves.truncate(MAX_MOVES);
        }
    };
    let lists = problem.map_chunks(|parties| {
        let (mut moves, mut scratch) = (Vec::new(), Vec::new());
        for party in parties {
            add_moves(problem, prices, choice, party, &mut scratch, &mut moves);
            if moves.len() > 8 * MAX_MOVES {
                keep_best(&mut moves);
            }
        }
        keep_best(&mut moves);
        moves
    });
    let mut moves = lists.concat();
    keep_best(&mut moves);
    moves.sort_unstable_by(Move::order);
    moves
}

fn add_moves<C: Candidates>(
    problem: &Problem<'_, C>,
    prices: &Prices,
    choice: &Choice,
    party: usize,
    scratch: &mut Vec<Candidate>,
    moves: &mut Vec<Move>,
) {
    let candidates = problem.of_party(party, scratch);
    let old_place = choice.chosen[party];
    let old = old_place.and_then(|place| candidates.get(place as usize));
    let net = |candidate: Option<&Candidate>| candidate.map_or(0.0, |one| prices.net(one));
    let value = |candidate: Option<&Candidate>| candidate.map_or(0, |one| one.value_micros);
    let cost = |candidate: Option<&Candidate>| candidate.map_or(0, |one| i64::from(one.cost_cents));
    let usable = candidates.iter().enumerate().filter(|(_, one)| problem.is_usable(one));
    let options = usable.map(|(place, one)| (Some(place as u32), Some(one)));
    for (place, new) in options.chain([(None, None)]).filter(|&(place, _)| place != old_place) {
        let keeps_offer = old.map(|old| old.offer) == new.map(|new| new.offer);
        moves.push(Move {
            merit: net(new) - net(old),
            party: party as u32,
            place,
            value_micros: value(new) - value(old),
            cost_cents: cost(new) - cost(old),
            gives_up: old.map(|old| old.offer).filter(|_| !keeps_offer),
            takes: new.map(|new| new.offer).filter(|_| !keeps_offer),
        });
    }
}

/// Returns whether two moves of different parties are feasible together and raise the value.
fn fits<C: Candidates>(problem: &Problem<'_, C>, choice: &Choice, a: &Move, b: &Move) -> bool {
    if a.party == b.party
        || a.value_micros + b.value_micros <= 0
        || choice.spend_cents + a.cost_cents + b.cost_cents > problem.budget_cents
    {
        return false;
    }
    [a.takes, b.takes].into_iter().flatten().all(|offer| {
        let count = |one: Option<u32>| u64::from(one == Some(offer));
        let taken = count(a.takes) + count(b.takes);
        let given_up = count(a.gives_up) + count(b.gives_up);
        let used = choice.used[offer as usize] + taken - given_up;
        taken <= given_up || used <= problem.stock[offer as usize]
    })
}

fn apply(choice: &mut Choice, one: &Move) {
    if let Some(offer) = one.gives_up {
        choice.used[offer as usize] -= 1;
    }
    if let Some(offer) = one.takes {
        choice.used[offer as usize] += 1;
    }
    choice.value_micros += one.value_micros;
    choice.spend_cents += one.cost_cents;
    choice.chosen[one.party as usize] = one.place;
}

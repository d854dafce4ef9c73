//! Who stays in last night's segment although another is nearer.
//!
//! A customer who did not buy knows nothing new about itself: only its days have grown. It changes
//! segment when the other one is nearer by a margin, and of those only so many a night, the ones first
//! that gain most. A customer who bought and one whose segment is no more change at once.

use std::collections::BTreeMap;

use super::choices::ContinuityParams;
use super::method::Found;

/// Turn of the golden ratio: multiples of it fill the unit interval evenly.
const GOLDEN_TURN: f64 = 0.618_033_988_749_894_9;

/// What is known of the clustered customers and their clusters.
pub(super) struct Before<'a> {
    /// Segment last night of each customer who did not buy since; 0 for others.
    pub(super) quiet: &'a [u32],
    /// Cluster that goes on with a segment of last night, by segment.
    pub(super) clusters: BTreeMap<u32, u32>,
    /// Prepared features, column by column.
    pub(super) columns: &'a [Vec<f64>],
    /// Days since 1970-01-01.
    pub(super) night: i32,
}

/// What became of the customers who did not buy.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Stayed {
    /// Customers who did not buy since last night and had a segment then.
    pub(super) quiet: usize,
    /// Those of them who changed segment.
    pub(super) moved: usize,
    /// Those of them whose segment is no more.
    pub(super) forced: usize,
    /// Those of them who stay although another segment is nearer.
    pub(super) held: usize,
}

/// A customer who would change segment.
struct Mover {
    row: usize,
    own: u32,
    gain: f64,
}

/// Puts customers back who stay, and adds to the inertia what that costs.
pub(super) fn hold(found: &mut Found, before: &Before<'_>, params: ContinuityParams) -> Stayed {
    let mut stayed = Stayed::default();
    let (mut movers, mut held) = (Vec::new(), Vec::new());
    for (row, (segment, &label)) in before.quiet.iter().zip(&found.labels).enumerate() {
        if *segment == 0 {
            continue;
        }
        stayed.quiet += 1;
        let Some(own) = before.clusters.get(segment).copied() else {
            stayed.forced += 1;
            continue;
        };
        if own == label {
            continue;
        }
        let mover = Mover { row, own, gain: found.gain_of_move(row, own, before.columns) };
        if mover.gain < params.move_margin { held.push(mover) } else { movers.push(mover) }
    }
    movers.sort_by(|a, b| b.gain.total_cmp(&a.gain).then(a.row.cmp(&b.row)));
    let n_moves = allowance(stayed.quiet, params.moves_max, before.night)
        .saturating_sub(stayed.forced)
        .min(movers.len());
    held.extend(movers.drain(n_moves..));
    stayed.moved = stayed.forced + n_moves;
    stayed.held = held.len();
    for mover in held {
        found.put_back(mover.row, mover.own, before.columns);
    }
    stayed
}

/// Moves of a night: `share` of the customers, and one more in as many nights as the rest is worth.
fn allowance(n_quiet: usize, share: f64, night: i32) -> usize {
    let moves = share * n_quiet as f64;
    let is_due = (f64::from(night) * GOLDEN_TURN).rem_euclid(1.0) < moves.fract();
    moves as usize + usize::from(is_due)
}

#[cfg(test)]
mod tests {
    use idip_numerics::kmeans::Centroids;

    use super::*;

    /// Centroids at 0, 10 and 20.
    fn found(columns: &[Vec<f64>], labels: &[u32]) -> Found {
        let squares = columns[0].iter().zip(labels);
        Found {
            labels: labels.to_vec(),
            centroids: Centroids::new(1, vec![0.0, 10.0, 20.0]).expect("are finite"),
            inertia: squares.map(|(x, &at)| (x - 10.0 * f64::from(at)).powi(2)).sum(),
            cost: 0.0,
            n_iterations: 0,
            is_converged: true,
            probabilities: None,
            shares: None,
            mixture: None,
        }
    }

    /// Segments 7 and 8 go on as the first two clusters; 9 is dead, the third cluster new.
    fn before<'a>(columns: &'a [Vec<f64>], quiet: &'a [u32]) -> Before<'a> {
        Before { quiet, clusters: BTreeMap::from([(7, 0), (8, 1)]), columns, night: 0 }
    }

    fn params(moves_max: f64) -> ContinuityParams {
        ContinuityParams { move_margin: 0.1, moves_max, ..ContinuityParams::default() }
    }

    #[test]
    fn a_customer_moves_by_a_margin_or_with_a_reason() {
        // Nearer to 10 by 4.8 of 5.2, by 4 of 6; the third bought; the fourth is nearer to a new
        // segment, by 4 of 6, and that of the last is dead.
        let columns = [vec![5.2, 6.0, 5.2, 16.0, 1.0]];
        let mut found = found(&columns, &[1, 1, 1, 2, 0]);
        let inertia = found.inertia;
        let stayed = hold(&mut found, &before(&columns, &[7, 7, 0, 8, 9]), params(1.0));
        assert_eq!(found.labels, [0, 1, 1, 2, 0]);
        assert_eq!(stayed, Stayed { quiet: 4, moved: 3, forced: 1, held: 1 });
        assert!((found.inertia - inertia - (5.2_f64.powi(2) - 4.8_f64.powi(2))).abs() < 1e-12);
    }

    #[test]
    fn of_many_movers_those_go_first_that_gain_most() {
        let columns = [vec![6.0, 9.0, 8.0, 7.0, 1.0, 1.0, 1.0, 1.0]];
        let labels = [1, 1, 1, 1, 0, 0, 0, 0];
        let mut found_two = found(&columns, &labels);
        let stayed = hold(&mut found_two, &before(&columns, &[7; 8]), params(0.25));
        assert_eq!(found_two.labels, [0, 1, 1, 0, 0, 0, 0, 0]);
        assert_eq!(stayed, Stayed { quiet: 8, moved: 2, forced: 0, held: 2 });
        // Who must move has the right of way: one of the two moves is taken.
        let mut found_one = found(&columns, &labels);
        let stayed =
            hold(&mut found_one, &before(&columns, &[7, 7, 7, 7, 9, 7, 7, 7]), params(0.25));
        assert_eq!(found_one.labels, [0, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(stayed, Stayed { quiet: 8, moved: 2, forced: 1, held: 3 });
    }

    #[test]
    fn small_shops_move_a_customer_every_few_nights() {
        // 0.4 % of 75 customers: three moves in ten nights.
        let n: usize = (0..1000).map(|night| allowance(75, 0.004, night)).sum();
        assert!((298..=302).contains(&n), "{n}");
        assert_eq!(allowance(5000, 0.004, 3), 20);
        assert_eq!(allowance(0, 0.004, 3), 0);
    }
}

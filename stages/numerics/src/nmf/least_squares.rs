//! Least squares without negative weights, exact for the few unknowns that topics are.

use super::updates::Lanes;

/// Pivot, relative to its diagonal, below which a topic is a mixture of the others.
const DEPENDENT_WITHIN: f64 = 1e-12;

/// Slope, relative to the largest target, that is rounding.
const LEVEL_WITHIN: f64 = 1e-13;

/// Returns the `w >= 0` that minimises `½ wᵀ G w - bᵀ w`, for `G` positive semidefinite.
///
/// The active set method of Lawson and Hanson (1974, algorithm 23.10) on the products alone (Bro and
/// de Jong 1997): one unknown after the other is freed where that helps most, and those that would
/// fall below 0 are held there again. An unknown that is a mixture of the free ones stays at 0.
pub(super) fn non_negative<const K: usize>(gram: &[Lanes<K>; K], target: &Lanes<K>) -> Lanes<K> {
    let largest = target.iter().fold(0.0, |largest: f64, b| largest.max(b.abs()));
    let mut weights = [0.0; K];
    let mut is_free = [false; K];
    let mut is_dependent = [false; K];
    // Each pass frees one; three a topic are never reached but for rounding.
    for _ in 0..3 * K {
        let slopes = slopes(gram, target, &weights);
        let steepest = (0..K)
            .filter(|&i| !is_free[i] && !is_dependent[i])
            .filter(|&i| slopes[i] > LEVEL_WITHIN * largest)
            .max_by(|&a, &b| slopes[a].total_cmp(&slopes[b]).then(b.cmp(&a)));
        let Some(freed) = steepest else { break };
        is_free[freed] = true;
        // Each round holds one at least.
        for _ in 0..=K {
            let Some(best) = solve(gram, target, &is_free) else { break };
            if (0..K).all(|i| !is_free[i] || best[i] > 0.0) {
                (weights, is_dependent) = (best, [false; K]);
                break;
            }
            hold_at_zero(&mut weights, &best, &mut is_free);
        }
        // Not solved, or held at once: by rounding it cannot rise.
        if weights[freed] <= 0.0 {
            (is_free[freed], is_dependent[freed]) = (false, true);
        }
    }
    weights
}

/// Goes towards the best weights until the first free one reaches 0, and holds that there.
fn hold_at_zero<const K: usize>(weights: &mut Lanes<K>, best: &Lanes<K>, is_free: &mut [bool; K]) {
    let falls = |i: usize, is_free: &[bool; K]| is_free[i] && best[i] <= 0.0;
    let step = (0..K)
        .filter(|&i| falls(i, is_free))
        .map(|i| if weights[i] > 0.0 { weights[i] / (weights[i] - best[i]) } else { 0.0 })
        .fold(1.0, f64::min);
    for i in 0..K {
        if !is_free[i] {
            continue;
        }
        let was = weights[i];
        let reaches = falls(i, is_free) && (was <= 0.0 || was / (was - best[i]) <= step);
        weights[i] = if reaches { 0.0 } else { (was + step * (best[i] - was)).max(0.0) };
        is_free[i] = !reaches;
    }
}

/// Minus the gradient, `b - G w`.
fn slopes<const K: usize>(gram: &[Lanes<K>; K], target: &Lanes<K>, weights: &Lanes<K>) -> Lanes<K> {
    let mut slopes = *target;
    for (&weight, row) in weights.iter().zip(gram) {
        if weight > 0.0 {
            slopes.iter_mut().zip(row).for_each(|(slope, g)| *slope -= weight * g);
        }
    }
    slopes
}

/// Solves `G w = b` of the free unknowns by Cholesky, the others being 0; none when they depend.
fn solve<const K: usize>(
    gram: &[Lanes<K>; K],
    target: &Lanes<K>,
    is_free: &[bool; K],
) -> Option<Lanes<K>> {
    let mut order = [0; K];
    let mut n = 0;
    for free in (0..K).filter(|&i| is_free[i]) {
        order[n] = free;
        n += 1;
    }
    let mut factor = [[0.0; K]; K];
    let mut right = [0.0; K];
    for row in 0..n {
        for column in 0..=row {
            let dot: f64 = (0..column).map(|k| factor[row][k] * factor[column][k]).sum();
            let entry = gram[order[row]][order[column]];
            factor[row][column] = if row > column {
                (entry - dot) / factor[column][column]
            } else if entry - dot > DEPENDENT_WITHIN * entry {
                (entry - dot).sqrt()
            } else {
                return None;
            };
        }
        let dot: f64 = (0..row).map(|k| factor[row][k] * right[k]).sum();
        right[row] = (target[order[row]] - dot) / factor[row][row];
    }
    let mut weights = [0.0; K];
    for row in (0..n).rev() {
        let dot: f64 = (row + 1..n).map(|k| factor[k][row] * right[k]).sum();
        right[row] = (right[row] - dot) / factor[row][row];
        weights[order[row]] = right[row];
    }
    Some(weights)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_unknown_that_would_be_negative_is_held_at_zero() {
        // Free, 2x + y = 1 and x + 2y = 5 have x = -1, y = 3; with x = 0, y = 5/2.
        let gram = [[2.0, 1.0], [1.0, 2.0]];
        let found = non_negative(&gram, &[1.0, 5.0]);
        assert!(found[0].abs() < 1e-15 && (found[1] - 2.5).abs() < 1e-15, "{found:?}");
        let found = non_negative(&gram, &[4.0, 5.0]);
        assert!((found[0] - 1.0).abs() < 1e-15 && (found[1] - 2.0).abs() < 1e-15, "{found:?}");
        assert!(non_negative(&gram, &[-1.0, 0.0]).iter().all(|w| w.abs() < 1e-15));
    }

    #[test]
    fn of_two_equal_topics_one_is_taken() {
        let found = non_negative(&[[1.0, 1.0], [1.0, 1.0]], &[3.0, 3.0]);
        assert!((found[0] - 3.0).abs() < 1e-12 && found[1].abs() < 1e-15, "{found:?}");
        // A topic of nothing stays.
        let found = non_negative(&[[0.0, 0.0], [0.0, 1.0]], &[0.0, 2.0]);
        assert!(found[0].abs() < 1e-15 && (found[1] - 2.0).abs() < 1e-15, "{found:?}");
    }

    proptest! {
        #[test]
        fn weights_meet_the_conditions_of_kuhn_and_tucker(
            // Four topics of six features, coarse enough that some are mixtures of others.
            topics in prop::collection::vec([0_u8..4, 0_u8..4, 0_u8..4, 0_u8..4], 6),
            row in prop::collection::vec(0.0..1.0_f64, 6),
        ) {
            let topics: Vec<Lanes<4>> = topics.iter().map(|t| t.map(f64::from)).collect();
            let mut gram = [[0.0; 4]; 4];
            let mut target = [0.0; 4];
            for (feature, x) in topics.iter().zip(&row) {
                for i in 0..4 {
                    target[i] += x * feature[i];
                    (0..4).for_each(|j| gram[i][j] += feature[i] * feature[j]);
                }
            }
            let weights = non_negative(&gram, &target);
            for (weight, slope) in weights.iter().zip(slopes(&gram, &target, &weights)) {
                // 0 where the weight is free, not above 0 where it is held.
                prop_assert!(*weight >= 0.0 && slope < 1e-9, "{:?} {}", weights, slope);
                prop_assert!(*weight == 0.0 || slope.abs() < 1e-9, "{:?} {}", weights, slope);
            }
        }
    }
}

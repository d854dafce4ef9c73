//! Capped components: records within reach of each other, from which clusters are made.

use crate::components::UnionFind;

/// A scored pair, the smaller record first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Smaller record.
    pub a: u32,
    /// Larger record.
    pub b: u32,
    /// Log2 odds of one person.
    pub weight: f32,
    /// Log2 odds of one household, but two people.
    pub household_weight: f32,
}

/// Components of the edges, none above a size.
#[derive(Debug)]
pub(crate) struct CappedComponents {
    /// Members of each component of two and more, ascending, by smallest member.
    pub(crate) components: Vec<Vec<u32>>,
    /// Edges that would have made a component larger than the cap.
    pub(crate) n_refused: u64,
}

/// Joins records by falling weight, down to `least`, unless a component would exceed `cap` (Kruskal 1956).
///
/// `bound` are groups that belong together whatever the cap says. O(m log m).
pub(crate) fn capped_components(
    n_records: usize,
    edges: &[Edge],
    bound: &[&[Vec<u32>]],
    least: f64,
    cap: usize,
) -> CappedComponents {
    let mut sets = UnionFind::new(n_records as u32);
    let mut sizes = vec![1_u32; n_records];
    for group in bound.iter().copied().flatten() {
        for pair in group.windows(2) {
            if let [a, b] = pair {
                join(&mut sets, &mut sizes, *a, *b, usize::MAX);
            }
        }
    }
    let mut order: Vec<u32> = (0..edges.len() as u32)
        .filter(|&e| edges.get(e as usize).is_some_and(|edge| f64::from(edge.weight) >= least))
        .collect();
    let edge = |e: u32| edges.get(e as usize).copied();
    order.sort_unstable_by(|&x, &y| match (edge(x), edge(y)) {
        (Some(x), Some(y)) => {
            y.weight.total_cmp(&x.weight).then_with(|| (x.a, x.b).cmp(&(y.a, y.b)))
        }
        _ => x.cmp(&y),
    });
    let mut n_refused = 0;
    for edge in order.into_iter().filter_map(edge) {
        n_refused += u64::from(!join(&mut sets, &mut sizes, edge.a, edge.b, cap));
    }
    let mut members: Vec<(u32, u32)> = (0..n_records as u32)
        .filter_map(|record| {
            let root = sets.find(record)?;
            (sizes.get(root as usize).copied()? > 1).then_some((root, record))
        })
        .collect();
    members.sort_unstable();
    let components = members
        .chunk_by(|a, b| a.0 == b.0)
        .map(|group| group.iter().map(|member| member.1).collect())
        .collect();
    CappedComponents { components, n_refused }
}

/// Joins two sets unless they would exceed the cap; tells whether they are together now.
fn join(sets: &mut UnionFind, sizes: &mut [u32], a: u32, b: u32, cap: usize) -> bool {
    let (Some(a), Some(b)) = (sets.find(a), sets.find(b)) else { return false };
    if a == b {
        return true;
    }
    let size = |root: u32| sizes.get(root as usize).copied().unwrap_or(1);
    let together = size(a) + size(b);
    if together as usize > cap {
        return false;
    }
    sets.union(a, b);
    for root in [a, b] {
        if let Some(slot) = sizes.get_mut(root as usize) {
            *slot = together;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(a: u32, b: u32, weight: f32) -> Edge {
        Edge { a, b, weight, household_weight: f32::NEG_INFINITY }
    }

    #[test]
    fn the_heaviest_edges_come_first_and_the_cap_refuses_the_rest() {
        let edges = [edge(0, 1, 1.0), edge(1, 2, 5.0), edge(2, 3, 3.0), edge(4, 5, -1.0)];
        let found = capped_components(6, &edges, &[], 0.0, 3);
        assert_eq!((found.components, found.n_refused), (vec![vec![1, 2, 3]], 1));
        let found = capped_components(6, &edges, &[], -2.0, 300);
        assert_eq!(found.components, [vec![0, 1, 2, 3], vec![4, 5]]);
    }

    #[test]
    fn what_is_bound_together_knows_no_cap() {
        let found = capped_components(4, &[], &[&[vec![0, 1, 2, 3]]], 0.0, 2);
        assert_eq!(found.components, [vec![0, 1, 2, 3]]);
    }
}

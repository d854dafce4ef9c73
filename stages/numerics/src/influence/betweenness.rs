//! Betweenness: who lies on the shortest ways between others.

use std::collections::VecDeque;

use rayon::prelude::*;

use super::Graph;

/// Pivots worked on at a time; bounds the memory to so many times 24 bytes a node.
const PIVOTS_PER_BATCH: usize = 8;

/// Returns how many shortest ways lead through each node, along edges, each of length 1.
///
/// The algorithm of Brandes (2001) from `n_pivots` nodes, evenly spread over the node numbers, and
/// scaled up to all (Brandes and Pich 2007); exact when there are as many pivots as nodes. Where
/// several shortest ways join two nodes each counts for its share; ends do not count. The result
/// does not depend on the number of threads. O(pivots · edges). Shape `(n_nodes,)`; all 0 without
/// pivots.
pub fn betweenness(graph: &Graph, n_pivots: usize) -> Vec<f64> {
    let n = graph.n_nodes();
    let n_pivots = n_pivots.min(n);
    let pivots: Vec<u32> = (0..n_pivots).map(|i| (i * n / n_pivots.max(1)) as u32).collect();
    let mut total = vec![0.0; n];
    for batch in pivots.chunks(PIVOTS_PER_BATCH) {
        let found: Vec<Vec<(u32, f64)>> =
            batch.par_iter().map(|&pivot| dependencies(graph, pivot)).collect();
        // In the order of pivots, so that sums do not depend on threads.
        for (node, dependency) in found.into_iter().flatten() {
            if let Some(total) = total.get_mut(node as usize) {
                *total += dependency;
            }
        }
    }
    let scale = n as f64 / n_pivots.max(1) as f64;
    total.into_iter().map(|total| total * scale).collect()
}

/// What is known of a node during a search.
#[derive(Debug, Clone, Copy)]
struct Seen {
    distance: u32,
    n_ways: f64,
    dependency: f64,
}

/// Returns how far the ways from a pivot depend on each node beyond it.
fn dependencies(graph: &Graph, pivot: u32) -> Vec<(u32, f64)> {
    let mut seen: Vec<Option<Seen>> = vec![None; graph.n_nodes()];
    let mut order = Vec::new();
    let mut queue = VecDeque::from([pivot]);
    if let Some(cell) = seen.get_mut(pivot as usize) {
        *cell = Some(Seen { distance: 0, n_ways: 1.0, dependency: 0.0 });
    }
    while let Some(node) = queue.pop_front() {
        let Some(&Some(own)) = seen.get(node as usize) else { continue };
        order.push(node);
        for &(next, _) in graph.outgoing(node) {
            let Some(cell) = seen.get_mut(next as usize) else { continue };
            let found = cell.get_or_insert_with(|| {
                queue.push_back(next);
                Seen { distance: own.distance + 1, n_ways: 0.0, dependency: 0.0 }
            });
            if found.distance == own.distance + 1 {
                found.n_ways += own.n_ways;
            }
        }
    }
    // From the farthest back: each node passes on to those before it on a shortest way.
    for &node in order.iter().rev() {
        let Some(&Some(own)) = seen.get(node as usize) else { continue };
        for &(before, _) in graph.incoming(node) {
            if let Some(Some(found)) = seen.get_mut(before as usize)
                && found.distance + 1 == own.distance
            {
                found.dependency += found.n_ways / own.n_ways * (1.0 + own.dependency);
            }
        }
    }
    let others = order.into_iter().skip(1);
    others
        .filter_map(|node| Some((node, seen.get(node as usize).copied().flatten()?.dependency)))
        .filter(|&(_, dependency)| dependency > 0.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn graph(n_nodes: u32, edges: &[(u32, u32)]) -> Graph {
        let mut edges = edges.to_vec();
        edges.sort_unstable();
        edges.dedup();
        let (from, to): (Vec<u32>, Vec<u32>) = edges.into_iter().unzip();
        Graph::new(n_nodes, &from, &to, &vec![1; from.len()]).expect("sorted")
    }

    #[test]
    fn ways_through_a_node_are_counted_by_hand() {
        // 0 → 1 → 2 → 3 and 0 → 4 → 2: from 0 to 2 two ways, half through 1; from 0 to 3 likewise;
        // 2 lies between 0 and 3, 1 and 3, 4 and 3.
        let found = betweenness(&graph(5, &[(0, 1), (1, 2), (2, 3), (0, 4), (4, 2)]), 5);
        for (found, expected) in found.iter().zip([0.0, 1.0, 3.0, 0.0, 1.0]) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn fewer_pivots_estimate_the_same() {
        // A star whose centre, 0, is on every way between the 30 others: 30 · 29.
        let spokes = (1..31).flat_map(|node| [(0, node), (node, 0)]);
        let star = graph(31, &spokes.collect::<Vec<_>>());
        assert!((betweenness(&star, 31)[0] - 870.0).abs() < 1e-9);
        // Of ten pivots the centre is one: nine spokes of 29 ways each, times 31 / 10.
        assert!((betweenness(&star, 10)[0] - 9.0 * 29.0 * 3.1).abs() < 1e-9);
        assert!(betweenness(&star, 0).iter().all(|found| found.abs() < 1e-15));
        assert!(betweenness(&graph(0, &[]), 9).is_empty());
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let edges: Vec<(u32, u32)> =
            (0..900).map(|i| (i * 7 % 300, (i * i / 3 + 11) % 300)).collect();
        let graph = graph(300, &edges);
        let with_threads = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
            pool.install(|| betweenness(&graph, 100))
        };
        assert_eq!(with_threads(1), with_threads(3));
    }

    proptest! {
        #[test]
        fn inner_nodes_of_all_ways_add_up_to_their_lengths(
            edges in prop::collection::vec((0_u32..9, 0_u32..9), 0..30),
        ) {
            let graph = graph(9, &edges);
            let total: f64 = betweenness(&graph, 9).iter().sum();
            // Each pair's shortest way of length l has l - 1 inner nodes.
            let mut expected = 0;
            for pivot in 0..9 {
                let mut distance = [None; 9];
                distance[pivot as usize] = Some(0);
                let mut queue = VecDeque::from([pivot]);
                while let Some(node) = queue.pop_front() {
                    let own: i32 = distance[node as usize].expect("is seen");
                    expected += (own - 1).max(0);
                    for &(next, _) in graph.outgoing(node) {
                        if distance[next as usize].is_none() {
                            distance[next as usize] = Some(own + 1);
                            queue.push_back(next);
                        }
                    }
                }
            }
            prop_assert!((total - f64::from(expected)).abs() < 1e-9);
        }
    }
}

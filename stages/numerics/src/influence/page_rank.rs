//! PageRank: who is listened to by those who are listened to.

use rayon::prelude::*;
use thiserror::Error;

use super::Graph;

/// Nodes of a chunk, the unit of parallel work. Fixed, so that sums are added in the same order on
/// any number of threads.
const NODES_PER_CHUNK: usize = 16_384;

/// Why settings of PageRank are refused.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum PageRankParamsError {
    /// The damping is not within 0 and 1.
    #[error("damping is {0}, expected from 0 to below 1")]
    Damping(f64),
    /// The tolerance is negative or not a number.
    #[error("tolerance is {0}, expected a finite number from 0")]
    Tolerance(f64),
    /// No iteration is allowed.
    #[error("max_iterations is 0, expected 1 or more")]
    MaxIterations,
}

/// Checked settings of PageRank.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageRankParams {
    damping: f64,
    tolerance: f64,
    max_iterations: usize,
}

/// The ranks of a graph's nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct PageRank {
    /// Share of attention that each node gets, above 0; they sum to 1. Shape `(n_nodes,)`.
    pub ranks: Vec<f64>,
    /// Iterations done.
    pub n_iterations: usize,
    /// Summed absolute change of the ranks in the last of them.
    pub last_change: f64,
    /// Whether that was within the tolerance.
    pub is_converged: bool,
}

impl PageRankParams {
    /// Returns settings; `tolerance` bounds the summed absolute change of an iteration.
    ///
    /// # Errors
    ///
    /// [`PageRankParamsError`] for the first setting out of its range.
    pub fn new(
        damping: f64,
        tolerance: f64,
        max_iterations: usize,
    ) -> Result<Self, PageRankParamsError> {
        if !(0.0..1.0).contains(&damping) {
            return Err(PageRankParamsError::Damping(damping));
        }
        if !(tolerance.is_finite() && tolerance >= 0.0) {
            return Err(PageRankParamsError::Tolerance(tolerance));
        }
        if max_iterations == 0 {
            return Err(PageRankParamsError::MaxIterations);
        }
        Ok(Self { damping, tolerance, max_iterations })
    }

    /// Ranks the nodes of a graph by power iteration (Brin and Page 1998).
    ///
    /// With damping `d` attention follows edges in proportion to their weights, otherwise it falls
    /// on any node alike; so does that of nodes without edges. The change of an iteration shrinks
    /// by `d` at least. The result does not depend on the number of threads; no node is no error.
    /// O(edges) an iteration, 16 bytes a node.
    pub fn rank(&self, graph: &Graph) -> PageRank {
        let n = graph.n_nodes();
        let strengths = graph.out_strength();
        let mut ranks = vec![1.0 / n.max(1) as f64; n];
        let mut found =
            PageRank { ranks: Vec::new(), n_iterations: 0, last_change: 0.0, is_converged: n == 0 };
        while !found.is_converged && found.n_iterations < self.max_iterations {
            let (next, change) = self.step(graph, &strengths, &ranks);
            ranks = next;
            found.n_iterations += 1;
            found.last_change = change;
            found.is_converged = change <= self.tolerance;
        }
        // Rounding drifts by a few units in the last place an iteration.
        let total = chunked_sum(&ranks, |_, rank| rank);
        PageRank { ranks: ranks.into_iter().map(|rank| rank / total).collect(), ..found }
    }

    /// Returns the next ranks and how far they are from the last.
    fn step(&self, graph: &Graph, strengths: &[i64], ranks: &[f64]) -> (Vec<f64>, f64) {
        let n = ranks.len() as f64;
        // What each node passes on for each unit of weight.
        let given: Vec<f64> = ranks
            .par_iter()
            .zip(strengths)
            .map(|(rank, &strength)| if strength > 0 { rank / strength as f64 } else { 0.0 })
            .collect();
        let silent = chunked_sum(ranks, |node, rank| {
            if strengths.get(node).is_some_and(|&strength| strength > 0) { 0.0 } else { rank }
        });
        let base = (1.0 - self.damping) / n + self.damping * silent / n;
        let next: Vec<f64> = (0..ranks.len() as u32)
            .into_par_iter()
            .with_min_len(1024)
            .map(|node| {
                let received: f64 = graph
                    .incoming(node)
                    .iter()
                    .map(|&(from, weight)| {
                        given.get(from as usize).map_or(0.0, |given| given * weight as f64)
                    })
                    .sum();
                base + self.damping * received
            })
            .collect();
        let change = chunked_sum(&next, |node, rank| {
            ranks.get(node).map_or(0.0, |before| (rank - before).abs())
        });
        (next, change)
    }
}

impl Default for PageRankParams {
    /// Damping 0.85, tolerance 1e-10, at most 200 iterations.
    fn default() -> Self {
        Self { damping: 0.85, tolerance: 1e-10, max_iterations: 200 }
    }
}

/// Sums terms of nodes chunk by chunk, and the chunks in order.
fn chunked_sum(values: &[f64], term: impl Fn(usize, f64) -> f64 + Sync) -> f64 {
    let by_chunk: Vec<f64> = values
        .par_chunks(NODES_PER_CHUNK)
        .enumerate()
        .map(|(chunk, values)| {
            let nodes = chunk * NODES_PER_CHUNK..;
            nodes.zip(values).map(|(node, &value)| term(node, value)).sum()
        })
        .collect();
    by_chunk.iter().sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn graph(n_nodes: u32, edges: &[(u32, u32, i64)]) -> Graph {
        let mut edges = edges.to_vec();
        edges.sort_unstable();
        edges.dedup_by_key(|edge| (edge.0, edge.1));
        let (from, (to, weight)): (Vec<u32>, (Vec<u32>, Vec<i64>)) =
            edges.into_iter().map(|(from, to, weight)| (from, (to, weight))).unzip();
        Graph::new(n_nodes, &from, &to, &weight).expect("sorted")
    }

    fn unweighted(n_nodes: u32, edges: &[(u32, u32)]) -> Graph {
        graph(n_nodes, &edges.iter().map(|&(from, to)| (from, to, 1)).collect::<Vec<_>>())
    }

    #[test]
    fn langville_and_meyers_six_pages_are_reproduced() {
        // Langville and Meyer 2004, Deeper Inside PageRank, Figure 1 and section 4: page 2 leads
        // nowhere, damping 0.9.
        let pages = unweighted(
            6,
            &[(0, 1), (0, 2), (2, 0), (2, 1), (2, 4), (3, 4), (3, 5), (4, 3), (4, 5), (5, 3)],
        );
        let params = PageRankParams::new(0.9, 1e-12, 500).expect("valid");
        let found = params.rank(&pages);
        let expected = [0.03721, 0.05396, 0.04151, 0.3751, 0.206, 0.2862];
        assert!(found.is_converged);
        for (rank, expected) in found.ranks.iter().zip(expected) {
            assert!((rank - expected).abs() < 5.1e-5, "{:?}", found.ranks);
        }
    }

    #[test]
    fn two_who_speak_of_one_are_worked_out_by_hand() {
        // Nodes 0 and 1 speak of 2, who is silent. With r = rank of 0, s = rank of 2 and d = .85:
        // r = .05 + .85 s / 3, s = .05 + .85 s / 3 + .85 · 2 r, 2 r + s = 1. So s = r (1 + 1.7),
        // r = 1 / 4.7.
        let found = PageRankParams::default().rank(&unweighted(3, &[(0, 2), (1, 2)]));
        assert!((found.ranks[0] - 1.0 / 4.7).abs() < 1e-9, "{found:?}");
        assert!((found.ranks[2] - 2.7 / 4.7).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn attention_follows_weights() {
        // Node 0 speaks of 1 three times as often as of 2; both answer 0. Ranks: r0 = .05 + .85 (1 -
        // r0), r1 = .05 + .85 · 3/4 r0, r2 = .05 + .85 / 4 r0.
        let found = PageRankParams::default()
            .rank(&graph(3, &[(0, 1, 3), (0, 2, 1), (1, 0, 5), (2, 0, 1)]));
        let r0 = 0.9 / 1.85;
        for (rank, expected) in found.ranks.iter().zip([r0, 0.05 + 0.6375 * r0, 0.05 + 0.2125 * r0])
        {
            assert!((rank - expected).abs() < 1e-9, "{found:?}");
        }
    }

    #[test]
    fn settings_out_of_range_are_named_and_nobody_is_no_error() {
        assert_eq!(PageRankParams::new(1.0, 0.0, 1), Err(PageRankParamsError::Damping(1.0)));
        assert_eq!(PageRankParams::new(0.5, 0.0, 0), Err(PageRankParamsError::MaxIterations));
        assert_eq!(PageRankParams::new(0.5, -1.0, 1), Err(PageRankParamsError::Tolerance(-1.0)));
        let nobody = PageRankParams::default().rank(&unweighted(0, &[]));
        assert!(nobody.is_converged && nobody.ranks.is_empty());
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let edges: Vec<(u32, u32)> =
            (0..60_000).map(|i| (i * 7 % 40_000, (i * i / 3 + 11) % 40_000)).collect();
        let graph = unweighted(40_000, &edges);
        let with_threads = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
            pool.install(|| PageRankParams::default().rank(&graph))
        };
        assert_eq!(with_threads(1), with_threads(3));
    }

    type Edges = Vec<(u32, u32, i64)>;

    proptest! {
        #[test]
        fn ranks_sum_to_one_and_do_not_depend_on_names(
            edges in prop::collection::vec((0_u32..12, 0_u32..12, 1_i64..9), 0..40),
            names in Just((0_u32..12).collect::<Vec<u32>>()).prop_shuffle(),
        ) {
            let mut edges: Edges = edges;
            edges.sort_unstable();
            edges.dedup_by_key(|edge| (edge.0, edge.1));
            let named: Edges = edges
                .iter()
                .map(|&(from, to, weight)| (names[from as usize], names[to as usize], weight))
                .collect();
            let params = PageRankParams::default();
            let (found, renamed) = (params.rank(&graph(12, &edges)), params.rank(&graph(12, &named)));
            prop_assert!((found.ranks.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            for (node, rank) in found.ranks.iter().enumerate() {
                prop_assert!((rank - renamed.ranks[names[node] as usize]).abs() < 1e-9);
                prop_assert!(*rank >= 0.15 / 12.0 - 1e-12);
            }
            // Doubled weights are the same proportions.
            let doubled: Edges = edges.iter().map(|&(from, to, w)| (from, to, 2 * w)).collect();
            let doubled = params.rank(&graph(12, &doubled));
            for (a, b) in found.ranks.iter().zip(&doubled.ranks) {
                prop_assert!((a - b).abs() < 1e-12);
            }
        }
    }
}

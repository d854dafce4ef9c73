//! A directed graph with whole weights.

use thiserror::Error;

/// Why edges are no graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum GraphError {
    /// The three arrays differ in length.
    #[error("{from} start(s), {to} end(s) and {weight} weight(s), expected as many of each")]
    UnequalLengths {
        /// Starts of edges.
        from: usize,
        /// Ends of edges.
        to: usize,
        /// Weights.
        weight: usize,
    },
    /// An edge names a node that does not exist.
    #[error("edge {edge} (counted from 0) leads from {from} to {to}, expected below {n_nodes}")]
    NodeOutOfRange {
        /// Place of the edge.
        edge: usize,
        /// Its start.
        from: u32,
        /// Its end.
        to: u32,
        /// Number of nodes.
        n_nodes: u32,
    },
    /// Edges are not sorted by start and end, or one is given twice.
    #[error("edge {edge} (counted from 0) is not after the one before it, by start and end")]
    NotAscending {
        /// Place of the edge.
        edge: usize,
    },
    /// A weight is 0 or negative.
    #[error("edge {edge} (counted from 0) has weight {weight}, expected 1 or more")]
    Weight {
        /// Place of the edge.
        edge: usize,
        /// Its weight.
        weight: i64,
    },
    /// The weights do not add up within 63 bits.
    #[error("the sum of all weights overflows")]
    Overflow,
}

/// A directed weighted graph: an edge leads from who speaks to whom they speak of.
///
/// Its nodes are `0..n_nodes`. 24 bytes an edge, 16 a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    outgoing: Adjacency,
    incoming: Adjacency,
}

/// The edges of each node, one node after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Adjacency {
    /// Where each node's edges end.
    ends: Vec<usize>,
    /// The other node of each edge, ascending within a node, and the weight.
    edges: Vec<(u32, i64)>,
}

impl Graph {
    /// Takes edges sorted by start, then end, each pair once, with weights of 1 or more.
    ///
    /// Interactions of a pair are counted into one weight before. An edge from a node to itself is
    /// taken as any other; leave it out where praise of oneself should not count.
    ///
    /// # Errors
    ///
    /// [`GraphError`] for the first edge that breaks these rules.
    pub fn new(n_nodes: u32, from: &[u32], to: &[u32], weight: &[i64]) -> Result<Self, GraphError> {
        if from.len() != to.len() || from.len() != weight.len() {
            let (from, to, weight) = (from.len(), to.len(), weight.len());
            return Err(GraphError::UnequalLengths { from, to, weight });
        }
        let edges = || from.iter().zip(to).zip(weight).map(|((&from, &to), &w)| (from, to, w));
        let (mut previous, mut total) = (None, 0_i64);
        for (edge, (from, to, weight)) in edges().enumerate() {
            if from >= n_nodes || to >= n_nodes {
                return Err(GraphError::NodeOutOfRange { edge, from, to, n_nodes });
            }
            if previous.is_some_and(|previous| previous >= (from, to)) {
                return Err(GraphError::NotAscending { edge });
            }
            if weight < 1 {
                return Err(GraphError::Weight { edge, weight });
            }
            total = total.checked_add(weight).ok_or(GraphError::Overflow)?;
            previous = Some((from, to));
        }
        Ok(Self {
            outgoing: Adjacency::new(n_nodes, edges()),
            incoming: Adjacency::new(n_nodes, edges().map(|(from, to, w)| (to, from, w))),
        })
    }

    /// Returns the number of nodes.
    pub fn n_nodes(&self) -> usize {
        self.outgoing.ends.len()
    }

    /// Returns the number of edges.
    pub fn n_edges(&self) -> usize {
        self.outgoing.edges.len()
    }

    /// Returns ends and weights of the edges from a node, ends ascending; none for no such node.
    pub fn outgoing(&self, node: u32) -> &[(u32, i64)] {
        self.outgoing.of(node)
    }

    /// Returns starts and weights of the edges to a node, starts ascending; none for no such node.
    pub fn incoming(&self, node: u32) -> &[(u32, i64)] {
        self.incoming.of(node)
    }

    /// Returns the summed weight of the edges to each node; shape `(n_nodes,)`.
    pub fn in_strength(&self) -> Vec<i64> {
        self.incoming.strength()
    }

    /// Returns the summed weight of the edges from each node; shape `(n_nodes,)`.
    pub fn out_strength(&self) -> Vec<i64> {
        self.outgoing.strength()
    }
}

impl Adjacency {
    /// Sorts edges by their node, otherwise keeping their order.
    fn new(n_nodes: u32, edges: impl Iterator<Item = (u32, u32, i64)> + Clone) -> Self {
        // First how many edges each node has, then where they go.
        let mut next = vec![0_usize; n_nodes as usize];
        for (node, _, _) in edges.clone() {
            if let Some(n) = next.get_mut(node as usize) {
                *n += 1;
            }
        }
        let mut n_edges = 0;
        for start in &mut next {
            n_edges += std::mem::replace(start, n_edges);
        }
        let mut sorted = vec![(0, 0); n_edges];
        for (node, other, weight) in edges {
            if let Some(next) = next.get_mut(node as usize)
                && let Some(edge) = sorted.get_mut(*next)
            {
                *edge = (other, weight);
                *next += 1;
            }
        }
        Self { ends: next, edges: sorted }
    }

    fn of(&self, node: u32) -> &[(u32, i64)] {
        let node = node as usize;
        let Some(&end) = self.ends.get(node) else { return &[] };
        let start = node.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        self.edges.get(start.unwrap_or(0)..end).unwrap_or_default()
    }

    fn strength(&self) -> Vec<i64> {
        (0..self.ends.len() as u32)
            .map(|node| self.of(node).iter().map(|(_, weight)| weight).sum())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_found_from_either_end() {
        let graph = Graph::new(4, &[0, 0, 2, 3], &[2, 3, 0, 2], &[1, 5, 2, 7]).expect("sorted");
        assert_eq!((graph.n_nodes(), graph.n_edges()), (4, 4));
        assert_eq!(graph.outgoing(0), [(2, 1), (3, 5)]);
        assert_eq!(graph.incoming(2), [(0, 1), (3, 7)]);
        assert_eq!(graph.outgoing(1), []);
        assert_eq!(graph.incoming(9), []);
        assert_eq!(graph.in_strength(), [2, 0, 8, 5]);
        assert_eq!(graph.out_strength(), [6, 0, 2, 7]);
    }

    #[test]
    fn what_is_no_graph_is_named() {
        let error = |from: &[u32], to: &[u32], weight: &[i64]| {
            Graph::new(3, from, to, weight).expect_err("is refused")
        };
        assert_eq!(error(&[0, 0], &[1, 1], &[1, 1]), GraphError::NotAscending { edge: 1 });
        assert_eq!(error(&[1, 0], &[1, 1], &[1, 1]), GraphError::NotAscending { edge: 1 });
        assert_eq!(error(&[0], &[1], &[0]), GraphError::Weight { edge: 0, weight: 0 });
        assert_eq!(error(&[0, 1], &[1, 1], &[i64::MAX, 1]), GraphError::Overflow);
        let expected = GraphError::NodeOutOfRange { edge: 0, from: 0, to: 3, n_nodes: 3 };
        assert_eq!(error(&[0], &[3], &[1]), expected);
        let expected = GraphError::UnequalLengths { from: 1, to: 0, weight: 1 };
        assert_eq!(error(&[0], &[], &[1]), expected);
    }
}

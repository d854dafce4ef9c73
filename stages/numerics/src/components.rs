//! Connected components by union-find, numbered without regard to the order of the edges.

use thiserror::Error;

/// Disjoint sets of the nodes `0..n_nodes`, each represented by its smallest member.
///
/// Path halving (Tarjan and van Leeuwen 1984). Linking goes by smallest root rather than by rank,
/// which costs O(log n) amortised a union and makes the representative independent of edge order.
#[derive(Debug, Clone)]
pub struct UnionFind {
    /// A node's parent is never larger than the node itself.
    parent: Vec<u32>,
}

impl UnionFind {
    /// Returns `n_nodes` sets of one node each.
    pub fn new(n_nodes: u32) -> Self {
        Self { parent: (0..n_nodes).collect() }
    }

    /// Returns the number of nodes.
    pub fn n_nodes(&self) -> usize {
        self.parent.len()
    }

    /// Returns the smallest member of the node's set, or `None` when there is no such node.
    pub fn find(&mut self, node: u32) -> Option<u32> {
        ((node as usize) < self.parent.len()).then(|| self.root(node))
    }

    /// Joins two sets; returns whether they were apart, or `None` when a node does not exist.
    pub fn union(&mut self, a: u32, b: u32) -> Option<bool> {
        let (a, b) = (self.find(a)?, self.find(b)?);
        self.parent[a.max(b) as usize] = a.min(b);
        Some(a != b)
    }

    /// Numbers the sets by their smallest members. O(n).
    pub fn into_components(self) -> Components {
        let mut labels = self.parent;
        let mut representatives = Vec::new();
        for node in 0..labels.len() {
            // Parents are not larger than their children, so the parent's label is already final.
            let parent = labels[node] as usize;
            labels[node] = if parent == node {
                representatives.push(node as u32);
                representatives.len() as u32 - 1
            } else {
                labels[parent]
            };
        }
        Components { labels, representatives }
    }

    fn root(&mut self, mut node: u32) -> u32 {
        loop {
            let parent = self.parent[node as usize];
            if parent == node {
                return node;
            }
            let grandparent = self.parent[parent as usize];
            self.parent[node as usize] = grandparent;
            node = grandparent;
        }
    }
}

/// A partition of nodes into components, numbered from 0 by their smallest members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Components {
    labels: Vec<u32>,
    representatives: Vec<u32>,
}

impl Components {
    /// Returns the component of each node; shape `(n_nodes,)`.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Returns the smallest member of each component, ascending; shape `(n_components,)`.
    pub fn representatives(&self) -> &[u32] {
        &self.representatives
    }

    /// Returns the number of components.
    pub fn len(&self) -> usize {
        self.representatives.len()
    }

    /// Returns whether there is no node at all.
    pub fn is_empty(&self) -> bool {
        self.representatives.is_empty()
    }

    /// Returns the number of nodes of each component; shape `(n_components,)`.
    pub fn sizes(&self) -> Vec<u32> {
        let mut sizes = vec![0; self.len()];
        for &label in &self.labels {
            sizes[label as usize] += 1;
        }
        sizes
    }
}

/// An edge names a node that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("edge {edge} (counted from 0) joins nodes {a} and {b}, expected both below {n_nodes}")]
pub struct EdgeOutOfRange {
    /// Place of the edge in the input, from 0.
    pub edge: usize,
    /// One end.
    pub a: u32,
    /// The other end.
    pub b: u32,
    /// Number of nodes.
    pub n_nodes: u32,
}

/// Returns the connected components of an undirected graph.
///
/// Loops and repeated edges are harmless. The result does not depend on the order of the edges or
/// of their ends. O((n + m) log n) at worst, nearly linear in practice; 4 bytes a node.
///
/// # Errors
/// An edge with an end that is not below `n_nodes`.
pub fn connected_components(
    n_nodes: u32,
    edges: impl IntoIterator<Item = (u32, u32)>,
) -> Result<Components, EdgeOutOfRange> {
    let mut sets = UnionFind::new(n_nodes);
    for (edge, (a, b)) in edges.into_iter().enumerate() {
        sets.union(a, b).ok_or(EdgeOutOfRange { edge, a, b, n_nodes })?;
    }
    Ok(sets.into_components())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn components(n_nodes: u32, edges: &[(u32, u32)]) -> Components {
        connected_components(n_nodes, edges.iter().copied()).expect("edges in range")
    }

    #[test]
    fn components_are_numbered_by_their_smallest_members() {
        let found = components(7, &[(5, 3), (6, 2), (3, 1), (4, 4)]);
        assert_eq!(found.labels(), [0, 1, 2, 1, 3, 1, 2]);
        assert_eq!(found.representatives(), [0, 1, 2, 4]);
        assert_eq!(found.sizes(), [1, 3, 2, 1]);
        assert!(components(0, &[]).is_empty());
    }

    #[test]
    fn a_long_chain_joined_from_its_end_is_one_component() {
        let chain: Vec<(u32, u32)> = (0..99_999).rev().map(|node| (node, node + 1)).collect();
        assert_eq!(components(100_000, &chain).len(), 1);
    }

    #[test]
    fn an_edge_to_nowhere_is_named() {
        let error = connected_components(3, [(0, 1), (1, 3)]).expect_err("3 is no node");
        assert_eq!(
            error.to_string(),
            "edge 1 (counted from 0) joins nodes 1 and 3, expected both below 3"
        );
    }

    /// Whether each pair of nodes is connected, by repeated relaxation.
    fn reachability(n: usize, edges: &[(u32, u32)]) -> Vec<Vec<bool>> {
        let mut reach: Vec<Vec<bool>> = (0..n).map(|i| (0..n).map(|j| i == j).collect()).collect();
        for &(a, b) in edges {
            reach[a as usize][b as usize] = true;
            reach[b as usize][a as usize] = true;
        }
        for via in 0..n {
            for i in 0..n {
                for j in 0..n {
                    reach[i][j] |= reach[i][via] && reach[via][j];
                }
            }
        }
        reach
    }

    type Edges = Vec<(u32, u32)>;

    fn shuffled_edges() -> impl Strategy<Value = (Edges, Edges)> {
        prop::collection::vec((0_u32..24, 0_u32..24), 0..30)
            .prop_flat_map(|edges| (Just(edges.clone()), Just(edges).prop_shuffle()))
    }

    proptest! {
        #[test]
        fn edge_order_and_edge_ends_do_not_matter((edges, shuffled) in shuffled_edges()) {
            let turned: Vec<(u32, u32)> = shuffled.iter().map(|&(a, b)| (b, a)).collect();
            prop_assert_eq!(components(24, &edges), components(24, &turned));
        }

        #[test]
        fn two_nodes_share_a_label_exactly_when_connected((edges, _) in shuffled_edges()) {
            let found = components(24, &edges);
            let reach = reachability(24, &edges);
            for (i, row) in reach.iter().enumerate() {
                for (j, &connected) in row.iter().enumerate() {
                    prop_assert_eq!(found.labels()[i] == found.labels()[j], connected);
                }
            }
        }

        #[test]
        fn an_edge_elsewhere_leaves_other_components_as_they_were(
            (edges, _) in shuffled_edges(),
            (a, b) in (0_u32..24, 0_u32..24),
        ) {
            let before = components(24, &edges);
            let after = components(24, &[edges.as_slice(), &[(a, b)]].concat());
            let representative = |c: &Components, node: usize| {
                c.representatives()[c.labels()[node] as usize]
            };
            let touched = [a, b].map(|node| before.labels()[node as usize]);
            for node in 0..24 {
                if !touched.contains(&before.labels()[node]) {
                    prop_assert_eq!(representative(&before, node), representative(&after, node));
                }
            }
        }
    }
}

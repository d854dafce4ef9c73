//! Disjoint sets of which some must never become one.

use std::collections::{BTreeMap, BTreeSet};

use crate::components::{Components, UnionFind};

/// Disjoint sets of the nodes `0..n_nodes`, some pairs of which stay apart whatever is joined.
///
/// Without such pairs they cost what a [`UnionFind`] does; each pair costs O(log n) a union.
#[derive(Debug, Clone)]
pub struct ApartSets {
    sets: UnionFind,
    /// Roots that must stay apart from a root, both ways.
    apart: BTreeMap<u32, BTreeSet<u32>>,
}

impl ApartSets {
    /// Returns `n_nodes` sets of one node each, all of which may be joined.
    pub fn new(n_nodes: u32) -> Self {
        Self { sets: UnionFind::new(n_nodes), apart: BTreeMap::new() }
    }

    /// Keeps two nodes apart from now on; returns whether they still were.
    ///
    /// Two nodes of one set stay together, and so does a node with itself. False, too, where a node does
    /// not exist.
    pub fn keep_apart(&mut self, a: u32, b: u32) -> bool {
        match (self.find(a), self.find(b)) {
            (Some(a), Some(b)) if a != b => {
                self.apart.entry(a).or_default().insert(b);
                self.apart.entry(b).or_default().insert(a);
                true
            }
            _ => false,
        }
    }

    /// Returns the number of nodes.
    pub fn n_nodes(&self) -> usize {
        self.sets.n_nodes()
    }

    /// Returns the smallest member of the node's set, or `None` when there is no such node.
    pub fn find(&mut self, node: u32) -> Option<u32> {
        self.sets.find(node)
    }

    /// Joins two sets, unless they must stay apart; returns whether they are one now.
    pub fn join(&mut self, a: u32, b: u32) -> bool {
        let (Some(a), Some(b)) = (self.find(a), self.find(b)) else { return false };
        if self.are_apart(a, b) {
            return false;
        }
        self.sets.union(a, b);
        let (root, other) = (a.min(b), a.max(b));
        for enemy in self.apart.remove(&other).unwrap_or_default() {
            if let Some(of_enemy) = self.apart.get_mut(&enemy) {
                of_enemy.remove(&other);
                of_enemy.insert(root);
            }
            self.apart.entry(root).or_default().insert(enemy);
        }
        true
    }

    /// The sets of these nodes, by smallest member, without those that must stay apart from another of
    /// them.
    ///
    /// What is said of all of these nodes is said of sets that may be joined; of two that must stay apart
    /// nobody knows which is meant.
    pub fn undisputed(&mut self, nodes: &[u32]) -> Vec<u32> {
        let mut roots: Vec<u32> = nodes.iter().filter_map(|&node| self.find(node)).collect();
        roots.sort_unstable();
        roots.dedup();
        if self.apart.is_empty() {
            return roots;
        }
        let is_free = |root: &u32| {
            let enemies = self.apart.get(root);
            enemies.is_none_or(|all| roots.iter().all(|other| !all.contains(other)))
        };
        roots.iter().copied().filter(is_free).collect()
    }

    /// Pairs of smallest members that must stay apart, the smaller first, ascending.
    pub fn apart(&self) -> Vec<(u32, u32)> {
        let pairs = self.apart.iter().flat_map(|(&a, all)| all.iter().map(move |&b| (a, b)));
        pairs.filter(|(a, b)| a < b).collect()
    }

    /// Numbers the sets by their smallest members. O(n).
    pub fn into_components(self) -> Components {
        self.sets.into_components()
    }

    /// Whether two roots must stay apart.
    fn are_apart(&self, a: u32, b: u32) -> bool {
        self.apart.get(&a).is_some_and(|enemies| enemies.contains(&b))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_join_that_would_unite_what_is_apart_is_refused() {
        let mut sets = ApartSets::new(5);
        assert!(sets.keep_apart(1, 4));
        // 0-1 and 3-4 are joined; then {0, 1} and {3, 4} are apart, as 1 and 4 are.
        assert!(sets.join(0, 1) && sets.join(4, 3));
        assert!(!sets.join(0, 3));
        assert_eq!(sets.apart(), [(0, 3)]);
        assert_eq!(sets.undisputed(&[1, 2, 3]), [2], "nobody knows which of {{0, 1}} and {{3, 4}}");
        assert_eq!(sets.undisputed(&[1, 2, 0]), [0, 2]);
        assert!(!sets.keep_apart(0, 1), "one set already");
        assert!(!sets.keep_apart(2, 9) && !sets.join(2, 9), "there is no node 9");
        assert_eq!(sets.into_components().labels(), [0, 0, 1, 2, 2]);
    }

    proptest! {
        #[test]
        fn what_is_apart_stays_apart_and_all_else_is_as_without(
            apart in prop::collection::vec((0_u32..12, 0_u32..12), 0..8),
            joins in prop::collection::vec((0_u32..12, 0_u32..12), 0..30),
        ) {
            let mut sets = ApartSets::new(12);
            let apart: Vec<_> = apart.into_iter().filter(|&(a, b)| sets.keep_apart(a, b)).collect();
            let mut plain = UnionFind::new(12);
            for &(a, b) in &joins {
                if sets.join(a, b) {
                    plain.union(a, b);
                } else {
                    let (a, b) = (sets.find(a), sets.find(b));
                    let is_forbidden = apart.iter().any(|&(x, y)| {
                        let (x, y) = (sets.find(x), sets.find(y));
                        (x, y) == (a, b) || (y, x) == (a, b)
                    });
                    prop_assert!(is_forbidden);
                }
            }
            for (a, b) in apart {
                prop_assert_ne!(sets.find(a), sets.find(b));
            }
            prop_assert_eq!(sets.into_components(), plain.into_components());
        }
    }
}

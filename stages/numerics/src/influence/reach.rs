//! How many people a party's posts can reach, and whose word carries (capability A14).

use std::collections::BTreeSet;

use thiserror::Error;

use super::{Graph, InfluenceError, normalised};
use crate::percent_rank::percent_ranks;

/// Why a reach cannot be computed.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum ReachError {
    /// Audiences or posts are more or fewer than nodes.
    #[error("{found} {what}, expected one a node: {expected}")]
    UnequalLengths {
        /// Audiences or posts.
        what: &'static str,
        /// Nodes.
        expected: usize,
        /// Found.
        found: usize,
    },
    /// An audience or a number of posts is negative.
    #[error("the {what} of node {node} are negative, expected 0 or more")]
    Negative {
        /// Audiences or posts.
        what: &'static str,
        /// The node.
        node: usize,
    },
    /// The overlap factor is not a share.
    #[error("overlap factor is {0}, expected from 0 to 1")]
    Overlap(f64),
}

/// Contacts that a party's posts can make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// Posts times own audience.
    pub own: i128,
    /// Audiences of those who shared them, once for each share.
    pub shared: i128,
    /// `own + overlap factor · shared`.
    pub potential: f64,
}

/// Returns the potential reach of each node's posts; shape `(n_nodes,)`.
///
/// An edge of `shares` leads from who shared to whose post it was, its weight the number of shares.
/// `audience` and `n_posts` are of each node. `overlap_factor` is the part of a sharer's audience
/// that is new to the author's: 1 when they have nobody in common. Where a platform tells reach
/// itself, use that.
///
/// # Errors
///
/// [`ReachError`] for lengths that differ, a negative number, or a factor out of range.
pub fn potential_reach(
    shares: &Graph,
    audience: &[i64],
    n_posts: &[i64],
    overlap_factor: f64,
) -> Result<Vec<Reach>, ReachError> {
    check("audiences", shares, audience)?;
    check("posts", shares, n_posts)?;
    if !(0.0..=1.0).contains(&overlap_factor) {
        return Err(ReachError::Overlap(overlap_factor));
    }
    let of_node = |(node, (&audience_of_own, &n_posts)): (u32, (&i64, &i64))| {
        let own = i128::from(audience_of_own) * i128::from(n_posts);
        let shared = shares.incoming(node).iter().map(|&(from, n_shares)| {
            let audience = audience.get(from as usize).copied().unwrap_or(0);
            i128::from(audience) * i128::from(n_shares)
        });
        let shared: i128 = shared.sum();
        Reach { own, shared, potential: own as f64 + overlap_factor * shared as f64 }
    };
    Ok((0_u32..).zip(audience.iter().zip(n_posts)).map(of_node).collect())
}

/// Distinct parties that a word can travel to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// Distinct parties besides the author.
    pub n_parties: usize,
    /// Their audiences, each party's once.
    pub audience: i128,
}

/// Returns whom a node's posts reach by sharing, within some hops; each party once.
///
/// O(edges within those hops): meant for the few on a list, not for everybody.
///
/// # Errors
///
/// [`ReachError`] for audiences more or fewer than nodes, or negative ones.
pub fn spread_within(
    shares: &Graph,
    audience: &[i64],
    author: u32,
    n_hops: u32,
) -> Result<Spread, ReachError> {
    check("audiences", shares, audience)?;
    let mut seen = BTreeSet::from([author]);
    let mut edge = vec![author];
    for _ in 0..n_hops {
        let sharers = edge.iter().flat_map(|&node| shares.incoming(node));
        edge = sharers.map(|&(from, _)| from).filter(|&from| seen.insert(from)).collect();
        if edge.is_empty() {
            break;
        }
    }
    seen.remove(&author);
    let audiences = seen.iter().filter_map(|&node| audience.get(node as usize));
    let audience = audiences.map(|&audience| i128::from(audience)).sum();
    Ok(Spread { n_parties: seen.len(), audience })
}

/// Checked weights of reach and of rank in diffusion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiffusionParams {
    reach: f64,
    rank: f64,
}

/// How far a party's word carries, and the parts of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Diffusion {
    /// Percent rank of the party's reach, from 0 to 1; 0 where it is not known.
    pub reach_rank: f64,
    /// Percent rank of the party's PageRank, from 0 to 1; 0 where it is not known.
    pub centrality_rank: f64,
    /// Both, weighted; from 0 to 1.
    pub weight: f64,
    /// The weight as a share of all parties' weights; 0 when nobody has any.
    pub share: f64,
}

impl DiffusionParams {
    /// Returns weights of reach and PageRank; they are divided by their sum.
    ///
    /// # Errors
    ///
    /// [`InfluenceError`] for a weight that is negative or not finite, or two that are 0.
    pub fn new(reach: f64, page_rank: f64) -> Result<Self, InfluenceError> {
        let [reach, rank] = normalised([("reach", reach), ("page_rank", page_rank)])?;
        Ok(Self { reach, rank })
    }

    /// Returns how far each party's word carries, in the order given, up to the shorter list.
    pub fn diffusion(&self, reach: &[f64], page_rank: &[f64]) -> Vec<Diffusion> {
        let ranks = |values: &[f64]| percent_ranks(values.iter().map(|&value| Some(value)));
        let mut found: Vec<Diffusion> = ranks(reach)
            .into_iter()
            .zip(ranks(page_rank))
            .map(|(reach, page_rank)| {
                let (reach_rank, centrality_rank) =
                    (reach.unwrap_or(0.0), page_rank.unwrap_or(0.0));
                let weight = self.reach * reach_rank + self.rank * centrality_rank;
                Diffusion { reach_rank, centrality_rank, weight, share: 0.0 }
            })
            .collect();
        let total: f64 = found.iter().map(|diffusion| diffusion.weight).sum();
        if total > 0.0 {
            for diffusion in &mut found {
                diffusion.share = diffusion.weight / total;
            }
        }
        found
    }
}

fn check(what: &'static str, graph: &Graph, values: &[i64]) -> Result<(), ReachError> {
    if values.len() != graph.n_nodes() {
        let (expected, found) = (graph.n_nodes(), values.len());
        return Err(ReachError::UnequalLengths { what, expected, found });
    }
    match values.iter().position(|&value| value < 0) {
        None => Ok(()),
        Some(node) => Err(ReachError::Negative { what, node }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 shared two posts of 0; 2 shared one of 0 and 3 shared that of 2.
    fn shares() -> Graph {
        Graph::new(4, &[1, 2, 3], &[0, 0, 2], &[2, 1, 1]).expect("sorted")
    }

    #[test]
    fn reach_is_own_audience_and_that_of_sharers() {
        let found = potential_reach(&shares(), &[100, 40, 30, 9], &[3, 0, 1, 0], 0.5);
        let found = found.expect("valid");
        assert_eq!((found[0].own, found[0].shared), (300, 110));
        assert!((found[0].potential - 355.0).abs() < 1e-12);
        assert_eq!((found[2].own, found[2].shared), (30, 9));
        assert_eq!((found[3].own, found[3].shared), (0, 0));
    }

    #[test]
    fn a_word_travels_from_hop_to_hop_and_reaches_each_once() {
        let audience = [100, 40, 30, 9];
        let spread = |n_hops| spread_within(&shares(), &audience, 0, n_hops).expect("valid");
        assert_eq!(spread(0), Spread { n_parties: 0, audience: 0 });
        assert_eq!(spread(1), Spread { n_parties: 2, audience: 70 });
        assert_eq!(spread(2), Spread { n_parties: 3, audience: 79 });
        let circle = Graph::new(2, &[0, 1], &[1, 0], &[1, 1]).expect("sorted");
        let found = spread_within(&circle, &[5, 7], 0, 99).expect("valid");
        assert_eq!(found, Spread { n_parties: 1, audience: 7 });
    }

    #[test]
    fn diffusion_weighs_ranks_and_shares_add_up() {
        let params = DiffusionParams::new(3.0, 1.0).expect("valid");
        let found = params.diffusion(&[10.0, 0.0, f64::NAN], &[0.2, 0.5, 0.3]);
        // Ranks of reach 1, 0 and none; of PageRank 0, 1 and 1/2.
        let weights: Vec<f64> = found.iter().map(|diffusion| diffusion.weight).collect();
        assert_eq!(weights, [0.75, 0.25, 0.125]);
        let total: f64 = found.iter().map(|diffusion| diffusion.share).sum();
        assert!((total - 1.0).abs() < 1e-15);
        assert_eq!(DiffusionParams::new(0.0, 0.0), Err(InfluenceError::NoWeight));
        assert!(DiffusionParams::new(-1.0, 2.0).is_err());
    }

    #[test]
    fn what_has_no_reach_is_named() {
        let error = |audience: &[i64], posts: &[i64], overlap| {
            potential_reach(&shares(), audience, posts, overlap).expect_err("is refused")
        };
        assert_eq!(error(&[1; 4], &[1; 4], 1.5), ReachError::Overlap(1.5));
        let expected = ReachError::Negative { what: "posts", node: 1 };
        assert_eq!(error(&[1; 4], &[1, -1, 1, 1], 0.5), expected);
        let expected = ReachError::UnequalLengths { what: "audiences", expected: 4, found: 3 };
        assert_eq!(error(&[1; 3], &[1; 4], 0.5), expected);
    }
}

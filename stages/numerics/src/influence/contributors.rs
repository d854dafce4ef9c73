//! Those who contribute most to the conversation, of late (capability A11).

use crate::transform::quantile;

/// What a party contributed, each part a decayed score of [`crate::engagement::HalfLife::score`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contribution {
    /// Id of the party.
    pub party_id: i64,
    /// What it says of the shop among others: posts, mentions, shares.
    pub conversation_score: f64,
    /// What it says to the shop: comments, replies, likes.
    pub interaction_score: f64,
}

/// Who counts as a top contributor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TopRule {
    /// The first so many.
    Count(usize),
    /// Whoever reaches a quantile (type 7, from 0 to 1) of all scores above 0, ties included.
    Quantile(f64),
}

/// A party that contributes much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TopContributor {
    /// Place by the sum of both scores, from 1; each place is given once.
    pub rank: u64,
    /// The party and its two scores.
    pub contribution: Contribution,
    /// Sum of both.
    pub score: f64,
}

/// Returns the top contributors, the greatest first, equal ones by ascending id.
///
/// Who contributed nothing, or whose score is not finite, is never among them. The order of the
/// input does not matter. O(n log n).
pub fn top_contributors(contributions: &[Contribution], rule: TopRule) -> Vec<TopContributor> {
    let mut ranked: Vec<(f64, Contribution)> = contributions
        .iter()
        .map(|&party| (party.conversation_score + party.interaction_score, party))
        .filter(|(score, _)| score.is_finite() && *score > 0.0)
        .collect();
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.party_id.cmp(&b.1.party_id)));
    let n_top = match rule {
        TopRule::Count(n) => n,
        TopRule::Quantile(probability) => {
            let ascending: Vec<f64> = ranked.iter().rev().map(|&(score, _)| score).collect();
            let bound = quantile(&ascending, probability).unwrap_or(f64::INFINITY);
            ranked.partition_point(|&(score, _)| score >= bound)
        }
    };
    ranked.truncate(n_top);
    let with_rank = |(rank, (score, contribution))| TopContributor { rank, contribution, score };
    (1..).zip(ranked).map(with_rank).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn party(party_id: i64, conversation_score: f64, interaction_score: f64) -> Contribution {
        Contribution { party_id, conversation_score, interaction_score }
    }

    fn ids(found: &[TopContributor]) -> Vec<i64> {
        found.iter().map(|top| top.contribution.party_id).collect()
    }

    #[test]
    fn the_greatest_come_first_and_equals_by_id() {
        let parties = [
            party(9, 1.0, 1.0),
            party(4, 2.0, 0.0),
            party(7, 0.0, 5.0),
            party(1, 0.0, 0.0),
            party(2, f64::NAN, 1.0),
            party(3, 0.5, 0.0),
        ];
        let top = top_contributors(&parties, TopRule::Count(3));
        assert_eq!(ids(&top), [7, 4, 9]);
        assert_eq!(top.iter().map(|top| top.rank).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(ids(&top_contributors(&parties, TopRule::Count(99))), [7, 4, 9, 3]);
        // Scores .5 2 2 5: the median is 2, which both reach.
        assert_eq!(ids(&top_contributors(&parties, TopRule::Quantile(0.5))), [7, 4, 9]);
        assert_eq!(ids(&top_contributors(&parties, TopRule::Quantile(1.0))), [7]);
        assert!(top_contributors(&[], TopRule::Quantile(0.9)).is_empty());
    }

    proptest! {
        #[test]
        fn the_order_of_parties_does_not_matter(
            (parties, shuffled) in prop::collection::vec((0_u8..5, 0_u8..5), 0..30)
                .prop_map(|scores| {
                    let party = |(id, (a, b)): (i64, (u8, u8))| party(id, f64::from(a), f64::from(b));
                    (0..).zip(scores).map(party).collect::<Vec<_>>()
                })
                .prop_flat_map(|parties| (Just(parties.clone()), Just(parties).prop_shuffle())),
            n in 0_usize..20,
        ) {
            let rule = TopRule::Count(n);
            let top = top_contributors(&parties, rule);
            prop_assert_eq!(&top, &top_contributors(&shuffled, rule));
            prop_assert!(top.windows(2).all(|pair| pair[0].score >= pair[1].score));
            let least = top.last().map_or(f64::INFINITY, |last| last.score);
            let n_above = parties
                .iter()
                .filter(|p| p.conversation_score + p.interaction_score > least)
                .count();
            prop_assert!(n_above < n.max(1));
        }
    }
}

//! How much and how kindly a party speaks of the shop (capability A13).

use super::{InfluenceError, normalised};
use crate::percent_rank::percent_ranks;

/// What a party has said of the shop within the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Voice {
    /// Mentions.
    pub n_mentions: u32,
    /// Posts.
    pub n_posts: u32,
    /// Mean sentiment of what was rated, from -1 to 1; of no account when nothing was.
    pub mean_sentiment: f64,
    /// How many of them were rated.
    pub n_rated: u32,
}

/// Checked weights of the parts of participation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParticipationParams {
    mentions: f64,
    posts: f64,
    sentiment: f64,
    sentiment_strength: f64,
}

/// A party's participation and the parts of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Participation {
    /// Percent rank of the mentions, from 0 to 1.
    pub mentions_rank: f64,
    /// Percent rank of the posts, from 0 to 1.
    pub posts_rank: f64,
    /// Sentiment shrunk towards neutral, from -1 to 1.
    pub sentiment: f64,
    /// All three, weighted; from 0 to 1.
    pub score: f64,
}

impl ParticipationParams {
    /// Returns weights, which are divided by their sum, and how many ratings neutrality is worth.
    ///
    /// # Errors
    ///
    /// [`InfluenceError`] for a number that is negative or not finite, or weights that are all 0.
    pub fn new(
        mentions: f64,
        posts: f64,
        sentiment: f64,
        sentiment_strength: f64,
    ) -> Result<Self, InfluenceError> {
        let [mentions, posts, sentiment] =
            normalised([("mentions", mentions), ("posts", posts), ("sentiment", sentiment)])?;
        if !(sentiment_strength.is_finite() && sentiment_strength >= 0.0) {
            return Err(InfluenceError::Setting {
                setting: "sentiment_strength",
                value: sentiment_strength,
                expected: "a finite number from 0",
            });
        }
        Ok(Self { mentions, posts, sentiment, sentiment_strength })
    }

    /// Returns the participation of each party among all of them, in the order given.
    ///
    /// `w_m pct(mentions) + w_p pct(posts) + w_s (s + 1) / 2`, with percent ranks (a logarithm would
    /// not change them) and `s` the mean sentiment times `n / (n + k)`. A party that says nothing
    /// has only the neutral half of the last part.
    pub fn participation(&self, voices: &[Voice]) -> Vec<Participation> {
        let ranks = |count: fn(&Voice) -> u32| {
            percent_ranks(voices.iter().map(|voice| Some(i64::from(count(voice)))))
        };
        let (mentions, posts) = (ranks(|voice| voice.n_mentions), ranks(|voice| voice.n_posts));
        voices
            .iter()
            .zip(mentions.into_iter().zip(posts))
            .map(|(voice, (mentions, posts))| {
                let (mentions_rank, posts_rank) = (mentions.unwrap_or(0.0), posts.unwrap_or(0.0));
                let sentiment = self.shrunk_sentiment(voice);
                let score = self.mentions * mentions_rank
                    + self.posts * posts_rank
                    + self.sentiment * f64::midpoint(sentiment, 1.0);
                Participation { mentions_rank, posts_rank, sentiment, score }
            })
            .collect()
    }

    fn shrunk_sentiment(&self, voice: &Voice) -> f64 {
        let n = f64::from(voice.n_rated);
        if voice.n_rated == 0 || !voice.mean_sentiment.is_finite() {
            return 0.0;
        }
        voice.mean_sentiment.clamp(-1.0, 1.0) * n / (n + self.sentiment_strength)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn voice(n_mentions: u32, n_posts: u32, mean_sentiment: f64, n_rated: u32) -> Voice {
        Voice { n_mentions, n_posts, mean_sentiment, n_rated }
    }

    #[test]
    fn parts_are_ranked_shrunk_and_weighted() {
        let params = ParticipationParams::new(2.0, 1.0, 1.0, 5.0).expect("valid");
        let voices = [voice(9, 0, 0.8, 15), voice(1, 4, f64::NAN, 0), voice(0, 0, -1.0, 5)];
        let found = params.participation(&voices);
        // .8 · 15/20 = .6; -1 · 5/10 = -.5.
        assert_eq!(found.iter().map(|p| p.sentiment).collect::<Vec<_>>(), [0.6, 0.0, -0.5]);
        assert_eq!(found.iter().map(|p| p.mentions_rank).collect::<Vec<_>>(), [1.0, 0.5, 0.0]);
        assert_eq!(found.iter().map(|p| p.posts_rank).collect::<Vec<_>>(), [0.0, 1.0, 0.0]);
        for (found, expected) in found.iter().zip([0.5 + 0.2, 0.25 + 0.25 + 0.125, 0.0625]) {
            assert!((found.score - expected).abs() < 1e-15, "{found:?}");
        }
        assert!(ParticipationParams::new(1.0, 1.0, f64::NAN, 5.0).is_err());
        assert!(ParticipationParams::new(1.0, 1.0, 1.0, -5.0).is_err());
    }

    proptest! {
        #[test]
        fn kinder_and_more_is_never_less(
            rows in prop::collection::vec((0_u32..9, 0_u32..9, -1.0..1.0_f64, 0_u32..9), 2..30),
        ) {
            let params = ParticipationParams::new(1.0, 2.0, 1.5, 3.0).expect("valid");
            let voices: Vec<Voice> =
                rows.iter().map(|&(m, p, s, n)| voice(m, p, s, n)).collect();
            let found = params.participation(&voices);
            for (a, own) in found.iter().zip(&voices) {
                prop_assert!((0.0..=1.0).contains(&a.score));
                for (b, other) in found.iter().zip(&voices) {
                    let is_more = own.n_mentions >= other.n_mentions
                        && own.n_posts >= other.n_posts && a.sentiment >= b.sentiment;
                    prop_assert!(!is_more || a.score >= b.score - 1e-12);
                }
            }
        }
    }
}

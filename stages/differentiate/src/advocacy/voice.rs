//! What parties say: engagement, participation, sentiment, reach, platform and rank.

use std::collections::BTreeMap;

use idip_numerics::influence::{
    Contribution, DiffusionParams, InvolvementParams, ParticipationParams, TopRule, Undetermined,
    Voice, top_contributors,
};
use idip_schemas::differentiate::advocacy::{advocacy_platform, advocacy_voice};
use idip_stage::{StageError, Views, parse};

use super::at;
use super::params::AdvocacyParams;
use crate::order::{Place, one_by_customer, row_of};

/// What is known of the posts and contacts of a party.
#[derive(Debug, Clone, Copy, Default)]
struct Said {
    engagement: i64,
    conversation: i64,
    interaction: i64,
    n_posts: i64,
    n_mentions: i64,
    n_told: i64,
    sentiment_millis: i64,
    n_rated: i64,
    n_positive: i64,
    n_negative: i64,
    reach: Option<i64>,
    active_weeks: i64,
}

/// What is told of some parties, one value each, in their order.
pub(super) struct Told {
    pub(super) engagement: Vec<Option<f64>>,
    pub(super) conversation: Vec<Option<f64>>,
    pub(super) interaction: Vec<Option<f64>>,
    pub(super) n_posts: Vec<Option<i64>>,
    pub(super) n_mentions: Vec<Option<i64>>,
    pub(super) participation: Vec<Option<f64>>,
    pub(super) reach: Vec<Option<i64>>,
    pub(super) diffusion: Vec<Option<f64>>,
    /// Shrunk to neutral; 0 without a rated post.
    pub(super) sentiment: Vec<f64>,
    pub(super) active_weeks: Vec<u32>,
    pub(super) net_sentiment: Vec<Option<f64>>,
    pub(super) reason: Vec<Option<&'static str>>,
    pub(super) best_platform: Vec<Option<String>>,
    pub(super) best_platform_share: Vec<Option<f64>>,
    pub(super) best_platform_reason: Vec<Option<&'static str>>,
    pub(super) rank: Vec<Option<i64>>,
    pub(super) is_top: Vec<Option<bool>>,
    pub(super) has_posts: bool,
    pub(super) has_reach: bool,
}

/// What all parties say.
pub(super) struct Voices {
    batches: Vec<advocacy_voice::Columns>,
    places: Vec<Place>,
    /// Decayed posts in millionths by customer and platform.
    platforms: BTreeMap<i64, BTreeMap<String, i64>>,
    /// Of every party in order; empty where there are no posts.
    participation: Vec<Taking>,
    /// Of every party in order; empty where no reach is told.
    reach_ranks: Vec<f64>,
    /// Places by contribution of those who contributed.
    ranks: BTreeMap<i64, i64>,
    n_top: i64,
    involvement: InvolvementParams,
    has_interactions: bool,
    has_mentions: bool,
    has_reach: bool,
}

/// How a party takes part.
#[derive(Debug, Clone, Copy, Default)]
struct Taking {
    score: f64,
    /// Shrunk to neutral.
    sentiment: f64,
}

impl Voices {
    pub(super) fn read(
        views: &dyn Views,
        ids: &[i64],
        params: &AdvocacyParams,
    ) -> Result<Self, StageError> {
        let batches = parse(views, &advocacy_voice::CONTRACT, advocacy_voice::Columns::parse)?;
        let places = one_by_customer(
            advocacy_voice::CONTRACT.name,
            batches.iter().map(|batch| &batch.customer_id),
        )?;
        let platforms = platforms(views)?;
        let mut voices = Self {
            has_interactions: false,
            has_mentions: false,
            has_reach: false,
            batches,
            places,
            platforms,
            participation: Vec::new(),
            reach_ranks: Vec::new(),
            ranks: BTreeMap::new(),
            n_top: 0,
            involvement: InvolvementParams::new(
                params.platform_posts_min,
                params.platform_lead_min,
            )
            .map_err(failed)?,
        };
        let said: Vec<(i64, Said)> = voices.each_said().collect();
        voices.has_interactions = said.iter().any(|(_, one)| one.interaction > 0);
        voices.has_mentions = said.iter().any(|(_, one)| one.n_told > 0);
        voices.has_reach = said.iter().any(|(_, one)| one.reach.is_some());
        (voices.ranks, voices.n_top) = ranks(&said, params.top_quantile);
        drop(said);
        if voices.has_posts() {
            voices.participation = voices.participation(ids, params)?;
        }
        if voices.has_reach {
            let reaches = ids.iter().map(|&id| voices.said(id));
            let reaches: Vec<f64> = reaches.map(|one| one.reach.unwrap_or(0) as f64).collect();
            let diffusion = DiffusionParams::new(1.0, 0.0)
                .map_err(failed)?
                .diffusion(&reaches, &vec![f64::NAN; reaches.len()]);
            voices.reach_ranks = diffusion.iter().map(|one| one.reach_rank).collect();
        }
        Ok(voices)
    }

    /// A post of any age tells that there is such a feed.
    fn has_posts(&self) -> bool {
        !self.platforms.is_empty()
    }

    fn participation(
        &self,
        ids: &[i64],
        params: &AdvocacyParams,
    ) -> Result<Vec<Taking>, StageError> {
        let rule = ParticipationParams::new(1.0, 1.0, 1.0, params.sentiment_prior_posts)
            .map_err(failed)?;
        let voices: Vec<Voice> = ids.iter().map(|&id| voice(&self.said(id))).collect();
        let taking = rule.participation(&voices).into_iter();
        Ok(taking.map(|one| Taking { score: one.score, sentiment: one.sentiment }).collect())
    }

    /// What is told of some neighbouring parties, the first of which is that one of all.
    pub(super) fn of(&self, ids: &[i64], first: usize) -> Told {
        let said: Vec<Said> = ids.iter().map(|id| self.said(*id)).collect();
        let each =
            |value: &dyn Fn(&Said) -> Option<f64>| said.iter().map(value).collect::<Vec<_>>();
        let score = |micros: i64| micros as f64 / 1e6;
        let (has_posts, has_reach) = (self.has_posts(), self.has_reach);
        let has_other = self.has_interactions;
        let taking = |at: usize| self.participation.get(first + at).copied();
        let rank = |id: &i64| self.ranks.get(id).copied();
        let mut told = Told {
            engagement: each(&|one| (has_posts || has_other).then(|| score(one.engagement))),
            conversation: each(&|one| has_posts.then(|| score(one.conversation))),
            interaction: each(&|one| has_other.then(|| score(one.interaction))),
            n_posts: said.iter().map(|one| has_posts.then_some(one.n_posts)).collect(),
            n_mentions: said
                .iter()
                .map(|one| self.has_mentions.then_some(one.n_mentions))
                .collect(),
            participation: (0..ids.len()).map(|at| Some(taking(at)?.score)).collect(),
            // Who posted nothing reaches nobody; who posted without a word on reach is not known.
            reach: said
                .iter()
                .map(|one| if has_reach && one.n_posts == 0 { Some(0) } else { one.reach })
                .collect(),
            diffusion: (0..ids.len()).map(|at| self.reach_ranks.get(first + at).copied()).collect(),
            sentiment: (0..ids.len()).map(|at| taking(at).unwrap_or_default().sentiment).collect(),
            active_weeks: said
                .iter()
                .map(|one| u32::try_from(one.active_weeks).unwrap_or(u32::MAX))
                .collect(),
            net_sentiment: said.iter().map(net_sentiment).collect(),
            reason: said.iter().map(|one| reason(one, has_posts)).collect(),
            best_platform: Vec::with_capacity(ids.len()),
            best_platform_share: Vec::with_capacity(ids.len()),
            best_platform_reason: Vec::with_capacity(ids.len()),
            rank: ids.iter().map(rank).collect(),
            is_top: ids
                .iter()
                .map(|id| {
                    let is_top = rank(id).is_some_and(|rank| rank <= self.n_top);
                    (has_posts || has_other).then_some(is_top)
                })
                .collect(),
            has_posts,
            has_reach,
        };
        for id in ids {
            let mine = self.platforms.get(id);
            let scores: Vec<f64> =
                mine.into_iter().flat_map(|it| it.values()).map(|&m| score(m)).collect();
            let found = self.involvement.involvement(&scores);
            let name = found.platform.ok().and_then(|at| mine?.keys().nth(at));
            told.best_platform.push(name.cloned());
            told.best_platform_share.push((found.top_share > 0.0).then_some(found.top_share));
            told.best_platform_reason.push(match found.platform {
                _ if !has_posts => Some("no_social_feed"),
                Ok(_) => None,
                Err(Undetermined::LittleData) => Some("little_data"),
                Err(Undetermined::Tie) => Some("tie"),
            });
        }
        told
    }

    fn each_said(&self) -> impl Iterator<Item = (i64, Said)> + '_ {
        let said = |place: &Place| {
            let columns = self.batches.get(place.batch as usize)?;
            Some((place.customer_id, said_at(columns, place.row as usize)))
        };
        self.places.iter().filter_map(said)
    }

    /// What a party said; nothing, where no feed tells.
    fn said(&self, customer_id: i64) -> Said {
        let found = row_of(&self.places, customer_id);
        let found = found.and_then(|(batch, row)| Some(said_at(self.batches.get(batch)?, row)));
        found.unwrap_or_default()
    }
}

fn said_at(columns: &advocacy_voice::Columns, row: usize) -> Said {
    Said {
        engagement: columns.engagement_micros.value(row),
        conversation: columns.conversation_micros.value(row),
        interaction: columns.interaction_micros.value(row),
        n_posts: columns.n_posts.value(row),
        n_mentions: columns.n_mentions.value(row),
        n_told: columns.n_mentions_told.value(row),
        sentiment_millis: columns.sentiment_millis.value(row),
        n_rated: columns.n_rated.value(row),
        n_positive: columns.n_positive.value(row),
        n_negative: columns.n_negative.value(row),
        reach: at(&columns.reach, row, |values| values.value(row)),
        active_weeks: columns.active_weeks.value(row),
    }
}

/// Decayed posts in millionths by customer and platform.
fn platforms(views: &dyn Views) -> Result<BTreeMap<i64, BTreeMap<String, i64>>, StageError> {
    let mut found: BTreeMap<i64, BTreeMap<String, i64>> = BTreeMap::new();
    for batch in parse(views, &advocacy_platform::CONTRACT, advocacy_platform::Columns::parse)? {
        for (row, &id) in batch.customer_id.values().iter().enumerate() {
            let mine = found.entry(id).or_default();
            mine.insert(batch.platform.value(row).to_owned(), batch.micros.value(row));
        }
    }
    Ok(found)
}

fn voice(one: &Said) -> Voice {
    let count = |n: i64| u32::try_from(n.max(0)).unwrap_or(u32::MAX);
    Voice {
        n_mentions: count(one.n_mentions),
        n_posts: count(one.n_posts),
        mean_sentiment: if one.n_rated > 0 {
            one.sentiment_millis as f64 / 1000.0 / one.n_rated as f64
        } else {
            0.0
        },
        n_rated: count(one.n_rated),
    }
}

fn net_sentiment(one: &Said) -> Option<f64> {
    let n = one.n_positive + one.n_negative;
    (n > 0).then(|| (one.n_positive - one.n_negative) as f64 / n as f64)
}

fn reason(one: &Said, has_posts: bool) -> Option<&'static str> {
    match one {
        _ if !has_posts => Some("no_social_feed"),
        one if one.n_posts == 0 => Some("no_posts"),
        one if one.n_rated == 0 => Some("no_sentiment"),
        one if one.n_positive + one.n_negative == 0 => Some("only_neutral"),
        _ => None,
    }
}

/// The places by contribution of those who contributed, and how many of them are among the top.
fn ranks(said: &[(i64, Said)], quantile: f64) -> (BTreeMap<i64, i64>, i64) {
    let contributions: Vec<Contribution> = said
        .iter()
        .map(|(party_id, one)| Contribution {
            party_id: *party_id,
            conversation_score: one.conversation as f64 / 1e6,
            interaction_score: one.interaction as f64 / 1e6,
        })
        .collect();
    let all = top_contributors(&contributions, TopRule::Count(usize::MAX));
    let n_top = top_contributors(&contributions, TopRule::Quantile(quantile)).len() as i64;
    (all.iter().map(|top| (top.contribution.party_id, top.rank as i64)).collect(), n_top)
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> StageError {
    StageError::Algorithm { what: "the voice of parties", source: Box::new(error) }
}

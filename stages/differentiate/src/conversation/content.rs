//! How much posts are answered.

use arrow_array::Array;
use idip_numerics::rates::{EventCount, EventRatePrior};
use idip_schemas::differentiate::conversation::{content_count, content_engagement};
use idip_stage::{StageError, Tables, parse};

use super::NONE;

/// People reached that a rate is counted by, so that counts and exposures are of a size.
const PEOPLE: f64 = 1000.0;

struct Row {
    dimension: &'static str,
    value: String,
    counts: Option<(i64, i64)>,
    rates: Option<(f64, f64)>,
    rank: Option<i64>,
    reason: Option<&'static str>,
}

/// Engagement by platform, shrunk to that of all, and what no feed tells.
pub(super) fn engagement(views: &Tables) -> Result<content_engagement::Columns, StageError> {
    let mut found: Vec<(String, i64, i64, EventCount)> = Vec::new();
    for batch in parse(views, &content_count::CONTRACT, content_count::Columns::parse)? {
        for row in 0..batch.platform.len() {
            let count = EventCount {
                n_events: u32::try_from(batch.weighted_answers.value(row)).unwrap_or(u32::MAX),
                exposure: batch.reach.value(row) as f64 / PEOPLE,
            };
            let platform = batch.platform.value(row).to_owned();
            found.push((platform, batch.n_posts.value(row), batch.n_told.value(row), count));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let told: Vec<EventCount> =
        found.iter().map(|one| one.3).filter(|count| count.exposure > 0.0).collect();
    let exposure: f64 = told.iter().map(|count| count.exposure).sum();
    let events: f64 = told.iter().map(|count| f64::from(count.n_events)).sum();
    // Worth a tenth of what is known, where the platforms do not tell how far they differ.
    let fallback = EventRatePrior::new((events / 10.0).max(0.5), (exposure / 10.0).max(1.0))
        .map_err(|source| StageError::Algorithm {
            what: "the engagement of content",
            source: Box::new(source),
        })?;
    let prior = EventRatePrior::by_moments(&told, fallback);
    let mut rows: Vec<Row> = Vec::new();
    for dimension in ["format", "topic"] {
        let reason = if found.is_empty() { "no_social_feed" } else { "not_told_by_feed" };
        rows.push(unknown(dimension, reason));
    }
    if found.is_empty() {
        rows.insert(1, unknown("platform", "no_social_feed"));
    }
    let mut platforms: Vec<Row> = found
        .into_iter()
        .map(|(value, n_posts, n_told, count)| {
            let rates = (count.exposure > 0.0).then(|| {
                let own = f64::from(count.n_events) / count.exposure;
                (own / PEOPLE, prior.shrink(count) / PEOPLE)
            });
            let reason = rates.is_none().then_some("no_reach");
            let counts = Some((n_posts, n_told));
            Row { dimension: "platform", value, counts, rates, rank: None, reason }
        })
        .collect();
    let mut order: Vec<usize> = (0..platforms.len())
        .filter(|&at| platforms.get(at).is_some_and(|p| p.rates.is_some()))
        .collect();
    let rate = |at: usize| platforms.get(at).and_then(|p| p.rates).map_or(0.0, |rates| rates.1);
    order.sort_by(|&a, &b| rate(b).total_cmp(&rate(a)).then(a.cmp(&b)));
    for (place, at) in (1..).zip(order) {
        if let Some(platform) = platforms.get_mut(at) {
            platform.rank = Some(place);
        }
    }
    rows.splice(1..1, platforms);
    Ok(content_engagement::Columns {
        dimension: rows.iter().map(|row| Some(row.dimension)).collect(),
        value: rows.iter().map(|row| Some(row.value.as_str())).collect(),
        n_posts: rows.iter().map(|row| Some(row.counts?.0)).collect(),
        n_told: rows.iter().map(|row| Some(row.counts?.1)).collect(),
        engagement_rate: rows.iter().map(|row| Some(row.rates?.0)).collect(),
        shrunk_engagement_rate: rows.iter().map(|row| Some(row.rates?.1)).collect(),
        rank: rows.iter().map(|row| row.rank).collect(),
        reason: rows.iter().map(|row| row.reason).collect(),
    })
}

fn unknown(dimension: &'static str, reason: &'static str) -> Row {
    Row {
        dimension,
        value: NONE.to_owned(),
        counts: None,
        rates: None,
        rank: None,
        reason: Some(reason),
    }
}

//! Topics of what customers buy, kept from night to night.

use std::collections::BTreeMap;

use idip_numerics::kmeans::{Columns, KMeansError};
use idip_numerics::nmf::{NmfError, NmfParams, NmfStart, Topics};
use idip_schemas::differentiate::segmentation::need_topic;
use idip_stage::{StageError, Views};
use rayon::prelude::*;

use super::model::every_so_many;

/// Customers that topics are found from; the weights of all are worked out.
const SAMPLED_CUSTOMERS: usize = 20_000;

/// What a category or a weight is lifted to when topics begin from last night's: a 0 would stay 0.
const LIFT: f64 = 1e-3;

/// Last night's topics: for each the share of each category by name.
pub(super) type LastTopics = Vec<BTreeMap<String, f64>>;

/// Reads last night's topics; none when there were none.
///
/// # Errors
///
/// When a view breaks its contract.
pub(super) fn last_topics(views: &dyn Views) -> Result<LastTopics, StageError> {
    let found = need_topic::Columns::parse(&views.as_one(&need_topic::CONTRACT)?)?;
    let mut topics: BTreeMap<i64, BTreeMap<String, f64>> = BTreeMap::new();
    for row in 0..found.topic.len() {
        topics
            .entry(found.topic.value(row))
            .or_default()
            .insert(found.category.value(row).to_owned(), found.share.value(row));
    }
    Ok(topics.into_values().collect())
}

/// Topics of tonight, and how much of each customer's money each has.
pub(super) struct Found {
    pub(super) topics: Topics,
    /// Topic by topic; the shares of a customer sum to 1, or are 0 when no topic fits.
    pub(super) shares: Vec<Vec<f64>>,
}

/// Finds topics in shares of categories, column by column: last night's where there are as many and
/// no new ones are asked for.
///
/// # Errors
///
/// When a share is negative or not finite.
pub(super) fn find(
    shares: &[Vec<f64>],
    categories: &[String],
    n_topics: usize,
    last: &LastTopics,
    is_refit: bool,
    seed: u64,
) -> Result<Found, NmfError> {
    let slices: Vec<&[f64]> = shares.iter().map(Vec::as_slice).collect();
    let columns = Columns::new(&slices).map_err(KMeansError::from)?;
    let n_topics = n_topics.min(shares.len());
    let known = (last.len() == n_topics).then(|| known(last, categories)).transpose()?;
    let topics = match known {
        Some(known) if !is_refit => known,
        known => {
            let sampled: Vec<Vec<f64>> =
                shares.iter().map(|column| every_so_many(column, SAMPLED_CUSTOMERS)).collect();
            let slices: Vec<&[f64]> = sampled.iter().map(Vec::as_slice).collect();
            let sample = Columns::new(&slices).map_err(KMeansError::from)?;
            let mut params = NmfParams::new(n_topics).seed(seed);
            if let Some(known) = known {
                let lifted = |values: &[f64]| values.iter().map(|value| value + LIFT).collect();
                params = params.start(NmfStart::Given {
                    weights: lifted(&known.transform(&sample)?),
                    topics: lifted(known.values()),
                });
            }
            let found = params.check()?.fit(&sample)?;
            if last.len() == n_topics {
                // The fit puts the largest first; numbers are kept instead.
                in_order_of(last, categories, &found.topics)?
            } else {
                found.topics
            }
        }
    };
    let weights = topics.transform(&columns)?;
    let n_topics = topics.n_topics();
    let totals: Vec<f64> = weights.chunks_exact(n_topics).map(|row| row.iter().sum()).collect();
    let shares = (0..n_topics)
        .into_par_iter()
        .map(|topic| {
            weights
                .iter()
                .skip(topic)
                .step_by(n_topics)
                .zip(&totals)
                .map(|(weight, total)| if *total > 0.0 { weight / total } else { 0.0 })
                .collect()
        })
        .collect();
    Ok(Found { topics, shares })
}

/// Last night's topics over tonight's categories; one that is new is in none of them.
fn known(last: &LastTopics, categories: &[String]) -> Result<Topics, NmfError> {
    let values = last.iter().flat_map(|topic| {
        categories.iter().map(|category| topic.get(category).copied().unwrap_or(0.0))
    });
    Topics::new(categories.len(), values.collect())
}

/// Puts topics in the order of the last ones they are most alike, pair by pair from the most alike.
fn in_order_of(
    last: &LastTopics,
    categories: &[String],
    found: &Topics,
) -> Result<Topics, NmfError> {
    let known = known(last, categories)?;
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (old, known) in known.rows().enumerate() {
        for (new, found) in found.rows().enumerate() {
            let squares = known.iter().zip(found).map(|(a, b)| (a - b).powi(2)).sum();
            pairs.push((squares, old, new));
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut new_of_old: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, old, new) in pairs {
        if !new_of_old.contains_key(&old) && new_of_old.values().all(|&taken| taken != new) {
            new_of_old.insert(old, new);
        }
    }
    let rows: Vec<&[f64]> = found.rows().collect();
    let values =
        new_of_old.values().filter_map(|&new| rows.get(new)).flat_map(|row| row.to_vec()).collect();
    Topics::new(categories.len(), values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_found_kept_and_keep_their_numbers() {
        // Half buy bread and milk, half nails and screws.
        let column = |of: fn(usize) -> f64| -> Vec<f64> { (0..40).map(of).collect() };
        let shares = [
            column(|row| if row < 30 { 0.6 } else { 0.0 }),
            column(|row| if row < 30 { 0.4 } else { 0.0 }),
            column(|row| if row < 30 { 0.0 } else { 0.7 }),
            column(|row| if row < 30 { 0.0 } else { 0.3 }),
        ];
        let names = ["bread", "milk", "nails", "screws"].map(str::to_owned);
        let found = find(&shares, &names, 2, &Vec::new(), false, 3).expect("shares");
        // Three quarters of the customers: the food is topic 1.
        assert!(found.shares[0][0] > 0.99 && found.shares[1][39] > 0.99);
        let mut last: LastTopics = found
            .topics
            .rows()
            .map(|row| names.iter().cloned().zip(row.iter().copied()).collect())
            .collect();
        last.reverse();
        for is_refit in [false, true] {
            let kept = find(&shares, &names, 2, &last, is_refit, 3).expect("shares");
            assert!(kept.shares[1][0] > 0.99 && kept.shares[0][39] > 0.99, "refit {is_refit}");
        }
    }
}

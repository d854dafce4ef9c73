//! Whom it pays to win over as an advocate.

use arrow_array::Array;
use idip_schemas::differentiate::conversation::{advocacy_candidate, advocacy_return};
use idip_stage::{StageError, Tables, parse};

use crate::advocacy::InvestmentSettings;

/// Expected reach, margin and return of every party that posts, in the order of customers.
pub(super) fn returns(
    views: &Tables,
    settings: &InvestmentSettings,
) -> Result<advocacy_return::Columns, StageError> {
    let mut rows: Vec<(i64, Option<f64>)> = Vec::new();
    for batch in parse(views, &advocacy_candidate::CONTRACT, advocacy_candidate::Columns::parse)? {
        rows.extend((0..batch.customer_id.len()).map(|row| {
            let reach = batch.reach.is_valid(row).then(|| batch.reach.value(row) as f64);
            let told = batch.participation.is_valid(row);
            let participation = told.then(|| batch.participation.value(row));
            let expected = reach.zip(participation).map(|(reach, part)| reach * part);
            (batch.customer_id.value(row), expected)
        }));
    }
    rows.sort_by_key(|row| row.0);
    let mut order: Vec<(f64, i64)> = rows.iter().filter_map(|row| Some((row.1?, row.0))).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut places: Vec<(i64, i64)> = order.iter().map(|one| one.1).zip(1..).collect();
    places.sort_unstable();
    let rank = |id: i64| {
        let at = places.binary_search_by_key(&id, |place| place.0).ok()?;
        places.get(at).map(|place| place.1)
    };
    let margin = |expected: Option<f64>| {
        Some(expected? * settings.conversions_per_reach? * settings.conversion_margin?)
    };
    let cost = settings.activation_cost.filter(|&cost| cost > 0.0);
    let return_on_cost = |expected: Option<f64>| Some(margin(expected)? / cost?);
    let reason = |expected: Option<f64>| match expected {
        None => Some("no_reach"),
        Some(_) if return_on_cost(expected).is_none() => Some("no_assumptions"),
        Some(_) => None,
    };
    Ok(advocacy_return::Columns {
        customer_id: rows.iter().map(|row| Some(row.0)).collect(),
        expected_reach: rows.iter().map(|row| row.1).collect(),
        rank: rows.iter().map(|row| row.1.and_then(|_| rank(row.0))).collect(),
        expected_margin: rows.iter().map(|row| margin(row.1)).collect(),
        return_on_cost: rows.iter().map(|row| return_on_cost(row.1)).collect(),
        reason: rows.iter().map(|row| reason(row.1)).collect(),
    })
}

//! Figures of the whole portfolio, and the Lorenz curve.

use idip_numerics::concentration::{Concentration, ConcentrationError};
use idip_numerics::engagement::{FirstContact, engagement_capacity};
use idip_numerics::inference::Confidence;
use idip_schemas::differentiate::portfolio::{lorenz_point, portfolio};
use idip_stage::StageError;

use super::{Party, PortfolioParams};

/// A value, or why there is none; and the parties it rests on.
type Figure = (&'static str, Result<f64, &'static str>, usize);

/// All figures by name, and the points of the curve.
pub(super) fn all(
    parties: &[Party<'_>],
    as_of: i32,
    params: &PortfolioParams,
) -> Result<(portfolio::Columns, lorenz_point::Columns), StageError> {
    let (mut figures, curve) = concentration(parties, params.lorenz_steps)?;
    figures.extend(loyalty(parties));
    figures.extend(advocacy(parties));
    figures.push(capacity(parties, as_of, params.response_days));
    figures.sort_unstable_by_key(|figure| figure.0);
    let columns = portfolio::Columns {
        figure: figures.iter().map(|figure| Some(figure.0)).collect(),
        value: figures.iter().map(|figure| figure.1.ok()).collect(),
        n_customers: figures.iter().map(|figure| Some(figure.2 as i64)).collect(),
        reason: figures.iter().map(|figure| figure.1.err()).collect(),
    };
    Ok((columns, curve))
}

/// Who brought back more than they bought has 0: a share below 0 means nothing.
fn concentration(
    parties: &[Party<'_>],
    n_steps: u32,
) -> Result<(Vec<Figure>, lorenz_point::Columns), StageError> {
    let net: Vec<i64> =
        parties.iter().filter(|party| party.has_bought).map(|party| party.net_cents).collect();
    let below: usize = net.iter().filter(|&&cents| cents < 0).count();
    let cents: Vec<i64> = net.iter().map(|&cents| cents.max(0)).collect();
    let n = cents.len();
    let found = match Concentration::of_cents(&cents) {
        Ok(found) => Ok(found),
        Err(ConcentrationError::NoAmounts) => Err("no_customers"),
        Err(ConcentrationError::NoTotal) => Err("no_net_money"),
        Err(source) => {
            let what = "the concentration of net money";
            return Err(StageError::Algorithm { what, source: Box::new(source) });
        }
    };
    let of = |value: &dyn Fn(&Concentration) -> f64| match &found {
        Ok(found) => Ok(value(found)),
        Err(reason) => Err(*reason),
    };
    let half = |found: &Concentration| found.n_customers_with(5_000) as f64;
    let figures = vec![
        ("n_parties", Ok(parties.len() as f64), parties.len()),
        ("n_customers", Ok(n as f64), n),
        ("n_customers_below_zero", Ok(below as f64), n),
        ("gini", of(&Concentration::gini), n),
        ("top_1_percent_share", of(&|found| found.top_share(100)), n),
        ("top_5_percent_share", of(&|found| found.top_share(500)), n),
        ("top_10_percent_share", of(&|found| found.top_share(1_000)), n),
        ("top_20_percent_share", of(&|found| found.top_share(2_000)), n),
        ("n_customers_with_half", of(&half), n),
        ("customers_with_half_share", of(&|found| half(found) / n as f64), n),
    ];
    let points = found.map(|found| found.lorenz(n_steps)).unwrap_or_default();
    let curve = lorenz_point::Columns {
        point: (0..points.len() as i64).map(Some).collect(),
        customer_share: points.iter().map(|point| Some(point.customer_share)).collect(),
        value_share: points.iter().map(|point| Some(point.value_share)).collect(),
    };
    Ok((figures, curve))
}

fn loyalty(parties: &[Party<'_>]) -> Vec<Figure> {
    let n = parties.len();
    let share_of = |n_of: usize, n: usize, reason| {
        if n > 0 { Ok(n_of as f64 / n as f64) } else { Err(reason) }
    };
    let levels: Vec<_> =
        parties.iter().filter_map(|party| Some((party.level, party.last_level?))).collect();
    let states: Vec<_> =
        parties.iter().filter_map(|party| Some((party.state, party.last_state?))).collect();
    let changed = levels.iter().filter(|(now, last)| now != last).count();
    let fell = levels.iter().filter(|(now, last)| now < last).count();
    let moved = states.iter().filter(|(now, last)| now != last).count();
    let buyers: Vec<&Party<'_>> = parties.iter().filter(|party| party.has_bought).collect();
    let recurrent = buyers.iter().filter(|party| party.is_recurrent).count();
    let mutual: Vec<f64> = parties.iter().filter_map(|party| party.mutual_loyalty).collect();
    let mean = if mutual.is_empty() {
        Err(if n == 0 { "no_parties" } else { "no_company_contacts" })
    } else {
        Ok(mutual.iter().sum::<f64>() / mutual.len() as f64)
    };
    vec![
        ("loyalty_volatility", share_of(changed, levels.len(), "no_last_night"), levels.len()),
        ("loyalty_fallen_share", share_of(fell, levels.len(), "no_last_night"), levels.len()),
        ("lifecycle_volatility", share_of(moved, states.len(), "no_last_night"), states.len()),
        ("recurrent_share", share_of(recurrent, buyers.len(), "no_customers"), buyers.len()),
        ("mean_mutual_loyalty", mean, mutual.len()),
    ]
}

fn advocacy(parties: &[Party<'_>]) -> Vec<Figure> {
    let buyers: Vec<&Party<'_>> = parties.iter().filter(|party| party.has_bought).collect();
    let told: Vec<i64> = buyers.iter().filter_map(|party| party.n_mentions).collect();
    let mentions = if told.is_empty() {
        Err(if buyers.is_empty() { "no_customers" } else { "no_mentions_told" })
    } else {
        Ok(1000.0 * told.iter().sum::<i64>() as f64 / told.len() as f64)
    };
    let judged: Vec<bool> = parties.iter().filter_map(|party| party.is_ambassador).collect();
    let ambassadors = if judged.is_empty() {
        Err("not_judged")
    } else {
        Ok(judged.iter().filter(|&&is| is).count() as f64)
    };
    vec![
        ("mentions_per_1000_customers", mentions, told.len()),
        ("n_ambassadors", ambassadors, judged.len()),
    ]
}

/// The share of contacted parties that respond in time (capability A30).
fn capacity(parties: &[Party<'_>], as_of: i32, within_days: u32) -> Figure {
    let contacts: Vec<FirstContact> = parties
        .iter()
        .filter_map(|party| {
            let sent_on = party.first_campaign_on?;
            Some(FirstContact {
                age_days: f64::from(as_of) - f64::from(sent_on),
                response_after_days: party.first_response_days.map(|days| days as f64),
            })
        })
        .collect();
    let name = "engagement_capacity";
    if contacts.is_empty() {
        return (name, Err("no_campaign_contacts"), 0);
    }
    // The confidence sets the interval alone, which is not published.
    match engagement_capacity(&contacts, f64::from(within_days), Confidence::P95) {
        Ok(found) => (name, Ok(found.share.value), found.n_decided as usize),
        Err(_) => (name, Err("too_early"), 0),
    }
}

//! The price watch: what became dearer, who had bought it, and what they did since.
//!
//! ```text
//! transaction ─► price_move ─► price_rise
//! transaction, identity_map ─► price_exposure ─┬─► price_exposed_customer
//! customer_feature, customer_advocacy ─► price_customer ─┴─► price_watch
//! ```

use arrow_array::{Array, BooleanArray};
use idip_numerics::inference::{Confidence, NotEstimable, Sample, welch};
use idip_schemas::TableContract;
use idip_schemas::differentiate::advocacy::customer_advocacy;
use idip_schemas::differentiate::customer_feature;
use idip_schemas::differentiate::prices::{
    price_customer, price_exposed_customer, price_exposure, price_move, price_rise, price_watch,
};
use idip_schemas::identify::identity_map;
use idip_schemas::source::transaction;
use idip_stage::{Read, RunContext, Sql, StageError, Step, Tables, View, parse};

use crate::purchases::with_priced_lines;

/// Lines on either side below which a product has no price to speak of.
const LINES_MIN: i64 = 5;

/// Rise of the mean ln price from which a product counts, in ten-thousandths: 5 %.
const RISE_MIN: i64 = 488;

/// Days of the last window.
const LAST_DAYS: i64 = 90;

/// Elasticity below which a customer is sensitive: spend falls when prices rise.
const SENSITIVE: f64 = -1.0;

/// Makes `price_rise`, `price_exposed_customer` and `price_watch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceWatch;

impl Step for PriceWatch {
    fn name(&self) -> &'static str {
        "differentiate.price_watch"
    }

    fn views(&self) -> Vec<View> {
        let lines = Read::Table(&transaction::CONTRACT);
        let of_lines = |contract, reads, sql: &str| {
            let line = with_priced_lines(include_str!("price_line.sql"));
            let sql = Sql::Text(sql.replace("{price_line}", &line).into());
            View { contract, reads, given: Vec::new(), sql }
        };
        vec![
            of_lines(&price_move::CONTRACT, vec![lines], include_str!("price_move.sql")),
            of_lines(
                &price_exposure::CONTRACT,
                vec![lines, Read::Table(&identity_map::CONTRACT)],
                include_str!("price_exposure.sql"),
            ),
            View::new(
                &price_customer::CONTRACT,
                vec![
                    Read::Table(&customer_feature::CONTRACT),
                    Read::Table(&customer_advocacy::CONTRACT),
                ],
                include_str!("price_customer.sql"),
            ),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&price_rise::CONTRACT, &price_exposed_customer::CONTRACT, &price_watch::CONTRACT]
    }

    fn settings(&self) -> String {
        String::new()
    }

    fn run(&self, _: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let moves = parse(views, &price_move::CONTRACT, price_move::Columns::parse)?;
        let has_prices = moves.iter().any(|batch| !batch.product_ref.is_empty());
        let exposures = exposures(views)?;
        let customers = customers(views)?;
        Ok(Tables::default()
            .with(&price_rise::CONTRACT, vec![rises(&moves).into_batch()?])
            .with(
                &price_exposed_customer::CONTRACT,
                vec![exposed(&exposures, &customers).into_batch()?],
            )
            .with(
                &price_watch::CONTRACT,
                vec![watch(&exposures, &customers, has_prices).into_batch()?],
            ))
    }
}

/// What one customer did.
struct Customer {
    id: i64,
    /// Net money of the last window less that of the one before, in units of money.
    change: f64,
    has_bought: bool,
    elasticity: Option<f64>,
}

/// Customers and how many products became dearer for them, ascending.
type Exposures = [(i64, i64)];

fn exposures(views: &Tables) -> Result<Vec<(i64, i64)>, StageError> {
    let mut rows = Vec::new();
    for batch in parse(views, &price_exposure::CONTRACT, price_exposure::Columns::parse)? {
        let counts = batch.n_products.values().iter().copied();
        rows.extend(batch.customer_id.values().iter().copied().zip(counts));
    }
    rows.sort_unstable();
    Ok(rows)
}

/// Customers, ascending by id.
fn customers(views: &Tables) -> Result<Vec<Customer>, StageError> {
    let mut customers = Vec::new();
    for batch in parse(views, &price_customer::CONTRACT, price_customer::Columns::parse)? {
        customers.extend((0..batch.customer_id.len()).map(|row| {
            let cents =
                batch.last_90_days_amount.value(row) - batch.prior_90_days_amount.value(row);
            let days = &batch.days_since_last;
            let elasticity = &batch.price_elasticity;
            Customer {
                id: batch.customer_id.value(row),
                change: cents as f64 / 100.0,
                has_bought: days.is_valid(row) && days.value(row) < LAST_DAYS,
                elasticity: elasticity.is_valid(row).then(|| elasticity.value(row)),
            }
        }));
    }
    customers.sort_by_key(|customer| customer.id);
    Ok(customers)
}

fn rises(moves: &[price_move::Columns]) -> price_rise::Columns {
    let mut rows: Vec<(&str, i64, i64, f64)> = Vec::new();
    for batch in moves {
        for row in 0..batch.product_ref.len() {
            let (n_prior, n_last) = (batch.n_prior.value(row), batch.n_last.value(row));
            let (prior, last) = (batch.prior_sum.value(row), batch.last_sum.value(row));
            // As the exposures have it: without a division, so that both agree.
            let [n_prior_wide, n_last_wide] = [n_prior, n_last].map(i128::from);
            let moved = i128::from(last) * n_prior_wide - i128::from(prior) * n_last_wide;
            let is_risen = moved >= i128::from(RISE_MIN) * n_prior_wide * n_last_wide;
            if n_prior >= LINES_MIN && n_last >= LINES_MIN && is_risen {
                let mean = last as f64 / n_last as f64 - prior as f64 / n_prior as f64;
                rows.push((batch.product_ref.value(row), n_prior, n_last, (mean / 1e4).exp_m1()));
            }
        }
    }
    rows.sort_by(|a, b| a.0.cmp(b.0));
    price_rise::Columns {
        product_ref: rows.iter().map(|row| Some(row.0)).collect(),
        n_prior: rows.iter().map(|row| Some(row.1)).collect(),
        n_last: rows.iter().map(|row| Some(row.2)).collect(),
        rise: rows.iter().map(|row| Some(row.3)).collect(),
    }
}

fn exposed(exposures: &Exposures, customers: &[Customer]) -> price_exposed_customer::Columns {
    let elasticity = |id: i64| {
        let at = customers.binary_search_by_key(&id, |customer| customer.id).ok()?;
        customers.get(at)?.elasticity
    };
    price_exposed_customer::Columns {
        customer_id: exposures.iter().map(|one| Some(one.0)).collect(),
        n_products: exposures.iter().map(|one| Some(one.1)).collect(),
        price_elasticity: exposures.iter().map(|one| elasticity(one.0)).collect(),
        is_sensitive: exposures
            .iter()
            .map(|one| Some(elasticity(one.0)? < SENSITIVE))
            .collect::<BooleanArray>(),
    }
}

fn watch(exposures: &Exposures, customers: &[Customer], has_prices: bool) -> price_watch::Columns {
    let is_exposed = |id: i64| exposures.binary_search_by_key(&id, |one| one.0).is_ok();
    let samples = |of: fn(&Customer) -> f64| {
        [true, false].map(|wanted| {
            let values: Vec<f64> =
                customers.iter().filter(|one| is_exposed(one.id) == wanted).map(of).collect();
            Sample::of(&values)
        })
    };
    let outcomes = [
        ("bought_share", samples(|customer| f64::from(u8::from(customer.has_bought)))),
        ("net_amount", samples(|customer| customer.change)),
    ];
    let judged = outcomes.map(|(_, [first, second])| {
        if !has_prices {
            return Err("no_line_prices");
        }
        if exposures.is_empty() {
            return Err("no_rise");
        }
        welch(first, second, Confidence::P95).map_err(|why| match why {
            NotEstimable::NoVariation => "no_variation",
            _ => "few_customers",
        })
    });
    let mean = |sample: Sample| (sample.n > 0).then_some(sample.mean);
    price_watch::Columns {
        outcome: outcomes.iter().map(|one| Some(one.0)).collect(),
        n_exposed: outcomes.iter().map(|one| Some(one.1[0].n as i64)).collect(),
        n_unexposed: outcomes.iter().map(|one| Some(one.1[1].n as i64)).collect(),
        exposed_mean: outcomes.iter().map(|one| mean(one.1[0])).collect(),
        unexposed_mean: outcomes.iter().map(|one| mean(one.1[1])).collect(),
        difference: judged.iter().map(|found| Some(found.ok()?.estimate.value)).collect(),
        lower: judged.iter().map(|found| Some(found.ok()?.estimate.lower)).collect(),
        upper: judged.iter().map(|found| Some(found.ok()?.estimate.upper)).collect(),
        reason: judged.iter().map(|found| found.err()).collect(),
    }
}

#[cfg(test)]
mod tests;

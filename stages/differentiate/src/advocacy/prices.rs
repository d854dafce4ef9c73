//! How customers meet discounts and prices.

use idip_numerics::elasticity::{
    LogLogSums, PriceSensitivityParams, deal_proneness, price_sensitivities,
};
use idip_numerics::shrinkage::{RatePrior, Trials};
use idip_schemas::differentiate::advocacy::advocacy_price;
use idip_stage::{StageError, Views, parse};

use super::buyers::Buyers;
use super::params::PriceSettings;
use crate::order::{one_by_customer, row_of};

/// A shrunk figure and its reliability, or why there is none.
pub(super) type Figure = Result<(f64, f64), &'static str>;

/// Discount by money before discount, shrunk to all customers, a basket being one trial; `told` are the
/// baskets of each party and what was told of its discounts.
pub(super) fn discounts(told: Vec<(i64, Option<f64>)>) -> Vec<Figure> {
    let trials: Vec<Trials> = told
        .iter()
        .filter_map(|&(n, share)| {
            let (share, n) = (share?, n as f64);
            (n > 0.0).then_some(Trials { successes: share * n, n })
        })
        .collect();
    let (_, found) = deal_proneness(&trials, RatePrior::new(0.5, 1.0));
    let mut found = found.into_iter();
    told.into_iter()
        .map(|(n, share)| match share {
            _ if n <= 0 => Err("no_purchase"),
            None => Err("no_discounts_told"),
            Some(_) => {
                found.next().map(|one| (one.share, one.reliability)).ok_or("no_discounts_told")
            }
        })
        .collect()
}

/// What is known of the customers' own prices.
pub(super) enum Elasticities {
    /// No line has a price.
    NoPrices,
    /// Of each party.
    Of(Vec<Figure>),
}

impl Elasticities {
    pub(super) fn read(
        views: &dyn Views,
        buyers: &Buyers,
        params: &PriceSettings,
    ) -> Result<Self, StageError> {
        let batches = parse(views, &advocacy_price::CONTRACT, advocacy_price::Columns::parse)?;
        if batches.iter().all(|batch| batch.customer_id.is_empty()) {
            return Ok(Self::NoPrices);
        }
        Ok(Self::Of(elasticities(&batches, buyers, params)?))
    }

    /// Of `n` parties from that one on.
    pub(super) fn of(&self, first: usize, n: usize) -> Vec<Figure> {
        match self {
            Self::NoPrices => vec![Err("no_line_prices"); n],
            Self::Of(figures) => figures.iter().skip(first).take(n).copied().collect(),
        }
    }
}

/// Elasticity of each customer whose own prices varied, shrunk to that of all of them.
fn elasticities(
    batches: &[advocacy_price::Columns],
    buyers: &Buyers,
    params: &PriceSettings,
) -> Result<Vec<Figure>, StageError> {
    let places = one_by_customer(
        advocacy_price::CONTRACT.name,
        batches.iter().map(|batch| &batch.customer_id),
    )?;
    let sums_of = |id: i64| {
        let (batch, row) = row_of(&places, id)?;
        let columns = batches.get(batch)?;
        // From ten-thousandths, and their squares.
        let sum = |value: i64| value as f64 / 1e4;
        let product = |value: i64| value as f64 / 1e8;
        Some(LogLogSums {
            n: u64::try_from(columns.n_lines.value(row)).ok()?,
            sum_x: sum(columns.sum_x.value(row)),
            sum_y: sum(columns.sum_y.value(row)),
            sum_xx: product(columns.sum_xx.value(row)),
            sum_xy: product(columns.sum_xy.value(row)),
            sum_yy: product(columns.sum_yy.value(row)),
        })
    };
    let judged: Vec<Result<LogLogSums, &'static str>> = buyers
        .ids
        .iter()
        .zip(&buyers.has_bought)
        .map(|(&id, has_bought)| match sums_of(id) {
            _ if !has_bought => Err("no_purchase"),
            None => Err("no_line_prices"),
            Some(sums) => usable(sums, params),
        })
        .collect();
    let sums: Vec<LogLogSums> = judged.iter().flatten().copied().collect();
    let found =
        price_sensitivities(&sums, (1, &vec![0; sums.len()]), &PriceSensitivityParams::new())
            .map_err(|source| StageError::Algorithm {
                what: "price sensitivities",
                source: Box::new(source),
            })?;
    let mut found = found.into_iter();
    let figure = |one: Result<LogLogSums, &'static str>| {
        let (_, one) = (one?, found.next().ok_or("few_lines")?);
        one.own.map_err(|_| "few_lines").map(|_| (one.elasticity, one.reliability))
    };
    Ok(judged.into_iter().map(figure).collect())
}

/// The sums of a customer with enough lines whose prices vary.
fn usable(sums: LogLogSums, params: &PriceSettings) -> Result<LogLogSums, &'static str> {
    if sums.n < params.lines_min.unsigned_abs() {
        return Err("few_lines");
    }
    let slope = sums.slope().map_err(|_| "prices_do_not_vary")?;
    let deviation = (slope.price_spread / sums.n as f64).sqrt();
    if deviation < params.spread_min { Err("prices_do_not_vary") } else { Ok(sums) }
}

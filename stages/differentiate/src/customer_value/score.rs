//! What each party is expected to buy.

use arrow_array::{Float64Array, Int64Array, StringArray};
use idip_numerics::btyd::{
    CellScores, Cells, DiscountedHorizon, HorizonError, PurchaseModel, Score, ScoreSettings, score,
};
use idip_schemas::differentiate::value::{customer_value, value_tier};
use idip_stage::{Output, StageError};
use rayon::prelude::*;

use super::input::Input;
use super::params::ClvParams;
use super::spend::Spend;
use super::tier::{Standing, Standings, TIERS};

/// Mean days of a month: of 400 Gregorian years, 97 of them leap years, by 4,800 months.
const MONTH_DAYS: f64 = 30.436_875;

/// A customer is at risk when staying away is likelier than a purchase.
const AT_RISK: f64 = 0.5;

/// Parties of one batch; fixed, so that the bytes do not depend on the number of threads.
const BATCH_PARTIES: usize = 8_192;

/// Batches that are made before they are handed over: enough for most machines, and little memory.
const BATCHES_AT_ONCE: usize = 16;

/// Parties whose places among all values are read ahead.
const PARTIES_AHEAD: usize = 64;

/// Scores of the customers with purchases, in their order.
#[derive(Debug)]
pub(super) struct Scores<'a> {
    input: &'a Input,
    spend: &'a Spend,
    of_cells: CellScores,
    /// Empty without a model.
    cell_of_row: Vec<u32>,
    standings: Standings,
}

impl<'a> Scores<'a> {
    /// Scores every cell once and every customer from it.
    ///
    /// # Errors
    ///
    /// When the settings make no horizon.
    pub(super) fn new(
        model: &dyn PurchaseModel,
        (cells, cell_of_row): (Cells, Vec<u32>),
        input: &'a Input,
        spend: &'a Spend,
        params: &ClvParams,
        horizon_days: u32,
    ) -> Result<Self, HorizonError> {
        let monthly_rate = (params.discount_rate.ln_1p() / 12.0).exp_m1();
        let settings = ScoreSettings {
            time_unit_days: f64::from(params.time_unit_days),
            churn_horizon_days: f64::from(horizon_days),
            discounted_horizon: DiscountedHorizon::new(
                params.clv_months,
                MONTH_DAYS,
                monthly_rate,
            )?,
        };
        let of_cells = score(model, &cells, &settings);
        drop(cells);
        let standings = Standings::default();
        let mut scores = Self { input, spend, of_cells, cell_of_row, standings };
        let clv = |row| scores.customer(row)?.clv;
        let rows = (0..scores.cell_of_row.len()).into_par_iter();
        scores.standings = Standings::new(rows.filter_map(clv));
        Ok(scores)
    }

    /// When no model could be fitted.
    pub(super) fn without_model(input: &'a Input, spend: &'a Spend) -> Self {
        Self {
            input,
            spend,
            of_cells: CellScores::default(),
            cell_of_row: Vec::new(),
            standings: Standings::default(),
        }
    }

    /// The scores of a customer with purchases; none without a model.
    fn customer(&self, row: usize) -> Option<Customer> {
        let score = self.of_cells.of(*self.cell_of_row.get(row)? as usize)?;
        let (frequency, monetary_value) =
            (self.input.frequency.get(row)?, self.input.monetary_value.get(row)?);
        let spend = self.spend.expected(*frequency, *monetary_value);
        let clv = spend.map(|spend| score.discounted_purchases * spend);
        Some(Customer { score, spend, clv: clv.filter(|clv| clv.is_finite()) })
    }

    /// Hands over the scores of every party, and then those of the tiers.
    ///
    /// # Errors
    ///
    /// When the rows are refused.
    pub(super) fn write(&self, output: &mut dyn Output) -> Result<(), StageError> {
        let contract = &customer_value::CONTRACT;
        let parts = self.parts();
        if parts.is_empty() {
            output.push(contract, contract.empty())?;
        }
        let mut totals = [Total::default(); TIERS.len()];
        for parts in parts.chunks(BATCHES_AT_ONCE) {
            let made: Vec<_> = parts.par_iter().map(|part| self.table(part)).collect();
            // In the order of customers, so that sums do not depend on threads.
            for (columns, of_part) in made {
                output.push(contract, columns.into_batch()?)?;
                totals.iter_mut().zip(&of_part).for_each(|(total, part)| total.add(part));
            }
        }
        output.push(&value_tier::CONTRACT, tiers(&totals).into_batch()?)
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let Input { customer_id, has_purchases, .. } = self.input;
        let mut first = 0;
        customer_id
            .chunks(BATCH_PARTIES)
            .zip(has_purchases.chunks(BATCH_PARTIES))
            .map(|(customer_id, has_purchases)| {
                let part = Part { customer_id, has_purchases, first };
                first += has_purchases.iter().filter(|&&has_purchases| has_purchases).count();
                part
            })
            .collect()
    }

    /// Lays the scores of some parties out, and sums them by tier.
    fn table(&self, part: &Part<'_>) -> (customer_value::Columns, [Total; TIERS.len()]) {
        let mut totals = [Total::default(); TIERS.len()];
        let mut row = part.first;
        let mut parties: Vec<Party> = part
            .has_purchases
            .iter()
            .map(|&has_purchases| {
                let customer = has_purchases.then(|| self.customer(row)).flatten();
                row += usize::from(has_purchases);
                Party { has_purchases, customer, standing: None }
            })
            .collect();
        for near in parties.chunks_mut(PARTIES_AHEAD) {
            self.standings.bring_near(near.iter().filter_map(|party| party.customer?.clv));
            for party in near {
                let Some(customer) = party.customer else { continue };
                party.standing = customer.clv.and_then(|clv| self.standings.of(clv));
                let total = party.standing.and_then(|standing| totals.get_mut(standing.tier));
                if let Some(total) = total {
                    total.count(&customer);
                }
            }
        }
        let floats = |value: &dyn Fn(&Customer) -> Option<f64>| -> Float64Array {
            let of = |party: &Party| value(party.customer.as_ref()?).filter(|v| v.is_finite());
            parties.iter().map(of).collect()
        };
        let columns = customer_value::Columns {
            customer_id: part.customer_id.to_vec().into(),
            p_alive: floats(&|customer| Some(customer.score.p_alive)),
            p_any_purchase: floats(&|customer| Some(customer.score.p_any)),
            churn_risk: floats(&|customer| Some(1.0 - customer.score.p_any)),
            expected_purchases: floats(&|customer| Some(customer.score.purchases)),
            expected_spend: floats(&|customer| customer.spend),
            clv: floats(&|customer| customer.clv),
            clv_rank: parties
                .iter()
                .map(|party| Some(party.standing?.rank as i64))
                .collect::<Int64Array>(),
            clv_percentile: parties.iter().map(|party| Some(party.standing?.percentile)).collect(),
            value_tier: parties
                .iter()
                .map(|party| tier_name(party.standing?.tier))
                .collect::<StringArray>(),
            value_reason: parties.iter().map(Party::reason).collect::<StringArray>(),
        };
        (columns, totals)
    }
}

/// Neighbouring parties, in the order of customers.
#[derive(Debug, Clone, Copy)]
struct Part<'a> {
    customer_id: &'a [i64],
    has_purchases: &'a [bool],
    /// Customers with purchases before them.
    first: usize,
}

/// What one customer with purchases is expected to buy.
#[derive(Debug, Clone, Copy)]
struct Customer {
    score: Score,
    spend: Option<f64>,
    clv: Option<f64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Party {
    has_purchases: bool,
    customer: Option<Customer>,
    standing: Option<Standing>,
}

impl Party {
    fn reason(&self) -> Option<&'static str> {
        match self.customer {
            _ if !self.has_purchases => Some("no_purchases"),
            None => Some("no_model"),
            Some(Customer { clv: None, .. }) => Some("no_spend"),
            Some(_) => None,
        }
    }
}

/// Lists the tiers; none when nobody has a value.
fn tiers(totals: &[Total; TIERS.len()]) -> value_tier::Columns {
    let n: i64 = totals.iter().map(|total| total.n).sum();
    let clv: f64 = totals.iter().map(|total| total.clv).sum();
    let rows: Vec<(i64, &str, &Total)> = (1..)
        .zip(TIERS)
        .zip(totals)
        .filter(|_| n > 0)
        .map(|((rank, (name, _)), total)| (rank, name, total))
        .collect();
    let floats = |value: &dyn Fn(&Total) -> f64| -> Float64Array {
        Float64Array::from_iter_values(rows.iter().map(|row| value(row.2)))
    };
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    value_tier::Columns {
        tier_rank: Int64Array::from_iter_values(rows.iter().map(|row| row.0)),
        value_tier: StringArray::from_iter_values(rows.iter().map(|row| row.1)),
        n_customers: Int64Array::from_iter_values(rows.iter().map(|row| row.2.n)),
        customer_share: floats(&|total| share(total.n as f64, n as f64)),
        clv: floats(&|total| total.clv),
        clv_share: floats(&|total| share(total.clv, clv)),
        expected_purchases: floats(&|total| total.purchases),
        expected_revenue: floats(&|total| total.revenue),
        n_at_risk: Int64Array::from_iter_values(rows.iter().map(|row| row.2.n_at_risk)),
        mean_churn_risk: rows
            .iter()
            .map(|row| (row.2.n > 0).then(|| row.2.churn_risk / row.2.n as f64))
            .collect(),
    }
}

fn tier_name(tier: usize) -> Option<&'static str> {
    TIERS.get(tier).map(|&(name, _)| name)
}

/// Sums over the customers of one tier.
#[derive(Debug, Clone, Copy, Default)]
struct Total {
    n: i64,
    clv: f64,
    purchases: f64,
    revenue: f64,
    n_at_risk: i64,
    churn_risk: f64,
}

impl Total {
    fn count(&mut self, customer: &Customer) {
        let churn_risk = 1.0 - customer.score.p_any;
        self.n += 1;
        self.clv += customer.clv.unwrap_or(0.0);
        self.purchases += customer.score.purchases;
        self.revenue += customer.score.purchases * customer.spend.unwrap_or(0.0);
        self.n_at_risk += i64::from(churn_risk > AT_RISK);
        self.churn_risk += churn_risk;
    }

    fn add(&mut self, part: &Self) {
        self.n += part.n;
        self.clv += part.clv;
        self.purchases += part.purchases;
        self.revenue += part.revenue;
        self.n_at_risk += part.n_at_risk;
        self.churn_risk += part.churn_risk;
    }
}

//! What each party is expected to buy.

use arrow_array::{Float64Array, Int64Array, StringArray};
use idip_numerics::btyd::{
    CellScores, Cells, DiscountedHorizon, HorizonError, PurchaseModel, ScoreSettings,
    expected_purchases, score,
};
use idip_schemas::differentiate::value::{customer_value, value_tier};

use super::input::Input;
use super::params::ClvParams;
use super::spend::Spend;
use super::tier::{Standing, TIERS, standings};

/// Mean days of a month: of 400 Gregorian years, 97 of them leap years, by 4,800 months.
const MONTH_DAYS: f64 = 30.436_875;

/// A customer is at risk when staying away is likelier than a purchase.
const AT_RISK: f64 = 0.5;

/// Scores of the customers with purchases, in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Scores {
    of_cells: CellScores,
    /// Within the horizon, by cell.
    expected_purchases: Vec<f64>,
    cell_of_row: Vec<u32>,
    spend: Vec<Option<f64>>,
    clv: Vec<Option<f64>>,
    standings: Vec<Option<Standing>>,
}

impl Scores {
    /// Scores every cell once and every customer from it.
    ///
    /// # Errors
    ///
    /// When the settings make no horizon.
    pub(super) fn new(
        model: &dyn PurchaseModel,
        cells: &Cells,
        cell_of_row: Vec<u32>,
        input: &Input,
        spend: &Spend,
        params: &ClvParams,
        horizon_days: u32,
    ) -> Result<Self, HorizonError> {
        let unit = f64::from(params.time_unit_days);
        let monthly_rate = (params.discount_rate.ln_1p() / 12.0).exp_m1();
        let settings = ScoreSettings {
            time_unit_days: unit,
            churn_horizon_days: f64::from(horizon_days),
            discounted_horizon: DiscountedHorizon::new(
                params.clv_months,
                MONTH_DAYS,
                monthly_rate,
            )?,
        };
        let of_cells = score(model, cells, &settings);
        let expected_purchases = expected_purchases(model, cells, unit, f64::from(horizon_days));
        let spend: Vec<Option<f64>> = input
            .frequency
            .iter()
            .zip(&input.monetary_value)
            .map(|(&frequency, &monetary_value)| spend.expected(frequency, monetary_value))
            .collect();
        let clv: Vec<Option<f64>> = cell_of_row
            .iter()
            .zip(&spend)
            .map(|(&cell, &spend)| {
                Some(of_cells.discounted_purchases.get(cell as usize)? * spend?)
                    .filter(|clv| clv.is_finite())
            })
            .collect();
        let standings = standings(&clv);
        Ok(Self { of_cells, expected_purchases, cell_of_row, spend, clv, standings })
    }

    /// Lays the scores out for every party.
    pub(super) fn table(&self, input: &Input) -> customer_value::Columns {
        let mut next = 0;
        let at: Vec<Option<usize>> = input
            .has_purchases
            .iter()
            .map(|&has_purchases| {
                let at = has_purchases.then_some(next);
                next += usize::from(has_purchases);
                at
            })
            .collect();
        let floats = |value: &dyn Fn(usize) -> Option<f64>| -> Float64Array {
            at.iter().map(|at| at.and_then(value).filter(|value| value.is_finite())).collect()
        };
        let of_cell = |values: &[f64], at: usize| -> Option<f64> {
            values.get(*self.cell_of_row.get(at)? as usize).copied()
        };
        let standing = |at: usize| self.standings.get(at).copied().flatten();
        let scores = &self.of_cells;
        customer_value::Columns {
            customer_id: input.customer_id.clone().into(),
            p_alive: floats(&|at| of_cell(&scores.p_alive, at)),
            p_any_purchase: floats(&|at| of_cell(&scores.p_any, at)),
            churn_risk: floats(&|at| Some(1.0 - of_cell(&scores.p_any, at)?)),
            expected_purchases: floats(&|at| of_cell(&self.expected_purchases, at)),
            expected_spend: floats(&|at| self.spend.get(at).copied().flatten()),
            clv: floats(&|at| self.clv.get(at).copied().flatten()),
            clv_rank: at
                .iter()
                .map(|at| at.and_then(standing).map(|found| found.rank as i64))
                .collect::<Int64Array>(),
            clv_percentile: floats(&|at| Some(standing(at)?.percentile)),
            value_tier: at
                .iter()
                .map(|at| at.and_then(standing).and_then(|found| tier_name(found.tier)))
                .collect::<StringArray>(),
            value_reason: at.iter().map(|at| self.reason(*at)).collect::<StringArray>(),
        }
    }

    fn reason(&self, at: Option<usize>) -> Option<&'static str> {
        let Some(at) = at else { return Some("no_purchases") };
        match (self.cell_of_row.get(at), self.clv.get(at).copied().flatten()) {
            (None, _) => Some("no_model"),
            (Some(_), None) => Some("no_spend"),
            (Some(_), Some(_)) => None,
        }
    }

    /// Sums the customers of each tier; empty when nobody has a value.
    pub(super) fn tiers(&self) -> value_tier::Columns {
        let mut totals = [Total::default(); TIERS.len()];
        // In the order of customers, so that sums do not depend on threads.
        for (at, standing) in self.standings.iter().enumerate() {
            let Some(total) = standing.and_then(|found| totals.get_mut(found.tier)) else {
                continue;
            };
            let cell = self.cell_of_row.get(at).map_or(usize::MAX, |&cell| cell as usize);
            let of = |values: &[f64]| values.get(cell).copied().unwrap_or(0.0);
            let purchases = of(&self.expected_purchases);
            let churn_risk = 1.0 - of(&self.of_cells.p_any);
            total.n += 1;
            total.clv += self.clv.get(at).copied().flatten().unwrap_or(0.0);
            total.purchases += purchases;
            total.revenue += purchases * self.spend.get(at).copied().flatten().unwrap_or(0.0);
            total.n_at_risk += i64::from(churn_risk > AT_RISK);
            total.churn_risk += churn_risk;
        }
        let n: i64 = totals.iter().map(|total| total.n).sum();
        let clv: f64 = totals.iter().map(|total| total.clv).sum();
        let rows: Vec<(i64, &str, Total)> = (1..)
            .zip(TIERS)
            .zip(totals)
            .filter(|_| n > 0)
            .map(|((rank, (name, _)), total)| (rank, name, total))
            .collect();
        let floats = |value: &dyn Fn(&Total) -> f64| -> Float64Array {
            Float64Array::from_iter_values(rows.iter().map(|row| value(&row.2)))
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

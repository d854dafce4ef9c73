//! What past campaigns changed: treatment against control, by intention to treat.
//!
//! Everybody drawn into an arm counts in it, reached or not, and every sale in the window counts,
//! redeemed or not: what a campaign moves is the difference of the two arms.

use std::borrow::Cow;
use std::collections::BTreeMap;

use arrow_array::{Array, Decimal128Array, Int64Array, StringArray};
use idip_numerics::inference::{
    Confidence, Estimate, NotEstimable, Proportion, Sample, newcombe, sample_ratio_mismatch, welch,
};
use idip_schemas::TableContract;
use idip_schemas::differentiate::customer_segment;
use idip_schemas::identify::identity_map;
use idip_schemas::measure::{campaign_lift, campaign_outcome};
use idip_schemas::source::{campaign_contact, response, transaction};
use idip_stage::{Read, RunContext, Sql, StageError, Step, Tables, View};

use crate::Params;

/// Below this p-value the arms are not as large as planned by chance, and their difference says
/// nothing; the usual alarm of sample-ratio tests, low because every night is a look.
const SAMPLE_RATIO_P_MIN: f64 = 0.001;

/// Writes the lift of every past campaign.
#[derive(Debug, Clone)]
pub struct CampaignLift {
    /// Settings of the stage.
    pub params: Params,
}

impl Step for CampaignLift {
    fn name(&self) -> &'static str {
        "measure.campaign_lift"
    }

    fn views(&self) -> Vec<View> {
        let days = self.params.outcome_window_days.to_string();
        let sql = include_str!("campaign_outcome.sql").replace("{outcome_window_days}", &days);
        vec![View {
            contract: &campaign_outcome::CONTRACT,
            reads: vec![
                Read::Table(&campaign_contact::CONTRACT),
                Read::Table(&identity_map::CONTRACT),
                Read::Table(&response::CONTRACT),
                Read::Table(&transaction::CONTRACT),
                Read::Table(&customer_segment::CONTRACT),
            ],
            given: Vec::new(),
            sql: Sql::Text(Cow::Owned(sql)),
        }]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&campaign_lift::CONTRACT, &campaign_outcome::CONTRACT]
    }

    fn settings(&self) -> String {
        let Params { outcome_window_days, control_share, control_shares, goals: _ } = &self.params;
        format!("{outcome_window_days} {control_share:?} {control_shares:?}")
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let outcomes =
            campaign_outcome::Columns::parse(&views.batch(&campaign_outcome::CONTRACT)?)?;
        // Sorted before anything is added: a sum of floats depends on its order.
        let outcomes = sorted(&outcomes);
        let rows: Vec<Row> = read(&outcomes)
            .iter()
            .flat_map(|(name, campaign)| self.lift(name, campaign, context.logical_date))
            .collect();
        Ok(Tables::default()
            .with(&campaign_lift::CONTRACT, vec![columns(&rows).into_batch()?])
            .with(&campaign_outcome::CONTRACT, vec![outcomes.into_batch()?]))
    }
}

/// What the customers of one arm did; money in minor units.
#[derive(Debug, Clone, Copy, Default)]
struct Arm {
    customers: u64,
    redeemed: u64,
    buyers: u64,
    spend: i128,
    /// Sum of squares, in the square of the currency's unit.
    spend_squares: f64,
}

impl Arm {
    fn redemptions(&self) -> Proportion {
        Proportion { successes: self.redeemed, n: self.customers }
    }

    fn purchases(&self) -> Proportion {
        Proportion { successes: self.buyers, n: self.customers }
    }

    fn spend(&self) -> Sample {
        let n = self.customers as f64;
        let mean = self.spend as f64 / 100.0 / n.max(1.0);
        // Rounding may leave a hair below 0 when all spend the same.
        let variance = ((self.spend_squares - n * mean * mean) / (n - 1.0).max(1.0)).max(0.0);
        Sample { n: self.customers, mean, variance }
    }
}

#[derive(Debug, Default)]
struct Campaign {
    treatment: Arm,
    control: Arm,
    n_excluded: u64,
    last_sent_on: i32,
    responses_known: bool,
}

fn read(outcomes: &campaign_outcome::Columns) -> BTreeMap<&str, Campaign> {
    let mut campaigns: BTreeMap<&str, Campaign> = BTreeMap::new();
    for row in 0..outcomes.campaign.len() {
        let campaign = campaigns
            .entry(outcomes.campaign.value(row))
            .or_insert_with(|| Campaign { last_sent_on: i32::MIN, ..Campaign::default() });
        campaign.last_sent_on = campaign.last_sent_on.max(outcomes.last_sent_on.value(row));
        campaign.responses_known |= outcomes.responses_known.value(row);
        let count = |column: &Int64Array| column.value(row).unsigned_abs();
        let arm = match outcomes.arm.value(row) {
            "treatment" => &mut campaign.treatment,
            "control" => &mut campaign.control,
            _ => {
                campaign.n_excluded += count(&outcomes.n_customers);
                continue;
            }
        };
        arm.customers += count(&outcomes.n_customers);
        arm.redeemed += count(&outcomes.n_redeemed);
        arm.buyers += count(&outcomes.n_buyers);
        arm.spend += outcomes.spend.value(row);
        arm.spend_squares += outcomes.spend_squares.value(row);
    }
    campaigns
}

/// One row of `campaign_lift`.
#[derive(Debug)]
struct Row {
    campaign: String,
    outcome: &'static str,
    sizes: (u64, u64, u64),
    treatment: Option<f64>,
    control: Option<f64>,
    lift: Option<f64>,
    interval: Option<(f64, f64)>,
    verdict: &'static str,
    srm_p: Option<f64>,
    note: Option<&'static str>,
}

impl CampaignLift {
    fn lift(&self, name: &str, campaign: &Campaign, logical_date: i32) -> Vec<Row> {
        let Campaign { treatment, control, .. } = campaign;
        let rates = |of: fn(&Arm) -> Proportion| {
            let difference = newcombe(of(treatment), of(control), Confidence::P95);
            (of(treatment).rate().ok(), of(control).rate().ok(), difference)
        };
        let means = |arm: &Arm| (arm.customers > 0).then(|| arm.spend().mean);
        let difference = welch(treatment.spend(), control.spend(), Confidence::P95);
        let redemption = if campaign.responses_known {
            rates(Arm::redemptions)
        } else {
            (None, None, Err(NotEstimable::NoObservations))
        };
        let spend = (means(treatment), means(control), difference.map(|d| d.estimate));
        let srm_p = self.sample_ratio(name, campaign);
        // In the order of the key.
        [
            ("purchase_rate", rates(Arm::purchases)),
            ("redemption_rate", redemption),
            ("spend_per_party", spend),
        ]
        .into_iter()
        .map(|(outcome, (in_treatment, in_control, difference))| {
            let unknown = outcome == "redemption_rate" && !campaign.responses_known;
            let note = if unknown {
                Some("no_responses")
            } else {
                self.doubt(campaign, srm_p, &difference, logical_date)
            };
            let verdict = match note {
                None => "causal",
                Some("window_open") => "cut_off",
                Some(_) => "not_causal",
            };
            Row {
                campaign: name.to_owned(),
                outcome,
                sizes: (treatment.customers, control.customers, campaign.n_excluded),
                treatment: in_treatment,
                control: in_control,
                lift: in_treatment.zip(in_control).map(|(treated, held)| treated - held),
                interval: difference.ok().map(|d| (d.lower, d.upper)),
                verdict,
                srm_p,
                note,
            }
        })
        .collect()
    }

    /// The first thing that stands against reading the difference as an effect.
    fn doubt(
        &self,
        campaign: &Campaign,
        srm_p: Option<f64>,
        difference: &Result<Estimate, NotEstimable>,
        logical_date: i32,
    ) -> Option<&'static str> {
        let window = i64::from(self.params.outcome_window_days);
        let last_day = i64::from(campaign.last_sent_on) + window - 1;
        if campaign.control.customers == 0 {
            Some("no_control")
        } else if campaign.treatment.customers == 0 {
            Some("no_treatment")
        } else if srm_p.is_some_and(|p| p < SAMPLE_RATIO_P_MIN) {
            Some("sample_ratio")
        } else if last_day > i64::from(logical_date) {
            Some("window_open")
        } else {
            match difference {
                Ok(_) => None,
                Err(NotEstimable::NoVariation) => Some("no_variation"),
                Err(_) => Some("too_few"),
            }
        }
    }

    fn sample_ratio(&self, name: &str, campaign: &Campaign) -> Option<f64> {
        let share = self.params.planned_control(name)?;
        let sizes = [campaign.treatment.customers, campaign.control.customers];
        if sizes.contains(&0) {
            return None;
        }
        sample_ratio_mismatch(&sizes, &[1.0 - share, share]).ok().map(|test| test.p_value)
    }
}

fn columns(rows: &[Row]) -> campaign_lift::Columns {
    let count = |of: fn(&Row) -> u64| -> Int64Array {
        rows.iter().map(|row| i64::try_from(of(row)).unwrap_or(i64::MAX)).collect::<Vec<_>>().into()
    };
    campaign_lift::Columns {
        campaign: StringArray::from_iter_values(rows.iter().map(|row| &row.campaign)),
        outcome: StringArray::from_iter_values(rows.iter().map(|row| row.outcome)),
        n_treatment: count(|row| row.sizes.0),
        n_control: count(|row| row.sizes.1),
        n_excluded: count(|row| row.sizes.2),
        mean_treatment: rows.iter().map(|row| row.treatment).collect(),
        mean_control: rows.iter().map(|row| row.control).collect(),
        lift: rows.iter().map(|row| row.lift).collect(),
        ci_low: rows.iter().map(|row| row.interval.map(|(low, _)| low)).collect(),
        ci_high: rows.iter().map(|row| row.interval.map(|(_, high)| high)).collect(),
        verdict: StringArray::from_iter_values(rows.iter().map(|row| row.verdict)),
        srm_p: rows.iter().map(|row| row.srm_p).collect(),
        note: rows.iter().map(|row| row.note).collect(),
    }
}

/// The view's rows in the order of their key.
fn sorted(outcomes: &campaign_outcome::Columns) -> campaign_outcome::Columns {
    let c = outcomes;
    let mut order: Vec<usize> = (0..c.campaign.len()).collect();
    order.sort_by_key(|&row| {
        (c.campaign.value(row), c.arm.value(row), c.value_segment_id.value(row))
    });
    let ints = |column: &Int64Array| -> Int64Array {
        order.iter().map(|&row| Some(column.value(row))).collect()
    };
    let texts = |column: &StringArray| -> StringArray {
        StringArray::from_iter_values(order.iter().map(|&row| column.value(row)))
    };
    let spend = order.iter().map(|&row| Some(c.spend.value(row)));
    campaign_outcome::Columns {
        campaign: texts(&c.campaign),
        arm: texts(&c.arm),
        value_segment_id: ints(&c.value_segment_id),
        n_customers: ints(&c.n_customers),
        n_redeemed: ints(&c.n_redeemed),
        n_buyers: ints(&c.n_buyers),
        spend: spend.collect::<Decimal128Array>().with_data_type(c.spend.data_type().clone()),
        spend_squares: order.iter().map(|&row| Some(c.spend_squares.value(row))).collect(),
        last_sent_on: order.iter().map(|&row| Some(c.last_sent_on.value(row))).collect(),
        responses_known: order.iter().map(|&row| Some(c.responses_known.value(row))).collect(),
    }
}

#[cfg(test)]
mod tests;

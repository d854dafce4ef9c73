//! What past campaigns changed.

use arrow_array::Array;
use idip_schemas::measure::campaign_lift;
use serde::Serialize;

use super::read::{maybe, maybe_text};
use crate::small_group::Count;

/// Outcomes in the order in which they are told.
const OUTCOMES: [&str; 3] = ["spend_per_party", "purchase_rate", "redemption_rate"];

/// Most campaigns that are told of one outcome.
const CAMPAIGNS_MAX: usize = 40;

/// What past campaigns changed in one outcome.
#[derive(Debug, Clone, Serialize)]
pub struct Effect {
    /// `spend_per_party`, `purchase_rate` or `redemption_rate`.
    pub outcome: String,
    /// Scale of the drawing; null when there is nothing to draw.
    pub axis: Option<Axis>,
    /// Campaigns: those with a lift first, most lift first.
    pub campaigns: Vec<Outcome>,
    /// Campaigns that are not in the list.
    pub others: usize,
}

/// Scale of a drawing, round numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Axis {
    /// Left end.
    pub low: f64,
    /// Right end.
    pub high: f64,
    /// Where numbers are written, 0 among them.
    pub ticks: Vec<f64>,
}

/// What one campaign changed.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Campaign.
    pub campaign: String,
    /// Customers in treatment.
    pub treatment: Count,
    /// Customers in control.
    pub control: Count,
    /// Customers in both, left out.
    pub excluded: Count,
    /// Mean outcome in treatment.
    pub mean_treatment: Option<f64>,
    /// Mean outcome in control.
    pub mean_control: Option<f64>,
    /// Difference.
    pub lift: Option<f64>,
    /// Lower end of its 95 % interval.
    pub ci_low: Option<f64>,
    /// Upper end.
    pub ci_high: Option<f64>,
    /// Lift of all treated customers together, of money and of causal campaigns only.
    pub total_lift: Option<f64>,
    /// Lower end of its 95 % interval.
    pub total_low: Option<f64>,
    /// Upper end.
    pub total_high: Option<f64>,
    /// `causal`, `not_causal` or `cut_off`.
    pub verdict: String,
    /// Why it is not causal, as a code.
    pub note: Option<String>,
    /// p-value of the sample-ratio test.
    pub srm_p: Option<f64>,
}

pub(super) fn effects(lifts: &campaign_lift::Columns, k: u32) -> Vec<Effect> {
    OUTCOMES
        .iter()
        .filter_map(|outcome| {
            let mut campaigns: Vec<Outcome> = (0..lifts.campaign.len())
                .filter(|&row| lifts.outcome.value(row) == *outcome)
                .map(|row| campaign(lifts, row, k))
                .collect();
            campaigns.sort_by(|a, b| {
                let place = |o: &Outcome| (o.lift.is_none(), o.lift.map_or(0.0, |lift| -lift));
                let ((a_none, a_lift), (b_none, b_lift)) = (place(a), place(b));
                a_none
                    .cmp(&b_none)
                    .then(a_lift.total_cmp(&b_lift))
                    .then_with(|| a.campaign.cmp(&b.campaign))
            });
            let others = campaigns.len().saturating_sub(CAMPAIGNS_MAX);
            campaigns.truncate(CAMPAIGNS_MAX);
            let ends = campaigns.iter().flat_map(|o| [o.lift, o.ci_low, o.ci_high]).flatten();
            let axis = axis(ends);
            (!campaigns.is_empty()).then(|| Effect {
                outcome: (*outcome).to_owned(),
                axis,
                campaigns,
                others,
            })
        })
        .collect()
}

fn campaign(lifts: &campaign_lift::Columns, row: usize, k: u32) -> Outcome {
    let (n_treatment, n_control) = (lifts.n_treatment.value(row), lifts.n_control.value(row));
    let (treatment, control) = (Count::alone(n_treatment, k), Count::alone(n_control, k));
    let told = treatment.is_told() && control.is_told();
    let number = |column| maybe(column, row).filter(|_| told);
    let verdict = lifts.verdict.value(row);
    let is_money = lifts.outcome.value(row) == "spend_per_party" && verdict == "causal";
    let total = |end: Option<f64>| end.filter(|_| is_money).map(|end| end * n_treatment as f64);
    let (lift, ci_low, ci_high) =
        (number(&lifts.lift), number(&lifts.ci_low), number(&lifts.ci_high));
    Outcome {
        campaign: lifts.campaign.value(row).to_owned(),
        treatment,
        control,
        excluded: Count::alone(lifts.n_excluded.value(row), k),
        mean_treatment: number(&lifts.mean_treatment),
        mean_control: number(&lifts.mean_control),
        lift,
        ci_low,
        ci_high,
        total_lift: total(lift),
        total_low: total(ci_low),
        total_high: total(ci_high),
        verdict: verdict.to_owned(),
        note: if told { maybe_text(&lifts.note, row) } else { Some("small_group".to_owned()) },
        srm_p: number(&lifts.srm_p),
    }
}

/// A scale that holds every value and 0, with a handful of round ticks.
fn axis(values: impl Iterator<Item = f64>) -> Option<Axis> {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    if low >= high {
        return None;
    }
    let raw = (high - low) / 4.0;
    let power = 10_f64.powi(raw.log10().floor() as i32);
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= raw)?;
    let (first, last) = ((low / step).floor() as i32, (high / step).ceil() as i32);
    let ticks: Vec<f64> = (first..=last).map(|i| f64::from(i) * step).collect();
    Some(Axis { low: f64::from(first) * step, high: f64::from(last) * step, ticks })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ticks_are_round_and_hold_zero() {
        let axis = axis([-0.4, 3.1, 1.0].into_iter()).expect("has a length");
        assert_eq!((axis.low, axis.high), (-1.0, 4.0));
        assert_eq!(axis.ticks, [-1.0, 0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(super::axis([0.0, 0.0].into_iter()), None);
        assert_eq!(super::axis(std::iter::empty()), None);
    }

    proptest! {
        #[test]
        fn every_value_lies_on_the_scale(values in prop::collection::vec(-1e6_f64..1e6, 1..20)) {
            if let Some(axis) = axis(values.iter().copied()) {
                prop_assert!(values.iter().all(|v| axis.low <= *v && *v <= axis.high));
                prop_assert!((2..=7).contains(&axis.ticks.len()), "{:?}", axis.ticks);
                prop_assert!(axis.ticks.contains(&0.0));
            }
        }
    }
}

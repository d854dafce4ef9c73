//! How attractive each segment is, and which are chosen.

use std::collections::BTreeMap;

use idip_numerics::targeting::{
    AttractivenessWeights, SegmentMeasures, SegmentTarget, TargetingParams,
};
use idip_schemas::differentiate::portfolio::segment_target;
use idip_schemas::differentiate::segment;
use idip_stage::StageError;

use super::PortfolioParams;
use super::party::Party;

/// Sums over the parties of a segment; money in minor units.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n: u64,
    net_cents: i128,
    last_cents: i128,
    prior_cents: i128,
    n_with_address: u64,
    n_with_address_and_consent: u64,
    /// None when no party's contacts are told.
    n_contacts: Option<i64>,
}

impl Sums {
    fn add(&mut self, party: &Party<'_>) {
        self.n += 1;
        self.net_cents += i128::from(party.net_cents);
        self.last_cents += i128::from(party.last_cents);
        self.prior_cents += i128::from(party.prior_cents);
        self.n_with_address += u64::from(party.has_address);
        self.n_with_address_and_consent +=
            u64::from(party.has_address && party.has_consent == Some(true));
        if let Some(n) = party.n_contacts {
            self.n_contacts = Some(self.n_contacts.unwrap_or(0) + n);
        }
    }
}

/// The segments of every axis, what their parties sum to among them.
pub(super) struct Segments {
    names: segment::Columns,
    value: BTreeMap<i64, Sums>,
    need: BTreeMap<i64, Sums>,
    /// By the name of the segment.
    rfm: BTreeMap<String, Sums>,
    /// Whether a party is known of which consent is told.
    is_consent_told: bool,
}

impl Segments {
    pub(super) fn new(segments: segment::Columns) -> Self {
        Self {
            names: segments,
            value: BTreeMap::new(),
            need: BTreeMap::new(),
            rfm: BTreeMap::new(),
            is_consent_told: false,
        }
    }

    pub(super) fn add(&mut self, party: &Party<'_>) {
        self.is_consent_told |= party.has_consent.is_some();
        self.value.entry(party.value_segment).or_default().add(party);
        self.need.entry(party.need_segment).or_default().add(party);
        match self.rfm.get_mut(party.rfm_segment) {
            Some(sums) => sums.add(party),
            None => self.rfm.entry(party.rfm_segment.to_owned()).or_default().add(party),
        }
    }

    fn sums(&self, (axis, id, name): (&str, i64, &str)) -> Sums {
        let sums = match axis {
            "value" => self.value.get(&id),
            "need" => self.need.get(&id),
            _ => self.rfm.get(name),
        };
        sums.copied().unwrap_or_default()
    }

    pub(super) fn table(
        &self,
        params: &PortfolioParams,
    ) -> Result<segment_target::Columns, StageError> {
        let rule = rule(params)?;
        let segments = &self.names;
        let mut rows: Vec<(&str, i64, &str)> = (0..segments.segment_id.len())
            .map(|row| {
                let (axis, name) = (segments.axis.value(row), segments.segment.value(row));
                (axis, segments.segment_id.value(row), name)
            })
            .collect();
        rows.sort_unstable();
        let mut judged: Vec<(SegmentMeasures, SegmentTarget)> = Vec::with_capacity(rows.len());
        for axis in rows.chunk_by(|a, b| a.0 == b.0) {
            let measures: Vec<SegmentMeasures> = axis
                .iter()
                .map(|row| measures(&self.sums(*row), self.is_consent_told, params.contact_cost))
                .collect();
            let found = rule.judge(&measures);
            judged.extend(measures.into_iter().zip(found));
        }
        let part = |at: usize| {
            judged
                .iter()
                .map(|(_, target)| target.parts.get(at).map(|part| part.contribution))
                .collect()
        };
        Ok(segment_target::Columns {
            axis: rows.iter().map(|row| Some(row.0)).collect(),
            segment_id: rows.iter().map(|row| Some(row.1)).collect(),
            segment: rows.iter().map(|row| Some(row.2)).collect(),
            n_customers: judged.iter().map(|(own, _)| Some(own.n_customers as i64)).collect(),
            score: judged.iter().map(|(_, target)| target.score).collect(),
            value: judged.iter().map(|(own, _)| own.value).collect(),
            growth: judged.iter().map(|(own, _)| own.growth).collect(),
            reachable_share: judged.iter().map(|(own, _)| own.reachable_share).collect(),
            cost: judged.iter().map(|(own, _)| own.cost).collect(),
            value_part: part(0),
            growth_part: part(1),
            reachability_part: part(2),
            cost_part: part(3),
            rank: judged.iter().map(|(_, target)| Some(target.rank as i64)).collect(),
            is_chosen: judged.iter().map(|(_, target)| Some(target.is_chosen())).collect(),
            reason: judged.iter().map(|(_, target)| Some(target.reason.as_str())).collect(),
        })
    }
}

fn measures(sums: &Sums, is_consent_told: bool, contact_cost: Option<f64>) -> SegmentMeasures {
    let n_reachable =
        if is_consent_told { sums.n_with_address_and_consent } else { sums.n_with_address };
    let by_party = |amount: f64| (sums.n > 0).then(|| amount / sums.n as f64);
    let contacts = sums.n_contacts.zip(contact_cost).map(|(n, cost)| n as f64 * cost);
    SegmentMeasures {
        n_customers: sums.n,
        value: by_party(sums.net_cents as f64 / 100.0),
        growth: (sums.prior_cents > 0)
            .then(|| sums.last_cents as f64 / sums.prior_cents as f64 - 1.0),
        reachable_share: by_party(n_reachable as f64),
        cost: contacts.and_then(by_party),
    }
}

fn rule(params: &PortfolioParams) -> Result<TargetingParams, StageError> {
    let weights = AttractivenessWeights {
        value: params.value_weight,
        growth: params.growth_weight,
        reachability: params.reachability_weight,
        cost: params.cost_weight,
    };
    let rule = TargetingParams::new(weights)
        .and_then(|rule| rule.score_min(params.score_min))
        .and_then(|rule| rule.reachable_share_min(params.reachable_share_min))
        .map_err(|error| StageError::Setting {
            message: format!("differentiate.portfolio: {error}"),
            hint: None,
        })?;
    Ok(rule
        .n_chosen_max(params.n_chosen_max.unwrap_or(usize::MAX))
        .n_customers_min(params.n_customers_min))
}

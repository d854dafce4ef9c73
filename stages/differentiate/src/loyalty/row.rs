//! Rows of `customer_loyalty`, and their columns.

use std::borrow::Cow;

use arrow_array::{Array, Date32Array, Int64Array};
use idip_numerics::loyalty::{Bond, GapBasis, MilestoneGap};
use idip_schemas::differentiate::loyalty::customer_loyalty;

use super::model::Judged;
use super::params::LoyaltyParams;

/// Where a party stood last night.
#[derive(Debug, Clone)]
pub(super) struct LastNight {
    pub(super) level: i64,
    pub(super) level_since_on: i32,
    pub(super) state: String,
    pub(super) state_since_on: i32,
}

/// One party.
#[derive(Debug, Clone)]
pub(super) struct Row {
    customer_id: i64,
    found: Judged,
    last: Option<LastNight>,
    level_since_on: i32,
    state_since_on: i32,
}

impl Row {
    pub(super) fn new(
        customer_id: i64,
        found: Judged,
        last: Option<LastNight>,
        as_of: i32,
    ) -> Self {
        let same_level = last.as_ref().filter(|last| last.level == i64::from(found.level));
        let state = found.lifecycle.state.as_str();
        let same_state = last.as_ref().filter(|last| last.state == state);
        Self {
            customer_id,
            // A night that is run for an earlier date began no later than that date.
            level_since_on: same_level.map_or(as_of, |last| last.level_since_on.min(as_of)),
            state_since_on: same_state.map_or(as_of, |last| last.state_since_on.min(as_of)),
            found,
            last,
        }
    }

    /// The degree that sets the level.
    pub(super) fn degree(&self) -> f64 {
        self.found.leading_degree()
    }

    /// A figure of the shop's side, which is known when any feed tells what it does.
    fn of_company<T>(&self, value: T) -> Option<T> {
        self.found.has_company.then_some(value)
    }

    fn recurrence_reason(&self) -> Cow<'static, str> {
        match self.found.recurrence.failures.as_slice() {
            [] => "recurrent".into(),
            [failure] => failure.as_str().into(),
            failures => {
                let failures = failures.iter().map(|failure| failure.as_str());
                failures.collect::<Vec<_>>().join(",").into()
            }
        }
    }
}

/// Lays rows out as columns; the deciles, which are among all parties, are left to the caller.
pub(super) fn columns(rows: &[Row], params: &LoyaltyParams) -> customer_loyalty::Columns {
    let party = |row: &Row| row.found.degree.party_to_company;
    let company = |row: &Row| row.of_company(row.found.degree.company_to_party);
    let mutual = |row: &Row| row.of_company(row.found.degree.mutual);
    let days = |bond: Bond| bond.tenure_days as i64;
    let milestone = |at: usize| params.milestones.get(at).map(|milestone| milestone.name.as_str());
    let last_milestone = |row: &Row| row.found.milestones.reached.last().copied();
    let gap = |row: &Row| {
        row.found.milestones.next.map(|next| match next.gap {
            MilestoneGap::Events(n) => (i64::from(n), "events"),
            MilestoneGap::Days(n) => (i64::from(n), "days"),
        })
    };
    customer_loyalty::Columns {
        customer_id: rows.iter().map(|row| Some(row.customer_id)).collect(),
        party_intensity: rows.iter().map(|row| Some(party(row).intensity)).collect(),
        party_tenure_days: rows.iter().map(|row| Some(days(party(row)))).collect(),
        party_duration: rows.iter().map(|row| Some(party(row).duration)).collect(),
        party_loyalty: rows.iter().map(|row| Some(party(row).degree)).collect(),
        company_intensity: rows.iter().map(|row| Some(company(row)?.intensity)).collect(),
        company_tenure_days: rows.iter().map(|row| company(row).map(days)).collect(),
        company_duration: rows.iter().map(|row| Some(company(row)?.duration)).collect(),
        company_loyalty: rows.iter().map(|row| Some(company(row)?.degree)).collect(),
        mutual_intensity: rows.iter().map(|row| Some(mutual(row)?.intensity)).collect(),
        mutual_tenure_days: rows.iter().map(|row| mutual(row).map(days)).collect(),
        mutual_duration: rows.iter().map(|row| Some(mutual(row)?.duration)).collect(),
        mutual_loyalty: rows.iter().map(|row| Some(mutual(row)?.degree)).collect(),
        mutual_loyalty_reason: rows
            .iter()
            .map(|row| (!row.found.has_company).then_some("no_company_contacts"))
            .collect(),
        loyalty_decile: Int64Array::from(Vec::<i64>::new()),
        loyalty_level: rows
            .iter()
            .map(|row| {
                Some(params.levels.get(row.found.level as usize).map_or("", |level| &level.name))
            })
            .collect(),
        loyalty_level_number: rows.iter().map(|row| Some(i64::from(row.found.level))).collect(),
        loyalty_level_basis: rows
            .iter()
            .map(|row| Some(if row.found.has_company { "mutual" } else { "party" }))
            .collect(),
        loyalty_level_since_on: rows.iter().map(|row| Some(row.level_since_on)).collect(),
        last_loyalty_level_number: rows.iter().map(|row| Some(row.last.as_ref()?.level)).collect(),
        is_recurrent: rows.iter().map(|row| Some(row.found.recurrence.is_recurrent())).collect(),
        recurrence_reason: rows.iter().map(|row| Some(row.recurrence_reason())).collect(),
        usual_gap_days: rows.iter().map(|row| Some(row.found.recurrence.gap_limit.days)).collect(),
        usual_gap_basis: rows
            .iter()
            .map(|row| {
                Some(match row.found.recurrence.gap_limit.basis {
                    GapBasis::Own => "own",
                    GapBasis::Segment => "segment",
                    GapBasis::Default => "default",
                })
            })
            .collect(),
        lifecycle_state: rows.iter().map(|row| Some(row.found.lifecycle.state.as_str())).collect(),
        lifecycle_reason: rows
            .iter()
            .map(|row| Some(row.found.lifecycle.reason.as_str()))
            .collect(),
        lifecycle_since_on: rows.iter().map(|row| Some(row.state_since_on)).collect(),
        last_lifecycle_state: rows
            .iter()
            .map(|row| Some(row.last.as_ref()?.state.as_str()))
            .collect(),
        n_milestones: rows
            .iter()
            .map(|row| Some(row.found.milestones.reached.len() as i64))
            .collect(),
        last_milestone: rows.iter().map(|row| milestone(last_milestone(row)?.milestone)).collect(),
        last_milestone_on: rows.iter().map(|row| Some(last_milestone(row)?.day)).collect(),
        next_milestone: rows
            .iter()
            .map(|row| milestone(row.found.milestones.next?.milestone))
            .collect(),
        next_milestone_gap: rows.iter().map(|row| Some(gap(row)?.0)).collect(),
        next_milestone_unit: rows.iter().map(|row| Some(gap(row)?.1)).collect(),
        first_campaign_on: rows.iter().map(|row| row.found.first_campaign_on).collect(),
        first_response_days: rows.iter().map(|row| row.found.first_response_days).collect(),
    }
}

/// The day at a row; none when it is null.
pub(super) fn day_at(values: &Date32Array, row: usize) -> Option<i32> {
    values.is_valid(row).then(|| values.value(row))
}

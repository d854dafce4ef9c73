//! Rows of `customer_loyalty`, and their columns.

use arrow_array::builder::StringBuilder;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{
    Array, ArrowPrimitiveType, Date32Array, Float64Array, Int64Array, PrimitiveArray, StringArray,
};
use idip_numerics::loyalty::{Bond, GapBasis, MilestoneGap, RecurrenceFailure, RecurrenceFailures};
use idip_schemas::differentiate::loyalty::customer_loyalty;

use super::model::Judged;
use super::params::LoyaltyParams;

/// Where a party stood last night.
#[derive(Debug, Clone, Copy)]
pub(super) struct LastNight<'a> {
    pub(super) level: i64,
    pub(super) level_since_on: i32,
    pub(super) state: &'a str,
    pub(super) state_since_on: i32,
}

/// One party.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    customer_id: i64,
    found: Judged,
    last: Option<LastNight<'a>>,
    level_since_on: i32,
    state_since_on: i32,
}

impl<'a> Row<'a> {
    pub(super) fn new(
        customer_id: i64,
        found: Judged,
        last: Option<LastNight<'a>>,
        as_of: i32,
    ) -> Self {
        let same_level = last.filter(|last| last.level == i64::from(found.level));
        let state = found.state.as_str();
        let same_state = last.filter(|last| last.state == state);
        Self {
            customer_id,
            // A night that is run for an earlier date began no later than that date.
            level_since_on: same_level.map_or(as_of, |last| last.level_since_on.min(as_of)),
            state_since_on: same_state.map_or(as_of, |last| last.state_since_on.min(as_of)),
            found,
            last,
        }
    }
}

/// Lays rows out as columns; the deciles, which are among all parties, are left to the caller.
pub(super) fn columns(rows: &[Row<'_>], params: &LoyaltyParams) -> customer_loyalty::Columns {
    let n = rows.len();
    // A feed tells of the shop for all parties or for none.
    let has_company = rows.iter().any(|row| row.found.has_company);
    let party = |row: &Row<'_>| row.found.degree.party_to_company;
    let company = |row: &Row<'_>| row.found.degree.company_to_party;
    let mutual = |row: &Row<'_>| row.found.degree.mutual;
    let days = |bond: Bond| bond.tenure_days as i64;
    let shares = |of: &dyn Fn(&Row<'_>) -> f64| of_company::<Float64Type>(rows, has_company, of);
    let whole = |of: &dyn Fn(&Row<'_>) -> i64| of_company::<Int64Type>(rows, has_company, of);
    let milestone = |at: usize| params.milestones.get(at).map(|milestone| milestone.name.as_str());
    let gap = |row: &Row<'_>| {
        row.found.milestones.next.map(|next| match next.gap {
            MilestoneGap::Events(n) => (i64::from(n), "events"),
            MilestoneGap::Days(n) => (i64::from(n), "days"),
        })
    };
    let reasons: Vec<String> = RecurrenceFailures::all().map(recurrence_reason).collect();
    customer_loyalty::Columns {
        customer_id: Int64Array::from_iter_values(rows.iter().map(|row| row.customer_id)),
        party_intensity: Float64Array::from_iter_values(
            rows.iter().map(|row| party(row).intensity),
        ),
        party_tenure_days: Int64Array::from_iter_values(rows.iter().map(|row| days(party(row)))),
        party_duration: Float64Array::from_iter_values(rows.iter().map(|row| party(row).duration)),
        party_loyalty: Float64Array::from_iter_values(rows.iter().map(|row| party(row).degree)),
        company_intensity: shares(&|row| company(row).intensity),
        company_tenure_days: whole(&|row| days(company(row))),
        company_duration: shares(&|row| company(row).duration),
        company_loyalty: shares(&|row| company(row).degree),
        mutual_intensity: shares(&|row| mutual(row).intensity),
        mutual_tenure_days: whole(&|row| days(mutual(row))),
        mutual_duration: shares(&|row| mutual(row).duration),
        mutual_loyalty: shares(&|row| mutual(row).degree),
        mutual_loyalty_reason: if has_company {
            StringArray::new_null(n)
        } else {
            StringArray::new_repeated("no_company_contacts", n)
        },
        loyalty_decile: Int64Array::from(Vec::<i64>::new()),
        loyalty_level: names(rows, |row| {
            let level = params.levels.get(row.found.level as usize);
            Some(level.map_or("", |level| &level.name))
        }),
        loyalty_level_number: Int64Array::from_iter_values(
            rows.iter().map(|row| i64::from(row.found.level)),
        ),
        loyalty_level_basis: StringArray::new_repeated(
            if has_company { "mutual" } else { "party" },
            n,
        ),
        loyalty_level_since_on: Date32Array::from_iter_values(
            rows.iter().map(|row| row.level_since_on),
        ),
        last_loyalty_level_number: rows.iter().map(|row| Some(row.last?.level)).collect(),
        is_recurrent: rows
            .iter()
            .map(|row| row.found.recurrence_failures.is_empty())
            .collect::<Vec<bool>>()
            .into(),
        recurrence_reason: names(rows, |row| {
            Some(reasons.get(row.found.recurrence_failures.place()).map_or("", String::as_str))
        }),
        usual_gap_days: Float64Array::from_iter_values(
            rows.iter().map(|row| row.found.gap_limit.days),
        ),
        usual_gap_basis: names(rows, |row| {
            Some(match row.found.gap_limit.basis {
                GapBasis::Own => "own",
                GapBasis::Segment => "segment",
                GapBasis::Default => "default",
            })
        }),
        lifecycle_state: names(rows, |row| Some(row.found.state.as_str())),
        lifecycle_reason: names(rows, |row| Some(row.found.state_reason)),
        lifecycle_since_on: Date32Array::from_iter_values(
            rows.iter().map(|row| row.state_since_on),
        ),
        last_lifecycle_state: names(rows, |row| Some(row.last?.state)),
        n_milestones: Int64Array::from_iter_values(
            rows.iter().map(|row| row.found.milestones.n_reached as i64),
        ),
        last_milestone: names(rows, |row| milestone(row.found.milestones.last?.0)),
        last_milestone_on: rows.iter().map(|row| Some(row.found.milestones.last?.1)).collect(),
        next_milestone: names(rows, |row| milestone(row.found.milestones.next?.milestone)),
        next_milestone_gap: rows.iter().map(|row| Some(gap(row)?.0)).collect(),
        next_milestone_unit: names(rows, |row| Some(gap(row)?.1)),
        first_campaign_on: rows.iter().map(|row| row.found.first_campaign_on).collect(),
        first_response_days: rows.iter().map(|row| row.found.first_response_days).collect(),
    }
}

/// A figure of the shop's side, which is known when any feed tells what it does.
fn of_company<T: ArrowPrimitiveType>(
    rows: &[Row<'_>],
    has_company: bool,
    of: &dyn Fn(&Row<'_>) -> T::Native,
) -> PrimitiveArray<T> {
    if has_company {
        PrimitiveArray::from_iter_values(rows.iter().map(of))
    } else {
        PrimitiveArray::new_null(rows.len())
    }
}

/// Short names, in just the room they need: columns of all parties are held until they are written.
fn names<'a>(rows: &'a [Row<'a>], of: impl Fn(&'a Row<'a>) -> Option<&'a str>) -> StringArray {
    let n_bytes = rows.iter().filter_map(&of).map(str::len).sum();
    let mut names = StringBuilder::with_capacity(rows.len(), n_bytes);
    names.extend(rows.iter().map(of));
    names.finish()
}

fn recurrence_reason(failures: RecurrenceFailures) -> String {
    if failures.is_empty() {
        return "recurrent".to_owned();
    }
    failures.iter().map(RecurrenceFailure::as_str).collect::<Vec<_>>().join(",")
}

/// The day at a row; none when it is null.
pub(super) fn day_at(values: &Date32Array, row: usize) -> Option<i32> {
    values.is_valid(row).then(|| values.value(row))
}

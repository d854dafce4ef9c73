//! The loyalty of one party, by the kernels and their settings.

use std::num::NonZeroU32;

use idip_numerics::engagement::HalfLife;
use idip_numerics::loyalty::{
    EventDays, EventKind, GapLimit, GapRoom, GapRule, LifecycleParams, LifecycleState,
    LoyaltyDegree, LoyaltyLevels, MilestonePath, MilestoneRule, MilestoneStanding, PurchaseDays,
    RecurrenceFailures, RecurrenceParams, Relationship, SideActivity,
};
use idip_stage::StageError;

use super::params::{LoyaltyParams, MilestoneEvent};

/// What both sides did, purchases aside; days with weights already decayed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Acts {
    pub(super) company_weight: f64,
    /// First and last day.
    pub(super) company_on: Option<(i32, i32)>,
    pub(super) party_weight: f64,
    /// First and last day.
    pub(super) party_on: Option<(i32, i32)>,
    pub(super) first_contact_on: Option<i32>,
    pub(super) first_post_on: Option<i32>,
    pub(super) first_campaign_on: Option<i32>,
    pub(super) first_response_on: Option<i32>,
}

/// What is found of one party.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    pub(super) degree: LoyaltyDegree,
    /// Whether any feed tells what the shop does, so that the mutual degree means something.
    pub(super) has_company: bool,
    pub(super) level: u32,
    pub(super) recurrence_failures: RecurrenceFailures,
    pub(super) gap_limit: GapLimit,
    pub(super) state: LifecycleState,
    pub(super) state_reason: &'static str,
    pub(super) milestones: MilestoneStanding,
    pub(super) first_campaign_on: Option<i32>,
    pub(super) first_response_days: Option<i64>,
}

impl Judged {
    /// The degree that sets the level.
    pub(super) fn leading_degree(&self) -> f64 {
        if self.has_company {
            self.degree.mutual.degree
        } else {
            self.degree.party_to_company.degree
        }
    }
}

/// The kernels, set.
pub(super) struct Model {
    half_life: HalfLife,
    purchase_weight: f64,
    degree: idip_numerics::loyalty::LoyaltyParams,
    levels: LoyaltyLevels,
    recurrence: RecurrenceParams,
    lifecycle: LifecycleParams,
    path: MilestonePath,
}

impl Model {
    pub(super) fn new(params: &LoyaltyParams) -> Result<Self, StageError> {
        let gaps =
            GapRule::new(params.gaps.own_gaps_min, params.gaps.quantile, params.gaps.default_days)
                .map_err(refused)?;
        let names = params.levels.iter().map(|level| level.name.clone()).collect();
        let cuts: Vec<f64> = params.levels.iter().skip(1).map(|level| level.from).collect();
        let recurrence = &params.recurrence;
        let lifecycle = &params.lifecycle;
        Ok(Self {
            half_life: HalfLife::new(params.half_life_days).map_err(refused)?,
            purchase_weight: params.weights.purchase,
            degree: idip_numerics::loyalty::LoyaltyParams::new(
                params.saturation_weight,
                params.tenure_scale_days,
            )
            .map_err(refused)?,
            levels: LoyaltyLevels::new(names, &cuts).map_err(refused)?,
            recurrence: RecurrenceParams::new(
                recurrence.purchase_days_min,
                recurrence.tenure_days_min,
                recurrence.gap_cv_max,
                gaps,
            )
            .map_err(refused)?,
            lifecycle: LifecycleParams::new(
                lifecycle.new_days,
                lifecycle.won_back_days,
                lifecycle.lapse_multiple,
                gaps,
            )
            .map_err(refused)?,
            path: MilestonePath::new(params.milestones.iter().map(rule).collect())
                .map_err(refused)?,
        })
    }

    /// The degree that sets the level of one party, to the bit as [`Model::judge`] has it.
    pub(super) fn leading_degree(
        &self,
        days: &[i32],
        acts: &Acts,
        has_company: bool,
        as_of: i32,
    ) -> Result<f64, StageError> {
        let relationship = self.relationship(days, acts, as_of)?;
        let bond = if has_company {
            self.degree.mutual(&relationship)
        } else {
            self.degree.party_to_company(&relationship)
        };
        Ok(bond.map_err(failed)?.degree)
    }

    /// Judges one party by the days it bought on, ascending, and what else both sides did.
    pub(super) fn judge(
        &self,
        days: &[i32],
        acts: &Acts,
        segment_gap_days: Option<f64>,
        has_company: bool,
        as_of: i32,
        room: &mut GapRoom,
    ) -> Result<Judged, StageError> {
        let degree = self.degree.degree(&self.relationship(days, acts, as_of)?).map_err(failed)?;
        let purchases = PurchaseDays::new(days, as_of, room).map_err(failed)?;
        let recurrence = self.recurrence.judge(&purchases, segment_gap_days, None);
        let lifecycle =
            self.lifecycle.state(purchases, segment_gap_days, recurrence.is_recurrent());
        let first_response_days = acts
            .first_campaign_on
            .zip(acts.first_response_on)
            .map(|(sent, answered)| i64::from(answered) - i64::from(sent));
        let mut judged = Judged {
            degree,
            has_company,
            level: 0,
            recurrence_failures: recurrence.failures,
            gap_limit: recurrence.gap_limit,
            state: lifecycle.state,
            state_reason: lifecycle.reason.as_str(),
            milestones: self.standing(days, acts, as_of),
            first_campaign_on: acts.first_campaign_on,
            first_response_days,
        };
        judged.level = self.levels.level(judged.leading_degree()).map_or(0, |(number, _)| number);
        Ok(judged)
    }

    fn relationship(
        &self,
        days: &[i32],
        acts: &Acts,
        as_of: i32,
    ) -> Result<Relationship, StageError> {
        let age = |day: i32| f64::from(as_of) - f64::from(day);
        let bought_weight =
            self.half_life.score_days(self.purchase_weight, days, as_of).map_err(failed)?;
        let bought_on = days.first().copied().zip(days.last().copied());
        let party_on = match (bought_on, acts.party_on) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        let side = |weight, on: Option<(i32, i32)>| {
            on.map(|(first, last)| SideActivity {
                decayed_weight: weight,
                first_age_days: age(first),
                last_age_days: age(last),
            })
        };
        Ok(Relationship {
            company: side(acts.company_weight, acts.company_on),
            party: side(acts.party_weight + bought_weight, party_on),
        })
    }

    /// What is reached, where purchases count, the first contact of any kind and the first post.
    fn standing(&self, days: &[i32], acts: &Acts, as_of: i32) -> MilestoneStanding {
        let first_on = days.first().copied().into_iter().chain(acts.first_contact_on).min();
        let events = EventDays {
            contact: first_on.as_slice(),
            purchase: days,
            review: acts.first_post_on.as_slice(),
            ..EventDays::default()
        };
        self.path.standing(&events, as_of)
    }
}

fn rule(milestone: &super::params::Milestone) -> MilestoneRule {
    let n = NonZeroU32::new(milestone.n).unwrap_or(NonZeroU32::MIN);
    match milestone.event {
        MilestoneEvent::Contact => MilestoneRule::Nth { kind: EventKind::Contact, n },
        MilestoneEvent::Purchase => MilestoneRule::Nth { kind: EventKind::Purchase, n },
        MilestoneEvent::Post => MilestoneRule::Nth { kind: EventKind::Review, n },
        MilestoneEvent::TenureDays => MilestoneRule::Tenure { days: milestone.n },
    }
}

fn refused(error: impl std::error::Error) -> StageError {
    StageError::Setting { message: format!("differentiate.loyalty: {error}"), hint: None }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> StageError {
    StageError::Algorithm { what: "the loyalty of a party", source: Box::new(error) }
}

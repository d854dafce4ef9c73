//! The step `interact.contact_plan`: exactly one decision for each party.

use idip_numerics::stable_hash::{N_BUCKETS, StableHash, bucket};
use idip_schemas::TableContract;
use idip_schemas::interact::{
    channel_permission, contact_channel, contact_history, contact_plan, contact_summary,
};
use idip_stage::{RunContext, StageError, Step, Tables, View};
use rayon::prelude::*;

use crate::calendar::send_day;
use crate::cap::Caps;
use crate::capacity::{Claim, Place, seat};
use crate::channel_choice::ChannelRates;
use crate::consent::Permission;
use crate::contact_view;
use crate::input::{Input, Scratch};
use crate::lifecycle::Reason;
use crate::params::{MAX_CHANNELS, Params};
use crate::plan_tables;

/// Decides for each party whether, when, by which channel and why it is contacted.
#[derive(Debug)]
pub(crate) struct ContactPlan {
    params: Params,
}

/// What is planned for one party.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// By a channel, by position.
    Contact(u8),
    /// Held back from a channel, by position.
    Control(u8),
    /// Outside the audience.
    NotInAudience,
    /// No channel may be used; the reason of the one that came furthest.
    NotPermitted(Permission),
    /// Every channel was full; the one to try first, by position.
    Full(u8),
    /// There are no channels.
    NoChannel,
}

/// The plan, in the order of [`Input::ids`].
pub(crate) struct Plan {
    /// Decisions.
    pub(crate) decisions: Vec<Decision>,
    /// What a contact would be for.
    pub(crate) reasons: Vec<Reason>,
    /// Whether in the universal control group.
    pub(crate) is_control: Vec<bool>,
    /// Permissions, one row a party, one column a channel.
    pub(crate) permissions: Vec<Permission>,
    /// Day on which each channel sends.
    pub(crate) send_days: Vec<i32>,
    /// Contacts of that day before tonight.
    pub(crate) n_before: Vec<u64>,
}

/// What one party is before anybody competes for room.
#[derive(Debug, Clone, Copy, Default)]
struct Party {
    reason: Reason,
    n_wishes: u8,
    is_control: bool,
    in_audience: bool,
    draw: u64,
}

impl ContactPlan {
    pub(crate) fn new(mut params: Params) -> Self {
        params.channels.truncate(MAX_CHANNELS);
        Self { params }
    }

    fn plan(&self, context: &RunContext, input: &Input) -> Plan {
        let params = &self.params;
        let names: Vec<&str> = params.channels.iter().map(|c| c.name.as_str()).collect();
        let send_days: Vec<i32> = params
            .channels
            .iter()
            .map(|channel| send_day(context.logical_date, params.lead_days, channel))
            .collect();
        let n_before = input.already_planned(&names, &send_days);
        let rates = ChannelRates::new(&input.answers_by_channel(&names), params.channel_shrinkage);
        let caps = Caps::new(&params.caps, params.min_gap_days, &names);
        let control =
            StableHash::new(params.control.salt.as_bytes(), "interact: universal control");
        let draw = StableHash::new(&context.seed.to_le_bytes(), "interact: capacity");
        let n_control = (params.control.share * f64::from(N_BUCKETS)).round() as u16;

        let n = input.ids.len();
        // A stride of at least one keeps the chunks in step with the parties.
        let stride = names.len().max(1);
        let mut permissions = vec![Permission::NoConsent; n * stride];
        let mut wishes = vec![0_u8; n * stride];
        let mut parties = vec![Party::default(); n];
        parties
            .par_iter_mut()
            .zip(permissions.par_chunks_mut(stride))
            .zip(wishes.par_chunks_mut(stride))
            .zip(input.ids.par_iter())
            .enumerate()
            .for_each_init(
                Scratch::default,
                |scratch, (i, (((party, permitted), wishes), &id))| {
                    party.is_control = bucket(control.of_id(id)) < n_control;
                    party.draw = draw.of_id(id);
                    let Some(row) = input.row(i) else { return };
                    party.in_audience = input.candidates.in_audience.value(row);
                    party.reason = params.lifecycle.reason(&input.history(row));

                    scratch.read(input, i, party.is_control, &names);
                    for (channel, slot) in permitted.iter_mut().enumerate().take(names.len()) {
                        let stated = scratch.statements.get(channel).copied().unwrap_or_default();
                        let day = send_days.get(channel).copied().unwrap_or(context.logical_date);
                        let address = params.channels.get(channel).map(|c| c.address);
                        *slot = match stated.permission(params.unknown_consent) {
                            Permission::Permitted if !input.has(row, address) => {
                                Permission::NoAddress
                            }
                            Permission::Permitted
                                if !caps.allow(&scratch.past, day, channel, &mut scratch.days) =>
                            {
                                Permission::Cap
                            }
                            permission => permission,
                        };
                    }
                    let preferred = input.preferred(row, &names);
                    rates.order(preferred, &scratch.answers, &mut scratch.order);
                    let usable = scratch
                        .order
                        .iter()
                        .filter(|&&channel| permitted.get(channel) == Some(&Permission::Permitted));
                    for (slot, &channel) in wishes.iter_mut().zip(usable) {
                        *slot = channel as u8;
                        party.n_wishes += 1;
                    }
                },
            );

        let mut decisions: Vec<Decision> = parties
            .iter()
            .zip(permissions.chunks(stride))
            .map(|(party, permissions)| match permissions.iter().max() {
                _ if !party.in_audience => Decision::NotInAudience,
                _ if names.is_empty() => Decision::NoChannel,
                Some(&furthest) => Decision::NotPermitted(furthest),
                None => Decision::NoChannel,
            })
            .collect();
        let mut claims: Vec<Claim<'_>> = parties
            .iter()
            .zip(wishes.chunks(stride))
            .zip(&input.ids)
            .enumerate()
            .filter(|(_, ((party, _), _))| party.in_audience && party.n_wishes > 0)
            .map(|(i, ((party, wishes), &customer_id))| Claim {
                party: i as u32,
                worth: input.row(i).map_or(0, |row| input.candidates.net_amount.value(row)),
                draw: party.draw,
                customer_id,
                is_control: party.is_control,
                wishes: wishes.get(..usize::from(party.n_wishes)).unwrap_or(wishes),
            })
            .collect();
        let mut room: Vec<Option<u64>> = params
            .channels
            .iter()
            .zip(&n_before)
            .map(|(channel, &taken)| {
                channel.daily_capacity.map(|most| u64::from(most).saturating_sub(taken))
            })
            .collect();
        for (party, place) in seat(&mut claims, &mut room) {
            let is_control = parties.get(party as usize).is_some_and(|party| party.is_control);
            if let Some(decision) = decisions.get_mut(party as usize) {
                *decision = match place {
                    Place::Full(channel) => Decision::Full(channel),
                    Place::Channel(channel) if is_control => Decision::Control(channel),
                    Place::Channel(channel) => Decision::Contact(channel),
                };
            }
        }
        Plan {
            decisions,
            reasons: parties.iter().map(|party| party.reason).collect(),
            is_control: parties.iter().map(|party| party.is_control).collect(),
            permissions,
            send_days,
            n_before,
        }
    }
}

impl Step for ContactPlan {
    fn name(&self) -> &'static str {
        "interact.contact_plan"
    }

    fn views(&self) -> Vec<View> {
        contact_view::views(&self.params)
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![
            &contact_plan::CONTRACT,
            &channel_permission::CONTRACT,
            &contact_summary::CONTRACT,
            &contact_channel::CONTRACT,
            &contact_history::CONTRACT,
        ]
    }

    fn settings(&self) -> String {
        format!("{:?}", self.params)
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let input = Input::read(views)?;
        let plan = self.plan(context, &input);
        plan_tables::write(&self.params.channels, &input, &plan)
    }
}

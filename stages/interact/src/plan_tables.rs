//! The plan as tables.

use std::collections::BTreeMap;

use arrow_array::{BooleanArray, Date32Array, Int64Array, StringArray, builder::StringBuilder};
use idip_schemas::interact::{
    channel_permission, contact_channel, contact_history, contact_plan, contact_summary,
};
use idip_stage::{StageError, Tables};
use rayon::prelude::*;

use crate::consent::Permission;
use crate::contact_plan::{Decision, Plan};
use crate::input::{CONTROL, Input, TREATMENT};
use crate::params::Channel;

/// Builds every table the step writes.
pub(crate) fn write(
    channels: &[Channel],
    input: &Input,
    plan: &Plan,
) -> Result<Tables, StageError> {
    let words = Words::new(channels, plan);
    Ok(Tables::default()
        .with(&contact_plan::CONTRACT, vec![words.contact_plan(input)?.into_batch()?])
        .with(&channel_permission::CONTRACT, vec![words.channel_permission(input).into_batch()?])
        .with(&contact_summary::CONTRACT, vec![words.contact_summary().into_batch()?])
        .with(&contact_channel::CONTRACT, vec![words.contact_channel(channels).into_batch()?])
        .with(&contact_history::CONTRACT, vec![words.contact_history(input).into_batch()?]))
}

/// The plan with its words.
struct Words<'a> {
    plan: &'a Plan,
    channels: Vec<&'a str>,
    full: Vec<String>,
}

impl<'a> Words<'a> {
    fn new(channels: &'a [Channel], plan: &'a Plan) -> Self {
        Self {
            plan,
            channels: channels.iter().map(|channel| channel.name.as_str()).collect(),
            full: channels.iter().map(|channel| format!("capacity:{}", channel.name)).collect(),
        }
    }

    /// Decision, reason and channel by position of the party at a position.
    fn of(&self, party: usize) -> (&'static str, &str, Option<usize>) {
        let contact = self.plan.reasons.get(party).copied().unwrap_or_default().as_str();
        match self.plan.decisions.get(party) {
            Some(&Decision::Contact(channel)) => ("contact", contact, Some(usize::from(channel))),
            Some(&Decision::Control(channel)) => (CONTROL, contact, Some(usize::from(channel))),
            Some(&Decision::Full(channel)) => {
                ("none", self.full.get(usize::from(channel)).map_or("", String::as_str), None)
            }
            Some(Decision::NotPermitted(permission)) => ("none", permission.as_str(), None),
            Some(Decision::NotInAudience) => ("none", "not_in_audience", None),
            Some(Decision::NoChannel) | None => ("none", "no_channel", None),
        }
    }

    fn channel(&self, position: usize) -> Option<&'a str> {
        self.channels.get(position).copied()
    }

    fn send_on(&self, channel: Option<usize>) -> Option<i32> {
        channel.and_then(|channel| self.plan.send_days.get(channel).copied())
    }

    fn contact_plan(&self, input: &Input) -> Result<contact_plan::Columns, StageError> {
        let n = input.ids.len();
        // Room for the longest words keeps the builders from growing by copies.
        let mut decision = StringBuilder::with_capacity(n, n * 8);
        let mut channel = StringBuilder::with_capacity(n, n * 8);
        let mut reason = StringBuilder::with_capacity(n, n * 16);
        let mut need_segment = StringBuilder::with_capacity(n, n * 16);
        let mut send_on = Vec::with_capacity(n);
        for party in 0..n {
            let (decided, because, by) = self.of(party);
            let row = input.row(party).ok_or_else(|| StageError::Data {
                message: "the plan has more parties than `contact_candidate`".to_owned(),
                hint: None,
            })?;
            decision.append_value(decided);
            channel.append_option(by.and_then(|position| self.channel(position)));
            reason.append_value(because);
            need_segment.append_value(input.candidates.need_segment.value(row));
            send_on.push(self.send_on(by));
        }
        Ok(contact_plan::Columns {
            customer_id: Int64Array::from(input.ids.clone()),
            decision: decision.finish(),
            channel: channel.finish(),
            send_on: Date32Array::from(send_on),
            reason: reason.finish(),
            need_segment: need_segment.finish(),
            is_control: BooleanArray::from(self.plan.is_control.clone()),
        })
    }

    fn channel_permission(&self, input: &Input) -> channel_permission::Columns {
        let n = input.ids.len() * self.channels.len();
        // The key is the name: channels go by name within a party.
        let mut by_name: Vec<(usize, &str)> = self.channels.iter().copied().enumerate().collect();
        by_name.sort_unstable_by_key(|&(_, name)| name);
        let mut customer_id = Vec::with_capacity(n);
        let mut channel = StringBuilder::with_capacity(n, n * 8);
        let mut permitted = Vec::with_capacity(n);
        let mut reason = StringBuilder::with_capacity(n, n * 12);
        let rows = self.plan.permissions.chunks(self.channels.len().max(1));
        for (&id, permissions) in input.ids.iter().zip(rows) {
            for &(position, name) in &by_name {
                let permission =
                    permissions.get(position).copied().unwrap_or(Permission::NoConsent);
                customer_id.push(id);
                channel.append_value(name);
                permitted.push(permission == Permission::Permitted);
                reason.append_value(permission.as_str());
            }
        }
        channel_permission::Columns {
            customer_id: Int64Array::from(customer_id),
            channel: channel.finish(),
            permitted: BooleanArray::from(permitted),
            reason: reason.finish(),
        }
    }

    fn contact_summary(&self) -> contact_summary::Columns {
        let mut counts: BTreeMap<(&str, &str, &str), i64> = BTreeMap::new();
        for party in 0..self.plan.decisions.len() {
            let (decision, reason, channel) = self.of(party);
            let channel = channel.and_then(|position| self.channel(position)).unwrap_or("-");
            *counts.entry((decision, reason, channel)).or_default() += 1;
        }
        contact_summary::Columns {
            decision: StringArray::from_iter_values(counts.keys().map(|key| key.0)),
            reason: StringArray::from_iter_values(counts.keys().map(|key| key.1)),
            channel: StringArray::from_iter_values(counts.keys().map(|key| key.2)),
            n_customers: counts.values().copied().collect::<Vec<_>>().into(),
        }
    }

    fn contact_channel(&self, channels: &[Channel]) -> contact_channel::Columns {
        let mut n_planned = vec![0_i64; channels.len()];
        for decision in &self.plan.decisions {
            if let Decision::Contact(channel) = decision
                && let Some(n) = n_planned.get_mut(usize::from(*channel))
            {
                *n += 1;
            }
        }
        let mut rows: Vec<_> = channels
            .iter()
            .zip(&self.plan.send_days)
            .zip(&self.plan.n_before)
            .zip(n_planned)
            .collect();
        rows.sort_by(|a, b| a.0.0.0.name.cmp(&b.0.0.0.name));
        contact_channel::Columns {
            channel: StringArray::from_iter_values(rows.iter().map(|r| r.0.0.0.name.as_str())),
            address: StringArray::from_iter_values(rows.iter().map(|r| r.0.0.0.address.as_str())),
            send_on: rows.iter().map(|r| *r.0.0.1).collect::<Vec<_>>().into(),
            daily_capacity: rows
                .iter()
                .map(|r| r.0.0.0.daily_capacity.map(i64::from))
                .collect::<Vec<_>>()
                .into(),
            n_before: rows.iter().map(|r| *r.0.1 as i64).collect::<Vec<_>>().into(),
            n_planned: rows.iter().map(|r| r.1).collect::<Vec<_>>().into(),
        }
    }

    /// What was read, and what is planned tonight: it must count tomorrow.
    fn contact_history(&self, input: &Input) -> contact_history::Columns {
        let past = &input.past;
        let mut rows: Vec<(i64, i32, &str, &str)> = (0..past.customer_id.values().len())
            .map(|row| {
                (
                    past.customer_id.value(row),
                    past.sent_on.value(row),
                    past.channel.value(row),
                    past.arm.value(row),
                )
            })
            .collect();
        rows.extend(self.plan.decisions.iter().zip(&input.ids).filter_map(|(decision, &id)| {
            let (channel, arm) = match *decision {
                Decision::Contact(channel) => (usize::from(channel), TREATMENT),
                Decision::Control(channel) => (usize::from(channel), CONTROL),
                _ => return None,
            };
            Some((id, self.send_on(Some(channel))?, self.channel(channel)?, arm))
        }));
        rows.par_sort_unstable();
        rows.dedup();
        contact_history::Columns {
            customer_id: rows.iter().map(|row| row.0).collect::<Vec<_>>().into(),
            sent_on: rows.iter().map(|row| row.1).collect::<Vec<_>>().into(),
            channel: StringArray::from_iter_values(rows.iter().map(|row| row.2)),
            arm: StringArray::from_iter_values(rows.iter().map(|row| row.3)),
        }
    }
}

//! Small nights by hand: what the views would tell, and the plan read back.

use idip_schemas::interact::{
    channel_history, channel_permission, contact_candidate, contact_channel, contact_history,
    contact_past, contact_plan, contact_summary, permission_state,
};
use idip_stage::{RunContext, StageError, Step, Tables};

use crate::contact_plan::ContactPlan;
use crate::params::Params;

/// 2024-03-08, a Friday.
pub(crate) const FRIDAY: i32 = 19_790;

/// A party with an e-mail address and a telephone number, inside the audience.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) id: i64,
    pub(crate) in_audience: bool,
    pub(crate) has_email: bool,
    pub(crate) has_phone: bool,
    pub(crate) preferred: Option<&'static str>,
    pub(crate) cents: i128,
    pub(crate) purchase_days: i64,
    pub(crate) days_since_last: Option<i64>,
}

pub(crate) fn candidate(id: i64) -> Candidate {
    Candidate {
        id,
        in_audience: true,
        has_email: true,
        has_phone: true,
        preferred: None,
        cents: 0,
        purchase_days: 0,
        days_since_last: None,
    }
}

/// Kind of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Granted,
    Denied,
    Withdrawn,
    Suppressed,
}

/// Everything the views tell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Night {
    pub(crate) candidates: Vec<Candidate>,
    /// Customer, channel, kind, day.
    pub(crate) statements: Vec<(i64, &'static str, Said, i32)>,
    /// Customer, channel, contacts, responses.
    pub(crate) answers: Vec<(i64, &'static str, i64, i64)>,
    /// Customer, day, channel, arm.
    pub(crate) past: Vec<(i64, i32, String, &'static str)>,
}

/// The plan, read back.
pub(crate) struct Planned {
    pub(crate) plan: contact_plan::Columns,
    pub(crate) permission: channel_permission::Columns,
    pub(crate) summary: contact_summary::Columns,
    pub(crate) channel: contact_channel::Columns,
    pub(crate) history: contact_history::Columns,
}

impl Night {
    pub(crate) fn of(candidates: Vec<Candidate>) -> Self {
        Self { candidates, ..Self::default() }
    }

    /// Everybody agrees to everything.
    pub(crate) fn with_consent(mut self) -> Self {
        let consents = self.candidates.iter().map(|c| (c.id, "all", Said::Granted, 0));
        self.statements.extend(consents);
        self
    }

    fn views(&self) -> Tables {
        let c = &self.candidates;
        let n = c.len();
        let flags = |f: fn(&Candidate) -> bool| c.iter().map(f).collect::<Vec<_>>().into();
        let candidates = contact_candidate::Columns {
            customer_id: c.iter().map(|c| c.id).collect::<Vec<_>>().into(),
            in_audience: flags(|c| c.in_audience),
            has_email: flags(|c| c.has_email),
            has_phone: flags(|c| c.has_phone),
            has_postal: vec![false; n].into(),
            has_handle: vec![false; n].into(),
            preferred_channel: c.iter().map(|c| c.preferred).collect(),
            net_amount: arrow_array::Decimal128Array::from(
                c.iter().map(|c| c.cents).collect::<Vec<_>>(),
            )
            .with_precision_and_scale(18, 2)
            .expect("a money type"),
            need_segment: vec!["fresh"; n].into(),
            purchase_days: c.iter().map(|c| c.purchase_days).collect::<Vec<_>>().into(),
            days_since_first_seen: vec![Some(400); n].into(),
            days_since_last: c.iter().map(|c| c.days_since_last).collect::<Vec<_>>().into(),
            interpurchase_median_days: vec![None; n].into(),
            days_since_interaction: vec![None; n].into(),
        };
        let s = &self.statements;
        let days = |kind: Said| {
            let days = s.iter().map(|s| (s.2 == kind).then_some(s.3)).collect::<Vec<_>>();
            arrow_array::Date32Array::from(days)
        };
        let statements = permission_state::Columns {
            customer_id: s.iter().map(|s| s.0).collect::<Vec<_>>().into(),
            channel: s.iter().map(|s| Some(s.1)).collect(),
            granted_on: days(Said::Granted),
            denied_on: days(Said::Denied),
            withdrawn_on: days(Said::Withdrawn),
            suppressed_on: days(Said::Suppressed),
        };
        let a = &self.answers;
        let answers = channel_history::Columns {
            customer_id: a.iter().map(|a| a.0).collect::<Vec<_>>().into(),
            channel: a.iter().map(|a| Some(a.1)).collect(),
            n_contacts: a.iter().map(|a| a.2).collect::<Vec<_>>().into(),
            n_responses: a.iter().map(|a| a.3).collect::<Vec<_>>().into(),
        };
        let p = &self.past;
        let past = contact_past::Columns {
            customer_id: p.iter().map(|p| p.0).collect::<Vec<_>>().into(),
            sent_on: p.iter().map(|p| p.1).collect::<Vec<_>>().into(),
            channel: p.iter().map(|p| Some(p.2.as_str())).collect(),
            arm: p.iter().map(|p| Some(p.3)).collect(),
        };
        Tables::default()
            .with(&contact_candidate::CONTRACT, vec![candidates.into_batch().expect("candidates")])
            .with(&permission_state::CONTRACT, vec![statements.into_batch().expect("statements")])
            .with(&channel_history::CONTRACT, vec![answers.into_batch().expect("answers")])
            .with(&contact_past::CONTRACT, vec![past.into_batch().expect("past")])
    }

    pub(crate) fn run(&self, params: &Params, date: i32) -> Result<Tables, StageError> {
        let context = RunContext { logical_date: date, seed: 7, currency: "EUR".into() };
        ContactPlan::new(params.clone()).run(&context, &self.views())
    }

    pub(crate) fn plan(&self, params: &Params, date: i32) -> Planned {
        let written = self.run(params, date).expect("plans");
        let batch = |contract| written.batch(contract).expect("is written");
        Planned {
            plan: contact_plan::Columns::parse(&batch(&contact_plan::CONTRACT)).expect("plan"),
            permission: channel_permission::Columns::parse(&batch(&channel_permission::CONTRACT))
                .expect("permissions"),
            summary: contact_summary::Columns::parse(&batch(&contact_summary::CONTRACT))
                .expect("summary"),
            channel: contact_channel::Columns::parse(&batch(&contact_channel::CONTRACT))
                .expect("channels"),
            history: contact_history::Columns::parse(&batch(&contact_history::CONTRACT))
                .expect("history"),
        }
    }
}

impl Planned {
    /// Customer, decision, channel or `-`, reason.
    pub(crate) fn rows(&self) -> Vec<(i64, &str, &str, &str)> {
        let plan = &self.plan;
        (0..plan.customer_id.values().len())
            .map(|i| {
                let channel = plan.channel.iter().nth(i).flatten().unwrap_or("-");
                let id = plan.customer_id.value(i);
                (id, plan.decision.value(i), channel, plan.reason.value(i))
            })
            .collect()
    }

    /// Decision and reason of each party, for parties in ascending order of id.
    pub(crate) fn reasons(&self) -> Vec<&str> {
        self.plan.reason.iter().flatten().collect()
    }

    /// The history as the view of the next night would tell it.
    pub(crate) fn past(&self) -> Vec<(i64, i32, String, &'static str)> {
        let h = &self.history;
        (0..h.customer_id.values().len())
            .map(|i| {
                let arm = if h.arm.value(i) == "control" { "control" } else { "treatment" };
                (h.customer_id.value(i), h.sent_on.value(i), h.channel.value(i).to_owned(), arm)
            })
            .collect()
    }
}

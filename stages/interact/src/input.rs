//! What the views told, by party.

use idip_schemas::interact::{channel_history, contact_candidate, contact_past, permission_state};
use idip_stage::{StageError, Tables};

use crate::cap::Contact;
use crate::channel_choice::Answers;
use crate::consent::Statements;
use crate::groups::{Groups, ascending};
use crate::lifecycle::History;
use crate::params::Address;

/// The arm of a contact that was made or planned.
pub(crate) const TREATMENT: &str = "treatment";
/// The arm of a contact that was held back.
pub(crate) const CONTROL: &str = "control";

/// Everything the views told, typed; `order` and `ids` are ascending by customer.
pub(crate) struct Input {
    pub(crate) order: Vec<u32>,
    pub(crate) ids: Vec<i64>,
    pub(crate) candidates: contact_candidate::Columns,
    pub(crate) past: contact_past::Columns,
    statements: permission_state::Columns,
    answers: channel_history::Columns,
    statements_of: Groups,
    answers_of: Groups,
    past_of: Groups,
}

/// What is gathered about one party, kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// One entry a channel.
    pub(crate) statements: Vec<Statements>,
    /// One entry a channel.
    pub(crate) answers: Vec<Answers>,
    /// Contacts that count against the caps.
    pub(crate) past: Vec<Contact>,
    /// Room for the order of channels.
    pub(crate) order: Vec<usize>,
    /// Room for the days of a window.
    pub(crate) days: Vec<i32>,
}

impl Scratch {
    pub(crate) fn read(&mut self, input: &Input, party: usize, is_control: bool, names: &[&str]) {
        let position = |name: &str| names.iter().position(|&channel| channel == name);

        self.statements.clear();
        self.statements.resize(names.len(), Statements::default());
        for &row in input.statements_of.of(party) {
            let (channel, stated) = input.statement(row as usize);
            let meant = match position(channel) {
                Some(one) => one..one + 1,
                None if channel == "all" => 0..names.len(),
                None => 0..0,
            };
            for statements in self.statements.get_mut(meant).unwrap_or_default() {
                *statements = statements.and(stated);
            }
        }

        self.answers.clear();
        self.answers.resize(names.len(), Answers::default());
        for &row in input.answers_of.of(party) {
            let (channel, answers) = input.answers(row as usize);
            if let Some(own) = position(channel).and_then(|at| self.answers.get_mut(at)) {
                *own = own.and(answers);
            }
        }

        self.past.clear();
        for &row in input.past_of.of(party) {
            let row = row as usize;
            // A contact that was held back sets the pace of the control group, and nobody else's.
            if is_control || input.past.arm.value(row) == TREATMENT {
                let channel = position(input.past.channel.value(row));
                self.past.push(Contact { day: input.past.sent_on.value(row), channel });
            }
        }
    }
}

impl Input {
    /// Puts the views together.
    ///
    /// # Errors
    ///
    /// When a customer is there twice.
    pub(crate) fn read(views: &Tables) -> Result<Self, StageError> {
        let candidates =
            contact_candidate::Columns::parse(&views.batch(&contact_candidate::CONTRACT)?)?;
        let statements =
            permission_state::Columns::parse(&views.batch(&permission_state::CONTRACT)?)?;
        let answers = channel_history::Columns::parse(&views.batch(&channel_history::CONTRACT)?)?;
        let past = contact_past::Columns::parse(&views.batch(&contact_past::CONTRACT)?)?;

        let values = candidates.customer_id.values();
        let order = ascending(values);
        let ids: Vec<i64> =
            order.iter().filter_map(|&row| values.get(row as usize).copied()).collect();
        let repeated = ids.windows(2).filter(|pair| pair.first() == pair.last()).count();
        if repeated > 0 {
            return Err(StageError::Data {
                message: format!(
                    "`contact_candidate` has {repeated} row(s) of a customer it already has, \
                     expected one row a customer"
                ),
                hint: None,
            });
        }
        Ok(Self {
            statements_of: Groups::new(&ids, statements.customer_id.values()),
            answers_of: Groups::new(&ids, answers.customer_id.values()),
            past_of: Groups::new(&ids, past.customer_id.values()),
            order,
            ids,
            candidates,
            statements,
            answers,
            past,
        })
    }

    /// Row of the party at a position among the candidates.
    pub(crate) fn row(&self, party: usize) -> Option<usize> {
        self.order.get(party).map(|&row| row as usize)
    }

    pub(crate) fn has(&self, row: usize, address: Option<Address>) -> bool {
        let candidates = &self.candidates;
        match address {
            Some(Address::Email) => candidates.has_email.value(row),
            Some(Address::Phone) => candidates.has_phone.value(row),
            Some(Address::Postal) => candidates.has_postal.value(row),
            Some(Address::Handle) => candidates.has_handle.value(row),
            Some(Address::None) => true,
            None => false,
        }
    }

    pub(crate) fn preferred(&self, row: usize, names: &[&str]) -> Option<usize> {
        let preferred = &self.candidates.preferred_channel;
        let name = known(preferred, row).then(|| preferred.value(row))?;
        names.iter().position(|&channel| channel == name)
    }

    pub(crate) fn history(&self, row: usize) -> History {
        let candidates = &self.candidates;
        let days = |column: &arrow_array::Int64Array| known(column, row).then(|| column.value(row));
        let median = &candidates.interpurchase_median_days;
        History {
            purchase_days: candidates.purchase_days.value(row),
            days_since_first_seen: days(&candidates.days_since_first_seen),
            days_since_last: days(&candidates.days_since_last),
            interpurchase_median_days: known(median, row).then(|| median.value(row)),
            days_since_interaction: days(&candidates.days_since_interaction),
        }
    }

    fn statement(&self, row: usize) -> (&str, Statements) {
        let day = |column: &arrow_array::Date32Array| known(column, row).then(|| column.value(row));
        let stated = Statements {
            granted_on: day(&self.statements.granted_on),
            denied_on: day(&self.statements.denied_on),
            withdrawn_on: day(&self.statements.withdrawn_on),
            suppressed_on: day(&self.statements.suppressed_on),
        };
        (self.statements.channel.value(row), stated)
    }

    fn answers(&self, row: usize) -> (&str, Answers) {
        let answers = Answers {
            n_contacts: self.answers.n_contacts.value(row),
            n_responses: self.answers.n_responses.value(row),
        };
        (self.answers.channel.value(row), answers)
    }

    pub(crate) fn answers_by_channel(&self, names: &[&str]) -> Vec<Answers> {
        let mut everybody = vec![Answers::default(); names.len()];
        for row in 0..self.answers.customer_id.values().len() {
            let (channel, answers) = self.answers(row);
            let position = names.iter().position(|&name| name == channel);
            if let Some(all) = position.and_then(|at| everybody.get_mut(at)) {
                *all = all.and(answers);
            }
        }
        everybody
    }

    pub(crate) fn already_planned(&self, names: &[&str], send_days: &[i32]) -> Vec<u64> {
        let mut taken = vec![0; names.len()];
        for row in 0..self.past.customer_id.values().len() {
            let day = self.past.sent_on.value(row);
            // Comparing the day first spares nearly every row its text.
            if !send_days.contains(&day) || self.past.arm.value(row) != TREATMENT {
                continue;
            }
            let channel = self.past.channel.value(row);
            let places = names.iter().zip(send_days).zip(&mut taken);
            for ((&name, &send_day), taken) in places {
                if name == channel && send_day == day {
                    *taken += 1;
                }
            }
        }
        taken
    }
}

fn known(column: &impl arrow_array::Array, row: usize) -> bool {
    column.is_valid(row)
}

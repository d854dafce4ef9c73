//! The step `personalize.offer_assignment`: the offer of each planned contact.

use arrow_array::builder::StringBuilder;
use arrow_array::{Decimal128Array, Float64Array, Int64Array, StringArray};
use idip_numerics::stable_hash::{StableHash, unit_interval};
use idip_schemas::TableContract;
use idip_schemas::personalize::{
    offer_assignment, offer_candidate, offer_history, offer_past, offer_response_rate, offer_use,
};
use idip_schemas::source::{category, offer};
use idip_stage::{RunContext, StageError, Step, Tables, View};
use rayon::prelude::*;

use crate::allocate::{Allocation, allocate};
use crate::candidate_view;
use crate::eligible::Eligible;
use crate::history_view;
use crate::offer::{Offer, TOTAL};
use crate::params::{Params, Reserve};
use crate::wish::{Outcome, Wish, Wishes};

/// Parties whose wishes one task gathers: large enough to hide the cost of a task.
const PARTIES_A_TASK: usize = 4_096;

/// Chooses the offer of each planned contact within budget and stock.
#[derive(Debug)]
pub(crate) struct OfferAssignment {
    params: Params,
}

/// What is known of one planned contact before anybody competes.
#[derive(Debug, Clone, Copy)]
struct Planned {
    row: u32,
    n_eligible: u32,
    is_contact: bool,
    draw: u64,
}

impl OfferAssignment {
    pub(crate) fn new(params: Params) -> Self {
        Self { params }
    }

    /// Gathers, for each planned contact in the order of customers, the offers worth making.
    fn wishes(
        &self,
        context: &RunContext,
        offers: &[Offer],
        eligible: &Eligible<'_>,
    ) -> (Vec<Planned>, Wishes) {
        let draws = StableHash::new(&context.seed.to_le_bytes(), "personalize: ties");
        let least = self.params.min_expected_value.cents as f64;
        let parts: Vec<(Vec<Planned>, Wishes)> = eligible
            .order
            .par_chunks(PARTIES_A_TASK)
            .map(|rows| {
                let mut contacts = Vec::with_capacity(rows.len());
                let mut wishes = Wishes::default();
                let mut choice = Vec::new();
                for &row in rows {
                    let at = row as usize;
                    eligible.offers(at, &mut choice);
                    wishes.begin_party();
                    for &offer in &choice {
                        let promise = eligible.promise(at, offer as usize);
                        if promise.value > 0.0 && promise.value >= least {
                            let cost = offers.get(offer as usize).map_or(0, |offer| offer.cost);
                            let reserved = self.reserved(cost, promise.probability);
                            wishes.push(Wish { offer, value: promise.value, cost: reserved });
                        }
                    }
                    contacts.push(Planned {
                        row,
                        n_eligible: choice.len() as u32,
                        is_contact: eligible.is_contact(at),
                        draw: draws.of_id(eligible.candidates.customer_id.value(at)),
                    });
                }
                (contacts, wishes)
            })
            .collect();
        let mut contacts = Vec::with_capacity(eligible.order.len());
        let mut wishes = Wishes::default();
        for (some_contacts, some_wishes) in parts {
            contacts.extend(some_contacts);
            wishes.append(&some_wishes);
        }
        (contacts, wishes)
    }

    /// Money that an offer sets aside, in minor units.
    fn reserved(&self, cost: i64, probability: f64) -> i64 {
        match self.params.reserve {
            Reserve::Full => cost,
            // An error of rounding below a millionth of a cent is not a cent.
            Reserve::Expected => (cost as f64 * probability - 1e-6).ceil().max(0.0) as i64,
        }
    }
}

impl Step for OfferAssignment {
    fn name(&self) -> &'static str {
        "personalize.offer_assignment"
    }

    fn views(&self) -> Vec<View> {
        vec![
            View::whole(&offer::CONTRACT),
            View::whole(&category::CONTRACT),
            View::whole(&offer_response_rate::CONTRACT),
            candidate_view::offer_candidate(self.params.match_need),
            history_view::offer_past(self.params.repeat_days),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&offer_assignment::CONTRACT, &offer_use::CONTRACT, &offer_history::CONTRACT]
    }

    fn settings(&self) -> String {
        format!("{:?}", self.params)
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let offers = crate::offer::read(&offer::Columns::parse(&views.batch(&offer::CONTRACT)?)?)?;
        let candidates =
            offer_candidate::Columns::parse(&views.batch(&offer_candidate::CONTRACT)?)?;
        let rates =
            offer_response_rate::Columns::parse(&views.batch(&offer_response_rate::CONTRACT)?)?;
        let past = offer_past::Columns::parse(&views.batch(&offer_past::CONTRACT)?)?;
        let categories = category::Columns::parse(&views.batch(&category::CONTRACT)?)?;
        let repeat_days = self.params.repeat_days;
        let eligible =
            Eligible::new(&offers, &candidates, &rates, &past, &categories, repeat_days)?;

        let (contacts, wishes) = self.wishes(context, &offers, &eligible);
        let budget = self.params.budget.map(|budget| budget.cents.max(0));
        let stock: Vec<Option<u64>> = offers.iter().map(|offer| offer.stock).collect();
        // In the order of their draws: who goes without among equals is chance, the same every
        // time, and not the oldest or the newest id.
        let mut compete: Vec<u32> = (0..contacts.len() as u32)
            .filter(|&i| contacts.get(i as usize).is_some_and(|contact| contact.is_contact))
            .collect();
        compete.par_sort_unstable_by_key(|&i| {
            (contacts.get(i as usize).map(|contact| contact.draw), i)
        });
        let allocation = allocate(&wishes, &compete, budget, &stock);
        let outcomes: Vec<Outcome> = contacts
            .iter()
            .enumerate()
            .map(|(i, contact)| {
                if contact.n_eligible > 0 && wishes.of(i).is_empty() {
                    Outcome::NegativeValue
                } else if contact.n_eligible == 0 {
                    Outcome::NoEligibleOffer
                } else if contact.is_contact {
                    allocation.outcome(i)
                } else {
                    allocation.shadow(wishes.of(i), unit_interval(contact.draw))
                }
            })
            .collect();

        let night = Night { offers: &offers, eligible: &eligible, contacts, outcomes };
        let uses = night.uses(budget, &allocation)?;
        Ok(Tables::default()
            .with(&offer_assignment::CONTRACT, vec![night.assignments()?.into_batch()?])
            .with(&offer_use::CONTRACT, vec![uses.into_batch()?])
            .with(&offer_history::CONTRACT, vec![night.history(&past).into_batch()?]))
    }
}

/// The decisions of the night, in the order of customers.
struct Night<'a> {
    offers: &'a [Offer],
    eligible: &'a Eligible<'a>,
    contacts: Vec<Planned>,
    outcomes: Vec<Outcome>,
}

/// What one offer uses, in minor units.
#[derive(Debug, Clone, Copy, Default)]
struct Use {
    n_assigned: i64,
    reserved: i64,
    value: f64,
}

/// One row of `offer_use`.
struct UseRow<'a> {
    offer_id: &'a str,
    used: Use,
    stock: Option<i64>,
    budget: Option<i64>,
    shadow_price: Option<f64>,
}

impl Night<'_> {
    fn assignments(&self) -> Result<offer_assignment::Columns, StageError> {
        let n = self.contacts.len();
        let candidates = self.eligible.candidates;
        let mut customer_id = Vec::with_capacity(n);
        let mut arm = StringBuilder::with_capacity(n, n * 8);
        let mut channel = StringBuilder::with_capacity(n, n * 8);
        let mut send_on = Vec::with_capacity(n);
        let mut offer_id = StringBuilder::with_capacity(n, n * 8);
        let mut reason = StringBuilder::with_capacity(n, n * 8);
        let mut probability = Vec::with_capacity(n);
        let mut need_match = Vec::with_capacity(n);
        let mut value = Vec::with_capacity(n);
        let mut reserved = Vec::with_capacity(n);
        let mut n_eligible = Vec::with_capacity(n);
        for (contact, outcome) in self.contacts.iter().zip(&self.outcomes) {
            let row = contact.row as usize;
            let wish = outcome.wish();
            let promise = wish.map(|wish| self.eligible.promise(row, wish.offer as usize));
            let offer = wish.and_then(|wish| self.offers.get(wish.offer as usize));
            customer_id.push(candidates.customer_id.value(row));
            arm.append_value(candidates.arm.value(row));
            channel.append_value(candidates.channel.value(row));
            send_on.push(candidates.send_on.value(row));
            offer_id.append_option(offer.map(|offer| offer.id.as_str()));
            reason.append_value(outcome.reason());
            probability.push(promise.map(|promise| promise.probability));
            need_match.push(promise.map(|promise| promise.need_match));
            value.push(promise.map(|promise| promise.value / 100.0));
            reserved.push(wish.filter(|_| contact.is_contact).map_or(0, |wish| wish.cost));
            n_eligible.push(i64::from(contact.n_eligible));
        }
        Ok(offer_assignment::Columns {
            customer_id: Int64Array::from(customer_id),
            arm: arm.finish(),
            channel: channel.finish(),
            send_on: send_on.into(),
            offer_id: offer_id.finish(),
            reason: reason.finish(),
            response_probability: Float64Array::from(probability),
            need_match: Float64Array::from(need_match),
            expected_value: Float64Array::from(value),
            reserved_cost: money(reserved.into_iter().map(|cents| Some(i128::from(cents))))?,
            n_eligible: Int64Array::from(n_eligible),
        })
    }

    /// What each offer uses, after checking that no limit is passed.
    fn uses(
        &self,
        budget: Option<i64>,
        allocation: &Allocation,
    ) -> Result<offer_use::Columns, StageError> {
        let mut uses = vec![Use::default(); self.offers.len()];
        let made =
            self.contacts.iter().zip(&self.outcomes).filter(|(contact, _)| contact.is_contact);
        for wish in made.filter_map(|(_, outcome)| outcome.wish()) {
            if let Some(used) = uses.get_mut(wish.offer as usize) {
                used.n_assigned += 1;
                used.reserved += wish.cost;
                used.value += wish.value;
            }
        }
        let mut total = Use::default();
        for (offer, used) in self.offers.iter().zip(&uses) {
            if offer.stock.is_some_and(|stock| (used.n_assigned as u64) > stock) {
                return Err(passed(format!("the stock of offer `{}` is passed", offer.id)));
            }
            total.n_assigned += used.n_assigned;
            total.reserved += used.reserved;
            total.value += used.value;
        }
        if budget.is_some_and(|budget| total.reserved > budget) {
            return Err(passed("the budget of the night is passed".to_owned()));
        }

        // "(" sorts before what offers are called by; whatever they are called, the key is sorted.
        let mut rows: Vec<UseRow<'_>> = self
            .offers
            .iter()
            .zip(&uses)
            .enumerate()
            .map(|(i, (offer, &used))| UseRow {
                offer_id: &offer.id,
                used,
                stock: offer.stock.map(|pieces| pieces as i64),
                budget: None,
                shadow_price: offer.stock.map(|_| allocation.stock_price(i) / 100.0),
            })
            .collect();
        rows.push(UseRow {
            offer_id: TOTAL,
            used: total,
            stock: None,
            budget,
            shadow_price: budget.map(|_| allocation.budget_price()),
        });
        rows.sort_unstable_by_key(|row| row.offer_id);
        Ok(offer_use::Columns {
            offer_id: rows.iter().map(|row| Some(row.offer_id)).collect(),
            n_assigned: rows.iter().map(|row| row.used.n_assigned).collect::<Vec<_>>().into(),
            stock: rows.iter().map(|row| row.stock).collect::<Vec<_>>().into(),
            reserved_cost: money(rows.iter().map(|row| Some(i128::from(row.used.reserved))))?,
            budget: money(rows.iter().map(|row| row.budget.map(i128::from)))?,
            expected_value: rows.iter().map(|r| r.used.value / 100.0).collect::<Vec<_>>().into(),
            shadow_price: rows.iter().map(|row| row.shadow_price).collect::<Vec<_>>().into(),
        })
    }

    /// What was read, and what is offered tonight: it must not be offered again tomorrow.
    fn history(&self, past: &offer_past::Columns) -> offer_history::Columns {
        let candidates = self.eligible.candidates;
        let mut rows: Vec<(i64, &str, i32, &str)> = (0..past.customer_id.values().len())
            .map(|row| {
                (
                    past.customer_id.value(row),
                    past.offer_id.value(row),
                    past.sent_on.value(row),
                    past.arm.value(row),
                )
            })
            .collect();
        rows.extend(self.contacts.iter().zip(&self.outcomes).filter_map(|(contact, outcome)| {
            let row = contact.row as usize;
            let offer = self.offers.get(outcome.wish()?.offer as usize)?;
            let arm = if contact.is_contact { "treatment" } else { "control" };
            let day = candidates.send_on.value(row);
            Some((candidates.customer_id.value(row), offer.id.as_str(), day, arm))
        }));
        rows.par_sort_unstable();
        rows.dedup();
        offer_history::Columns {
            customer_id: rows.iter().map(|row| row.0).collect::<Vec<_>>().into(),
            offer_id: StringArray::from_iter_values(rows.iter().map(|row| row.1)),
            sent_on: rows.iter().map(|row| row.2).collect::<Vec<_>>().into(),
            arm: StringArray::from_iter_values(rows.iter().map(|row| row.3)),
        }
    }
}

fn passed(message: String) -> StageError {
    let hint = Some("this is a fault of the program; please report it".to_owned());
    StageError::Data { message, hint }
}

fn money(cents: impl Iterator<Item = Option<i128>>) -> Result<Decimal128Array, StageError> {
    cents
        .collect::<Decimal128Array>()
        .with_precision_and_scale(18, 2)
        .map_err(|source| StageError::Arrow { table: offer_assignment::CONTRACT.name, source })
}

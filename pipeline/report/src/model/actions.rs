//! What the night does: contacts and offers.

use std::collections::BTreeMap;

use arrow_array::Array;
use idip_schemas::interact::contact_summary;
use idip_schemas::personalize::offer_use;
use serde::Serialize;

use super::read::{maybe, maybe_money, money, share};

/// Row of `offer_use` for the whole night.
const TOTAL: &str = "(total)";

/// Most offers that are told one by one.
const OFFERS_MAX: usize = 40;

/// What becomes of each party tonight.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Contacts {
    /// Parties.
    pub parties: i64,
    /// To contact.
    pub contact: i64,
    /// Held back to measure.
    pub control: i64,
    /// Left alone.
    pub none: i64,
    /// Parties left alone, by reason, most first.
    pub none_reasons: Vec<ReasonCount>,
    /// Contacts by reason, most first.
    pub contact_reasons: Vec<ReasonCount>,
    /// Contacts by channel, most first.
    pub channels: Vec<ChannelContacts>,
}

/// Parties of one decision with one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonCount {
    /// Reason, as a code.
    pub reason: String,
    /// Parties.
    pub parties: i64,
}

/// Parties to contact by one channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChannelContacts {
    /// Channel.
    pub channel: String,
    /// Parties to contact.
    pub contact: i64,
    /// Parties held back who would have been.
    pub control: i64,
    /// Part of all contacts; null when there are none.
    pub contact_share: Option<f64>,
}

impl Contacts {
    pub(super) fn new(plan: &contact_summary::Columns) -> Self {
        let mut contacts = Self::default();
        let mut none: BTreeMap<&str, i64> = BTreeMap::new();
        let mut why: BTreeMap<&str, i64> = BTreeMap::new();
        let mut channels: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for row in 0..plan.decision.len() {
            let n = plan.n_customers.value(row);
            contacts.parties += n;
            match plan.decision.value(row) {
                "contact" => {
                    contacts.contact += n;
                    *why.entry(plan.reason.value(row)).or_default() += n;
                    channels.entry(plan.channel.value(row)).or_default().0 += n;
                }
                "control" => {
                    contacts.control += n;
                    channels.entry(plan.channel.value(row)).or_default().1 += n;
                }
                _ => {
                    contacts.none += n;
                    *none.entry(plan.reason.value(row)).or_default() += n;
                }
            }
        }
        contacts.none_reasons = most_first(&none);
        contacts.contact_reasons = most_first(&why);
        contacts.channels = channels
            .into_iter()
            .map(|(channel, (contact, control))| ChannelContacts {
                channel: channel.to_owned(),
                contact,
                control,
                contact_share: share(contact as f64, contacts.contact as f64),
            })
            .collect();
        contacts.channels.sort_by(|a, b| (b.contact, &a.channel).cmp(&(a.contact, &b.channel)));
        contacts
    }
}

fn most_first(counts: &BTreeMap<&str, i64>) -> Vec<ReasonCount> {
    let mut reasons: Vec<ReasonCount> = counts
        .iter()
        .map(|(reason, parties)| ReasonCount { reason: (*reason).to_owned(), parties: *parties })
        .collect();
    reasons.sort_by(|a, b| (b.parties, &a.reason).cmp(&(a.parties, &b.reason)));
    reasons
}

/// What the offers use of what they may.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Offers {
    /// The whole night; null when Personalize did not run.
    pub total: Option<Offer>,
    /// Offers, most expected value first.
    pub list: Vec<Offer>,
    /// Offers that are not in the list, all with less expected value.
    pub others: usize,
}

/// What one offer uses.
#[derive(Debug, Clone, Serialize)]
pub struct Offer {
    /// Offer.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Customers it was assigned to.
    pub assigned: i64,
    /// Most it may be assigned.
    pub stock: Option<i64>,
    /// Part of the stock in use.
    pub stock_use: Option<f64>,
    /// Money set aside.
    pub reserved_cost: f64,
    /// Most that may be set aside.
    pub budget: Option<f64>,
    /// Part of the budget in use.
    pub budget_use: Option<f64>,
    /// Expected value.
    pub expected_value: f64,
    /// Value of one more unit of the limit.
    pub shadow_price: Option<f64>,
}

impl Offers {
    pub(super) fn new(uses: &offer_use::Columns, names: &BTreeMap<String, String>) -> Self {
        let mut offers: Vec<Offer> = (0..uses.offer_id.len())
            .map(|row| {
                let id = uses.offer_id.value(row);
                let assigned = uses.n_assigned.value(row);
                let stock = uses.stock.is_valid(row).then(|| uses.stock.value(row));
                let reserved_cost = money(&uses.reserved_cost, row);
                let budget = maybe_money(&uses.budget, row);
                Offer {
                    id: id.to_owned(),
                    name: names.get(id).map_or(id, String::as_str).to_owned(),
                    assigned,
                    stock,
                    stock_use: stock.and_then(|stock| share(assigned as f64, stock as f64)),
                    reserved_cost,
                    budget,
                    budget_use: budget.and_then(|budget| share(reserved_cost, budget)),
                    expected_value: uses.expected_value.value(row),
                    shadow_price: maybe(&uses.shadow_price, row),
                }
            })
            .collect();
        let total = offers.iter().position(|offer| offer.id == TOTAL);
        let total = total.map(|place| offers.remove(place));
        offers.sort_by(|a, b| b.expected_value.total_cmp(&a.expected_value).then(a.id.cmp(&b.id)));
        let others = offers.len().saturating_sub(OFFERS_MAX);
        offers.truncate(OFFERS_MAX);
        Self { total, list: offers, others }
    }
}

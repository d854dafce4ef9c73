//! What each planned contact may be offered, and what that is worth.

use std::collections::BTreeMap;

use arrow_array::{Array, Float64Array, Int64Array};
use idip_schemas::personalize::{offer_candidate, offer_past, offer_response_rate};
use idip_schemas::source::category;
use idip_stage::StageError;
use rayon::prelude::*;

use crate::offer::Offer;

/// Bounds of the factor by which liking a category changes a response: an average of averages may
/// double or halve a rate, not make one.
const NEED_MATCH_MIN: f64 = 0.5;
const NEED_MATCH_MAX: f64 = 2.0;

/// The arm of a party whose offer is made.
pub(crate) const CONTACT: &str = "contact";
/// The arm of an offer that was made.
const TREATMENT: &str = "treatment";

/// Everything that decides what is offered, typed; `order` is ascending by customer.
pub(crate) struct Eligible<'a> {
    pub(crate) order: Vec<u32>,
    pub(crate) candidates: &'a offer_candidate::Columns,
    offers: &'a [Offer],
    flags: Int64Array,
    shares: Float64Array,
    rates: BTreeMap<i64, Vec<f64>>,
    overall_shares: Vec<Option<f64>>,
    past: Vec<Past>,
    repeat_days: u32,
}

/// One offer made before, by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Past {
    customer_id: i64,
    offer: u32,
    sent_on: i32,
    is_treatment: bool,
}

/// What one offer promises with one party.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Promise {
    /// Probability of redemption.
    pub(crate) probability: f64,
    /// Factor by which liking its category changed the rate of the segment.
    pub(crate) need_match: f64,
    /// Probability × (margin − cost), in minor units.
    pub(crate) value: f64,
}

impl<'a> Eligible<'a> {
    /// Puts the views together.
    ///
    /// # Errors
    ///
    /// When a customer is there twice, or a list has another length than there are offers.
    pub(crate) fn new(
        offers: &'a [Offer],
        candidates: &'a offer_candidate::Columns,
        rates: &offer_response_rate::Columns,
        past: &offer_past::Columns,
        categories: &category::Columns,
        repeat_days: u32,
    ) -> Result<Self, StageError> {
        let ids = candidates.customer_id.values();
        let mut order: Vec<u32> = (0..ids.len() as u32).collect();
        let id = |row: &u32| ids.get(*row as usize).copied();
        order.par_sort_unstable_by_key(id);
        let repeated = order.windows(2).filter(|w| w.first().map(id) == w.last().map(id)).count();
        if repeated > 0 {
            return Err(wrong(&format!(
                "{repeated} row(s) of a customer it already has, expected one row a customer"
            )));
        }
        // Without offers the lists hold one value that stands for nothing.
        let length = offers.len().max(1);
        let of_wrong_length = (0..ids.len())
            .filter(|&row| {
                candidates.eligible.value_length(row) as usize != length
                    || candidates.category_share.value_length(row) as usize != length
            })
            .count();
        if of_wrong_length > 0 {
            return Err(wrong(&format!(
                "{of_wrong_length} row(s) with a list of another length, expected {length} value(s)"
            )));
        }
        let flags = candidates.eligible.values().as_any().downcast_ref::<Int64Array>();
        let shares = candidates.category_share.values().as_any().downcast_ref::<Float64Array>();
        let (Some(flags), Some(shares)) = (flags, shares) else {
            return Err(wrong("lists of another type than its contract"));
        };
        Ok(Self {
            order,
            candidates,
            offers,
            flags: flags.clone(),
            shares: shares.clone(),
            rates: rates_by_segment(offers, rates),
            overall_shares: overall_shares(offers, categories),
            past: past_by_customer(offers, past),
            repeat_days,
        })
    }

    /// Whether the offers of the contact in a row are made, not held back.
    pub(crate) fn is_contact(&self, row: usize) -> bool {
        self.candidates.arm.value(row) == CONTACT
    }

    /// Writes the positions of the offers that a contact may have into `into`: eligible, valid on
    /// its day, and not made to it lately.
    pub(crate) fn offers(&self, row: usize, into: &mut Vec<u32>) {
        into.clear();
        let day = self.candidates.send_on.value(row);
        let start = start(&self.candidates.eligible, row);
        let past = self.past_of(self.candidates.customer_id.value(row));
        let is_contact = self.is_contact(row);
        for (position, offer) in self.offers.iter().enumerate() {
            let flag = start + position;
            let is_eligible =
                flag < self.flags.len() && self.flags.is_valid(flag) && self.flags.value(flag) == 1;
            let is_repeat = || {
                past.iter().any(|made| {
                    made.offer as usize == position
                        && made.sent_on.abs_diff(day) < self.repeat_days
                        // What was held back was not seen; it keeps the control arm in step.
                        && (made.is_treatment || !is_contact)
                })
            };
            if is_eligible && offer.is_valid_on(day) && !is_repeat() {
                into.push(position as u32);
            }
        }
    }

    /// Returns what an offer promises with the contact in a row.
    pub(crate) fn promise(&self, row: usize, position: usize) -> Promise {
        let Some(offer) = self.offers.get(position) else {
            return Promise { probability: 0.0, need_match: 1.0, value: 0.0 };
        };
        let rate = self
            .rates
            .get(&self.candidates.value_segment_id.value(row))
            .and_then(|rates| rates.get(position).copied())
            .unwrap_or(offer.base_response);
        let need_match = self.need_match(row, position);
        let probability = (rate * need_match).clamp(0.0, 1.0);
        // i64 subtraction before the one rounding to f64: both are exact for any amount of money.
        let earns = offer.margin.saturating_sub(offer.cost) as f64;
        Promise { probability, need_match, value: probability * earns }
    }

    /// Share of the category in what the party buys by its share in what all buy (the index of
    /// A01), held between a half and two; 1 where either is not known.
    fn need_match(&self, row: usize, position: usize) -> f64 {
        let share = start(&self.candidates.category_share, row) + position;
        let overall = self.overall_shares.get(position).copied().flatten();
        match overall {
            Some(overall) if share < self.shares.len() && self.shares.is_valid(share) => {
                (self.shares.value(share) / overall).clamp(NEED_MATCH_MIN, NEED_MATCH_MAX)
            }
            _ => 1.0,
        }
    }

    fn past_of(&self, customer_id: i64) -> &[Past] {
        let start = self.past.partition_point(|past| past.customer_id < customer_id);
        let rest = self.past.get(start..).unwrap_or(&[]);
        let n = rest.partition_point(|past| past.customer_id == customer_id);
        rest.get(..n).unwrap_or(&[])
    }
}

/// Where the list of a row starts among the values of all.
fn start(list: &arrow_array::ListArray, row: usize) -> usize {
    list.value_offsets().get(row).map_or(0, |&start| start as usize)
}

fn wrong(what: &str) -> StageError {
    StageError::Data { message: format!("`offer_candidate` has {what}"), hint: None }
}

fn position(offers: &[Offer], id: &str) -> Option<usize> {
    offers.binary_search_by(|offer| offer.id.as_str().cmp(id)).ok()
}

/// Rates by value segment, one entry an offer.
fn rates_by_segment(
    offers: &[Offer],
    rates: &offer_response_rate::Columns,
) -> BTreeMap<i64, Vec<f64>> {
    let mut by_segment: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for row in 0..rates.rate.values().len() {
        let of_segment = by_segment
            .entry(rates.value_segment_id.value(row))
            .or_insert_with(|| offers.iter().map(|offer| offer.base_response).collect());
        let slot =
            position(offers, rates.offer_id.value(row)).and_then(|at| of_segment.get_mut(at));
        if let Some(slot) = slot {
            *slot = rates.rate.value(row);
        }
    }
    by_segment
}

/// Share of the category of each offer in all sales; none without a category, for `trial` offers
/// (they are for what a party does not buy yet), and where the category sold nothing.
fn overall_shares(offers: &[Offer], categories: &category::Columns) -> Vec<Option<f64>> {
    let n = categories.category.len();
    let total: i128 = (0..n).map(|row| categories.amount.value(row)).sum();
    offers
        .iter()
        .map(|offer| {
            let name = offer.category.as_deref().filter(|_| offer.lever != "trial")?;
            let row = (0..n).find(|&row| categories.category.value(row) == name)?;
            let amount = categories.amount.value(row);
            (amount > 0 && total > 0).then(|| amount as f64 / total as f64)
        })
        .collect()
}

/// Offers of tonight that were made before, by customer.
fn past_by_customer(offers: &[Offer], past: &offer_past::Columns) -> Vec<Past> {
    let mut rows: Vec<Past> = (0..past.customer_id.values().len())
        .filter_map(|row| {
            Some(Past {
                customer_id: past.customer_id.value(row),
                offer: position(offers, past.offer_id.value(row))? as u32,
                sent_on: past.sent_on.value(row),
                is_treatment: past.arm.value(row) == TREATMENT,
            })
        })
        .collect();
    rows.par_sort_unstable();
    rows
}

//! Small nights by hand: what the views would tell, and the offers read back.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder, ListBuilder};
use arrow_array::{Decimal128Array, ListArray};
use arrow_schema::{DataType, Field};
use idip_schemas::personalize::{
    offer_assignment, offer_candidate, offer_history, offer_past, offer_response_rate, offer_use,
};
use idip_schemas::source::{category, offer as offer_source};
use idip_stage::{RunContext, StageError, Step, Tables};

use crate::offer::Offer;
use crate::offer_assignment::OfferAssignment;
use crate::params::Params;

/// Day on which every contact goes out.
pub(crate) const DAY: i32 = 19_800;

pub(crate) fn context() -> RunContext {
    RunContext { logical_date: DAY - 1, seed: 7, currency: "EUR".into() }
}

/// Earns 10.00, costs 2.00, redeemed by one in ten, for everybody: worth 0.80.
pub(crate) fn offer(id: &str) -> Offer {
    Offer {
        id: id.to_owned(),
        lever: "discount".to_owned(),
        category: None,
        eligibility: None,
        cost: 200,
        margin: 1_000,
        base_response: 0.1,
        stock: None,
        valid_from: None,
        valid_to: None,
    }
}

fn money(cents: Vec<Option<i128>>) -> Decimal128Array {
    Decimal128Array::from(cents).with_precision_and_scale(18, 2).expect("a money type")
}

pub(crate) fn offer_table(offers: &[Offer]) -> offer_source::Columns {
    offer_source::Columns {
        offer_id: offers.iter().map(|o| Some(o.id.as_str())).collect(),
        name: offers.iter().map(|o| Some(o.id.as_str())).collect(),
        lever: offers.iter().map(|o| Some(o.lever.as_str())).collect(),
        category: offers.iter().map(|o| o.category.as_deref()).collect(),
        eligibility: offers.iter().map(|o| o.eligibility.as_deref()).collect(),
        cost: money(offers.iter().map(|o| Some(i128::from(o.cost))).collect()),
        margin: money(offers.iter().map(|o| Some(i128::from(o.margin))).collect()),
        customer_value: money(vec![None; offers.len()]),
        base_response: offers.iter().map(|o| o.base_response).collect::<Vec<_>>().into(),
        stock: offers.iter().map(|o| o.stock.map(|n| n as i64)).collect::<Vec<_>>().into(),
        valid_from: offers.iter().map(|o| o.valid_from).collect::<Vec<_>>().into(),
        valid_to: offers.iter().map(|o| o.valid_to).collect::<Vec<_>>().into(),
    }
}

/// A planned contact.
#[derive(Debug, Clone)]
pub(crate) struct Contact {
    pub(crate) id: i64,
    pub(crate) arm: &'static str,
    pub(crate) segment: i64,
    /// One flag an offer, in the order of offer ids.
    pub(crate) eligible: Vec<bool>,
    /// One share an offer, in the same order.
    pub(crate) shares: Vec<Option<f64>>,
}

/// A contact eligible for each of `n_offers`.
pub(crate) fn contact(id: i64, n_offers: usize) -> Contact {
    Contact {
        id,
        arm: "contact",
        segment: 1,
        eligible: vec![true; n_offers],
        shares: vec![None; n_offers],
    }
}

/// Everything the views tell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Night {
    pub(crate) offers: Vec<Offer>,
    pub(crate) contacts: Vec<Contact>,
    /// Offer, value segment, rate.
    pub(crate) rates: Vec<(String, i64, f64)>,
    /// Customer, offer, day, arm.
    pub(crate) past: Vec<(i64, String, i32, &'static str)>,
    /// Category and its sales.
    pub(crate) categories: Vec<(&'static str, i128)>,
}

/// The offers, read back.
pub(crate) struct Offered {
    pub(crate) assignment: offer_assignment::Columns,
    pub(crate) usage: offer_use::Columns,
    pub(crate) history: offer_history::Columns,
}

fn ints(rows: &[Vec<i64>]) -> ListArray {
    let field = Field::new("item", DataType::Int64, true);
    let mut builder = ListBuilder::new(Int64Builder::new()).with_field(Arc::new(field));
    for row in rows {
        builder.append_value(row.iter().copied().map(Some));
    }
    builder.finish()
}

fn shares(rows: &[Vec<Option<f64>>]) -> ListArray {
    let field = Field::new("item", DataType::Float64, true);
    let mut builder = ListBuilder::new(Float64Builder::new()).with_field(Arc::new(field));
    for row in rows {
        builder.append_value(row.iter().copied());
    }
    builder.finish()
}

impl Night {
    pub(crate) fn of(offers: Vec<Offer>, contacts: Vec<Contact>) -> Self {
        Self { offers, contacts, ..Self::default() }
    }

    fn views(&self) -> Tables {
        let c = &self.contacts;
        let n = c.len();
        // As in the view: without offers the lists hold one value that stands for nothing.
        let flags = |contact: &Contact| match contact.eligible.as_slice() {
            [] => vec![0],
            flags => flags.iter().map(|&flag| i64::from(flag)).collect(),
        };
        let liking = |contact: &Contact| match contact.shares.as_slice() {
            [] => vec![None],
            shares => shares.to_vec(),
        };
        let candidates = offer_candidate::Columns {
            customer_id: c.iter().map(|c| c.id).collect::<Vec<_>>().into(),
            arm: c.iter().map(|c| Some(c.arm)).collect(),
            channel: vec!["email"; n].into(),
            send_on: vec![DAY; n].into(),
            value_segment_id: c.iter().map(|c| c.segment).collect::<Vec<_>>().into(),
            eligible: ints(&c.iter().map(flags).collect::<Vec<_>>()),
            category_share: shares(&c.iter().map(liking).collect::<Vec<_>>()),
        };
        let r = &self.rates;
        let rates = offer_response_rate::Columns {
            offer_id: r.iter().map(|r| Some(r.0.as_str())).collect(),
            value_segment_id: r.iter().map(|r| r.1).collect::<Vec<_>>().into(),
            n_contacts: vec![0; r.len()].into(),
            n_responses: vec![0; r.len()].into(),
            rate: r.iter().map(|r| r.2).collect::<Vec<_>>().into(),
        };
        let p = &self.past;
        let past = offer_past::Columns {
            customer_id: p.iter().map(|p| p.0).collect::<Vec<_>>().into(),
            offer_id: p.iter().map(|p| Some(p.1.as_str())).collect(),
            sent_on: p.iter().map(|p| p.2).collect::<Vec<_>>().into(),
            arm: p.iter().map(|p| Some(p.3)).collect(),
        };
        let k = &self.categories;
        let categories = category::Columns {
            category_index: (0..k.len() as i64).collect::<Vec<_>>().into(),
            category: k.iter().map(|k| Some(k.0)).collect(),
            amount: money(k.iter().map(|k| Some(k.1)).collect()),
            lines: vec![1; k.len()].into(),
        };
        let offers = offer_table(&self.offers);
        Tables::default()
            .with(&offer_source::CONTRACT, vec![offers.into_batch().expect("offers")])
            .with(&offer_candidate::CONTRACT, vec![candidates.into_batch().expect("candidates")])
            .with(&offer_response_rate::CONTRACT, vec![rates.into_batch().expect("rates")])
            .with(&offer_past::CONTRACT, vec![past.into_batch().expect("past")])
            .with(&category::CONTRACT, vec![categories.into_batch().expect("categories")])
    }

    pub(crate) fn run(&self, params: &Params) -> Result<Tables, StageError> {
        OfferAssignment::new(params.clone()).run(&context(), &self.views())
    }

    pub(crate) fn offer(&self, params: &Params) -> Offered {
        let written = self.run(params).expect("runs");
        let batch = |contract| written.batch(contract).expect("is written");
        Offered {
            assignment: offer_assignment::Columns::parse(&batch(&offer_assignment::CONTRACT))
                .expect("assignments"),
            usage: offer_use::Columns::parse(&batch(&offer_use::CONTRACT)).expect("uses"),
            history: offer_history::Columns::parse(&batch(&offer_history::CONTRACT))
                .expect("history"),
        }
    }
}

impl Offered {
    /// Customer, offer or `-`, reason.
    pub(crate) fn rows(&self) -> Vec<(i64, &str, &str)> {
        let a = &self.assignment;
        let offers = a.offer_id.iter().map(|offer| offer.unwrap_or("-"));
        let ids = a.customer_id.values().iter().copied();
        ids.zip(offers)
            .zip(a.reason.iter().flatten())
            .map(|((id, offer), reason)| (id, offer, reason))
            .collect()
    }

    /// Offer, assigned, reserved minor units.
    pub(crate) fn uses(&self) -> Vec<(&str, i64, i128)> {
        let u = &self.usage;
        (0..u.n_assigned.values().len())
            .map(|i| (u.offer_id.value(i), u.n_assigned.value(i), u.reserved_cost.value(i)))
            .collect()
    }
}

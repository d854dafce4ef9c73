//! What is known of customers, put together from the answers of three views.

use arrow_array::Int64Array;
use idip_schemas::identify::{coverage_event, coverage_party, coverage_source};
use idip_stage::{StageError, Views, parse};

use super::Customer;

/// The answers of the views, batch by batch.
pub(super) struct Answers {
    parties: Vec<coverage_party::Columns>,
    sources: Vec<coverage_source::Columns>,
    events: Vec<coverage_event::Columns>,
}

impl Answers {
    /// Asks the views.
    ///
    /// # Errors
    ///
    /// When one of them is not answered.
    pub(super) fn read(views: &dyn Views) -> Result<Self, StageError> {
        Ok(Self {
            parties: parse(views, &coverage_party::CONTRACT, coverage_party::Columns::parse)?,
            sources: parse(views, &coverage_source::CONTRACT, coverage_source::Columns::parse)?,
            events: parse(views, &coverage_event::CONTRACT, coverage_event::Columns::parse)?,
        })
    }

    /// The feed of each customer that it knows.
    pub(super) fn feeds(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().flat_map(|batch| batch.source.iter().flatten())
    }

    /// Every customer, ascending by id.
    pub(super) fn customers(&self) -> impl Iterator<Item = Customer> + '_ {
        let mut sources = rows(&self.sources, |batch| &batch.customer_id).into_iter().peekable();
        let mut events = rows(&self.events, |batch| &batch.customer_id).into_iter().peekable();
        rows(&self.parties, |batch| &batch.customer_id).into_iter().map(move |party| {
            let mut customer = of_party(&party);
            while let Some(known) = sources.next_if(|known| known.customer_id <= customer.id) {
                customer.n_sources += i64::from(known.customer_id == customer.id);
            }
            while let Some(event) = events.next_if(|event| event.customer_id <= customer.id) {
                if event.customer_id == customer.id {
                    add_events(&mut customer, &event);
                }
            }
            customer
        })
    }
}

/// A row of a view.
struct Row<'a, C> {
    customer_id: i64,
    batch: &'a C,
    at: u32,
}

/// All rows, in the order of customers.
fn rows<C>(batches: &[C], ids: fn(&C) -> &Int64Array) -> Vec<Row<'_, C>> {
    let mut rows = Vec::with_capacity(batches.iter().map(|batch| ids(batch).values().len()).sum());
    for batch in batches {
        let of_batch = (0..).zip(ids(batch).values());
        rows.extend(of_batch.map(|(at, &customer_id)| Row { customer_id, batch, at }));
    }
    rows.sort_unstable_by_key(|row| row.customer_id);
    rows
}

fn of_party(party: &Row<'_, coverage_party::Columns>) -> Customer {
    let (batch, row) = (party.batch, party.at as usize);
    Customer {
        id: party.customer_id,
        is_buyer: batch.is_buyer.value(row),
        is_reachable: batch.is_reachable.value(row),
        is_member: batch.is_member.value(row),
        n_records: batch.n_records.value(row),
        ..Customer::default()
    }
}

fn add_events(customer: &mut Customer, event: &Row<'_, coverage_event::Columns>) {
    let (batch, row) = (event.batch, event.at as usize);
    *customer = Customer {
        n_interactions: batch.n_interactions.value(row),
        n_complaints: batch.n_complaints.value(row),
        n_surveys: batch.n_surveys.value(row),
        n_consents: batch.n_consents.value(row),
        n_suppressions: batch.n_suppressions.value(row),
        n_campaigns: batch.n_campaigns.value(row),
        n_responses: batch.n_responses.value(row),
        n_posts: batch.n_posts.value(row),
        n_recent_posts: batch.n_recent_posts.value(row),
        ..*customer
    };
}

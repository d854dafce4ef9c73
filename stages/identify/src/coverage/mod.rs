//! `identify.coverage`: what each source knows of each customer, the whole relation in one row.
//!
//! ```text
//! golden_customer ─ coverage_party.sql ──────┐
//! party, identity_map ─ coverage_source.sql ─┼─► customer_coverage, source_coverage
//! events ─ coverage_event.sql ───────────────┘
//! ```

mod params;
#[cfg(test)]
mod tests;

pub use params::CoverageParams;

use std::borrow::Cow;
use std::collections::BTreeMap;

use arrow_array::{BooleanArray, Float64Array, Int64Array};
use idip_schemas::TableContract;
use idip_schemas::identify::{
    coverage_event, coverage_party, coverage_source, customer_coverage, golden_customer,
    identity_map, source_coverage,
};
use idip_schemas::source;
use idip_stage::{Read, RunContext, Sql, StageError, Step, Tables, View};

/// Counts what is known.
#[derive(Debug)]
pub(crate) struct Coverage {
    pub(crate) params: CoverageParams,
}

impl Step for Coverage {
    fn name(&self) -> &'static str {
        "identify.coverage"
    }

    fn views(&self) -> Vec<View> {
        let events = [
            &source::interaction::CONTRACT,
            &source::survey::CONTRACT,
            &source::consent::CONTRACT,
            &source::suppression::CONTRACT,
            &source::campaign_contact::CONTRACT,
            &source::response::CONTRACT,
            &source::social_post::CONTRACT,
            &identity_map::CONTRACT,
        ];
        let window = self.params.window_days.to_string();
        let event = include_str!("../views/coverage_event.sql").replace("{window_days}", &window);
        vec![
            View::new(
                &coverage_party::CONTRACT,
                vec![Read::Table(&golden_customer::CONTRACT)],
                include_str!("../views/coverage_party.sql"),
            ),
            View::new(
                &coverage_source::CONTRACT,
                vec![Read::Table(&source::party::CONTRACT), Read::Table(&identity_map::CONTRACT)],
                include_str!("../views/coverage_source.sql"),
            ),
            View {
                contract: &coverage_event::CONTRACT,
                reads: events.map(Read::Table).to_vec(),
                given: Vec::new(),
                sql: Sql::Text(Cow::Owned(event)),
            },
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&customer_coverage::CONTRACT, &source_coverage::CONTRACT]
    }

    fn settings(&self) -> String {
        format!("{:?}", self.params)
    }

    fn run(&self, _context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let party = coverage_party::Columns::parse(&views.batch(&coverage_party::CONTRACT)?)?;
        let known = coverage_source::Columns::parse(&views.batch(&coverage_source::CONTRACT)?)?;
        let event = coverage_event::Columns::parse(&views.batch(&coverage_event::CONTRACT)?)?;
        let customers = Customer::gather(&party, &known, &event);
        let columns = columns(&customers, &self.params);
        let sources = sources(&customers, &known);
        Ok(Tables::default()
            .with(&customer_coverage::CONTRACT, vec![columns.into_batch()?])
            .with(&source_coverage::CONTRACT, vec![sources.into_batch()?]))
    }
}

/// What is known of one customer.
#[derive(Debug, Clone, Copy, Default)]
struct Customer {
    id: i64,
    is_buyer: bool,
    is_reachable: bool,
    is_member: bool,
    n_records: i64,
    n_sources: i64,
    n_interactions: i64,
    n_complaints: i64,
    n_surveys: i64,
    n_consents: i64,
    n_suppressions: i64,
    n_campaigns: i64,
    n_responses: i64,
    n_posts: i64,
    n_recent_posts: i64,
}

/// Name of a kind of knowledge, and whether it is there.
type Kind = (&'static str, fn(&Customer) -> bool);

/// The kinds of knowledge that make a relation whole, in the order of their names.
const KINDS: [Kind; 9] = [
    ("address", |it| it.is_reachable),
    ("campaign", |it| it.n_campaigns > 0),
    ("consent", |it| it.n_consents + it.n_suppressions > 0),
    ("interaction", |it| it.n_interactions > 0),
    ("loyalty_card", |it| it.is_member),
    ("party_record", |it| it.n_records > 0),
    ("sale", |it| it.is_buyer),
    ("social_post", |it| it.n_posts > 0),
    ("survey", |it| it.n_surveys > 0),
];

impl Customer {
    /// Every customer, ascending by id. O(n log n).
    fn gather(
        party: &coverage_party::Columns,
        known: &coverage_source::Columns,
        event: &coverage_event::Columns,
    ) -> Vec<Self> {
        let mut customers: Vec<Self> = (0..party.customer_id.len())
            .map(|at| Self {
                id: party.customer_id.value(at),
                is_buyer: party.is_buyer.value(at),
                is_reachable: party.is_reachable.value(at),
                is_member: party.is_member.value(at),
                n_records: party.n_records.value(at),
                ..Self::default()
            })
            .collect();
        customers.sort_unstable_by_key(|customer| customer.id);
        let find = |id: i64| customers.binary_search_by_key(&id, |customer| customer.id).ok();
        let sources: Vec<_> = known.customer_id.values().iter().map(|&id| find(id)).collect();
        let events: Vec<_> = event.customer_id.values().iter().map(|&id| find(id)).collect();
        for at in sources.into_iter().flatten() {
            if let Some(customer) = customers.get_mut(at) {
                customer.n_sources += 1;
            }
        }
        for (row, at) in events.into_iter().enumerate() {
            if let Some(customer) = at.and_then(|at| customers.get_mut(at)) {
                *customer = Self {
                    n_interactions: event.n_interactions.value(row),
                    n_complaints: event.n_complaints.value(row),
                    n_surveys: event.n_surveys.value(row),
                    n_consents: event.n_consents.value(row),
                    n_suppressions: event.n_suppressions.value(row),
                    n_campaigns: event.n_campaigns.value(row),
                    n_responses: event.n_responses.value(row),
                    n_posts: event.n_posts.value(row),
                    n_recent_posts: event.n_recent_posts.value(row),
                    ..*customer
                };
            }
        }
        customers
    }

    fn n_kinds(&self) -> usize {
        KINDS.iter().filter(|(_, knows)| knows(self)).count()
    }
}

fn columns(customers: &[Customer], params: &CoverageParams) -> customer_coverage::Columns {
    let count = |of: fn(&Customer) -> i64| -> Int64Array { customers.iter().map(of).collect() };
    let flag = |of: fn(&Customer) -> bool| -> BooleanArray {
        customers.iter().map(|customer| Some(of(customer))).collect()
    };
    let produces = |it: &Customer| it.n_recent_posts >= i64::from(params.prosumer_posts_min);
    customer_coverage::Columns {
        customer_id: count(|it| it.id),
        is_buyer: flag(|it| it.is_buyer),
        is_reachable: flag(|it| it.is_reachable),
        is_member: flag(|it| it.is_member),
        n_sources: count(|it| it.n_sources),
        n_records: count(|it| it.n_records),
        n_interactions: count(|it| it.n_interactions),
        n_complaints: count(|it| it.n_complaints),
        n_surveys: count(|it| it.n_surveys),
        n_consents: count(|it| it.n_consents),
        n_suppressions: count(|it| it.n_suppressions),
        n_campaigns: count(|it| it.n_campaigns),
        n_responses: count(|it| it.n_responses),
        n_posts: count(|it| it.n_posts),
        coverage: customers
            .iter()
            .map(|it| it.n_kinds() as f64 / KINDS.len() as f64)
            .collect::<Vec<f64>>()
            .into(),
        is_prosumer: customers.iter().map(|it| Some(it.is_buyer && produces(it))).collect(),
    }
}

fn sources(customers: &[Customer], known: &coverage_source::Columns) -> source_coverage::Columns {
    let mut rows: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for (name, knows) in KINDS {
        rows.insert(("kind", name), customers.iter().filter(|it| knows(it)).count() as i64);
    }
    for feed in known.source.iter().flatten() {
        *rows.entry(("feed", feed)).or_default() += 1;
    }
    let share = |&n: &i64| (!customers.is_empty()).then(|| n as f64 / customers.len() as f64);
    source_coverage::Columns {
        level: rows.keys().map(|key| Some(key.0)).collect(),
        source: rows.keys().map(|key| Some(key.1)).collect(),
        n_parties: rows.values().copied().collect(),
        share: rows.values().map(share).collect::<Float64Array>(),
    }
}

//! `identify.coverage`: what each source knows of each customer, the whole relation in one row.
//!
//! ```text
//! golden_customer ─ coverage_party.sql ──────┐
//! party, identity_map ─ coverage_source.sql ─┼─► customer_coverage, source_coverage
//! events ─ coverage_event.sql ───────────────┘
//! ```

mod known;
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
use idip_stage::{
    Output, Read, RunContext, Sql, StageError, Step, Tables, View, Views, run_in_memory,
};
use known::Answers;

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

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        run_in_memory(self, context, views)
    }

    fn run_into(
        &self,
        _context: &RunContext,
        views: &dyn Views,
        output: &mut dyn Output,
    ) -> Result<(), StageError> {
        let contract = &customer_coverage::CONTRACT;
        let answers = Answers::read(views)?;
        let mut summary = Summary::of_feeds(answers.feeds());
        let mut customers = answers.customers();
        loop {
            let some: Vec<Customer> = customers.by_ref().take(BATCH_CUSTOMERS).collect();
            if some.is_empty() {
                break;
            }
            summary.add(&some);
            output.push(contract, columns(&some, &self.params).into_batch()?)?;
        }
        if summary.n_customers == 0 {
            output.push(contract, contract.empty())?;
        }
        output.push(&source_coverage::CONTRACT, summary.table().into_batch()?)
    }
}

/// Customers that are told of together: all of them are more than fits. Tests see several batches of a few.
const BATCH_CUSTOMERS: usize = if cfg!(test) { 2 } else { 1 << 16 };

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

/// How many customers each kind of knowledge and each feed has.
struct Summary {
    n_customers: usize,
    /// By level and source.
    n_known: BTreeMap<(&'static str, String), i64>,
}

impl Summary {
    /// From the feed of each customer that it knows.
    fn of_feeds<'a>(feeds: impl Iterator<Item = &'a str>) -> Self {
        let kinds = KINDS.iter().map(|(name, _)| (("kind", (*name).to_owned()), 0));
        let mut n_by_feed: BTreeMap<&str, i64> = BTreeMap::new();
        for feed in feeds {
            *n_by_feed.entry(feed).or_default() += 1;
        }
        let feeds = n_by_feed.into_iter().map(|(feed, n)| (("feed", feed.to_owned()), n));
        Self { n_customers: 0, n_known: kinds.chain(feeds).collect() }
    }

    fn add(&mut self, customers: &[Customer]) {
        self.n_customers += customers.len();
        for (name, knows) in KINDS {
            if let Some(n) = self.n_known.get_mut(&("kind", name.to_owned())) {
                *n += customers.iter().filter(|it| knows(it)).count() as i64;
            }
        }
    }

    fn table(&self) -> source_coverage::Columns {
        let n_customers = self.n_customers;
        let share = |&n: &i64| (n_customers > 0).then(|| n as f64 / n_customers as f64);
        source_coverage::Columns {
            level: self.n_known.keys().map(|key| Some(key.0)).collect(),
            source: self.n_known.keys().map(|key| Some(&key.1)).collect(),
            n_parties: self.n_known.values().copied().collect(),
            share: self.n_known.values().map(share).collect::<Float64Array>(),
        }
    }
}

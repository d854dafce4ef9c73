//! The transactions of all feeds in one reading: every line counted, and what each party bought.

mod names;
mod passage;
mod tally;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use idip_schemas::source::{product, transaction};
use names::Names;
use passage::{Lines, NONE, READ};
pub(super) use tally::{Sum, Tally};

use super::mapping::{COPIES, REJECT};
use super::typing::{TypedFeed, typed_table};
use crate::RunError;
use crate::engine::{Engine, identifier};

/// A day after all others: nothing is left out for its date.
pub(super) const FOREVER: i32 = i32::MAX;

/// Name under which everything beyond the largest categories or channels is counted.
pub(super) const OTHER: &str = "(other)";

/// What the transactions came to.
#[derive(Debug)]
pub(super) struct LinesRead {
    /// Of each feed.
    pub(super) tallies: BTreeMap<String, Tally>,
    /// Sales by category and channel, attributed or not.
    pub(super) mix: Vec<Mix>,
    pub(super) purchases: PartyPurchases,
}

/// Sales of one category through one channel.
#[derive(Debug)]
pub(super) struct Mix {
    pub(super) category: String,
    pub(super) channel: String,
    pub(super) sales: Sum,
}

/// What each party bought, categories and channels numbered in the order of the names beside them.
#[derive(Debug)]
pub(super) struct PartyPurchases {
    /// `party_ref` and a struct of its purchases; None when there were too many names.
    pub(super) parties: Option<Vec<RecordBatch>>,
    pub(super) categories: Vec<String>,
    pub(super) channels: Vec<String>,
}

/// Reads the transactions of all feeds; at most `limit` categories and channels are told apart.
///
/// # Errors
///
/// When a feed cannot be read through, or the money of a party is too large.
pub(super) fn read(
    engine: &Engine,
    feeds: &[TypedFeed<'_>],
    limit: usize,
    as_of: i32,
) -> Result<LinesRead, RunError> {
    let names = [Arc::new(Names::unknown()), Arc::new(Names::unknown())];
    let (passages, parties) = pass(engine, feeds, &names, limit, as_of)?;
    let [categories, channels] = names.map(|names| names.all());
    let mut sales: BTreeMap<(String, String), Sum> = BTreeMap::new();
    let name = |names: &[String], number: u32| {
        names.get(number as usize).cloned().unwrap_or_else(|| NONE.to_owned())
    };
    let mut tallies = BTreeMap::new();
    for (feed, passage) in passages {
        let tally = passage.tally();
        for ((category, channel), sum) in &tally.sales {
            let key = (name(&categories, *category), name(&channels, *channel));
            sales.entry(key).or_default().add(sum.rows, sum.money);
        }
        tallies.insert(feed, tally);
    }
    let mix = sales.into_iter();
    let mix = mix.map(|((category, channel), sales)| Mix { category, channel, sales }).collect();
    let parties = (categories.len().max(channels.len()) <= limit).then_some(parties);
    let purchases = PartyPurchases { parties, categories, channels };
    Ok(LinesRead { tallies, mix, purchases })
}

/// Reads them once more, where they have more names than are told apart: only these are.
///
/// # Errors
///
/// Those of [`read`].
pub(super) fn read_again(
    engine: &Engine,
    feeds: &[TypedFeed<'_>],
    categories: Vec<String>,
    channels: Vec<String>,
    as_of: i32,
) -> Result<PartyPurchases, RunError> {
    let names = [&categories, &channels];
    let names = names.map(|names| Arc::new(Names::fixed(names.clone(), OTHER)));
    let (_, parties) = pass(engine, feeds, &names, usize::MAX, as_of)?;
    Ok(PartyPurchases { parties: Some(parties), categories, channels })
}

/// The passages of the feeds, and what each party bought.
type Passed = (Vec<(String, Arc<Lines>)>, Vec<RecordBatch>);

fn pass(
    engine: &Engine,
    feeds: &[TypedFeed<'_>],
    [categories, channels]: &[Arc<Names>; 2],
    limit: usize,
    as_of: i32,
) -> Result<Passed, RunError> {
    let products = products(feeds);
    let mut passages = Vec::new();
    let mut parts = Vec::new();
    for feed in feeds.iter().filter(|feed| feed.is_of(&transaction::CONTRACT)) {
        let passage = Arc::new(Lines::new(as_of, categories, channels, limit));
        let table = format!("lines_{}", feed.files.name);
        let has_products = feed.files.feed.columns.contains_key("product_ref");
        let products = products.as_deref().filter(|_| has_products);
        let sql = typed_lines(&typed_table(feed.files.name), products);
        engine.register_passage(&table, &sql, Arc::<Lines>::clone(&passage))?;
        parts.push(format!("SELECT * FROM {}", identifier(&table)));
        passages.push((feed.files.name.to_owned(), passage));
    }
    if parts.is_empty() {
        return Ok((passages, Vec::new()));
    }
    engine.register_view_by("line_by_party", &parts.join(" UNION ALL "), "party_ref", as_of)?;
    let sql = "SELECT CAST(party_ref AS VARCHAR) AS party_ref, \
               purchases(day, cents, discount, basket, kind, category, channel) AS purchases \
               FROM line_by_party GROUP BY party_ref";
    let parties = engine.ask("purchases", sql, as_of)?;
    engine.drop_table("line_by_party")?;
    for (feed, _) in &passages {
        engine.drop_table(&format!("lines_{feed}"))?;
    }
    Ok((passages, parties))
}

/// The category of each product, as SQL; None when no feed has products.
fn products(feeds: &[TypedFeed<'_>]) -> Option<String> {
    let feeds = feeds.iter().filter(|feed| feed.is_of(&product::CONTRACT));
    let parts: Vec<String> = feeds
        .map(|feed| {
            let typed = identifier(&typed_table(feed.files.name));
            format!("SELECT product_ref, category FROM {typed} WHERE {REJECT} IS NULL")
        })
        .collect();
    let all = parts.join(" UNION ALL ");
    (!parts.is_empty()).then(|| {
        format!("SELECT product_ref, min(category) AS category FROM ({all}) GROUP BY product_ref")
    })
}

/// Typed lines as a passage reads them; a line without a category has that of its product.
fn typed_lines(typed: &str, products: Option<&str>) -> String {
    let column = |name: &str| match (name, products) {
        ("category", Some(_)) => "coalesce(t.category, p.category) AS category".to_owned(),
        _ => format!("t.{name}"),
    };
    let columns: Vec<String> = READ.into_iter().chain([REJECT, COPIES]).map(column).collect();
    let products = products
        .map(|products| format!(" LEFT JOIN ({products}) AS p ON t.product_ref = p.product_ref"));
    format!(
        "SELECT {} FROM {} AS t{}",
        columns.join(", "),
        identifier(typed),
        products.unwrap_or_default()
    )
}

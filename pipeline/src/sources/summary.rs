//! What each party bought: transactions leave the engine only in this form.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::ArrowError;
use idip_project::Project;
use idip_schemas::source::{category, party_purchase, sales_channel, sales_total};
use idip_stage::{RunContext, Tables};

use super::lines::{self, LinesRead, Mix, OTHER, PartyPurchases};
use super::order::{Order, ordered};
use super::typing::TypedFeed;
use crate::RunError;
use crate::engine::{Engine, conform};

/// Lets lines without a category take that of their product.
pub(crate) fn with_product_categories(
    engine: &Engine,
    has_products: bool,
    context: &RunContext,
) -> Result<(), RunError> {
    if !has_products {
        return Ok(());
    }
    let as_of = context.logical_date;
    engine.register_view("plain_transaction", "SELECT * FROM transaction", as_of)?;
    engine.register_view(
        "transaction",
        "SELECT t.party_ref, t.basket_id, t.business_date, t.amount, t.discount, t.quantity, \
         t.product_ref, coalesce(t.category, p.category) AS category, t.channel, t.store_ref, \
         t.line_type FROM plain_transaction AS t \
         LEFT JOIN (SELECT product_ref, min(category) AS category FROM product GROUP BY product_ref) AS p \
         ON t.product_ref = p.product_ref",
        as_of,
    )?;
    Ok(())
}

/// Category, channel and purchase tables, registered with the engine and returned.
///
/// # Errors
///
/// When there is no sale on or before the logical date.
pub(crate) fn summarise(
    engine: &Engine,
    project: &Project,
    context: &RunContext,
    feeds: &[TypedFeed<'_>],
    lines: LinesRead,
) -> Result<Tables, RunError> {
    if lines.mix.is_empty() {
        return Err(RunError::Audit {
            message: "no feed has a sale on or before the logical date".into(),
            hint: Some("give a later `--date`, or look at the mapping of the feeds".into()),
        });
    }
    let mix = mix_table(&lines.mix)?;
    engine.register_batches("sale_mix", mix.schema(), &[mix])?;
    let categories = ranked(engine, context, "category", project.max_categories)?;
    let channels = ranked(engine, context, "channel", project.max_categories)?;
    engine.drop_table("sale_mix")?;
    let names = [&categories, &channels].map(names);
    let parties = told_apart(engine, feeds, context, lines.purchases, &names)?;
    add_up(engine, context, parties.parties.as_deref().unwrap_or_default())?;
    let contract = &party_purchase::CONTRACT;
    engine.register_table(contract.name, contract, &purchases(parties, &names)?)?;
    let mut tables = Tables::default();
    for (contract, batch) in
        [(&category::CONTRACT, categories), (&sales_channel::CONTRACT, channels)]
    {
        let batch = conform(contract.name, contract, &batch)?;
        engine.register_table(contract.name, contract, std::slice::from_ref(&batch))?;
        tables = tables.with(contract, vec![batch]);
    }
    Ok(tables)
}

/// Sales by category and channel as a table.
fn mix_table(mix: &[Mix]) -> Result<RecordBatch, RunError> {
    let amounts: Decimal128Array = mix.iter().map(|mix| Some(mix.sales.money)).collect();
    let bug = |error: ArrowError| RunError::Bug(error.to_string());
    // Sums have more digits than the amounts of lines.
    let amounts = amounts.with_precision_and_scale(38, 2).map_err(bug)?;
    let text = |of: fn(&Mix) -> &str| StringArray::from_iter_values(mix.iter().map(of));
    let lines = Int64Array::from_iter_values(mix.iter().map(|mix| mix.sales.rows));
    let columns: [(&str, ArrayRef); 4] = [
        ("category", Arc::new(text(|mix| &mix.category))),
        ("channel", Arc::new(text(|mix| &mix.channel))),
        ("amount", Arc::new(amounts)),
        ("lines", Arc::new(lines)),
    ];
    RecordBatch::try_from_iter(columns).map_err(bug)
}

/// What each party bought by these names, which are fewer than were read where there are too many.
fn told_apart(
    engine: &Engine,
    feeds: &[TypedFeed<'_>],
    context: &RunContext,
    purchases: PartyPurchases,
    [categories, channels]: &[Vec<String>; 2],
) -> Result<PartyPurchases, RunError> {
    if purchases.parties.is_some() {
        return Ok(purchases);
    }
    lines::read_again(engine, feeds, categories.clone(), channels.clone(), context.logical_date)
}

/// The rows of `party_purchase`, categories and channels in the order of these names.
fn purchases(
    purchases: PartyPurchases,
    [categories, channels]: &[Vec<String>; 2],
) -> Result<Vec<RecordBatch>, RunError> {
    let categories = Order::new(&purchases.categories, categories);
    let channels = Order::new(&purchases.channels, channels);
    let mut next = 0_i64;
    let rows = |batch: RecordBatch| {
        let first = next;
        next += batch.num_rows() as i64;
        party_purchases(&batch, first, &categories, &channels)
    };
    purchases.parties.unwrap_or_default().into_iter().map(rows).collect()
}

/// Rows of `party_purchase`; by the position of each row among all its record is found without being joined.
fn party_purchases(
    batch: &RecordBatch,
    first: i64,
    categories: &Order,
    channels: &Order,
) -> Result<RecordBatch, RunError> {
    let missing = |name: &str| RunError::Bug(format!("purchases without `{name}`"));
    let column = |name: &str| batch.column(1).as_struct_opt()?.column_by_name(name);
    let party_ref = batch.column(0).as_string_opt::<i32>();
    let sale_lines = column("sale_lines").and_then(|column| column.as_primitive_opt::<Int64Type>());
    let records = column("record").and_then(|column| column.as_binary_opt::<i64>());
    let sale_lines = sale_lines.ok_or_else(|| missing("sale_lines"))?;
    let purchases = ordered(records.ok_or_else(|| missing("record"))?, categories, channels);
    let columns = party_purchase::Columns {
        party_ref: party_ref.ok_or_else(|| missing("party_ref"))?.clone(),
        purchase_index: Int64Array::from_iter_values(first..first + batch.num_rows() as i64),
        is_buyer: sale_lines.iter().map(|lines| lines.map(|lines| lines > 0)).collect(),
        purchases: purchases.map_err(|error| RunError::Bug(error.to_string()))?,
    };
    columns.into_batch().map_err(|error| RunError::Bug(error.to_string()))
}

/// Adds up the money of what each party bought.
fn add_up(engine: &Engine, context: &RunContext, parties: &[RecordBatch]) -> Result<(), RunError> {
    let contract = &sales_total::CONTRACT;
    let Some(first) = parties.first() else {
        return Ok(engine.register_table(contract.name, contract, &[])?);
    };
    engine.register_batches("party_sum", first.schema(), parties)?;
    // Units out of minor units; a sum of whole numbers of 64 bits would pass its end without a word.
    let sum = |cents: &str| {
        format!("CAST(sum(CAST({cents} AS DECIMAL(20, 0))) * 0.01 AS DECIMAL(18, 2))")
    };
    let of = |name: &str| format!("get_field(purchases, '{name}')");
    let [sale_cents, discount_cents] = ["sale_cents", "discount_cents"].map(of);
    let sql = format!(
        "SELECT party_ref IS NOT NULL AS names_party, {} AS sale_amount, {} AS return_amount, \
         {} AS told_sale_amount, {} AS discount_amount FROM party_sum GROUP BY 1",
        sum(&sale_cents),
        sum(&of("return_cents")),
        sum(&format!("CASE WHEN {discount_cents} IS NOT NULL THEN {sale_cents} END")),
        sum(&discount_cents),
    );
    let totals = engine
        .ask(contract.name, &sql, context.logical_date)?
        .iter()
        .map(|batch| conform(contract.name, contract, batch))
        .collect::<Result<Vec<_>, _>>()?;
    engine.drop_table("party_sum")?;
    engine.register_table(contract.name, contract, &totals)?;
    Ok(())
}

/// Categories or channels with a sale, in name order; beyond the limit they are `(other)`, last.
fn ranked(
    engine: &Engine,
    context: &RunContext,
    column: &str,
    limit: usize,
) -> Result<RecordBatch, RunError> {
    let sql = format!(
        "WITH named AS (SELECT {column} AS name, sum(amount) AS amount, sum(lines) AS lines \
         FROM sale_mix GROUP BY 1), \
         ranked AS (SELECT name, amount, lines, \
         row_number() OVER (ORDER BY amount DESC, name) AS rank, count(*) OVER () AS n FROM named), \
         cut AS (SELECT CASE WHEN n <= {limit} OR rank < {limit} THEN name ELSE '{OTHER}' END AS name, \
         sum(amount) AS amount, sum(lines) AS lines FROM ranked GROUP BY 1) \
         SELECT CAST(row_number() OVER (ORDER BY name = '{OTHER}', name) AS BIGINT) - 1 AS {column}_index, \
         name AS {column}, CAST(amount AS DECIMAL(18, 2)) AS amount, \
         CAST(lines AS BIGINT) AS lines FROM cut ORDER BY 1"
    );
    let contract =
        if column == "category" { &category::CONTRACT } else { &sales_channel::CONTRACT };
    let batches = engine
        .ask(contract.name, &sql, context.logical_date)?
        .iter()
        .map(|batch| conform(contract.name, contract, batch))
        .collect::<Result<Vec<_>, _>>()?;
    arrow_select::concat::concat_batches(&contract.schema(), &batches)
        .map_err(|error| RunError::Bug(error.to_string()))
}

/// The names of a ranked table.
fn names(ranked: &RecordBatch) -> Vec<String> {
    let names: &StringArray = ranked.column(1).as_string();
    names.iter().flatten().map(str::to_owned).collect()
}

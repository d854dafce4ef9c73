//! What each party bought: transactions leave the engine only in this form.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use idip_project::Project;
use idip_schemas::source::{category, party_purchase, sales_channel, sales_total};
use idip_stage::{RunContext, Tables};

use super::lines::{self, LinesRead, Mix, OTHER, PartyPurchases};
use super::order::Order;
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
    let contract = &party_purchase::CONTRACT;
    let purchases = purchases(engine, feeds, context, lines.purchases, [&categories, &channels])?
        .iter()
        .map(|batch| conform("purchases", contract, batch))
        .collect::<Result<Vec<_>, _>>()?;
    engine.register_table(contract.name, contract, &purchases)?;
    add_up(engine, context)?;
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

/// The rows of `party_purchase`, lists by category and by channel in the order of these tables.
fn purchases(
    engine: &Engine,
    feeds: &[TypedFeed<'_>],
    context: &RunContext,
    purchases: PartyPurchases,
    ranked: [&RecordBatch; 2],
) -> Result<Vec<RecordBatch>, RunError> {
    let [categories, channels] = ranked.map(names);
    let purchases = if purchases.parties.is_some() {
        purchases
    } else {
        let (categories, channels) = (categories.clone(), channels.clone());
        lines::read_again(engine, feeds, categories, channels, context.logical_date)?
    };
    let orders = [
        ("category_cents", Order::new(&purchases.categories, &categories)),
        ("channel_lines", Order::new(&purchases.channels, &channels)),
    ];
    let mut next = 0_i64;
    let unfold = |batch: RecordBatch| {
        let end = next + batch.num_rows() as i64;
        let index = Int64Array::from_iter_values(next..end);
        next = end;
        unfolded(&batch, index, &orders)
    };
    purchases.parties.unwrap_or_default().into_iter().map(unfold).collect()
}

/// The columns of `party_purchase`: those of the struct, and the position of each row among all, by which
/// its lists are found without being joined.
fn unfolded(
    batch: &RecordBatch,
    index: Int64Array,
    orders: &[(&str, Order)],
) -> Result<RecordBatch, RunError> {
    let bug = |error: ArrowError| RunError::Bug(error.to_string());
    let purchases = batch.column(1).as_struct();
    let mut fields = vec![
        Arc::clone(&batch.schema().fields()[0]),
        Arc::new(Field::new("purchase_index", DataType::Int64, false)),
    ];
    fields.extend(purchases.fields().iter().cloned());
    let mut columns = vec![Arc::clone(batch.column(0)), Arc::new(index) as ArrayRef];
    for (field, column) in purchases.fields().iter().zip(purchases.columns()) {
        let order = orders.iter().find(|(name, _)| name == field.name());
        columns.push(match order {
            Some((_, order)) => Arc::new(order.of(column.as_list()).map_err(bug)?),
            None => Arc::clone(column),
        });
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(bug)
}

/// Adds up the money of `party_purchase`, whose lists are let go long before the night ends.
fn add_up(engine: &Engine, context: &RunContext) -> Result<(), RunError> {
    // Units out of minor units; a sum of whole numbers of 64 bits would pass its end without a word.
    let sum = |cents: &str| {
        format!("CAST(sum(CAST({cents} AS DECIMAL(20, 0))) * 0.01 AS DECIMAL(18, 2))")
    };
    let sql = format!(
        "SELECT party_ref IS NOT NULL AS names_party, {} AS sale_amount, {} AS return_amount, \
         {} AS told_sale_amount, {} AS discount_amount FROM party_purchase GROUP BY 1",
        sum("sale_cents"),
        sum("return_cents"),
        sum("CASE WHEN discount_cents IS NOT NULL THEN sale_cents END"),
        sum("discount_cents"),
    );
    let contract = &sales_total::CONTRACT;
    let totals = engine
        .ask(contract.name, &sql, context.logical_date)?
        .iter()
        .map(|batch| conform(contract.name, contract, batch))
        .collect::<Result<Vec<_>, _>>()?;
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

//! What each party bought: transactions leave the engine only in this form.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use idip_project::Project;
use idip_schemas::source::{category, party_purchase, sales_channel};
use idip_stage::{RunContext, Tables};

use crate::RunError;
use crate::engine::{Engine, KEY_SEPARATOR, OTHER, conform, literal};

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

/// Sales by category and channel at once, so that they are read once for both.
const SALE_MIX: &str = "SELECT coalesce(category, '(none)') AS category, \
    coalesce(channel, '(none)') AS channel, sum(amount) AS amount, count(*) AS lines \
    FROM transaction WHERE line_type = 'sale' GROUP BY 1, 2";

/// Category, channel and purchase tables, registered with the engine and returned.
///
/// # Errors
///
/// When there is no sale on or before the logical date.
pub(crate) fn summarise(
    engine: &Engine,
    project: &Project,
    context: &RunContext,
) -> Result<Tables, RunError> {
    let as_of = context.logical_date;
    let mix = engine.ask("categories and channels", SALE_MIX, as_of)?;
    let Some(schema) = mix.iter().find(|batch| batch.num_rows() > 0).map(RecordBatch::schema)
    else {
        return Err(RunError::Audit {
            message: "no feed has a sale on or before the logical date".into(),
            hint: Some("give a later `--date`, or look at the mapping of the feeds".into()),
        });
    };
    engine.register_batches("sale_mix", schema, &mix)?;
    let categories = ranked(engine, context, "category", project.max_categories)?;
    let channels = ranked(engine, context, "channel", project.max_categories)?;
    engine.drop_table("sale_mix")?;
    let sql = format!(
        "SELECT party_ref, \
         purchase_days(business_date, amount, basket_id, line_type = 'sale') \
         FILTER (WHERE line_type <> 'adjustment') AS days, \
         count(*) FILTER (WHERE line_type = 'sale') AS sale_lines, \
         count(*) FILTER (WHERE line_type = 'return') AS return_lines, \
         count(*) FILTER (WHERE line_type = 'adjustment') AS adjustment_lines, \
         CAST(coalesce(sum(amount) FILTER (WHERE line_type = 'sale'), 0) AS DECIMAL(18, 2)) \
         AS sale_amount, \
         CAST(coalesce(sum(amount) FILTER (WHERE line_type = 'return'), 0) AS DECIMAL(18, 2)) \
         AS return_amount, \
         CAST(coalesce(sum(amount) FILTER (WHERE line_type = 'adjustment'), 0) AS DECIMAL(18, 2)) \
         AS adjustment_amount, \
         CAST(sum(discount) FILTER (WHERE line_type = 'sale') AS DECIMAL(18, 2)) \
         AS discount_amount, \
         tally(coalesce(category, '(none)'), amount, {categories}) \
         FILTER (WHERE line_type = 'sale') AS category_cents, \
         tally(coalesce(channel, '(none)'), CAST(1 AS BIGINT), {channels}) \
         FILTER (WHERE line_type = 'sale') AS channel_lines \
         FROM transaction_by_party GROUP BY party_ref",
        categories = keys(&categories),
        channels = keys(&channels),
    );
    let contract = &party_purchase::CONTRACT;
    let by_party = "transaction_by_party";
    engine.register_view_by(by_party, "SELECT * FROM transaction", "party_ref", as_of)?;
    let answer = engine.ask("purchases", &sql, as_of)?;
    engine.drop_table(by_party)?;
    let purchases = numbered(&answer)?
        .iter()
        .map(|batch| conform("purchases", contract, batch))
        .collect::<Result<Vec<_>, _>>()?;
    drop(answer);
    engine.register_batches(contract.name, contract.schema(), &purchases)?;
    let mut tables = Tables::default();
    for (contract, batch) in
        [(&category::CONTRACT, categories), (&sales_channel::CONTRACT, channels)]
    {
        let batch = conform(contract.name, contract, &batch)?;
        engine.register_batches(contract.name, contract.schema(), std::slice::from_ref(&batch))?;
        tables = tables.with(contract, vec![batch]);
    }
    Ok(tables)
}

/// Adds the position of each row among all, by which its lists are found without being joined.
fn numbered(answer: &[RecordBatch]) -> Result<Vec<RecordBatch>, RunError> {
    let mut next = 0_i64;
    let number = |batch: &RecordBatch| {
        let end = next + batch.num_rows() as i64;
        let index = Int64Array::from_iter_values(next..end);
        next = end;
        let mut fields = batch.schema().fields().to_vec();
        fields.push(Arc::new(Field::new("purchase_index", DataType::Int64, false)));
        let mut columns = batch.columns().to_vec();
        columns.push(Arc::new(index));
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
            .map_err(|error| RunError::Bug(error.to_string()))
    };
    answer.iter().map(number).collect()
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

/// The names of a ranked table as the constant that `tally` takes.
fn keys(ranked: &RecordBatch) -> String {
    let names: &StringArray = ranked.column(1).as_string();
    let names: Vec<&str> = (0..names.len()).map(|row| names.value(row)).collect();
    literal(&names.join(&KEY_SEPARATOR.to_string()))
}

//! What each party bought: transactions leave the engine only in this form.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use idip_project::Project;
use idip_schemas::TableContract;
use idip_schemas::source::{category, party_day, party_purchase, party_total, sales_channel};
use idip_stage::{RunContext, Tables};

use crate::RunError;
use crate::engine::{Engine, KEY_SEPARATOR, LINE_KINDS, OTHER, conform, identifier, literal};

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

/// Sales by category and channel, out of the books of the feeds of transactions.
fn sale_mix(feeds: &[String], has_products: bool) -> String {
    let books: Vec<String> = feeds
        .iter()
        .map(|books| {
            format!(
                "SELECT category, channel, product_ref, sale_money, sale_lines FROM {} \
                 WHERE sale_lines > 0",
                identifier(books)
            )
        })
        .collect();
    let books = books.join(" UNION ALL ");
    let (category, product) = if has_products {
        (
            "coalesce(b.category, p.category)",
            "LEFT JOIN (SELECT product_ref, min(category) AS category FROM product \
             GROUP BY product_ref) AS p ON b.product_ref = p.product_ref",
        )
    } else {
        ("b.category", "")
    };
    format!(
        "SELECT coalesce({category}, '(none)') AS category, \
         coalesce(b.channel, '(none)') AS channel, sum(b.sale_money) AS amount, \
         sum(b.sale_lines) AS lines FROM ({books}) AS b {product} GROUP BY 1, 2"
    )
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
    books: &[String],
    has_products: bool,
) -> Result<Tables, RunError> {
    let as_of = context.logical_date;
    if !books.is_empty() {
        let mix = sale_mix(books, has_products);
        engine.register_answer("sale_mix", "categories and channels", &mix, as_of)?;
    }
    let has_sales = !books.is_empty()
        && engine
            .ask("categories and channels", "SELECT 1 FROM sale_mix LIMIT 1", as_of)?
            .iter()
            .any(|batch| batch.num_rows() > 0);
    if !has_sales {
        return Err(RunError::Audit {
            message: "no feed has a sale on or before the logical date".into(),
            hint: Some("give a later `--date`, or look at the mapping of the feeds".into()),
        });
    }
    let categories = ranked(engine, context, "category", project.max_categories)?;
    let channels = ranked(engine, context, "channel", project.max_categories)?;
    engine.drop_table("sale_mix")?;
    let (n_categories, n_channels) = (categories.num_rows(), channels.num_rows());
    let coded = format!(
        "SELECT party_ref, business_date AS day, minor_units(amount) AS cents, \
         minor_units(discount) AS discount, basket_key(basket_id) AS basket, \
         key_index(line_type, {kinds}) AS kind, \
         key_index(coalesce(category, '(none)'), {categories}) AS category, \
         key_index(coalesce(channel, '(none)'), {channels}) AS channel FROM transaction",
        kinds = key_list(LINE_KINDS.iter().copied()),
        categories = keys(&categories),
        channels = keys(&channels),
    );
    let sql = format!(
        "SELECT party_ref, purchases(day, cents, discount, basket, kind, category, channel, \
         {n_categories}, {n_channels}) AS purchases FROM line_by_party GROUP BY party_ref"
    );
    let contract = &party_purchase::CONTRACT;
    engine.register_view_by("line_by_party", &coded, "party_ref", as_of)?;
    let answer = engine.ask("purchases", &sql, as_of)?;
    engine.drop_table("line_by_party")?;
    let purchases = unfolded(&answer)?
        .iter()
        .map(|batch| conform("purchases", contract, batch))
        .collect::<Result<Vec<_>, _>>()?;
    drop(answer);
    engine.register_table(contract.name, contract, &purchases)?;
    for part in [&party_day::CONTRACT, &party_total::CONTRACT] {
        let batches = purchases
            .iter()
            .map(|batch| conform("purchases", part, &part_of(batch, part)?).map_err(RunError::from))
            .collect::<Result<Vec<_>, _>>()?;
        engine.register_table(part.name, part, &batches)?;
    }
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

/// The columns of `party_purchase`: those of the struct, and the position of each row among all, by which
/// its lists are found without being joined.
fn unfolded(answer: &[RecordBatch]) -> Result<Vec<RecordBatch>, RunError> {
    let mut next = 0_i64;
    let unfold = |batch: &RecordBatch| {
        let end = next + batch.num_rows() as i64;
        let index = Int64Array::from_iter_values(next..end);
        next = end;
        let purchases = batch.column(1).as_struct();
        let mut fields = vec![
            Arc::clone(&batch.schema().fields()[0]),
            Arc::new(Field::new("purchase_index", DataType::Int64, false)),
        ];
        fields.extend(purchases.fields().iter().cloned());
        let mut columns = vec![Arc::clone(batch.column(0)), Arc::new(index) as ArrayRef];
        columns.extend(purchases.columns().iter().cloned());
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
            .map_err(|error| RunError::Bug(error.to_string()))
    };
    answer.iter().map(unfold).collect()
}

/// The columns of a batch that a table has, nothing copied.
fn part_of(batch: &RecordBatch, contract: &TableContract) -> Result<RecordBatch, RunError> {
    let schema = batch.schema();
    let has = |name: &str| contract.columns.iter().any(|column| column.name == name);
    let fields = schema.fields().iter().enumerate();
    let indices: Vec<usize> =
        fields.filter(|(_, field)| has(field.name())).map(|(index, _)| index).collect();
    batch.project(&indices).map_err(|error| RunError::Bug(error.to_string()))
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

/// The names of a ranked table as the constant that `key_index` takes.
fn keys(ranked: &RecordBatch) -> String {
    let names: &StringArray = ranked.column(1).as_string();
    key_list(names.iter().flatten())
}

fn key_list<'a>(keys: impl Iterator<Item = &'a str>) -> String {
    literal(&keys.collect::<Vec<_>>().join(&KEY_SEPARATOR.to_string()))
}

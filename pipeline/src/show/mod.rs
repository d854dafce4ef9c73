//! Looks into what is published.

mod customer;

use std::fmt::Write;
use std::path::Path;

use arrow_array::Array;
use arrow_schema::DataType;
use idip_store::{Night, Status};
use serde_json::{Map, Value, json};

use crate::engine::Engine;
use crate::night::{Context, Graph, command, parse_date};
use crate::{RunError, outputs};
pub(crate) use customer::customer;

/// The same content for people and for machines.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) text: String,
    pub(crate) json: Value,
}

fn current(context: &Context) -> Result<Night, RunError> {
    let store = context.published_store()?;
    let night = match context.date.and_then(crate::day_of) {
        Some(day) => store.night(&day.to_string())?,
        None => store.current()?,
    };
    night.ok_or_else(|| command("no night is published for that date", Some("`idip show runs`")))
}

/// The last runs.
pub(crate) fn runs(context: &Context) -> Result<Shown, RunError> {
    let runs = context.published_store()?.run_results()?;
    let mut text = String::new();
    for run in &runs {
        let failed = run.results.iter().find(|step| step.status == Status::Error);
        let what = match failed {
            Some(step) => format!(
                "failed at {}: {}",
                step.unique_id,
                step.message.as_deref().unwrap_or_default()
            ),
            None => format!("{} steps", run.results.len()),
        };
        line(
            &mut text,
            format_args!("{}  {:>7.1} s  {what}", run.metadata.generated_at, run.elapsed_time),
        );
    }
    let json = serde_json::to_value(&runs).unwrap_or(Value::Null);
    Ok(Shown { text, json })
}

/// The published tables.
pub(crate) fn tables(context: &Context) -> Result<Shown, RunError> {
    let night = current(context)?;
    let mut text = format!("{} in {}\n", night.date(), night.path().display());
    let mut list = Vec::new();
    for table in night.tables() {
        let grain = idip_schemas::find(&table.table).map_or("", |contract| contract.grain.trim());
        line(
            &mut text,
            format_args!("  {:<14} {:<24} {:>10}  {grain}", table.stage, table.table, table.rows),
        );
        list.push(json!({
            "stage": table.stage,
            "table": table.table,
            "rows": table.rows,
            "contract_version": table.contract_version,
            "paths": night.table_files(&table.stage, &table.table),
        }));
    }
    Ok(Shown { text, json: json!({ "date": night.date(), "tables": list }) })
}

/// The Parquet file of one table.
pub(crate) fn table_path(context: &Context, table: &str) -> Result<String, RunError> {
    let night = current(context)?;
    let record = night.tables().iter().find(|record| record.table == table);
    let file = record
        .and_then(|record| night.table_files(&record.stage, table).into_iter().next())
        .ok_or_else(|| {
            command(
                &format!("the night of {} has no table `{table}`", night.date()),
                Some("`idip tables` lists them"),
            )
        })?;
    let file = std::path::absolute(&file).unwrap_or(file);
    Ok(file.display().to_string())
}

/// The segments.
pub(crate) fn segments(context: &Context) -> Result<Shown, RunError> {
    let asked = Asked::new(context, &["segment"])?;
    let rows = asked.rows("SELECT * FROM segment ORDER BY axis DESC, segment_id")?;
    let mut text = String::new();
    let mut axis = String::new();
    for row in &rows {
        let word = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
        if word("axis") != axis {
            word("axis").clone_into(&mut axis);
            line(&mut text, format_args!("{axis}"));
        }
        let description = match context.project.report.language {
            idip_report::Language::Spanish => word("description_es"),
            idip_report::Language::English => word("description_en"),
        };
        line(
            &mut text,
            format_args!(
                "  {:>2} {:<32} {:>9}  {description}",
                row.get("segment_id").map(ToString::to_string).unwrap_or_default(),
                word("segment"),
                row.get("n_customers").map(ToString::to_string).unwrap_or_default(),
            ),
        );
    }
    Ok(Shown { text, json: json!({ "date": asked.night.date(), "segments": rows }) })
}

/// Writes or checks the files of one export.
pub(crate) fn export(
    context: &Context,
    target: &str,
    to: Option<&Path>,
    check: bool,
) -> Result<Shown, RunError> {
    let exports = &context.project.exports;
    let export = exports.iter().find(|export| export.name == target).ok_or_else(|| {
        let names: Vec<&str> = exports.iter().map(|export| export.name.as_str()).collect();
        command(
            &format!("the project has no export `{target}`"),
            Some(&format!("its exports are {}", names.join(", "))),
        )
    })?;
    let night = current(context)?;
    let published = night.path().join(outputs::STAGE).join(target);
    if to.is_none() && !published.is_dir() {
        return Err(command(
            &format!("the night of {} has no files of `{target}`", night.date()),
            Some("`--to DIR` writes them; erasing people takes them out of earlier nights"),
        ));
    }
    if check {
        night.verify()?;
        let text = format!("{}: every file is as it was published\n", published.display());
        return Ok(Shown { text, json: json!({ "status": "verified", "path": published }) });
    }
    let Some(to) = to else {
        let text = format!("{}\n", published.display());
        return Ok(Shown { text, json: json!({ "status": "published", "path": published }) });
    };
    let asked = Asked::new(context, &[])?;
    let graph = Graph::of(&context.project).map_err(RunError::Bug)?;
    if !night.tables().iter().any(|table| table.table == "customer_segment") {
        return Err(command(
            "the night has no segments to export",
            Some("`idip run --select +differentiate.segments` makes them"),
        ));
    }
    let tables = night.tables().iter();
    let tables = tables.map(|it| (it.table.as_str(), night.table_files(&it.stage, &it.table)));
    outputs::register_published(&asked.engine, &graph, tables, asked.as_of)?;
    let run = idip_stage::RunContext {
        logical_date: asked.as_of,
        seed: context.project.seed,
        currency: context.project.currency.clone(),
    };
    let snapshot = night.name().to_string();
    outputs::write_to_folder(export, &asked.engine, &run, &snapshot, to)?;
    let text = format!("wrote {}\n", to.display());
    Ok(Shown { text, json: json!({ "status": "written", "path": to }) })
}

/// The report of a night.
pub(crate) fn report(context: &Context, to: Option<&Path>) -> Result<Shown, RunError> {
    let night = current(context)?;
    let path = night.path().join(outputs::STAGE).join("report.html");
    if !path.is_file() {
        return Err(command(
            &format!("the night of {} has no report", night.date()),
            Some("a whole `idip run` draws one"),
        ));
    }
    let path = match to {
        None => path,
        Some(to) => {
            fs_err::copy(&path, to).map_err(|source| RunError::File {
                action: "cannot write",
                path: to.to_owned(),
                source,
            })?;
            to.to_owned()
        }
    };
    Ok(Shown { text: format!("{}\n", path.display()), json: json!({ "path": path }) })
}

/// A published night with an engine over some of its tables.
struct Asked {
    night: Night,
    engine: Engine,
    as_of: i32,
}

impl Asked {
    fn new(context: &Context, tables: &[&str]) -> Result<Self, RunError> {
        let night = current(context)?;
        let engine = Engine::start(&context.limits(&std::env::temp_dir()))?;
        for record in night.tables().iter().filter(|it| tables.contains(&it.table.as_str())) {
            let files = night.table_files(&record.stage, &record.table);
            engine.register_published(&record.table, &files)?;
        }
        let as_of = parse_date(night.date())?;
        Ok(Self { night, engine, as_of })
    }

    /// Rows as JSON objects, in column order.
    fn rows(&self, sql: &str) -> Result<Vec<Map<String, Value>>, RunError> {
        let mut rows = Vec::new();
        for batch in self.engine.ask("published tables", sql, self.as_of)? {
            for row in 0..batch.num_rows() {
                rows.push(
                    batch
                        .schema()
                        .fields()
                        .iter()
                        .zip(batch.columns())
                        .map(|(field, values)| (field.name().clone(), cell(values.as_ref(), row)))
                        .collect(),
                );
            }
        }
        Ok(rows)
    }
}

/// One cell as JSON; money and days as text, so that nothing is rounded.
fn cell(values: &dyn Array, row: usize) -> Value {
    if values.is_null(row) {
        return Value::Null;
    }
    let text = arrow_cast::display::array_value_to_string(values, row).unwrap_or_default();
    match values.data_type() {
        DataType::Int64 | DataType::Float64 | DataType::Boolean => {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        _ => Value::String(text),
    }
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    if text.write_fmt(arguments).is_ok() {
        text.push('\n');
    }
}

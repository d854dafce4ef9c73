//! The report: HTML for people, JSON for machines.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use idip_report::{
    DecisionCount, IdentityCounts, NightFacts, QuarantineCount, RejectCount, Report, ReviewCount,
    StepFact,
};
use idip_schemas::{
    TableContract, differentiate, identify, interact, measure, personalize, source,
};
use idip_stage::{RunContext, Tables};
use idip_store::{FileEntry, Staging};

use super::STAGE;
use crate::RunError;
use crate::engine::{Engine, conform};
use crate::night::Context;

/// Aggregate tables the report is drawn from; no row of a person is among them.
static READS: [&TableContract; 29] = [
    &source::reconciliation::CONTRACT,
    &source::category::CONTRACT,
    &source::sales_channel::CONTRACT,
    &identify::linkage_quality::CONTRACT,
    &identify::quality::match_weight_bin::CONTRACT,
    &identify::quality::identity_evaluation::CONTRACT,
    &differentiate::segment::CONTRACT,
    &differentiate::segment_profile::CONTRACT,
    &differentiate::value_need_cell::CONTRACT,
    &differentiate::cluster_quality::CONTRACT,
    &differentiate::segmentation::segment_event::CONTRACT,
    &differentiate::segmentation::segment_reason::CONTRACT,
    &differentiate::segmentation::segment_rule::CONTRACT,
    &interact::contact_summary::CONTRACT,
    &personalize::offer_use::CONTRACT,
    &personalize::offer_response_rate::CONTRACT,
    &measure::kpi::CONTRACT,
    &measure::goal_result::CONTRACT,
    &measure::campaign_lift::CONTRACT,
    &measure::segment_migration::CONTRACT,
    &differentiate::cluster_model::CONTRACT,
    &differentiate::value::value_tier::CONTRACT,
    &differentiate::value::value_model::CONTRACT,
    &differentiate::value::value_forecast::CONTRACT,
    &differentiate::value::value_calibration::CONTRACT,
    &differentiate::portfolio::portfolio::CONTRACT,
    &differentiate::portfolio::lorenz_point::CONTRACT,
    &differentiate::portfolio::loyalty_group::CONTRACT,
    &differentiate::portfolio::segment_target::CONTRACT,
];

/// Writes `report.html` and `report.json` into the night.
pub(super) fn write(
    context: &Context,
    engine: &Engine,
    staging: &Staging,
    run: &RunContext,
    rows: &BTreeMap<String, u64>,
    snapshot: &str,
) -> Result<Vec<FileEntry>, RunError> {
    let mut tables = Tables::default();
    for contract in READS.into_iter().filter(|contract| engine.has_table(contract.name)) {
        let batches = engine
            .ask("report", &format!("SELECT * FROM {}", contract.name), run.logical_date)?
            .iter()
            .map(|batch| conform("report", contract, batch))
            .collect::<Result<Vec<_>, _>>()?;
        tables = tables.with(contract, batches);
    }
    let facts = facts(context, engine, run, rows, snapshot)?;
    let fail = |error: idip_report::ReportError| RunError::Bug(format!("the report: {error}"));
    let params = &context.project.report;
    let report = Report::new(&tables, &facts, params).map_err(fail)?;
    let json = report.json().map_err(fail)?;
    Ok(vec![
        staging.write_file(STAGE, "report.html", report.html(params.language).as_bytes())?,
        staging.write_file(STAGE, "report.json", json.as_bytes())?,
    ])
}

fn facts(
    context: &Context,
    engine: &Engine,
    run: &RunContext,
    rows: &BTreeMap<String, u64>,
    snapshot: &str,
) -> Result<NightFacts, RunError> {
    let ask = |sql: &str| engine.ask("report", sql, run.logical_date);
    let count = |sql: &str| -> Result<u64, RunError> {
        Ok(texts_and_count(&ask(sql)?, 0).into_iter().map(|(_, n)| n).sum())
    };
    let rejects = ask("SELECT feed, reason, count(*) FROM reject GROUP BY 1, 2 ORDER BY 1, 2")?;
    let rejects = texts_and_count(&rejects, 2)
        .into_iter()
        .filter_map(|(texts, rows)| match <[String; 2]>::try_from(texts) {
            Ok([feed, reason]) => Some(RejectCount { feed, reason, rows }),
            Err(_) => None,
        })
        .collect();
    let quarantine = ask(
        "SELECT kind, reason, count(*) FROM identifier_quarantine GROUP BY 1, 2 ORDER BY 1, 2",
    )?;
    let quarantine = texts_and_count(&quarantine, 2)
        .into_iter()
        .filter_map(|(texts, identifiers)| match <[String; 2]>::try_from(texts) {
            Ok([kind, reason]) => Some(QuarantineCount { kind, reason, identifiers }),
            Err(_) => None,
        })
        .collect();
    let decisions = ask(
        "SELECT decision, outcome, count(*) FROM link_decision_outcome GROUP BY 1, 2 ORDER BY 1, 2",
    )?;
    let decisions = texts_and_count(&decisions, 2)
        .into_iter()
        .filter_map(|(texts, pairs)| match <[String; 2]>::try_from(texts) {
            Ok([decision, outcome]) => Some(DecisionCount { decision, outcome, pairs }),
            Err(_) => None,
        })
        .collect();
    let reviews = ask("SELECT reason, count(*) FROM customer_review GROUP BY 1 ORDER BY 1")?;
    let reviews = texts_and_count(&reviews, 1)
        .into_iter()
        .filter_map(|(mut texts, customers)| {
            texts.pop().map(|reason| ReviewCount { reason, customers })
        })
        .collect();
    let lineage = |events: &str| {
        count(&format!(
            "SELECT count(DISTINCT old_customer_id) FROM customer_lineage WHERE event IN ({events})"
        ))
    };
    let identity = IdentityCounts {
        party_refs: rows.get("identity_map").copied().unwrap_or(0),
        parties: rows.get("golden_customer").copied().unwrap_or(0),
        merged: lineage("'merge'")?,
        split: lineage("'split', 'move'")?,
        gone: lineage("'gone'")?,
    };
    let offers = if engine.has_table("offer") {
        ask("SELECT offer_id, name, CAST(0 AS BIGINT) FROM offer ORDER BY 1")?
    } else {
        Vec::new()
    };
    let offer_names = texts_and_count(&offers, 2)
        .into_iter()
        .filter_map(|(texts, _)| <[String; 2]>::try_from(texts).ok())
        .map(|[id, name]| (id, name))
        .collect();
    Ok(NightFacts {
        project: context.project.project.clone(),
        logical_date: run.logical_date,
        currency: run.currency.clone(),
        night_id: snapshot.to_owned(),
        fingerprint: snapshot.to_owned(),
        seed: run.seed,
        version: env!("CARGO_PKG_VERSION").into(),
        steps: rows
            .iter()
            .map(|(table, rows)| StepFact {
                step: String::new(),
                table: table.clone(),
                rows: *rows,
            })
            .collect(),
        rejects,
        identity: Some(identity),
        quarantine,
        decisions,
        reviews,
        clerical_pairs: rows.get("clerical_pair").copied().unwrap_or(0),
        offer_names,
    })
}

/// Rows of an answer: the first columns as text, the one after them as a count.
fn texts_and_count(batches: &[RecordBatch], texts: usize) -> Vec<(Vec<String>, u64)> {
    let mut rows = Vec::new();
    for batch in batches {
        let counts = batch.column(texts).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let words = (0..texts)
                .map(|column| batch.column(column).as_string::<i32>().value(row).to_owned())
                .collect();
            rows.push((words, counts.value(row).unsigned_abs()));
        }
    }
    rows
}

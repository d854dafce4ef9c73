//! What each command does.

use std::fmt::Write;

use serde_json::{Value, json};

use super::arguments::{Command, Invocation, RunFlags, Show};
use super::init;
use crate::erasure::{ForgetReport, forget};
use crate::night::{Context, Graph, NightReport, Options, Selection, check, plan, run};
use crate::{RunError, show};

/// What a command has to say.
#[derive(Debug)]
pub struct Answer {
    /// For stdout.
    pub text: String,
    /// Exit code.
    pub code: u8,
}

impl Answer {
    fn of(text: String) -> Self {
        Self { text, code: 0 }
    }
}

/// Exit code for "nothing to do", where it is asked for.
const NOTHING_TO_DO: u8 = 99;

/// An error as machines want it.
pub fn error_json(error: &RunError) -> Value {
    json!({
        "status": "error",
        "exit_code": error.exit_code(),
        "message": error.to_string(),
        "hint": error.hint(),
    })
}

/// Carries a command out.
///
/// # Errors
///
/// Whatever stops it.
pub fn carry_out(invocation: &Invocation) -> Result<Answer, RunError> {
    let stage = |name: &str, flags: &RunFlags| night(invocation, Some(name), flags, false);
    match &invocation.command {
        Command::Run { select, flags } => night(invocation, select.as_deref(), flags, false),
        Command::Identify(flags) => stage("identify", flags),
        Command::Differentiate(flags) => stage("differentiate", flags),
        Command::Interact(flags) => stage("interact", flags),
        Command::Personalize(flags) => stage("personalize", flags),
        Command::Measure(flags) => stage("measure", flags),
        Command::Retry(flags) => night(invocation, None, flags, true),
        Command::Backfill { from, to, flags } => backfill(invocation, from, to, flags),
        Command::Check { schema } => {
            if *schema {
                let schema = idip_project::json_schema();
                let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
                return Ok(Answer::of(text + "\n"));
            }
            let checked = check(&context(invocation)?)?;
            Ok(answer(invocation, &checked.json(), &checked.text()))
        }
        Command::Plan { select } => planned(invocation, select.as_deref()),
        Command::Forget { ids, dry_run } => {
            let report = forget(&context(invocation)?, ids, *dry_run)?;
            let (json, text) = (forget_json(&report, *dry_run), forget_text(&report, *dry_run));
            Ok(answer(invocation, &json, &text))
        }
        Command::Show { what } => {
            let context = context(invocation)?;
            let shown = match what {
                Show::Runs => show::runs(&context)?,
                Show::Tables => show::tables(&context)?,
                Show::Segments => show::segments(&context)?,
                Show::Customer { id, svg } => show::customer(&context, *id, svg.as_deref())?,
            };
            Ok(answer(invocation, &shown.json, &shown.text))
        }
        Command::Tables { path: None } => {
            let shown = show::tables(&context(invocation)?)?;
            Ok(answer(invocation, &shown.json, &shown.text))
        }
        Command::Tables { path: Some(table) } => {
            let path = show::table_path(&context(invocation)?, table)?;
            Ok(answer(invocation, &json!({ "table": table, "path": path }), &format!("{path}\n")))
        }
        Command::Export { target, to, check } => {
            let shown = show::export(&context(invocation)?, target, to.as_deref(), *check)?;
            Ok(answer(invocation, &shown.json, &shown.text))
        }
        Command::Report { to } => {
            let shown = show::report(&context(invocation)?, to.as_deref())?;
            Ok(answer(invocation, &shown.json, &shown.text))
        }
        Command::Init { folder } => {
            let text = init::init(folder)?;
            Ok(answer(invocation, &json!({ "status": "written" }), &text))
        }
        Command::Simulate { to, parties, transactions, records, nights } => {
            let seed = invocation.flags().seed;
            let text = match records {
                Some(records) => init::simulate_records(to, records, *nights, seed)?,
                None => init::simulate(to, *parties, transactions, seed)?,
            };
            Ok(answer(invocation, &json!({ "status": "written", "folder": to }), &text))
        }
    }
}

fn context(invocation: &Invocation) -> Result<Context, RunError> {
    Context::read(&invocation.flags())
}

fn answer(invocation: &Invocation, json: &Value, text: &str) -> Answer {
    if invocation.wants_json() { Answer::of(format!("{json}\n")) } else { Answer::of(text.into()) }
}

fn options(
    context: &Context,
    select: Option<&str>,
    flags: &RunFlags,
    retry: bool,
) -> Result<Options, RunError> {
    let selection = match select {
        None => Selection::all(),
        Some(text) => Selection::parse(text, &Graph::of(&context.project).map_err(RunError::Bug)?)?,
    };
    Ok(Options { selection, replace: flags.replace, backfill: false, retry })
}

fn night(
    invocation: &Invocation,
    select: Option<&str>,
    flags: &RunFlags,
    retry: bool,
) -> Result<Answer, RunError> {
    if flags.dry_run {
        return planned(invocation, select);
    }
    let context = context(invocation)?;
    let report = run(&context, &options(&context, select, flags, retry)?)?;
    let mut answer = answer(invocation, &night_json(&report), &night_text(&report));
    if report.unchanged && flags.skip_code {
        answer.code = NOTHING_TO_DO;
    }
    Ok(answer)
}

fn backfill(
    invocation: &Invocation,
    from: &str,
    to: &str,
    flags: &RunFlags,
) -> Result<Answer, RunError> {
    let (from, to) = (crate::night::parse_date(from)?, crate::night::parse_date(to)?);
    if from > to {
        return Err(RunError::Command {
            message: "`--from` is after `--to`".into(),
            hint: Some("give the earlier day first".into()),
        });
    }
    let mut context = context(invocation)?;
    let mut options = options(&context, None, flags, false)?;
    options.backfill = true;
    let mut text = String::new();
    let mut nights = Vec::new();
    for date in from..=to {
        context.date = Some(date);
        let report = run(&context, &options)?;
        text.push_str(&night_text(&report));
        nights.push(night_json(&report));
    }
    Ok(answer(invocation, &json!({ "nights": nights }), &text))
}

fn night_json(report: &NightReport) -> Value {
    json!({
        "status": if report.unchanged { "unchanged" } else { "published" },
        "date": report.date,
        "path": report.path,
        "steps_run": report.ran,
        "steps_reused": report.reused,
        "rows_rejected": report.rejected,
        "rows_erased": report.erased,
        "tables": report.rows,
        "elapsed_seconds": report.elapsed,
    })
}

fn night_text(report: &NightReport) -> String {
    let mut text = String::new();
    let path = report.path.display();
    if report.unchanged {
        line(&mut text, format_args!("{}: nothing to do, {path} is up to date", report.date));
        return text;
    }
    line(
        &mut text,
        format_args!(
            "{}: published {path}\n  {} steps run, {} taken over, {:.1} s",
            report.date, report.ran, report.reused, report.elapsed
        ),
    );
    if let Some(rejected) = report.rejected.filter(|rejected| *rejected > 0) {
        line(&mut text, format_args!("  {rejected} rows rejected: see the table `reject`"));
    }
    if let Some(erased) = report.erased.filter(|erased| *erased > 0) {
        line(&mut text, format_args!("  {erased} rows of erased people left out"));
    }
    if let Some(decisions) = report.rows.get("link_decision_outcome").filter(|rows| **rows > 0) {
        line(
            &mut text,
            format_args!(
                "  {decisions} decisions of people: `link_decision_outcome` says what came of each"
            ),
        );
    }
    for (table, what) in
        [("golden_customer", "parties"), ("offer_file", "contacts in the offer file")]
    {
        if let Some(rows) = report.rows.get(table) {
            line(&mut text, format_args!("  {rows} {what}"));
        }
    }
    if report.rows.contains_key("kpi") {
        line(&mut text, format_args!("  report: {path}/outputs/report.html"));
    }
    text
}

fn forget_json(report: &ForgetReport, is_dry_run: bool) -> Value {
    json!({
        "status": if is_dry_run { "planned" } else { "erased" },
        "people": report.n_people,
        "erased_before": report.n_before,
        "customer_ids": report.n_ids,
        "references": report.n_references,
        "unknown_references": report.n_unknown,
        "tables_left_out": report.left_out,
        "nights": report.nights,
    })
}

fn forget_text(report: &ForgetReport, is_dry_run: bool) -> String {
    let mut text = String::new();
    let ForgetReport { n_people, n_before, n_ids, n_references, n_unknown, nights, left_out } =
        report;
    let what = if is_dry_run { "would be erased" } else { "erased" };
    line(
        &mut text,
        format_args!(
            "{n_people} person(s) {what}: {n_ids} customer id(s), {n_references} reference(s)"
        ),
    );
    if *n_before > 0 {
        line(
            &mut text,
            format_args!("  {n_before} line(s) name what is on the erasure list already"),
        );
    }
    if *n_unknown > 0 {
        line(
            &mut text,
            format_args!(
                "  {n_unknown} of these references are left out of feeds from now on; no published night \
                 has them: look for mistakes of writing"
            ),
        );
    }
    for (date, tables) in left_out {
        let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
        line(
            &mut text,
            format_args!(
                "  warning: {date}: left out as a whole, written by another version of idip that names \
                 people otherwise: {}",
                tables.join(", ")
            ),
        );
    }
    for (date, rows) in nights {
        let all: u64 = rows.values().sum();
        line(&mut text, format_args!("  {date}: {all} rows of {} tables", rows.len()));
    }
    if is_dry_run {
        line(&mut text, format_args!("nothing was changed: the same without `--dry-run` does it"));
    } else {
        line(&mut text, format_args!("their rows are left out of every feed from now on"));
    }
    text
}

/// Writing to a text cannot fail.
fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    if text.write_fmt(arguments).is_ok() {
        text.push('\n');
    }
}

fn planned(invocation: &Invocation, select: Option<&str>) -> Result<Answer, RunError> {
    let flags = RunFlags { replace: false, dry_run: true, skip_code: false };
    let context = context(invocation)?;
    let (date, steps) = plan(&context, &options(&context, select, &flags, false)?)?;
    let mut text = String::new();
    let day = date.clone().unwrap_or_else(|| "the last day with a sale".into());
    line(&mut text, format_args!("plan for {day}"));
    for step in &steps {
        line(&mut text, format_args!("  {:<6} {}", step.action, step.id));
    }
    let list: Vec<Value> =
        steps.iter().map(|step| json!({ "step": step.id, "action": step.action })).collect();
    Ok(answer(invocation, &json!({ "date": date, "steps": list }), &text))
}

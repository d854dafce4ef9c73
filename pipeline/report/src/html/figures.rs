//! Key figures, facts of the run and definitions.

use maud::{Markup, html};

use super::parts::{Cell, details, head, maybe, nothing, number, table, text};
use crate::language::Words;
use crate::model::{Figure, KeyFigure, Report};

/// Key figures in the order in which they are told; others follow by name.
const ORDER: [&str; 29] = [
    "net_sales",
    "net_sales_90",
    "net_sales_prior_90",
    "net_sales_change",
    "unattributed_sales",
    "attributed_share",
    "parties",
    "customers",
    "prospects",
    "active_customers_90",
    "new_customers_28",
    "repeat_rate",
    "retention_90",
    "mean_basket",
    "purchase_days_per_customer",
    "interpurchase_median_days",
    "discount_share",
    "return_share",
    "top_decile_share",
    "gini",
    "nps",
    "redemption_rate",
    "contacts",
    "control",
    "no_contact",
    "offers",
    "reserved_cost",
    "budget_use",
    "expected_value",
];

fn in_order(report: &Report) -> Vec<&KeyFigure> {
    let place = |kpi: &str| ORDER.iter().position(|known| *known == kpi).unwrap_or(ORDER.len());
    let mut figures: Vec<&KeyFigure> = report.figures.iter().collect();
    figures.sort_by(|a, b| (place(&a.kpi), &a.kpi).cmp(&(place(&b.kpi), &b.kpi)));
    figures
}

/// Every figure of all parties, then those of each value segment.
pub(super) fn figures(report: &Report, w: &Words) -> Markup {
    if report.figures.is_empty() {
        return nothing(w.say("figures.none"));
    }
    let figures = in_order(report);
    let rows: Vec<Vec<Cell>> = figures.iter().map(|figure| of_all(figure, w)).collect();
    let columns = head(
        w,
        &["figure", "value", "lift.interval", "figures.numerator", "figures.denominator", "note"],
    );
    html! {
        p { (w.say("figures.lede")) }
        (table(w.say("figures.caption"), &columns, &rows))
        (by_segment(report, &figures, w))
    }
}

fn of_all(figure: &KeyFigure, w: &Words) -> Vec<Cell> {
    let all = &figure.all;
    let of_part = |value: Option<f64>| {
        maybe(value, |value| w.number(value, if value.fract().abs() < 1e-9 { 0 } else { 2 }))
    };
    let interval = all.ci_low.zip(all.ci_high).map_or_else(String::new, |(low, high)| {
        w.fill("interval", &[&w.figure(low, &figure.unit), &w.figure(high, &figure.unit)])
    });
    vec![
        text(w.code("kpi", &figure.kpi)),
        number(maybe(all.value, |value| w.figure(value, &figure.unit))),
        number(interval),
        number(all.numerator.map_or_else(String::new, |_| of_part(all.numerator))),
        number(all.denominator.map_or_else(String::new, |_| of_part(all.denominator))),
        text(all.note.as_deref().map_or_else(String::new, |note| w.code("note", note))),
    ]
}

fn by_segment(report: &Report, figures: &[&KeyFigure], w: &Words) -> Markup {
    let segments: Vec<&str> =
        report.segments.value.iter().map(|segment| segment.name.as_str()).collect();
    let columns: Vec<String> = std::iter::once(w.say("figure").to_owned())
        .chain(segments.iter().map(|segment| w.segment(segment)))
        .collect();
    let word = |figure: &KeyFigure, found: Option<&Figure>| match found {
        Some(Figure { value: Some(value), .. }) => w.figure(*value, &figure.unit),
        Some(Figure { note: Some(note), .. }) if note == "small_group" => {
            w.say("hidden").to_owned()
        }
        _ => super::parts::NOTHING.to_owned(),
    };
    let rows: Vec<Vec<Cell>> = figures
        .iter()
        .filter(|figure| !figure.segments.is_empty())
        .map(|figure| {
            let of = |segment: &&str| {
                number(word(
                    figure,
                    figure.segments.iter().find(|found| found.segment == **segment),
                ))
            };
            std::iter::once(text(w.code("kpi", &figure.kpi)))
                .chain(segments.iter().map(of))
                .collect()
        })
        .collect();
    html! {
        @if !rows.is_empty() {
            h3 { (w.say("figures.by_segment")) }
            (table(w.say("figures.by_segment"), &columns, &rows))
        }
    }
}

/// What was run, and what the words mean.
pub(super) fn run(report: &Report, w: &Words) -> Markup {
    let run = &report.run;
    let tells_steps = run.steps.iter().any(|step| !step.step.is_empty());
    let rows: Vec<Vec<Cell>> = run
        .steps
        .iter()
        .map(|step| {
            let rows = number(w.count(i64::try_from(step.rows).unwrap_or(i64::MAX)));
            let step_name = tells_steps.then(|| text(step.step.as_str()));
            std::iter::once(text(step.table.as_str())).chain(step_name).chain([rows]).collect()
        })
        .collect();
    let columns: &[&'static str] =
        if tells_steps { &["run.table", "run.step", "rows"] } else { &["run.table", "rows"] };
    html! {
        dl.facts {
            dt { (w.say("run.night")) } dd { code { (run.night_id) } }
            @if run.fingerprint != run.night_id {
                dt { (w.say("run.fingerprint")) } dd { code { (run.fingerprint) } }
            }
            dt { (w.say("run.seed")) } dd { code { (run.seed) } }
            dt { (w.say("run.version")) } dd { code { (run.version) } }
            dt { (w.say("run.date")) } dd { code { (report.logical_date) } }
            dt { (w.say("run.currency")) } dd { code { (report.currency) } }
        }
        @if !rows.is_empty() {
            (details(w, w.say("run.steps"), &head(w, columns), &rows))
        }
        h3 { (w.say("definitions")) }
        dl.definitions {
            @for figure in in_order(report) {
                @if let Some(meaning) = w.meaning(&figure.kpi) {
                    dt { (w.code("kpi", &figure.kpi)) } dd { (meaning) }
                }
            }
        }
        h3 { (w.say("methods")) }
        ul.methods {
            li { (w.say("methods.intervals")) }
            li { (w.say("methods.lift")) }
            li { (w.say("methods.index")) }
            li { (w.fill("methods.small", &[&report.smallest_group.to_string()])) }
            li { (w.say("methods.money")) }
        }
    }
}

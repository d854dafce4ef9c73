//! Value over time: what is expected, who is worth most, how right the forecast was.

use maud::{Markup, html};

use super::night::tile;
use super::parts::{
    Cell, bar, count, details, figure, head, legend, maybe, nothing, number, percent, table, text,
};
use crate::language::Words;
use crate::model::{Forecast, Report, Week};

/// Height of the drawing of the weeks, in pixels.
const HEIGHT: f64 = 240.0;

/// Its width in units of its own, which stretch to any width.
const WIDTH: f64 = 1000.0;

/// What customers are expected to do within the horizon.
pub(super) fn forecast(report: &Report, w: &Words) -> Markup {
    let forecast = &report.forecast;
    let k = report.smallest_group;
    let Some(horizon) = forecast.horizon_days.filter(|_| forecast.customers > 0) else {
        return nothing(w.say("forecast.none"));
    };
    let horizon = w.count(horizon);
    html! {
        p { (w.fill("forecast.lede", &[&horizon])) }
        div.tiles {
            (tile(
                w.say("forecast.revenue"),
                &w.money(forecast.expected_revenue),
                Some(&w.fill("forecast.revenue.note", &[&w.number(forecast.expected_purchases, 0)])),
                None,
            ))
            (tile(
                w.say("forecast.at_risk"),
                &count(w, forecast.at_risk, k),
                Some(&w.fill("forecast.at_risk.note", &[&w.count(forecast.customers)])),
                forecast.at_risk_share,
            ))
            (tile(
                w.say("forecast.clv"),
                &w.money(forecast.clv),
                Some(w.say("forecast.clv.note")),
                None,
            ))
        }
        h3 { (w.say("forecast.tiers")) }
        (tiers(forecast, w, k))
        h3 { (w.say("forecast.tracking")) }
        (tracking(forecast, w))
        h3 { (w.say("forecast.check")) }
        (check(forecast, w, k))
    }
}

fn tiers(forecast: &Forecast, w: &Words, k: u32) -> Markup {
    let caption = w.say("forecast.tiers.caption");
    let columns = head(
        w,
        &[
            "forecast.tier",
            "parties.customers",
            "forecast.clv",
            "share",
            "forecast.revenue",
            "forecast.at_risk",
            "forecast.mean_risk",
        ],
    );
    let rows: Vec<Vec<Cell>> = forecast
        .tiers
        .iter()
        .map(|tier| {
            vec![
                text(w.code("tier", &tier.name)),
                number(count(w, tier.customers, k)),
                number(maybe(tier.clv, |v| w.money(v))),
                number(maybe(tier.clv_share, |v| w.percent(v))),
                number(maybe(tier.expected_revenue, |v| w.money(v))),
                number(count(w, tier.at_risk, k)),
                number(maybe(tier.mean_churn_risk, |v| w.percent(v))),
            ]
        })
        .collect();
    let body = html! {
        @for tier in &forecast.tiers {
            (bar(
                &w.code("tier", &tier.name),
                &[(0.0, tier.clv_share.unwrap_or(0.0), "accent")],
                &maybe(tier.clv_share, |v| w.percent(v)),
            ))
        }
    };
    figure(caption, &body, &details(w, caption, &columns, &rows))
}

fn tracking(forecast: &Forecast, w: &Words) -> Markup {
    let Some(last) = forecast.weeks.last() else {
        return nothing(w.say("forecast.tracking.none"));
    };
    let split = forecast.weeks.iter().rev().find(|week| !week.is_held_back);
    let split = split.filter(|_| last.is_held_back);
    let caption = w.fill(
        "forecast.tracking.caption",
        &[&w.day(last.end_day), &w.number(last.expected, 0), &w.count(last.actual)],
    );
    let columns = head(w, &["forecast.week", "forecast.actual", "forecast.expected"]);
    let rows: Vec<Vec<Cell>> = forecast
        .weeks
        .iter()
        .map(|week| {
            vec![
                text(w.day(week.end_day)),
                number(w.count(week.actual)),
                number(w.number(week.expected, 0)),
            ]
        })
        .collect();
    let body = html! {
        (legend(&[("accent", w.say("forecast.actual")), ("less", w.say("forecast.expected"))]))
        (plot(&forecast.weeks, split))
        (days(&forecast.weeks, split, w))
        @if let Some(split) = split {
            p.soft { (w.fill("forecast.tracking.split", &[&w.day(split.end_day)])) }
        }
    };
    figure(&caption, &body, &details(w, w.say("forecast.tracking"), &columns, &rows))
}

/// First and last day under the curves, and that of the split.
fn days(weeks: &[Week], split: Option<&Week>, w: &Words) -> Markup {
    let (Some(first), Some(last)) = (weeks.first(), weeks.last()) else { return html! {} };
    let span = f64::from(last.end_day.saturating_sub(first.end_day).max(1));
    let place = |day: i32| f64::from(day.saturating_sub(first.end_day)) / span;
    html! {
        div.ticks aria-hidden="true" {
            span.start style="left:0%" { (w.day(first.end_day)) }
            @if let Some(split) = split {
                span.odd style={ "left:" (percent(place(split.end_day))) } { (w.day(split.end_day)) }
            }
            span.end style="left:100%" { (w.day(last.end_day)) }
        }
    }
}

/// Both curves over the weeks; what was held back has a ground of its own.
fn plot(weeks: &[Week], split: Option<&Week>) -> Markup {
    let (first, last) = (weeks.first(), weeks.last());
    let begin = first.map_or(0, |week| week.end_day);
    let days = last.map_or(0, |week| week.end_day).saturating_sub(begin).max(1);
    let most = weeks.iter().map(|week| week.expected.max(week.actual as f64)).fold(1.0, f64::max);
    let across = |day: i32| WIDTH * f64::from(day.saturating_sub(begin)) / f64::from(days);
    let down = |value: f64| HEIGHT * (1.0 - value.max(0.0) / most);
    let points = |value: &dyn Fn(&Week) -> f64| -> String {
        let point = |week: &Week| format!("{:.1},{:.1}", across(week.end_day), down(value(week)));
        weeks.iter().map(point).collect::<Vec<_>>().join(" ")
    };
    html! {
        svg.plot width="100%" height=(HEIGHT) viewBox={ "0 0 " (WIDTH) " " (HEIGHT) }
            preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            rect.ground width=(WIDTH) height=(HEIGHT) {}
            @if let Some(split) = split {
                @let from = across(split.end_day);
                rect.held x=(format!("{from:.1}")) width=(format!("{:.1}", WIDTH - from)) height=(HEIGHT) {}
                line.zero x1=(format!("{from:.1}")) x2=(format!("{from:.1}")) y1="0" y2=(HEIGHT) {}
            }
            polyline.curve.foretold points=(points(&|week| week.expected)) {}
            polyline.curve points=(points(&|week| week.actual as f64)) {}
        }
    }
}

fn check(forecast: &Forecast, w: &Words, k: u32) -> Markup {
    let columns = head(
        w,
        &[
            "forecast.model",
            "forecast.choice",
            "forecast.basis",
            "forecast.log_score",
            "forecast.expected",
            "forecast.actual",
            "forecast.mae",
            "forecast.auc",
            "forecast.brier",
            "note",
        ],
    );
    let rows: Vec<Vec<Cell>> = forecast
        .models
        .iter()
        .map(|model| {
            let word = |kind: &str, code: &Option<String>| {
                code.as_deref()
                    .map_or_else(|| super::parts::NOTHING.to_owned(), |c| w.code(kind, c))
            };
            let notes: Vec<String> = [&model.reason, &model.holdout_reason]
                .into_iter()
                .flatten()
                .map(|reason| w.told(reason))
                .collect();
            vec![
                text(w.code("model", &model.name)),
                text(word("choice", &model.choice)),
                text(word("basis", &model.basis)),
                number(maybe(model.log_score, |v| w.number(v, 3))),
                number(maybe(model.expected, |v| w.number(v, 0))),
                number(maybe(model.actual, |v| w.number(v, 0))),
                number(maybe(model.mean_absolute_error, |v| w.number(v, 3))),
                number(maybe(model.auc, |v| w.number(v, 3))),
                number(maybe(model.brier_score, |v| w.number(v, 3))),
                text(notes.join("; ")),
            ]
        })
        .collect();
    let chosen = forecast.chosen().map_or_else(String::new, |model| {
        let why = model.choice.as_deref().unwrap_or_default();
        w.fill("forecast.chosen", &[&w.code("model", &model.name), &w.code("choice", why)])
    });
    html! {
        p { (w.say("forecast.check.lede")) }
        @if !chosen.is_empty() { p { (chosen) } }
        (table(w.say("forecast.check.caption"), &columns, &rows))
        (calibration(forecast, w, k))
    }
}

fn calibration(forecast: &Forecast, w: &Words, k: u32) -> Markup {
    if forecast.calibration.is_empty() {
        return html! {};
    }
    let caption = w.say("forecast.calibration");
    let columns =
        head(w, &["forecast.decile", "parties.customers", "forecast.predicted", "forecast.came"]);
    let rows: Vec<Vec<Cell>> = forecast
        .calibration
        .iter()
        .map(|decile| {
            vec![
                text(w.count(decile.number)),
                number(count(w, decile.customers, k)),
                number(maybe(decile.mean_predicted, |v| w.percent(v))),
                number(maybe(decile.actual_share, |v| w.percent(v))),
            ]
        })
        .collect();
    let body = html! {
        (legend(&[("less", w.say("forecast.predicted")), ("accent", w.say("forecast.came"))]))
        @for decile in &forecast.calibration {
            div.bar {
                span.bar-label { (w.count(decile.number)) }
                div.pair {
                    @for (share, class) in [(decile.mean_predicted, "less"), (decile.actual_share, "accent")] {
                        svg.strip width="100%" height="8" aria-hidden="true" focusable="false" {
                            rect.ground width="100%" height="8" rx="2" {}
                            @if let Some(share) = share.filter(|share| *share > 0.0) {
                                rect class=(class) width=(percent(share)) height="8" rx="2" {}
                            }
                        }
                    }
                }
                span.bar-value { (maybe(decile.actual_share, |v| w.percent(v))) }
            }
        }
    };
    figure(caption, &body, &details(w, caption, &columns, &rows))
}

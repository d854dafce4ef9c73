//! What past campaigns changed: a forest plot for each outcome.

use maud::{Markup, html};

use super::parts::{Cell, count, details, head, maybe, nothing, number, percent, text};
use crate::language::{Points, Words};
use crate::model::{Axis, Effect, Outcome, Report};

/// Height of one campaign's line, in pixels.
const LINE: u32 = 22;

/// Treatment against control, by outcome.
pub(super) fn lift(report: &Report, w: &Words) -> Markup {
    if report.effects.is_empty() {
        return nothing(w.say("lift.none"));
    }
    html! {
        p { (w.say("lift.lede")) }
        @for effect in &report.effects { (forest(effect, w, report.smallest_group)) }
    }
}

fn forest(effect: &Effect, w: &Words, k: u32) -> Markup {
    let is_money = effect.outcome == "spend_per_party";
    let points = if is_money { Points::Money } else { Points::Percentage };
    let caption = w.code("outcome", &effect.outcome);
    let level = |value: f64| if is_money { w.money(value) } else { w.percent(value) };
    html! {
        h3 { (caption) }
        figure {
            figcaption { (w.fill("lift.caption", &[&caption])) }
            @if let Some(axis) = &effect.axis { (scale(axis, w, points)) }
            @for outcome in &effect.campaigns { (line(outcome, effect.axis.as_ref(), w, points)) }
            (details(w, &caption, &columns(w, is_money), &rows(effect, w, k, points, level)))
        }
        @if effect.others > 0 { p.soft { (w.fill("others", &[&w.count(effect.others as i64)])) } }
    }
}

fn place(axis: &Axis, value: f64) -> f64 {
    (value - axis.low) / (axis.high - axis.low)
}

fn scale(axis: &Axis, w: &Words, points: Points) -> Markup {
    let last = axis.ticks.len().saturating_sub(1);
    html! {
        div.forest.scale aria-hidden="true" {
            span {}
            div.ticks {
                @for (i, tick) in axis.ticks.iter().enumerate() {
                    // Every other label leaves room on narrow screens.
                    span .start[i == 0] .end[i == last] .odd[i % 2 == 1 && *tick != 0.0] style={ "left:" (percent(place(axis, *tick))) } {
                        (tick_label(*tick, w, points))
                    }
                }
            }
            span {}
        }
    }
}

fn tick_label(tick: f64, w: &Words, points: Points) -> String {
    match points {
        Points::Percentage => w.percent(tick),
        Points::Money => w.money(tick),
    }
}

fn line(outcome: &Outcome, axis: Option<&Axis>, w: &Words, points: Points) -> Markup {
    let why = outcome.note.as_deref().map(|note| w.code("note", note));
    html! {
        div.forest {
            span.bar-label { (outcome.campaign) }
            @match (axis, outcome.lift) {
                (Some(axis), Some(lift)) => (interval(outcome, axis, lift)),
                _ => span.soft.why { (why.as_deref().unwrap_or_default()) },
            }
            span.bar-value {
                (maybe(outcome.lift, |lift| w.difference(lift, points)))
                span class={ "verdict " (outcome.verdict) } { (w.code("verdict", &outcome.verdict)) }
                @if outcome.lift.is_some() {
                    @if let Some(why) = &why { span.soft { (why) } }
                }
            }
        }
    }
}

fn interval(outcome: &Outcome, axis: &Axis, lift: f64) -> Markup {
    let at = |value: f64| percent(place(axis, value));
    let middle = LINE / 2;
    let class = if outcome.verdict == "causal" { "dot" } else { "dot open" };
    html! {
        svg.strip width="100%" height=(LINE) aria-hidden="true" focusable="false" {
            line.zero x1=(at(0.0)) x2=(at(0.0)) y1="0" y2=(LINE) {}
            @if let (Some(low), Some(high)) = (outcome.ci_low, outcome.ci_high) {
                line.whisker x1=(at(low)) x2=(at(high)) y1=(middle) y2=(middle) {}
                line.whisker x1=(at(low)) x2=(at(low)) y1=(middle - 4) y2=(middle + 4) {}
                line.whisker x1=(at(high)) x2=(at(high)) y1=(middle - 4) y2=(middle + 4) {}
            }
            circle class=(class) cx=(at(lift)) cy=(middle) r="5" {}
        }
    }
}

fn columns(w: &Words, is_money: bool) -> Vec<String> {
    let mut keys = vec![
        "campaign",
        "lift.treatment",
        "lift.control",
        "lift.excluded",
        "lift.mean_treatment",
        "lift.mean_control",
        "lift",
        "lift.interval",
        "lift.verdict",
        "lift.srm",
    ];
    if is_money {
        keys.push("lift.total");
    }
    head(w, &keys)
}

fn rows(
    effect: &Effect,
    w: &Words,
    k: u32,
    points: Points,
    level: impl Fn(f64) -> String,
) -> Vec<Vec<Cell>> {
    let span = |ends: Option<(f64, f64)>, word: &dyn Fn(f64) -> String| {
        ends.map_or_else(
            || super::parts::NOTHING.to_owned(),
            |(low, high)| w.fill("interval", &[&word(low), &word(high)]),
        )
    };
    let difference = |value: f64| w.difference(value, points);
    effect
        .campaigns
        .iter()
        .map(|outcome| {
            let why = outcome.note.as_deref().map(|note| format!(": {}", w.code("note", note)));
            let verdict = w.code("verdict", &outcome.verdict) + &why.unwrap_or_default();
            let mut row = vec![
                text(outcome.campaign.as_str()),
                number(count(w, outcome.treatment, k)),
                number(count(w, outcome.control, k)),
                number(count(w, outcome.excluded, k)),
                number(maybe(outcome.mean_treatment, &level)),
                number(maybe(outcome.mean_control, &level)),
                number(maybe(outcome.lift, difference)),
                number(span(outcome.ci_low.zip(outcome.ci_high), &difference)),
                text(verdict),
                number(maybe(outcome.srm_p, |p| w.number(p, 3))),
            ];
            if points == Points::Money {
                let total = maybe(outcome.total_lift, |total| w.money(total));
                let ends = outcome.total_low.zip(outcome.total_high);
                let ends = ends.map(|_| span(ends, &|end| w.money(end)));
                row.push(number(ends.map_or(total.clone(), |ends| format!("{total} ({ends})"))));
            }
            row
        })
        .collect()
}

//! Segments: matrix, cards, RFM.

use maud::{Markup, html};

use super::parts::{
    Cell, Stretch, count, details, figure, head, hot, legend, maybe, nothing, number, percent,
    strip, table, text,
};
use crate::language::{Language, Words};
use crate::model::{Feature, Matrix, Report, Segment, SegmentReason, SegmentRule};

/// Index that fills half of its bar to the end: three times the mean of all.
const INDEX_MAX: f64 = 300.0;

/// Who is alike, by worth and by need.
pub(super) fn segments(report: &Report, w: &Words) -> Markup {
    let segments = &report.segments;
    if segments.is_empty() {
        return nothing(w.say("segments.none"));
    }
    let k = report.smallest_group;
    html! {
        p { (w.say("segments.lede")) }
        @if let Some(found) = &segments.matrix { (matrix(found, w, k)) }
        @for (title, segments) in [("segments.value", &segments.value), ("segments.need", &segments.need)] {
            @if !segments.is_empty() {
                h3 { (w.say(title)) }
                (shares(w, segments, k))
                div.cards { @for segment in segments { (card(segment, w, k)) } }
            }
        }
        @if !segments.rfm.is_empty() {
            h3 { (w.say("segments.rfm")) }
            p { (w.say("segments.rfm.lede")) }
            (shares(w, &segments.rfm, k))
        }
        @if !segments.news.is_empty() {
            h3 { (w.say("segments.news")) }
            (news(report, w))
        }
        @if !segments.quality.is_empty() {
            (quality(report, w))
        }
    }
}

fn matrix(matrix: &Matrix, w: &Words, k: u32) -> Markup {
    let most = matrix.most.max(1) as f64;
    let columns: Vec<String> = std::iter::once(w.say("matrix.corner").to_owned())
        .chain(matrix.need_segments.iter().map(|name| w.segment(name)))
        .collect();
    let rows: Vec<Vec<Cell>> = matrix
        .value_segments
        .iter()
        .zip(&matrix.cells)
        .map(|(name, cells)| {
            let heat = |cell: &crate::model::Cell| {
                // A square root: areas of the eye, so that small cells still differ.
                let strength = cell.customers.exact().map_or(0.0, |n| (n as f64 / most).sqrt());
                hot(count(w, cell.customers, k), strength)
            };
            std::iter::once(text(w.segment(name))).chain(cells.iter().map(heat)).collect()
        })
        .collect();
    let money: Vec<Vec<Cell>> = matrix
        .value_segments
        .iter()
        .zip(&matrix.cells)
        .map(|(name, cells)| {
            let amounts = cells.iter().map(|cell| number(maybe(cell.net_amount, |v| w.money(v))));
            std::iter::once(text(w.segment(name))).chain(amounts).collect()
        })
        .collect();
    html! {
        h3 { (w.say("matrix")) }
        (table(w.say("matrix.caption"), &columns, &rows))
        (details(w, w.say("matrix.money"), &columns, &money))
    }
}

/// Each segment's share of parties beside its share of money.
fn shares(w: &Words, segments: &[Segment], k: u32) -> Markup {
    let caption = w.say("segments.shares");
    let most = segments
        .iter()
        .flat_map(|segment| [segment.customer_share, segment.net_amount_share])
        .flatten()
        .fold(f64::MIN_POSITIVE, f64::max);
    let rows: Vec<Vec<Cell>> = segments
        .iter()
        .map(|segment| {
            vec![
                text(w.segment(&segment.name)),
                number(count(w, segment.customers, k)),
                number(maybe(segment.customer_share, |share| w.percent(share))),
                number(maybe(segment.net_amount, |v| w.money(v))),
                number(maybe(segment.net_amount_share, |share| w.percent(share))),
            ]
        })
        .collect();
    let length = |share: Option<f64>| share.map_or(0.0, |share| share.max(0.0) / most);
    let body = html! {
        (legend(&[("accent", w.say("share.money")), ("quiet", w.say("share.parties"))]))
        @for segment in segments {
            div.bar.double {
                span.bar-label { (w.segment(&segment.name)) }
                div.pair {
                    (strip(&[(0.0, length(segment.net_amount_share), "accent")]))
                    (strip(&[(0.0, length(segment.customer_share), "quiet")]))
                }
                span.bar-value {
                    (maybe(segment.net_amount_share, |share| w.percent(share)))
                    br;
                    span.soft { (maybe(segment.customer_share, |share| w.percent(share))) }
                }
            }
        }
    };
    let columns = head(w, &["segment", "parties", "share.parties", "net_sales", "share.money"]);
    figure(caption, &body, &details(w, caption, &columns, &rows))
}

fn card(segment: &Segment, w: &Words, k: u32) -> Markup {
    let description = match w.language {
        Language::English => segment.description_en.as_deref(),
        Language::Spanish => segment.description_es.as_deref(),
    };
    html! {
        article.card {
            h4 { (w.segment(&segment.name)) }
            p.card-size {
                (w.fill("card.size", &[&count(w, segment.customers, k)]))
                @if let Some(share) = segment.customer_share { " · " (w.percent(share)) }
            }
            @if let Some(description) = description { p.card-text { (description) } }
            @if !segment.features.is_empty() {
                p.card-note { (w.say("card.index")) }
                @for feature in &segment.features { (feature_bar(feature, w)) }
                @if !segment.reasons.is_empty() { p.card-note { (reasons(segment, w)) } }
                @for rule in &segment.rules { p.card-note { (rule_text(rule, w)) } }
            } @else if !segment.customers.is_told() {
                p.card-note { (w.say("card.small")) }
            }
        }
    }
}

/// What puts customers into the segment, in one sentence.
fn reasons(segment: &Segment, w: &Words) -> String {
    let reason = |reason: &SegmentReason| {
        let side = w.code("side", &reason.side);
        format!("{} {side} ({})", w.feature(&reason.feature), w.percent(reason.customer_share))
    };
    let told: Vec<String> = segment.reasons.iter().map(reason).collect();
    w.fill("card.reasons", &[&told.join(" · ")])
}

fn rule_text(rule: &SegmentRule, w: &Words) -> String {
    w.fill(
        "card.rule",
        &[&w.conditions(&rule.conditions), &w.percent(rule.precision), &w.percent(rule.coverage)],
    )
}

fn feature_bar(feature: &Feature, w: &Words) -> Markup {
    html! {
        div.bar {
            span.bar-label { (w.feature(&feature.name)) }
            svg.strip width="100%" height="14" aria-hidden="true" focusable="false" {
                rect.ground width="100%" height="14" rx="3" {}
                @if let Some((from, length, class)) = feature.index.map(index_stretch) {
                    rect class=(class) x=(percent(from)) width=(percent(length)) height="14" {}
                }
                line.middle x1="50%" x2="50%" y1="0" y2="14" {}
            }
            span.bar-value { (maybe(feature.index, |index| w.number(index, 0))) }
        }
    }
}

/// From the middle, 100, to the left for less and to the right for more.
fn index_stretch(index: f64) -> Stretch {
    if index >= 100.0 {
        (0.5, ((index - 100.0) / (INDEX_MAX - 100.0)).min(1.0) / 2.0, "accent")
    } else {
        let length = ((100.0 - index) / 100.0).clamp(0.0, 1.0) / 2.0;
        (0.5 - length, length, "less")
    }
}

fn news(report: &Report, w: &Words) -> Markup {
    let rows: Vec<Vec<Cell>> = report
        .segments
        .news
        .iter()
        .map(|news| {
            let before = news.previous.as_deref().map(|name| w.segment(name));
            vec![
                text(format!("{} · {}", w.code("axis", &news.axis), w.segment(&news.segment))),
                text(w.code("event", &news.event)),
                text(before.unwrap_or_default()),
            ]
        })
        .collect();
    let columns = head(w, &["segment", "segments.event", "segments.before"]);
    table(w.say("segments.news"), &columns, &rows)
}

fn quality(report: &Report, w: &Words) -> Markup {
    let rows: Vec<Vec<Cell>> = report
        .segments
        .quality
        .iter()
        .map(|quality| {
            vec![
                text({
                    let axis = w.code("axis", &quality.axis);
                    let metric = w.code("metric", &quality.metric);
                    let segment = quality.segment.as_deref().map(|name| w.segment(name));
                    segment.into_iter().fold(format!("{axis} · {metric}"), |text, name| {
                        format!("{text} · {name}")
                    })
                }),
                number(maybe(quality.value, |value| {
                    let decimals = if value.fract() == 0.0 { 0 } else { 3 };
                    w.number(value, decimals)
                })),
                text(quality.note.as_deref().map_or_else(String::new, |note| w.told(note))),
            ]
        })
        .collect();
    details(w, w.say("quality"), &head(w, &["metric", "value", "note"]), &rows)
}

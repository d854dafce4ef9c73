//! How well persons are recognised.

use maud::{Markup, html};

use super::night::tile;
use super::parts::{
    Cell, bar, count, details, figure, head, legend, maybe, nothing, number, percent, table, text,
};
use crate::language::Words;
use crate::model::{Evaluation, Expected, Identity, Report, SizeGroup};

/// Height of the histogram, in pixels.
const HEIGHT: f64 = 180.0;

/// What the night expects of its identities, and what labels say of them.
pub(super) fn identity(report: &Report, w: &Words) -> Markup {
    let identity = &report.identity;
    if identity.sizes.is_empty() && identity.quarantine.is_empty() && identity.evaluation.is_none()
    {
        return nothing(w.say("identity.none"));
    }
    html! {
        @match &identity.expected {
            Some(expected) => (compared(expected, w)),
            None => p { (w.say("identity.identifiers")) },
        }
        (weights(identity, w))
        (sizes(&identity.sizes, w, report.smallest_group))
        (evaluation(identity.evaluation.as_ref(), w, report.smallest_group))
        div.columns {
            (quarantine(identity, w))
            (decisions(identity, w))
        }
        (reviews(identity, w, report.smallest_group))
    }
}

fn compared(expected: &Expected, w: &Words) -> Markup {
    let whole = |value: Option<f64>| maybe(value, |value| w.number(value, 0));
    let share = |value: Option<f64>| maybe(value, |value| w.percent(value));
    html! {
        p {
            (w.fill("identity.lede", &[
                &whole(expected.records),
                &whole(expected.people),
                &whole(expected.pairs),
                &whole(expected.households),
            ]))
        }
        div.tiles.small {
            (tile(w.say("identity.precision"), &share(expected.precision), Some(w.say("identity.precision.note")), expected.precision))
            (tile(w.say("identity.recall"), &share(expected.recall), Some(w.say("identity.recall.note")), expected.recall))
            (tile(w.say("identity.blocking"), &share(expected.blocking_recall), Some(w.say("identity.blocking.note")), expected.blocking_recall))
            (tile(w.say("identity.drift"), &maybe(expected.drift, |v| w.number(v, 3)), Some(w.say("identity.drift.note")), None))
        }
    }
}

/// Pairs by weight: a column a bit, its height by the logarithm of its pairs.
fn weights(identity: &Identity, w: &Words) -> Markup {
    let bins = &identity.weights;
    let (Some(first), Some(last)) = (bins.first(), bins.last()) else { return html! {} };
    let n_bins = bins.len() as f64;
    let height = |pairs: i64| (1.0 + pairs as f64).ln();
    let most = bins.iter().map(|bin| height(bin.pairs)).fold(1.0, f64::max);
    let across = |bits: f64| (bits - first.from_bits as f64) / n_bins;
    let column = |bits: i64, pairs: i64, class: &'static str| {
        let tall = HEIGHT * height(pairs) / most;
        html! {
            @if pairs > 0 {
                rect class=(class) x=(percent(across(bits as f64))) width=(percent(0.9 / n_bins))
                    y=(format!("{:.1}", HEIGHT - tall)) height=(format!("{tall:.1}")) {}
            }
        }
    };
    let least_weight = identity.expected.as_ref().and_then(|expected| expected.least_weight);
    let threshold = least_weight.map(across).filter(|at| (0.0..=1.0).contains(at));
    let body = html! {
        (legend(&[("less", w.say("identity.weights.pairs")), ("accent", w.say("identity.weights.linked"))]))
        svg.plot width="100%" height=(HEIGHT) aria-hidden="true" focusable="false" {
            rect.ground width="100%" height=(HEIGHT) {}
            @for bin in bins {
                (column(bin.from_bits, bin.pairs, "less"))
                (column(bin.from_bits, bin.linked.unwrap_or(0), "accent"))
            }
            @if let Some(at) = threshold {
                line.zero x1=(percent(at)) x2=(percent(at)) y1="0" y2=(HEIGHT) {}
            }
        }
        div.ticks aria-hidden="true" {
            span.start style="left:0%" { (w.number(first.from_bits as f64, 0)) }
            @if let (Some(at), Some(least)) = (threshold, least_weight) {
                span style=(format!("left:{}", percent(at))) {
                    (w.fill("identity.weights.threshold", &[&w.number(least, if least.fract() == 0.0 { 0 } else { 2 })]))
                }
            }
            span.end style="left:100%" { (w.number(last.from_bits as f64, 0)) }
        }
    };
    let rows: Vec<Vec<Cell>> = bins
        .iter()
        .map(|bin| {
            vec![
                text(w.number(bin.from_bits as f64, 0)),
                number(w.count(bin.pairs)),
                number(maybe(bin.linked.map(|n| n as f64), |n| w.number(n, 0))),
            ]
        })
        .collect();
    let caption = w.say("identity.weights");
    let columns =
        head(w, &["identity.weights.bits", "identity.weights.pairs", "identity.weights.linked"]);
    figure(caption, &body, &details(w, caption, &columns, &rows))
}

fn sizes(sizes: &[SizeGroup], w: &Words, k: u32) -> Markup {
    if sizes.is_empty() {
        return html! {};
    }
    let told = |group: &SizeGroup| group.customers.exact().unwrap_or(0) as f64;
    // By the logarithm: most customers have one record, and the large ones matter.
    let most = sizes.iter().map(|group| (1.0 + told(group)).ln()).fold(1.0, f64::max);
    let label = |group: &SizeGroup| match group.most {
        Some(most) if most == group.least => w.count(most),
        Some(most) => w.fill("identity.sizes.range", &[&w.count(group.least), &w.count(most)]),
        None => w.fill("identity.sizes.from", &[&w.count(group.least)]),
    };
    let rows: Vec<Vec<Cell>> = sizes
        .iter()
        .map(|group| vec![text(label(group)), number(count(w, group.customers, k))])
        .collect();
    let body = html! {
        @for group in sizes {
            (bar(
                &label(group),
                &[(0.0, (1.0 + told(group)).ln() / most, "accent")],
                &count(w, group.customers, k),
            ))
        }
    };
    let caption = w.say("identity.sizes");
    let columns = head(w, &["identity.sizes.records", "parties"]);
    figure(caption, &body, &details(w, caption, &columns, &rows))
}

fn evaluation(evaluation: Option<&Evaluation>, w: &Words, k: u32) -> Markup {
    let Some(evaluation) = evaluation else { return html! {} };
    let whole = |value: Option<f64>| maybe(value, |value| w.number(value, 0));
    let share = |value: Option<f64>| maybe(value, |value| w.percent(value));
    let rows: Vec<Vec<Cell>> = evaluation
        .measures
        .iter()
        .map(|measure| {
            vec![
                text(w.code("accuracy", &measure.measure)),
                number(share(measure.precision)),
                number(share(measure.recall)),
                number(share(measure.f1)),
            ]
        })
        .collect();
    let body = html! {
        (legend(&[("less", w.say("accuracy.precision")), ("accent", w.say("accuracy.recall"))]))
        @for measure in &evaluation.measures {
            div.bar.double {
                span.bar-label { (w.code("accuracy", &measure.measure)) }
                div.pair {
                    @for (share, class) in [(measure.precision, "less"), (measure.recall, "accent")] {
                        svg.strip width="100%" height="8" aria-hidden="true" focusable="false" {
                            rect.ground width="100%" height="8" rx="2" {}
                            @if let Some(share) = share.filter(|share| *share > 0.0) {
                                rect class=(class) width=(percent(share)) height="8" rx="2" {}
                            }
                        }
                    }
                }
                span.bar-value { (w.fill("accuracy.f1_of", &[&share(measure.f1)])) }
            }
        }
    };
    let caption = w.say("accuracy.caption");
    let columns =
        head(w, &["accuracy.measure", "accuracy.precision", "accuracy.recall", "accuracy.f1"]);
    html! {
        h3 { (w.say("accuracy")) }
        p {
            (w.fill("accuracy.lede", &[
                &whole(evaluation.references),
                &whole(evaluation.people),
                &whole(evaluation.customers),
                &count(w, evaluation.over_merged, k),
                &count(w, evaluation.split, k),
            ]))
        }
        (figure(caption, &body, &table(caption, &columns, &rows)))
        p.soft {
            (w.fill("accuracy.left_out", &[&whole(evaluation.unknown), &whole(evaluation.contradicting)]))
        }
    }
}

fn quarantine(identity: &Identity, w: &Words) -> Markup {
    let listed = &identity.quarantine;
    if listed.is_empty() {
        return html! {};
    }
    let most = listed.iter().map(|one| one.identifiers).max().unwrap_or(1).max(1) as f64;
    let big = |n: u64| w.count(i64::try_from(n).unwrap_or(i64::MAX));
    let rows: Vec<Vec<Cell>> = listed
        .iter()
        .map(|one| {
            vec![
                text(w.code("identifier", &one.kind)),
                text(w.code("quarantine", &one.reason)),
                number(big(one.identifiers)),
            ]
        })
        .collect();
    let body = html! {
        p { (w.say("quarantine.lede")) }
        @for one in listed {
            @let name = format!("{} · {}", w.code("identifier", &one.kind), w.code("quarantine", &one.reason));
            (bar(&name, &[(0.0, one.identifiers as f64 / most, "rejected")], &big(one.identifiers)))
        }
    };
    let caption = w.say("quarantine");
    let columns = head(w, &["quarantine.kind", "quarantine.reason", "quarantine.n"]);
    figure(caption, &body, &details(w, caption, &columns, &rows))
}

fn decisions(identity: &Identity, w: &Words) -> Markup {
    if identity.decisions.is_empty() {
        return html! {};
    }
    let rows: Vec<Vec<Cell>> = identity
        .decisions
        .iter()
        .map(|one| {
            vec![
                text(w.code("link_decision", &one.decision)),
                text(w.code("link_outcome", &one.outcome)),
                number(w.count(i64::try_from(one.pairs).unwrap_or(i64::MAX))),
            ]
        })
        .collect();
    let caption = w.say("identity.decisions");
    table(caption, &head(w, &["decision", "identity.outcome", "identity.pairs"]), &rows)
}

fn reviews(identity: &Identity, w: &Words, k: u32) -> Markup {
    let rows: Vec<Vec<Cell>> = identity
        .reviews
        .iter()
        .map(|review| {
            vec![text(w.code("review", &review.reason)), number(count(w, review.customers, k))]
        })
        .collect();
    let pairs = w.count(i64::try_from(identity.clerical_pairs).unwrap_or(i64::MAX));
    html! {
        @if identity.clerical_pairs > 0 { p { (w.fill("identity.clerical", &[&pairs])) } }
        @if !rows.is_empty() {
            (table(w.say("identity.reviews"), &head(w, &["reason", "parties"]), &rows))
        }
    }
}

//! Loyalty levels, lifecycle states, concentration and targets.

use maud::{Markup, html};

use super::parts::{Cell, bar, count, details, figure, head, maybe, nothing, number, table, text};
use crate::language::Words;
use crate::model::{LorenzPoint, LoyaltyGroup, Report};

/// Who is loyal, how money is spread, and in whom to invest.
pub(super) fn portfolio(report: &Report, w: &Words) -> Markup {
    let found = &report.portfolio;
    if found.levels.is_empty() && found.targets.is_empty() {
        return nothing(w.say("portfolio.none"));
    }
    let k = report.smallest_group;
    html! {
        p { (w.say("portfolio.lede")) }
        (groups("portfolio.levels", "loyalty_level", &found.levels, w, k))
        (groups("portfolio.states", "lifecycle", &found.states, w, k))
        @if !found.lorenz.is_empty() { (lorenz(&found.lorenz, w)) }
        (figures(report, w))
        @if !found.targets.is_empty() { (targets(report, w)) }
    }
}

fn groups(caption: &'static str, kind: &str, groups: &[LoyaltyGroup], w: &Words, k: u32) -> Markup {
    let caption = w.say(caption);
    let most = groups.iter().filter_map(|group| group.share).fold(f64::MIN_POSITIVE, f64::max);
    let rows: Vec<Vec<Cell>> = groups
        .iter()
        .map(|group| {
            vec![
                text(w.code(kind, &group.name)),
                number(count(w, group.parties, k)),
                number(maybe(group.share, |share| w.percent(share))),
                number(maybe(group.net_amount, |amount| w.money(amount))),
            ]
        })
        .collect();
    let body = html! {
        @for group in groups {
            (bar(
                &w.code(kind, &group.name),
                &[(0.0, group.share.unwrap_or(0.0) / most, "accent")],
                &maybe(group.share, |share| w.percent(share)),
            ))
        }
    };
    let columns = head(w, &["group", "parties", "share.parties", "net_sales"]);
    figure(caption, &body, &details(w, caption, &columns, &rows))
}

/// The curve below the diagonal of equal shares.
fn lorenz(points: &[LorenzPoint], w: &Words) -> Markup {
    let caption = w.say("portfolio.lorenz");
    let corner = |point: &LorenzPoint| {
        let (x, y) = (100.0 * point.customer_share, 100.0 - 100.0 * point.value_share);
        format!("{x:.2},{y:.2}")
    };
    let path = points.iter().map(corner).collect::<Vec<_>>().join(" ");
    let rows: Vec<Vec<Cell>> = points
        .iter()
        .map(|point| {
            vec![text(w.percent(point.customer_share)), number(w.percent(point.value_share))]
        })
        .collect();
    let body = html! {
        p.soft { (w.say("portfolio.lorenz.note")) }
        svg.lorenz viewBox="0 0 100 100" width="100%" height="240" preserveAspectRatio="none" role="img" aria-label=(caption) {
            rect.ground width="100" height="100" {}
            line.lorenz-equal x1="0" y1="100" x2="100" y2="0" vector-effect="non-scaling-stroke" {}
            polyline.lorenz-curve points=(path) vector-effect="non-scaling-stroke" {}
        }
    };
    let columns = head(w, &["share.customers_poorest", "share.money"]);
    figure(caption, &body, &details(w, caption, &columns, &rows))
}

fn figures(report: &Report, w: &Words) -> Markup {
    let rows: Vec<Vec<Cell>> = report
        .portfolio
        .figures
        .iter()
        .map(|figure| {
            let value = maybe(figure.value, |value| match figure.name.as_str() {
                "gini" | "mean_mutual_loyalty" => w.number(value, 2),
                "mentions_per_1000_customers" => w.number(value, 0),
                _ => w.percent(value),
            });
            let note = figure.reason.as_deref().map(|reason| w.code("portfolio_reason", reason));
            vec![
                text(w.code("portfolio_figure", &figure.name)),
                number(value),
                text(note.unwrap_or_default()),
            ]
        })
        .collect();
    table(w.say("portfolio.figures"), &head(w, &["figure", "value", "note"]), &rows)
}

fn targets(report: &Report, w: &Words) -> Markup {
    let k = report.smallest_group;
    let rows: Vec<Vec<Cell>> = report
        .portfolio
        .targets
        .iter()
        .map(|target| {
            vec![
                text(format!("{} · {}", w.code("axis", &target.axis), w.segment(&target.segment))),
                number(count(w, target.parties, k)),
                number(maybe(target.score, |score| w.number(score, 2))),
                number(maybe(target.value, |value| w.money(value))),
                number(maybe(target.growth, |growth| w.change(growth))),
                number(maybe(target.reachable_share, |share| w.percent(share))),
                text(w.code("target", &target.reason)),
            ]
        })
        .collect();
    let columns = head(
        w,
        &[
            "segment",
            "parties",
            "target.score",
            "target.value",
            "target.growth",
            "target.reach",
            "target.chosen_column",
        ],
    );
    html! {
        h3 { (w.say("portfolio.targets")) }
        p { (w.say("portfolio.targets.lede")) }
        (table(w.say("portfolio.targets"), &columns, &rows))
    }
}

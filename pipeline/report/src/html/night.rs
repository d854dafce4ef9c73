//! Headline, feeds and parties.

use maud::{Markup, html};

use super::parts::{
    Cell, bar, details, figure, head, legend, maybe, nothing, number, strip, table, text,
};
use crate::language::Words;
use crate::model::{Feed, Goal, Part, Report};

/// The night on one screen.
pub(super) fn headline(report: &Report, w: &Words) -> Markup {
    let value = |kpi: &str| report.value(kpi);
    let whole = |value: f64| w.number(value, 0);
    let change = value("net_sales_change").map(|change| {
        w.fill(
            "tile.sales.note",
            &[&maybe(value("net_sales_90"), |v| w.money(v)), &w.change(change)],
        )
    });
    let active = value("active_customers_90")
        .map(|n| w.fill("tile.customers.note", &[&whole(n), &maybe(value("prospects"), whole)]));
    let contacts = &report.contacts;
    let held = w.fill("tile.contacts.note", &[&w.count(contacts.control), &w.count(contacts.none)]);
    let total = report.offers.total.as_ref();
    let reserved = total.map(|offer| match offer.budget {
        Some(budget) => {
            w.fill("tile.value.note", &[&w.money(offer.reserved_cost), &w.money(budget)])
        }
        None => w.fill("tile.value.note.no_budget", &[&w.money(offer.reserved_cost)]),
    });
    let budget_use = total.and_then(|offer| offer.budget_use);
    html! {
        div.tiles {
            (tile(w.say("tile.sales"), &maybe(value("net_sales"), |v| w.money(v)), change.as_deref(), None))
            (tile(w.say("tile.customers"), &maybe(value("customers"), whole), active.as_deref(), None))
            (tile(w.say("tile.contacts"), &w.count(contacts.contact), Some(&held), None))
            (tile(
                w.say("tile.offers"),
                &total.map_or_else(|| super::parts::NOTHING.to_owned(), |offer| w.count(offer.assigned)),
                Some(w.say("tile.offers.note")),
                None,
            ))
            (tile(
                w.say("tile.value"),
                &maybe(total.map(|offer| offer.expected_value), |v| w.money(v)),
                reserved.as_deref(),
                budget_use,
            ))
        }
        h3 { (w.say("goals")) }
        @if report.goals.is_empty() {
            (nothing(w.say("goals.none")))
        } @else {
            ul.goals { @for goal in &report.goals { (goal_line(goal, w)) } }
        }
    }
}

/// One figure of a row of them: name, value, what it is of, a bar.
pub(super) fn tile(name: &str, value: &str, note: Option<&str>, filled: Option<f64>) -> Markup {
    html! {
        div.tile {
            p.tile-name { (name) }
            p.tile-value { (value) }
            @if let Some(filled) = filled { (strip(&[(0.0, filled.min(1.0), "accent")])) }
            @if let Some(note) = note { p.tile-note { (note) } }
        }
    }
}

fn goal_line(goal: &Goal, w: &Words) -> Markup {
    let figure = |value: f64| w.figure(value, &goal.unit);
    let aim = w.fill(
        if goal.direction == "at_least" { "goal.at_least" } else { "goal.at_most" },
        &[&figure(goal.target)],
    );
    let interval = goal.ci_low.zip(goal.ci_high);
    html! {
        li.goal {
            div {
                p.goal-name {
                    (w.code("kpi", &goal.kpi))
                    @if goal.segment != "(all)" { " · " (w.segment(&goal.segment)) }
                }
                p.goal-aim {
                    (aim)
                    @if let Some(due) = goal.due_day { " · " (w.fill("goal.due", &[&w.day(due)])) }
                }
            }
            div.goal-now {
                p.goal-value { (maybe(goal.value, figure)) }
                @if let Some((low, high)) = interval {
                    p.goal-aim { (w.fill("interval", &[&figure(low), &figure(high)])) }
                }
            }
            div.goal-way {
                @if let Some(attained) = goal.attained {
                    (strip(&[(0.0, attained.clamp(0.0, 1.0), "accent")]))
                    p.goal-aim { (w.fill("goal.attained", &[&w.percent(attained)])) }
                }
            }
            p class={ "verdict " (goal.verdict) } { (w.code("verdict", &goal.verdict)) }
        }
    }
}

/// What happened to the rows.
pub(super) fn feeds(report: &Report, w: &Words) -> Markup {
    if report.feeds.is_empty() {
        return nothing(w.say("feeds.none"));
    }
    let caption = w.say("feeds.rows");
    let rows: Vec<Vec<Cell>> = report
        .feeds
        .iter()
        .map(|feed| {
            let parts = [
                feed.read,
                feed.used,
                feed.unattributed,
                feed.duplicate,
                feed.rejected,
                feed.after_date,
                feed.erased,
            ];
            let sums = w.say(if feed.is_whole { "feeds.whole" } else { "feeds.not_whole" });
            std::iter::once(text(w.code("feed", &feed.name)))
                .chain(parts.map(|n| number(w.count(n))))
                .chain([text(sums)])
                .collect()
        })
        .collect();
    let columns = [
        "feeds.feed",
        "outcome.read",
        "outcome.used",
        "outcome.unattributed",
        "outcome.duplicate",
        "outcome.rejected",
        "outcome.after_date",
        "outcome.erased",
        "feeds.sum",
    ];
    html! {
        p { (w.say("feeds.lede")) }
        (figure(caption, &feed_bars(&report.feeds, w), &table(caption, &head(w, &columns), &rows)))
        (feed_money(&report.feeds, w))
        h3 { (w.say("rejects")) }
        @if report.rejects.is_empty() {
            (nothing(w.say("rejects.none")))
        } @else {
            (rejects(report, w))
        }
    }
}

fn feed_bars(feeds: &[Feed], w: &Words) -> Markup {
    html! {
        (legend(&[
            ("used", w.say("outcome.used")),
            ("unattributed", w.say("outcome.unattributed")),
            ("duplicate", w.say("outcome.duplicate")),
            ("rejected", w.say("outcome.rejected")),
            ("after", w.say("outcome.after_date")),
            ("erased", w.say("outcome.erased")),
        ]))
        @for feed in feeds {
            @let parts = [
                (feed.used, "used"),
                (feed.unattributed, "unattributed"),
                (feed.duplicate, "duplicate"),
                (feed.rejected, "rejected"),
                (feed.after_date, "after"),
                (feed.erased, "erased"),
            ];
            @let read = feed.read.max(1) as f64;
            @let stretches: Vec<_> = parts
                .iter()
                .scan(0, |from, (n, class)| {
                    let start = *from;
                    *from += n;
                    Some((start as f64 / read, *n as f64 / read, *class))
                })
                .collect();
            (bar(&w.code("feed", &feed.name), &stretches, &w.count(feed.read)))
        }
    }
}

fn feed_money(feeds: &[Feed], w: &Words) -> Markup {
    let rows: Vec<Vec<Cell>> = feeds
        .iter()
        .filter_map(|feed| {
            let money = feed.money.as_ref()?;
            let parts = [
                money.read,
                money.used,
                money.unattributed,
                money.duplicate,
                money.rejected,
                money.after_date,
                money.erased,
            ];
            let row = std::iter::once(text(w.code("feed", &feed.name)));
            Some(row.chain(parts.map(|amount| number(w.money(amount)))).collect())
        })
        .collect();
    let columns = [
        "feeds.feed",
        "outcome.read",
        "outcome.used",
        "outcome.unattributed",
        "outcome.duplicate",
        "outcome.rejected",
        "outcome.after_date",
        "outcome.erased",
    ];
    html! {
        @if !rows.is_empty() { (table(w.say("feeds.money"), &head(w, &columns), &rows)) }
    }
}

fn rejects(report: &Report, w: &Words) -> Markup {
    let most = report.rejects.iter().map(|reject| reject.rows).max().unwrap_or(1).max(1) as f64;
    let name = |feed: &str, reason: &str| {
        format!("{} · {}", w.code("feed", feed), w.code("reject", reason))
    };
    let rows: Vec<Vec<Cell>> = report
        .rejects
        .iter()
        .map(|reject| {
            let n = number(w.count(i64::try_from(reject.rows).unwrap_or(i64::MAX)));
            vec![text(w.code("feed", &reject.feed)), text(w.code("reject", &reject.reason)), n]
        })
        .collect();
    let caption = w.say("rejects.caption");
    let body = html! {
        @for reject in report.rejects.iter().take(12) {
            (bar(
                &name(&reject.feed, &reject.reason),
                &[(0.0, reject.rows as f64 / most, "rejected")],
                &w.count(i64::try_from(reject.rows).unwrap_or(i64::MAX)),
            ))
        }
    };
    let columns = head(w, &["feeds.feed", "rejects.reason", "rows"]);
    figure(caption, &body, &details(w, caption, &columns, &rows))
}

/// Who is known, and what they buy.
pub(super) fn parties(report: &Report, w: &Words) -> Markup {
    let parties = &report.parties;
    let whole = |value: f64| w.number(value, 0);
    let big = |n: u64| w.count(i64::try_from(n).unwrap_or(i64::MAX));
    html! {
        div.tiles.small {
            (tile(w.say("parties.customers"), &maybe(parties.customers, whole), Some(w.say("parties.customers.note")), None))
            (tile(w.say("parties.prospects"), &maybe(parties.prospects, whole), Some(w.say("parties.prospects.note")), None))
            @if let Some(identity) = &parties.identity {
                (tile(w.say("parties.refs"), &big(identity.party_refs), Some(&w.fill("parties.refs.note", &[&big(identity.parties)])), None))
                (tile(w.say("parties.merged"), &big(identity.merged), Some(&w.fill("parties.merged.note", &[&big(identity.split), &big(identity.gone)])), None))
            }
        }
        (sales(w, w.say("sales.category"), "category", &report.categories))
        (sales(w, w.say("sales.channel"), "channel", &report.channels))
    }
}

fn sales(w: &Words, caption: &str, kind: &str, parts: &[Part]) -> Markup {
    let most = parts.iter().map(|part| part.amount).fold(0.0, f64::max);
    if most <= 0.0 {
        return html! {};
    }
    let rows: Vec<Vec<Cell>> = parts
        .iter()
        .map(|part| {
            vec![
                text(w.code(kind, &part.name)),
                number(w.money(part.amount)),
                number(maybe(part.amount_share, |share| w.percent(share))),
                number(w.count(part.lines)),
            ]
        })
        .collect();
    let body = html! {
        @for part in parts {
            (bar(
                &w.code(kind, &part.name),
                &[(0.0, part.amount / most, "accent")],
                &maybe(part.amount_share, |share| w.percent(share)),
            ))
        }
    };
    figure(
        caption,
        &body,
        &details(w, caption, &head(w, &["name", "net_sales", "share", "lines"]), &rows),
    )
}

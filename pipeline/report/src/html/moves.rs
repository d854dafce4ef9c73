//! Contacts, offers and migration.

use maud::{Markup, html};

use super::parts::{
    Cell, bar, count, details, figure, head, hot, maybe, nothing, number, percent, table, text,
};
use crate::language::Words;
use crate::model::{Migration, Offer, ReasonCount, Report};

/// What becomes of each party tonight.
pub(super) fn contacts(report: &Report, w: &Words) -> Markup {
    let contacts = &report.contacts;
    if contacts.parties == 0 {
        return nothing(w.say("contacts.none"));
    }
    let columns = head(w, &["decision", "reason", "parties"]);
    let line = |decision: &str, reason: String, n: i64| {
        vec![text(w.code("decision", decision)), text(reason), number(w.count(n))]
    };
    let mut rows: Vec<Vec<Cell>> = contacts
        .none_reasons
        .iter()
        .map(|reason| line("none", w.reason(&reason.reason), reason.parties))
        .collect();
    rows.push(line("control", w.say("contacts.control").to_owned(), contacts.control));
    for reason in &contacts.contact_reasons {
        rows.push(line("contact", w.reason(&reason.reason), reason.parties));
    }
    let caption = w.say("contacts.waterfall");
    html! {
        p { (w.fill("contacts.lede", &[&w.count(contacts.parties), &w.count(contacts.contact)])) }
        (figure(caption, &waterfall(report, w), &details(w, caption, &columns, &rows)))
        div.columns {
            (reasons(w, &contacts.contact_reasons))
            (channels(report, w))
        }
    }
}

/// From all parties down to those who are contacted.
fn waterfall(report: &Report, w: &Words) -> Markup {
    let contacts = &report.contacts;
    let all = contacts.parties.max(1) as f64;
    let control = ReasonCount { reason: String::new(), parties: contacts.control };
    let mut left = contacts.parties;
    let steps: Vec<_> = contacts
        .none_reasons
        .iter()
        .map(|reason| (w.reason(&reason.reason), reason, "less"))
        .chain([(w.say("contacts.control").to_owned(), &control, "quiet")])
        .map(|(label, reason, class)| {
            left -= reason.parties;
            let stretch = (left as f64 / all, reason.parties as f64 / all, class);
            (label, stretch, format!("\u{2212}{}", w.count(reason.parties)))
        })
        .collect();
    html! {
        (bar(w.say("contacts.all"), &[(0.0, 1.0, "quiet")], &w.count(contacts.parties)))
        @for (label, stretch, value) in steps { (bar(&label, &[stretch], &value)) }
        (bar(
            w.say("contacts.contact"),
            &[(0.0, contacts.contact as f64 / all, "accent")],
            &w.count(contacts.contact),
        ))
    }
}

fn reasons(w: &Words, reasons: &[ReasonCount]) -> Markup {
    let most = reasons.iter().map(|reason| reason.parties).max().unwrap_or(1).max(1) as f64;
    let body = html! {
        @for reason in reasons {
            (bar(
                &w.reason(&reason.reason),
                &[(0.0, reason.parties as f64 / most, "accent")],
                &w.count(reason.parties),
            ))
        }
    };
    figure(w.say("contacts.reasons"), &body, &html! {})
}

fn channels(report: &Report, w: &Words) -> Markup {
    let channels = &report.contacts.channels;
    let rows: Vec<Vec<Cell>> = channels
        .iter()
        .map(|channel| {
            vec![
                text(w.code("channel", &channel.channel)),
                number(w.count(channel.contact)),
                number(maybe(channel.contact_share, |share| w.percent(share))),
                number(w.count(channel.control)),
            ]
        })
        .collect();
    let body = html! {
        @for channel in channels {
            (bar(
                &w.code("channel", &channel.channel),
                &[(0.0, channel.contact_share.unwrap_or(0.0), "accent")],
                &maybe(channel.contact_share, |share| w.percent(share)),
            ))
        }
    };
    let caption = w.say("contacts.channels");
    let columns = head(w, &["channel", "decision.contact", "share", "decision.control"]);
    figure(caption, &body, &details(w, caption, &columns, &rows))
}

/// What the offers use of what they may.
pub(super) fn offers(report: &Report, w: &Words) -> Markup {
    let offers = &report.offers;
    if offers.list.is_empty() && offers.total.is_none() {
        return nothing(w.say("offers.none"));
    }
    let row = |offer: &Offer, name: &str| {
        vec![
            text(name),
            number(w.count(offer.assigned)),
            number(offer.stock.map_or_else(|| w.say("unlimited").to_owned(), |n| w.count(n))),
            number(maybe(offer.stock_use, |share| w.percent(share))),
            number(w.money(offer.reserved_cost)),
            number(maybe(offer.budget, |v| w.money(v))),
            number(w.money(offer.expected_value)),
            number(maybe(offer.shadow_price, |v| w.money(v))),
        ]
    };
    let columns = head(
        w,
        &[
            "offer",
            "offers.assigned",
            "offers.stock",
            "offers.use",
            "kpi.reserved_cost",
            "offers.budget",
            "kpi.expected_value",
            "offers.shadow",
        ],
    );
    let rows: Vec<Vec<Cell>> = offers
        .total
        .iter()
        .map(|offer| row(offer, w.say("offers.total")))
        .chain(offers.list.iter().map(|offer| row(offer, &offer.name)))
        .collect();
    let most = offers.list.iter().map(|offer| offer.assigned).max().unwrap_or(1).max(1) as f64;
    let body = html! {
        @if let Some(total) = &offers.total {
            @if let (Some(share), Some(budget)) = (total.budget_use, total.budget) {
                (bar(w.say("offers.budget"), &[(0.0, share.min(1.0), "accent")], &w.percent(share)))
                p.soft { (w.fill("tile.value.note", &[&w.money(total.reserved_cost), &w.money(budget)])) }
            }
        }
        @for offer in offers.list.iter().filter(|offer| offer.assigned > 0).take(16) {
            (bar(&offer.name, &[(0.0, offer.assigned as f64 / most, "accent")], &w.count(offer.assigned)))
        }
    };
    let caption = w.say("offers.caption");
    html! {
        p { (w.say("offers.lede")) }
        (figure(caption, &body, &table(caption, &columns, &rows)))
        @if offers.others > 0 { p.soft { (w.fill("others", &[&w.count(offers.others as i64)])) } }
    }
}

/// Who moved since the night before.
pub(super) fn migration(report: &Report, w: &Words) -> Markup {
    if report.migrations.is_empty() {
        return nothing(w.say("migration.none"));
    }
    html! {
        p { (w.say("migration.lede")) }
        @for migration in &report.migrations { (axis(migration, w, report.smallest_group)) }
    }
}

fn axis(migration: &Migration, w: &Words, k: u32) -> Markup {
    let name = |segment: &str| match segment {
        "(new)" => w.say("migration.new").to_owned(),
        "(gone)" => w.say("migration.gone").to_owned(),
        segment => w.segment(segment),
    };
    let columns: Vec<String> = std::iter::once(w.say("migration.corner").to_owned())
        .chain(migration.to.iter().map(|segment| name(segment)))
        .collect();
    let rows: Vec<Vec<Cell>> = migration
        .from
        .iter()
        .zip(&migration.parties)
        .map(|(from, counts)| {
            let most = counts.iter().filter_map(|n| n.exact()).max().unwrap_or(1).max(1) as f64;
            let cell = |n: &crate::small_group::Count| {
                let heat = n.exact().map_or(0.0, |n| (n as f64 / most).sqrt());
                hot(count(w, *n, k), heat)
            };
            std::iter::once(text(name(from))).chain(counts.iter().map(cell)).collect()
        })
        .collect();
    let most = migration.flows.iter().map(|flow| flow.parties).max().unwrap_or(1).max(1) as f64;
    let caption = w.fill("migration.axis", &[&w.code("axis", &migration.axis)]);
    html! {
        h3 { (caption) }
        p {
            (w.fill("migration.stayed", &[
                &maybe(migration.stayed_share, |share| w.percent(share)),
                &w.count(migration.stayed),
                &w.count(migration.moved),
                &count(w, migration.new, k),
                &count(w, migration.gone, k),
            ]))
        }
        @if !migration.flows.is_empty() {
            ol.flows {
                @for flow in &migration.flows {
                    li {
                        span.flow-from { (name(&flow.from)) }
                        svg.arrow width="100%" height="14" aria-hidden="true" focusable="false" {
                            rect.accent y="4" height="6" rx="2" width=(percent(flow.parties as f64 / most)) {}
                        }
                        span.flow-to { "→ " (name(&flow.to)) }
                        span.bar-value {
                            (w.count(flow.parties))
                            @if let Some(share) = flow.from_share { span.soft { " · " (w.percent(share)) } }
                        }
                    }
                }
            }
        }
        @if migration.axis == "rfm" {
            (details(w, w.say("migration.table"), &columns, &rows))
        } @else {
            (table(w.say("migration.table"), &columns, &rows))
        }
    }
}

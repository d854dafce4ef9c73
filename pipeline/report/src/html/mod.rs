//! The report as one HTML page: no script, no network, drawings as inline SVG.
//!
//! Drawings use percentages across and pixels down, so that they fit any width while their text,
//! which stands beside them, keeps its size.

mod effects;
mod figures;
mod forecast;
mod groups;
mod identity;
mod moves;
mod night;
mod parts;
mod portfolio;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::language::{Language, Words};
use crate::model::Report;

/// Forbids scripts, images, fonts and every request.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Sections in order: id, which is also the dictionary's key of the title.
const SECTIONS: [&str; 13] = [
    "headline",
    "feeds",
    "parties",
    "identity",
    "segments",
    "forecast",
    "portfolio",
    "contacts",
    "offers",
    "lift",
    "migration",
    "figures",
    "run",
];

/// Draws the whole page.
pub(crate) fn page(report: &Report, language: Language) -> String {
    let words = Words::new(language, &report.currency);
    let w = &words;
    let day = w.day(report.logical_day);
    let title = format!("{} · {day}", report.project);
    html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(CONTENT_SECURITY_POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                a.skip href="#headline" { (w.say("skip")) }
                header.masthead {
                    p.eyebrow { (w.say("eyebrow")) }
                    h1 { (report.project) }
                    p.lede { (w.fill("lede", &[&day])) }
                    nav aria-label=(w.say("contents")) {
                        ol.contents {
                            @for (place, section) in SECTIONS.iter().enumerate() {
                                li { a href={ "#" (section) } {
                                    span.number { (place + 1) }
                                    (w.code("section", section))
                                } }
                            }
                        }
                    }
                }
                main {
                    (section(w, "headline", &night::headline(report, w)))
                    (section(w, "feeds", &night::feeds(report, w)))
                    (section(w, "parties", &night::parties(report, w)))
                    (section(w, "identity", &identity::identity(report, w)))
                    (section(w, "segments", &groups::segments(report, w)))
                    (section(w, "forecast", &forecast::forecast(report, w)))
                    (section(w, "portfolio", &portfolio::portfolio(report, w)))
                    (section(w, "contacts", &moves::contacts(report, w)))
                    (section(w, "offers", &moves::offers(report, w)))
                    (section(w, "lift", &effects::lift(report, w)))
                    (section(w, "migration", &moves::migration(report, w)))
                    (section(w, "figures", &figures::figures(report, w)))
                    (section(w, "run", &figures::run(report, w)))
                }
                footer { p { (w.fill("footer", &[&report.smallest_group.to_string()])) } }
            }
        }
    }
    .into_string()
}

fn section(w: &Words, id: &'static str, body: &Markup) -> Markup {
    let place = SECTIONS.iter().position(|section| *section == id).map_or(0, |place| place + 1);
    html! {
        section id=(id) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } {
                span.number { (place) }
                (w.code("section", id))
            }
            (body)
        }
    }
}

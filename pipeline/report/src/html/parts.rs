//! The parts that sections are made of: tables, bars, numbers.

use maud::{Markup, html};

use crate::language::Words;
use crate::small_group::Count;

/// Dash for what is not there.
pub(super) const NOTHING: &str = "–";

/// Height of a bar, in pixels.
const BAR: u32 = 14;

/// One cell of a table.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    is_number: bool,
    /// Strength of the colour behind it, 0 to 1.
    heat: Option<f64>,
}

/// Text, to the left.
pub(super) fn text(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), is_number: false, heat: None }
}

/// A number already worded, to the right.
pub(super) fn number(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), is_number: true, heat: None }
}

/// A number with colour behind it, 0 none and 1 full.
pub(super) fn hot(text: impl Into<String>, heat: f64) -> Cell {
    Cell { text: text.into(), is_number: true, heat: Some(heat.clamp(0.0, 1.0)) }
}

/// A number that may not be there.
pub(super) fn maybe(value: Option<f64>, word: impl FnOnce(f64) -> String) -> String {
    value.map_or_else(|| NOTHING.to_owned(), word)
}

/// A number of parties, told or covered.
pub(super) fn count(w: &Words, count: Count, smallest_group: u32) -> String {
    match count {
        Count::Exact(n) => w.count(n),
        Count::Small => format!("<{smallest_group}"),
        Count::Hidden => w.say("hidden").to_owned(),
    }
}

/// A table in a box of its own that scrolls sideways; the first column heads the rows.
pub(super) fn table(caption: &str, head: &[String], rows: &[Vec<Cell>]) -> Markup {
    html! {
        p.caption aria-hidden="true" { (caption) }
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table aria-label=(caption) {
                thead { tr {
                    @for (place, name) in head.iter().enumerate() {
                        @let number = rows.first().and_then(|row| row.get(place));
                        th scope="col" .n[number.is_some_and(|cell| cell.is_number)] { (name) }
                    }
                } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (place, cell) in row.iter().enumerate() {
                                @if place == 0 {
                                    th scope="row" { (cell.text) }
                                } @else {
                                    (body_cell(cell))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn body_cell(cell: &Cell) -> Markup {
    let style = cell.heat.map(|heat| format!("--heat:{heat:.3}"));
    html! {
        td .n[cell.is_number] .heat[cell.heat.is_some()] style=[style] { (cell.text) }
    }
}

/// A table behind a summary: what a drawing tells, in words and numbers.
pub(super) fn details(w: &Words, caption: &str, head: &[String], rows: &[Vec<Cell>]) -> Markup {
    html! {
        details {
            summary { (w.fill("as_table", &[caption])) }
            (table(caption, head, rows))
        }
    }
}

/// Words of the dictionary as the head of a table.
pub(super) fn head(w: &Words, keys: &[&'static str]) -> Vec<String> {
    keys.iter().map(|key| w.say(key).to_owned()).collect()
}

/// One part of a bar: where it begins and how long it is, as shares of the whole, and its class.
pub(super) type Stretch = (f64, f64, &'static str);

/// One line of a drawing: what it is of, the bar, its number.
pub(super) fn bar(label: &str, stretches: &[Stretch], value: &str) -> Markup {
    html! {
        div.bar {
            span.bar-label { (label) }
            (strip(stretches))
            span.bar-value { (value) }
        }
    }
}

/// A bar alone.
pub(super) fn strip(stretches: &[Stretch]) -> Markup {
    html! {
        svg.strip width="100%" height=(BAR) aria-hidden="true" focusable="false" {
            rect.ground width="100%" height=(BAR) rx="3" {}
            @for (from, length, class) in stretches {
                @if *length > 0.0 {
                    rect class=(class) x=(percent(*from)) width=(percent(*length)) height=(BAR) rx="2" {}
                }
            }
        }
    }
}

/// A share as a coordinate.
pub(super) fn percent(share: f64) -> String {
    format!("{:.2}%", (share * 100.0).clamp(0.0, 100.0))
}

/// The key of colours: class and words.
pub(super) fn legend(entries: &[(&'static str, &str)]) -> Markup {
    html! {
        ul.legend {
            @for (class, words) in entries {
                li {
                    svg width="12" height="12" aria-hidden="true" focusable="false" {
                        rect class=(class) width="12" height="12" rx="2" {}
                    }
                    (words)
                }
            }
        }
    }
}

/// A drawing with its caption.
pub(super) fn figure(caption: &str, body: &Markup, table: &Markup) -> Markup {
    html! {
        figure {
            figcaption { (caption) }
            (body)
            (table)
        }
    }
}

/// What a section says when there is nothing to tell.
pub(super) fn nothing(words: &str) -> Markup {
    html! { p.nothing { (words) } }
}

//! Waterfalls as one drawing that needs nothing else.

use maud::{Markup, html};

use super::{Bar, Evidence, Scale, Waterfall};
use crate::Language;
use crate::language::Words;

/// Sizes in pixels: of a line, and where the columns begin.
const LINE: usize = 22;
const WIDTH: usize = 980;
const BARS: (f64, f64) = (140.0, 560.0);
const NUMBERS: usize = 630;
const NOTES: usize = 645;
const MARGIN: usize = 16;

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2933}.head{font-weight:600}\
.note{fill:#52606d}.n{text-anchor:end}.more{fill:#2f7d5b}.less{fill:#c2553f}.all{fill:#33608c}\
.mark{stroke:#1f2933;stroke-dasharray:3 3}.join{stroke:#9aa5b1}";

impl Evidence {
    /// The waterfalls below each other, as a self-contained SVG file; no reference is named in it, only
    /// its number.
    pub fn svg(&self, language: Language) -> String {
        let w = &Words::new(language, "");
        let mut top = MARGIN + 2 * LINE;
        let decisions: Vec<(usize, String)> =
            (0..).zip(&self.decisions).map(|(at, it)| (top + at * LINE, it.told(w))).collect();
        top += decisions.len() * LINE;
        let mut drawn = Vec::new();
        for pair in &self.pairs {
            drawn.push(pair.svg(top, self, w));
            top += (pair.steps.len() + 3) * LINE;
        }
        let caption = format!("{} ({})", w.say("waterfall.caption"), self.customer_id);
        let markup = html! {
            svg xmlns="http://www.w3.org/2000/svg" lang=(language.code()) role="img"
                width=(WIDTH) height=(top + MARGIN) viewBox={ "0 0 " (WIDTH) " " (top + MARGIN) } {
                title { (caption) }
                style { (maud::PreEscaped(STYLE)) }
                rect width="100%" height="100%" fill="#ffffff" {}
                text.head x=(MARGIN) y=(MARGIN + LINE / 2) { (caption) }
                text.note x=(MARGIN) y=(MARGIN + LINE + LINE / 2) {
                    (w.fill("waterfall.threshold", &[&w.number(self.threshold, 2)]))
                }
                @for (top, told) in &decisions { text x=(MARGIN) y=(middle(*top)) { (told) } }
                @for pair in &drawn { (pair) }
            }
        };
        markup.into_string() + "\n"
    }
}

impl Waterfall {
    fn svg(&self, top: usize, of: &Evidence, w: &Words) -> Markup {
        let threshold = of.threshold;
        let bars = self.bars(w);
        let scale = Scale::of(&bars, threshold);
        let first = top + LINE;
        let mark = at(&scale, threshold);
        html! {
            g {
                text.head x=(MARGIN) y=(middle(top)) { (self.heading(of, w)) }
                @for (place, bar) in bars.iter().enumerate() {
                    (line(bar, first + place * LINE, place + 1 == bars.len(), &scale))
                }
                line.mark x1=(mark) x2=(mark) y1=(first) y2=(first + bars.len() * LINE) {}
            }
        }
    }
}

fn line(bar: &Bar, top: usize, is_total: bool, scale: &Scale) -> Markup {
    let class = match (is_total, bar.to >= bar.from) {
        (true, _) => "all",
        (false, true) => "more",
        (false, false) => "less",
    };
    let (from, to) = (at(scale, bar.from.min(bar.to)), at(scale, bar.from.max(bar.to)));
    let end = at(scale, bar.to);
    html! {
        text x=(MARGIN) y=(middle(top)) { (bar.label) }
        rect class=(class) x=(from) y=(top + 3) width=(pixels(to - from).max(1.0)) height=(LINE - 6) {}
        @if !is_total {
            line.join x1=(end) x2=(end) y1=(top + LINE - 3) y2=(top + LINE + 3) {}
        }
        text.n x=(NUMBERS) y=(middle(top)) { (bar.bits) }
        text.note x=(NOTES) y=(middle(top)) { (bar.note) }
    }
}

/// The base line of text in a line.
fn middle(top: usize) -> usize {
    top + LINE / 2 + 5
}

fn at(scale: &Scale, bits: f64) -> f64 {
    pixels(BARS.0 + scale.place(bits) * (BARS.1 - BARS.0))
}

/// Hundredths of a pixel are enough, and the same on every machine.
fn pixels(place: f64) -> f64 {
    (place * 100.0).round() / 100.0
}

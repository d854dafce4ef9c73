//! Waterfalls as lines of text.

use super::{Bar, Evidence, Scale, Waterfall};
use crate::Language;
use crate::language::Words;

/// Characters of the longest bar.
const WIDTH: usize = 40;

/// Pairs that are drawn; a customer of many records has hundreds, and the heaviest tell the most.
const DRAWN: usize = 10;

impl Evidence {
    /// The references, then one waterfall a pair: a line for each part with its bits, its bar and its
    /// level. `█` adds, `▒` takes off, `│` is the threshold. Only the ten heaviest pairs are drawn.
    pub fn text(&self, language: Language) -> String {
        let w = &Words::new(language, "");
        let mut lines = vec![w.say("waterfall.caption").to_owned()];
        for reference in &self.references {
            let note = if reference.customer_id != self.customer_id {
                w.fill("waterfall.of_customer", &[&reference.customer_id.to_string()])
            } else if self.is_alone(reference) {
                w.say("waterfall.no_pair").to_owned()
            } else {
                String::new()
            };
            lines.push(format!("  {:>3}  {}  {note}", reference.number, reference.name));
        }
        lines.extend(self.decisions.iter().map(|decision| decision.told(w)));
        lines.push(w.fill("waterfall.threshold", &[&w.number(self.threshold, 2)]));
        for pair in self.pairs.iter().take(DRAWN) {
            lines.push(String::new());
            lines.push(pair.heading(self, w));
            lines.extend(pair.lines(self.threshold, w));
        }
        let n_left = self.pairs.len().saturating_sub(DRAWN);
        if n_left > 0 {
            lines.push(String::new());
            lines.push(w.fill("waterfall.lighter_pairs", &[&w.count(n_left as i64)]));
        }
        lines.iter().map(|line| format!("  {line}").trim_end().to_owned() + "\n").collect()
    }
}

impl Waterfall {
    fn lines(&self, threshold: f64, w: &Words) -> Vec<String> {
        let bars = self.bars(w);
        let scale = Scale::of(&bars, threshold);
        let widest = |of: fn(&Bar) -> &str| bars.iter().map(|bar| of(bar).chars().count()).max();
        let labels = widest(|bar| &bar.label).unwrap_or(0);
        let numbers = widest(|bar| &bar.bits).unwrap_or(0);
        bars.iter()
            .map(|bar| {
                format!(
                    "  {:<labels$}  {:>numbers$}  {}  {}",
                    bar.label,
                    bar.bits,
                    drawn(bar, &scale, threshold),
                    bar.note
                )
            })
            .collect()
    }
}

/// A bar of whole characters; one that is shorter than half a character has one all the same.
fn drawn(bar: &Bar, scale: &Scale, threshold: f64) -> String {
    let cell = |bits: f64| (scale.place(bits) * WIDTH as f64).round() as usize;
    let first = cell(bar.from.min(bar.to)).min(WIDTH - 1);
    let end = cell(bar.from.max(bar.to)).max(first + 1);
    let mark = cell(threshold).min(WIDTH - 1);
    let fill = if bar.to >= bar.from { '█' } else { '▒' };
    (0..WIDTH)
        .map(|place| match place {
            _ if (first..end).contains(&place) => fill,
            _ if place == mark => '│',
            _ => ' ',
        })
        .collect()
}

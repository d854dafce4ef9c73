//! The languages of the report: words from one dictionary, numbers by one rule each.

mod numbers;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use numbers::Points;

/// Key, English, Spanish: a line each, tabs between.
const DICTIONARY: &str = include_str!("dictionary.tsv");

/// A language the report can be read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
}

impl Language {
    /// Its code, ISO 639-1.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }
}

/// The words and number formats of one language, with the currency of the project.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) language: Language,
    currency: String,
    entries: BTreeMap<&'static str, &'static str>,
}

impl Words {
    pub(crate) fn new(language: Language, currency: &str) -> Self {
        let entries = entries()
            .map(|(key, english, spanish)| match language {
                Language::English => (key, english),
                Language::Spanish => (key, spanish),
            })
            .collect();
        Self { language, currency: currency.to_owned(), entries }
    }

    /// The words under a key; the key itself when the dictionary lacks it.
    pub(crate) fn say(&self, key: &'static str) -> &'static str {
        debug_assert!(self.entries.contains_key(key), "the dictionary has no words for `{key}`");
        self.entries.get(key).copied().unwrap_or(key)
    }

    /// The words with `{}` filled by each value in turn.
    pub(crate) fn fill(&self, key: &'static str, values: &[&str]) -> String {
        let mut parts = self.say(key).split("{}");
        let mut text = parts.next().unwrap_or_default().to_owned();
        let mut values = values.iter();
        for part in parts {
            text.push_str(values.next().copied().unwrap_or_default());
            text.push_str(part);
        }
        text
    }

    /// The words for a code of a table; the code made readable when the dictionary lacks it.
    pub(crate) fn code(&self, kind: &str, code: &str) -> String {
        if let Some(words) = self.entries.get(format!("{kind}.{code}").as_str()) {
            return (*words).to_owned();
        }
        let mut readable = code.replace('_', " ");
        if let Some(first) = readable.get(..1) {
            readable = first.to_uppercase() + readable.get(1..).unwrap_or_default();
        }
        readable
    }

    /// What a key figure means, when the dictionary tells.
    pub(crate) fn meaning(&self, kpi: &str) -> Option<&'static str> {
        self.entries.get(format!("meaning.{kpi}").as_str()).copied()
    }

    /// The name of a segment: a code, or words that Differentiate put together.
    pub(crate) fn segment(&self, name: &str) -> String {
        let said = self.code("segment", name);
        if self.entries.contains_key(format!("segment.{name}").as_str()) {
            return said;
        }
        said.split(' ')
            .enumerate()
            .map(|(place, word)| {
                let word = if place == 0 { word.to_lowercase() } else { word.to_owned() };
                let said = self.entries.get(format!("word.{word}").as_str()).copied();
                match (place, said) {
                    (0, said) => self.code("", said.unwrap_or(&word)),
                    (_, said) => said.unwrap_or(&word).to_owned(),
                }
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Why a party is left alone or contacted.
    pub(crate) fn reason(&self, reason: &str) -> String {
        match reason.split_once(':') {
            Some(("capacity", channel)) => {
                self.fill("reason.capacity", &[&self.code("channel", channel)])
            }
            _ => self.code("reason", reason),
        }
    }

    /// What a step told in English, in this language: the first sentence of the dictionary under
    /// `told.` that it fits, whose holes are told in turn; a feature by its name; else as it is.
    pub(crate) fn told(&self, text: &str) -> String {
        let found = entries().find_map(|(key, english, _)| {
            let of_holes = key.strip_prefix("told.").and(holes(english, text))?;
            Some((key, of_holes))
        });
        let Some((key, of_holes)) = found else {
            let feature = self.entries.get(format!("feature.{text}").as_str());
            return feature.map_or_else(|| text.to_owned(), |feature| (*feature).to_owned());
        };
        let of_holes: Vec<String> = of_holes.into_iter().map(|hole| self.told(hole)).collect();
        let of_holes: Vec<&str> = of_holes.iter().map(String::as_str).collect();
        self.fill(key, &of_holes)
    }

    /// The conditions of a rule, such as `net_amount > 120.5 and frequency <= 3`.
    pub(crate) fn conditions(&self, conditions: &str) -> String {
        let and = format!(" {} ", self.say("rule.and"));
        let mut told = Vec::new();
        let mut rest = String::new();
        // The name of a category may hold the word that stands between conditions.
        for part in conditions.split(" and ") {
            let condition =
                if rest.is_empty() { part.to_owned() } else { format!("{rest} and {part}") };
            match self.condition(&condition) {
                Some(said) => {
                    told.push(said);
                    rest.clear();
                }
                None => rest = condition,
            }
        }
        told.extend(Some(rest).filter(|rest| !rest.is_empty()));
        told.join(&and)
    }

    /// One condition; none when it is not whole.
    fn condition(&self, condition: &str) -> Option<String> {
        if condition == "always" {
            return Some(self.say("rule.always").to_owned());
        }
        let with_missing =
            condition.strip_prefix('(').and_then(|text| text.strip_suffix(" or is missing)"));
        if let Some(range) = with_missing {
            return Some(format!("({} {})", self.condition(range)?, self.say("rule.or_none")));
        }
        for (end, key) in [(" is missing", "rule.missing"), (" is known", "rule.known")] {
            if let Some(feature) = condition.strip_suffix(end) {
                return Some(self.fill(key, &[&self.feature(feature)]));
            }
        }
        let number = |text: &str| {
            let value = text.parse::<f64>().ok()?;
            Some(self.number(value, if value.fract() == 0.0 { 0 } else { 2 }))
        };
        if let Some((feature, above)) = condition.rsplit_once(" > ") {
            return Some(format!("{} > {}", self.feature(feature), number(above)?));
        }
        let (range, at_most) = condition.rsplit_once(" <= ")?;
        let at_most = number(at_most)?;
        match range.split_once(" < ").map(|(above, feature)| (number(above), feature)) {
            Some((Some(above), feature)) => {
                Some(format!("{above} < {} ≤ {at_most}", self.feature(feature)))
            }
            _ => Some(format!("{} ≤ {at_most}", self.feature(range))),
        }
    }

    /// The name of a feature of a segment profile.
    pub(crate) fn feature(&self, feature: &str) -> String {
        match feature.split_once(':') {
            Some(("share", category)) => self.fill("feature.share", &[category]),
            _ => match feature.split_once('=') {
                Some((kind, value)) => format!("{}: {value}", self.code("feature", kind)),
                None => self.code("feature", feature),
            },
        }
    }
}

/// What stands in the holes `{}` of a sentence; none when the text is another.
fn holes<'a>(sentence: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = sentence.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut found = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let at = if parts.peek().is_none() {
            rest.len().checked_sub(part.len()).filter(|_| rest.ends_with(part))?
        } else {
            rest.find(part)?
        };
        found.push(rest.get(..at)?);
        rest = rest.get(at + part.len()..)?;
    }
    rest.is_empty().then_some(found)
}

fn entries() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    DICTIONARY.lines().filter_map(|line| {
        let mut cells = line.split('\t');
        Some((cells.next()?, cells.next()?, cells.next()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_dictionary_has_a_key_of_its_own_and_both_languages() {
        let mut keys: Vec<_> = Vec::new();
        for line in DICTIONARY.lines() {
            let cells: Vec<_> = line.split('\t').collect();
            assert_eq!(cells.len(), 3, "{line}");
            assert!(cells.iter().all(|cell| !cell.is_empty() && cell.trim() == *cell), "{line}");
            let holes = |text: &str| text.matches("{}").count();
            assert_eq!(holes(cells[1]), holes(cells[2]), "{line}");
            keys.push(cells[0]);
        }
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "sorted, each key once");
    }

    #[test]
    fn what_steps_tell_is_said_in_the_language_of_the_report() {
        let words = Words::new(Language::Spanish, "EUR");
        for (told, expected) in [
            ("no repeat purchase at all", "nadie ha comprado dos veces"),
            ("41 customer(s), fewer than 100", "41 clientes, menos de 100"),
            (
                "gone on from last night; a new fit (days_since_last drifted) was no better",
                "continúa desde anoche; un ajuste nuevo (Días desde la última compra \
                 ha cambiado) no era mejor",
            ),
            ("what nobody foresaw", "what nobody foresaw"),
        ] {
            assert_eq!(words.told(told), expected);
        }
        let words = Words::new(Language::English, "EUR");
        // Every sentence is found again, whatever stands in its holes.
        for (key, english, _) in entries().filter(|(key, ..)| key.starts_with("told.")) {
            let text = english.replace("{}", "7");
            assert_eq!(words.told(&text), text, "{key}");
        }
    }

    #[test]
    fn conditions_of_rules_are_worded() {
        let words = Words::new(Language::Spanish, "EUR");
        let told = words.conditions("share:Toys > 0.25 and frequency <= 3");
        assert_eq!(told, "Parte de Toys > 0,25 y Días de recompra ≤ 3");
        let told =
            words.conditions("1 < share:Bread and milk <= 2.5 and (t_days > 9 or is missing)");
        assert_eq!(
            told,
            "1 < Parte de Bread and milk ≤ 2,50 y (Días desde la primera compra > 9 o no consta)"
        );
        assert_eq!(words.conditions("always"), "siempre");
        assert_eq!(words.conditions("net_amount is missing"), "Ventas netas no consta");
    }

    #[test]
    fn a_code_without_an_entry_is_made_readable() {
        let words = Words::new(Language::English, "EUR");
        assert_eq!(words.code("reason", "sent_to_the_moon"), "Sent to the moon");
        assert_eq!(words.code("segment", "ñandú"), "ñandú");
        assert_eq!(words.feature("share:Dairy & eggs"), "Share of Dairy & eggs");
    }
}

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

    /// The name of a feature of a segment profile.
    pub(crate) fn feature(&self, feature: &str) -> String {
        match feature.split_once(':') {
            Some(("share", category)) => self.fill("feature.share", &[category]),
            _ => self.code("feature", feature),
        }
    }
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
    fn a_code_without_an_entry_is_made_readable() {
        let words = Words::new(Language::English, "EUR");
        assert_eq!(words.code("reason", "sent_to_the_moon"), "Sent to the moon");
        assert_eq!(words.code("segment", "ñandú"), "ñandú");
        assert_eq!(words.feature("share:Dairy & eggs"), "Share of Dairy & eggs");
    }
}

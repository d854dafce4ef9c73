//! Names of segments, from what tells them apart.

use std::collections::BTreeSet;

use super::profile::Trait;

/// How far a mean must lie from that of all, in standard deviations, to be part of a name.
///
/// Half a standard deviation is what Cohen (1988) calls a medium effect.
pub(super) const NOTABLE: f64 = 0.5;

/// Words of a name beyond its tier.
const WORDS_MAX: usize = 2;

/// Letters of one category in a name.
const CATEGORY_LETTERS_MAX: usize = 24;

/// Names segments by value: a tier by rank of net money, and how their customers behave.
///
/// `order` holds positions of segments from best to worst; `traits` those of each segment, most
/// telling first. Names in `taken` are not given again; `kept` are given as they are.
pub(super) fn value_names(
    order: &[usize],
    traits: &[Vec<Trait>],
    kept: &[Option<String>],
) -> Vec<String> {
    let mut tiers = vec![""; traits.len()];
    for (position, &segment) in order.iter().enumerate() {
        if let Some(tier) = tiers.get_mut(segment) {
            *tier = tier_of(position, order.len());
        }
    }
    let words = traits.iter().zip(tiers).map(|(traits, tier)| {
        let mut behaviour: Vec<(String, f64)> = Vec::new();
        for found in traits {
            if let Some(word) = behaviour_word(&found.feature, found.difference)
                && behaviour.iter().all(|(other, _)| other != word)
            {
                behaviour.push((word.to_owned(), found.difference.abs()));
            }
        }
        Words { first: Some(tier.to_owned()), more: behaviour, separator: " " }
    });
    distinct(words.collect(), kept)
}

fn tier_of(position: usize, n: usize) -> &'static str {
    match (position, n) {
        (_, 1) => "all",
        (0, _) => "best",
        _ if position + 1 == n => "lowest",
        _ if 3 * position < n => "high",
        _ if 3 * position <= 2 * (n - 1) => "middle",
        _ => "low",
    }
}

/// The word for a mean above or below that of all; none for features that no name is made of.
fn behaviour_word(feature: &str, difference: f64) -> Option<&'static str> {
    let (above, below) = match feature {
        "days_since_last" => ("lapsed", "recent"),
        "frequency" => ("frequent", "occasional"),
        "t_days" => ("long-standing", "new"),
        "mean_basket" | "net_per_purchase_day" => ("big-basket", "small-basket"),
        "discount_share" => ("deal-seeking", "full-price"),
        _ => return None,
    };
    Some(if difference > 0.0 { above } else { below })
}

/// Names segments by need: the categories on which their customers spend more than others do.
///
/// As [`value_names`]; `categories` are traits of shares alone.
pub(super) fn need_names(categories: &[Vec<Trait>], kept: &[Option<String>]) -> Vec<String> {
    let words = categories.iter().map(|traits| {
        let more: Vec<(String, f64)> = traits
            .iter()
            .filter(|found| found.difference > 0.0)
            .map(|found| (slug(found.category().unwrap_or(&found.feature)), found.difference))
            .filter(|(word, _)| !word.is_empty())
            .collect();
        if categories.len() == 1 {
            return Words { first: Some("all".to_owned()), more: Vec::new(), separator: " + " };
        }
        let is_plain = more.first().is_none_or(|&(_, difference)| difference < NOTABLE);
        Words { first: is_plain.then(|| "mixed".to_owned()), more, separator: " + " }
    });
    distinct(words.collect(), kept)
}

struct Words {
    first: Option<String>,
    /// Further words and how telling they are, most telling first.
    more: Vec<(String, f64)>,
    separator: &'static str,
}

impl Words {
    /// The name with the notable words, or with the first `n` of them.
    fn name(&self, n: Option<usize>) -> String {
        let is_used = |at: usize, telling: f64| match n {
            Some(n) => at < n,
            None => at < WORDS_MAX && telling >= NOTABLE,
        };
        let more = self.more.iter().enumerate();
        let more =
            more.filter(|&(at, &(_, telling))| is_used(at, telling)).map(|(_, (word, _))| word);
        let words: Vec<&str> = self.first.iter().chain(more).map(String::as_str).collect();
        words.join(self.separator)
    }
}

/// Makes names differ: by more words where there are more, else by the number of the segment.
fn distinct(words: Vec<Words>, kept: &[Option<String>]) -> Vec<String> {
    let mut taken: BTreeSet<String> = kept.iter().flatten().cloned().collect();
    let mut names = Vec::with_capacity(words.len());
    for (segment, words) in words.into_iter().enumerate() {
        if let Some(Some(name)) = kept.get(segment) {
            names.push(name.clone());
            continue;
        }
        let plain = words.name(None);
        let longer = (1..=words.more.len().min(4)).map(|n| words.name(Some(n)));
        let numbered = (segment + 1..).map(|number| format!("{plain} {number}"));
        let name = std::iter::once(plain.clone())
            .chain(longer)
            .chain(numbered)
            .find(|name| !taken.contains(name))
            .unwrap_or_default();
        taken.insert(name.clone());
        names.push(name);
    }
    names
}

/// A category as it may stand in a file name: small letters of ASCII, digits and hyphens.
fn slug(category: &str) -> String {
    let mut slug = String::new();
    for c in category.chars().flat_map(char::to_lowercase) {
        if slug.len() >= CATEGORY_LETTERS_MAX {
            break;
        }
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => slug.push('a'),
            'é' | 'è' | 'ê' | 'ë' => slug.push('e'),
            'í' | 'ì' | 'î' | 'ï' => slug.push('i'),
            'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' => slug.push('o'),
            'ú' | 'ù' | 'û' | 'ü' => slug.push('u'),
            'ç' => slug.push('c'),
            'ñ' => slug.push('n'),
            'ß' => slug.push_str("ss"),
            'æ' => slug.push_str("ae"),
            'œ' => slug.push_str("oe"),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    let slug = slug.trim_end_matches('-');
    // A name in another alphabet leaves nothing; the number that tells names apart does the rest.
    if slug.is_empty() { "category".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::is_file_name;

    fn traits(found: &[(&str, f64)]) -> Vec<Trait> {
        found
            .iter()
            .map(|&(feature, difference)| Trait { feature: feature.to_owned(), difference })
            .collect()
    }

    #[test]
    fn a_value_name_is_a_tier_and_what_its_customers_do() {
        let names = value_names(
            &[1, 0, 2],
            &[
                traits(&[("t_days", -1.2), ("net_amount", 0.9), ("frequency", 0.2)]),
                traits(&[("frequency", 2.0), ("mean_basket", 0.8), ("net_per_purchase_day", 0.7)]),
                traits(&[("days_since_last", 1.5)]),
            ],
            &[None, None, None],
        );
        assert_eq!(names, ["middle new", "best frequent big-basket", "lowest lapsed"]);
    }

    #[test]
    fn a_need_name_is_what_its_customers_spend_more_on() {
        let names = need_names(
            &[
                traits(&[
                    ("share:Grocery", 1.4),
                    ("share:Toys", -1.0),
                    ("share:Home & Garden", 0.6),
                ]),
                traits(&[("share:Bebé", 0.9)]),
                traits(&[("share:Toys", 0.2)]),
            ],
            &[None, None, None],
        );
        assert_eq!(names, ["grocery + home-garden", "bebe", "mixed"]);
    }

    #[test]
    fn names_that_would_be_equal_get_more_words_and_then_numbers() {
        let twin = || traits(&[("share:books", 0.9), ("share:toys", 0.3)]);
        let names = need_names(&[twin(), twin(), twin()], &[None, None, None]);
        assert_eq!(names, ["books", "books + toys", "books 3"]);
    }

    #[test]
    fn a_name_once_given_stays_and_is_not_given_twice() {
        let found = || traits(&[("share:books", 0.9)]);
        let names = need_names(&[found(), found()], &[None, Some("books".to_owned())]);
        assert_eq!(names, ["books 1", "books"]);
    }

    #[test]
    fn every_tier_of_eight_is_in_order() {
        let tiers: Vec<_> = (0..8).map(|position| tier_of(position, 8)).collect();
        assert_eq!(tiers, ["best", "high", "high", "middle", "middle", "low", "low", "lowest"]);
    }

    #[test]
    fn every_slug_can_name_a_file() {
        for category in
            ["(other)", "ÄRGER & Größe", "水果", "A/B\\C", "x", "COFFEE FILTERS AND MORE OF IT"]
        {
            assert!(is_file_name(&slug(category)), "{category}");
        }
    }
}

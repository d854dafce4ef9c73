//! Titles before names and degrees behind them.

/// Forms of address and titles, folded.
const BEFORE: &[&str] = &[
    "arq",
    "dna",
    "don",
    "dona",
    "dott",
    "dottssa",
    "dr",
    "dra",
    "drs",
    "exc",
    "excmo",
    "frau",
    "fray",
    "herr",
    "hr",
    "ing",
    "lic",
    "lord",
    "madame",
    "miss",
    "mister",
    "mlle",
    "mme",
    "monsieur",
    "mr",
    "mrs",
    "ms",
    "mstr",
    "mx",
    "prof",
    "profa",
    "professor",
    "rev",
    "senor",
    "senora",
    "senorita",
    "sig",
    "signor",
    "signora",
    "sigra",
    "sir",
    "sr",
    "sra",
    "srta",
    "sta",
];

/// Degrees and orders, folded; what tells father from son (`Jr`, `hijo`, `III`) is part of a name.
const BEHIND: &[&str] = &["bsc", "dds", "esq", "mba", "md", "msc", "obe", "phd", "rn", "sj"];

/// The name without titles at its start and degrees at its end.
///
/// At least one word stays: somebody may be called Don. `D.`, which is a title in Spanish and an
/// initial elsewhere, is one with its point and before a whole word.
pub fn without_titles(name: &str) -> &str {
    let mut rest = name.trim();
    while let Some((word, behind)) = rest.split_once(' ') {
        let behind = behind.trim_start();
        let is_whole = behind.split([' ', '.']).next().is_some_and(|next| next.chars().count() > 1);
        let is_title = folds_into(word, BEFORE) || matches!(word, "D." | "Dª" | "D.ª") && is_whole;
        if !is_title || behind.is_empty() {
            break;
        }
        rest = behind;
    }
    while let Some((before, word)) = rest.rsplit_once(' ') {
        if !folds_into(word, BEHIND) {
            break;
        }
        rest = before.trim_end().trim_end_matches(',').trim_end();
    }
    rest
}

/// Whether a word, without case, points and the accents of `Señor` and `Dña`, is in a list.
fn folds_into(word: &str, list: &[&str]) -> bool {
    // The longest entry has nine letters; points and accents add a few bytes.
    if word.len() > 14 {
        return false;
    }
    let folded: String = word
        .chars()
        .filter(|sign| !matches!(sign, '.' | ','))
        .flat_map(char::to_lowercase)
        .map(|sign| if sign == 'ñ' { 'n' } else { sign })
        .collect();
    list.contains(&folded.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_and_degrees_are_no_part_of_a_name() {
        for (raw, expected) in [
            ("Sr. José", "José"),
            ("Dña. Ana María", "Ana María"),
            ("D. Luis", "Luis"),
            ("Prof. Dr. Karl", "Karl"),
            ("MR John", "John"),
            ("Señora Ruiz", "Ruiz"),
            ("Murphy, PhD", "Murphy"),
            ("Anne Kelly MD", "Anne Kelly"),
        ] {
            assert_eq!(without_titles(raw), expected, "{raw}");
        }
    }

    #[test]
    fn names_stay() {
        for raw in ["Don", "D. J.", "Drew Barry", "Ana", "", "J. Luis", "Smith Jr", "Murphy III"] {
            assert_eq!(without_titles(raw), raw);
        }
    }

    #[test]
    fn the_lists_are_folded_and_sorted() {
        for list in [BEFORE, BEHIND] {
            assert!(list.is_sorted(), "{list:?}");
            assert!(list.iter().all(|word| folds_into(word, list)));
        }
    }
}

//! Names of towns.

use super::name::fold;
use super::placeholder;

/// Names of one town: the one that stands for it, then the others, folded.
const TOWNS: &[(&str, &[&str])] = &[
    ("a coruna", &["la coruna", "coruna"]),
    ("alicante", &["alacant", "alacante"]),
    ("bilbao", &["bilbo"]),
    ("bruxelles", &["brussels", "brussel", "bruselas"]),
    ("castellon de la plana", &["castello", "castello de la plana", "castellon"]),
    ("dublin", &["baile atha cliath"]),
    ("firenze", &["florence", "florencia"]),
    ("geneve", &["geneva", "ginebra", "genf"]),
    ("girona", &["gerona"]),
    ("kobenhavn", &["copenhagen", "copenhague"]),
    ("koln", &["cologne", "colonia", "koeln"]),
    ("lisboa", &["lisbon"]),
    ("lleida", &["lerida"]),
    ("london", &["londres"]),
    ("milano", &["milan"]),
    ("munchen", &["munich", "muenchen"]),
    ("napoli", &["naples", "napoles"]),
    ("nurnberg", &["nuremberg", "nuernberg"]),
    ("ourense", &["orense"]),
    ("palma", &["palma de mallorca", "palma mallorca"]),
    ("pamplona", &["iruna", "pamplona iruna", "iruna pamplona"]),
    ("praha", &["prague", "praga"]),
    ("roma", &["rome"]),
    ("san sebastian", &["donostia", "donostia san sebastian", "san sebastian donostia"]),
    ("sevilla", &["seville"]),
    ("torino", &["turin"]),
    ("valencia", &["valence", "valencia valencia"]),
    ("venezia", &["venice", "venecia"]),
    ("vitoria gasteiz", &["vitoria", "gasteiz"]),
    ("warszawa", &["warsaw", "varsovia"]),
    ("wien", &["vienna", "viena"]),
    ("zaragoza", &["saragossa"]),
    ("zurich", &["zuerich"]),
];

/// Articles that lists put behind the name: `Coruña (A)`, `Ejido, El`.
const ARTICLES: &[&str] = &["a", "as", "el", "l", "la", "las", "les", "los", "o", "os"];

/// The name of a town as it is compared: small letters without accents, one name for towns with several.
///
/// A postal code before it is left out. None for placeholders and for what has no letters.
pub fn city(raw: &str) -> Option<String> {
    if placeholder::is_word(raw.trim()) {
        return None;
    }
    let mut folded = String::new();
    fold(raw, &mut folded);
    let mut words: Vec<&str> = folded
        .split(' ')
        .skip_while(|word| word.starts_with(|sign: char| sign.is_ascii_digit()))
        .filter(|word| !word.is_empty())
        .collect();
    // Only behind a comma or in brackets is the last word an article.
    let set_apart = raw.contains([',', '(']);
    if set_apart && words.len() > 1 && words.last().is_some_and(|last| ARTICLES.contains(last)) {
        words.rotate_right(1);
    }
    let name = words.join(" ");
    if !name.contains(char::is_alphabetic) {
        return None;
    }
    let known = TOWNS.iter().find(|(_, others)| others.contains(&name.as_str()));
    Some(known.map_or(name, |(town, _)| (*town).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_and_languages_of_a_town_are_one() {
        for (raw, expected) in [
            (" ALCALÁ de Henares ", "alcala de henares"),
            ("28013 Madrid", "madrid"),
            ("Coruña (A)", "a coruna"),
            ("La Coruña", "a coruna"),
            ("Ejido, El", "el ejido"),
            ("Donostia-San Sebastián", "san sebastian"),
            ("Munich", "munchen"),
            ("München", "munchen"),
            ("St. Albans", "st albans"),
        ] {
            assert_eq!(city(raw).as_deref(), Some(expected), "{raw}");
        }
    }

    #[test]
    fn what_says_nothing_is_none() {
        for raw in ["", "n/a", "28013", "-", "desconocido"] {
            assert_eq!(city(raw), None, "{raw}");
        }
    }

    #[test]
    fn a_name_stands_for_one_town_and_reading_it_again_changes_nothing() {
        let mut all: Vec<&str> =
            TOWNS.iter().flat_map(|(town, others)| others.iter().copied().chain([*town])).collect();
        let n = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), n);
        for (town, _) in TOWNS {
            assert_eq!(city(town).as_deref(), Some(*town));
        }
    }
}

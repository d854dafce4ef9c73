//! Streets and house numbers.

use super::name::fold;
use super::placeholder;

/// Kinds of street: the word that stands for them, then how it is written short.
///
/// One table for all languages: a short form stands for the same kind wherever it is used.
const KINDS: &[(&str, &[&str])] = &[
    ("allee", &["all"]),
    ("avenida", &["av", "avd", "avda", "avinguda", "etorbidea"]),
    ("avenue", &["ave", "aven"]),
    ("boulevard", &["blvd", "bvd", "bd", "bulevar"]),
    ("calle", &["c", "cl", "cll", "carrer", "kalea", "kale", "rua"]),
    ("callejon", &["cjon", "cllon"]),
    ("camino", &["cno", "cmno", "cam", "cami", "caminho"]),
    ("carretera", &["ctra", "crta", "carr", "cra"]),
    ("chemin", &["che", "chem"]),
    ("corso", &["cso"]),
    ("court", &["ct", "crt"]),
    ("crescent", &["cres", "crsc"]),
    ("drive", &["dr", "drv"]),
    ("estrada", &["estr"]),
    ("glorieta", &["gta", "glta"]),
    ("highway", &["hwy"]),
    ("impasse", &["imp"]),
    ("lane", &["ln"]),
    ("largo", &["lgo"]),
    ("parque", &["pque", "pq"]),
    ("pasaje", &["pje", "psje", "passatge"]),
    ("paseo", &["po", "pso", "pseo", "passeig"]),
    ("piazza", &["pzza"]),
    ("place", &["pce"]),
    ("plaza", &["pl", "plz", "pza", "plza", "praca", "placa"]),
    ("poligono", &["pol", "pgno", "polig"]),
    ("road", &["rd"]),
    ("ronda", &["rda"]),
    ("route", &["rte"]),
    ("square", &["sq"]),
    ("strasse", &["str"]),
    ("street", &["st"]),
    ("terrace", &["tce", "terr"]),
    ("travesia", &["trv", "trva", "tva", "trav"]),
    ("urbanizacion", &["urb", "urbanitzacio"]),
    ("viale", &["vle"]),
];

/// Kinds of street without a usual short form.
const WHOLE: &[&str] = &["rue", "via", "weg", "platz", "grove", "park", "close", "walk", "way"];

/// Words that come and go.
const ARTICLES: &[&str] = &[
    "a", "al", "da", "das", "de", "del", "den", "der", "des", "di", "do", "dos", "du", "e", "el",
    "i", "la", "las", "le", "les", "lo", "los", "o", "the", "y",
];

/// Words before a house number.
const NUMBER_SIGNS: &[&str] = &["n", "no", "nr", "nro", "num", "numero", "number"];

/// Words with which a place within a house begins.
const UNITS: &[&str] = &[
    "apartamento",
    "apartment",
    "appt",
    "apt",
    "apto",
    "bajo",
    "block",
    "bloque",
    "bq",
    "dcha",
    "derecha",
    "entlo",
    "entresuelo",
    "esc",
    "escalera",
    "flat",
    "floor",
    "izda",
    "izq",
    "izquierda",
    "piso",
    "planta",
    "portal",
    "pta",
    "puerta",
    "room",
    "suite",
    "unit",
];

/// A street in the form in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Street {
    /// Name in small letters without accents and articles, its kind written out: `calle mayor`.
    pub name: String,
    /// House number as it is written: `12`, `12b`; none where there is no house number.
    pub number: Option<String>,
}

/// The street and the house number of the first line of an address.
///
/// Floor and door are left out; the number may stand before the name or behind it. None for what has
/// no name, and for placeholders.
pub fn street_parts(raw: &str) -> Option<Street> {
    if placeholder::is_word(raw.trim()) {
        return None;
    }
    let mut folded = String::new();
    fold(raw, &mut folded);
    let is_number = |word: &&str| word.starts_with(|sign: char| sign.is_ascii_digit());
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    // "12 Main Street"; but "7 de Julio" is the name of a street.
    let (mut number, words) = match words.split_first() {
        Some((first, rest)) if is_number(first) => match rest.first() {
            Some(next) if !ARTICLES.contains(next) => (Some((*first).to_owned()), rest),
            _ => (None, words.as_slice()),
        },
        _ => (None, words.as_slice()),
    };
    let mut words = words.iter().copied().peekable();
    let mut name: Vec<String> = Vec::new();
    let mut has_name = false;
    while let Some(word) = words.next() {
        let ends = UNITS.contains(&word) && has_name;
        // "s/n" is a house without number.
        if ends || word == "s" && words.peek() == Some(&"n") {
            break;
        }
        if is_number(&word) && has_name {
            number = number.or_else(|| Some(word.to_owned()));
            break;
        }
        let before_number = NUMBER_SIGNS.contains(&word) && words.peek().is_some_and(is_number);
        if ARTICLES.contains(&word) || before_number {
            continue;
        }
        let kind = kind(word);
        // A kind alone is no name yet: in "Calle 7 de Julio 12" the house is 12.
        has_name |= kind.is_none() && !is_number(&word);
        name.push(kind.map_or_else(|| whole(word), str::to_owned));
    }
    let name = name.join(" ");
    (!name.is_empty()).then_some(Street { name, number })
}

/// The street with its house number behind it, as `calle mayor 12`.
pub fn street(raw: &str) -> Option<String> {
    let Street { mut name, number } = street_parts(raw)?;
    if let Some(number) = number {
        name.push(' ');
        name.push_str(&number);
    }
    Some(name)
}

fn kind(word: &str) -> Option<&'static str> {
    let listed = KINDS.iter().find(|(kind, short)| *kind == word || short.contains(&word));
    let whole = || WHOLE.iter().copied().find(|kind| *kind == word);
    listed.map(|(kind, _)| *kind).or_else(whole)
}

/// "Hauptstr" is "Hauptstrasse": German joins the kind to the name.
fn whole(word: &str) -> String {
    match word.strip_suffix("str") {
        Some(name) if name.len() > 2 => format!("{name}strasse"),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn all_are(expected: &str, spellings: &[&str]) {
        for raw in spellings {
            assert_eq!(street(raw).as_deref(), Some(expected), "{raw}");
        }
    }

    #[test]
    fn spellings_of_an_address_are_one() {
        all_are(
            "calle mayor 12",
            &[
                "Calle Mayor, 12",
                "C/ Mayor 12",
                "CALLE MAYOR Nº 12, 3º B",
                "Cl. Mayor 12 piso 3",
                "calle  mayor 12 bajo izda",
            ],
        );
        all_are("main street 12", &["12 Main Street", "12, Main St.", "Main Street 12"]);
        all_are("avenida andalucia 3", &["Avda. de Andalucía, 3", "AV ANDALUCIA 3"]);
        all_are("hauptstrasse 5a", &["Hauptstraße 5a", "Hauptstr. 5a"]);
        all_are("paseo estacion 1", &["Pº de la Estación 1", "Paseo Estación, n. 1"]);
    }

    #[test]
    fn a_number_within_a_name_is_no_house_number() {
        all_are("calle 7 julio 12", &["Calle 7 de Julio, 12", "C/ 7 Julio 12"]);
        let street = street_parts("Calle 2 de Mayo").expect("a street");
        assert_eq!((street.name.as_str(), street.number), ("calle 2 mayo", None));
        assert_eq!(street_parts("2 de Mayo").expect("a street").number, None);
    }

    #[test]
    fn a_house_may_have_no_number() {
        all_are("camino viejo", &["Camino Viejo s/n", "Cno. Viejo"]);
    }

    #[test]
    fn what_says_nothing_is_none() {
        for raw in ["", "n/a", "-", "...", "  "] {
            assert_eq!(street(raw), None, "{raw}");
        }
    }

    #[test]
    fn a_short_form_stands_for_one_kind() {
        let mut all: Vec<&str> = KINDS
            .iter()
            .flat_map(|(kind, short)| short.iter().copied().chain([*kind]))
            .chain(WHOLE.iter().copied())
            .collect();
        let n = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), n);
    }

    #[test]
    fn reading_a_read_street_changes_nothing() {
        for raw in ["C/ Mayor, 12, 3º B", "12 Main St", "Hauptstr. 5", "Calle 7 de Julio, 12"] {
            let once = street(raw).expect("a street");
            assert_eq!(street(&once).as_deref(), Some(once.as_str()), "{raw}");
        }
    }
}

//! Names of persons, for comparison.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Letters that decomposition leaves alone, with their usual spelling in ASCII.
const LETTERS: &[(char, &str)] = &[
    ('ß', "ss"),
    ('æ', "ae"),
    ('ð', "d"),
    ('ø', "o"),
    ('þ', "th"),
    ('đ', "d"),
    ('ı', "i"),
    ('ł', "l"),
    ('œ', "oe"),
];

/// Writes the text with single spaces and none at the ends into `out`, which is emptied first.
pub fn collapse_spaces(raw: &str, out: &mut String) {
    out.clear();
    for word in raw.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
}

/// Writes the text without case, accents and punctuation into `out`, which is emptied first.
///
/// Words are separated by one space; an apostrophe joins (`O'Neil` is `oneil`), anything else that is
/// no letter or digit separates.
pub fn fold(raw: &str, out: &mut String) {
    out.clear();
    if raw.is_ascii() {
        raw.chars().for_each(|c| push_folded(c.to_ascii_lowercase(), out));
    } else {
        let letters = raw.nfkd().filter(|&c| !is_combining_mark(c)).flat_map(char::to_lowercase);
        for c in letters {
            match LETTERS.iter().find(|(letter, _)| *letter == c) {
                Some((_, ascii)) => out.push_str(ascii),
                None => push_folded(c, out),
            }
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
}

fn push_folded(c: char, out: &mut String) {
    if c.is_alphanumeric() {
        out.push(c);
    } else if !matches!(c, '\'' | '’' | '`' | '´') && !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

/// Given and family name of a record, in that order.
///
/// A whole name in one field is taken apart when the other one is empty and a comma tells how:
/// `García López, Ana`. Fields that are both filled stay as they are.
pub fn split_name<'a>(first: &'a str, last: &'a str) -> (&'a str, &'a str) {
    let whole = match (first.trim(), last.trim()) {
        ("", whole) | (whole, "") => whole,
        names => return names,
    };
    match whole.split_once(',') {
        Some((family, given)) if !family.trim().is_empty() && !given.trim().is_empty() => {
            (given.trim(), family.trim())
        }
        _ => (first.trim(), last.trim()),
    }
}

/// Writes what tells people apart who share an identifier into `out`: folded first and last name.
///
/// Empty when both are missing.
pub fn name_key(first: &str, last: &str, out: &mut String) {
    out.clear();
    if first.is_empty() && last.is_empty() {
        return;
    }
    out.push_str(first);
    out.push('\u{1f}'); // a separator that no folded name has
    out.push_str(last);
}

/// Whether two folded first names may be one person's.
///
/// Word by word, as far as both go, words are equal or one is the other's initial; so `j`, `jose` and
/// `jose luis` agree, `jose luis` and `jose maria` do not. A missing name agrees with every name.
pub fn names_agree(a: &str, b: &str) -> bool {
    let initial = |short: &str, long: &str| {
        let mut letters = short.chars();
        letters.next().is_some_and(|c| long.starts_with(c)) && letters.next().is_none()
    };
    a.split(' ')
        .filter(|word| !word.is_empty())
        .zip(b.split(' ').filter(|word| !word.is_empty()))
        .all(|(a, b)| a == b || initial(a, b) || initial(b, a))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(raw: &str) -> String {
        let mut out = String::new();
        fold(raw, &mut out);
        out
    }

    #[test]
    fn folding_drops_case_accents_and_punctuation() {
        assert_eq!(folded("  José-Luis "), "jose luis");
        assert_eq!(folded("MUÑOZ"), "munoz");
        assert_eq!(folded("O'Neil, Jr."), "oneil jr");
        assert_eq!(folded("Łukasz Strauß"), "lukasz strauss");
        assert_eq!(folded("Søren Ærø"), "soren aero");
        assert_eq!(folded("李 明"), "李 明");
        assert_eq!(folded("--"), "");
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for raw in ["José-Luis", "O'Neil, Jr.", "Łukasz", "ﬁona", "Ⅷ", "İpek", "℡", "ẞ"]
        {
            assert_eq!(folded(&folded(raw)), folded(raw));
        }
    }

    #[test]
    fn initials_and_second_names_do_not_contradict() {
        for (a, b) in [
            ("ana", "ana"),
            ("j", "jose"),
            ("jose", "jose luis"),
            ("j l", "jose luis"),
            ("", "ana"),
        ] {
            assert!(names_agree(a, b) && names_agree(b, a), "{a} and {b}");
        }
        for (a, b) in [("ana", "luis"), ("jose luis", "jose maria"), ("an", "ana"), ("k", "jose")] {
            assert!(!names_agree(a, b) && !names_agree(b, a), "{a} and {b}");
        }
    }

    #[test]
    fn a_whole_name_with_a_comma_is_taken_apart() {
        for (first, last) in [("García López, Ana", ""), ("", "García López , Ana ")] {
            assert_eq!(split_name(first, last), ("Ana", "García López"));
        }
        assert_eq!(split_name(" Ana ", "Ruiz, Jr"), ("Ana", "Ruiz, Jr"));
        assert_eq!(split_name("Ana", ""), ("Ana", ""));
        assert_eq!(split_name("", "Ruiz,"), ("", "Ruiz,"));
    }

    #[test]
    fn a_name_key_tells_first_from_last() {
        let (mut a, mut b) = (String::new(), String::new());
        name_key("ana", "", &mut a);
        name_key("", "ana", &mut b);
        assert_ne!(a, b);
        name_key("", "", &mut a);
        assert!(a.is_empty());
    }
}

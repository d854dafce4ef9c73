//! File names from segment names.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::error::{ExportError, Result};

/// With a stem of 16, `-`, and `-part-0001-of-0007`, names stay within 64 characters.
const SLUG_LEN: usize = 29;
const HASH_LEN: usize = 8;
/// Four digits number the parts.
pub(crate) const PARTS: usize = 9_999;

/// Checks the beginning of the file names.
pub(crate) fn check_stem(stem: &str) -> Result<()> {
    let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    if (1..=16).contains(&stem.len()) && stem.bytes().all(allowed) {
        return Ok(());
    }
    Err(ExportError::Stem { stem: stem.to_owned() })
}

/// Returns the file name of a part.
pub(crate) fn of_part(stem: &str, part: usize, parts: usize) -> String {
    if parts == 1 {
        format!("{stem}.csv")
    } else {
        format!("{stem}-part-{part:04}-of-{parts:04}.csv")
    }
}

/// Gives every name a slug of its own, in the order of `names`.
///
/// A slug depends on its name alone, unless two names would share one: then each has eight digits of its
/// name's SHA-256 behind it, whichever comes first.
pub(crate) fn slugs(names: &[&str]) -> Vec<String> {
    let plain: Vec<String> = names.iter().map(|name| slug(name)).collect();
    let short = unless_unique(&plain, names, HASH_LEN);
    // A name may look like the slug and hash of another one.
    unless_unique(&short, names, SLUG_LEN - 1)
}

fn unless_unique(slugs: &[String], names: &[&str], hash_len: usize) -> Vec<String> {
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for slug in slugs {
        *uses.entry(slug).or_default() += 1;
    }
    let one = |(slug, name): (&String, &&str)| match uses.get(slug.as_str()) {
        Some(1) => slug.clone(),
        _ => with_hash(slug, name, hash_len),
    };
    slugs.iter().zip(names).map(one).collect()
}

fn with_hash(slug: &str, name: &str, hash_len: usize) -> String {
    let kept = slug.get(..SLUG_LEN - hash_len - 1).unwrap_or(slug).trim_end_matches('-');
    let hash = crate::manifest::hex(&Sha256::digest(name.as_bytes()));
    format!("{kept}-{}", hash.get(..hash_len).unwrap_or(&hash))
}

/// Folds a name to `a-z`, `0-9`, `_` and `-`.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        let folded = fold(c);
        if folded.is_empty() && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        slug.push_str(folded);
    }
    slug.truncate(SLUG_LEN);
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "segment".to_owned() } else { slug.to_owned() }
}

/// Returns the ASCII form of a lower-case letter or digit; nothing for any other character.
fn fold(c: char) -> &'static str {
    const ASCII: &str = "abcdefghijklmnopqrstuvwxyz0123456789_";
    if c.is_ascii() {
        let at = ASCII.find(c);
        return at.and_then(|at| ASCII.get(at..=at)).unwrap_or("");
    }
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ð' | 'ď' | 'đ' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' | 'ĸ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' | 'ŋ' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_fold_to_ascii() {
        for (name, expected) in [
            ("Champions", "champions"),
            ("Früh & treu", "fruh-treu"),
            ("Señor, Île / Łódź", "senor-ile-lodz"),
            ("A > B", "a-b"),
            ("../../etc/passwd", "etc-passwd"),
            ("日本", "segment"),
            ("", "segment"),
            ("CON", "con"),
            ("_x_", "_x_"),
        ] {
            assert_eq!(slugs(&[name]), [expected], "{name}");
        }
    }

    #[test]
    fn names_that_fold_alike_are_told_apart_in_any_order() {
        let one = slugs(&["Café", "cafe", "other"]);
        let two = slugs(&["other", "cafe", "Café"]);
        assert_eq!(one[0], two[2]);
        assert_eq!(one[1], two[1]);
        assert_eq!(one[2], "other");
        assert!(one[0] != one[1] && one[0].starts_with("cafe-") && one[0].len() == 13, "{one:?}");
    }

    proptest! {
        #[test]
        fn slugs_are_safe_and_unique(names in prop::collection::btree_set(r"(\PC|[a-c éÉ-]){0,40}", 0..12)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let slugs = slugs(&names);
            for slug in &slugs {
                prop_assert!(check_stem("a").is_ok() && !slug.is_empty() && slug.len() <= SLUG_LEN);
                prop_assert!(slug.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')));
            }
            let distinct: std::collections::BTreeSet<_> = slugs.iter().collect();
            prop_assert_eq!(distinct.len(), names.len());
        }
    }
}

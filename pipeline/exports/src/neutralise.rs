//! Text made harmless for spreadsheets, mail tools and line-based readers.
//!
//! CWE-1236; OWASP "CSV Injection"; ASVS 1.2.10. OWASP's own remedy, a leading `'`, is meant for
//! spreadsheets: a CRM would store it in the name, so that machine profiles strip instead.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What happens to text that begins like a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Injection {
    /// The leading characters are stripped.
    Machine,
    /// A `'` is put before it, which spreadsheets take for "this is text".
    Spreadsheet,
}

/// Returns `text` made harmless; borrowed when it already is.
///
/// The result holds no control character, no `{{` or `{%` and no HTML tag. It does not begin with
/// `=`, `+`, `-`, `@` or their full-width forms, not even after spaces or invisible characters. Lines
/// within a cell become one, with a space between. Doing it twice changes nothing more.
pub fn neutralise(text: &str, policy: Injection) -> Cow<'_, str> {
    if is_harmless(text) {
        return Cow::Borrowed(text);
    }
    // Taking one thing away can bring another to light, such as a tag within a tag: until at rest.
    let mut text = Cow::Borrowed(text);
    loop {
        let plain = without_controls(&text);
        let plain = without_tags(&plain);
        let plain = without_liquid(&plain);
        let next = match policy {
            Injection::Machine => formula_start(&plain)
                .map_or(&*plain, |rest| rest.trim_start_matches(|c| is_formula(c) || is_unseen(c))),
            Injection::Spreadsheet => &plain,
        };
        if next == text {
            break;
        }
        text = Cow::Owned(next.to_owned());
    }
    match policy {
        Injection::Spreadsheet if formula_start(&text).is_some() => Cow::Owned(format!("'{text}")),
        _ => text,
    }
}

/// Quick look at the bytes; false when a closer look is needed.
pub(crate) fn is_harmless(text: &str) -> bool {
    let mut suspicious = false;
    for byte in text.bytes() {
        suspicious |= SUSPICIOUS[usize::from(byte)];
    }
    !suspicious && !text.starts_with(['=', '+', '-', '@', ' '])
}

/// Bytes that occur in what is neutralised; the lead bytes of U+0080 to U+00BF, U+2000 to U+2FFF and
/// U+F000 to U+FFFF are among them.
const SUSPICIOUS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = byte < 0x20
            || byte == 0x7f
            || matches!(byte as u8, b'<' | b'{' | b'}' | b'%' | 0xc2 | 0xe1 | 0xe2 | 0xe3 | 0xef);
        byte += 1;
    }
    table
};

fn is_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
}

/// Spaces and characters without a shape, that a reader might skip.
fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{180e}')
}

/// Returns what begins at the first formula character, when nothing visible stands before it.
fn formula_start(text: &str) -> Option<&str> {
    let seen = text.trim_start_matches(is_unseen);
    seen.starts_with(is_formula).then_some(seen)
}

fn is_line_or_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Line breaks and tabs become one space, other controls vanish.
fn without_controls(text: &str) -> Cow<'_, str> {
    if !text.contains(is_line_or_control) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        if is_line_or_control(c) {
            gap |= c.is_whitespace();
            continue;
        }
        if gap && !clean.is_empty() && !clean.ends_with(' ') && c != ' ' {
            clean.push(' ');
        }
        gap = false;
        clean.push(c);
    }
    Cow::Owned(clean)
}

/// Removes `<tag ...>` with its brackets, and the bracket alone when it is never closed.
fn without_tags(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        clean.push_str(before);
        rest = after;
        if after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            rest = after.split_once('>').map_or(after, |(_, outside)| outside);
        } else {
            clean.push('<');
        }
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

/// Removes the brackets of Liquid and its kin, `{{`, `{%`, `}}` and `%}`.
fn without_liquid(text: &str) -> Cow<'_, str> {
    let pairs = ["{{", "{%", "}}", "%}"];
    if !pairs.iter().any(|pair| text.contains(pair)) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        let makes_pair = match c {
            '{' | '%' => clean.ends_with('{'),
            '}' => clean.ends_with(['}', '%']),
            _ => false,
        };
        if makes_pair {
            clean.pop();
        } else {
            clean.push(c);
        }
    }
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn machine(text: &str) -> String {
        neutralise(text, Injection::Machine).into_owned()
    }

    #[test]
    fn ordinary_text_is_not_touched() {
        for text in [
            "",
            "Ada",
            "Anne-Marie",
            "O'Brien",
            "a < b",
            "I <3 you",
            "50 % off",
            "{one}",
            "né à Köln",
            "a=b",
            "a@example.org",
            "(+34) 600",
            "Zoë “Z” Ŵ",
            "日本",
            "👩‍🚀",
            "a  b",
        ] {
            assert!(matches!(neutralise(text, Injection::Machine), Cow::Borrowed(_)), "{text}");
            assert_eq!(neutralise(text, Injection::Spreadsheet), text);
        }
    }

    #[test]
    fn formulas_lose_their_beginning_or_get_an_apostrophe() {
        let cases = [
            ("=1+1", "1+1", "'=1+1"),
            ("+-@=x", "x", "'+-@=x"),
            ("  =cmd", "cmd", "'  =cmd"),
            ("\t=cmd", "cmd", "'=cmd"),
            ("\0=cmd", "cmd", "'=cmd"),
            ("\r\n-2", "2", "'-2"),
            ("\u{feff}=cmd", "cmd", "'\u{feff}=cmd"),
            ("＝cmd", "cmd", "'＝cmd"),
            ("-", "", "'-"),
            ("= = a", "a", "'= = a"),
        ];
        for (text, stripped, prefixed) in cases {
            assert_eq!(machine(text), stripped, "{text:?}");
            assert_eq!(neutralise(text, Injection::Spreadsheet), prefixed, "{text:?}");
        }
    }

    #[test]
    fn markup_goes_also_when_it_hides_in_itself() {
        let cases = [
            ("a <b>c</b> d", "a c d"),
            ("<<b>script>x", "x"),
            ("<script", "script"),
            ("<img src=x onerror=alert(1)", "img src=x onerror=alert(1)"),
            ("{{ user.email }}", " user.email "),
            ("{{{%", ""),
            ("{<b>{x", "x"),
            ("{\0{x}\0}", "x"),
            ("<b>=cmd", "cmd"),
            ("<\0b>x", "x"),
        ];
        for (text, clean) in cases {
            assert_eq!(machine(text), clean, "{text:?}");
        }
    }

    #[test]
    fn lines_become_one() {
        assert_eq!(machine("1 Main St\r\nFlat 2\n"), "1 Main St Flat 2");
        assert_eq!(machine("a\u{2028}b\u{85}c\td"), "a b c d");
        assert_eq!(machine("a\u{7}b"), "ab");
    }

    proptest! {
        #[test]
        fn no_text_stays_harmful(
            text in r"([=+\-@ \t\r\n\x00\u{feff}\u{200b}＝＋－＠<>{}%/!?'a-c\u{85}\u{2028}]|\PC){0,12}",
            spreadsheet in any::<bool>(),
        ) {
            let policy = if spreadsheet { Injection::Spreadsheet } else { Injection::Machine };
            let clean = neutralise(&text, policy);
            prop_assert!(formula_start(&clean).is_none(), "{:?}", clean);
            prop_assert!(!clean.contains(is_line_or_control), "{:?}", clean);
            prop_assert!(!["{{", "{%", "}}", "%}"].iter().any(|pair| clean.contains(pair)), "{:?}", clean);
            let tag = clean.split('<').skip(1).any(|after| {
                after.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c))
            });
            prop_assert!(!tag, "{:?}", clean);
            prop_assert_eq!(neutralise(&clean, policy), &*clean, "twice");
        }
    }
}

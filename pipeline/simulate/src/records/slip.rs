//! What goes wrong when a text is written down: by keyboard, by ear, by scanner.

use super::names::plain;
use crate::draw::Draw;

/// How a text gets into a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hand {
    /// Typed: neighbours of the key, letters left out, doubled or transposed.
    Keyboard,
    /// Heard on the telephone: letters that sound alike.
    Ear,
    /// Read by a scanner: letters that look alike.
    Scanner,
}

/// Rows of a keyboard, each key between its neighbours.
const KEYS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// Letters that sound alike, in either language.
const SOUNDS: [(&str, &str); 24] = [
    ("b", "v"),
    ("v", "b"),
    ("ll", "y"),
    ("y", "i"),
    ("z", "s"),
    ("s", "z"),
    ("ge", "je"),
    ("gi", "ji"),
    ("je", "ge"),
    ("c", "k"),
    ("k", "c"),
    ("qu", "k"),
    ("h", ""),
    ("ph", "f"),
    ("ck", "k"),
    ("ie", "ei"),
    ("ei", "ie"),
    ("rr", "r"),
    ("nn", "n"),
    ("x", "s"),
    ("ea", "ee"),
    ("tt", "t"),
    ("ñ", "ni"),
    ("m", "n"),
];

/// Letters that look alike.
const LOOKS: [(&str, &str); 22] = [
    ("rn", "m"),
    ("m", "rn"),
    ("cl", "d"),
    ("d", "cl"),
    ("l", "1"),
    ("i", "l"),
    ("o", "0"),
    ("u", "v"),
    ("v", "u"),
    ("h", "b"),
    ("e", "c"),
    ("c", "e"),
    ("s", "5"),
    ("g", "9"),
    ("n", "ri"),
    ("0", "8"),
    ("1", "7"),
    ("5", "6"),
    ("6", "5"),
    ("8", "3"),
    ("3", "8"),
    ("7", "1"),
];

/// The text with one slip of this hand; by keyboard where no letter can be mistaken.
pub(super) fn slip(text: &str, hand: Hand, draw: &mut Draw) -> String {
    let confused = match hand {
        Hand::Keyboard => None,
        Hand::Ear => confuse(text, &SOUNDS, draw),
        Hand::Scanner => confuse(text, &LOOKS, draw),
    };
    confused.unwrap_or_else(|| mistype(text, draw))
}

/// Replaces one occurrence of one pair; which one is drawn among those that occur.
fn confuse<const N: usize>(
    text: &str,
    pairs: &[(&str, &str); N],
    draw: &mut Draw,
) -> Option<String> {
    let from = draw.below(N);
    let turned = pairs.iter().skip(from).chain(pairs.iter().take(from));
    for (wrong, right) in turned.map(|(right, wrong)| (wrong, right)) {
        // Capitals begin names: what is mistaken inside of them is far more common.
        let places: Vec<usize> = text.match_indices(right).map(|(at, _)| at).collect();
        if let Some(&at) = places.get(draw.below(places.len())) {
            let (head, tail) = text.split_at(at);
            let rest = tail.strip_prefix(right).unwrap_or(tail);
            return Some(format!("{head}{wrong}{rest}"));
        }
    }
    None
}

/// One wrong stroke: a neighbour, a letter left out, doubled, or two in the wrong order.
fn mistype(text: &str, draw: &mut Draw) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 2 {
        return text.to_owned();
    }
    // The first letter is looked at while it is typed.
    let at = 1 + draw.below(letters.len() - 1);
    match draw.below(5) {
        0 | 1 => {
            if let Some(letter) = letters.get_mut(at) {
                *letter = neighbour(*letter, draw);
            }
        }
        2 => {
            letters.remove(at);
        }
        3 => {
            if let Some(&letter) = letters.get(at) {
                letters.insert(at, letter);
            }
        }
        _ => letters.swap(at - 1, at),
    }
    letters.into_iter().collect()
}

fn neighbour(letter: char, draw: &mut Draw) -> char {
    let Some(key) = plain(letter).map(|c| c.to_ascii_lowercase()) else { return letter };
    let row = KEYS.iter().find(|row| row.contains(key)).copied().unwrap_or("e");
    let keys: Vec<char> = row.chars().collect();
    let at = keys.iter().position(|&k| k == key).unwrap_or_default();
    let beside = if at > 0 && (draw.chance(0.5) || at + 1 == keys.len()) { at - 1 } else { at + 1 };
    let typed = keys.get(beside).copied().unwrap_or(key);
    if letter.is_uppercase() { typed.to_ascii_uppercase() } else { typed }
}

/// The text without accents, as typed on a foreign keyboard.
pub(super) fn without_accents(text: &str) -> String {
    text.chars().map(|letter| plain(letter).unwrap_or(letter)).collect()
}

/// A number in which one digit is wrong or two are transposed.
pub(super) fn slip_digits(number: &str, draw: &mut Draw) -> String {
    let mut digits: Vec<u8> = number.bytes().collect();
    let places: Vec<usize> =
        (0..digits.len()).filter(|&at| digits.get(at).is_some_and(u8::is_ascii_digit)).collect();
    // The front of a number is its network or area, which callers know.
    let from = places.len() / 3;
    let Some(&at) = places.get(from + draw.below(places.len() - from)) else {
        return number.to_owned();
    };
    if draw.chance(0.4) && at > 0 && digits.get(at - 1).is_some_and(u8::is_ascii_digit) {
        digits.swap(at - 1, at);
    } else if let Some(digit) = digits.get_mut(at) {
        *digit = b'0' + (*digit - b'0' + 1 + draw.below(9) as u8) % 10;
    }
    String::from_utf8(digits).unwrap_or_else(|_| number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_changes_a_letter_or_two_and_the_first_stays_in_nine_of_ten() {
        let mut draw = Draw::new(1, "slip");
        for hand in [Hand::Keyboard, Hand::Ear, Hand::Scanner] {
            let slips: Vec<String> =
                (0..200).map(|_| slip("Martínez López", hand, &mut draw)).collect();
            let changed = slips.iter().filter(|it| *it != "Martínez López").count();
            assert!(changed > 150, "{hand:?} {changed}");
            assert!(slips.iter().all(|it| it.chars().count().abs_diff(14) <= 1), "{hand:?}");
            assert!(slips.iter().filter(|it| it.starts_with('M')).count() > 180, "{hand:?}");
        }
    }

    #[test]
    fn ears_and_scanners_confuse_what_sounds_and_looks_alike() {
        let mut draw = Draw::new(2, "slip");
        let one_of =
            |hand, draw: &mut Draw| (0..60).map(|_| slip("rnave", hand, draw)).collect::<Vec<_>>();
        assert!(one_of(Hand::Ear, &mut draw).contains(&"rnabe".to_owned()));
        assert!(one_of(Hand::Scanner, &mut draw).contains(&"mave".to_owned()));
    }

    #[test]
    fn digits_stay_digits_and_as_many() {
        let mut draw = Draw::new(3, "slip");
        for _ in 0..100 {
            let wrong = slip_digits("600 123 457", &mut draw);
            assert_eq!(wrong.len(), 11);
            assert!(wrong.starts_with("600") && wrong.matches(' ').count() == 2, "{wrong}");
        }
        assert_eq!(slip_digits("no number", &mut draw), "no number");
        assert_eq!(slip("", Hand::Keyboard, &mut draw), "");
    }

    #[test]
    fn accents_are_lost_and_nothing_else() {
        assert_eq!(without_accents("Íñigo Núñez, O'Neil"), "Inigo Nunez, O'Neil");
    }
}

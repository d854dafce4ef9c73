//! Values that stand for "none": lists of what tills, forms and imports write.

/// Words that say nothing in any field, in lower case.
const WORDS: &[&str] = &[
    "#n/a",
    "(null)",
    "-",
    "--",
    "---",
    ".",
    "..",
    "...",
    "/",
    "?",
    "??",
    "???",
    "anonimo",
    "anonym",
    "anonyme",
    "anonymous",
    "anónimo",
    "desconocido",
    "dummy",
    "empty",
    "guest",
    "inconnu",
    "invitado",
    "keine",
    "n.a.",
    "n/a",
    "n/d",
    "na",
    "nan",
    "nil",
    "ninguno",
    "no aplica",
    "no tiene",
    "nobody",
    "none",
    "not available",
    "not provided",
    "null",
    "prueba",
    "s/d",
    "sconosciuto",
    "sin datos",
    "test",
    "tbd",
    "unbekannt",
    "undefined",
    "unknown",
    "x",
    "xx",
    "xxx",
    "xxxx",
    "xxxxx",
];

/// Words that stand for a name that was not asked, in lower case.
const NAMES: &[&str] = &[
    "apellido",
    "apellidos",
    "client",
    "cliente",
    "customer",
    "first name",
    "kunde",
    "last name",
    "name",
    "nombre",
    "shop",
    "sin apellido",
    "sin apellidos",
    "sin nombre",
    "tienda",
    "user",
    "usuario",
];

/// Mailboxes nobody reads or nobody owns, in lower case.
const MAILBOXES: &[&str] = &[
    "abc",
    "anonymous",
    "asdf",
    "do-not-reply",
    "do.not.reply",
    "do_not_reply",
    "donotreply",
    "dummy",
    "fake",
    "n.a",
    "na",
    "no",
    "no-email",
    "no-mail",
    "no-reply",
    "no.reply",
    "no_email",
    "no_reply",
    "nobody",
    "noemail",
    "nomail",
    "none",
    "noreply",
    "noresponder",
    "notiene",
    "null",
    "prueba",
    "sin-correo",
    "sin-email",
    "sincorreo",
    "sinemail",
    "test",
    "test1",
    "unknown",
    "x",
    "xx",
    "xxx",
    "xxxx",
];

/// Mail domains that do not deliver, in lower case.
const DOMAINS: &[&str] = &[
    "fake.com",
    "noemail.com",
    "nomail.com",
    "none.com",
    "noreply.com",
    "notiene.com",
    "sincorreo.com",
    "sinemail.com",
    "test.com",
];

/// Top-level domains that never deliver (RFC 2606, section 2).
const TOP_LEVELS: &[&str] = &["invalid", "localhost", "test"];

/// Digit runs typed to get past a required field.
const SEQUENCES: &[&str] = &[
    "0123456789",
    "012345678",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "987654321",
    "9876543210",
];

/// Days of birth that are a system's default: days since 1970-01-01.
const BIRTH_DATES: &[i32] = &[
    -25_568, // 1899-12-31, day 0 of some spreadsheets
    -25_567, // 1900-01-01
    -25_202, // 1901-01-01
];

/// Nobody alive was born longer ago; the oldest verified age is 122 years.
const OLDEST_DAYS: i32 = 125 * 365;

/// A repeated digit is a placeholder from this length on; shorter ones are plausible serial numbers.
const REPEATED_MIN: usize = 7;

fn holds(list: &[&str], word: &str) -> bool {
    if word.is_ascii() {
        return list.iter().any(|entry| entry.eq_ignore_ascii_case(word));
    }
    let lower = || word.chars().flat_map(char::to_lowercase);
    list.iter().any(|entry| !entry.is_ascii() && lower().eq(entry.chars()))
}

/// Whether a trimmed text says nothing, in any case of letters.
pub(super) fn is_word(text: &str) -> bool {
    // Most values are longer than every entry.
    text.len() <= 16 && holds(WORDS, text)
}

/// Whether a name is the word for a name.
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= 16 && holds(NAMES, text)
}

/// Whether an e-mail address reaches nobody; both parts in lower case.
pub(super) fn is_email(mailbox: &str, domain: &str) -> bool {
    let top_level = domain.rsplit('.').next().unwrap_or(domain);
    MAILBOXES.contains(&mailbox) || DOMAINS.contains(&domain) || TOP_LEVELS.contains(&top_level)
}

/// Whether a code is all zeros, one repeated character or a typed run.
pub(super) fn is_code(code: &str) -> bool {
    let mut bytes = code.bytes();
    let Some(first) = bytes.next() else { return false };
    let repeated = bytes.all(|byte| byte == first);
    repeated && (first == b'0' || code.len() >= REPEATED_MIN) || SEQUENCES.contains(&code)
}

/// Whether a day of birth is a system's default or in the future, however old people may be.
pub(super) fn is_no_birth_date(day: i32, today: i32) -> bool {
    BIRTH_DATES.contains(&day) || day > today
}

/// Whether a day of birth is a default, in the future, or before anybody alive was born.
pub(super) fn is_birth_date(day: i32, today: i32) -> bool {
    is_no_birth_date(day, today) || day < today.saturating_sub(OLDEST_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_in_any_case_and_longer_text_is_not_a_word() {
        assert!(is_word("N/A") && is_word("Test") && is_word("ANÓNIMO") && is_word("-"));
        assert!(!is_word("Ana") && !is_word("testarossa") && !is_word("none of your business"));
        assert!(is_name("Sin Nombre") && !is_name("Nombres"));
    }

    #[test]
    fn every_word_of_the_lists_fits_the_length_that_is_looked_at() {
        assert!(WORDS.iter().chain(NAMES).all(|word| word.len() <= 16));
    }

    #[test]
    fn short_repeated_digits_are_serial_numbers_and_long_ones_are_not() {
        assert!(is_code("0") && is_code("000") && is_code("9999999") && is_code("1234567890"));
        assert!(!is_code("1111") && !is_code("1234") && !is_code("0001") && !is_code("99999998"));
    }

    #[test]
    fn mailboxes_and_domains_without_a_reader_are_known() {
        assert!(is_email("noreply", "shop.es") && is_email("ana", "nomail.com"));
        assert!(is_email("ana", "shop.test"));
        assert!(!is_email("ana", "shop.es") && !is_email("tester", "shop.es"));
    }

    #[test]
    fn days_of_birth_that_are_defaults_or_impossible_are_known() {
        let today = 20_000; // 2024-10-04
        assert!(is_birth_date(-25_567, today), "1900-01-01");
        assert!(is_birth_date(20_001, today), "tomorrow");
        assert!(is_birth_date(-30_000, today), "1887");
        assert!(!is_birth_date(0, today) && !is_birth_date(-20_000, today));
    }
}

//! Telephone numbers, written in E.164 form.
//!
//! Own rules over a table of numbering plans: the `phonenumber` crate carries the metadata of every
//! carrier and its parser, far more than telling two spellings of one number apart needs.

use super::phone_plan::{self, Plan};
use super::{Form, placeholder};

/// Whose numbering plan a number without international prefix follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallingCode<'a> {
    /// Nobody said; such numbers stay national digits and link with each other alone.
    Unknown,
    /// The plan of this country, ISO 3166-1 alpha-2; of the calling code when it has no plan here.
    Country(&'a str, Option<&'a str>),
    /// The plan of this calling code, digits alone.
    Code(&'a str),
}

impl CallingCode<'_> {
    /// Whether a calling code belongs to a known numbering plan.
    pub fn is_known(code: &str) -> bool {
        phone_plan::of_code(code).is_some()
    }

    fn plan(self) -> Option<&'static Plan> {
        match self {
            Self::Unknown => None,
            Self::Code(code) => phone_plan::of_code(code),
            Self::Country(country, code) => phone_plan::of_country(country.trim())
                .or_else(|| code.and_then(phone_plan::of_code)),
        }
    }
}

/// Fewest and most digits of a number, with its calling code or of an unknown country.
const DIGITS: (usize, usize) = (7, 15);

/// Writes the number with `+` and calling code, or bare digits of an unknown country, into `out`.
pub(super) fn e164(raw: &str, calling_code: CallingCode<'_>, out: &mut String) -> Form {
    let raw = raw.strip_prefix("tel:").unwrap_or(raw);
    // What follows `x`, `ext`, `#` or `;ext=` is an extension.
    let raw = match raw.split_once([';', '#', 'x', 'X']) {
        Some((number, _)) => number.trim_end_matches(['e', 'E']),
        None => raw,
    };
    let raw = raw.strip_suffix(".0").unwrap_or(raw).trim();

    // "+44 (0)20 …" shows the trunk prefix in brackets, for callers at home.
    let plus = raw.starts_with('+');
    let mut digits = String::with_capacity(raw.len());
    if plus && let Some((code, rest)) = raw.split_once("(0)") {
        push_digits(code, &mut digits);
        push_digits(rest, &mut digits);
    } else {
        push_digits(raw, &mut digits);
    }
    if raw.contains(|c: char| c.is_alphabetic()) {
        return Form::Unusable;
    }

    let home = calling_code.plan();
    let international = if plus {
        Some(digits.as_str())
    } else {
        let north_american = home.is_some_and(|plan| plan.code == "1");
        digits.strip_prefix(if north_american { "011" } else { "00" })
    };
    let abroad = |plan: &'static Plan, number| {
        let rest: Option<&str> = str::strip_prefix(number, plan.code);
        rest.and_then(|rest| national(plan, rest))
    };
    let read = match (international, home) {
        // All zeros, most often.
        (Some(number), _) if number.starts_with('0') => return bare(number, out),
        (Some(number), _) => match phone_plan::of_number(number) {
            Some(plan) => abroad(plan, number).map(|national| (plan, national)),
            None => return foreign(number, out),
        },
        (None, None) => return bare(&digits, out),
        (None, Some(plan)) => {
            let with_code = abroad(plan, &digits);
            let at_home = national(plan, &digits);
            // Where numbers at home start with a trunk prefix, one that starts with the calling code
            // has only lost its plus.
            let plus_was_lost = !plan.trunk.is_empty() && !digits.starts_with(plan.trunk);
            let number = if plus_was_lost { with_code.or(at_home) } else { at_home.or(with_code) };
            number.map(|national| (plan, national))
        }
    };
    let Some((plan, national)) = read else {
        return if placeholder::is_code(&digits) { Form::Placeholder } else { Form::Unusable };
    };
    if placeholder::is_code(national) {
        return Form::Placeholder;
    }
    out.push('+');
    out.push_str(plan.code);
    out.push_str(national);
    Form::Proper
}

fn push_digits(text: &str, digits: &mut String) {
    digits.extend(text.chars().filter(char::is_ascii_digit));
}

/// The national number without trunk prefix, when its length fits the plan.
fn national<'a>(plan: &Plan, digits: &'a str) -> Option<&'a str> {
    let (fewest, most) = plan.digits;
    let fits = |number: &&str| (fewest..=most).contains(&number.len());
    let trunk = Some(plan.trunk).filter(|trunk| !trunk.is_empty());
    match trunk.and_then(|trunk| digits.strip_prefix(trunk)) {
        // No national number starts with a zero where zero is the trunk prefix.
        Some(rest) if fits(&rest) => Some(rest),
        Some(_) if plan.trunk == "0" => None,
        _ => Some(digits).filter(fits),
    }
}

/// A number of a country without a plan here, written with its calling code.
fn foreign(number: &str, out: &mut String) -> Form {
    if !(DIGITS.0..=DIGITS.1).contains(&number.len()) {
        return Form::Unusable;
    }
    out.push('+');
    out.push_str(number);
    Form::Proper
}

/// A number of which nobody knows the country.
fn bare(digits: &str, out: &mut String) -> Form {
    if placeholder::is_code(digits) {
        return Form::Placeholder;
    }
    if !(DIGITS.0..=DIGITS.1).contains(&digits.len()) {
        return Form::Unusable;
    }
    out.push_str(digits);
    Form::Proper
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str, code: CallingCode<'_>) -> (Form, String) {
        let mut out = String::new();
        let form = e164(raw, code, &mut out);
        (form, out)
    }

    #[track_caller]
    fn all_read_as(expected: &str, code: CallingCode<'_>, spellings: &[&str]) {
        for raw in spellings {
            assert_eq!(read(raw, code), (Form::Proper, expected.to_owned()), "{raw}");
        }
    }

    #[test]
    fn spellings_of_a_spanish_number_are_one() {
        all_read_as(
            "+34600123457",
            CallingCode::Code("34"),
            &[
                "600123457",
                "600 12 34 57",
                "+34 600-123-457",
                "0034600123457",
                "34600123457",
                "(600) 123 457",
                "tel:+34600123457",
                "600123457 ext 12",
                "+34600123457;ext=3",
                "600123457.0",
            ],
        );
    }

    #[test]
    fn a_trunk_prefix_is_dropped_abroad() {
        all_read_as(
            "+442079460018",
            CallingCode::Code("44"),
            &["020 7946 0018", "+44 (0)20 7946 0018", "+4402079460018", "442079460018"],
        );
        all_read_as(
            "+3612345679",
            CallingCode::Country("HU", None),
            &["06 1 234 5679", "+36 1 234 5679"],
        );
        all_read_as(
            "+79161234567",
            CallingCode::Country("RU", None),
            &["8 916 123-45-67", "+7 916 123 45 67"],
        );
        all_read_as(
            "+491701234567",
            CallingCode::Code("49"),
            &["0170 1234567", "491701234567", "1701234567"],
        );
        all_read_as("+12125550123", CallingCode::Code("1"), &["(212) 555-0123", "1-212-555-0123"]);
    }

    #[test]
    fn an_italian_landline_keeps_its_zero() {
        all_read_as(
            "+390612345678",
            CallingCode::Country("IT", Some("34")),
            &["06 1234 5678", "+39 06 1234 5678"],
        );
    }

    #[test]
    fn the_country_of_the_record_wins_over_the_project() {
        let portuguese = CallingCode::Country("PT", Some("34"));
        assert_eq!(read("912345679", portuguese).1, "+351912345679");
        let unlisted = CallingCode::Country("ZW", Some("34"));
        assert_eq!(read("612345679", unlisted).1, "+34612345679");
        assert_eq!(
            read("011 44 20 7946 0018", CallingCode::Country("US", None)).1,
            "+442079460018"
        );
    }

    #[test]
    fn without_a_country_the_digits_stay() {
        assert_eq!(
            read("600 123 457", CallingCode::Unknown),
            (Form::Proper, "600123457".to_owned())
        );
        assert_eq!(read("+263 77 123 4567", CallingCode::Unknown).1, "+263771234567");
    }

    #[test]
    fn numbers_that_are_too_short_or_too_long_are_unusable() {
        for raw in ["12345", "6001234567", "+34 600 123", "60012E+08", "no phone", "+9999"] {
            assert_eq!(read(raw, CallingCode::Code("34")).0, Form::Unusable, "{raw}");
        }
    }

    #[test]
    fn typed_runs_and_repeated_digits_are_placeholders() {
        for raw in ["000000000", "+34 666666666", "123456789", "0", "999 999 999"] {
            assert_eq!(read(raw, CallingCode::Code("34")).0, Form::Placeholder, "{raw}");
        }
        assert_eq!(read("1111111", CallingCode::Unknown).0, Form::Placeholder);
    }

    #[test]
    fn reading_a_read_number_changes_nothing() {
        for (code, raw) in [("34", "600123457"), ("44", "02079460018"), ("39", "0612345678")] {
            let once = read(raw, CallingCode::Code(code)).1;
            assert_eq!(read(&once, CallingCode::Code("1")).1, once);
        }
    }
}

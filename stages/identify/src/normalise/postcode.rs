//! Postal codes.

use super::placeholder;

/// How the postal codes of some countries are made.
struct Plan {
    /// ISO 3166-1 alpha-2.
    countries: &'static [&'static str],
    /// Its codes, sign by sign: `9` for a digit, `A` for a letter, `*` for either.
    shapes: &'static [&'static str],
    /// Signs that are kept: those of the delivery area, where what follows is often left out.
    kept: usize,
}

/// The plans, from the lists of the Universal Postal Union. A country that is not listed keeps its
/// codes as they are written, without case, blanks and hyphens.
const PLANS: &[Plan] = &[
    Plan {
        countries: &["ES", "DE", "FR", "IT", "FI", "HR", "EE", "LT", "TR", "MX", "PE", "UA", "RS"],
        shapes: &["99999"],
        kept: 5,
    },
    Plan { countries: &["SE", "CZ", "SK", "GR"], shapes: &["99999"], kept: 5 },
    Plan { countries: &["US", "PR"], shapes: &["99999", "999999999"], kept: 5 },
    Plan {
        countries: &["AT", "CH", "BE", "DK", "NO", "HU", "BG", "SI", "LU", "AU", "NZ", "ZA"],
        shapes: &["9999"],
        kept: 4,
    },
    Plan { countries: &["PT"], shapes: &["9999999", "9999"], kept: 4 },
    Plan { countries: &["PL"], shapes: &["99999"], kept: 5 },
    Plan { countries: &["NL"], shapes: &["9999AA", "9999"], kept: 6 },
    Plan { countries: &["IE"], shapes: &["A99****", "A9W****", "A99", "A9W"], kept: 7 },
    Plan {
        countries: &["GB", "GG", "JE", "IM"],
        shapes: &["A99AA", "A999AA", "AA99AA", "AA999AA", "A9A9AA", "AA9A9AA"],
        kept: 7,
    },
    Plan { countries: &["CA"], shapes: &["A9A9A9"], kept: 6 },
    Plan { countries: &["BR"], shapes: &["99999999"], kept: 8 },
    Plan { countries: &["RO", "RU", "CN", "IN"], shapes: &["999999"], kept: 6 },
    Plan { countries: &["JP"], shapes: &["9999999"], kept: 7 },
];

/// Longest postal code of any country, and the shortest.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=10;

/// The postal code as it is compared: capitals and digits alone.
///
/// `country` is ISO 3166-1 alpha-2, in any case. None for what no code of that country looks like, and
/// for placeholders such as `00000`. A leading zero that a spreadsheet took away is put back.
pub fn postcode(raw: &str, country: Option<&str>) -> Option<String> {
    let raw = raw.trim();
    // Tools that take codes for floats write `28013.0`.
    let raw = raw.strip_suffix(".0").unwrap_or(raw);
    if placeholder::is_word(raw) {
        return None;
    }
    let country = country.map(str::trim).filter(|country| !country.is_empty());
    let mut code: String = raw
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|sign| sign.to_ascii_uppercase())
        .collect();
    let plan = country.and_then(|country| {
        PLANS.iter().find(|plan| plan.countries.iter().any(|c| c.eq_ignore_ascii_case(country)))
    });
    if let Some(plan) = plan {
        code = fitted(plan, &code)?;
    } else if !LENGTHS.contains(&code.len()) || !code.contains(|sign: char| sign.is_ascii_digit()) {
        return None;
    }
    (!is_placeholder(&code)).then_some(code)
}

fn fitted(plan: &Plan, code: &str) -> Option<String> {
    let fits = |code: &str| plan.shapes.iter().any(|shape| has_shape(code, shape));
    // "E-28013" and "ES28013": the letters of the country, as on old envelopes.
    let bare = code.trim_start_matches(|sign: char| sign.is_ascii_uppercase());
    let padded = format!("0{code}");
    let code = [code, bare, &padded].into_iter().find(|code| fits(code))?;
    Some(code.get(..plan.kept).unwrap_or(code).to_owned())
}

fn has_shape(code: &str, shape: &str) -> bool {
    let fits = |(sign, kind): (char, char)| match kind {
        '9' => sign.is_ascii_digit(),
        'A' => sign.is_ascii_uppercase(),
        '*' => true,
        letter => sign == letter,
    };
    code.len() == shape.len() && code.chars().zip(shape.chars()).all(fits)
}

/// One sign again and again, or a typed run.
fn is_placeholder(code: &str) -> bool {
    let mut signs = code.chars();
    let first = signs.next();
    signs.all(|sign| Some(sign) == first) || matches!(code, "12345" | "1234" | "123456" | "01234")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn all_are(expected: &str, country: &str, spellings: &[&str]) {
        for raw in spellings {
            assert_eq!(postcode(raw, Some(country)).as_deref(), Some(expected), "{raw}");
        }
    }

    #[test]
    fn spellings_of_a_code_are_one() {
        all_are("28013", "ES", &["28013", " 28 013 ", "E-28013", "28013.0"]);
        all_are("05001", "es", &["05001", "5001"]);
        all_are("D02X285", "IE", &["D02 X285", "d02x285"]);
        all_are("SW1A1AA", "GB", &["sw1a 1aa"]);
        all_are("90210", "US", &["90210-1234", "90210"]);
        all_are("1000", "PT", &["1000-001", "1000"]);
    }

    #[test]
    fn what_is_no_code_of_the_country_is_none() {
        for (raw, country) in
            [("2801", "DE"), ("280133", "ES"), ("Madrid", "ES"), ("12 345 AB", "NL"), ("", "ES")]
        {
            // A code of four digits may have lost its zero.
            let expected = (raw == "2801").then(|| "02801".to_owned());
            assert_eq!(postcode(raw, Some(country)), expected, "{raw}");
        }
    }

    #[test]
    fn placeholders_are_none() {
        for raw in ["00000", "99999", "12345", "n/a", "-", "AAAAA"] {
            assert_eq!(postcode(raw, Some("ES")), None, "{raw}");
            assert_eq!(postcode(raw, None), None, "{raw}");
        }
    }

    #[test]
    fn a_country_without_plan_keeps_what_is_written() {
        assert_eq!(postcode("ab-12 3", Some("ZZ")).as_deref(), Some("AB123"));
        assert_eq!(postcode("28013", None).as_deref(), Some("28013"));
        assert_eq!(postcode("Mayor", None), None);
    }

    #[test]
    fn every_country_has_one_plan_whose_shapes_reach_what_is_kept() {
        let mut countries: Vec<_> = PLANS.iter().flat_map(|plan| plan.countries).collect();
        let n = countries.len();
        countries.sort_unstable();
        countries.dedup();
        assert_eq!(countries.len(), n);
        for plan in PLANS {
            assert!(plan.shapes.iter().any(|shape| shape.len() >= plan.kept));
        }
    }
}

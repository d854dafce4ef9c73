//! National numbering plans: what must be known to write a telephone number in E.164 form.
//!
//! From the plans that national administrations file with the ITU (E.164 and its annexes). A country
//! that is not listed keeps its numbers as long as they are written with their calling code.

/// How one country, or several under one calling code, number their telephones.
#[derive(Debug)]
pub(super) struct Plan {
    /// Countries, ISO 3166-1 alpha-2.
    pub(super) countries: &'static [&'static str],
    /// Calling code.
    pub(super) code: &'static str,
    /// Digits dialled before a national number at home and dropped abroad; empty when there are none.
    pub(super) trunk: &'static str,
    /// Fewest and most digits of a national number without trunk prefix.
    pub(super) digits: (usize, usize),
}

const fn plan(
    countries: &'static [&'static str],
    code: &'static str,
    trunk: &'static str,
    digits: (usize, usize),
) -> Plan {
    Plan { countries, code, trunk, digits }
}

/// The plans, by calling code.
pub(super) const PLANS: &[Plan] = &[
    plan(&["US", "CA", "DO", "PR", "JM", "TT", "BS", "BB"], "1", "1", (10, 10)),
    plan(&["RU", "KZ"], "7", "8", (10, 10)),
    plan(&["EG"], "20", "0", (8, 10)),
    plan(&["ZA"], "27", "0", (9, 9)),
    plan(&["GR"], "30", "", (10, 10)),
    plan(&["NL"], "31", "0", (9, 9)),
    plan(&["BE"], "32", "0", (8, 9)),
    plan(&["FR"], "33", "0", (9, 9)),
    plan(&["ES"], "34", "", (9, 9)),
    plan(&["HU"], "36", "06", (8, 9)),
    // Italian landlines keep their leading zero abroad.
    plan(&["IT", "SM", "VA"], "39", "", (6, 11)),
    plan(&["RO"], "40", "0", (9, 9)),
    plan(&["CH"], "41", "0", (9, 9)),
    plan(&["AT"], "43", "0", (4, 13)),
    plan(&["GB", "GG", "JE", "IM"], "44", "0", (9, 10)),
    plan(&["DK"], "45", "", (8, 8)),
    plan(&["SE"], "46", "0", (7, 10)),
    plan(&["NO"], "47", "", (8, 8)),
    plan(&["PL"], "48", "", (9, 9)),
    plan(&["DE"], "49", "0", (5, 12)),
    plan(&["PE"], "51", "0", (8, 9)),
    plan(&["MX"], "52", "", (10, 10)),
    plan(&["CU"], "53", "0", (6, 8)),
    plan(&["AR"], "54", "0", (10, 11)),
    plan(&["BR"], "55", "0", (10, 11)),
    plan(&["CL"], "56", "", (9, 9)),
    plan(&["CO"], "57", "", (10, 10)),
    plan(&["VE"], "58", "0", (10, 10)),
    plan(&["MY"], "60", "0", (8, 10)),
    plan(&["AU"], "61", "0", (9, 9)),
    plan(&["ID"], "62", "0", (8, 12)),
    plan(&["PH"], "63", "0", (8, 10)),
    plan(&["NZ"], "64", "0", (8, 10)),
    plan(&["SG"], "65", "", (8, 8)),
    plan(&["TH"], "66", "0", (8, 9)),
    plan(&["JP"], "81", "0", (9, 10)),
    plan(&["KR"], "82", "0", (8, 10)),
    plan(&["VN"], "84", "0", (9, 10)),
    plan(&["CN"], "86", "0", (10, 11)),
    plan(&["TR"], "90", "0", (10, 10)),
    plan(&["IN"], "91", "0", (10, 10)),
    plan(&["PK"], "92", "0", (9, 10)),
    plan(&["LK"], "94", "0", (9, 9)),
    plan(&["MA"], "212", "0", (9, 9)),
    plan(&["DZ"], "213", "0", (8, 9)),
    plan(&["TN"], "216", "", (8, 8)),
    plan(&["SN"], "221", "", (9, 9)),
    plan(&["NG"], "234", "0", (8, 10)),
    plan(&["GH"], "233", "0", (9, 9)),
    plan(&["KE"], "254", "0", (9, 9)),
    plan(&["PT"], "351", "", (9, 9)),
    plan(&["LU"], "352", "", (4, 11)),
    plan(&["IE"], "353", "0", (7, 9)),
    plan(&["IS"], "354", "", (7, 7)),
    plan(&["MT"], "356", "", (8, 8)),
    plan(&["CY"], "357", "", (8, 8)),
    plan(&["FI"], "358", "0", (5, 12)),
    plan(&["BG"], "359", "0", (7, 9)),
    plan(&["LT"], "370", "0", (8, 8)),
    plan(&["LV"], "371", "", (8, 8)),
    plan(&["EE"], "372", "", (7, 8)),
    plan(&["AD"], "376", "", (6, 9)),
    plan(&["UA"], "380", "0", (9, 9)),
    plan(&["RS"], "381", "0", (8, 9)),
    plan(&["HR"], "385", "0", (8, 9)),
    plan(&["SI"], "386", "0", (8, 8)),
    plan(&["CZ"], "420", "", (9, 9)),
    plan(&["SK"], "421", "0", (9, 9)),
    plan(&["GT"], "502", "", (8, 8)),
    plan(&["SV"], "503", "", (8, 8)),
    plan(&["HN"], "504", "", (8, 8)),
    plan(&["NI"], "505", "", (8, 8)),
    plan(&["CR"], "506", "", (8, 8)),
    plan(&["PA"], "507", "", (7, 8)),
    plan(&["BO"], "591", "0", (8, 8)),
    plan(&["EC"], "593", "0", (8, 9)),
    plan(&["PY"], "595", "0", (8, 9)),
    plan(&["UY"], "598", "0", (8, 8)),
    plan(&["HK"], "852", "", (8, 8)),
    plan(&["TW"], "886", "0", (8, 9)),
    plan(&["SA"], "966", "0", (8, 9)),
    plan(&["AE"], "971", "0", (8, 9)),
    plan(&["IL"], "972", "0", (8, 9)),
];

/// The plan of a country, ISO 3166-1 alpha-2 in any case.
pub(super) fn of_country(country: &str) -> Option<&'static Plan> {
    PLANS.iter().find(|plan| plan.countries.iter().any(|c| c.eq_ignore_ascii_case(country)))
}

/// The plan of a calling code.
pub(super) fn of_code(code: &str) -> Option<&'static Plan> {
    PLANS.iter().find(|plan| plan.code == code)
}

/// The plan under whose calling code an international number starts; codes are prefix-free.
pub(super) fn of_number(digits: &str) -> Option<&'static Plan> {
    PLANS.iter().find(|plan| digits.starts_with(plan.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_calling_code_starts_another() {
        for (i, a) in PLANS.iter().enumerate() {
            for (j, b) in PLANS.iter().enumerate() {
                assert!(i == j || !a.code.starts_with(b.code), "{} and {}", a.code, b.code);
            }
        }
    }

    #[test]
    fn every_plan_fits_e164() {
        for plan in PLANS {
            let (fewest, most) = plan.digits;
            assert!(fewest <= most && plan.code.len() + most <= 15, "{}", plan.code);
            assert!(plan.countries.iter().all(|c| c.len() == 2));
        }
    }

    #[test]
    fn plans_are_found_by_country_code_and_number() {
        assert_eq!(of_country("es").map(|plan| plan.code), Some("34"));
        assert_eq!(of_code("351").map(|plan| plan.countries), Some(&["PT"][..]));
        assert_eq!(of_number("351912345678").map(|plan| plan.code), Some("351"));
        assert!(of_country("XX").is_none() && of_code("0").is_none());
    }
}

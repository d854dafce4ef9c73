//! Settings of the golden record.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fields::Field;

/// Which of several values on the records of one customer stays: `identify.golden`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GoldenParams {
    /// Trust in the records of each feed, in hundredths: a value of a feed with 200 counts as much as
    /// that of two others. From 0, for what counts where nothing else is known, to 1000. Default: 100.
    pub trust: BTreeMap<String, u32>,
    /// Trust in single fields of a feed, before that in the feed: by feed, then by column of
    /// `golden_customer`. From 0 to 1000.
    pub field_trust: BTreeMap<String, BTreeMap<String, u32>>,
    /// How fast values age.
    pub half_life_days: HalfLives,
}

/// Days after which a value counts half of one of today; 0 for values that do not age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HalfLives {
    /// First and last name. From 0 to 36500. Default: 1800.
    pub name: u32,
    /// Day of birth. From 0 to 36500. Default: 0.
    pub birth_date: u32,
    /// E-mail address. From 0 to 36500. Default: 540.
    pub email: u32,
    /// Telephone number. From 0 to 36500. Default: 540.
    pub phone: u32,
    /// Street, postal code and city. From 0 to 36500. Default: 365.
    pub address: u32,
    /// Every other field. From 0 to 36500. Default: 540.
    pub other: u32,
}

impl Default for HalfLives {
    fn default() -> Self {
        Self { name: 1800, birth_date: 0, email: 540, phone: 540, address: 365, other: 540 }
    }
}

/// Trust of a feed that the project does not name, in hundredths.
const USUAL_TRUST: u32 = 100;
const MOST_TRUST: u32 = 1_000;
const LONGEST_DAYS: u32 = 36_500;

impl GoldenParams {
    /// Every bad value, as the field's path and what is wrong with it.
    pub fn check(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut bounded = |field: String, value: u32, most: u32| {
            if value > most {
                problems.push((field, format!("is {value}, expected a number from 0 to {most}")));
            }
        };
        for (feed, &trust) in &self.trust {
            bounded(format!("trust.{feed}"), trust, MOST_TRUST);
        }
        for (feed, fields) in &self.field_trust {
            for (field, &trust) in fields {
                bounded(format!("field_trust.{feed}.{field}"), trust, MOST_TRUST);
            }
        }
        let HalfLives { name, birth_date, email, phone, address, other } = self.half_life_days;
        for (field, days) in [
            ("name", name),
            ("birth_date", birth_date),
            ("email", email),
            ("phone", phone),
            ("address", address),
            ("other", other),
        ] {
            bounded(format!("half_life_days.{field}"), days, LONGEST_DAYS);
        }
        for (feed, fields) in &self.field_trust {
            for field in fields.keys().filter(|field| Field::of_code(field).is_none()) {
                let message = format!("`{field}` is no field of the golden record");
                problems.push((format!("field_trust.{feed}.{field}"), message));
            }
        }
        problems
    }

    /// Trust in a field of a feed, in hundredths.
    pub(super) fn trust_in(&self, feed: &str, field: Field) -> u32 {
        let of_field = self.field_trust.get(feed).and_then(|fields| fields.get(field.code()));
        of_field.or_else(|| self.trust.get(feed)).copied().unwrap_or(USUAL_TRUST)
    }

    /// Half-life of a field in days; none when its values do not age.
    pub(super) fn half_life(&self, field: Field) -> Option<u32> {
        let days = &self.half_life_days;
        let days = match field {
            Field::FirstName | Field::LastName => days.name,
            Field::BirthDate => days.birth_date,
            Field::Street | Field::PostalCode | Field::City => days.address,
            _ if field.code() == "email" => days.email,
            _ if field.code() == "phone" => days.phone,
            _ => days.other,
        };
        (days > 0).then_some(days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trust_in_a_field_goes_before_that_in_its_feed() {
        let params = GoldenParams {
            trust: BTreeMap::from([("crm".into(), 150), ("web".into(), 80)]),
            field_trust: BTreeMap::from([(
                "web".into(),
                BTreeMap::from([("email".to_owned(), 300)]),
            )]),
            ..GoldenParams::default()
        };
        let email = Field::of_code("email").unwrap();
        let trust = |feed| [email, Field::FirstName].map(|field| params.trust_in(feed, field));
        assert_eq!(trust("web"), [300, 80]);
        assert_eq!(trust("crm"), [150, 150]);
        assert_eq!(trust("till"), [100, 100]);
    }

    #[test]
    fn fields_age_as_they_do_in_life() {
        let params = GoldenParams::default();
        let days = ["first_name", "birth_date", "email", "phone", "city", "loyalty_id"]
            .map(|code| params.half_life(Field::of_code(code).unwrap()));
        assert_eq!(days, [Some(1800), None, Some(540), Some(540), Some(365), Some(540)]);
    }

    #[test]
    fn every_bad_value_is_told() {
        assert_eq!(GoldenParams::default().check(), []);
        let bad = GoldenParams {
            trust: BTreeMap::from([("crm".into(), 1_001)]),
            field_trust: BTreeMap::from([("web".into(), BTreeMap::from([("mail".into(), 1)]))]),
            half_life_days: HalfLives { address: 40_000, ..HalfLives::default() },
        };
        let fields: Vec<_> = bad.check().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["trust.crm", "half_life_days.address", "field_trust.web.mail"]);
    }
}

//! Money in the project file, exact to the cent.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount of the project's currency in minor units; written as `2500` or `"2500.50"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Money {
    /// Minor units, a hundredth of the currency.
    pub cents: i64,
}

impl Money {
    /// Largest amount either way, in minor units: what `Decimal128(18, 2)` holds.
    pub const MAX_CENTS: i64 = 999_999_999_999_999_999;

    /// Reads a decimal with at most two digits behind the point; an error says what is wrong.
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("expected an amount with at most two decimals such as 2500.50, found `{text}`")
        };
        let unsigned = text.trim();
        let (sign, unsigned) = match unsigned.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, unsigned),
        };
        let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let is_number = |digits: &str| {
            !digits.is_empty() && digits.len() <= 16 && digits.bytes().all(|b| b.is_ascii_digit())
        };
        if !is_number(whole) || !is_number(decimals) || decimals.len() > 2 {
            return Err(wrong());
        }
        let units: i64 = whole.parse().map_err(|_| wrong())?;
        let hundredths: i64 = format!("{decimals:0<2}").parse().map_err(|_| wrong())?;
        Ok(Self { cents: sign * (units * 100 + hundredths) })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.cents < 0 { "-" } else { "" };
        let cents = self.cents.unsigned_abs();
        write!(f, "{sign}{}.{:02}", cents / 100, cents % 100)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MoneyVisitor)
    }
}

struct MoneyVisitor;

impl Visitor<'_> for MoneyVisitor {
    type Value = Money;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount with at most two decimals such as 2500.50")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Money, E> {
        Money::parse(text).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, units: i64) -> Result<Money, E> {
        self.visit_str(&units.to_string())
    }

    fn visit_u64<E: de::Error>(self, units: u64) -> Result<Money, E> {
        self.visit_str(&units.to_string())
    }

    /// The shortest text of a number is the one that was written.
    fn visit_f64<E: de::Error>(self, units: f64) -> Result<Money, E> {
        self.visit_str(&units.to_string())
    }
}

impl JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An amount of the project's currency with at most two decimals.",
            "anyOf": [
                { "type": "number" },
                { "type": "string", "pattern": r"^-?[0-9]{1,16}(\.[0-9]{1,2})?$" },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::Error;

    use super::*;

    fn cents<'de>(written: impl IntoDeserializer<'de, Error>) -> Result<i64, String> {
        Money::deserialize(written.into_deserializer())
            .map(|money| money.cents)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_and_texts_are_read_to_the_cent() {
        assert_eq!(cents(2_500_u64), Ok(250_000));
        assert_eq!(cents(-3_i64), Ok(-300));
        assert_eq!(cents(2_500.5), Ok(250_050));
        assert_eq!(cents(0.07), Ok(7));
        assert_eq!(cents("2500.50"), Ok(250_050));
        assert_eq!(cents("-0.01"), Ok(-1));
        assert_eq!(cents("9999999999999999.99"), Ok(Money::MAX_CENTS));
    }

    #[test]
    fn anything_else_is_refused_with_what_was_found() {
        for text in ["ten", "1.", "", "1,50", "12345678901234567", "1.005", "--1", "+1"] {
            let error = cents(text).expect_err(text);
            assert!(error.contains("at most two decimals"), "{error}");
        }
        for number in [0.001, 1e20, f64::NAN] {
            assert!(cents(number).is_err());
        }
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        for amount in [0, 7, -1, 250_050, Money::MAX_CENTS] {
            let money = Money { cents: amount };
            assert_eq!(cents(money.to_string().as_str()), Ok(amount));
        }
    }
}

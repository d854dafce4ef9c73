//! How much surer a linkage must be to change what was so last night.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bits of weight by which last night's customers resist a change.
///
/// Evidence near the threshold comes and goes with every night's frequencies. Without this the ids would
/// merge and split as often.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hysteresis {
    /// Bits above the threshold from which two customers of last night become one. From 0 to 20.
    /// Default: 1.
    pub merge_bits: f64,
    /// Bits below the threshold down to which the parts of a customer of last night stay one. From 0 to
    /// 20. Default: 1.
    pub split_bits: f64,
}

impl Default for Hysteresis {
    fn default() -> Self {
        Self { merge_bits: 1.0, split_bits: 1.0 }
    }
}

impl Hysteresis {
    /// The least weight at which two groups of records become one, in bits.
    ///
    /// `threshold` is the least weight for records that nobody knew last night; `a` and `b` are the
    /// customers that the groups belonged to, none for groups of new records. A group with records of
    /// several customers goes by the one that holds most of it.
    pub fn least_weight(&self, threshold: f64, a: Option<i64>, b: Option<i64>) -> f64 {
        match (a, b) {
            (Some(a), Some(b)) if a == b => threshold - self.split_bits,
            (Some(_), Some(_)) => threshold + self.merge_bits,
            _ => threshold,
        }
    }

    /// Every bad value, as the field's path and what is wrong with it.
    pub fn check(&self) -> Vec<(String, String)> {
        [("merge_bits", self.merge_bits), ("split_bits", self.split_bits)]
            .into_iter()
            .filter(|(_, bits)| !(0.0..=20.0).contains(bits))
            .map(|(field, bits)| {
                (field.to_owned(), format!("is {bits}, expected a number from 0 to 20"))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_so_last_night_resists() {
        let bits = Hysteresis { merge_bits: 1.5, split_bits: 2.0 };
        let least = |a, b| bits.least_weight(3.0, a, b);
        assert!((least(Some(5), Some(6)) - 4.5).abs() < 1e-12, "two customers");
        assert!((least(Some(5), Some(5)) - 1.0).abs() < 1e-12, "parts of one");
        for (a, b) in [(None, Some(5)), (Some(5), None), (None, None)] {
            assert!((least(a, b) - 3.0).abs() < 1e-12, "new records");
        }
    }

    #[test]
    fn bad_bits_are_told() {
        assert_eq!(Hysteresis::default().check(), []);
        let bad = Hysteresis { merge_bits: -1.0, split_bits: f64::NAN };
        let fields: Vec<_> = bad.check().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["merge_bits", "split_bits"]);
    }
}

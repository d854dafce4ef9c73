//! Settings of the stage.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coverage::CoverageParams;
use crate::golden::GoldenParams;
use crate::linkage::LinkageParams;
use crate::normalise::{CallingCode, Kind};

/// How records are recognised as one party.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Identifiers that link records, the most trusted first.
    ///
    /// Out of `loyalty_id`, `payment_token`, `email`, `phone` and `handle`, each at most once. Loyalty
    /// cards and payment tokens link whatever the names say, the others with `require_compatible_names`.
    /// Default: `[loyalty_id, payment_token, email, phone]`.
    pub link_by: Vec<Kind>,
    /// Most distinct people that may share one identifier; one with more links nobody and is listed in
    /// `identifier_quarantine`.
    ///
    /// People are told apart by first and last name, by the key of the record where it has no name. From
    /// 1 to 1000. Default: 8.
    pub max_people_per_identifier: u32,
    /// Whether an e-mail address, telephone number or handle links only people whose first names do not
    /// contradict; keeps the members of a family apart. Default: true.
    pub require_compatible_names: bool,
    /// Calling code of telephone numbers without international prefix on records without country, digits
    /// alone, as in `"34"`.
    ///
    /// Without it such numbers link only with numbers written the same way. Default: none.
    pub default_calling_code: Option<String>,
    /// Which of several values on the records of one customer stays.
    pub golden: GoldenParams,
    /// Who counts as a prosumer.
    pub coverage: CoverageParams,
    /// How records of persons are compared by everything they say.
    pub linkage: LinkageParams,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            link_by: vec![Kind::LoyaltyId, Kind::PaymentToken, Kind::Email, Kind::Phone],
            max_people_per_identifier: 8,
            require_compatible_names: true,
            default_calling_code: None,
            golden: GoldenParams::default(),
            coverage: CoverageParams::default(),
            linkage: LinkageParams::default(),
        }
    }
}

impl Params {
    /// Every bad value, as the field's path and what is wrong with it.
    pub fn check(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        for (index, kind) in self.link_by.iter().enumerate() {
            if self.link_by.iter().take(index).any(|earlier| earlier == kind) {
                let message = format!("`{}` is listed twice", kind.column());
                problems.push((format!("link_by[{index}]"), message));
            }
        }
        if !(1..=1000).contains(&self.max_people_per_identifier) {
            let message =
                format!("is {}, expected a number from 1 to 1000", self.max_people_per_identifier);
            problems.push(("max_people_per_identifier".to_owned(), message));
        }
        if let Some(code) = &self.default_calling_code
            && !CallingCode::is_known(code)
        {
            let message =
                format!("`{code}` is no calling code we know, expected digits as in `34`");
            problems.push(("default_calling_code".to_owned(), message));
        }
        let golden = self.golden.check().into_iter();
        problems.extend(golden.map(|(field, message)| (format!("golden.{field}"), message)));
        let coverage = self.coverage.check().into_iter();
        problems.extend(coverage.map(|(field, message)| (format!("coverage.{field}"), message)));
        let linkage = self.linkage.check().into_iter();
        problems.extend(linkage.map(|(field, why)| (format!("linkage.{field}"), why)));
        problems
    }

    /// The settings that decide who is one customer, as text.
    pub(crate) fn deciding(&self) -> String {
        let linkage =
            LinkageParams { clerical_pairs: 0, clerical_customers: 0, ..self.linkage.clone() };
        let (golden, coverage) = (GoldenParams::default(), CoverageParams::default());
        format!("{:?}", Self { golden, coverage, linkage, ..self.clone() })
    }

    /// The calling code of a record of this country.
    pub fn calling_code<'a>(&'a self, country: Option<&'a str>) -> CallingCode<'a> {
        let default = self.default_calling_code.as_deref();
        match (country, default) {
            (Some(country), default) => CallingCode::Country(country, default),
            (None, Some(code)) => CallingCode::Code(code),
            (None, None) => CallingCode::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_good() {
        assert_eq!(Params::default().check(), []);
    }

    #[test]
    fn every_bad_value_is_told() {
        let params = Params {
            link_by: vec![Kind::Email, Kind::Phone, Kind::Email],
            max_people_per_identifier: 0,
            default_calling_code: Some("+34".to_owned()),
            ..Params::default()
        };
        let problems = params.check();
        let fields: Vec<_> = problems.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["link_by[2]", "max_people_per_identifier", "default_calling_code"]);
    }
}

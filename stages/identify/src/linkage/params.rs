//! Settings of the comparison of records by probability.

use idip_numerics::linkage::{BlockingPart, BlockingRule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How records of persons are compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinkageParams {
    /// Whether identifiers alone decide, or everything that records say.
    ///
    /// Default: `probabilistic`, from 300 records with a name and something else to compare; with fewer
    /// there is nothing to learn from, and identifiers alone decide.
    pub mode: LinkageMode,
    /// Columns that are compared: `first_name`, `last_name`, `birth_date`, `email`, `phone`, `street`,
    /// `postal_code`, `city`, `loyalty_id`, `payment_token`, `handle`. Default: all of them.
    pub compare: Vec<CompareColumn>,
    /// Rules by which records become candidates, each a list of columns that must agree.
    ///
    /// A column may be cut to its first characters, as in `first_name:1`; `names` stands for given and
    /// family name in either order. Default: none.
    pub blocking: Vec<Vec<String>>,
    /// Whether rules chosen by the columns that have values follow those of `blocking`. Default: true.
    ///
    /// They find what a short list misses, at a cost that is bounded by the number of records.
    pub default_blocking: bool,
    /// Most records of a group that a rule makes; larger ones are divided by further columns. From 2 to
    /// 100,000. Default: 3,000.
    pub max_block: usize,
    /// Least log2 odds, in bits, at which records are one person; from −20 to 60. Default: 0, even odds.
    ///
    /// At 2 to 3 bits hardly any two people become one; some records of one person stay apart.
    pub least_weight: f64,
    /// Classes of pairs: 3 tells people of one household apart, 2 does not. Default: 3.
    pub classes: u8,
    /// Identifiers that make records one customer whatever else they say. Default: none.
    ///
    /// For identifiers that somebody has verified, as a login.
    pub authoritative: Vec<crate::normalise::Kind>,
    /// Most distinct values of one customer, spelling errors not counted; a customer with more is parted
    /// again, more strictly.
    pub guards: Guards,
    /// Pairs within 3 bits of `least_weight` that are set aside for people to judge, spread evenly over
    /// the weights. From 0 to 10,000, rounded up to a multiple of 20. Default: 100.
    pub clerical_pairs: usize,
    /// Customers with most records that are set aside for people to judge. From 0 to 1,000. Default: 50.
    pub clerical_customers: usize,
}

/// Whether identifiers alone decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkageMode {
    /// Everything that records say is weighed.
    Probabilistic,
    /// Shared identifiers link, unless given names contradict.
    Deterministic,
}

/// A column that can be compared.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CompareColumn {
    /// Given name.
    FirstName,
    /// Family name.
    LastName,
    /// Day of birth.
    BirthDate,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Street and number.
    Street,
    /// Postal code.
    PostalCode,
    /// City.
    City,
    /// Loyalty card.
    LoyaltyId,
    /// Payment token.
    PaymentToken,
    /// Name on a social platform.
    Handle,
}

impl CompareColumn {
    /// Every column, in the order in which they are compared.
    pub(crate) const ALL: [Self; 11] = [
        Self::FirstName,
        Self::LastName,
        Self::BirthDate,
        Self::Email,
        Self::Phone,
        Self::Street,
        Self::PostalCode,
        Self::City,
        Self::LoyaltyId,
        Self::PaymentToken,
        Self::Handle,
    ];

    /// Whether it is an identifier, by which references are found.
    pub(crate) fn is_identifier(self) -> bool {
        matches!(
            self,
            Self::Email | Self::Phone | Self::LoyaltyId | Self::PaymentToken | Self::Handle
        )
    }

    /// Its name in the table of records and in blocking rules.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::BirthDate => "birth_date",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Street => "street",
            Self::PostalCode => "postal_code",
            Self::City => "city",
            Self::LoyaltyId => "loyalty_id",
            Self::PaymentToken => "payment_token",
            Self::Handle => "handle",
        }
    }
}

/// Most distinct values of one customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Guards {
    /// Days of birth that two records have. Default: 2.
    pub birth_date: usize,
    /// Loyalty cards. Default: 4.
    pub loyalty_id: usize,
    /// E-mail addresses. Default: 6.
    pub email: usize,
    /// Telephone numbers. Default: 6.
    pub phone: usize,
    /// Payment tokens. Default: 10.
    pub payment_token: usize,
    /// Names on social platforms. Default: 6.
    pub handle: usize,
    /// Records. Default: 60.
    pub records: usize,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            birth_date: 2,
            loyalty_id: 4,
            email: 6,
            phone: 6,
            payment_token: 10,
            handle: 6,
            records: 60,
        }
    }
}

impl Guards {
    fn list(&self) -> [(&'static str, usize); 7] {
        [
            ("birth_date", self.birth_date),
            ("loyalty_id", self.loyalty_id),
            ("email", self.email),
            ("phone", self.phone),
            ("payment_token", self.payment_token),
            ("handle", self.handle),
            ("records", self.records),
        ]
    }
}

impl Default for LinkageParams {
    fn default() -> Self {
        Self {
            mode: LinkageMode::Probabilistic,
            compare: CompareColumn::ALL.to_vec(),
            blocking: Vec::new(),
            default_blocking: true,
            max_block: 3_000,
            least_weight: 0.0,
            classes: 3,
            authoritative: Vec::new(),
            guards: Guards::default(),
            clerical_pairs: 100,
            clerical_customers: 50,
        }
    }
}

impl LinkageParams {
    /// Every bad value, as the field's path and what is wrong with it.
    pub(crate) fn check(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut refuse = |field: String, message: String| problems.push((field, message));
        if self.compare.is_empty() {
            refuse("compare".to_owned(), "is empty, expected at least one column".to_owned());
        }
        for (index, column) in self.compare.iter().enumerate() {
            if self.compare.iter().take(index).any(|earlier| earlier == column) {
                refuse(format!("compare[{index}]"), format!("`{}` is listed twice", column.name()));
            }
        }
        for (name, most) in self.guards.list() {
            if most == 0 {
                refuse(format!("guards.{name}"), "is 0, expected at least 1".to_owned());
            }
        }
        for (index, parts) in self.blocking.iter().enumerate() {
            if parts.is_empty() {
                let message = "is empty, expected at least one column".to_owned();
                refuse(format!("blocking[{index}]"), message);
            }
            for (place, part) in parts.iter().enumerate() {
                let field = || format!("blocking[{index}][{place}]");
                match part.parse::<BlockingPart>() {
                    Err(error) => refuse(field(), error.to_string()),
                    Ok(part) if !self.knows(&part.field) => {
                        let message = format!("`{}` is no column of `linkage.compare`", part.field);
                        refuse(field(), message);
                    }
                    Ok(_) => {}
                }
            }
        }
        if self.blocking.is_empty() && !self.default_blocking {
            let message = "is off and `blocking` is empty, expected some rule".to_owned();
            refuse("default_blocking".to_owned(), message);
        }
        if !(2..=100_000).contains(&self.max_block) {
            let message = format!("is {}, expected a number from 2 to 100000", self.max_block);
            refuse("max_block".to_owned(), message);
        }
        if !(-20.0..=60.0).contains(&self.least_weight) {
            let message = format!("is {}, expected a number from -20 to 60", self.least_weight);
            refuse("least_weight".to_owned(), message);
        }
        if !(2..=3).contains(&self.classes) {
            refuse("classes".to_owned(), format!("is {}, expected 2 or 3", self.classes));
        }
        for (field, value, most) in [
            ("clerical_pairs", self.clerical_pairs, 10_000),
            ("clerical_customers", self.clerical_customers, 1_000),
        ] {
            if value > most {
                refuse(field.to_owned(), format!("is {value}, expected a number from 0 to {most}"));
            }
        }
        problems
    }

    fn knows(&self, field: &str) -> bool {
        let has = |column| self.compare.contains(&column);
        field == BlockingPart::EITHER_NAME
            && has(CompareColumn::FirstName)
            && has(CompareColumn::LastName)
            || self.compare.iter().any(|column| column.name() == field)
    }

    /// The blocking rules; parts that cannot be read were refused by [`check`](Self::check).
    pub(crate) fn rules(&self) -> Vec<BlockingRule> {
        self.blocking
            .iter()
            .map(|parts| BlockingRule {
                parts: parts.iter().filter_map(|part| part.parse().ok()).collect(),
            })
            .filter(|rule| !rule.parts.is_empty())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_good() {
        assert_eq!(LinkageParams::default().check(), []);
    }

    #[test]
    fn every_bad_value_is_told() {
        let rule = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect();
        let params = LinkageParams {
            compare: vec![CompareColumn::LastName, CompareColumn::LastName],
            blocking: vec![
                rule(&["last_name", "last_name:0"]),
                rule(&[]),
                rule(&["email", "names"]),
            ],
            max_block: 1,
            least_weight: f64::NAN,
            classes: 4,
            clerical_pairs: 10_001,
            clerical_customers: 1_001,
            ..LinkageParams::default()
        };
        let problems = params.check();
        let fields: Vec<_> = problems.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "compare[1]",
                "blocking[0][1]",
                "blocking[1]",
                "blocking[2][0]",
                "blocking[2][1]",
                "max_block",
                "least_weight",
                "classes",
                "clerical_pairs",
                "clerical_customers"
            ]
        );
    }
}

//! The levels of agreement that each kind of comparison knows.

use serde::{Deserialize, Serialize};

/// Most levels a comparison may have, the missing one included: four bits.
pub const MAX_LEVELS: usize = 16;

/// Level of a comparison to which a record of the pair has no value.
pub const NOT_COMPARABLE: u8 = 0;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonKind {
    /// Given and family name together, where both records have both.
    Name,
    /// Family name, where a given name is missing.
    LastNameAlone,
    /// Given name, where a family name is missing.
    FirstNameAlone,
    /// Day of birth.
    BirthDate,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Postal code and street together, where both records have both.
    Address,
    /// Postal code, where a street is missing.
    PostalCode,
    /// Street and number, where a postal code is missing.
    Street,
    /// Town, where the postal codes are not equal.
    City,
    /// Town, where the postal codes are equal, so that the towns of strangers mostly are too.
    CityOfOneCode,
    /// A number or name given to one person.
    Identifier,
    /// A property with few values.
    Category,
}

/// Whose frequency tells how surprising the agreement at a level is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// Nobody's: the level is not about one value.
    None,
    /// That of the value in the first column that is compared.
    First,
    /// That of the value in the second one.
    Second,
    /// That of the whole name.
    WholeName,
    /// That of the whole address.
    WholeAddress,
}

/// One level of agreement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Name for people.
    pub label: &'static str,
    /// Frequency that replaces the probability among strangers.
    pub frequency: Frequency,
    /// Where the probability among records of one person starts.
    pub same_person: f64,
    /// Where the probability among records of two people of one household starts.
    pub same_household: f64,
    /// Most that the probability among records of one person may come to, however many pairs say so.
    ///
    /// Where hardly anybody has two records, the pairs that agree most are families, and expectation-
    /// maximisation would take them for persons: what parts the people of a family is held down here
    /// (constraints as of Winkler 1993).
    pub most_same_person: f64,
}

const fn level(
    label: &'static str,
    frequency: Frequency,
    same_person: f64,
    same_household: f64,
) -> Level {
    Level { label, frequency, same_person, same_household, most_same_person: 1.0 }
}

impl Level {
    const fn at_most(self, most_same_person: f64) -> Self {
        Self { most_same_person, ..self }
    }
}

// The starts are orders of magnitude, from which expectation-maximisation moves. Those of a household
// also hold it in place, since its members are few: most share the family name and the address, hardly
// any the given name, the day of birth or an own number.
const NAME: &[Level] = &[
    level("both names equal", Frequency::WholeName, 0.60, 0.01),
    level("names swapped, alike at .88", Frequency::None, 0.01, 0.001),
    level("both names alike at .92", Frequency::None, 0.10, 0.01),
    level("both names alike at .88", Frequency::None, 0.03, 0.01),
    level("given names alike at .70, family names at .88", Frequency::None, 0.06, 0.11),
    level("family name equal", Frequency::Second, 0.08, 0.64).at_most(0.2),
    level("given name equal", Frequency::First, 0.05, 0.01),
    level("one name alike at .88", Frequency::None, 0.04, 0.06).at_most(0.2),
    level("names differ", Frequency::None, 0.03, 0.149).at_most(0.2),
];
const LAST_NAME_ALONE: &[Level] = &[
    level("family name equal", Frequency::First, 0.80, 0.75),
    level("family names alike at .88", Frequency::None, 0.12, 0.05),
    level("family names differ", Frequency::None, 0.08, 0.20),
];
const FIRST_NAME_ALONE: &[Level] = &[
    level("given name equal", Frequency::First, 0.75, 0.03),
    level("given names alike at .88", Frequency::None, 0.12, 0.04),
    level("given names differ", Frequency::None, 0.13, 0.93),
];
const BIRTH_DATE: &[Level] = &[
    level("day of birth equal", Frequency::First, 0.85, 0.02),
    level("one edit apart", Frequency::None, 0.05, 0.02),
    level("two edits apart", Frequency::None, 0.03, 0.05),
    level("within a year", Frequency::None, 0.02, 0.05).at_most(0.1),
    level("within ten years", Frequency::None, 0.02, 0.36).at_most(0.1),
    level("days of birth differ", Frequency::None, 0.03, 0.50).at_most(0.3),
];
const EMAIL: &[Level] = &[
    level("e-mail equal", Frequency::First, 0.60, 0.30),
    level("mailbox equal", Frequency::None, 0.05, 0.01),
    level("e-mails differ", Frequency::None, 0.35, 0.69),
];
const PHONE: &[Level] = &[
    level("telephone equal", Frequency::First, 0.60, 0.30),
    level("one edit apart", Frequency::None, 0.04, 0.01),
    level("telephones differ", Frequency::None, 0.36, 0.69),
];
const ADDRESS: &[Level] = &[
    level("postal code and street equal", Frequency::WholeAddress, 0.58, 0.70),
    level("postal code equal, streets alike", Frequency::First, 0.12, 0.14),
    level("street equal, postal codes near", Frequency::Second, 0.05, 0.03),
    level("streets alike, postal codes near", Frequency::None, 0.02, 0.01),
    level("street equal, postal codes differ", Frequency::Second, 0.02, 0.01),
    level("streets alike, postal codes differ", Frequency::None, 0.01, 0.01),
    level("postal code equal, streets differ", Frequency::First, 0.04, 0.03),
    level("postal codes near, streets differ", Frequency::None, 0.04, 0.02),
    level("postal codes and streets differ", Frequency::None, 0.12, 0.05),
];
const POSTAL_CODE: &[Level] = &[
    level("postal code equal", Frequency::First, 0.75, 0.90),
    level("one edit apart", Frequency::None, 0.06, 0.03),
    level("first three characters equal", Frequency::None, 0.05, 0.02),
    level("postal codes differ", Frequency::None, 0.14, 0.05),
];
const STREET: &[Level] = &[
    level("street equal", Frequency::First, 0.60, 0.75),
    level("streets alike at .90", Frequency::None, 0.12, 0.12),
    level("streets alike but for numbers", Frequency::None, 0.05, 0.04),
    level("streets differ", Frequency::None, 0.23, 0.09),
];
const CITY: &[Level] = &[
    level("town equal", Frequency::First, 0.80, 0.92),
    level("towns alike at .90", Frequency::None, 0.05, 0.03),
    level("towns differ", Frequency::None, 0.15, 0.05),
];
const CITY_OF_ONE_CODE: &[Level] = &[
    level("town equal", Frequency::None, 0.90, 0.92),
    level("towns alike at .90", Frequency::None, 0.05, 0.04),
    level("towns differ", Frequency::None, 0.05, 0.04),
];
const IDENTIFIER: &[Level] = &[
    level("equal", Frequency::First, 0.65, 0.02),
    level("one edit apart", Frequency::None, 0.03, 0.01),
    level("different", Frequency::None, 0.32, 0.97),
];
const CATEGORY: &[Level] = &[
    level("equal", Frequency::First, 0.75, 0.40),
    level("different", Frequency::None, 0.25, 0.60),
];

impl ComparisonKind {
    /// The levels from most to least agreement; the first one is number 1.
    pub fn levels(self) -> &'static [Level] {
        match self {
            Self::Name => NAME,
            Self::LastNameAlone => LAST_NAME_ALONE,
            Self::FirstNameAlone => FIRST_NAME_ALONE,
            Self::BirthDate => BIRTH_DATE,
            Self::Email => EMAIL,
            Self::Phone => PHONE,
            Self::Address => ADDRESS,
            Self::PostalCode => POSTAL_CODE,
            Self::Street => STREET,
            Self::City => CITY,
            Self::CityOfOneCode => CITY_OF_ONE_CODE,
            Self::Identifier => IDENTIFIER,
            Self::Category => CATEGORY,
        }
    }

    /// The level of this number, from 1.
    pub fn level(self, number: u8) -> Option<&'static Level> {
        self.levels().get(usize::from(number).checked_sub(1)?)
    }

    /// Where the levels of strangers start who live near each other; none where it is not about places.
    pub fn neighbours(self) -> Option<&'static [f64]> {
        Some(match self {
            Self::Address => &[0.001, 0.01, 0.001, 0.03, 0.01, 0.02, 0.028, 0.6, 0.3],
            Self::PostalCode => &[0.1, 0.3, 0.4, 0.2],
            Self::Street => &[0.01, 0.05, 0.02, 0.92],
            Self::City => &[0.9, 0.01, 0.09],
            Self::CityOfOneCode => &[0.98, 0.01, 0.01],
            _ => return None,
        })
    }

    /// Whether two people hardly ever agree on it as a whole.
    pub fn is_proof(self) -> bool {
        matches!(
            self,
            Self::BirthDate
                | Self::Email
                | Self::Phone
                | Self::Address
                | Self::Street
                | Self::Identifier
        )
    }

    /// Whether it is about names, which alone link nobody.
    pub fn is_name(self) -> bool {
        matches!(self, Self::Name | Self::LastNameAlone | Self::FirstNameAlone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [ComparisonKind; 13] = [
        ComparisonKind::Name,
        ComparisonKind::LastNameAlone,
        ComparisonKind::FirstNameAlone,
        ComparisonKind::BirthDate,
        ComparisonKind::Email,
        ComparisonKind::Phone,
        ComparisonKind::Address,
        ComparisonKind::PostalCode,
        ComparisonKind::Street,
        ComparisonKind::City,
        ComparisonKind::CityOfOneCode,
        ComparisonKind::Identifier,
        ComparisonKind::Category,
    ];

    #[test]
    fn the_starts_are_distributions_and_fit_four_bits() {
        for kind in ALL {
            let levels = kind.levels();
            assert!(levels.len() < MAX_LEVELS);
            let person: f64 = levels.iter().map(|level| level.same_person).sum();
            let household: f64 = levels.iter().map(|level| level.same_household).sum();
            assert!((person - 1.0).abs() < 1e-12 && (household - 1.0).abs() < 1e-9, "{kind:?}");
            assert!(levels.iter().all(|level| level.same_person <= level.most_same_person));
            let near = kind.neighbours().unwrap_or(&[]);
            assert!(near.is_empty() || near.len() == levels.len(), "{kind:?}");
            assert!(near.is_empty() || (near.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{kind:?}");
        }
    }

    #[test]
    fn levels_count_from_one() {
        assert_eq!(ComparisonKind::Email.level(NOT_COMPARABLE), None);
        assert_eq!(ComparisonKind::Email.level(1).map(|level| level.label), Some("e-mail equal"));
        assert_eq!(ComparisonKind::Email.level(4), None);
    }
}

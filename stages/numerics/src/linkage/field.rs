//! What a column of a record is about.

use serde::{Deserialize, Serialize};

/// What a column is about, which decides how its values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Given names.
    FirstName,
    /// Family names.
    LastName,
    /// Day of birth as `YYYY-MM-DD`.
    BirthDate,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Postal code.
    PostalCode,
    /// Street and number.
    Street,
    /// Town.
    City,
    /// A number or name given to one person, such as a loyalty card.
    Identifier,
    /// A property with few values, such as an occupation.
    Category,
}

impl FieldKind {
    /// Whether a record has at most one column of the kind.
    pub fn is_single(self) -> bool {
        !matches!(self, Self::Identifier | Self::Category)
    }
}

/// A column: its name and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Name, by which blocking rules call it.
    pub name: String,
    /// What it is about.
    pub kind: FieldKind,
}

impl Field {
    /// Returns a column of this name and kind.
    pub fn new(name: &str, kind: FieldKind) -> Self {
        Self { name: name.to_owned(), kind }
    }
}

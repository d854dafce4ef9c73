//! Files for other systems.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One set of CSV files made from a published table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// Name of the set, and of its folder: lower-case letters, digits, `_` and `-`.
    pub name: String,
    /// What is exported.
    pub table: ExportTable,
    /// How the receiver wants its CSV.
    #[serde(default)]
    pub profile: ExportProfile,
    /// Axis whose segments get a file each, for segment exports: `value`, `need` or `rfm`; one file
    /// for all when absent.
    #[serde(default)]
    pub split_by: Option<String>,
    /// Columns, in order; a sensible set when absent.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
}

/// What an export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportTable {
    /// Every party with its segments.
    Segments,
    /// Tonight's offers, one row a contact.
    Offers,
}

/// How a receiver wants its CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportProfile {
    /// Plain RFC 4180, UTF-8, LF.
    #[default]
    Generic,
    /// HubSpot import.
    Hubspot,
    /// Salesforce Bulk API 2.0.
    Salesforce,
    /// Braze CSV import.
    Braze,
    /// For people who open the file in a spreadsheet.
    Spreadsheet,
}

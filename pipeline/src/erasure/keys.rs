//! Which columns of published tables name somebody.

use idip_store::{Night, TableRecord};

use super::published::columns;
use crate::RunError;

/// Columns that name a reference.
pub(super) const REFERENCES: [&str; 2] = ["party_ref", "other_ref"];

/// Columns that name a customer: a row goes with any of them.
pub(super) const CUSTOMERS: [&str; 3] = ["customer_id", "other_customer_id", "lead_customer_id"];

/// Columns that tell what else becomes of a row that names somebody.
const BESIDE: [&str; 4] = ["old_customer_id", "account_id", "household_id", "state"];

/// The columns by which the rows of a table are searched: empty where nobody is named, none where nobody
/// can tell, since another version of the program wrote it.
///
/// # Errors
///
/// When a file cannot be read.
pub(super) fn key_columns(
    night: &Night,
    table: &TableRecord,
) -> Result<Option<Vec<&'static str>>, RunError> {
    let Some(contract) = idip_schemas::find(&table.table) else { return Ok(None) };
    let is_named = |name: &&str| contract.column(name).is_some();
    let named = || REFERENCES.into_iter().chain(CUSTOMERS).filter(is_named);
    if table.rows == 0 || named().next().is_none() {
        return Ok(Some(Vec::new()));
    }
    let written = columns(night, table)?;
    let is_written = |name: &&str| written.iter().any(|it| it == name);
    if !named().any(|name| is_written(&name)) {
        return Ok(None);
    }
    let beside = BESIDE.into_iter().filter(is_named);
    Ok(Some(named().chain(beside).filter(is_written).collect()))
}

#[cfg(test)]
mod tests {
    use idip_schemas::{PersonalData, Retention, Unit};

    use super::*;

    /// Ids in published tables that are in none of the lists, and why nobody is left behind by them.
    const OTHERWISE: [(&str, &str, &str); 8] = [
        ("account", "account_id", "goes with any customer that golden_customer gives to it"),
        ("customer_id_map", "current_customer_id", "tombstones are written over it"),
        ("customer_lineage", "old_customer_id", "the lineage of erased ids goes by both"),
        ("golden_customer", "account_id", "names a firm; the row goes by customer_id"),
        ("golden_customer", "loyalty_id", "the row goes by customer_id"),
        ("household", "household_id", "becomes the smallest id of those who are left"),
        ("identifier_quarantine", "fingerprint", "a keyed hash of what too many people share"),
        (
            "reference_fingerprint",
            "fingerprint",
            "a keyed hash; the row goes by either of its keys",
        ),
    ];

    #[test]
    fn every_id_of_a_person_in_a_published_table_is_searched() {
        let mut otherwise = Vec::new();
        for table in idip_schemas::all() {
            if table.retention == Retention::Transient {
                continue;
            }
            for column in table.columns {
                let is_id = column.unit == Unit::Id;
                let is_personal =
                    matches!(column.personal, PersonalData::Pseudonym | PersonalData::Contact);
                let is_searched =
                    REFERENCES.contains(&column.name) || CUSTOMERS.contains(&column.name);
                if is_id && is_personal && !is_searched {
                    otherwise.push((table.name, column.name));
                }
            }
        }
        otherwise.sort_unstable();
        let expected: Vec<_> =
            OTHERWISE.iter().map(|(table, column, _)| (*table, *column)).collect();
        assert_eq!(otherwise, expected);
    }
}

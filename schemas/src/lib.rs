//! Contracts of every table: columns, types, units, keys and personal-data class.
//!
//! A table is declared once, by the `table!` macro. From the declaration come the typed columns that
//! stages work with, the check that every published table passes, the data dictionary and the ODCS
//! files under `schemas/contracts/`.

mod contract;
mod table;

pub mod dictionary;
pub mod differentiate;
pub mod identify;
pub mod interact;
pub mod measure;
pub mod odcs;
pub mod personalize;
pub mod source;

pub use contract::{
    Column, ContractError, PersonalData, Retention, TableContract, Unit, Violation, build_batch,
};
pub use table::{Amount, ColumnType, Date, Ints, PurchaseRecord, Quantity, Shares, Timestamp};

/// Every contract, source tables first, then in the order of the stages.
pub fn all() -> Vec<&'static TableContract> {
    [
        source::CONTRACTS,
        &identify::contracts(),
        &differentiate::contracts(),
        interact::CONTRACTS,
        personalize::CONTRACTS,
        measure::CONTRACTS,
    ]
    .concat()
}

/// The contract of that name, if there is one.
pub fn find(name: &str) -> Option<&'static TableContract> {
    all().into_iter().find(|contract| contract.name == name)
}

/// The tables a feed may fill.
pub fn source_tables() -> Vec<&'static TableContract> {
    const FED: [&str; 13] = [
        "transaction",
        "party",
        "product",
        "interaction",
        "survey",
        "consent",
        "suppression",
        "offer",
        "campaign_contact",
        "response",
        "social_post",
        "link_decision",
        "person_label",
    ];
    source::CONTRACTS.iter().copied().filter(|table| FED.contains(&table.name)).collect()
}

/// The table of that name a feed may fill.
pub fn source_table(name: &str) -> Option<&'static TableContract> {
    source_tables().into_iter().find(|table| table.name == name)
}

/// Whether a required column of a source table has a value of its own when no feed column is mapped.
///
/// `transaction.line_type` follows from the sign of the amount, `party.source` is the feed's name,
/// consent speaks of every purpose and suppression of every channel unless they say otherwise.
pub fn has_source_default(table: &str, column: &str) -> bool {
    matches!(
        (table, column),
        ("transaction", "line_type")
            | ("party", "source")
            | ("consent" | "suppression", "channel" | "purpose" | "valid_from" | "reason")
            | ("campaign_contact", "arm")
            | ("response" | "survey", "kind")
            | ("social_post", "platform")
    )
}

//! Rules for a table of persons that nobody configured.

use super::rule::BlockingRule;
use super::size::n_pairs;
use crate::linkage::field::FieldKind;
use crate::linkage::records::Records;

/// Rules by kind of column and characters, the most telling first.
///
/// Those of the first list are always taken: they hold few pairs by design. Those of the second reach
/// records with several errors and are taken while they are cheap.
const ALWAYS: &[&[(FieldKind, Option<usize>)]] = &[
    &[(FieldKind::Email, None)],
    &[(FieldKind::Phone, None)],
    &[(FieldKind::FirstName, None), (FieldKind::LastName, None), (FieldKind::PostalCode, Some(3))],
    &[(FieldKind::LastName, None), (FieldKind::BirthDate, None)],
    &[(FieldKind::FirstName, None), (FieldKind::BirthDate, None)],
    &[(FieldKind::PostalCode, None), (FieldKind::LastName, None)],
    &[(FieldKind::PostalCode, None), (FieldKind::BirthDate, None)],
    &[(FieldKind::FirstName, None), (FieldKind::LastName, None), (FieldKind::City, None)],
    &[(FieldKind::Street, None), (FieldKind::PostalCode, None)],
    &[(FieldKind::PostalCode, None), (FieldKind::FirstName, None)],
];
const WHILE_CHEAP: &[&[(FieldKind, Option<usize>)]] = &[
    &[(FieldKind::BirthDate, None), (FieldKind::City, None)],
    &[(FieldKind::FirstName, None), (FieldKind::LastName, None)],
    &[(FieldKind::BirthDate, None), (FieldKind::LastName, Some(2))],
    &[(FieldKind::BirthDate, None), (FieldKind::FirstName, Some(2))],
    &[(FieldKind::FirstName, Some(3)), (FieldKind::LastName, Some(4))],
    &[
        (FieldKind::FirstName, Some(2)),
        (FieldKind::LastName, Some(2)),
        (FieldKind::BirthDate, Some(4)),
    ],
    &[(FieldKind::PostalCode, Some(3)), (FieldKind::LastName, None)],
    &[(FieldKind::PostalCode, Some(3)), (FieldKind::FirstName, None)],
    &[(FieldKind::PostalCode, Some(3)), (FieldKind::BirthDate, Some(7))],
    &[(FieldKind::Street, None), (FieldKind::City, None)],
    &[(FieldKind::City, None), (FieldKind::LastName, None)],
    &[(FieldKind::City, None), (FieldKind::FirstName, None), (FieldKind::LastName, Some(1))],
    &[(FieldKind::BirthDate, None)],
    &[(FieldKind::PostalCode, None)],
    &[(FieldKind::Street, None)],
    &[(FieldKind::LastName, None)],
];

/// Pairs that all rules of the second list together may cost: so many a record, and some in any case.
///
/// A small table can be looked at widely; at a million records these are some seconds.
const PAIRS_PER_RECORD: u64 = 6;
const PAIRS_AT_LEAST: u64 = 2_000_000;

/// Part of them that one rule may cost.
const ONE_RULE: u64 = 4;

/// Returns the rules for these records, by the columns that they have.
pub fn default_rules(records: &Records) -> Vec<BlockingRule> {
    let rule_of = |parts: &[(FieldKind, Option<usize>)]| -> Option<BlockingRule> {
        let parts: Option<Vec<String>> = parts
            .iter()
            .map(|&(kind, length)| {
                let column = records.columns().get(records.position_of_kind(kind)?)?;
                let name = &column.field.name;
                (column.n_filled() > 0)
                    .then(|| length.map_or(name.clone(), |length| format!("{name}:{length}")))
            })
            .collect();
        parts?.join(", ").parse().ok()
    };
    let mut rules: Vec<BlockingRule> = Vec::new();
    let identifiers =
        records.columns().iter().filter(|column| column.field.kind == FieldKind::Identifier);
    rules.extend(
        identifiers
            .filter(|column| column.n_filled() > 0)
            .filter_map(|column| column.field.name.parse().ok()),
    );
    rules.extend(ALWAYS.iter().filter_map(|parts| rule_of(parts)));
    if rule_of(&[(FieldKind::FirstName, None), (FieldKind::LastName, None)]).is_some() {
        rules.extend("names".parse());
    }
    let all = PAIRS_PER_RECORD * records.len() as u64 + PAIRS_AT_LEAST;
    let mut left = all;
    for rule in WHILE_CHEAP.iter().filter_map(|parts| rule_of(parts)) {
        let cost = n_pairs(records, &rule).unwrap_or(u64::MAX);
        if cost <= left && cost <= all / ONE_RULE {
            left -= cost;
            rules.push(rule);
        }
    }
    rules
}

//! Simulated records for both sides.

use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, StringArray};
use idip_numerics::linkage::{Field, FieldKind, Records};
use idip_simulate::{RecordsRequest, simulate_records};

use super::in_sql::{ask, register};
use crate::Engine;

/// Columns of `record.sql`, and what they are about.
const COLUMNS: [(&str, FieldKind); 11] = [
    ("first_name", FieldKind::FirstName),
    ("last_name", FieldKind::LastName),
    ("birth_date", FieldKind::BirthDate),
    ("email", FieldKind::Email),
    ("phone", FieldKind::Phone),
    ("street", FieldKind::Street),
    ("postal_code", FieldKind::PostalCode),
    ("city", FieldKind::City),
    ("loyalty_id", FieldKind::Identifier),
    ("payment_token", FieldKind::Identifier),
    ("handle", FieldKind::Identifier),
];

/// Simulated records, as the engine has them in the table `record`.
pub(super) fn records(engine: &Engine, folder: &Path) -> Records {
    let world = folder.join("world");
    let request = RecordsRequest { folder: world.clone(), records: 2_000, nights: 1, seed: 5 };
    simulate_records(&request).unwrap();
    let mut raw: Vec<(String, Vec<String>)> = Vec::new();
    for feed in ["shop", "web", "call_centre", "contest"] {
        let path = world.join(format!("feeds/{feed}.csv"));
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next().unwrap().split(',').collect();
        // Quoted cells are few, and nothing that is looked at here depends on them.
        for line in lines.filter(|line| !line.contains('"')) {
            for (place, cell) in line.split(',').enumerate() {
                let name = names[place];
                match raw.iter_mut().find(|(known, _)| known == name) {
                    Some((_, cells)) => cells.push(cell.to_owned()),
                    None => raw.push((name.to_owned(), vec![cell.to_owned()])),
                }
            }
        }
    }
    let columns = raw.into_iter().map(|(name, cells)| {
        let cells: ArrayRef = Arc::new(StringArray::from(cells));
        (name, cells)
    });
    register(engine, "feed", columns.collect());
    engine.register_answer("record", "records", include_str!("record.sql"), 0).unwrap();
    let answer = ask(engine, "SELECT * FROM record");
    let column = |name: &str| answer.column_by_name(name).unwrap().as_string::<i32>().clone();
    let values: Vec<StringArray> = COLUMNS.iter().map(|(name, _)| column(name)).collect();
    let fields: Vec<(Field, &StringArray)> = COLUMNS
        .iter()
        .zip(&values)
        .map(|((name, kind), values)| (Field::new(name, *kind), values))
        .collect();
    Records::new(&column("party_ref"), &fields).unwrap()
}

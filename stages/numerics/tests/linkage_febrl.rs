//! Linkage of the three febrl tables with default settings, against the persons in their record ids.
//!
//! Febrl: Christen (2008), KDD. The ids are looked at only once the linkage is done.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use arrow_array::StringArray;
use idip_numerics::linkage::{Bounds, Field, FieldKind, LinkageParams, Records, evaluate, link};

struct Table {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

fn read(file: &str) -> Option<Table> {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/febrl").join(file);
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("skipped: {} is absent", path.display());
        return None;
    };
    let split = |line: &str| line.split(',').map(|v| v.trim().to_owned()).collect::<Vec<_>>();
    let mut lines = text.lines();
    let names = split(lines.next().expect("a head"));
    Some(Table { names, rows: lines.map(split).collect() })
}

impl Table {
    fn column(&self, name: &str) -> Vec<&str> {
        let place = self.names.iter().position(|n| n == name).expect("a column");
        self.rows.iter().map(|row| row[place].as_str()).collect()
    }
}

fn f1(file: &str) -> Option<f64> {
    let table = read(file)?;
    let texts = |values: Vec<String>| -> StringArray {
        values.into_iter().map(|value| (!value.is_empty()).then_some(value)).collect()
    };
    let plain = |name: &str| texts(table.column(name).into_iter().map(str::to_owned).collect());
    let birth_date = texts(
        table
            .column("date_of_birth")
            .into_iter()
            .map(|d| match d.len() {
                8 => format!("{}-{}-{}", &d[..4], &d[4..6], &d[6..]),
                _ => String::new(),
            })
            .collect(),
    );
    let number = table.column("street_number");
    let streets = table.column("address_1").into_iter().zip(number);
    let street =
        texts(streets.map(|(street, n)| format!("{n} {street}").trim().to_owned()).collect());
    let columns = [
        (Field::new("first_name", FieldKind::FirstName), plain("given_name")),
        (Field::new("last_name", FieldKind::LastName), plain("surname")),
        (Field::new("birth_date", FieldKind::BirthDate), birth_date),
        (Field::new("street", FieldKind::Street), street),
        (Field::new("postal_code", FieldKind::PostalCode), plain("postcode")),
        (Field::new("city", FieldKind::City), plain("suburb")),
        (Field::new("security_number", FieldKind::Identifier), plain("soc_sec_id")),
    ];
    // Records are keyed by their place in the file, which is shuffled and says nothing of persons.
    let keys: StringArray = (0..table.rows.len()).map(|n| Some(format!("{n:05}"))).collect();
    let fields: Vec<(Field, &StringArray)> =
        columns.iter().map(|(field, values)| (field.clone(), values)).collect();
    let records = Records::new(&keys, &fields).expect("is well formed");
    let run = link(&records, &LinkageParams::default(), None, &Bounds::default()).expect("links");

    let mut persons = BTreeMap::new();
    let truth: Vec<u32> = table
        .column("rec_id")
        .into_iter()
        .map(|id| {
            let person = id.splitn(3, '-').take(2).collect::<Vec<_>>().join("-");
            let next = persons.len() as u32;
            *persons.entry(person).or_insert(next)
        })
        .collect();
    let truth: Vec<u32> = records.rows().iter().map(|&row| truth[row as usize]).collect();
    Some(evaluate(&run.linkage.person_of, &truth).expect("equal lengths").pairs.f1())
}

#[test]
fn the_persons_of_febrl_are_found_again() {
    for file in ["dataset1.csv", "dataset2.csv", "dataset3.csv"] {
        if let Some(f1) = f1(file) {
            assert!(f1 >= 0.999, "{file}: {f1}");
        }
    }
}

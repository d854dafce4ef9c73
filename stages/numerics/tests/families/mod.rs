//! Families of two who share an address and a telephone, with errors and gaps, and their linkage.

use arrow_array::StringArray;
use idip_numerics::linkage::{Bounds, Field, FieldKind, LinkageParams, LinkageRun, Records, link};

const KINDS: [(&str, FieldKind); 7] = [
    ("first_name", FieldKind::FirstName),
    ("last_name", FieldKind::LastName),
    ("birth_date", FieldKind::BirthDate),
    ("email", FieldKind::Email),
    ("phone", FieldKind::Phone),
    ("postal_code", FieldKind::PostalCode),
    ("street", FieldKind::Street),
];

pub(crate) type Row = [String; 7];

/// A small linear congruential generator, so that the persons are the same everywhere.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    /// The value in so many of ten cases, nothing in the others.
    pub(crate) fn keep(&mut self, value: &str, in_ten: u64) -> String {
        if self.below(10) < in_ten { value.to_owned() } else { String::new() }
    }
}

/// Families of two at one address with a telephone in common, each person with a few records.
pub(crate) fn families(n: usize, seed: u64) -> (Vec<Row>, Vec<u32>) {
    let firsts =
        ["ana", "luis", "eva", "jose", "maria", "pedro", "lucia", "jorge", "elena", "raul"];
    let lasts = ["garcia", "ruiz", "moreno", "gil", "santos", "vega", "ibarra", "luna", "campos"];
    let mut draw = Draw(seed);
    let (mut rows, mut truth) = (Vec::new(), Vec::new());
    for person in 0..2 * n {
        if person % 2 == 0 {
            draw.0 ^= person as u64;
        }
        let mut family = Draw(seed ^ (person as u64 / 2).wrapping_mul(0x9e37_79b9));
        family.below(9);
        let last =
            format!("{}{}", lasts[family.below(9) as usize], lasts[family.below(9) as usize]);
        let street = format!("calle {} {}", lasts[family.below(9) as usize], family.below(90));
        let code = format!("{:05}", 10_000 + family.below(400));
        let landline = format!("9{:08}", family.below(100_000_000));
        let first =
            format!("{}{}", firsts[draw.below(10) as usize], firsts[draw.below(10) as usize]);
        let born = format!(
            "{}-{:02}-{:02}",
            1950 + draw.below(50),
            1 + draw.below(12),
            1 + draw.below(28)
        );
        let email = format!("{}{}@x.es", &first[..3], draw.below(10_000_000));
        for _ in 0..=draw.below(4) {
            let mut first = first.clone();
            if draw.below(10) == 0 {
                first.remove(2);
            }
            rows.push([
                first,
                last.clone(),
                draw.keep(&born, 7),
                draw.keep(&email, 6),
                draw.keep(&landline, 4),
                draw.keep(&code, 9),
                draw.keep(&street, 8),
            ]);
            truth.push(person as u32);
        }
    }
    (rows, truth)
}

pub(crate) fn records(rows: &[(String, Row)]) -> Records {
    let keys: StringArray = rows.iter().map(|(key, _)| Some(key.as_str())).collect();
    let columns: Vec<StringArray> = (0..KINDS.len())
        .map(|c| {
            rows.iter().map(|(_, row)| (!row[c].is_empty()).then_some(row[c].as_str())).collect()
        })
        .collect();
    let fields: Vec<(Field, &StringArray)> =
        KINDS.iter().zip(&columns).map(|((name, kind), c)| (Field::new(name, *kind), c)).collect();
    Records::new(&keys, &fields).expect("is well formed")
}

pub(crate) fn keyed(rows: Vec<Row>) -> Vec<(String, Row)> {
    rows.into_iter().enumerate().map(|(n, row)| (format!("r{n:05}"), row)).collect()
}

pub(crate) fn linked(records: &Records, bounds: &Bounds) -> LinkageRun {
    link(records, &LinkageParams::default(), None, bounds).expect("links")
}

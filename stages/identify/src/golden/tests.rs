//! Golden records over whole nights.

use arrow_array::RecordBatch;
use idip_schemas::identify::{golden_conflict, golden_customer, source_field};
use proptest::prelude::*;

use crate::testing::{Record, night, person};
use crate::{GoldenParams, Params};

fn only(batch: &RecordBatch) -> golden_customer::Columns {
    assert_eq!(batch.num_rows(), 1);
    golden_customer::Columns::parse(batch).unwrap()
}

fn golden(records: &[Record<'_>], others: &[(&str, bool)]) -> RecordBatch {
    let params = Params { default_calling_code: Some("34".to_owned()), ..Params::default() };
    night(&params, records, others, None).golden(&params, records)
}

#[test]
fn each_field_keeps_its_most_recent_value() {
    let card = Some("A1");
    let records = [
        Record {
            loyalty_id: card,
            email: Some("old@shop.es"),
            phone: Some("600123457"),
            registered_on: Some(100),
            updated_on: Some(150),
            birth_date: Some(5_000),
            last_name: Some("Ruiz"),
            ..person("crm:1", "Ana")
        },
        Record {
            loyalty_id: Some("a 1"),
            email: Some("Ana.Ruiz+x@Gmail.com"),
            registered_on: Some(120),
            updated_on: Some(200),
            birth_date: Some(-25_567),
            last_name: Some(" RUIZ "),
            ..person("web:1", "n/a")
        },
    ];
    let row = only(&golden(&records, &[("email:ana.ruiz@gmail.com", true)]));
    assert_eq!(row.party_type.value(0), "customer", "a sale names one of its references");
    assert_eq!(row.email.value(0), "ana.ruiz+x@gmail.com", "lower case, otherwise as written");
    assert_eq!(row.phone.value(0), "+34600123457");
    assert_eq!((row.first_name.value(0), row.last_name.value(0)), ("Ana", "RUIZ"));
    assert_eq!(row.birth_date.value(0), 5_000, "1900-01-01 is no day of birth");
    assert_eq!(row.registered_on.value(0), 100);
    assert_eq!((row.n_refs.value(0), row.n_records.value(0)), (3, 2));
    assert_eq!(
        row.n_conflicts.value(0),
        1,
        "e-mail alone: the rest is the same in another spelling"
    );
}

#[test]
fn an_address_is_taken_whole_from_the_most_recent_record_with_a_street() {
    let record = |party_ref, street, postal_code, city, updated_on| Record {
        party_ref,
        loyalty_id: Some("A1"),
        street,
        postal_code,
        city,
        updated_on,
        country: Some("es"),
        ..Record::default()
    };
    let records = [
        record("1", Some("Calle Mayor 1"), Some("28013"), Some("Madrid"), Some(10)),
        record("2", Some("Gran Vía 2"), None, Some("Bilbao"), Some(20)),
        record("3", None, Some("08001"), Some("Barcelona"), Some(30)),
    ];
    let row = only(&golden(&records, &[]));
    assert_eq!((row.street.value(0), row.city.value(0)), ("Gran Vía 2", "Bilbao"));
    assert_eq!(row.postal_code.iter().next(), Some(None), "not Barcelona's");
    assert_eq!(row.country.value(0), "ES");
    assert_eq!(row.n_conflicts.value(0), 1, "the two with a street");
    let row = only(&golden(&records[2..], &[]));
    assert_eq!((row.postal_code.value(0), row.city.value(0)), ("08001", "Barcelona"));
}

#[test]
fn parties_without_sales_or_without_records_are_kept() {
    let batch = golden(
        &[person("crm:1", "Ana")],
        &[("email:EVA@shop.es", false), ("77", true), ("token:t1", true)],
    );
    let rows = golden_customer::Columns::parse(&batch).unwrap();
    let mut kept: Vec<_> = rows
        .party_type
        .iter()
        .flatten()
        .zip(rows.email.iter())
        .zip(rows.n_records.values())
        .map(|((kind, email), n)| (kind, email, *n))
        .collect();
    kept.sort_unstable();
    assert_eq!(
        kept,
        [
            ("customer", None, 0),
            ("customer", None, 0),
            ("prospect", None, 1),
            ("prospect", Some("eva@shop.es"), 0),
        ]
    );
    assert!(rows.customer_id.values().is_sorted());
}

#[test]
fn a_family_member_keeps_the_shared_address() {
    let mail = Some("casa@shop.es");
    let records = [
        Record { email: mail, ..person("1", "Ana") },
        Record { email: mail, ..person("2", "Luis") },
    ];
    let rows = golden_customer::Columns::parse(&golden(&records, &[])).unwrap();
    assert_eq!(rows.email.iter().collect::<Vec<_>>(), [mail, mail]);
}

#[test]
fn nobody_at_all_is_an_empty_table() {
    assert_eq!(golden(&[], &[]).num_rows(), 0);
}

/// Ana as three feeds know her; the tills disagree with the web shop.
fn ana() -> [Record<'static>; 3] {
    let ana = Record { loyalty_id: Some("A1"), last_name: Some("Ruiz"), ..Record::default() };
    [
        Record {
            source: "till",
            first_name: Some("ANA"),
            email: Some("old@shop.es"),
            phone: Some("600123457"),
            updated_on: Some(19_000),
            ..Record { party_ref: "t:1", ..ana }
        },
        Record {
            source: "till",
            first_name: Some("Anita"),
            email: Some("old@shop.es"),
            phone: Some("0000"),
            birth_date: Some(30_000),
            updated_on: Some(19_000),
            ..Record { party_ref: "t:2", ..ana }
        },
        Record {
            source: "web",
            first_name: Some("Ana"),
            email: Some("new@shop.es"),
            updated_on: Some(19_300),
            ..Record { party_ref: "w:1", ..ana }
        },
    ]
}

#[test]
fn agreement_trust_and_age_decide_and_the_conflict_is_listed() {
    let params = Params { default_calling_code: Some("34".to_owned()), ..Params::default() };
    let tables = night(&params, &ana(), &[], None).golden_tables(&params, &ana());
    let row = only(&tables.batch(&golden_customer::CONTRACT).unwrap());
    // Two of 300 days weigh 2 · 2^(-300/540) = 1.36 new ones.
    assert_eq!(row.email.value(0), "old@shop.es");
    let conflicts =
        golden_conflict::Columns::parse(&tables.batch(&golden_conflict::CONTRACT).unwrap())
            .unwrap();
    let fields: Vec<_> = conflicts.field.iter().flatten().collect();
    assert_eq!(fields, ["email", "first_name"], "Anita is no usual short form of Ana");
    assert_eq!(conflicts.source.value(0), "till");
    assert_eq!(conflicts.runner_up_source.value(0), "web");
    assert_eq!(
        (conflicts.updated_on.value(0), conflicts.runner_up_updated_on.value(0)),
        (19_000, 19_300)
    );
    assert!((conflicts.share.value(0) - 1.361 / 2.361).abs() < 1e-3);
    assert_eq!((conflicts.n_values.value(0), conflicts.n_records.value(0)), (2, 3));
    assert_eq!(row.n_conflicts.value(0), 2);

    let trusting = Params {
        golden: GoldenParams { trust: [("web".to_owned(), 150)].into(), ..GoldenParams::default() },
        ..params
    };
    let row = only(&night(&trusting, &ana(), &[], None).golden(&trusting, &ana()));
    assert_eq!(row.email.value(0), "new@shop.es");
}

#[test]
fn each_source_is_told_what_it_knows_and_what_of_it_says_nothing() {
    let params = Params { default_calling_code: Some("34".to_owned()), ..Params::default() };
    let tables = night(&params, &ana(), &[], None).golden_tables(&params, &ana());
    let rows =
        source_field::Columns::parse(&tables.batch(&source_field::CONTRACT).unwrap()).unwrap();
    let of = |source: &str, field: &str| {
        let at =
            rows.source.iter().zip(&rows.field).position(|it| it == (Some(source), Some(field)));
        let at = at.unwrap();
        [&rows.n_records, &rows.n_filled, &rows.n_usable].map(|counts| counts.value(at))
    };
    assert_eq!(of("till", "phone"), [2, 2, 1], "zeros are no telephone");
    assert_eq!(of("till", "birth_date"), [2, 1, 0], "nobody is born in the future");
    assert_eq!(of("web", "birth_date"), [1, 0, 0]);
    assert_eq!(of("web", "email"), [1, 1, 1]);
}

#[test]
fn a_name_in_one_field_is_taken_apart() {
    let records =
        [Record { last_name: Some("Ruiz Gil, Ana"), party_ref: "1", ..Record::default() }];
    let row = only(&golden(&records, &[]));
    assert_eq!((row.first_name.value(0), row.last_name.value(0)), ("Ana", "Ruiz Gil"));
}

/// Records of one customer, in which much is equal.
fn any_record() -> impl Strategy<Value = Record<'static>> {
    let one_of = |values: &'static [&'static str]| {
        prop::option::weighted(0.7, prop::sample::select(values.to_vec()))
    };
    let day = || prop::option::weighted(0.7, prop::sample::select(vec![18_000, 19_000, 19_635]));
    (
        prop::sample::select(vec!["a", "b", "c", "d", "e"]),
        prop::sample::select(vec!["crm", "web", "till"]),
        one_of(&["Ana", "ANA", "José", "Pepe", "J."]),
        one_of(&["García", "GARCIA", "García López", "Ruiz"]),
        (one_of(&["m@x.es", "M@x.es", "n@x.es"]), one_of(&["28013", "28014", "00000"])),
        one_of(&["C/ Mayor 1", "Calle Mayor, 1", "Calle Nueva 2"]),
        (day(), day(), prop::option::of(prop::sample::select(vec![5_000, 5_001, 30_000]))),
    )
        .prop_map(|(party_ref, source, first_name, last_name, (email, code), street, days)| {
            Record {
                party_ref,
                source,
                loyalty_id: Some("A1"),
                first_name,
                last_name,
                email,
                postal_code: code,
                street,
                registered_on: days.0,
                updated_on: days.1,
                birth_date: days.2,
                ..Record::default()
            }
        })
}

proptest! {
    #[test]
    fn the_order_of_records_changes_nothing(
        (records, shuffled) in prop::collection::vec(any_record(), 0..9)
            .prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
        trust in 0_u32..300,
    ) {
        let golden = GoldenParams {
            trust: [("web".to_owned(), trust)].into(),
            ..GoldenParams::default()
        };
        let params = Params { golden, ..Params::default() };
        let night = night(&params, &records, &[], None);
        let [a, b] = [&records, &shuffled].map(|records| night.golden_tables(&params, records));
        for contract in [&golden_customer::CONTRACT, &golden_conflict::CONTRACT, &source_field::CONTRACT] {
            prop_assert_eq!(a.batch(contract).unwrap(), b.batch(contract).unwrap());
        }
    }

    #[test]
    fn what_stays_is_a_value_of_some_record(records in prop::collection::vec(any_record(), 1..9)) {
        let batch = golden(&records, &[]);
        let row = only(&batch);
        let kept = row.street.iter().next().flatten();
        let known: Vec<_> = records.iter().map(|r| r.street).collect();
        prop_assert!(known.contains(&kept), "{:?}", kept);
        let whole = records.iter().any(|r| {
            r.street == kept && r.postal_code.filter(|code| *code != "00000") == row.postal_code.iter().next().flatten()
        });
        prop_assert!(whole, "an address of two records");
    }
}

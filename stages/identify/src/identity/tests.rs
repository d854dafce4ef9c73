//! Identity over whole nights.

use idip_schemas::identify::quality::decided_pair;
use idip_schemas::identify::{
    customer_lineage, identifier_holder, identifier_quarantine, identity_map,
};
use proptest::prelude::*;

use crate::Params;
use crate::normalise::Kind;
use crate::testing::{Night, Record, night, night_after_erasures, person};

fn spanish() -> Params {
    Params { default_calling_code: Some("34".to_owned()), ..Params::default() }
}

fn tonight(records: &[Record<'_>], others: &[(&str, bool)]) -> Night {
    night(&spanish(), records, others, None)
}

#[test]
fn an_erased_id_is_told_once_and_nobody_has_it_again() {
    let records = [person("crm:1", "Ana"), person("crm:2", "Luis")];
    let first = tonight(&records, &[]);
    let (ana, luis) = (first.map["crm:1"], first.map["crm:2"]);
    let date = crate::testing::context().logical_date;
    // Her record is in the feed and in the map of last night all the same: she gets another id.
    let night = night_after_erasures(&spanish(), &records, &[], Some(&first), &[(ana, date)]);
    assert_ne!(night.map["crm:1"], ana);
    assert_eq!(night.map["crm:2"], luis);
    assert_eq!(night.lineage(), [(ana, ana, "erased".to_owned())]);
    let next = night_after_erasures(&spanish(), &records, &[], Some(&night), &[(ana, date - 1)]);
    assert_eq!(next.map, night.map);
    assert_eq!(next.lineage(), []);
}

const MAIL: Option<&str> = Some("casa@shop.es");

#[test]
fn records_that_share_an_identifier_in_any_spelling_are_one_customer() {
    let records = [
        Record { email: Some(" Ana.Ruiz@Gmail.com"), ..person("crm:1", "Ana") },
        Record {
            email: Some("anaruiz+web@googlemail.com"),
            phone: Some("600 123 457"),
            ..person("web:7", "ANA")
        },
        Record {
            phone: Some("+34600123457"),
            loyalty_id: Some("es 77"),
            ..person("pos:3", "Ana María")
        },
        Record { loyalty_id: Some("ES77"), ..Record { party_ref: "card:9", ..Record::default() } },
        Record { email: Some("luis@shop.es"), ..person("crm:2", "Luis") },
    ];
    let night = tonight(&records, &[]);
    assert_eq!(night.n_customers(), 2);
    assert!(night.same("crm:1", "card:9") && !night.same("crm:1", "crm:2"));
}

#[test]
fn a_reference_that_is_an_identifier_belongs_to_its_holder() {
    let records =
        [Record { email: Some("ana@shop.es"), loyalty_id: Some("A1"), ..person("crm:1", "Ana") }];
    let others = [
        ("email:Ana@Shop.es", false),
        ("loyalty:a1", true),
        ("email:eva@shop.es", true),
        ("crm:9", false),
    ];
    let night = tonight(&records, &others);
    assert!(night.same("crm:1", "email:Ana@Shop.es") && night.same("crm:1", "loyalty:a1"));
    assert_eq!(night.n_customers(), 3, "parties without a record are kept");
    let map = night.identity_map();
    let buyers: Vec<_> =
        map.party_ref.iter().flatten().zip(map.is_buyer.iter().flatten()).collect();
    assert_eq!(
        buyers,
        [
            ("crm:1", false),
            ("crm:9", false),
            ("email:Ana@Shop.es", false),
            ("email:eva@shop.es", true),
            ("loyalty:a1", true),
        ]
    );
}

#[test]
fn two_rows_with_one_reference_are_one_customer_and_link_by_both_rows() {
    let records = [
        Record { email: Some("a@shop.es"), ..person("crm:1", "Ana") },
        Record { email: Some("b@shop.es"), ..person("crm:1", "Ana") },
        Record { email: Some("b@shop.es"), ..person("crm:2", "Ana") },
        Record { email: Some("a@shop.es"), ..person("crm:3", "Ana") },
    ];
    assert_eq!(tonight(&records, &[]).n_customers(), 1);
}

#[test]
fn a_family_that_shares_an_address_is_kept_apart() {
    let records = [
        Record { email: MAIL, ..person("1", "Ana") },
        Record { email: MAIL, ..person("2", "Luis") },
        Record { email: MAIL, ..person("3", "A.") },
        Record { email: MAIL, party_ref: "4", ..Record::default() },
    ];
    let night = tonight(&records, &[("email:casa@shop.es", false)]);
    assert!(night.same("1", "3"), "an initial that fits one member alone");
    assert!(!night.same("1", "2"));
    assert!(!night.same("4", "1") && !night.same("4", "2"), "nobody knows whose record 4 is");
    let (ana, luis, nobody) = (night.map["1"], night.map["2"], night.map["4"]);
    let mut held: Vec<_> = night.holders();
    held.sort();
    let mut expected = [ana, luis, nobody].map(|id| ("email:casa@shop.es".to_owned(), id)).to_vec();
    expected.sort();
    assert_eq!(held, expected, "what the address forbids holds for all of them");

    let loose = Params { require_compatible_names: false, ..spanish() };
    assert_eq!(crate::testing::night(&loose, &records, &[], None).n_customers(), 1);
}

#[test]
fn a_nameless_record_does_not_tie_a_family_together_over_two_identifiers() {
    let records = [
        Record { email: MAIL, ..person("1", "Ana") },
        Record { email: MAIL, phone: Some("600123457"), party_ref: "2", ..Record::default() },
        Record { phone: Some("600123457"), ..person("3", "Luis") },
    ];
    let night = tonight(&records, &[]);
    assert!(night.same("1", "2"), "the address is trusted before the telephone");
    assert!(!night.same("2", "3"));
}

#[test]
fn a_loyalty_card_links_whatever_the_names_say() {
    let card = Some("A1");
    let records = [
        Record { loyalty_id: card, ..person("1", "Ana") },
        Record { loyalty_id: card, ..person("2", "Luis") },
    ];
    assert_eq!(tonight(&records, &[]).n_customers(), 1);
    let without = Params { link_by: vec![Kind::Email], ..spanish() };
    assert_eq!(night(&without, &records, &[], None).n_customers(), 2);
}

#[test]
fn an_address_on_fifty_records_links_nobody_and_is_listed() {
    let refs: Vec<String> = (0..50).map(|i| format!("crm:{i:02}")).collect();
    let records: Vec<_> = refs
        .iter()
        .map(|name| Record { email: Some("tienda@shop.es"), party_ref: name, ..Record::default() })
        .collect();
    let night = tonight(&records, &[("email:tienda@shop.es", false)]);
    assert_eq!(night.n_customers(), 51);
    assert_eq!(night.quarantine(), [("email".to_owned(), 50, "shared".to_owned())]);
    assert_eq!(night.holders().len(), 50);
    let golden = night.golden(&spanish(), &records);
    assert_eq!(
        golden.column_by_name("email").unwrap().null_count(),
        51,
        "it reaches no one person"
    );
}

#[test]
fn the_limit_counts_people_and_not_records() {
    let refs: Vec<String> = (0..30).map(|i| format!("guest:{i}")).collect();
    let record = |name| Record { email: MAIL, last_name: Some("Ruiz"), ..person(name, "Ana") };
    let mut records: Vec<_> = refs.iter().map(|name| record(name)).collect();
    assert_eq!(tonight(&records, &[]).n_customers(), 1, "thirty orders of one guest");

    let limited = Params { max_people_per_identifier: 2, ..spanish() };
    let more: Vec<_> =
        ["Luis", "Eva"].map(|name| Record { email: MAIL, ..person(name, name) }).to_vec();
    records.push(more[0]);
    assert_eq!(
        night(&limited, &records, &[], None).n_customers(),
        2,
        "two people are not too many"
    );
    records.push(more[1]);
    let night = night(&limited, &records, &[], None);
    assert_eq!(night.n_customers(), 32);
    assert_eq!(night.quarantine(), [("email".to_owned(), 3, "shared".to_owned())]);
}

#[test]
fn placeholders_link_nobody_and_are_listed() {
    let record = |party_ref| Record {
        party_ref,
        loyalty_id: Some("0000000"),
        email: Some("noreply@shop.es"),
        phone: Some("666 666 666"),
        payment_token: Some("N/A"),
        handle: Some("anonymous"),
        ..Record::default()
    };
    let all = Params { link_by: Kind::ALL.to_vec(), ..spanish() };
    let night = night(&all, &[record("1"), record("2")], &[], None);
    assert_eq!(night.n_customers(), 2);
    let listed = ["email", "handle", "loyalty_id", "payment_token", "phone"];
    let listed = listed.map(|kind| (kind.to_owned(), 2, "placeholder".to_owned()));
    assert_eq!(night.quarantine(), listed);
}

#[test]
fn the_quarantine_names_nobody() {
    let records = [Record { party_ref: "1", email: Some("noreply@shop.es"), ..Record::default() }];
    let batch = tonight(&records, &[]).tables.batch(&identifier_quarantine::CONTRACT).unwrap();
    let text = format!("{batch:?}");
    assert!(text.contains("placeholder") && !text.contains("noreply"));
}

#[test]
fn ids_live_through_merge_split_and_disappearance() {
    let ana = Record { email: Some("ana@shop.es"), ..person("crm:1", "Ana") };
    let web = Record { email: Some("otra@shop.es"), ..person("web:1", "Ana") };
    let luis = person("crm:2", "Luis");
    let first = night(&spanish(), &[ana, web, luis], &[("crm:3", true)], None);
    assert_eq!((first.n_customers(), first.lineage()), (4, vec![]));

    // Ana corrects her address: two customers become one. crm:3 is named by no feed any more.
    let corrected = Record { email: ana.email, ..web };
    let second = night(&spanish(), &[corrected, luis, ana], &[], Some(&first));
    let [one, two] = [first.map["crm:1"], first.map["web:1"]];
    let (kept, lost) = (one.min(two), one.max(two));
    assert_eq!(second.map["crm:1"], kept);
    assert_eq!(second.map["crm:2"], first.map["crm:2"]);
    let gone = (first.map["crm:3"], first.map["crm:3"], "gone".to_owned());
    let mut expected = vec![(lost, kept, "merge".to_owned()), gone];
    expected.sort();
    assert_eq!(second.lineage(), expected);

    // She withdraws it: the id stays with the smaller reference, the other one gets a new id.
    let third = night(&spanish(), &[ana, web, luis], &[], Some(&second));
    assert_eq!(third.map["crm:1"], kept);
    assert_ne!(third.map["web:1"], kept);
    assert_eq!(third.lineage(), [(kept, third.map["web:1"], "split".to_owned())]);

    let fourth = night(&spanish(), &[ana, web, luis], &[], Some(&third));
    assert_eq!((fourth.lineage(), fourth.map), (vec![], third.map));
}

#[test]
fn of_two_customers_that_become_one_the_older_stays() {
    let ana = Record { email: Some("ana@shop.es"), ..person("crm:1", "Ana") };
    let web = Record { email: Some("otra@shop.es"), ..person("web:1", "Ana") };
    let corrected = Record { email: ana.email, ..web };
    for older in ["crm:1", "web:1"] {
        let mut first = night(&spanish(), &[ana, web], &[], None);
        first.since =
            [("crm:1", 19_000), ("web:1", 19_000)].map(|it| (it.0.to_owned(), it.1)).into();
        first.since.insert(older.to_owned(), 18_000);
        let second = night(&spanish(), &[ana, corrected], &[], Some(&first));
        assert_eq!(second.map["crm:1"], first.map[older]);
    }
}

#[test]
fn a_key_of_a_source_outweighs_an_identifier() {
    let records = [Record { email: Some("ana@shop.es"), ..person("crm:1", "Ana") }];
    let apart = [Record { email: None, ..records[0] }];
    let mail = [("email:ana@shop.es", true)];
    for older in ["crm:1", "email:ana@shop.es"] {
        let mut first = night(&spanish(), &apart, &mail, None);
        first.since.insert(older.to_owned(), 18_000);
        let second = night(&spanish(), &records, &mail, Some(&first));
        assert_eq!(second.map["crm:1"], first.map["crm:1"], "whichever is older");
    }
}

#[test]
fn a_record_without_reference_among_the_feeds_is_an_error() {
    use idip_schemas::identify::{
        identity_last_night, linkage_model_last_night, party_identifier, party_reference,
    };
    use idip_stage::{Step, Tables};
    let text = |value: Option<&str>| arrow_array::StringArray::from(vec![value]);
    let record = party_identifier::Columns {
        party_ref: text(Some("crm:1")),
        loyalty_id: text(None),
        email: text(None),
        phone: text(None),
        payment_token: text(None),
        handle: text(None),
        first_name: text(None),
        last_name: text(None),
        birth_date: vec![None].into(),
        street: text(None),
        postal_code: text(None),
        city: text(None),
        country: text(None),
    };
    let views = Tables::default()
        .with(&party_reference::CONTRACT, vec![])
        .with(&identity_last_night::CONTRACT, vec![])
        .with(&linkage_model_last_night::CONTRACT, vec![])
        .with(&idip_schemas::identify::departed::departed_last_night::CONTRACT, vec![])
        .with(&idip_schemas::identify::departed::id_gone::CONTRACT, vec![])
        .with(&idip_schemas::source::erased_customer::CONTRACT, vec![])
        .with(&decided_pair::CONTRACT, vec![])
        .with(&party_identifier::CONTRACT, vec![record.into_batch().unwrap()]);
    let step = super::Identity { params: Params::default() };
    let error = step.run(&crate::testing::context(), &views).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 row(s) of `party_identifier` have a `party_ref` that `party_reference` lacks, expected none"
    );
}

/// Few values, so that they meet.
fn any_record() -> impl Strategy<Value = Record<'static>> {
    let one_of = |values: &'static [&'static str]| {
        prop::option::weighted(0.6, prop::sample::select(values.to_vec()))
    };
    (
        prop::sample::select(vec![
            "a",
            "b",
            "c",
            "d",
            "e",
            "f",
            "g",
            "h",
            "email:m@x.es",
            "phone:600123457",
        ]),
        one_of(&["L1", "l 1", "L2", "0000"]),
        one_of(&["m@x.es", "M@x.es", "n@x.es", "o@x.es", "noreply@x.es"]),
        one_of(&["600123457", "+34600123457", "611222333"]),
        one_of(&["Ana", "ana", "Luis", "A", "Ana María"]),
        one_of(&["Ruiz", "Gil"]),
    )
        .prop_map(|(party_ref, loyalty_id, email, phone, first_name, last_name)| Record {
            party_ref,
            // Cards would hide what the softer identifiers do.
            loyalty_id: loyalty_id.filter(|_| party_ref < "d"),
            email,
            phone,
            first_name,
            last_name,
            ..Record::default()
        })
}

fn records() -> impl Strategy<Value = Vec<Record<'static>>> {
    prop::collection::vec(any_record(), 0..14)
}

fn assert_same_bytes(a: &Night, b: &Night) {
    for contract in [
        &identity_map::CONTRACT,
        &customer_lineage::CONTRACT,
        &identifier_quarantine::CONTRACT,
        &identifier_holder::CONTRACT,
    ] {
        assert_eq!(a.tables.batch(contract).unwrap(), b.tables.batch(contract).unwrap());
    }
}

proptest! {
    #[test]
    fn the_order_of_rows_changes_nothing(
        (records, shuffled) in records().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
        before in records(),
        limit in 1_u32..4,
    ) {
        let params = Params { max_people_per_identifier: limit, ..spanish() };
        let last = night(&params, &before, &[("z", true)], None);
        let a = night(&params, &records, &[("a", true), ("y", false)], Some(&last));
        let b = night(&params, &shuffled, &[("y", false), ("a", true)], Some(&last));
        assert_same_bytes(&a, &b);
        prop_assert_eq!(a.golden(&params, &records), b.golden(&params, &shuffled));
    }

    #[test]
    fn an_unrelated_record_changes_no_other_id(records in records()) {
        let alone = tonight(&records, &[]);
        let stranger =
            Record { email: Some("stranger@x.es"), phone: Some("699999998"), ..person("0", "Zoe") };
        let mut more = records.clone();
        more.push(stranger);
        let mut beside = tonight(&more, &[("zz", true)]).map;
        beside.remove("0");
        beside.remove("zz");
        prop_assert_eq!(beside, alone.map);
    }

    #[test]
    fn the_same_feeds_give_the_same_ids_the_night_after(before in records(), records in records()) {
        let earlier = tonight(&before, &[]);
        let last = night(&spanish(), &records, &[], Some(&earlier));
        let again = night(&spanish(), &records, &[], Some(&last));
        prop_assert_eq!(again.lineage(), []);
        prop_assert_eq!(again.map, last.map);
    }

    #[test]
    fn every_id_of_last_night_is_in_force_or_its_end_is_told(before in records(), records in records()) {
        let last = tonight(&before, &[]);
        let now = night(&spanish(), &records, &[], Some(&last));
        let in_force: std::collections::BTreeSet<_> = now.map.values().collect();
        for old_id in last.map.values() {
            let ended = now.lineage().into_iter().any(|(old, _, event)| {
                old == *old_id && ["merge", "gone"].contains(&event.as_str())
            });
            prop_assert_ne!(in_force.contains(old_id), ended);
        }
    }

    #[test]
    fn no_address_or_telephone_ties_contradicting_names(records in records()) {
        let mut plain: Vec<_> = records.iter().map(|r| Record { loyalty_id: None, ..*r }).collect();
        plain.sort_by_key(|r| r.party_ref);
        plain.dedup_by_key(|r| r.party_ref);
        let night = tonight(&plain, &[]);
        let called = |name: &'static str| {
            plain.iter().filter(move |r| r.first_name.is_some_and(|n| n.eq_ignore_ascii_case(name)))
        };
        for ana in called("Ana") {
            for luis in called("Luis") {
                prop_assert!(!night.same(ana.party_ref, luis.party_ref));
            }
        }
    }
}

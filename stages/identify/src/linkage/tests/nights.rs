//! Two nights: whom something happened to is judged again, and nobody else.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::{Array, BooleanArray};
use idip_schemas::identify::{identity_map, reference_fingerprint};

use super::{Told, couples, params, tonight};
use crate::testing::{Night, Record, decided_night, night};
use crate::{LinkageMode, LinkageParams, Params};

fn records(told: &[Told]) -> Vec<Record<'_>> {
    told.iter().map(Told::record).collect()
}

/// The night as if these references had belonged to other customers.
fn with_customers(night: &Night, customer_of: &BTreeMap<&str, i64>) -> Night {
    let map = night.identity_map();
    let names = map.party_ref.iter().map(Option::unwrap);
    let ids = names.zip(map.customer_id.values());
    let columns = identity_map::Columns {
        customer_id: ids.map(|(name, id)| customer_of.get(name).copied().unwrap_or(*id)).collect(),
        is_buyer: BooleanArray::from(vec![false; map.party_ref.len()]),
        party_ref: map.party_ref.clone(),
    };
    let batch = columns.into_batch().unwrap();
    let tables = night.tables.clone().with(&identity_map::CONTRACT, vec![batch]);
    Night { tables, map: BTreeMap::new(), since: BTreeMap::new() }
}

/// References whose fingerprint is another one, or there on one side alone.
fn changed(one: &Night, other: &Night) -> BTreeSet<String> {
    let (one, other) = (one.fingerprints(), other.fingerprints());
    let names = one.keys().chain(other.keys());
    names.filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}

fn names(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_fingerprint_tells_of_records_decisions_and_settings_and_of_nothing_else() {
    let told = couples(150);
    let first = tonight(&told, &[("crm:unknown", true)], None);
    let fingerprints = first.fingerprints();
    assert_eq!(fingerprints.len(), 900, "a reference without a record has none");
    let distinct: BTreeSet<&i64> = fingerprints.values().collect();
    assert_eq!(distinct.len(), 900);

    // Another spelling, another order, settings of other steps.
    let mut spelled = told.clone();
    spelled[0].first_name = format!("Dña. {}", spelled[0].first_name.to_uppercase());
    spelled.rotate_left(77);
    let mut others = params();
    others.linkage.clerical_pairs = 0;
    others.golden.half_life_days.name += 1;
    let second = night(&others, &records(&spelled), &[], None);
    assert_eq!(changed(&first, &second), names(&[]));

    // A value, and a value of two records of one reference.
    let mut moved = told.clone();
    moved[3].street = "Plaza Mayor 1".to_owned();
    let second = tonight(&moved, &[], None);
    assert_eq!(changed(&first, &second), names(&["crm:0001-0"]));
    moved[3].party_ref = "crm:0001-1".to_owned();
    let third = tonight(&moved, &[], None);
    assert_eq!(changed(&first, &third), names(&["crm:0001-0", "crm:0001-1"]));

    // A decision that is in force.
    let decided = [
        ("crm:0002-0", "crm:0104-0", "must_link", None),
        ("crm:0003-0", "crm:nobody", "must_link", None),
        ("crm:0004-0", "crm:unknown", "cannot_link", None),
    ];
    let unknown = [("crm:unknown", true)];
    let second = decided_night(&params(), &records(&told), &unknown, &decided, None);
    let expected = names(&["crm:0002-0", "crm:0004-0", "crm:0104-0", "crm:unknown"]);
    assert_eq!(changed(&first, &second), expected);

    // A setting.
    let stricter = Params {
        linkage: LinkageParams { least_weight: 0.5, ..LinkageParams::default() },
        ..params()
    };
    assert_eq!(changed(&first, &night(&stricter, &records(&told), &[], None)).len(), 900);
    let blunt = Params {
        linkage: LinkageParams { mode: LinkageMode::Deterministic, ..LinkageParams::default() },
        ..params()
    };
    let blunt = night(&blunt, &records(&told), &[], None);
    assert_eq!(blunt.tables.rows(&reference_fingerprint::CONTRACT), 0);
}

#[test]
fn an_identifier_that_links_nobody_any_more_changes_all_that_hold_it() {
    let mut told = couples(150);
    let first = tonight(&told, &[], None);
    // The telephone of a couple is on the records of ten more people.
    let phone = told[7].phone.clone();
    for person in 4..14 {
        told[3 * person + 1].phone.clone_from(&phone);
    }
    let second = tonight(&told, &[], None);
    assert_eq!(second.quarantine().len(), 1);
    let holders: BTreeSet<String> = ["crm:0002-1", "crm:0002-2", "crm:0003-1", "crm:0003-2"]
        .into_iter()
        .map(str::to_owned)
        .chain((4..14).map(|person| format!("crm:{person:04}-1")))
        .collect();
    assert_eq!(changed(&first, &second), holders);
}

#[test]
fn who_did_not_change_stays_as_it_is_until_something_happens_to_a_record() {
    let told = couples(150);
    let first = tonight(&told, &[], None);
    // As if two strangers had been one customer, and one person two.
    let (one, two) = (first.map["crm:0002-0"], first.map["crm:0004-0"]);
    let was = BTreeMap::from([
        ("crm:0104-0", one),
        ("crm:0104-1", one),
        ("crm:0104-2", one),
        ("crm:0006-0", two + 1),
    ]);
    let last = with_customers(&first, &was);
    let same = tonight(&told, &[], Some(&last));
    assert!(same.same("crm:0002-0", "crm:0104-2") && !same.same("crm:0006-0", "crm:0006-1"));
    assert_eq!(same.lineage(), []);
    let mut turned = told.clone();
    turned.reverse();
    assert_eq!(tonight(&turned, &[], Some(&last)).map, same.map);

    // A record of either changes: the strangers are parted, the person is one again.
    let mut moved = told.clone();
    moved[7].email = Some("quite.another@x.es".to_owned());
    moved[18].phone = Some("699999999".to_owned());
    let mended = tonight(&moved, &[], Some(&last));
    assert!(!mended.same("crm:0002-0", "crm:0104-2") && mended.same("crm:0006-0", "crm:0006-1"));
    assert_eq!(mended.lineage().len(), 2, "a split and a merge: {:?}", mended.lineage());
    // A record goes.
    let mut fewer = told.clone();
    fewer.remove(7);
    let fewer = tonight(&fewer, &[], Some(&last));
    assert!(!fewer.same("crm:0002-0", "crm:0104-2") && !fewer.same("crm:0006-0", "crm:0006-1"));
    // A record comes between the two parts of the person.
    let mut more = told.clone();
    more.push(Told { party_ref: "crm:0006-3".to_owned(), ..told[18].clone() });
    let more = tonight(&more, &[], Some(&last));
    assert!(more.same("crm:0002-0", "crm:0104-2") && more.same("crm:0006-0", "crm:0006-1"));

    // Another setting, or a night of a program that kept no fingerprints: all are judged again.
    let mut other = params();
    other.linkage.least_weight = 0.01;
    let judged = night(&other, &records(&told), &[], Some(&last));
    let none = vec![reference_fingerprint::CONTRACT.empty()];
    let tables = last.tables.clone().with(&reference_fingerprint::CONTRACT, none);
    let older = Night { tables, map: BTreeMap::new(), since: BTreeMap::new() };
    let older = tonight(&told, &[], Some(&older));
    for again in [judged, older] {
        assert!(!again.same("crm:0002-0", "crm:0104-2") && again.same("crm:0006-0", "crm:0006-1"));
    }
}

#[test]
fn a_decision_that_is_taken_back_lets_records_speak_again() {
    let told = couples(150);
    let decided = [
        ("crm:0000-0", "crm:0000-1", "cannot_link", None),
        ("crm:0002-0", "crm:0104-0", "must_link", None),
    ];
    let first = decided_night(&params(), &records(&told), &[], &decided, None);
    assert!(!first.same("crm:0000-0", "crm:0000-1") && first.same("crm:0002-0", "crm:0104-0"));
    let still = decided_night(&params(), &records(&told), &[], &decided, Some(&first));
    assert_eq!((still.lineage(), &still.map), (vec![], &first.map));
    let second = tonight(&told, &[], Some(&first));
    assert!(second.same("crm:0000-0", "crm:0000-1") && !second.same("crm:0002-0", "crm:0104-0"));
    assert_eq!(second.n_customers(), 300);
}

#[test]
fn a_bare_reference_stays_with_its_customer_until_something_happens_to_it() {
    let mut told = couples(150);
    // One has a telephone to herself, and a record with nothing else.
    told[1].phone = Some("699123456".to_owned());
    let bare = [("phone:699123456", true)];
    let first = tonight(&told, &bare, None);
    assert!(first.same("phone:699123456", "crm:0000-1"));
    // Somebody else comes to have it, too.
    told[301].phone = told[1].phone.clone();
    let second = tonight(&told, &bare, Some(&first));
    assert!(second.same("phone:699123456", "crm:0000-1"));
    assert_eq!(second.lineage(), []);
    assert_eq!(second.holders(), [("phone:699123456".to_owned(), second.map["crm:0100-1"])]);
    // A record of hers changes: nobody knows any more whose it is.
    told[2].street = "Plaza Mayor 1".to_owned();
    let third = tonight(&told, &bare, Some(&second));
    assert!(!third.same("phone:699123456", "crm:0000-1"));
    assert_eq!(third.lineage().len(), 1, "{:?}", third.lineage());
    assert!(!tonight(&told, &bare, None).same("phone:699123456", "crm:0000-1"));
}

//! Decisions of people on small nights, where identifiers decide the rest.

use std::collections::BTreeMap;

use idip_schemas::identify::quality::link_decision_outcome;
use proptest::prelude::*;

use crate::testing::{Decided, Night, Record, decided_night, person};
use crate::{Params, normalise::Kind};

const MUST: &str = "must_link";
const CANNOT: &str = "cannot_link";

fn tonight(records: &[Record<'_>], decided: &[Decided<'_>]) -> Night {
    decided_night(&Params::default(), records, &[], decided, None)
}

/// Outcome and whether both are one customer, by pair and decision.
fn outcomes(night: &Night) -> BTreeMap<(String, String, String), (String, Option<bool>)> {
    let batch = night.tables.batch(&link_decision_outcome::CONTRACT).unwrap();
    let rows = link_decision_outcome::Columns::parse(&batch).unwrap();
    let text = |value: &str| value.to_owned();
    (0..batch.num_rows())
        .map(|row| {
            let pair = (text(rows.party_ref.value(row)), text(rows.other_ref.value(row)));
            let key = (pair.0, pair.1, text(rows.decision.value(row)));
            (key, (text(rows.outcome.value(row)), rows.is_linked.iter().nth(row).flatten()))
        })
        .collect()
}

fn outcome(night: &Night, a: &str, b: &str, decision: &str) -> (String, Option<bool>) {
    outcomes(night)[&(a.to_owned(), b.to_owned(), decision.to_owned())].clone()
}

fn told(outcome: &str, is_linked: bool) -> (String, Option<bool>) {
    (outcome.to_owned(), Some(is_linked))
}

#[test]
fn a_decision_unites_strangers_and_parts_holders_of_one_card() {
    let card = Record { loyalty_id: Some("L0001"), ..person("crm:1", "Ana") };
    let same_card = Record { party_ref: "crm:2", ..card };
    let third = Record { party_ref: "crm:3", ..card };
    let records = [card, same_card, third, person("crm:4", "Luis"), person("crm:5", "Eva")];
    let found = tonight(
        &records,
        &[("crm:1", "crm:2", CANNOT, None), ("crm:4", "crm:5", MUST, Some(19_000))],
    );
    assert!(!found.same("crm:1", "crm:2") && found.same("crm:4", "crm:5"));
    // Nobody knows to which of the two the third record belongs.
    assert!(!found.same("crm:3", "crm:1") && !found.same("crm:3", "crm:2"));
    assert_eq!(outcome(&found, "crm:1", "crm:2", CANNOT), told("followed", false));
    assert_eq!(outcome(&found, "crm:4", "crm:5", MUST), told("followed", true));
}

#[test]
fn a_chain_that_would_unite_what_is_apart_is_broken_at_its_oldest_link_and_told() {
    let records = [person("a", "Ana"), person("b", "Ana"), person("c", "Ana")];
    let decided = [
        ("a", "b", MUST, Some(19_000)),
        ("b", "c", MUST, Some(19_500)),
        ("a", "c", CANNOT, Some(18_000)),
    ];
    let found = tonight(&records, &decided);
    assert!(found.same("b", "c") && !found.same("a", "b"));
    assert_eq!(outcome(&found, "a", "b", MUST), told("contradicted", false));
    assert_eq!(outcome(&found, "b", "c", MUST), told("followed", true));
    assert_eq!(outcome(&found, "a", "c", CANNOT), told("followed", false));
    let undated = decided.map(|(a, b, decision, _)| (a, b, decision, None));
    let found = tonight(&records, &undated);
    assert!(found.same("a", "b") && !found.same("b", "c"), "in the order of the references");
}

#[test]
fn the_later_of_two_decisions_on_a_pair_counts_and_on_a_tie_the_one_that_keeps_apart() {
    let records = [person("a", "Ana"), person("b", "Eva"), person("c", "Luis"), person("d", "Zoe")];
    let found = tonight(
        &records,
        &[
            ("a", "b", MUST, Some(19_001)),
            ("a", "b", CANNOT, Some(19_000)),
            ("c", "d", MUST, Some(19_000)),
            ("c", "d", CANNOT, Some(19_000)),
        ],
    );
    assert!(found.same("a", "b") && !found.same("c", "d"));
    assert_eq!(outcome(&found, "a", "b", CANNOT), told("superseded", true));
    assert_eq!(outcome(&found, "c", "d", MUST), told("superseded", false));
}

#[test]
fn decisions_about_nobody_and_about_one_reference_are_told() {
    let records = [person("a", "Ana")];
    let found = tonight(&records, &[("a", "z", MUST, None), ("a", "a", CANNOT, None)]);
    let unknown = ("unknown_reference".to_owned(), None);
    assert_eq!(outcome(&found, "a", "z", MUST), unknown);
    assert_eq!(outcome(&found, "a", "a", CANNOT), told("same_reference", true));
}

#[test]
fn an_authoritative_identifier_gives_way_to_a_decision() {
    let login = Record { email: Some("ana@example.org"), ..person("a", "Ana") };
    let records = [login, Record { party_ref: "b", ..login }];
    let mut params = Params::default();
    params.linkage.authoritative = vec![Kind::Email];
    let night = |decided: &[Decided<'_>]| decided_night(&params, &records, &[], decided, None);
    assert!(night(&[]).same("a", "b"));
    assert!(!night(&[("a", "b", CANNOT, None)]).same("a", "b"));
}

proptest! {
    #[test]
    fn what_is_followed_holds_whatever_the_records_say_and_in_any_order(
        cards in prop::collection::vec(0_usize..4, 12),
        decided in prop::collection::btree_set((0_usize..12, 0_usize..12, any::<bool>()), 0..14),
        days in prop::collection::vec(prop::option::of(18_000..18_003), 14),
    ) {
        let refs: Vec<String> = (0..12).map(|n| format!("crm:{n:02}")).collect();
        let names: Vec<String> = cards.iter().map(|card| format!("L000{card}")).collect();
        let records: Vec<Record<'_>> = refs
            .iter()
            .zip(&names)
            .map(|(party_ref, card)| Record { party_ref, loyalty_id: Some(card), ..Record::default() })
            .collect();
        let mut decided: Vec<Decided<'_>> = decided
            .iter()
            .filter(|(a, b, _)| a < b)
            .zip(&days)
            .map(|(&(a, b, must), &day)| {
                (refs[a].as_str(), refs[b].as_str(), if must { MUST } else { CANNOT }, day)
            })
            .collect();
        let found = tonight(&records, &decided);
        prop_assert_eq!(outcomes(&found).len(), decided.len());
        for ((_, _, decision), (outcome, is_linked)) in outcomes(&found) {
            if outcome == "followed" {
                prop_assert_eq!(is_linked, Some(decision == MUST));
            } else {
                prop_assert!(outcome == "superseded" || outcome == "contradicted" && decision == MUST);
            }
        }
        decided.reverse();
        let mut turned = records;
        turned.reverse();
        prop_assert_eq!(tonight(&turned, &decided).map, found.map);
    }
}

//! Nights with enough records to compare them by everything they say.

mod nights;

use std::collections::BTreeMap;

use idip_schemas::identify::quality::{
    clerical_pair, clerical_part, customer_review, match_weight_bin,
};
use idip_schemas::identify::{household, linkage_model, linkage_quality, match_weight};

use crate::testing::{Night, Record, decided_night, night};
use crate::{LinkageMode, LinkageParams, Params};

/// Texts of a record, owned.
#[derive(Debug, Clone, Default)]
struct Told {
    party_ref: String,
    first_name: String,
    last_name: String,
    email: Option<String>,
    phone: Option<String>,
    loyalty_id: Option<String>,
    street: String,
    postal_code: String,
    birth_date: Option<i32>,
    person: usize,
}

impl Told {
    fn record(&self) -> Record<'_> {
        Record {
            party_ref: &self.party_ref,
            first_name: Some(&self.first_name),
            last_name: Some(&self.last_name),
            email: self.email.as_deref(),
            phone: self.phone.as_deref(),
            loyalty_id: self.loyalty_id.as_deref(),
            street: Some(&self.street),
            postal_code: Some(&self.postal_code),
            birth_date: self.birth_date,
            ..Record::default()
        }
    }
}

/// Couples: one address, one telephone and one loyalty card for two people with three records each.
fn couples(n: usize) -> Vec<Told> {
    let syllables = ["ba", "lo", "mi", "ne", "ru", "sa", "ti", "vo", "za", "que"];
    let word = |mut n: usize, length: usize| -> String {
        let mut word = String::new();
        for _ in 0..length {
            word.push_str(syllables[n % 10]);
            n /= 10;
        }
        word
    };
    let mut told = Vec::new();
    for couple in 0..n {
        let last_name = word(couple * 7_919 + 13, 3);
        for member in 0..2 {
            let person = 2 * couple + member;
            let first_name = word(person * 104_729 / 7 + 31, 2);
            for copy in 0..3 {
                told.push(Told {
                    party_ref: format!("crm:{person:04}-{copy}"),
                    first_name: first_name.clone(),
                    last_name: last_name.clone(),
                    email: (copy != 1).then(|| format!("{first_name}{person}@x.es")),
                    phone: (copy != 0).then(|| format!("600{couple:06}")),
                    loyalty_id: (copy == 2).then(|| format!("L{couple:07}")),
                    street: format!("Calle {} {}", word(couple * 31 + 7, 3), couple % 80 + 1),
                    postal_code: format!("{:05}", 10_000 + couple * 37 % 900),
                    birth_date: (copy != 2).then_some((person * 7_907 % 15_000) as i32),
                    person,
                });
            }
        }
    }
    told
}

fn params() -> Params {
    Params { default_calling_code: Some("34".to_owned()), ..Params::default() }
}

fn tonight(told: &[Told], others: &[(&str, bool)], last: Option<&Night>) -> Night {
    let records: Vec<Record<'_>> = told.iter().map(Told::record).collect();
    night(&params(), &records, others, last)
}

#[test]
fn couples_who_share_telephone_address_and_card_are_two_people_and_one_household() {
    let told = couples(150);
    let found = tonight(&told, &[], None);
    let wrong = told
        .iter()
        .zip(told.iter().skip(1))
        .filter(|(a, b)| found.same(&a.party_ref, &b.party_ref) != (a.person == b.person));
    assert_eq!(wrong.count(), 0);
    assert_eq!(found.n_customers(), 300);

    let batch = found.tables.batch(&household::CONTRACT).unwrap();
    let homes = household::Columns::parse(&batch).unwrap();
    assert!(batch.num_rows() > 280, "{}", batch.num_rows());
    assert!(homes.n_customers.values().iter().all(|&n| n == 2));

    let by_identifier = Params {
        linkage: LinkageParams { mode: LinkageMode::Deterministic, ..LinkageParams::default() },
        ..params()
    };
    let records: Vec<Record<'_>> = told.iter().map(Told::record).collect();
    let blunt = night(&by_identifier, &records, &[], None);
    assert!(blunt.same("crm:0000-2", "crm:0001-2"), "the card decides");
}

#[test]
fn a_bare_reference_follows_the_one_person_that_holds_the_identifier() {
    let told = couples(150);
    let email = told[0].email.clone().map(|email| format!("email:{email}")).unwrap();
    let others = [(email.as_str(), true), ("loyalty:L0000000", true), ("crm:unknown", true)];
    let found = tonight(&told, &others, None);
    assert!(found.same(&email, "crm:0000-0"));
    // The card is on records of both of a couple: nobody knows whose it is, and both are told.
    assert!(!found.same("loyalty:L0000000", "crm:0000-2"));
    let held = found.holders();
    assert_eq!(held.iter().filter(|(name, _)| name == "loyalty:L0000000").count(), 2);
}

#[test]
fn every_weight_is_the_sum_of_its_parts() {
    let found = tonight(&couples(150), &[], None);
    let batch = found.tables.batch(&match_weight::CONTRACT).unwrap();
    let rows = match_weight::Columns::parse(&batch).unwrap();
    assert!(batch.num_rows() >= 900, "three pairs a person: {}", batch.num_rows());
    let parts = [
        &rows.prior_bits,
        &rows.name_bits,
        &rows.birth_date_bits,
        &rows.email_bits,
        &rows.phone_bits,
        &rows.address_bits,
        &rows.loyalty_id_bits,
        &rows.payment_token_bits,
        &rows.handle_bits,
        &rows.household_bits,
    ];
    let told = [
        (&rows.name_bits, &rows.name_level),
        (&rows.birth_date_bits, &rows.birth_date_level),
        (&rows.email_bits, &rows.email_level),
        (&rows.phone_bits, &rows.phone_level),
        (&rows.address_bits, &rows.address_level),
        (&rows.loyalty_id_bits, &rows.loyalty_id_level),
        (&rows.payment_token_bits, &rows.payment_token_level),
        (&rows.handle_bits, &rows.handle_level),
    ];
    for (bits, level) in told {
        let (bits, level) = (bits.iter().map(|b| b.is_some()), level.iter().map(|l| l.is_some()));
        assert!(bits.eq(level), "a level wherever there are bits");
    }
    // Copies 0 and 1 of a person: names, birth date and address are equal, e-mail or telephone missing.
    let place = rows.party_ref.iter().zip(&rows.other_ref);
    let place = place.into_iter().position(|pair| pair == (Some("crm:0000-0"), Some("crm:0000-1")));
    let place = place.unwrap();
    assert_eq!(rows.name_level.value(place), "both names equal");
    assert_eq!(rows.birth_date_level.value(place), "day of birth equal");
    assert_eq!(rows.address_level.value(place), "postal code and street equal");
    assert!(rows.email_level.iter().nth(place).flatten().is_none());
    for row in 0..batch.num_rows() {
        let sum: f64 = parts.iter().filter_map(|part| part.iter().nth(row).flatten()).sum();
        assert!((sum - rows.weight.value(row)).abs() < 1e-9);
        assert_eq!(
            rows.is_linked.value(row),
            found.same(rows.party_ref.value(row), rows.other_ref.value(row))
        );
    }
}

#[test]
fn the_order_of_rows_changes_nothing_and_the_model_stays_in_force() {
    let told = couples(150);
    let first = tonight(&told, &[], None);
    let mut turned = told.clone();
    turned.reverse();
    turned.rotate_left(77);
    let again = tonight(&turned, &[], None);
    for contract in super::LinkageTables::contracts() {
        assert_eq!(first.tables.batch(contract).unwrap(), again.tables.batch(contract).unwrap());
    }
    assert_eq!(first.map, again.map);

    // A few new records: the model of last night is not trained again, and no id moves.
    let mut more = told;
    let stranger = Told {
        party_ref: "crm:9999".to_owned(),
        first_name: "zoe".to_owned(),
        last_name: "stranger".to_owned(),
        postal_code: "99999".to_owned(),
        street: "Plaza 1".to_owned(),
        ..Told::default()
    };
    more.push(stranger);
    let second = tonight(&more, &[], Some(&first));
    let model = |night: &Night| night.tables.batch(&linkage_model::CONTRACT).unwrap();
    assert_eq!(model(&first), model(&second));
    assert_eq!(second.lineage(), []);
    let mut map = second.map;
    map.remove("crm:9999");
    assert_eq!(map, first.map);
}

#[test]
fn the_quality_of_a_night_is_told() {
    let found = tonight(&couples(150), &[], None);
    let batch = found.tables.batch(&linkage_quality::CONTRACT).unwrap();
    let rows = linkage_quality::Columns::parse(&batch).unwrap();
    let of = |metric: &str| {
        let place = rows.metric.iter().position(|name| name == Some(metric)).unwrap();
        rows.value.iter().nth(place).flatten()
    };
    assert_eq!((of("records"), of("people")), (Some(900.0), Some(300.0)));
    assert!(of("expected_precision").unwrap() > 0.95);
    assert!(of("blocking_recall").unwrap() > 0.95);
}

#[test]
fn decisions_win_over_every_weight() {
    let told = couples(150);
    let records: Vec<Record<'_>> = told.iter().map(Told::record).collect();
    // Three records of one person, of which one is said to be somebody else; two strangers said to be one;
    // and a reference without a record.
    let decided = [
        ("crm:0000-0", "crm:0000-1", "cannot_link", None),
        ("crm:0002-0", "crm:0104-0", "must_link", None),
        ("crm:0003-0", "crm:unknown", "must_link", None),
    ];
    let others = [("crm:unknown", true)];
    let found = decided_night(&params(), &records, &others, &decided, None);
    assert!(!found.same("crm:0000-0", "crm:0000-1"));
    assert!(found.same("crm:0002-0", "crm:0104-0"));
    assert!(found.same("crm:0002-2", "crm:0104-1"), "with all their records");
    assert!(found.same("crm:0003-2", "crm:unknown"));
    // 300 people: one in two parts, two in one.
    assert_eq!(found.n_customers(), 300);
}

#[test]
fn the_clerical_sample_is_around_the_threshold_and_its_parts_sum_to_the_weight() {
    let told = couples(150);
    let records: Vec<Record<'_>> = told.iter().map(Told::record).collect();
    // These people are told apart so clearly that no pair is near even odds: take the median as threshold.
    let weights = tonight(&told, &[], None).tables.batch(&match_weight::CONTRACT).unwrap();
    let mut weights = match_weight::Columns::parse(&weights).unwrap().weight.values().to_vec();
    weights.sort_by(f64::total_cmp);
    let threshold = weights[weights.len() / 2];
    let mut params = params();
    params.linkage.least_weight = threshold;
    let found = night(&params, &records, &[], None);
    let batch = found.tables.batch(&clerical_pair::CONTRACT).unwrap();
    let pairs = clerical_pair::Columns::parse(&batch).unwrap();
    let parts = found.tables.batch(&clerical_part::CONTRACT).unwrap();
    let parts = clerical_part::Columns::parse(&parts).unwrap();
    let mut sums: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    for (place, bits) in parts.bits.values().iter().enumerate() {
        *sums.entry((parts.party_ref.value(place), parts.other_ref.value(place))).or_default() +=
            bits;
    }
    assert_eq!(sums.len(), batch.num_rows());
    let (mut n_near, mut n_large) = (0, 0);
    for row in 0..batch.num_rows() {
        let (a, b) = (pairs.party_ref.value(row), pairs.other_ref.value(row));
        let weight = pairs.weight.value(row);
        assert!((sums[&(a, b)] - weight).abs() < 1e-9);
        assert_eq!(pairs.is_linked.value(row), found.same(a, b));
        if pairs.is_near_threshold.value(row) {
            n_near += 1;
            assert!((weight - threshold).abs() <= 3.0 + 1e-6, "{weight}");
        }
        n_large += usize::from(pairs.is_in_large_customer.value(row));
    }
    // At most 50 customers of three records, tied by two pairs each.
    assert!((1..=100).contains(&n_large), "{n_large}");
    assert!((1..=100).contains(&n_near), "{n_near}");
}

#[test]
fn large_customers_and_those_that_broke_a_guard_are_for_review() {
    let mut told = couples(150);
    // Every fourth person has two addresses to write to, one has five: six records in all.
    for other in told.iter_mut().filter(|it| it.person % 4 == 3 && it.party_ref.ends_with("-2")) {
        other.email = Some(format!("other.{}@y.es", other.person));
    }
    for copy in 3..6 {
        let mut record = told[0].clone();
        record.party_ref = format!("crm:0000-{copy}");
        record.email = Some(format!("quite.another{copy}{copy}@x.es"));
        told.push(record);
    }
    let mut params = params();
    params.linkage.guards.email = 2;
    params.linkage.clerical_customers = 1;
    let records: Vec<Record<'_>> = told.iter().map(Told::record).collect();
    let found = night(&params, &records, &[], None);
    let batch = found.tables.batch(&customer_review::CONTRACT).unwrap();
    let rows = customer_review::Columns::parse(&batch).unwrap();
    let reasons: Vec<(i64, &str)> =
        rows.customer_id.values().iter().copied().zip(rows.reason.iter().flatten()).collect();
    assert_eq!(reasons.iter().filter(|(_, reason)| *reason == "large").count(), 1, "{reasons:?}");
    assert!(reasons.contains(&(found.map["crm:0000-3"], "email")), "{reasons:?}");
}

#[test]
fn pairs_are_counted_by_weight() {
    let found = tonight(&couples(150), &[], None);
    let batch = found.tables.batch(&match_weight_bin::CONTRACT).unwrap();
    let bins = match_weight_bin::Columns::parse(&batch).unwrap();
    let linked: i64 = bins.n_linked.iter().flatten().sum();
    assert_eq!(linked, 900, "three pairs for each of 300 people");
    let at_least_0: i64 = (0..batch.num_rows())
        .filter(|&row| bins.from_bits.value(row) >= 0)
        .map(|row| bins.n_pairs.value(row))
        .sum();
    let batch = found.tables.batch(&linkage_quality::CONTRACT).unwrap();
    let rows = linkage_quality::Columns::parse(&batch).unwrap();
    let place = rows.metric.iter().position(|name| name == Some("linked_pairs")).unwrap();
    assert!((at_least_0 as f64 - rows.value.value(place)).abs() < 0.5);
}

#[test]
fn a_table_without_persons_costs_nothing() {
    let told = couples(20);
    let found = tonight(&told, &[], None);
    assert_eq!(found.tables.rows(&linkage_model::CONTRACT), 0, "too few to learn from");
    assert_eq!(found.tables.rows(&match_weight::CONTRACT), 0);
}

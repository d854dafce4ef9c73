use std::collections::BTreeMap;

use arrow_array::{BooleanArray, Float64Array, RecordBatch, StringArray};
use idip_schemas::identify::match_weight;

use super::Evidence;
use crate::Language;
use crate::language::Words;

/// Two pairs: -10 + 12.5 - 1.25 + 3 - 0.25 = 4 bits, and -10 + 8 = -2 bits.
fn weights() -> RecordBatch {
    let none = || Float64Array::from(vec![None, None]);
    let unsaid = || StringArray::from(vec![None::<&str>, None]);
    match_weight::Columns {
        party_ref: StringArray::from(vec!["crm:1", "crm:1"]),
        other_ref: StringArray::from(vec!["web:2", "web:9"]),
        is_linked: BooleanArray::from(vec![true, false]),
        weight: vec![4.0, -2.0].into(),
        probability: vec![16.0 / 17.0, 0.2].into(),
        prior_bits: vec![-10.0, -10.0].into(),
        name_bits: vec![12.5, 8.0].into(),
        name_level: StringArray::from(vec!["both names equal", "family name equal"]),
        birth_date_bits: none(),
        birth_date_level: unsaid(),
        email_bits: Float64Array::from(vec![Some(-1.25), None]),
        email_level: StringArray::from(vec![Some("e-mails differ"), None]),
        phone_bits: none(),
        phone_level: unsaid(),
        address_bits: Float64Array::from(vec![Some(3.0), None]),
        address_level: StringArray::from(vec![Some("street equal; town equal"), None]),
        loyalty_id_bits: none(),
        loyalty_id_level: unsaid(),
        payment_token_bits: none(),
        payment_token_level: unsaid(),
        handle_bits: none(),
        handle_level: unsaid(),
        household_bits: Float64Array::from(vec![Some(-0.25), None]),
    }
    .into_batch()
    .unwrap()
}

fn evidence() -> Evidence {
    let customer_of = [("crm:1", 7), ("email:ana@example.org", 7), ("web:2", 7), ("web:9", 8)];
    let customer_of: BTreeMap<String, i64> =
        customer_of.into_iter().map(|(name, id)| (name.to_owned(), id)).collect();
    Evidence::new(7, 0.0, &customer_of, &BTreeMap::new(), &weights()).unwrap()
}

#[test]
fn the_verdict_tells_what_decided() {
    let verdict = |customers: &[(&str, i64)], threshold: f64, decided: &[(&str, &str, bool)]| {
        let customer_of = customers.iter().map(|(name, id)| ((*name).to_owned(), *id)).collect();
        let decided = decided
            .iter()
            .map(|(a, b, is_one)| (((*a).to_owned(), (*b).to_owned()), *is_one))
            .collect();
        let evidence = Evidence::new(7, threshold, &customer_of, &decided, &weights()).unwrap();
        evidence.pairs[0].heading(&evidence, &Words::new(Language::English, ""))
    };
    let two = [("crm:1", 7), ("web:2", 7)];
    let three = [("crm:1", 7), ("web:2", 7), ("web:3", 7)];
    // The pair weighs 4 bits.
    assert!(verdict(&two, 0.0, &[]).ends_with(": one customer"));
    assert!(verdict(&two, 4.5, &[]).ends_with(": one customer, as last night"));
    assert!(
        verdict(&three, 4.5, &[])
            .ends_with(": one customer, through its other records or as last night")
    );
    let decided = [("crm:1", "web:2", true)];
    assert!(verdict(&three, 4.5, &decided).ends_with(": one customer, as a person decided"));
}

#[test]
fn the_steps_end_at_the_weight() {
    for pair in evidence().pairs {
        let sum: f64 = pair.steps.iter().map(|step| step.bits).sum();
        assert!((sum - pair.weight).abs() < 1e-12);
        assert_eq!(pair.steps.last().map(|step| step.total), Some(pair.weight));
    }
}

#[test]
fn the_references_are_numbered_and_no_identifier_is_told() {
    let evidence = evidence();
    let references: Vec<_> = evidence.references.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(references, ["crm:1", "email:…", "web:2", "web:9"]);
    let pairs: Vec<_> =
        evidence.pairs.iter().map(|it| (it.reference, it.other_reference)).collect();
    assert_eq!(pairs, [(1, 3), (1, 4)], "heaviest first");
    let json = serde_json::to_string(&evidence).unwrap();
    for told in [evidence.text(Language::English), evidence.svg(Language::Spanish), json] {
        assert!(!told.contains("ana"), "{told}");
    }
    assert_eq!(super::told("ana@example.org"), "…@…");
}

#[test]
fn a_waterfall_is_drawn_in_text() {
    let text = evidence().text(Language::English);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..8],
        [
            "  why its records are one customer",
            "      1  crm:1",
            "      2  email:…  no pair of its own: joined by an identifier",
            "      3  web:2",
            "      4  web:9  of customer 8",
            "  a pair speaks for one person from 0.00 bits (│)",
            "",
            "  1 and 3: 4.00 bits, probability 0.9412: one customer",
        ]
    );
    // 40 characters reach from -10 to 4.25 bits: 0 is at 28.1, 2.5 at 35.1, 1.25 at 31.6, 4 at 39.3.
    let line = |label: &str, bits: &str, bar: &[(char, usize)], note: &str| {
        let bar: String = bar.iter().flat_map(|(c, n)| std::iter::repeat_n(*c, *n)).collect();
        format!("    {label:<9}  {bits:>6}  {bar}  {note}")
    };
    let expected = [
        line(
            "start",
            "−10.00",
            &[('▒', 28), ('│', 1), (' ', 11)],
            "so rare are pairs of one person",
        ),
        line("name", "+12.50", &[('█', 35), (' ', 5)], "both names equal"),
        line(
            "e-mail",
            "−1.25",
            &[(' ', 28), ('│', 1), (' ', 3), ('▒', 3), (' ', 5)],
            "e-mails differ",
        ),
        line(
            "address",
            "+3.00",
            &[(' ', 28), ('│', 1), (' ', 3), ('█', 8)],
            "street equal; town equal",
        ),
        line(
            "household",
            "−0.25",
            &[(' ', 28), ('│', 1), (' ', 10), ('▒', 1)],
            "what two people of one household would show too",
        ),
        line("weight", "+4.00", &[(' ', 28), ('█', 11), (' ', 1)], "probability 0.9412"),
    ];
    assert_eq!(lines[8..14], expected);
    assert_eq!(lines[15], "  1 and 4: −2.00 bits, probability 0.2000: two customers");

    let spanish = evidence().text(Language::Spanish);
    assert!(spanish.contains("ambos nombres iguales"), "{spanish}");
    assert!(spanish.contains("−1,25"), "{spanish}");
}

#[test]
fn a_drawing_has_a_bar_for_each_step_and_the_total() {
    let evidence = evidence();
    let svg = evidence.svg(Language::English);
    let n_bars: usize = evidence.pairs.iter().map(|pair| pair.steps.len() + 1).sum();
    assert_eq!(svg.matches("<rect class=").count(), n_bars);
    for step in evidence.pairs.iter().flat_map(|pair| &pair.steps) {
        let bits = format!("{:+.2}", step.bits).replace('-', "−");
        assert!(svg.contains(&format!(">{bits}<")), "{bits}");
    }
    assert!(svg.starts_with("<svg xmlns=") && !svg.contains("href"), "it needs nothing else");
}

#[test]
fn of_hundreds_of_pairs_the_heaviest_are_drawn_and_the_others_counted() {
    let mut many = evidence();
    assert!(!many.text(Language::English).contains("lighter"));
    let pair = many.pairs[1].clone();
    many.pairs.resize(10 + 23, pair);
    let text = many.text(Language::English);
    assert_eq!(text.matches("probability 0.2000:").count(), 9);
    assert!(text.ends_with("not drawn here: 23 (`--svg FILE` draws them all)\n"), "{text}");
}

#[test]
fn what_people_decided_is_told_where_nothing_was_weighed() {
    let customers = [("crm:1", 7), ("web:2", 7), ("web:4", 7), ("web:9", 8)];
    let customer_of = customers.iter().map(|(name, id)| ((*name).to_owned(), *id)).collect();
    let pair = |a: &str, b: &str, is_one| ((a.to_owned(), b.to_owned()), is_one);
    let decided = [pair("web:2", "web:4", true), pair("crm:1", "web:9", false)].into();
    let told = Evidence::new(7, 0.0, &customer_of, &decided, &weights()).unwrap();
    assert_eq!(told.pairs[1].decision, Some("cannot_link"));
    let line = "2 and 3: one customer, as a person decided";
    assert_eq!(told.decisions.len(), 1);
    for drawn in [told.text(Language::English), told.svg(Language::English)] {
        assert!(drawn.contains(line) && !drawn.contains("joined by an identifier"), "{drawn}");
    }
}

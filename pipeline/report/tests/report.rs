//! What the report promises: every number twice, nobody told apart, no script, equal bytes.

#![expect(
    clippy::expect_used,
    clippy::type_complexity,
    reason = "helpers of tests may fail as tests do"
)]

use std::collections::BTreeSet;

use arrow_array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray};
use idip_report::{Language, NightFacts, Params, Report, render};
use idip_schemas::TableContract;
use idip_schemas::differentiate::value_need_cell;
use idip_schemas::interact::contact_summary;
use idip_schemas::measure::campaign_lift;
use idip_schemas::personalize::offer_use;
use idip_schemas::source::reconciliation;
use idip_stage::Tables;
use serde_json::Value;
use std::sync::Arc;

#[path = "../examples/sample_night/tables/mod.rs"]
mod sample;

const LANGUAGES: [Language; 2] = [Language::English, Language::Spanish];

fn report() -> Report {
    Report::new(&sample::night(), &sample::facts(), &Params::default()).expect("a report")
}

fn json(report: &Report) -> Value {
    serde_json::from_str(&report.json().expect("json")).expect("is JSON")
}

/// The text of a page, without tags and styles.
fn text_of(html: &str) -> String {
    let body = html.split_once("</style>").expect("has a style").1;
    let mut text = String::new();
    let mut in_tag = false;
    for c in body.chars() {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                text.push(' ');
            }
            c if !in_tag => text.push(c),
            _ => {}
        }
    }
    text
}

/// Digits with points and commas between them.
fn numbers_of(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let is_digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    let mut numbers = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        if !is_digit(i) {
            i += 1;
            continue;
        }
        let start = i;
        while is_digit(i) || (matches!(chars.get(i), Some('.' | ',')) && is_digit(i + 1)) {
            i += 1;
        }
        numbers.push(chars[start..i].iter().collect());
    }
    numbers
}

/// Every way in which a page may write a number of the JSON file.
fn written(value: &Value, language: Language, all: &mut BTreeSet<String>) {
    match value {
        Value::Number(number) => {
            let number = number.as_f64().expect("is a number").abs();
            for scaled in [number, number * 100.0] {
                all.extend((0..=3).map(|decimals| grouped(scaled, decimals, language)));
            }
        }
        Value::String(text) => all.extend(numbers_of(text)),
        Value::Array(values) => values.iter().for_each(|value| written(value, language, all)),
        Value::Object(values) => values.values().for_each(|value| written(value, language, all)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn grouped(value: f64, decimals: usize, language: Language) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let groups: Vec<&str> = whole
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).expect("digits"))
        .collect();
    let (thousands, point) = if language == Language::English { (",", ".") } else { (".", ",") };
    let whole = groups.join(thousands);
    if fraction.is_empty() { whole } else { format!("{whole}{point}{fraction}") }
}

/// Numbers of a page that are neither in the JSON nor part of the page's own words.
fn foreign_numbers(html: &str, json: &Value, language: Language) -> Vec<String> {
    let mut known: BTreeSet<String> = (1..=13).map(|section| section.to_string()).collect();
    known.extend(numbers_of(include_str!("../src/language/dictionary.tsv")));
    written(json, language, &mut known);
    numbers_of(&text_of(html)).into_iter().filter(|number| !known.contains(number)).collect()
}

#[test]
fn every_number_of_the_page_is_in_the_json() {
    let report = report();
    let json = json(&report);
    for language in LANGUAGES {
        let html = report.html(language);
        assert!(numbers_of(&text_of(&html)).len() > 500);
        assert_eq!(foreign_numbers(&html, &json, language), Vec::<String>::new());
        let other = html.replace("974", "973");
        assert_ne!(foreign_numbers(&other, &json, language), Vec::<String>::new());
    }
}

#[test]
fn the_page_asks_for_nothing_and_runs_nothing() {
    for language in LANGUAGES {
        let html = report().html(language);
        assert!(html.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
        for foreign in [
            "<script",
            "<link",
            "<img",
            "<iframe",
            "src=",
            "url(",
            "@import",
            "http:",
            "https:",
            "javascript:",
            " onload",
            " onclick",
        ] {
            assert!(!html.contains(foreign), "{foreign}");
        }
    }
}

#[test]
fn every_link_of_the_contents_has_its_section() {
    let html = report().html(Language::English);
    let links: Vec<&str> =
        html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(links.len(), 14, "the contents and the skip link");
    for link in links {
        assert_eq!(html.matches(&format!("<section id=\"{link}\"")).count(), 1, "{link}");
    }
}

#[test]
fn words_of_the_data_cannot_become_part_of_the_page() {
    let facts = NightFacts { project: "<script>alert(1)</script>".into(), ..sample::facts() };
    let html =
        render(&sample::night(), &facts, &Params::default(), Language::English).expect("a report");
    assert!(!html.contains("<script"));
    assert!(html.contains("&lt;script&gt;alert(1)"));
}

#[test]
fn a_small_cell_is_covered_with_all_that_would_give_it_away() {
    let report = json(&report());
    let cells = &report["segments"]["matrix"]["cells"];
    // 11 parties in the first row, fourth column.
    assert_eq!(cells[0][3]["customers"], "small");
    assert_eq!(cells[0][3]["net_amount"], Value::Null);
    for row in cells.as_array().expect("rows") {
        let covered = row.as_array().expect("cells").iter().filter(|c| c["customers"].is_string());
        assert_ne!(covered.count(), 1);
    }
    // Nothing is covered when the smallest group is one.
    let params = Params { smallest_group: 1, ..Params::default() };
    let open = Report::new(&sample::night(), &sample::facts(), &params).expect("a report");
    assert_eq!(json(&open)["segments"]["matrix"]["cells"][0][3]["customers"], 11);
    assert!(!open.html(Language::English).contains("&lt;1<"));
}

#[test]
fn a_campaign_with_a_small_arm_tells_no_means() {
    let batch = sample::night().batch(&campaign_lift::CONTRACT).expect("is there");
    let mut columns = campaign_lift::Columns::parse(&batch).expect("keeps its contract");
    columns.n_control = Int64Array::from(vec![7; columns.n_control.len()]);
    let night = sample::night()
        .with(&campaign_lift::CONTRACT, vec![columns.into_batch().expect("keeps its contract")]);
    let report = Report::new(&night, &sample::facts(), &Params::default()).expect("a report");
    for effect in json(&report)["effects"].as_array().expect("effects") {
        for campaign in effect["campaigns"].as_array().expect("campaigns") {
            assert_eq!(campaign["control"], "small");
            for hidden in ["mean_treatment", "mean_control", "lift", "ci_low", "total_lift"] {
                assert_eq!(campaign[hidden], Value::Null, "{hidden}");
            }
            assert_eq!(campaign["note"], "small_group");
        }
    }
}

#[test]
fn a_tier_too_small_to_tell_is_covered_with_its_risk() {
    use idip_schemas::differentiate::value::value_tier;

    let batch = sample::night().batch(&value_tier::CONTRACT).expect("is there");
    let mut columns = value_tier::Columns::parse(&batch).expect("keeps its contract");
    columns.n_customers = Int64Array::from(vec![9, 164, 205, 615, 1_026, 2_053]);
    columns.n_at_risk = Int64Array::from(vec![3, 24, 31, 166, 602, 1_977]);
    let night = sample::night()
        .with(&value_tier::CONTRACT, vec![columns.into_batch().expect("keeps its contract")]);
    let report = Report::new(&night, &sample::facts(), &Params::default()).expect("a report");
    let tiers = &json(&report)["forecast"]["tiers"];
    assert_eq!(tiers[0]["customers"], "small");
    for hidden in ["clv", "clv_share", "expected_revenue", "mean_churn_risk"] {
        assert_eq!(tiers[0][hidden], Value::Null, "{hidden}");
    }
    assert!(tiers[0]["at_risk"].is_string());
    // A second tier is covered, else the total would tell the first.
    let covered = |name: &str| {
        let tiers = tiers.as_array().expect("tiers").iter();
        tiers.filter(|tier| tier[name].is_string()).count()
    };
    assert!(covered("customers") > 1 && covered("at_risk") > 1);
}

#[test]
fn the_forecast_marks_what_the_model_had_not_seen() {
    let report = report();
    let html = report.html(Language::English);
    let section = section(&html, "forecast");
    assert_eq!(section.matches("<polyline").count(), 2);
    assert_eq!(section.matches("<rect class=\"held\"").count(), 1);
    let forecast = &json(&report)["forecast"];
    let weeks = forecast["weeks"].as_array().expect("weeks");
    assert_eq!(weeks.len(), 104);
    assert_eq!(weeks.iter().filter(|week| week["is_held_back"] == true).count(), 34);
    // The sums of the tiers.
    assert_eq!(forecast["customers"], 4_104);
    assert_eq!(forecast["at_risk"], 2_800);
    assert!(html.contains("MBG/NBD: best forecast of the days held back"));
}

/// The section of this id.
fn section<'a>(html: &'a str, id: &str) -> &'a str {
    let start = html.split(&format!("<section id=\"{id}\"")).nth(1).expect("the section");
    start.split("</section>").next().expect("its end")
}

#[test]
fn identities_are_drawn_with_their_threshold_and_judged_against_labels() {
    let report = report();
    let html = report.html(Language::English);
    let section = section(&html, "identity");
    // A column for each of 46 bits, on top of it one for what was linked where that is known and not none.
    let identity = &json(&report)["identity"];
    let bins = identity["weights"].as_array().expect("bins");
    let is_drawn = |name: &str| bins.iter().filter(|bin| bin[name].as_i64() > Some(0)).count();
    assert_eq!(bins.len(), 46);
    let plot = section.split("<svg class=\"plot\"").nth(1).expect("a plot");
    let plot = plot.split("</svg>").next().expect("its end");
    assert_eq!(plot.matches("<rect class=\"less\"").count(), is_drawn("pairs"));
    assert_eq!(plot.matches("<rect class=\"accent\"").count(), is_drawn("linked"));
    // One bit: 19 of 46 bins from the left.
    assert!(plot.contains("<line class=\"zero\" x1=\"41.30%\""), "{plot}");
    assert!(section.contains("threshold 1"));
    // Nine customers of five records, two and one above: told together with others or not at all.
    let sizes = identity["sizes"].as_array().expect("sizes");
    let told = |group: usize| &sizes[group]["customers"];
    assert_eq!((told(0), told(3)), (&Value::from(4_297), &Value::from(45)));
    assert_eq!((told(4), told(5), told(7)), (&"small".into(), &"small".into(), &0.into()));
    for words in ["F1 92.4%", "2 records that labels", "excluded by other decisions", "87 pairs"] {
        assert!(section.contains(words), "{words}");
    }
}

#[test]
fn where_identifiers_alone_decide_the_report_says_so() {
    use idip_schemas::identify::linkage_quality;

    let sizes = linkage_quality::Columns {
        metric: vec!["customers_of_size", "records"].into(),
        size: vec![1, 0].into(),
        value: vec![Some(90.0), Some(90.0)].into(),
    };
    let night = Tables::default()
        .with(&linkage_quality::CONTRACT, vec![sizes.into_batch().expect("keeps")]);
    let report = Report::new(&night, &NightFacts::default(), &Params::default()).expect("a report");
    let html = report.html(Language::Spanish);
    let section = section(&html, "identity");
    assert!(section.contains("Solo los identificadores deciden"));
    assert!(!section.contains("<svg class=\"plot\""), "no weights, no histogram");
}

/// The same tables, rows turned round and cut into batches of three.
fn turned(tables: Tables) -> Tables {
    tables.into_iter_by_name().fold(Tables::default(), |all, (name, batches)| {
        let contract = idip_schemas::find(name).expect("a contract");
        let cut = batches.iter().flat_map(|batch| {
            (0..batch.num_rows()).rev().map(|row| batch.slice(row, 1)).collect::<Vec<_>>()
        });
        all.with(contract, cut.collect())
    })
}

#[test]
fn neither_the_order_of_rows_nor_their_batches_move_a_byte() {
    let one = report();
    let other = Report::new(&turned(sample::night()), &sample::facts(), &Params::default())
        .expect("a report");
    // Not `assert_eq`: it would print both reports.
    assert!(one.json().expect("json") == other.json().expect("json"));
    for language in LANGUAGES {
        assert!(one.html(language) == other.html(language));
    }
}

#[test]
fn a_night_with_nothing_to_tell_says_so_in_every_section() {
    let empty = Report::new(&Tables::default(), &NightFacts::default(), &Params::default())
        .expect("a report");
    for (language, words) in
        LANGUAGES.into_iter().zip(["No segments were made.", "No se hicieron segmentos."])
    {
        let html = empty.html(language);
        assert_eq!(html.matches("<section ").count(), 13);
        assert!(html.contains(words));
        assert!(!html.contains("NaN") && !html.contains("inf "));
    }
}

fn money(n: usize, cents: i128) -> Decimal128Array {
    Decimal128Array::from(vec![cents; n]).with_precision_and_scale(18, 2).expect("fits")
}

fn batch(contract: &'static TableContract, columns: Vec<ArrayRef>) -> RecordBatch {
    idip_schemas::build_batch(contract, columns).expect("keeps its contract")
}

#[test]
fn a_night_of_thousands_of_offers_and_campaigns_stays_below_a_megabyte_and_a_half() {
    let n = 20_000;
    let names: StringArray =
        StringArray::from_iter_values((0..n).map(|i| format!("offer number {i:05}")));
    let uses = offer_use::Columns {
        offer_id: names.clone(),
        n_assigned: Int64Array::from_iter_values(0..n as i64),
        stock: vec![None; n].into(),
        reserved_cost: money(n, 100),
        budget: money(n, 100),
        expected_value: Float64Array::from_iter_values((0..n).map(|i| i as f64)),
        shadow_price: vec![None; n].into(),
    };
    let lifts = campaign_lift::Columns {
        campaign: names,
        outcome: vec!["purchase_rate"; n].into(),
        n_treatment: vec![1_000; n].into(),
        n_control: vec![1_000; n].into(),
        n_excluded: vec![0; n].into(),
        mean_treatment: vec![0.5; n].into(),
        mean_control: vec![0.25; n].into(),
        lift: vec![0.25; n].into(),
        ci_low: vec![0.2; n].into(),
        ci_high: vec![0.3; n].into(),
        verdict: vec!["causal"; n].into(),
        srm_p: vec![None; n].into(),
        note: vec![None::<&str>; n].into(),
    };
    let night = sample::night()
        .with(&offer_use::CONTRACT, vec![uses.into_batch().expect("offers")])
        .with(&campaign_lift::CONTRACT, vec![lifts.into_batch().expect("lifts")]);
    let report = Report::new(&night, &sample::facts(), &Params::default()).expect("a report");
    let html = report.html(Language::Spanish);
    assert!(html.len() < 1_500_000, "{} bytes", html.len());
    assert!(html.contains("19.960"), "the others are counted");
}

#[test]
fn rows_that_do_not_add_up_are_told() {
    let rows = |used: i64| {
        batch(
            &reconciliation::CONTRACT,
            vec![
                Arc::new(StringArray::from(vec!["party", "party"])),
                Arc::new(StringArray::from(vec!["read", "used"])),
                Arc::new(Int64Array::from(vec![100, used])),
                Arc::new(
                    Decimal128Array::from(vec![None, None])
                        .with_precision_and_scale(18, 2)
                        .expect("fits"),
                ),
            ],
        )
    };
    for (used, words) in [(100, "adds up"), (99, "does not add up")] {
        let night = Tables::default().with(&reconciliation::CONTRACT, vec![rows(used)]);
        let html = render(&night, &sample::facts(), &Params::default(), Language::English)
            .expect("a report");
        assert!(html.contains(&format!(">{words}<")), "{used}");
        assert_eq!(html.contains(">does not add up<"), used != 100);
    }
}

#[test]
fn the_waterfall_ends_where_the_contacts_are() {
    let summary = contact_summary::Columns::parse(
        &sample::night().batch(&contact_summary::CONTRACT).expect("is there"),
    )
    .expect("keeps its contract");
    let all: i64 = summary.n_customers.iter().flatten().sum();
    let report = json(&report());
    let contacts = &report["contacts"];
    assert_eq!(contacts["parties"], all);
    let reasons = contacts["none_reasons"].as_array().expect("reasons");
    let none: i64 = reasons.iter().map(|reason| reason["parties"].as_i64().expect("a count")).sum();
    let number = |name: &str| contacts[name].as_i64().expect("a count");
    assert_eq!(none, number("none"));
    assert_eq!(all - none - number("control"), number("contact"));
}

#[test]
fn a_table_that_breaks_its_contract_is_an_error_that_says_which() {
    let wrong = RecordBatch::try_from_iter([(
        "value_segment_id",
        Arc::new(StringArray::from(vec!["one"])) as ArrayRef,
    )])
    .expect("a batch");
    let night = Tables::default().with(&value_need_cell::CONTRACT, vec![wrong]);
    let error = Report::new(&night, &sample::facts(), &Params::default()).expect_err("is wrong");
    assert!(error.to_string().starts_with("table `value_need_cell` breaks contract"), "{error}");
}

#[test]
fn cards_tell_why_customers_are_there_in_both_languages_and_nothing_of_a_few() {
    let report = report();
    let first = report.segments.value.first().expect("a segment");
    assert_eq!(
        (first.reasons.len(), first.rules.len()),
        (2, 1),
        "two of three reasons are of many"
    );
    let [english, spanish] = LANGUAGES.map(|language| text_of(&report.html(language)));
    assert!(english.contains("Repeat purchase days high (68"), "reasons in English");
    assert!(spanish.contains("Días de recompra alto (68"), "reasons in Spanish");
    assert!(
        english.contains("Net sales &gt; 412.50") && spanish.contains("Ventas netas &gt; 412,50")
    );
}

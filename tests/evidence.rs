//! Why the records of a customer are one, as `idip show customer` draws it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::forget::World;
use crate::support::{idip, rows, succeed};

/// A night of simulated records, and a customer with many of them.
fn customer_of_many(folder: &Path) -> String {
    let to = folder.join("world").display().to_string();
    succeed(folder, folder, &["simulate", "--records", "500", "--to", &to]);
    let project = folder.join("world/idip.yaml");
    let store = folder.join("store");
    succeed(&project, &store, &["identify"]);
    let customers = rows(&store, "identify", "golden_customer");
    let most = customers.iter().max_by_key(|row| row["n_records"].parse::<i64>().expect("a count"));
    most.expect("there are customers")["customer_id"].clone()
}

fn in_order(a: String, b: String) -> (String, String) {
    if a < b { (a, b) } else { (b, a) }
}

fn signed(bits: f64) -> String {
    format!("{bits:+.2}").replace('-', "−").replace("−0.00", "0.00").replace("+0.00", "0.00")
}

#[test]
fn the_bars_of_a_customer_sum_to_its_weights_in_text_in_json_and_in_the_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let id = customer_of_many(folder.path());
    let (project, store) = (folder.path().join("world/idip.yaml"), folder.path().join("store"));
    let svg = folder.path().join("why.svg");
    let svg_name = svg.display().to_string();
    let text = succeed(&project, &store, &["show", "customer", &id, "--svg", &svg_name]);
    let json = succeed(&project, &store, &["show", "customer", &id, "--output", "json"]);
    let json: Value = serde_json::from_str(&json).expect("is JSON");
    let evidence = &json["evidence"];
    let references: BTreeMap<i64, &str> = evidence["references"]
        .as_array()
        .expect("references")
        .iter()
        .map(|it| (it["number"].as_i64().expect("a number"), it["name"].as_str().expect("a key")))
        .collect();

    let published: BTreeMap<(String, String), f64> = rows(&store, "identify", "match_weight")
        .into_iter()
        .map(|row| {
            let weight = row["weight"].parse().expect("a number");
            (in_order(row["party_ref"].clone(), row["other_ref"].clone()), weight)
        })
        .collect();
    let drawing = std::fs::read_to_string(&svg).expect("is written");
    let mut lines = text.lines().skip_while(|line| !line.contains(" bits, probability"));
    let pairs = evidence["pairs"].as_array().expect("pairs");
    assert!(pairs.len() >= 3, "{evidence}");
    // The text draws the heaviest ten, the file and the JSON all.
    assert_eq!(text.matches(" bits, probability").count(), pairs.len().min(10));
    for (place, pair) in pairs.iter().enumerate() {
        let weight = pair["weight"].as_f64().expect("a weight");
        let key = |name: &str| references[&pair[name].as_i64().expect("a number")].to_owned();
        let key = in_order(key("reference"), key("other_reference"));
        assert_eq!(published.get(&key), Some(&weight), "as published");

        let steps = pair["steps"].as_array().expect("steps");
        let sum: f64 = steps.iter().map(|step| step["bits"].as_f64().expect("bits")).sum();
        assert!((sum - weight).abs() < 1e-9, "{sum} is not {weight}");
        for step in steps {
            let told = signed(step["bits"].as_f64().expect("bits"));
            assert!(drawing.contains(&format!(">{told}<")), "{told} in the drawing");
        }
        if place >= 10 {
            continue;
        }
        let heading = lines.next().expect("a heading");
        assert!(heading.contains(&format!("{weight:.2} bits").replace('-', "−")), "{heading}");
        for step in steps {
            let told = signed(step["bits"].as_f64().expect("bits"));
            let line = lines.next().expect("a line for each step");
            assert!(line.split_whitespace().any(|word| word == told), "{told} in {line}");
            if let Some(level) = step["level"].as_str() {
                assert!(line.ends_with(level), "{level} in {line}");
            }
        }
        let total = lines.next().expect("the total");
        assert!(total.contains(&signed(weight)), "{total}");
        lines.next();
    }
    let n_bars: usize =
        pairs.iter().map(|pair| pair["steps"].as_array().map_or(0, Vec::len) + 1).sum();
    assert_eq!(drawing.matches("<rect class=").count(), n_bars);

    // Nothing that names or reaches the person is in the drawing or in its numbers.
    let golden = &json["golden_customer"][0];
    for column in ["email", "phone", "last_name", "street", "birth_date"] {
        let Some(value) = golden[column].as_str() else { continue };
        assert!(!drawing.contains(value) && !evidence.to_string().contains(value), "{column}");
    }
}

#[test]
fn a_customer_of_one_record_has_nothing_to_draw() {
    let folder = tempfile::tempdir().expect("a folder");
    customer_of_many(folder.path());
    let (project, store) = (folder.path().join("world/idip.yaml"), folder.path().join("store"));
    let weighed: Vec<String> = rows(&store, "identify", "match_weight")
        .into_iter()
        .flat_map(|row| [row["party_ref"].clone(), row["other_ref"].clone()])
        .collect();
    let map = rows(&store, "identify", "identity_map");
    let mut n_refs: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &map {
        *n_refs.entry(&row["customer_id"]).or_default() += 1;
    }
    let alone = map
        .iter()
        .find(|row| {
            n_refs[row["customer_id"].as_str()] == 1 && !weighed.contains(&row["party_ref"])
        })
        .expect("somebody has one record");
    let svg = folder.path().join("why.svg").display().to_string();
    let arguments = ["show", "customer", &alone["customer_id"], "--svg", &svg];
    let output = idip(&project, &store, &arguments).output().expect("starts");
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("there is nothing to draw"), "{errors}");
    assert!(!Path::new(&svg).exists());
}

#[test]
fn an_id_that_is_no_customers_any_more_says_what_became_of_it() {
    let world = World::new();
    let erased = world.somebody().id;
    world.forget(&format!("customer_id,reason\n{erased},objection\n"), &[]);
    let ids = world.table("customer_id_map");
    let merged =
        ids.iter().find(|row| row["state"] == "merged" && !row["current_customer_id"].is_empty());
    let merged = merged.expect("two became one");
    let follower = &merged["current_customer_id"];
    let (id, changed_on) = (&merged["customer_id"], &merged["changed_on"]);
    let became = format!("customer {id} became customer {follower} on {changed_on}");
    let lead_on = format!("idip show customer {follower}");
    for (id, told) in [
        (id, became.as_str()),
        (id, lead_on.as_str()),
        (&erased, "was erased on 2026-01-03 (objection)"),
        (&"17".to_owned(), "no customer 17 on 2026-01-03"),
    ] {
        let mut command = idip(&world.project(3), &world.store(), &["show", "customer", id]);
        let output = command.output().expect("starts");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(told), "{error}");
    }
}

//! RFM fifths of two published data sets, every customer's score, under every tie rule we have.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZeroU32;
use std::path::PathBuf;

use idip_numerics::rank_score::{Direction, QuantileScore, TieRule};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Recency in days, frequency and monetary value of a customer.
type Rfm = [i64; 3];

fn oracle_folder() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracles");
    if !root.is_dir() {
        eprintln!("skipped: {} is absent", root.display());
    }
    root.is_dir().then_some(root)
}

/// Days since 1970-01-01 of `YYYY-MM-DD` (Hinnant's `days_from_civil`).
fn day_number(date: &str) -> i64 {
    let parts: Vec<i64> = date.split('-').map(|part| part.parse().expect("a number")).collect();
    let &[year, month, day] = parts.as_slice() else { panic!("date {date} is not YYYY-MM-DD") };
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Reads customer, date, purchase and amount; a customer's frequency counts distinct purchases.
fn summarise(
    csv: &str,
    end: &str,
    purchase: impl Fn(&[&str]) -> String,
    amount: impl Fn(&[&str]) -> i64,
    date: impl Fn(&[&str]) -> i64,
) -> BTreeMap<i64, Rfm> {
    let mut customers: BTreeMap<i64, (i64, BTreeSet<String>, i64)> = BTreeMap::new();
    for line in csv.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let customer = fields[0].parse().expect("a customer id");
        let (last_day, purchases, monetary) =
            customers.entry(customer).or_insert((i64::MIN, BTreeSet::new(), 0));
        *last_day = date(&fields).max(*last_day);
        purchases.insert(purchase(&fields));
        *monetary += amount(&fields);
    }
    let end = day_number(end);
    customers
        .into_iter()
        .map(|(customer, (last_day, purchases, monetary))| {
            (customer, [end - last_day, purchases.len() as i64, monetary])
        })
        .collect()
}

fn number(field: &str) -> i64 {
    field.parse().expect("a whole number")
}

fn check(oracle: &Value, customers: &BTreeMap<i64, Rfm>) {
    let name = oracle["oracle"].as_str().expect("a name");
    assert_eq!(customers.len() as u64, oracle["customers"], "{name}: customers");
    let measures = ["recency_days", "frequency", "monetary"];
    for (i, measure) in measures.into_iter().enumerate() {
        let sum: i64 = customers.values().map(|rfm| rfm[i]).sum();
        assert_eq!(sum, oracle["sums"][measure], "{name}: sum of {measure}");
    }

    let n_scores = oracle["buckets"].as_u64().expect("a number of scores");
    let n_scores = NonZeroU32::new(n_scores as u32).expect("at least one score");
    let ids: Vec<i64> = customers.keys().copied().collect();
    let mut scores_of_rule = BTreeMap::new();
    for (i, letter) in ["R", "F", "M"].into_iter().enumerate() {
        let direction = if i == 0 { Direction::LowerIsBetter } else { Direction::HigherIsBetter };
        let rule = QuantileScore::new(n_scores, direction);
        let values = || customers.values().map(|rfm| Some(rfm[i]));
        let as_floats = || customers.values().map(|rfm| Some(rfm[i] as f64));
        let high = rule.with_ties(TieRule::High);
        assert_eq!(rule.scores(values()), rule.scores(as_floats()), "{name}: {letter}");
        for (tie_rule, scores) in [
            ("ties_low", rule.scores(values())),
            ("ties_high", high.scores(values())),
            ("ntile_by_customer_id", rule.ntile(values(), &ids)),
        ] {
            let scores: Vec<i64> = scores.into_iter().map(|s| s.expect("a score")).collect();
            let expected = &oracle["results"][tie_rule][letter];
            let case = format!("{name}: {tie_rule} {letter}");
            for score in 1..=i64::from(n_scores.get()) {
                let count = scores.iter().filter(|&&s| s == score).count() as u64;
                assert_eq!(count, expected["counts"][score.to_string()], "{case}, score {score}");
            }
            assert_eq!(scores.iter().sum::<i64>(), expected["sum"], "{case}: sum");
            assert_eq!(digest(&ids, &scores), expected["sha256"], "{case}: sha256");
            scores_of_rule.insert((tie_rule, i), scores);
        }
    }
    check_listed_rows(oracle, customers, &ids, &scores_of_rule);
}

fn digest(ids: &[i64], scores: &[i64]) -> String {
    let mut hash = Sha256::new();
    for (id, score) in ids.iter().zip(scores) {
        hash.update(format!("{id},{score}\n"));
    }
    hash.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// The oracle lists some customers in full, so that a wrong hash can be traced.
fn check_listed_rows(
    oracle: &Value,
    customers: &BTreeMap<i64, Rfm>,
    ids: &[i64],
    scores_of_rule: &BTreeMap<(&str, usize), Vec<i64>>,
) {
    let rows = oracle["rows"].as_array().expect("rows");
    assert!(!rows.is_empty());
    for row in rows {
        let id = row["customer_id"].as_i64().expect("a customer id");
        let place = ids.binary_search(&id).expect("a known customer");
        let expected = ["recency_days", "frequency", "monetary"].map(|m| row[m].as_i64());
        assert_eq!(customers[&id].map(Some), expected, "customer {id}");
        for ((tie_rule, measure), scores) in scores_of_rule {
            assert_eq!(scores[place], row["scores"][tie_rule][measure], "customer {id} {tie_rule}");
        }
    }
}

fn read_oracle(folder: &std::path::Path, name: &str) -> Value {
    let text = fs::read_to_string(folder.join(name)).expect("an oracle");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn scores_of_cdnow_equal_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let csv = fs::read_to_string(folder.join("data/cdnow_master_transactions.csv")).expect("CSV");
    // Columns: customer_id, date, cds, cents. A purchase is a day.
    let customers = summarise(
        &csv,
        "1998-06-30",
        |fields| fields[1].to_owned(),
        |fields| number(fields[3]),
        |fields| day_number(fields[1]),
    );
    check(&read_oracle(&folder, "rfm_cdnow_full.json"), &customers);
}

#[test]
fn scores_of_online_retail_equal_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let csv = fs::read_to_string(folder.join("data/online_retail_invoices.csv")).expect("CSV");
    // Columns: customer_id, invoice_no, date, lines, mills. A purchase is an invoice.
    let customers = summarise(
        &csv,
        "2011-12-10",
        |fields| fields[1].to_owned(),
        |fields| number(fields[4]),
        |fields| day_number(fields[2]),
    );
    check(&read_oracle(&folder, "rfm_online_retail.json"), &customers);
}

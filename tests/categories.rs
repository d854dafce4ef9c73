//! More categories than are told apart, products that bring a category, and a date in the middle.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{cents, rows, succeed};

const CATEGORIES: [&str; 6] = ["bread", "cheese", "fish", "fruit", "meat", "tea"];

/// Lines of party, day, product, category and money: 30 parties, each category larger than the next.
fn lines() -> Vec<(usize, usize, usize, i64)> {
    let line = |n: usize| {
        let category = [0, 0, 0, 1, 1, 2, 3, 4, 5, 5, 1][n % 11];
        (n % 30, 1 + n % 28, category, 100 * (12 - category as i64) + n as i64)
    };
    (0..400).map(line).collect()
}

/// A project whose lines without a category have that of their product.
fn project(folder: &Path, limit: usize) {
    let mut csv = String::from("party,day,product,category,amount\n");
    for (n, (party, day, category, cents)) in lines().into_iter().enumerate() {
        let told = if n % 3 == 0 { "" } else { CATEGORIES[category] };
        let (units, rest) = (cents / 100, cents % 100);
        csv += &format!("P{party},2026-03-{day:02},p{category},{told},{units}.{rest:02}\n");
    }
    std::fs::write(folder.join("sales.csv"), csv).expect("sales");
    let products = CATEGORIES.iter().enumerate().map(|(n, name)| format!("p{n},{name}\n"));
    let products: String =
        std::iter::once("product,category\n".to_owned()).chain(products).collect();
    std::fs::write(folder.join("products.csv"), products).expect("products");
    let yaml = format!(
        "project: Categories\ncurrency: EUR\ntime_zone: UTC\nseed: 1\nmax_categories: {limit}\n\
         feeds:\n  sales:\n    table: transaction\n    files: sales.csv\n    duplicates: keep\n    \
         columns: {{party_ref: party, business_date: day, product_ref: product, category: category, \
         amount: amount}}\n  products:\n    table: product\n    files: products.csv\n    \
         columns: {{product_ref: product, category: category}}\n"
    );
    std::fs::write(folder.join("idip.yaml"), yaml).expect("project");
}

/// Money by category up to a day, added up by hand; all but the largest are one, beyond a limit.
fn by_hand(limit: usize, last_day: usize) -> BTreeMap<String, i64> {
    let mut all: BTreeMap<&str, i64> = BTreeMap::new();
    for (_, _, category, cents) in lines().into_iter().filter(|(_, day, ..)| *day <= last_day) {
        *all.entry(CATEGORIES[category]).or_default() += cents;
    }
    let mut ranked: Vec<_> = all.into_iter().collect();
    ranked.sort_by_key(|(name, cents)| (-cents, *name));
    let kept = if ranked.len() > limit { limit - 1 } else { limit };
    let mut told: BTreeMap<String, i64> = BTreeMap::new();
    for (place, (name, cents)) in ranked.into_iter().enumerate() {
        let name = if place < kept { name } else { "(other)" };
        *told.entry(name.to_owned()).or_default() += cents;
    }
    told
}

#[test]
fn categories_beyond_the_limit_are_one_and_no_money_is_lost() {
    for (limit, day) in [(24, 28), (3, 28), (3, 12), (6, 28), (1, 28)] {
        let folder = tempfile::tempdir().expect("a folder");
        project(folder.path(), limit);
        let store = folder.path().join("store");
        let mut run = vec!["run", "--select", "+differentiate.customer_feature"];
        let date = format!("2026-03-{day:02}");
        if day < 28 {
            run.extend(["--date", &date]);
        }
        succeed(&folder.path().join("idip.yaml"), &store, &run);
        let expected = by_hand(limit, day);
        let categories = rows(&store, "sources", "category");
        let told = categories.iter().map(|row| (row["category"].clone(), cents(&row["amount"])));
        assert_eq!(told.collect::<BTreeMap<_, _>>(), expected, "limit {limit}, day {day}");
        let features = rows(&store, "differentiate", "customer_feature");
        assert_eq!(features.len(), 30);
        let names: Vec<&String> = categories.iter().map(|row| &row["category"]).collect();
        let mut by_customers = vec![0.0; names.len()];
        for row in &features {
            let shares = row["category_shares"].trim_matches(['[', ']']);
            let money = cents(&row["sale_amount"]) as f64;
            for (sum, share) in by_customers.iter_mut().zip(shares.split(',')) {
                *sum += share.trim().parse::<f64>().unwrap_or(0.0) * money;
            }
        }
        for (name, sum) in names.into_iter().zip(by_customers) {
            assert!((sum - expected[name] as f64).abs() < 0.01, "limit {limit}: {name} {sum}");
        }
    }
}

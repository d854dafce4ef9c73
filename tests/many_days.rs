//! More days of purchases than stay in memory: steps that follow read them from a file, and find the same.

use std::collections::BTreeMap;

use crate::support::{cents, rows, succeed};

const CUSTOMERS: usize = 9_000;

/// Day of the year on which a customer bought for the n-th time, of eight.
fn day(customer: usize, n: usize) -> usize {
    1 + (customer * 7 + n * 41) % 365
}

/// Baskets and their money in the last 90 days, worked out by hand; every purchase is of 3.00 and the
/// number of the customer in cents.
fn baskets(customer: usize) -> (i64, i64) {
    let days: std::collections::BTreeSet<usize> = (0..8).map(|n| day(customer, n)).collect();
    let n = days.into_iter().filter(|day| *day > 365 - 90).count() as i64;
    (n, n * (300 + customer as i64))
}

#[test]
fn days_that_pass_through_a_file_are_those_of_the_feed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut csv = String::from("party,day,amount\n");
    for customer in 0..CUSTOMERS {
        for n in 0..8 {
            let date = date_of(day(customer, n));
            let cents = 300 + customer;
            csv += &format!("P{customer:05},{date},{}.{:02}\n", cents / 100, cents % 100);
        }
    }
    std::fs::write(folder.path().join("sales.csv"), csv).expect("sales");
    let yaml = "project: Days\ncurrency: EUR\ntime_zone: UTC\nseed: 1\nfeeds:\n  sales:\n    table: \
                transaction\n    files: sales.csv\n    duplicates: keep\n    columns: {party_ref: party, \
                business_date: day, amount: amount}\n";
    std::fs::write(folder.path().join("idip.yaml"), yaml).expect("project");
    let store = folder.path().join("store");
    let project = folder.path().join("idip.yaml");
    succeed(&project, &store, &["run", "--date", "2025-12-31", "--select", "+differentiate"]);

    let of_customer: BTreeMap<String, usize> = rows(&store, "identify", "identity_map")
        .into_iter()
        .map(|row| (row["customer_id"].clone(), row["party_ref"][1..].parse().expect("a number")))
        .collect();
    assert_eq!(of_customer.len(), CUSTOMERS);
    let told = rows(&store, "differentiate", "customer_advocacy");
    assert_eq!(told.len(), CUSTOMERS);
    for row in &told {
        let (n, money) = baskets(of_customer[&row["customer_id"]]);
        let mean = row["last_90_days_mean_basket"].parse::<f64>().ok();
        assert_eq!(mean.is_some(), n > 0);
        if let Some(mean) = mean {
            assert!((mean - money as f64 / 100.0 / n as f64).abs() < 1e-9, "{mean}");
        }
    }
    // The money of the features is that of the days.
    for row in rows(&store, "differentiate", "customer_feature") {
        let (_, money) = baskets(of_customer[&row["customer_id"]]);
        assert_eq!(cents(&row["last_90_days_amount"]), money);
    }
}

/// A day of 2025, counted from 1.
fn date_of(mut day: usize) -> String {
    for (month, days) in (1..).zip([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
        if day <= days {
            return format!("2025-{month:02}-{day:02}");
        }
        day -= days;
    }
    String::new()
}

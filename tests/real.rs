//! Whole nights on real data, dirt included, held against independent sums.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{cents, root, rows, shared, succeed};

/// Rows and cents by outcome of one feed.
fn books(store: &Path, feed: &str) -> BTreeMap<String, (i64, i64)> {
    rows(store, "sources", "reconciliation")
        .into_iter()
        .filter(|row| row["feed"] == feed)
        .map(|row| {
            let rows = row["rows"].parse().expect("a count");
            (row["outcome"].clone(), (rows, cents(&row["amount"])))
        })
        .collect()
}

fn adds_up(books: &BTreeMap<String, (i64, i64)>) {
    let others = books.iter().filter(|(outcome, _)| *outcome != "read").map(|(_, sum)| *sum);
    let sum = others.fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    assert_eq!(sum, books["read"]);
}

fn one_segment_each(store: &Path) -> usize {
    let segments = rows(store, "differentiate", "customer_segment");
    let parties = rows(store, "identify", "golden_customer");
    assert_eq!(segments.len(), parties.len());
    for row in &segments {
        assert!(!row["value_segment"].is_empty() && !row["need_segment"].is_empty());
    }
    parties.len()
}

#[test]
fn a_night_on_the_complete_journey() {
    if shared("data/complete_journey/transactions.parquet").is_none() {
        return;
    }
    let store = tempfile::tempdir().expect("a folder");
    succeed(&root().join("tests/real/complete_journey.yaml"), store.path(), &["run"]);
    // SELECT count(*), sum(round(CAST(sales_value AS DECIMAL(12, 4)), 2)) FROM transactions:
    // 1469307, 4596039.58; no exact duplicates, no missing household.
    let books = books(store.path(), "transactions");
    assert_eq!(books["read"], (1_469_307, 459_603_958));
    assert_eq!(books["used"], (1_469_307, 459_603_958));
    adds_up(&books);
    assert_eq!(one_segment_each(store.path()), 2_469);
    let net: i64 = rows(store.path(), "differentiate", "customer_feature")
        .iter()
        .map(|row| cents(&row["net_amount"]))
        .sum();
    assert_eq!(net, 459_603_958);
}

#[test]
fn a_night_on_online_retail() {
    if shared("data/online_retail/online_retail_2010_2011.parquet").is_none() {
        return;
    }
    let store = tempfile::tempdir().expect("a folder");
    succeed(&root().join("tests/real/online_retail.yaml"), store.path(), &["run"]);
    // With line = round(CAST(Quantity AS DECIMAL(12,0)) * CAST(UnitPrice AS DECIMAL(12,3)), 2), in
    // DuckDB: SELECT count(*), sum(line): 541909, 9747747.93; grouped by CustomerID, InvoiceNo,
    // InvoiceDate, Quantity, UnitPrice, StockCode: sum(n - 1) = 5270, sum((n - 1) * line) = 22292.83.
    let books = books(store.path(), "invoices");
    assert_eq!(books["read"], (541_909, 974_774_793));
    assert_eq!(books["duplicate"], (5_270, 2_229_283));
    assert_eq!(books["unattributed"], (135_037, 144_748_753));
    adds_up(&books);
    assert_eq!(one_segment_each(store.path()), 4_372);
    // 17850.0 of the spreadsheet is customer 17850, and nobody became one giant customer.
    let refs = rows(store.path(), "identify", "identity_map");
    assert!(refs.iter().any(|row| row["party_ref"] == "17850"));
    // Orders of 80,995 and 74,215 pieces were cancelled within minutes: netted, they are no best
    // customers any more.
    let returned = rows(store.path(), "differentiate", "customer_feature")
        .iter()
        .filter(|row| cents(&row["net_amount"]) <= 0)
        .count();
    assert!(returned >= 50, "{returned}");
}

#[test]
fn nobody_is_contacted_where_no_consent_is_on_record() {
    if shared("data/online_retail/online_retail_2010_2011.parquet").is_none() {
        return;
    }
    let store = tempfile::tempdir().expect("a folder");
    succeed(&root().join("tests/real/online_retail.yaml"), store.path(), &["run"]);
    assert!(rows(store.path(), "personalize", "offer_file").is_empty());
    for row in rows(store.path(), "interact", "contact_plan") {
        assert_eq!(row["decision"], "none");
    }
}

//! Money of rows that are rejected: what can be read of it is accounted for.

use std::path::Path;

use crate::support::{cents, rows, succeed};

fn night(folder: &Path, feed: &str, text: &str, settings: &str) -> Vec<(String, i64, i64)> {
    std::fs::write(folder.join(feed), text).expect("a feed");
    let yaml = format!(
        "project: Rejects\ncurrency: EUR\ntime_zone: UTC\nseed: 1\nfeeds:\n  sales:\n    table: transaction\n    \
         files: {feed}\n    duplicates: keep\n    max_rejects: 0.9\n{settings}    \
         columns: {{party_ref: party, business_date: day, amount: amount}}\n"
    );
    std::fs::write(folder.join("idip.yaml"), yaml).expect("a project");
    let store = folder.join("store");
    succeed(
        &folder.join("idip.yaml"),
        &store,
        &["run", "--select", "+differentiate.customer_feature"],
    );
    let told = rows(&store, "sources", "reconciliation").into_iter().map(|row| {
        (row["outcome"].clone(), row["rows"].parse().expect("rows"), cents(&row["amount"]))
    });
    told.filter(|(_, rows, _)| *rows > 0).collect()
}

#[test]
fn a_row_without_a_readable_day_has_its_money_among_the_rejected() {
    let folder = tempfile::tempdir().expect("a folder");
    // No money of a row without an amount, without a readable one, with too few fields, or with more than
    // money can be.
    let csv = "party;day;amount\nA;2026-03-01;1.000,50\nB;31.02.2026;2,345\nB;soon;-0,005\n\
               C;never;\nD;2026-03-02;x\nE;2026-03-03\n;2026-03-04;7\n\
               F;soon;150000000000000000\n";
    let settings = "    delimiter: ';'\n    decimal_comma: true\n";
    let told = night(folder.path(), "sales.csv", csv, settings);
    let expected = [
        ("read", 8, 100_984),
        ("rejected", 6, 234),
        ("unattributed", 1, 700),
        ("used", 1, 100_050),
    ];
    assert_eq!(told, expected.map(|(name, rows, cents)| (name.to_owned(), rows, cents)));

    let folder = tempfile::tempdir().expect("a folder");
    let json = "{\"party\": \"A\", \"day\": \"2026-03-01\", \"amount\": 10}\n\
                {\"party\": \"A\", \"day\": \"2026-13-01\", \"amount\": \"2.50\"}\n{\"party\": \"A\"\n";
    let told = night(folder.path(), "sales.jsonl", json, "");
    let expected = [("read", 3, 1_250), ("rejected", 2, 250), ("used", 1, 1_000)];
    assert_eq!(told, expected.map(|(name, rows, cents)| (name.to_owned(), rows, cents)));
}

//! Parquet feeds whose columns hold text.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

use crate::support::{idip, rows, succeed};

const PROJECT: &str = "project: Texts
currency: EUR
time_zone: UTC
feeds:
  sales:
    table: transaction
    files: sales.parquet
    max_rejects: 0.5
    columns: {party_ref: who, business_date: day, amount: money}
";

#[test]
fn amounts_and_days_may_be_text_and_what_is_none_is_rejected() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = |cells: [&str; 5]| -> ArrayRef { Arc::new(StringArray::from(cells.to_vec())) };
    let sales = RecordBatch::try_from_iter([
        ("who", text(["ana", "ana", "ben", "ben", "cai"])),
        ("day", text(["2025-01-02", "2025-01-09", "2025-01-03", "2025-01-05", "2025-01-05"])),
        ("money", text(["12.50", "-2.50", "7.005", "seven", "0.10"])),
    ])
    .expect("columns of one length");
    let file = std::fs::File::create(folder.path().join("sales.parquet")).expect("a file");
    let mut writer = ArrowWriter::try_new(file, sales.schema(), None).expect("a writer");
    writer.write(&sales).expect("writes");
    writer.close().expect("closes");
    let project = folder.path().join("idip.yaml");
    std::fs::write(&project, PROJECT).expect("writes");
    let store = folder.path().join("store");
    succeed(&project, &store, &["run", "--select", "+differentiate.customer_feature"]);

    let mut money: Vec<(String, String, String)> =
        rows(&store, "differentiate", "customer_feature")
            .into_iter()
            .map(|mut row| {
                let mut cell = |name: &str| row.remove(name).expect("a cell");
                (cell("sale_amount"), cell("return_amount"), cell("net_amount"))
            })
            .collect();
    money.sort();
    let expected =
        [("0.10", "0.00", "0.10"), ("12.50", "-2.50", "10.00"), ("7.01", "0.00", "7.01")];
    let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(money, expected);
    let rejects = rows(&store, "sources", "reject");
    assert_eq!(rejects.len(), 1);
    assert_eq!((rejects[0]["line"].as_str(), rejects[0]["reason"].as_str()), ("4", "not_a_number"));

    // A night that stops while it loads has a step that says so.
    std::fs::write(&project, PROJECT.replace("max_rejects: 0.5", "max_rejects: 0.1"))
        .expect("writes");
    let store = folder.path().join("stopped");
    let output = idip(&project, &store, &["run"]).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    let results = std::fs::read_to_string(store.join("run_results.json")).expect("is there");
    let results: serde_json::Value = serde_json::from_str(&results).expect("is JSON");
    let step = &results["results"][0];
    assert_eq!(
        (step["unique_id"].as_str(), step["status"].as_str()),
        (Some("sources.load"), Some("error"))
    );
}

//! Business accounts on simulated records: what the feeds say of a firm's people, added up by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::{cents, rows, succeed};

type Row = BTreeMap<String, String>;

/// Cells of two columns of a table, by the first.
fn by(rows: &[Row], key: &str, value: &str) -> BTreeMap<String, String> {
    let cells = |row: &Row| Some((row.get(key)?.clone(), row.get(value)?.clone()));
    rows.iter().filter_map(cells).filter(|(_, value)| !value.is_empty()).collect()
}

fn account_of(store: &Path) -> BTreeMap<String, String> {
    let customer_of = by(&rows(store, "identify", "identity_map"), "party_ref", "customer_id");
    let of_customer = by(&rows(store, "identify", "golden_customer"), "customer_id", "account_id");
    let account = |customer: &String| of_customer.get(customer).cloned();
    customer_of.iter().filter_map(|(key, id)| Some((key.clone(), account(id)?))).collect()
}

#[test]
fn an_account_has_the_money_and_the_distinct_days_of_its_people() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = folder.path().join("world");
    let to = world.display().to_string();
    succeed(folder.path(), folder.path(), &["simulate", "--records", "2000", "--to", &to]);
    let store = folder.path().join("store");
    succeed(&world.join("idip.yaml"), &store, &["run", "--select", "+differentiate.account"]);

    let account_of = account_of(&store);
    let mut money: BTreeMap<&str, i64> = BTreeMap::new();
    let mut days: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let sales = std::fs::read_to_string(world.join("feeds/sales.csv")).expect("sales");
    for line in sales.lines().skip(1) {
        // sale,party,day,amount,channel
        let cells: Vec<&str> = line.split(',').collect();
        let Some(account) = account_of.get(cells[1]) else { continue };
        *money.entry(account).or_default() += cents(cells[3]);
        if !cells[3].starts_with('-') {
            days.entry(account).or_default().insert(cells[2]);
        }
    }
    let accounts = rows(&store, "differentiate", "account");
    let bought = accounts.iter().filter(|row| row["purchase_days"] != "0");
    assert_eq!(bought.count(), days.len());
    assert!(days.len() > 3, "the records have accounts that buy");
    for row in &accounts {
        let account = row["account_id"].as_str();
        let n_days = days.get(account).map_or(0, BTreeSet::len);
        assert_eq!(row["purchase_days"], n_days.to_string(), "{account}");
        assert_eq!(
            cents(&row["net_amount"]),
            money.get(account).copied().unwrap_or(0),
            "{account}"
        );
    }
    let named: BTreeSet<&String> = account_of.values().collect();
    assert_eq!(accounts.len(), named.len());
}

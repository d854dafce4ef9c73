//! Published tables in which an erased person is told of by more than their id.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::forget::{Row, World, files_below};
use crate::support::rows;

/// Members of each household in force.
fn households(world: &World) -> BTreeMap<String, BTreeSet<String>> {
    let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in world.table("household") {
        members.entry(row["household_id"].clone()).or_default().insert(row["customer_id"].clone());
    }
    members
}

#[test]
fn accounts_and_households_tell_nothing_of_who_was_erased() {
    let world = World::new();
    let accounts = || rows(&world.store(), "differentiate", "account");
    let led = accounts().into_iter().find(|row| !row["lead_customer_id"].is_empty());
    let led = led.expect("somebody leads an account");
    let member_of: BTreeMap<String, String> = world
        .table("golden_customer")
        .into_iter()
        .map(|row: Row| (row["customer_id"].clone(), row["account_id"].clone()))
        .collect();
    let before = households(&world);
    let home = before.values().max_by_key(|members| members.len()).expect("a household");
    let first = home.first().expect("members");
    world.forget(&format!("customer_id\n{}\n{first}\n", led["lead_customer_id"]), &[]);

    let gone = [led["lead_customer_id"].as_str(), first];
    let theirs: BTreeSet<&String> = gone.iter().filter_map(|id| member_of.get(*id)).collect();
    assert!(theirs.contains(&led["account_id"]));
    for account in accounts() {
        assert!(!theirs.contains(&account["account_id"]), "its figures were made from them");
        assert!(!gone.contains(&account["lead_customer_id"].as_str()));
    }
    let after = households(&world);
    let expected: BTreeMap<String, BTreeSet<String>> = before
        .values()
        .map(|members| members.iter().filter(|id| !gone.contains(&id.as_str())).cloned().collect())
        .filter(|members: &BTreeSet<String>| members.len() > 1)
        .map(|members| {
            let smallest = members.iter().min_by_key(|id| id.parse::<i64>().expect("an id"));
            (smallest.expect("members").clone(), members)
        })
        .collect();
    assert_eq!(after, expected);
    for row in world.table("household") {
        assert_eq!(row["n_customers"], after[&row["household_id"]].len().to_string());
    }
}

/// Gives a table of the night in force a name that no contract has.
fn rename_table(store: &Path, from: &str, to: &str) {
    let night = crate::support::night(store);
    let manifest = night.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).expect("reads");
    let text = text.replace(&format!("/{from}/"), &format!("/{to}/"));
    let text = text.replace(&format!("/{from}\""), &format!("/{to}\""));
    let text = text.replace(&format!("\"{from}\""), &format!("\"{to}\""));
    let hash = blake3::hash(text.as_bytes()).to_hex();
    std::fs::write(manifest, text).expect("writes");
    let table = |name: &str| night.join("identify").join(name);
    std::fs::rename(table(from), table(to)).expect("renames");
    let name = format!("2026-01-03-{:.16}", hash.as_str());
    std::fs::rename(&night, night.with_file_name(&name)).expect("renames");
    std::fs::write(store.join("CURRENT"), format!("{name}\n")).expect("writes");
}

#[test]
fn a_table_that_cannot_be_searched_is_left_out_and_told() {
    let world = World::new();
    let somebody = world.somebody();
    let night = || crate::support::night(&world.store());
    rename_table(&world.store(), "golden_conflict", "golden_conflict_of_old");
    let told = world.forget(&format!("customer_id\n{}\n", somebody.id), &[]);
    let left_out = serde_json::json!({"2026-01-03": ["golden_conflict_of_old"]});
    assert_eq!(told["tables_left_out"], left_out);
    let files = files_below(&night());
    assert!(!files.iter().any(|path| path.display().to_string().contains("of_old")), "{files:?}");
    let again = world.forget(&format!("customer_id\n{}\n", somebody.id), &[]);
    assert_eq!(again["tables_left_out"], serde_json::json!({}));
}

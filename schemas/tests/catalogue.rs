//! Rules that every contract keeps.

use std::collections::BTreeSet;

use idip_schemas::{PersonalData, Retention, all, find, source_tables};

/// Keys with a column that may be null: sales that name nobody are one row.
const NULLABLE_KEYS: [(&str, &str); 1] = [("party_purchase", "party_ref")];

fn is_snake_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.contains("__")
        && !name.ends_with('_')
}

#[test]
fn names_are_unique_and_in_lower_snake_case() {
    let mut tables = BTreeSet::new();
    for table in all() {
        assert!(is_snake_case(table.name), "table `{}`", table.name);
        assert!(tables.insert(table.name), "table `{}` is there twice", table.name);
        let mut columns = BTreeSet::new();
        for column in table.columns {
            let name = format!("`{}.{}`", table.name, column.name);
            assert!(is_snake_case(column.name), "{name}");
            assert!(columns.insert(column.name), "{name} is there twice");
        }
    }
}

#[test]
fn every_table_and_column_says_what_it_is_in_whole_sentences() {
    let mut poor = Vec::new();
    let mut ask = |name: String, text: &str| {
        let text = text.trim_ascii();
        let begins_well =
            text.starts_with(|c: char| !c.is_ascii_lowercase()) || text.starts_with("p-value");
        let is_sentence = text.ends_with('.') && begins_well && !text.contains("  ");
        if text.len() < 4 || !is_sentence {
            poor.push(format!("{name}: {text:?}"));
        }
    };
    for table in all() {
        ask(table.name.to_owned(), table.grain);
        for column in table.columns {
            ask(format!("{}.{}", table.name, column.name), column.description);
        }
    }
    assert!(poor.is_empty(), "{poor:#?}");
}

#[test]
fn keys_are_columns_named_once_and_never_null() {
    for table in all() {
        let mut seen = BTreeSet::new();
        for key in table.key {
            let column = table.column(key);
            let name = format!("`{}.{key}`", table.name);
            assert!(column.is_some(), "{name} is no column");
            assert!(seen.insert(key), "{name} is in the key twice");
            let may_be_null = column.is_some_and(|column| column.nullable);
            assert_eq!(may_be_null, NULLABLE_KEYS.contains(&(table.name, key)), "{name}");
        }
    }
}

#[test]
fn a_published_table_has_a_key_unless_it_lists_rejects() {
    let without: Vec<_> = all()
        .into_iter()
        .filter(|table| table.retention == Retention::Published && table.key.is_empty())
        .map(|table| table.name)
        .collect();
    assert_eq!(without, ["reject"]);
}

#[test]
fn contact_data_stands_in_no_published_table_but_these() {
    // What names or reaches a person is kept where it is needed and nowhere else.
    let holders: Vec<_> = all()
        .into_iter()
        .filter(|table| table.retention == Retention::Published)
        .filter(|table| table.columns.iter().any(|it| it.personal == PersonalData::Contact))
        .map(|table| table.name)
        .collect();
    assert_eq!(holders, ["identifier_holder", "golden_customer", "offer_file"]);
}

#[test]
fn a_table_is_found_by_its_name_and_a_fed_one_is_not_published() {
    for table in all() {
        assert!(find(table.name).is_some_and(|found| std::ptr::eq(found, table)));
    }
    assert!(find("no_such_table").is_none());
    let fed = source_tables();
    assert_eq!(fed.len(), 13);
    assert!(fed.iter().all(|table| table.retention == Retention::Transient));
}

#[test]
fn only_required_columns_of_fed_tables_have_a_default() {
    for table in source_tables() {
        for column in table.columns {
            let has_default = idip_schemas::has_source_default(table.name, column.name);
            let name = format!("`{}.{}`", table.name, column.name);
            assert!(!has_default || !column.nullable, "{name} may be null and has a default");
        }
    }
}

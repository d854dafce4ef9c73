//! The data dictionary: every contract as Markdown, for people.

use arrow_schema::DataType;

use crate::{Column, PersonalData, Retention, TableContract, Unit};
use crate::{differentiate, identify, interact, measure, personalize, source};

/// The contracts of each stage, under the name of its folder in a night.
fn stages() -> [(&'static str, &'static str, Vec<&'static TableContract>); 6] {
    [
        ("sources", "what the feeds become", source::CONTRACTS.to_vec()),
        ("identify", "who is who", identify::contracts()),
        ("differentiate", "worth and need", differentiate::contracts()),
        ("interact", "whom to contact, when, where and why", interact::CONTRACTS.to_vec()),
        ("personalize", "which offer, within budget", personalize::CONTRACTS.to_vec()),
        ("measure", "what it earned", measure::CONTRACTS.to_vec()),
    ]
}

/// The stage that makes a table, which is the name of its folder in a night.
pub fn stage_of(contract: &TableContract) -> &'static str {
    stages()
        .into_iter()
        .find(|(_, _, contracts)| contracts.iter().any(|it| it.name == contract.name))
        .map_or("", |(stage, _, _)| stage)
}

/// The data dictionary of every table, as Markdown.
pub fn markdown() -> String {
    let sections = stages().map(|(stage, title, contracts)| section(stage, title, &contracts));
    format!("{PREFACE}{}", sections.concat())
}

fn section(stage: &str, title: &str, contracts: &[&'static TableContract]) -> String {
    let list: Vec<String> = contracts
        .iter()
        .map(|contract| {
            let kept = if contract.retention == Retention::Published { "yes" } else { "no" };
            let (name, grain) = (contract.name, cell(contract.grain));
            format!("| [`{name}`](#{name}) | {grain} | {kept} |\n")
        })
        .collect();
    let tables: Vec<String> = contracts.iter().map(|contract| table(stage, contract)).collect();
    format!(
        "\n## {stage}: {title}\n\n| table | one row is | kept |\n|---|---|---|\n{}{}",
        list.concat(),
        tables.concat(),
    )
}

const PREFACE: &str = "\
# Data dictionary

Made from the contracts in `schemas/src`; do not edit it, run `make bless`.

A table that is *kept* is published with the night, as Parquet, under `<stage>/<table>/`. It also has a
contract in the Open Data Contract Standard v3.1.0, [contracts/](contracts/). The others are made by
one step for the next and are not on disk afterwards; those of the stage *sources* are what a feed of
the project file may fill.

Rows are sorted by the key. A key has each value once.

**Types** are those under which SQL engines read the Parquet files. **Null** says whether a column may
have nulls. **Personal** says how close a column is to a person: `contact` names or reaches one,
`pseudonym` tells persons apart without naming them, `behaviour` is about one person under a pseudonym,
`none` says nothing about one person.

**Units**

| unit | meaning |
|---|---|
| `id` | an identifier; its digits mean nothing |
| `text` | free text |
| `code` | one of a list of words |
| `day` | a calendar day in the project's time zone |
| `instant` | an instant in UTC |
| `days` | whole or fractional days |
| `count` | a number of things |
| `money` | the project's currency |
| `share` | a part of a whole |
| `probability` | a probability, 0 to 1 |
| `score` | a score on a stated scale |
| `quantity` | pieces, or whatever the product is sold by |
| `flag` | yes or no |
| `number` | a number without a unit |
";

fn table(stage: &str, contract: &TableContract) -> String {
    let name = contract.name;
    let key = match contract.key {
        [] => "none".to_owned(),
        key => key.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    };
    let place = match contract.retention {
        Retention::Published => {
            format!("Kept in `{stage}/{name}/`, [contract](contracts/{name}.odcs.yaml)")
        }
        Retention::Transient => "Not kept".to_owned(),
    };
    let rows: Vec<String> = contract.columns.iter().map(row).collect();
    format!(
        "\n### {name}\n\n{}\n\nKey: {key}. Version {}. {place}.\n\n\
         | column | type | unit | null | personal | meaning |\n|---|---|---|---|---|---|\n{}",
        contract.grain.trim_ascii(),
        contract.version,
        rows.concat(),
    )
}

fn row(column: &Column) -> String {
    format!(
        "| `{}` | {} | {} | {} | {} | {} |\n",
        column.name,
        sql_type(&(column.data_type)()),
        unit_word(column.unit),
        if column.nullable { "yes" } else { "no" },
        class_word(column.personal),
        cell(column.description),
    )
}

/// Text that stays in its cell of a Markdown table.
fn cell(text: &str) -> String {
    text.trim_ascii().replace('|', "\\|")
}

/// The SQL type under which readers of Parquet see an Arrow type.
pub(crate) fn sql_type(data_type: &DataType) -> String {
    match data_type {
        DataType::Int32 => "INTEGER".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Utf8 => "VARCHAR".to_owned(),
        DataType::LargeBinary => "BLOB".to_owned(),
        DataType::Date32 => "DATE".to_owned(),
        DataType::Timestamp(..) => "TIMESTAMP".to_owned(),
        DataType::Decimal128(precision, scale) => format!("DECIMAL({precision},{scale})"),
        DataType::List(item) => format!("{}[]", sql_type(item.data_type())),
        other => other.to_string(),
    }
}

pub(crate) fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Id => "id",
        Unit::Text => "text",
        Unit::Code => "code",
        Unit::Day => "day",
        Unit::Instant => "instant",
        Unit::Days => "days",
        Unit::Count => "count",
        Unit::Money => "money",
        Unit::Share => "share",
        Unit::Probability => "probability",
        Unit::Score => "score",
        Unit::Quantity => "quantity",
        Unit::Flag => "flag",
        Unit::Number => "number",
    }
}

pub(crate) fn class_word(class: PersonalData) -> &'static str {
    match class {
        PersonalData::None => "none",
        PersonalData::Pseudonym => "pseudonym",
        PersonalData::Behaviour => "behaviour",
        PersonalData::Contact => "contact",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contract_belongs_to_the_stage_whose_file_declares_it() {
        assert!(crate::all().iter().all(|contract| !stage_of(contract).is_empty()));
        assert_eq!(stage_of(&source::reject::CONTRACT), "sources");
        assert_eq!(stage_of(&measure::kpi::CONTRACT), "measure");
    }

    #[test]
    fn a_type_is_told_as_sql_readers_see_it() {
        let type_of = |contract: &TableContract, column: &str| {
            sql_type(&(contract.column(column).expect("is a column").data_type)())
        };
        assert_eq!(type_of(&source::sales_total::CONTRACT, "sale_amount"), "DECIMAL(18,2)");
        assert_eq!(type_of(&source::party_purchase::CONTRACT, "purchases"), "BLOB");
        assert_eq!(
            type_of(&differentiate::customer_feature::CONTRACT, "category_shares"),
            "DOUBLE[]"
        );
    }

    #[test]
    fn a_bar_in_a_meaning_does_not_end_its_cell() {
        assert_eq!(cell(" `a|b` or c. "), "`a\\|b` or c.");
    }
}

//! Contracts in the Open Data Contract Standard, v3.1.0, for tools that are not ours.
//!
//! Field names and order follow the standard's own examples. A contract has no times and no servers:
//! it says what a table is, not where one night of it lies.

use arrow_schema::{DataType, Field};
use serde::Serialize;

use crate::dictionary::{class_word, sql_type, stage_of, unit_word};
use crate::{Column, TableContract};

/// One contract as an ODCS document, ready for a YAML serializer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DataContract {
    api_version: &'static str,
    kind: &'static str,
    id: String,
    name: &'static str,
    version: String,
    status: &'static str,
    schema: Vec<SchemaObject>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct SchemaObject {
    name: &'static str,
    physical_name: String,
    logical_type: &'static str,
    physical_type: &'static str,
    description: &'static str,
    properties: Vec<Property>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quality: Vec<Quality>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Property {
    name: &'static str,
    logical_type: &'static str,
    physical_type: String,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_key: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_key_position: Option<usize>,
    description: &'static str,
    classification: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Item>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quality: Vec<Quality>,
    custom_properties: Vec<CustomProperty>,
}

/// What a list holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    logical_type: &'static str,
    physical_type: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Quality {
    #[serde(rename = "type")]
    kind: &'static str,
    metric: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<Arguments>,
    must_be: u32,
    unit: &'static str,
    dimension: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Arguments {
    properties: Vec<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct CustomProperty {
    property: &'static str,
    value: &'static str,
}

impl DataContract {
    /// Makes the document of one contract.
    ///
    /// `physicalName` is the folder of the table below that of a night; `physicalType` is the SQL type
    /// under which readers of its Parquet files see a column.
    pub fn of(contract: &'static TableContract) -> Self {
        let unique = (!contract.key.is_empty()).then(|| Quality {
            kind: "library",
            metric: "duplicateValues",
            arguments: Some(Arguments { properties: contract.key.to_vec() }),
            must_be: 0,
            unit: "rows",
            dimension: "uniqueness",
        });
        Self {
            api_version: "v3.1.0",
            kind: "DataContract",
            id: format!("idip-{}", contract.name),
            name: contract.name,
            version: contract.version.to_string(),
            status: "active",
            schema: vec![SchemaObject {
                name: contract.name,
                physical_name: format!("{}/{}", stage_of(contract), contract.name),
                logical_type: "object",
                physical_type: "parquet",
                description: contract.grain.trim_ascii(),
                properties: contract.columns.iter().map(|it| Property::of(contract, it)).collect(),
                quality: unique.into_iter().collect(),
            }],
        }
    }
}

impl Property {
    fn of(contract: &TableContract, column: &Column) -> Self {
        let data_type = (column.data_type)();
        let position = contract.key.iter().position(|key| *key == column.name).map(|at| at + 1);
        let filled = (position.is_some() && !column.nullable).then_some(Quality {
            kind: "library",
            metric: "nullValues",
            arguments: None,
            must_be: 0,
            unit: "rows",
            dimension: "completeness",
        });
        Self {
            name: column.name,
            logical_type: logical_type(&data_type),
            physical_type: sql_type(&data_type),
            required: !column.nullable,
            primary_key: position.map(|_| true),
            primary_key_position: position,
            description: column.description.trim_ascii(),
            classification: class_word(column.personal),
            items: match &data_type {
                DataType::List(item) => Some(Item::of(item)),
                _ => None,
            },
            quality: filled.into_iter().collect(),
            custom_properties: vec![CustomProperty {
                property: "unit",
                value: unit_word(column.unit),
            }],
        }
    }
}

impl Item {
    fn of(field: &Field) -> Self {
        let data_type = field.data_type();
        Self { logical_type: logical_type(data_type), physical_type: sql_type(data_type) }
    }
}

fn logical_type(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Int32 | DataType::Int64 => "integer",
        DataType::Float64 | DataType::Decimal128(..) => "number",
        DataType::Boolean => "boolean",
        DataType::Date32 => "date",
        DataType::Timestamp(..) => "timestamp",
        DataType::List(_) => "array",
        _ => "string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_tells_what_its_items_are() {
        let contract = &crate::differentiate::customer_feature::CONTRACT;
        let shares = contract.column("category_shares").expect("is a column");
        let shares = Property::of(contract, shares);

        assert_eq!(shares.logical_type, "array");
        let item = shares.items.expect("a list has items");
        assert_eq!((item.logical_type, item.physical_type.as_str()), ("number", "DOUBLE"));
    }

    #[test]
    fn a_key_of_two_columns_is_numbered_in_the_order_of_the_key() {
        let contract = &crate::source::reconciliation::CONTRACT;
        let document = DataContract::of(contract);
        let positions: Vec<_> = document.schema[0]
            .properties
            .iter()
            .map(|property| (property.name, property.primary_key_position))
            .collect();

        assert_eq!(
            positions,
            [("feed", Some(1)), ("outcome", Some(2)), ("rows", None), ("amount", None)]
        );
        let arguments = document.schema[0].quality[0].arguments.as_ref().expect("names the key");
        assert_eq!(arguments.properties, ["feed", "outcome"]);
    }

    #[test]
    fn a_table_without_a_key_promises_no_unique_rows() {
        let document = DataContract::of(&crate::source::reject::CONTRACT);
        assert!(document.schema[0].quality.is_empty());
    }
}

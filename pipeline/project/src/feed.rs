//! One feed: where its files are, how they are read, and what their columns become.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// One feed of one table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// Source table the feed fills: transaction, party, product, interaction, survey, consent,
    /// suppression, offer, `campaign_contact`, response, `social_post`, `link_decision` or `person_label`.
    pub table: String,
    /// Files, as paths or globs relative to the project file.
    pub files: OneOrMany,
    /// How the files are written; by default told from their ending.
    #[serde(default)]
    pub format: Option<FeedKind>,
    /// Delimiter of CSV: one character, `tab`, or `blanks` for runs of blanks.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// Encoding of text: `utf-8` (default) or `latin-1`.
    #[serde(default)]
    pub encoding: Option<Encoding>,
    /// Whether numbers have a decimal comma (1.234,50).
    #[serde(default)]
    pub decimal_comma: bool,
    /// Names of the columns of a CSV without a header line.
    #[serde(default)]
    pub header: Option<Vec<String>>,
    /// Texts that mean "no value", beside the empty one.
    #[serde(default)]
    pub null_values: Vec<String>,
    /// Time zone of times written without one; by default the project's.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Types of columns of the file, where they differ from what their target asks for.
    #[serde(default)]
    pub types: BTreeMap<String, RawType>,
    /// What each column of the table is made of.
    pub columns: BTreeMap<String, ColumnSource>,
    /// What happens to rows that are equal in every column of the feed's mapping.
    #[serde(default)]
    pub duplicates: Duplicates,
    /// Columns of the table that tell rows apart; two rows equal in them are duplicates, and are
    /// refused when they differ elsewhere. By default every mapped column together.
    #[serde(default)]
    pub unique_by: Option<Vec<String>>,
    /// Largest share of rejected rows; above it the night stops.
    #[serde(default = "default_max_rejects")]
    pub max_rejects: f64,
    /// Companion file with row count, total and checksum, beside each file.
    #[serde(default)]
    pub control: Option<ControlFormat>,
    /// Whether the feed may be absent or empty.
    #[serde(default)]
    pub optional: bool,
}

fn default_max_rejects() -> f64 {
    0.01
}

/// One text or a list of texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Many.
    Many(Vec<String>),
}

impl OneOrMany {
    /// As a list.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrManyVisitor;
        impl<'de> Visitor<'de> for OneOrManyVisitor {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(text.to_owned()))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut seq: A,
            ) -> Result<OneOrMany, A::Error> {
                let mut many = Vec::new();
                while let Some(item) = seq.next_element()? {
                    many.push(item);
                }
                Ok(OneOrMany::Many(many))
            }
        }
        deserializer.deserialize_any(OneOrManyVisitor)
    }
}

/// How a feed's files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FeedKind {
    /// Delimited text.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
}

/// Encoding of a text feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Encoding {
    /// UTF-8, with or without byte-order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-1252, which contains ISO 8859-1.
    #[serde(rename = "latin-1")]
    Latin1,
}

/// Type of a column as it stands in a text file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawType {
    /// Text.
    Text,
    /// Whole number.
    Integer,
    /// Exact number with at most six decimals.
    Decimal,
    /// Day, ISO 8601 or in a strftime format.
    Date(Option<String>),
    /// Time, ISO 8601 or in a strftime format.
    Timestamp(Option<String>),
    /// Yes or no.
    Boolean,
}

impl<'de> Deserialize<'de> for RawType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (kind, format) = match text.split_once(' ') {
            Some((kind, format)) => (kind, Some(format.trim().to_owned())),
            None => (text.as_str(), None),
        };
        match (kind, format) {
            ("text", None) => Ok(Self::Text),
            ("integer", None) => Ok(Self::Integer),
            ("decimal", None) => Ok(Self::Decimal),
            ("boolean", None) => Ok(Self::Boolean),
            ("date", format) => Ok(Self::Date(format)),
            ("timestamp", format) => Ok(Self::Timestamp(format)),
            _ => Err(serde::de::Error::custom(format!(
                "unknown type `{text}`, expected text, integer, decimal, boolean, \
                 date [strftime format] or timestamp [strftime format]"
            ))),
        }
    }
}

/// What a column of a table is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ColumnSource {
    /// A column of the file, by name.
    Column(String),
    /// An SQL expression over the columns of the file.
    Sql {
        /// The expression.
        sql: String,
    },
    /// The same value in every row.
    Value {
        /// The value.
        value: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnSourceMap {
    sql: Option<String>,
    value: Option<String>,
}

impl<'de> Deserialize<'de> for ColumnSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SourceVisitor;
        impl<'de> Visitor<'de> for SourceVisitor {
            type Value = ColumnSource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a column, {sql: expression} or {value: constant}")
            }

            fn visit_str<E>(self, text: &str) -> Result<ColumnSource, E> {
                Ok(ColumnSource::Column(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColumnSource, A::Error> {
                let map = ColumnSourceMap::deserialize(MapAccessDeserializer::new(map))?;
                match (map.sql, map.value) {
                    (Some(sql), None) => Ok(ColumnSource::Sql { sql }),
                    (None, Some(value)) => Ok(ColumnSource::Value { value }),
                    _ => Err(serde::de::Error::custom("expected exactly one of `sql` and `value`")),
                }
            }
        }
        deserializer.deserialize_any(SourceVisitor)
    }
}

/// What happens to duplicate rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// All but one are left out and counted.
    #[default]
    Drop,
    /// All count: the feed is known to repeat itself rightly, or to be unique.
    Keep,
}

/// Form of the companion file of a feed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlFormat {
    /// Ending that makes the companion's name from the file's, as in `.control.json`.
    pub suffix: String,
}

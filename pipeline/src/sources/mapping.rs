//! The SQL that turns the raw columns of one feed into the columns of its table.
//!
//! Every column is cast in a way that gives null instead of an error; `_reject` then says, for the
//! first column at fault, which one and why. Text in a Parquet file and text in a CSV go the same way.

use arrow_schema::{DataType, TimeUnit};
use idip_project::{ColumnSource, Feed};
use idip_schemas::{Column, TableContract};

use super::landing::BIRTH_DATE;
use crate::engine::{identifier, literal};
use crate::error::MappingProblem;

/// Why a row is refused after its raw columns were read, and the name of the column, as SQL text.
pub(crate) const REJECT: &str = "_reject";

/// Columns of source tables that name a party.
const PARTIES: [&str; 2] = ["party_ref", "other_ref"];

/// What `_reject` says of a row whose party was erased: it is accounted for apart, and never listed.
pub(crate) const ERASED: &str = "party_ref|erased";

/// Why a row is refused that holds a word its column does not know.
pub(super) const UNKNOWN_CODE: &str = "unknown_code";

/// Copies of a row that were folded into one.
pub(crate) const COPIES: &str = "_copies";

/// What a mapping needs to know beside the feed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// Zone of times written without one in Parquet files.
    pub(crate) written_zone: &'a str,
    /// Business zone of the project.
    pub(crate) business_zone: &'a str,
    /// Whether somebody was erased, so that the engine knows `is_erased`.
    pub(crate) has_erased: bool,
}

/// SQL that selects the table's columns and `_reject` from the raw rows `from`, and passes `_place` and
/// `_copies` through.
///
/// # Errors
///
/// One problem for each column that is not there or has a type that cannot be read.
pub(crate) fn mapping(
    feed_name: &str,
    feed: &Feed,
    contract: &'static TableContract,
    expressions: &[(String, DataType)],
    from: &str,
    around: Surroundings<'_>,
) -> Result<String, Vec<MappingProblem>> {
    let mut problems = Vec::new();
    let mut sources = Vec::new();
    let mut typed = Vec::new();
    let mut rejects = Vec::new();
    // Before anything else: of who was erased not even a mistake is looked at.
    let names_party =
        |name: &&str| feed.columns.contains_key(*name) && contract.column(name).is_some();
    for name in PARTIES.iter().filter(|name| around.has_erased && names_party(name)) {
        rejects.push(format!("WHEN is_erased({name}) THEN '{ERASED}'"));
    }
    for column in contract.columns {
        let raw = format!("r_{}", column.name);
        let target = identifier(column.name);
        let Some(source) = feed.columns.get(column.name) else {
            let sql = default(feed_name, contract.name, column, expressions);
            typed.push(format!("{sql} AS {target}"));
            continue;
        };
        let sql = match source {
            ColumnSource::Column(name) => identifier(name),
            ColumnSource::Sql { sql } => format!("({sql})"),
            ColumnSource::Value { value } => literal(value),
        };
        sources.push(format!("{sql} AS {raw}"));
        let found = expressions
            .iter()
            .find(|(name, _)| name == &raw)
            .map_or(DataType::Null, |(_, data_type)| data_type.clone());
        let Some(cast) = cast(&raw, &found, column, around) else {
            problems.push(MappingProblem {
                column: column.name.to_owned(),
                message: format!("cannot be made of {found}, expected {}", (column.data_type)()),
                hint: Some("an expression with CAST can change a type".into()),
            });
            continue;
        };
        let code = codes(contract.name, column.name);
        let may_be_impossible = contract.name == "party" && column.name == BIRTH_DATE;
        if cast.can_fail && !may_be_impossible {
            rejects.push(format!(
                "WHEN {raw} IS NOT NULL AND {blank} AND {target} IS NULL THEN '{}|{}'",
                column.name,
                unreadable(column),
                blank = cast.is_value,
            ));
        }
        if !column.nullable {
            rejects.push(format!("WHEN {target} IS NULL THEN '{}|missing_required'", column.name));
        }
        if !code.is_empty() {
            let list: Vec<_> = code.iter().map(|code| literal(code)).collect();
            rejects.push(format!(
                "WHEN {target} NOT IN ({}) THEN '{}|{UNKNOWN_CODE}'",
                list.join(", "),
                column.name
            ));
        }
        typed.push(format!("{} AS {target}", cast.sql));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let reject = if rejects.is_empty() {
        "CAST(NULL AS VARCHAR)".to_owned()
    } else {
        format!("CASE {} END", rejects.join(" "))
    };
    let raws: Vec<String> = contract
        .columns
        .iter()
        .filter(|column| feed.columns.contains_key(column.name))
        .map(|column| format!("r_{}", column.name))
        .collect();
    let columns: Vec<String> = contract.columns.iter().map(|c| identifier(c.name)).collect();
    Ok(format!(
        "SELECT {columns}, {reject} AS {REJECT}, _place, _copies \
         FROM (SELECT {typed}, {raws}, _place, _copies \
         FROM (SELECT {sources}, _place, _copies FROM {from}) AS raw) AS typed",
        columns = columns.join(", "),
        typed = typed.join(", "),
        raws = raws.join(", "),
        sources = sources.join(", "),
    ))
}

/// The expressions of a feed over its raw columns, as a select list.
pub(crate) fn select_list(feed: &Feed, contract: &'static TableContract) -> String {
    contract
        .columns
        .iter()
        .filter_map(|column| {
            let sql = match feed.columns.get(column.name)? {
                ColumnSource::Column(name) => identifier(name),
                ColumnSource::Sql { sql } => format!("({sql})"),
                ColumnSource::Value { value } => literal(value),
            };
            Some(format!("{sql} AS r_{}", column.name))
        })
        .collect::<Vec<_>>()
        .join(", ")
}

struct Cast {
    sql: String,
    /// Whether a value may turn into null.
    can_fail: bool,
    /// SQL that tells a value from a text that means none.
    is_value: String,
}

/// The value of `raw` as the column's type, or null; None when no rule leads there.
fn cast(raw: &str, found: &DataType, column: &Column, around: Surroundings<'_>) -> Option<Cast> {
    use DataType as T;
    let always = |sql: String| Cast { sql, can_fail: false, is_value: "TRUE".into() };
    let tried = |sql: String| Cast { sql, can_fail: true, is_value: "TRUE".into() };
    let is_text = is_text(found);
    let text = format!("clean_text(CAST({raw} AS VARCHAR))");
    let expected = (column.data_type)();
    if matches!(found, T::Null) {
        return Some(always(format!("CAST(NULL AS {})", sql_type(&expected)?)));
    }
    let from_text =
        |sql: String| Cast { sql, can_fail: true, is_value: format!("{text} IS NOT NULL") };
    Some(match &expected {
        T::Utf8 if is_text => Cast {
            sql: if matches!(found, T::Utf8) { format!("clean_text({raw})") } else { text },
            can_fail: false,
            is_value: "TRUE".into(),
        },
        T::Utf8 if found.is_integer() || matches!(found, T::Boolean | T::Date32) => {
            always(format!("CAST({raw} AS VARCHAR)"))
        }
        T::Utf8 if found.is_numeric() => {
            // A spreadsheet turns the key 17850 into 17850.0.
            let whole = format!("CAST({raw} AS BIGINT)");
            let same = format!("{raw} = TRY_CAST(TRY_CAST({raw} AS BIGINT) AS DOUBLE)");
            always(format!(
                "CASE WHEN {same} THEN CAST({whole} AS VARCHAR) ELSE CAST({raw} AS VARCHAR) END"
            ))
        }
        T::Decimal128(18, scale) => {
            let target = format!("DECIMAL(18, {scale})");
            match found {
                T::Decimal128(18, found) if found == scale => always(raw.to_owned()),
                T::Float32 | T::Float64 if *scale == 2 => {
                    tried(format!("float_amount(CAST({raw} AS DOUBLE))"))
                }
                T::Float32 | T::Float64 => {
                    tried(format!("TRY_CAST(TRY_CAST({raw} AS DECIMAL(24, 6)) AS {target})"))
                }
                _ if is_text => {
                    from_text(format!("TRY_CAST(TRY_CAST({text} AS DECIMAL(24, 6)) AS {target})"))
                }
                _ if found.is_numeric() || found.is_decimal() => {
                    tried(format!("TRY_CAST({raw} AS {target})"))
                }
                _ => return None,
            }
        }
        T::Int64 => match found {
            T::Int64 => always(raw.to_owned()),
            _ if found.is_integer() => tried(format!("TRY_CAST({raw} AS BIGINT)")),
            _ if is_text => from_text(format!("TRY_CAST({text} AS BIGINT)")),
            _ if found.is_numeric() || found.is_decimal() => tried(format!(
                "CASE WHEN {raw} = TRY_CAST({raw} AS BIGINT) THEN TRY_CAST({raw} AS BIGINT) END"
            )),
            _ => return None,
        },
        T::Float64 => match found {
            _ if is_text => from_text(format!("TRY_CAST({text} AS DOUBLE)")),
            _ if found.is_numeric() || found.is_decimal() => tried(format!(
                "CASE WHEN abs(TRY_CAST({raw} AS DOUBLE)) < CAST('1e300' AS DOUBLE) THEN TRY_CAST({raw} AS DOUBLE) END"
            )),
            _ => return None,
        },
        T::Date32 => match found {
            T::Date32 => always(raw.to_owned()),
            T::Date64 => tried(format!("TRY_CAST({raw} AS DATE)")),
            // A landed time, or one with a zone of its own, is an instant in UTC.
            T::Timestamp(unit, zone) => {
                let written = if zone.is_some() { "UTC" } else { around.written_zone };
                let naive = format!("arrow_cast({raw}, 'Timestamp(Microsecond, None)')");
                let naive = if matches!((unit, zone), (TimeUnit::Microsecond, None)) {
                    raw
                } else {
                    &naive
                };
                tried(format!(
                    "local_day({naive}, {}, {})",
                    literal(written),
                    literal(around.business_zone)
                ))
            }
            _ if is_text => from_text(format!("TRY_CAST({text} AS DATE)")),
            _ => return None,
        },
        T::Boolean => match found {
            T::Boolean => always(raw.to_owned()),
            _ if is_text => from_text(format!("TRY_CAST({text} AS BOOLEAN)")),
            _ if found.is_integer() => {
                tried(format!("CASE WHEN {raw} = 1 THEN TRUE WHEN {raw} = 0 THEN FALSE END"))
            }
            _ => return None,
        },
        _ => return None,
    })
}

fn is_text(found: &DataType) -> bool {
    use DataType as T;
    matches!(found, T::Utf8 | T::LargeUtf8 | T::Utf8View | T::Dictionary(..))
}

fn sql_type(data_type: &DataType) -> Option<String> {
    Some(match data_type {
        DataType::Utf8 => "VARCHAR".into(),
        DataType::Int64 => "BIGINT".into(),
        DataType::Float64 => "DOUBLE".into(),
        DataType::Boolean => "BOOLEAN".into(),
        DataType::Date32 => "DATE".into(),
        DataType::Decimal128(precision, scale) => format!("DECIMAL({precision}, {scale})"),
        _ => return None,
    })
}

fn unreadable(column: &Column) -> &'static str {
    match (column.data_type)() {
        DataType::Date32 => "not_a_date",
        DataType::Boolean => "not_a_boolean",
        _ => "not_a_number",
    }
}

/// The words a column may hold; empty when any word is good.
pub(super) fn codes(table: &str, column: &str) -> &'static [&'static str] {
    match (table, column) {
        ("transaction", "line_type") => &["sale", "return", "adjustment"],
        ("party", "party_type") => &["customer", "prospect"],
        ("interaction", "direction") => &["in", "out"],
        ("survey", "kind") => &["nps", "ces", "csat"],
        ("consent", "status") => &["granted", "denied", "withdrawn"],
        ("campaign_contact", "arm") => &["treatment", "control"],
        ("link_decision", "decision") => &["must_link", "cannot_link"],
        ("response", "kind") => &["redemption", "purchase", "click", "visit"],
        _ => &[],
    }
}

/// What a column is when the feed says nothing of it.
fn default(
    feed_name: &str,
    table: &str,
    column: &Column,
    expressions: &[(String, DataType)],
) -> String {
    match (table, column.name) {
        ("transaction", "line_type") => {
            let found = expressions.iter().find(|(name, _)| name == "r_amount");
            let amount = if found.is_some_and(|(_, found)| is_text(found)) {
                "TRY_CAST(clean_text(CAST(r_amount AS VARCHAR)) AS DOUBLE)"
            } else {
                "r_amount"
            };
            format!("CASE WHEN {amount} < 0 THEN 'return' ELSE 'sale' END")
        }
        ("party", "source") => literal(feed_name),
        ("consent" | "suppression", "channel" | "purpose") => "'all'".into(),
        ("consent" | "suppression", "valid_from") => "DATE '1970-01-01'".into(),
        ("suppression", "reason") => "'objection'".into(),
        ("campaign_contact", "arm") => "'treatment'".into(),
        ("response", "kind") => "'redemption'".into(),
        ("survey", "kind") => "'nps'".into(),
        ("social_post", "platform") => "'social'".into(),
        _ => {
            let of = sql_type(&(column.data_type)()).unwrap_or_else(|| "VARCHAR".into());
            format!("CAST(NULL AS {of})")
        }
    }
}

/// The column that says when a fact became true; None for tables without one.
pub(crate) fn fact_date(table: &str) -> Option<&'static str> {
    Some(match table {
        "transaction" => "business_date",
        "party" => "registered_on",
        "interaction" => "occurred_on",
        "survey" => "answered_on",
        "consent" | "suppression" => "valid_from",
        "campaign_contact" => "sent_on",
        "response" => "responded_on",
        "social_post" => "posted_on",
        "link_decision" => "decided_on",
        "person_label" => "labelled_on",
        _ => return None,
    })
}

/// The column whose money is accounted for; None for tables without one.
pub(crate) fn money(table: &str) -> Option<&'static str> {
    match table {
        "transaction" | "response" => Some("amount"),
        _ => None,
    }
}

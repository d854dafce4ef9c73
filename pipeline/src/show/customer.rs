//! Everything that was decided about one customer, and why.

use std::collections::BTreeMap;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_select::concat::concat_batches;
use idip_report::Evidence;
use idip_schemas::TableContract;
use idip_schemas::identify::quality::link_decision_outcome;
use idip_schemas::identify::{identity_map, linkage_quality, match_weight};
use serde_json::{Map, Value, json};

use super::{Asked, Shown, line};
use crate::RunError;
use crate::engine::conform;
use crate::night::{Context, command};

const MAP: &str = "identity_map";
const WEIGHTS: &str = "match_weight";
const QUALITY: &str = "linkage_quality";
const DECISIONS: &str = "link_decision_outcome";
const ID_MAP: &str = "customer_id_map";

/// Tables with a row for one customer, and how they are told.
const ABOUT_CUSTOMER: [(&str, &str); 8] = [
    ("golden_customer", "who"),
    ("customer_feature", "what they did"),
    ("rfm_score", "recency, frequency, monetary value"),
    ("customer_value", "what they are expected to buy"),
    ("customer_segment", "segments"),
    ("channel_permission", "channels"),
    ("contact_plan", "contact"),
    ("offer_assignment", "offer"),
];

/// Everything that was decided about one customer.
///
/// `svg` is a file to draw the waterfalls into that say why its records are one.
///
/// # Errors
///
/// When there is no such customer, or nothing to draw.
pub(crate) fn customer(context: &Context, id: i64, svg: Option<&Path>) -> Result<Shown, RunError> {
    let names = ABOUT_CUSTOMER.iter().map(|(table, _)| *table);
    let names: Vec<&str> = names.chain([MAP, WEIGHTS, QUALITY, DECISIONS, ID_MAP]).collect();
    let asked = Asked::new(context, &names)?;
    let mut text = String::new();
    let mut json = Map::new();
    for (table, title) in ABOUT_CUSTOMER {
        if !asked.engine.has_table(table) {
            continue;
        }
        let order = if table == "channel_permission" { " ORDER BY channel" } else { "" };
        let rows = asked.rows(&format!("SELECT * FROM {table} WHERE customer_id = {id}{order}"))?;
        if rows.is_empty() {
            continue;
        }
        line(&mut text, format_args!("{title}"));
        for row in &rows {
            for (column, value) in row.iter().filter(|(column, _)| *column != "customer_id") {
                if !value.is_null() {
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    line(&mut text, format_args!("  {column:<28} {value}"));
                }
            }
        }
        json.insert(table.to_owned(), Value::Array(rows.into_iter().map(Value::Object).collect()));
    }
    if json.is_empty() {
        return Err(not_in_force(&asked, id)?);
    }
    let evidence = evidence(&asked, id)?;
    let language = context.project.report.language;
    if let Some(evidence) = &evidence {
        text.push_str(&evidence.text(language));
        json.insert("evidence".to_owned(), serde_json::to_value(evidence).unwrap_or_default());
    }
    if let Some(path) = svg {
        let Some(evidence) = evidence.filter(|evidence| !evidence.pairs.is_empty()) else {
            return Err(command(
                &format!(
                    "no pair of records of customer {id} was weighed: there is nothing to draw"
                ),
                Some("it has one record, or identifiers alone made it one: see `identify.linkage`"),
            ));
        };
        fs_err::write(path, evidence.svg(language)).map_err(|source| RunError::File {
            action: "cannot write",
            path: path.to_owned(),
            source,
        })?;
        line(&mut text, format_args!("wrote {}", path.display()));
        json.insert("svg".to_owned(), json!(path));
    }
    Ok(Shown { text, json: Value::Object(json) })
}

/// What became of an id that is no customer's.
fn not_in_force(asked: &Asked, id: i64) -> Result<RunError, RunError> {
    let sql = format!(
        "SELECT state, cause, changed_on, current_customer_id FROM {ID_MAP} WHERE customer_id = {id}"
    );
    let rows = if asked.engine.has_table(ID_MAP) { asked.rows(&sql)? } else { Vec::new() };
    let date = asked.night.date();
    let Some(row) = rows.first() else {
        return Ok(command(
            &format!("no customer {id} on {date}"),
            Some(
                "ids in force are those of `golden_customer`; `identity_map` has the id of each key of a source",
            ),
        ));
    };
    let word = |column: &str| row.get(column).and_then(Value::as_str).unwrap_or_default();
    let changed_on = word("changed_on");
    let follower = row.get("current_customer_id").and_then(Value::as_i64);
    Ok(match (word("state"), follower) {
        ("erased", _) => command(
            &format!("customer {id} was erased on {changed_on} ({})", word("cause")),
            Some("nothing but the id is kept of who was erased"),
        ),
        (_, Some(follower)) => command(
            &format!("customer {id} became customer {follower} on {changed_on}"),
            Some(&format!("`idip show customer {follower}`")),
        ),
        _ => command(
            &format!("customer {id} is gone since {changed_on}: no feed names it any more"),
            Some("a night before that day shows it: `--date`"),
        ),
    })
}

/// Why the references of a customer are one; none where it has a single one and was weighed against
/// nobody.
fn evidence(asked: &Asked, id: i64) -> Result<Option<Evidence>, RunError> {
    let is_current = |contract: &TableContract| {
        let mut tables = asked.night.tables().iter();
        tables.any(|it| it.table == contract.name && it.contract_version == contract.version)
    };
    // A night of an older version has no levels; it is drawn again when it is run again.
    let needed = [
        &match_weight::CONTRACT,
        &identity_map::CONTRACT,
        &linkage_quality::CONTRACT,
        &link_decision_outcome::CONTRACT,
    ];
    if !needed.into_iter().all(is_current) {
        return Ok(None);
    }
    let of_it = format!("SELECT party_ref FROM {MAP} WHERE customer_id = {id}");
    let weights = format!(
        "SELECT * FROM {WEIGHTS} WHERE party_ref IN ({of_it}) OR other_ref IN ({of_it}) \
         ORDER BY party_ref, other_ref"
    );
    let batches = asked.engine.ask("published tables", &weights, asked.as_of)?;
    let weights = batches
        .iter()
        .map(|batch| conform(WEIGHTS, &match_weight::CONTRACT, batch))
        .collect::<Result<Vec<_>, _>>()?;
    let weights = concat_batches(&match_weight::CONTRACT.schema(), &weights)
        .map_err(|error| RunError::Bug(error.to_string()))?;
    let members = format!(
        "SELECT DISTINCT m.party_ref, m.customer_id FROM {MAP} AS m WHERE m.customer_id = {id} \
         OR m.party_ref IN (SELECT other_ref FROM {WEIGHTS} WHERE party_ref IN ({of_it})) \
         OR m.party_ref IN (SELECT party_ref FROM {WEIGHTS} WHERE other_ref IN ({of_it}))"
    );
    let mut customer_of = BTreeMap::new();
    for batch in asked.engine.ask("published tables", &members, asked.as_of)? {
        let rows = batch.column(0).as_string::<i32>().iter();
        let ids = batch.column(1).as_primitive::<Int64Type>().values();
        let rows = rows.zip(ids).filter_map(|(name, id)| Some((name?.to_owned(), *id)));
        customer_of.extend(rows);
    }
    if customer_of.len() < 2 {
        return Ok(None);
    }
    // Where identifiers alone decided there is no threshold, and no pair that was weighed.
    let Some(threshold) = threshold(asked)? else { return Ok(None) };
    Evidence::new(id, threshold, &customer_of, &decided(asked, &of_it)?, &weights)
        .map(Some)
        .map_err(|error| RunError::Bug(error.to_string()))
}

/// Bits from which on a pair spoke for one person in that night.
fn threshold(asked: &Asked) -> Result<Option<f64>, RunError> {
    let sql = format!("SELECT value FROM {QUALITY} WHERE metric = 'least_weight'");
    let answer = asked.engine.ask("published tables", &sql, asked.as_of)?;
    let values = answer.iter().flat_map(|batch| batch.column(0).as_primitive::<Float64Type>());
    Ok(values.flatten().next())
}

/// Pairs of references that a person decided, the smaller first: true where they are one customer.
///
/// `of_it` selects the references of which those of either side are asked.
fn decided(asked: &Asked, of_it: &str) -> Result<BTreeMap<(String, String), bool>, RunError> {
    let sql = format!(
        "SELECT party_ref, other_ref, decision = 'must_link' AS is_one FROM {DECISIONS} \
         WHERE outcome = 'followed' AND (party_ref IN ({of_it}) OR other_ref IN ({of_it}))"
    );
    let mut decided = BTreeMap::new();
    for batch in asked.engine.ask("published tables", &sql, asked.as_of)? {
        let names = |column: usize| batch.column(column).as_string::<i32>().iter();
        let pairs = names(0).zip(names(1)).zip(batch.column(2).as_boolean());
        decided.extend(pairs.filter_map(|((a, b), is_one)| {
            let (a, b) = (a?.to_owned(), b?.to_owned());
            Some((if a < b { (a, b) } else { (b, a) }, is_one?))
        }));
    }
    Ok(decided)
}

#[cfg(test)]
mod tests {
    use idip_numerics::linkage::ComparisonKind as Kind;

    #[test]
    fn every_level_of_agreement_has_words_in_both_languages() {
        let dictionary = include_str!("../../report/src/language/dictionary.tsv");
        let kinds = [
            Kind::Name,
            Kind::LastNameAlone,
            Kind::FirstNameAlone,
            Kind::BirthDate,
            Kind::Email,
            Kind::Phone,
            Kind::Address,
            Kind::PostalCode,
            Kind::Street,
            Kind::City,
            Kind::CityOfOneCode,
            Kind::Identifier,
            Kind::Category,
        ];
        for level in kinds.into_iter().flat_map(Kind::levels) {
            let line = format!("level.{0}\t{0}\t", level.label);
            assert!(dictionary.contains(&line), "{}", level.label);
        }
    }
}

//! From text to project, or to everything that is wrong with it.

use schemars::schema_for;
use serde_json::Value;

use crate::positions::Node;
use crate::unknown_keys::{closest, unknown_keys};
use crate::{ColumnSource, Duplicates, Feed, Positions, Problem, Problems, Project};

/// Largest project file, in bytes: a mapping of a hundred feeds has room, a bomb has not.
const MAX_BYTES: usize = 1 << 20;

/// The JSON Schema of the project file, for editors.
pub fn json_schema() -> Value {
    serde_json::to_value(schema_for!(Project)).unwrap_or(Value::Null)
}

/// Reads a project file.
///
/// # Errors
///
/// Returns every problem that can be found without reading the feeds, in the order of the file.
pub fn read(file: &str, text: &str) -> Result<(Project, Positions), Problems> {
    let fail = |problems| Problems { file: file.to_owned(), problems };
    if text.len() > MAX_BYTES {
        return Err(fail(vec![Problem {
            line: 0,
            column: 0,
            path: String::new(),
            message: format!("is {} bytes long, expected at most {MAX_BYTES}", text.len()),
            hint: Some("keep data in feeds, not in the project file".into()),
        }]));
    }
    let mut positions = Positions::default();
    let unknown = match parse::<Node>(text) {
        Ok(tree) => {
            tree.collect("", &mut positions);
            unknown_keys(&json_schema(), &positions)
        }
        Err(problem) => return Err(fail(vec![*problem])),
    };
    let project = match parse::<Project>(text) {
        Ok(project) => project,
        Err(problem) => {
            let mut problems = unknown;
            // Serde's own complaint about the first unknown key would say the same twice.
            if !problems.iter().any(|known| known.line == problem.line) || problems.is_empty() {
                problems.push(*problem);
            }
            problems.sort();
            return Err(fail(problems));
        }
    };
    let mut problems: Vec<Problem> = unknown;
    for (path, message, hint) in meaning(&project) {
        let (line, column) = positions.of(&path);
        problems.push(Problem { line, column, path, message, hint });
    }
    problems.sort();
    if problems.is_empty() { Ok((project, positions)) } else { Err(fail(problems)) }
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Box<Problem>> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: 20_000,
            max_anchors: 100,
            max_depth: 32,
        },
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let (line, column) =
            error.location().map_or((0, 0), |place| (place.line(), place.column()));
        let full = error.to_string();
        let message = full
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .split_once(": ")
            .filter(|(place, _)| place.starts_with("line "))
            .map_or_else(
                || full.lines().next().unwrap_or_default().to_owned(),
                |(_, rest)| rest.to_owned(),
            );
        let place = format!(" at line {line}, column {column}");
        let message = message.trim_end_matches(place.as_str()).to_owned();
        Box::new(Problem { line, column, path: String::new(), message, hint: None })
    })
}

type Finding = (String, String, Option<String>);

/// Most threads: more than machines have cores, and few enough for every stack.
pub const MOST_THREADS: usize = 1024;

/// Everything that is well formed and yet makes no sense.
fn meaning(project: &Project) -> Vec<Finding> {
    let mut found = Vec::new();
    if project.project.trim().is_empty() {
        found.push(("project".into(), "is empty".into(), Some("give the shop a name".into())));
    }
    if project.currency.len() != 3 || !project.currency.chars().all(|c| c.is_ascii_uppercase()) {
        found.push((
            "currency".into(),
            format!("is `{}`, expected three capital letters", project.currency),
            Some("ISO 4217 codes, as EUR or USD".into()),
        ));
    }
    zone(&mut found, "time_zone", &project.time_zone);
    if !project.feeds.values().any(|feed| feed.table == "transaction") {
        found.push((
            "feeds".into(),
            "no feed fills the table `transaction`".into(),
            Some("sales are the one feed a night cannot do without".into()),
        ));
    }
    for (name, feed) in &project.feeds {
        feed_meaning(&mut found, name, feed);
    }
    offers(&mut found, project);
    exports(&mut found, project);
    for (stage, problems) in [
        ("identify", project.identify.check()),
        ("differentiate", project.differentiate.check()),
        ("interact", project.interact.check()),
        ("personalize", project.personalize.check()),
        ("measure", project.measure.check()),
        ("report", project.report.check()),
    ] {
        found.extend(
            problems.into_iter().map(|(path, message)| (format!("{stage}.{path}"), message, None)),
        );
    }
    trusted_feeds(&mut found, project);
    if let Some(threads) = project.engine.threads.filter(|n| !(1..=MOST_THREADS).contains(n)) {
        let message = format!("is {threads}, expected 1 to {MOST_THREADS}");
        found.push(("engine.threads".into(), message, None));
    }
    if let Some(memory) = &project.engine.memory
        && crate::project::bytes(memory).is_none()
    {
        found.push((
            "engine.memory".into(),
            format!("is `{memory}`, expected a size"),
            Some("as in 512MB or 2GB".into()),
        ));
    }
    if project.keep_nights < 2 {
        found.push((
            "keep_nights".into(),
            "must be at least 2".into(),
            Some("segments and contact caps look at the night before".into()),
        ));
    }
    found
}

/// A feed that is trusted must be there: a slip of the pen would trust nobody.
fn trusted_feeds(found: &mut Vec<Finding>, project: &Project) {
    let golden = &project.identify.golden;
    let trusted = golden.trust.keys().map(|feed| ("trust", feed));
    let trusted = trusted.chain(golden.field_trust.keys().map(|feed| ("field_trust", feed)));
    let known: Vec<String> = project.feeds.keys().cloned().collect();
    for (setting, feed) in trusted.filter(|(_, feed)| !known.contains(feed)) {
        let hint = closest(feed, &known).map(|feed| format!("did you mean `{feed}`?"));
        let path = format!("identify.golden.{setting}.{feed}");
        found.push((path, format!("there is no feed `{feed}`"), hint));
    }
}

fn zone(found: &mut Vec<Finding>, path: &str, name: &str) {
    if jiff::tz::TimeZone::get(name).is_err() {
        found.push((
            path.into(),
            format!("`{name}` is not a time zone"),
            Some("IANA names, as Europe/Madrid or UTC".into()),
        ));
    }
}

fn feed_meaning(found: &mut Vec<Finding>, name: &str, feed: &Feed) {
    let path = format!("feeds.{name}");
    let is_safe = |text: &str| {
        !text.is_empty()
            && text.len() <= 64
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    if !is_safe(name) {
        found.push((
            path.clone(),
            "is not a name for a feed".into(),
            Some("lower-case letters, digits and `_`".into()),
        ));
    }
    let Some(contract) = idip_schemas::source_table(&feed.table) else {
        let known: Vec<String> =
            idip_schemas::source_tables().iter().map(|table| table.name.to_owned()).collect();
        let hint = closest(&feed.table, &known).map_or_else(
            || format!("known: {}", known.join(", ")),
            |table| format!("did you mean `{table}`?"),
        );
        found.push((
            format!("{path}.table"),
            format!("`{}` is not a source table", feed.table),
            Some(hint),
        ));
        return;
    };
    let known: Vec<String> = contract.columns.iter().map(|column| column.name.to_owned()).collect();
    for column in feed.columns.keys().filter(|column| contract.column(column).is_none()) {
        let hint = closest(column, &known).map_or_else(
            || format!("known: {}", known.join(", ")),
            |column| format!("did you mean `{column}`?"),
        );
        found.push((
            format!("{path}.columns.{column}"),
            format!("table `{}` has no such column", feed.table),
            Some(hint),
        ));
    }
    for column in contract.columns.iter().filter(|column| {
        !column.nullable
            && !feed.columns.contains_key(column.name)
            && !idip_schemas::has_source_default(&feed.table, column.name)
    }) {
        found.push((
            format!("{path}.columns"),
            format!("column `{}` of table `{}` is not mapped", column.name, feed.table),
            Some(column.description.trim().to_owned()),
        ));
    }
    if let Some(zone_name) = &feed.time_zone {
        zone(found, &format!("{path}.time_zone"), zone_name);
    }
    if !(0.0..=1.0).contains(&feed.max_rejects) {
        found.push((
            format!("{path}.max_rejects"),
            format!("is {}, expected a share from 0 to 1", feed.max_rejects),
            None,
        ));
    }
    if let Some(delimiter) = &feed.delimiter
        && delimiter.len() != 1
        && !["tab", "blanks"].contains(&delimiter.as_str())
    {
        found.push((
            format!("{path}.delimiter"),
            format!("is `{delimiter}`, expected one character, `tab` or `blanks`"),
            None,
        ));
    }
    if feed.files.as_slice().is_empty() {
        found.push((format!("{path}.files"), "names no file".into(), None));
    }
    for column in feed.unique_by.iter().flatten() {
        if !feed.columns.contains_key(column) {
            found.push((
                format!("{path}.unique_by"),
                format!("column `{column}` is not mapped"),
                None,
            ));
        }
    }
    if feed.unique_by.is_some() && feed.duplicates == Duplicates::Keep {
        found.push((
            format!("{path}.duplicates"),
            "is `keep`, so `unique_by` has nothing to do".into(),
            Some("drop one of the two".into()),
        ));
    }
    for (column, source) in &feed.columns {
        let is_blank = match source {
            ColumnSource::Column(text) | ColumnSource::Sql { sql: text } => text.trim().is_empty(),
            ColumnSource::Value { .. } => false,
        };
        if is_blank {
            found.push((format!("{path}.columns.{column}"), "is empty".into(), None));
        }
    }
}

fn offers(found: &mut Vec<Finding>, project: &Project) {
    let mut seen = std::collections::BTreeSet::new();
    for (index, offer) in project.offers.iter().enumerate() {
        let path = format!("offers[{index}]");
        if offer.id.trim().is_empty() || !seen.insert(offer.id.as_str()) {
            found.push((format!("{path}.id"), "is empty or used twice".into(), None));
        }
        if !(0.0..=1.0).contains(&offer.base_response) {
            found.push((
                format!("{path}.base_response"),
                format!("is {}, expected a probability from 0 to 1", offer.base_response),
                None,
            ));
        }
        if offer.stock.is_some_and(|stock| stock < 0) {
            found.push((format!("{path}.stock"), "is negative".into(), None));
        }
        for (key, money) in [
            ("cost", Some(&offer.cost)),
            ("margin", Some(&offer.margin)),
            ("customer_value", offer.customer_value.as_ref()),
        ] {
            if let Some(money) = money
                && crate::project::cents(money).is_none()
            {
                found.push((
                    format!("{path}.{key}"),
                    format!("is `{money}`, expected money with at most two decimals"),
                    None,
                ));
            }
        }
        for (key, day) in [("valid_from", &offer.valid_from), ("valid_to", &offer.valid_to)] {
            if let Some(day) = day
                && day.parse::<jiff::civil::Date>().is_err()
            {
                found.push((
                    format!("{path}.{key}"),
                    format!("is `{day}`, expected a day"),
                    Some("as in 2026-03-31".into()),
                ));
            }
        }
    }
}

fn exports(found: &mut Vec<Finding>, project: &Project) {
    let mut seen = std::collections::BTreeSet::new();
    for (index, export) in project.exports.iter().enumerate() {
        let path = format!("exports[{index}]");
        let is_safe = !export.name.is_empty()
            && export.name.len() <= 64
            && export
                .name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c));
        if !is_safe {
            found.push((
                format!("{path}.name"),
                format!("`{}` is not a name for a folder", export.name),
                Some("lower-case letters, digits, `_` and `-`".into()),
            ));
        }
        if !seen.insert(export.name.as_str()) {
            found.push((format!("{path}.name"), "is used twice".into(), None));
        }
        if let Some(axis) = &export.split_by
            && !["value", "need", "rfm"].contains(&axis.as_str())
        {
            found.push((
                format!("{path}.split_by"),
                format!("is `{axis}`, expected value, need or rfm"),
                None,
            ));
        }
    }
}

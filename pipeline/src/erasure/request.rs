//! The file that names who is to be erased.

use std::io::BufRead;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};
use idip_feeds::{CsvFormat, FeedFormat, FeedSpec, LINE_COLUMN, RawColumn, RawKind};
use idip_project::Project;
use idip_store::ERASURE_REASONS;

use crate::RunError;
use crate::night::command;

/// Columns that the file may have.
const COLUMNS: [&str; 4] = ["customer_id", "party_ref", "source", "reason"];

/// Problems of a file that are told one by one.
const TOLD: usize = 5;

/// One line: a person, by id, by the key of a record, or by both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Line of the file.
    pub(super) line: i64,
    /// Id of some night.
    pub(super) customer_id: Option<i64>,
    /// Key of a record in its source.
    pub(super) party_ref: Option<String>,
    /// Why, as a code.
    pub(super) reason: &'static str,
}

/// Reads a CSV file with the columns `customer_id` or `party_ref` or both, and at will `source`, a feed,
/// and `reason`, which is `request` unless it says otherwise.
///
/// # Errors
///
/// Every problem with its line, no value among them: the header, a line that names nobody, an id that is
/// no number, a feed or a reason that there is none of.
pub(super) fn read(path: &Path, project: &Project) -> Result<Vec<Wanted>, RunError> {
    let columns = header(path)?;
    let columns =
        columns.into_iter().map(|name| RawColumn::optional(name, RawKind::Text)).collect();
    let spec = FeedSpec::new(FeedFormat::Csv(CsvFormat::default()), columns);
    let mut wanted = Vec::new();
    let mut problems = Vec::new();
    let mut cut = Vec::new();
    idip_feeds::land(
        path,
        &spec,
        8192,
        &mut |batch| {
            for row in 0..batch.num_rows() {
                match line(&batch, row, project) {
                    Ok(one) => wanted.push(one),
                    Err(problem) => problems.push(problem),
                }
            }
            Ok(())
        },
        &mut |reject| {
            cut.push((reject.line as i64, format!("cannot be read: {}", reject.reason.code())));
            Ok(())
        },
    )
    .map_err(|error| command(&format!("`--ids`: {error}"), None))?;
    problems.extend(cut);
    refuse(path, problems)?;
    if wanted.is_empty() {
        let message = format!("`{}` names nobody", path.display());
        return Err(command(&message, Some("one line a person, below the header")));
    }
    Ok(wanted)
}

/// Stops on the problems of a file, the first ones told by line.
pub(super) fn refuse(path: &Path, mut problems: Vec<(i64, String)>) -> Result<(), RunError> {
    if problems.is_empty() {
        return Ok(());
    }
    problems.sort();
    let told: Vec<String> =
        problems.iter().take(TOLD).map(|(line, what)| format!("line {line} {what}")).collect();
    let more = match problems.len().saturating_sub(TOLD) {
        0 => String::new(),
        n => format!("; and {n} more"),
    };
    Err(command(
        &format!("`{}`: {}{more}", path.display(), told.join("; ")),
        Some("nobody was erased: mend these lines, or take them out, and start again"),
    ))
}

/// The columns of the file, all of which must be known.
fn header(path: &Path) -> Result<Vec<String>, RunError> {
    let fail = |source| RunError::File { action: "cannot read", path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(fail)?;
    let mut first = Vec::new();
    std::io::BufReader::new(file).read_until(b'\n', &mut first).map_err(fail)?;
    let first = String::from_utf8_lossy(&first);
    let names: Vec<String> = first
        .trim_start_matches('\u{feff}')
        .split(',')
        .map(|name| name.trim().trim_matches('"').to_owned())
        .collect();
    let is_known = names.iter().all(|name| COLUMNS.contains(&name.as_str()));
    let names_people = names.iter().any(|name| ["customer_id", "party_ref"].contains(&&**name));
    if is_known && names_people {
        return Ok(names);
    }
    Err(command(
        &format!(
            "the first line of `{}` is no header of `customer_id` or `party_ref`",
            path.display()
        ),
        Some(
            "write `customer_id` or `party_ref` (keys of records) or both, between commas; `source` and \
             `reason` may stand beside them, and nothing else",
        ),
    ))
}

fn line(batch: &RecordBatch, row: usize, project: &Project) -> Result<Wanted, (i64, String)> {
    let line = batch.column_by_name(LINE_COLUMN);
    let line = line.map_or(0, |lines| lines.as_primitive::<Int64Type>().value(row));
    let cell = |name: &str| {
        let values = batch.column_by_name(name)?.as_string_opt::<i32>()?;
        let text = values.is_valid(row).then(|| values.value(row).trim())?;
        (!text.is_empty()).then_some(text)
    };
    let fail = |what: String| Err((line, what));
    let customer_id = match cell("customer_id").map(str::parse) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => return fail("has a `customer_id` that is no whole number".into()),
    };
    let party_ref = cell("party_ref").map(str::to_owned);
    if customer_id.is_none() && party_ref.is_none() {
        return fail("names nobody: `customer_id` or `party_ref` must be there".into());
    }
    if let Some(source) = cell("source")
        && !project.feeds.contains_key(source)
    {
        let feeds: Vec<&str> = project.feeds.keys().map(String::as_str).collect();
        return fail(format!(
            "has a `source` that is no feed of the project; its feeds are {}",
            feeds.join(", ")
        ));
    }
    let reason = cell("reason").unwrap_or("request");
    let Some(reason) = ERASURE_REASONS.into_iter().find(|known| *known == reason) else {
        return fail(format!("has a `reason` that is none of {}", ERASURE_REASONS.join(", ")));
    };
    Ok(Wanted { line, customer_id, party_ref, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> Project {
        let text = "project: Shop\ncurrency: EUR\ntime_zone: Europe/Madrid\nfeeds:\n  till:\n    \
                    table: transaction\n    files: till.csv\n    columns: {party_ref: who, \
                    basket_id: receipt, business_date: day, amount: paid}\n";
        idip_project::read("idip.yaml", text).map(|(project, _)| project).unwrap()
    }

    fn asked(text: &str) -> Result<Vec<Wanted>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ids.csv");
        std::fs::write(&path, text).unwrap();
        read(&path, &project()).map_err(|error| error.to_string())
    }

    #[test]
    fn people_are_named_by_id_by_key_or_by_both() {
        let wanted =
            asked("party_ref,customer_id,source,reason\nS1,,till,\n,17,,objection\nS2,18,,\n");
        let one = |line, customer_id, party_ref: Option<&str>, reason| Wanted {
            line,
            customer_id,
            party_ref: party_ref.map(str::to_owned),
            reason,
        };
        let expected = [
            one(2, None, Some("S1"), "request"),
            one(3, Some(17), None, "objection"),
            one(4, Some(18), Some("S2"), "request"),
        ];
        assert_eq!(wanted.unwrap(), expected);
    }

    #[test]
    fn what_is_wrong_is_told_by_line_and_without_a_value() {
        for (text, expected) in [
            ("name\nAna\n", "is no header"),
            ("customer_id,name\n17,Ana\n", "is no header"),
            ("17\n18\n", "is no header"),
            ("customer_id\n", "names nobody"),
            ("customer_id\nAna\n", "line 2 has a `customer_id` that is no whole number"),
            ("customer_id,party_ref\n17,\n,\n", "line 3 names nobody"),
            ("customer_id,reason\n17,whim\n", "line 2 has a `reason` that is none of request"),
            ("party_ref,source\nS1,shop\n", "line 2 has a `source` that is no feed"),
        ] {
            let told = asked(text).unwrap_err();
            assert!(told.contains(expected), "{told}");
            assert!(!told.contains("Ana") && !told.contains("whim"), "{told}");
        }
    }
}

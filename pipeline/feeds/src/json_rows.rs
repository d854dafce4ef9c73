//! Reads the rows of JSON lines into typed columns.

use std::borrow::Cow;
use std::str;

use serde_json::value::RawValue;

use crate::json::{self, Members, Value};
use crate::land::Landing;
use crate::source::{Source, line_end};
use crate::splitter::{FIELD_BYTES_MAX, RECORD_BYTES_MAX};
use crate::{FeedError, FeedSpec, RawKind, RejectReason};

pub(crate) fn read(
    source: &mut Source<'_>,
    spec: &FeedSpec,
    landing: &mut Landing<'_>,
) -> Result<(), FeedError> {
    let mut reader = RowReader {
        spec,
        paths: spec.columns.iter().map(|it| it.name.as_str()).enumerate().collect(),
        summed: landing.columns.summed(),
        seen: vec![false; spec.columns.len()],
    };
    let mut line = 1;
    loop {
        let window = source.window();
        let (end, after) = match line_end(window, source.is_at_end()) {
            Some(ends) => ends,
            None if source.is_at_end() && window.is_empty() => break,
            None if source.is_at_end() => (window.len(), window.len()),
            None if window.len() > RECORD_BYTES_MAX => (window.len(), window.len()),
            None => {
                source.fill().map_err(|error| landing.read_error(error))?;
                continue;
            }
        };
        if end > RECORD_BYTES_MAX {
            reader.reject(line, None, RejectReason::RecordTooLong, landing)?;
            source.skip_line().map_err(|error| landing.read_error(error))?;
        } else {
            let bytes = window.get(..end).unwrap_or_default();
            if bytes.trim_ascii().is_empty() {
                landing.report.blank_lines += 1;
            } else {
                reader.row(bytes, line, landing)?;
            }
            source.consume(after);
        }
        line += 1;
    }
    if landing.report.rows_read > 0 {
        let names = spec.columns.iter().zip(&reader.seen);
        landing.report.columns_never_seen =
            names.filter(|(_, seen)| !**seen).map(|(column, _)| column.name.clone()).collect();
    }
    Ok(())
}

struct RowReader<'a> {
    spec: &'a FeedSpec,
    /// Number and dotted path of each wanted column.
    paths: Vec<(usize, &'a str)>,
    summed: Vec<usize>,
    seen: Vec<bool>,
}

/// What a line says of a wanted column.
#[derive(Clone)]
enum Cell<'b> {
    Absent,
    Null,
    Text(Cow<'b, str>),
    Bad(RejectReason),
}

impl RowReader<'_> {
    fn row(&mut self, bytes: &[u8], line: u64, landing: &mut Landing<'_>) -> Result<(), FeedError> {
        if memchr::memchr(0, bytes).is_some() {
            return self.reject(line, None, RejectReason::NulByte, landing);
        }
        let Ok(text) = str::from_utf8(bytes) else {
            return self.reject(line, None, RejectReason::NotUtf8, landing);
        };
        let mut cells = vec![Cell::Absent; self.paths.len()];
        if let Err((column, reason)) = self.find(text.trim_ascii(), &self.paths, &mut cells) {
            let name = column.and_then(|c| self.spec.columns.get(c)).map(|it| it.name.as_str());
            return self.reject(line, name, reason, landing);
        }
        for &column in &self.summed {
            match cells.get(column) {
                Some(Cell::Text(text)) => landing.columns.add_to_total(column, Some(text)),
                Some(Cell::Bad(_)) => landing.columns.add_to_total(column, None),
                Some(Cell::Absent | Cell::Null) | None => {}
            }
        }
        for (seen, cell) in self.seen.iter_mut().zip(&cells) {
            *seen |= !matches!(cell, Cell::Absent);
        }
        for (column, (cell, wanted)) in cells.iter().zip(&self.spec.columns).enumerate() {
            let (pushed, text) = match cell {
                Cell::Text(text) => (landing.columns.push(column, text), text.as_ref()),
                Cell::Absent | Cell::Null => (landing.columns.push_null(column), ""),
                Cell::Bad(reason) => (Err(*reason), ""),
            };
            if let Err(reason) = pushed {
                let money = landing.columns.money_column().and_then(|money| cells.get(money));
                let money = match money {
                    Some(Cell::Text(text)) => landing.columns.money(text),
                    _ => None,
                };
                return landing.reject(line, Some(&wanted.name), reason, text, money);
            }
        }
        landing.keep(line)
    }

    /// Finds the wanted values of an object: `paths` are what is left of their names here.
    ///
    /// A key with dots in it is as good as the path: both at once are a duplicate.
    fn find<'b>(
        &self,
        object: &'b str,
        paths: &[(usize, &str)],
        cells: &mut [Cell<'b>],
    ) -> Result<(), (Option<usize>, RejectReason)> {
        let Ok(members) = serde_json::from_str::<Members<'b>>(object) else {
            let is_json = serde_json::from_str::<&RawValue>(object).is_ok();
            let is_other = is_json && !object.starts_with('{');
            let reason = if is_other { RejectReason::WrongType } else { RejectReason::BadJson };
            return Err((None, reason));
        };
        if members.has_duplicates() {
            return Err((None, RejectReason::DuplicateKey));
        }
        for (key, raw) in &members.members {
            let mut below = Vec::new();
            for &(column, path) in paths {
                match path.strip_prefix(key.as_ref()) {
                    Some("") => set(column, self.cell(column, raw), cells)?,
                    Some(rest) => {
                        below.extend(rest.strip_prefix('.').map(|rest| (column, rest)));
                    }
                    None => {}
                }
            }
            if below.is_empty() {
                continue;
            }
            match json::value(raw) {
                Some(Value::Object(inner)) => self.find(inner, &below, cells)?,
                Some(Value::Null) => {}
                _ => {
                    for (column, _) in below {
                        set(column, Cell::Bad(RejectReason::WrongType), cells)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn cell<'b>(&self, column: usize, raw: &'b str) -> Cell<'b> {
        let kind = self.spec.columns.get(column).map(|it| &it.kind);
        let text = match json::value(raw) {
            None => return Cell::Bad(RejectReason::BadJson),
            Some(Value::Null) => return Cell::Null,
            Some(Value::String(text)) => text,
            Some(Value::Number(digits)) => Cow::Borrowed(digits),
            Some(Value::Bool(word)) if matches!(kind, Some(RawKind::Boolean | RawKind::Text)) => {
                Cow::Borrowed(word)
            }
            Some(Value::Bool(_) | Value::Object(_) | Value::Array) => {
                return Cell::Bad(RejectReason::WrongType);
            }
        };
        if text.len() > FIELD_BYTES_MAX {
            Cell::Bad(RejectReason::FieldTooLong)
        } else if memchr::memchr(0, text.as_bytes()).is_some() {
            Cell::Bad(RejectReason::NulByte)
        } else {
            Cell::Text(text)
        }
    }

    /// Rejects a row of which no value is known.
    fn reject(
        &self,
        line: u64,
        column: Option<&str>,
        reason: RejectReason,
        landing: &mut Landing<'_>,
    ) -> Result<(), FeedError> {
        for &column in &self.summed {
            landing.columns.add_to_total(column, None);
        }
        landing.reject(line, column, reason, "", None)
    }
}

/// Puts what was found of a column in its place, which must be free.
fn set<'b>(
    column: usize,
    cell: Cell<'b>,
    cells: &mut [Cell<'b>],
) -> Result<(), (Option<usize>, RejectReason)> {
    match cells.get_mut(column) {
        Some(place @ Cell::Absent) => {
            *place = cell;
            Ok(())
        }
        _ => Err((Some(column), RejectReason::DuplicateKey)),
    }
}

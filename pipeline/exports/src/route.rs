//! Which row goes to which segment.

use std::collections::{BTreeSet, HashMap};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};

use crate::cell::Texts;
use crate::error::{ExportError, Result};
use crate::export::column_of;

/// Segments of an export: one file is open for each.
const SEGMENTS: usize = 500;
/// Segment of the rows that have none.
pub(crate) const NO_SEGMENT: &str = "(none)";

/// The segments by name, and the segment of each row.
#[derive(Debug)]
pub(crate) struct Routes {
    pub(crate) names: Vec<String>,
    /// For each batch, for each row, the place in `names`.
    pub(crate) of_rows: Vec<Vec<u16>>,
}

impl Routes {
    /// Everything goes to one segment, which has no name.
    pub(crate) fn one(batches: &[RecordBatch]) -> Self {
        let of_rows = batches.iter().map(|batch| vec![0; batch.num_rows()]).collect();
        Self { names: vec![String::new()], of_rows }
    }

    /// Rows go by the text of `column`; segments that are only `known` have no rows.
    pub(crate) fn by(batches: &[RecordBatch], column: &str, known: &[String]) -> Result<Self> {
        let mut found = Found { column, places: HashMap::new(), names: Vec::new() };
        for name in known {
            found.place(name)?;
        }
        let mut of_rows = Vec::with_capacity(batches.len());
        for batch in batches {
            of_rows.push(found.route(column_of(batch, column)?)?);
        }
        Ok(found.sorted(of_rows))
    }

    /// Counts the rows of each segment.
    pub(crate) fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.names.len()];
        for place in self.of_rows.iter().flatten() {
            if let Some(count) = counts.get_mut(usize::from(*place)) {
                *count += 1;
            }
        }
        counts
    }
}

/// Segments in the order they came up.
struct Found<'a> {
    column: &'a str,
    places: HashMap<String, u16>,
    names: Vec<String>,
}

impl Found<'_> {
    fn place(&mut self, name: &str) -> Result<u16> {
        if let Some(place) = self.places.get(name) {
            return Ok(*place);
        }
        if self.names.len() >= SEGMENTS {
            let column = self.column.to_owned();
            return Err(ExportError::TooManySegments { column, limit: SEGMENTS });
        }
        let place = self.names.len() as u16; // below SEGMENTS
        self.places.insert(name.to_owned(), place);
        self.names.push(name.to_owned());
        Ok(place)
    }

    fn route(&mut self, array: &ArrayRef) -> Result<Vec<u16>> {
        let wrong_type = || ExportError::Type {
            column: self.column.to_owned(),
            found: array.data_type().to_string(),
            expected: "text",
        };
        let mut routed = Vec::with_capacity(array.len());
        let dictionary = array.as_any_dictionary_opt();
        let values = dictionary.map_or(array, |dictionary| dictionary.values());
        let texts = Texts::of(values).ok_or_else(wrong_type)?;
        let keys = match dictionary {
            Some(dictionary) if !values.is_empty() => Some(dictionary.normalized_keys()),
            _ => None,
        };
        // Values of a dictionary are looked up once, texts unless they repeat the row before.
        let mut known = vec![None; if keys.is_some() { values.len() } else { 0 }];
        let mut last: Option<(&str, u16)> = None;
        for row in 0..array.len() {
            let at = keys.as_ref().map_or(row, |keys| keys.get(row).copied().unwrap_or(0));
            let missing = array.is_null(row) || values.is_null(at);
            let place = match (known.get(at).copied().flatten(), last) {
                _ if missing => self.place(NO_SEGMENT)?,
                (Some(place), _) => place,
                (None, Some((before, place))) if before == texts.get(at) => place,
                _ => self.place(texts.get(at))?,
            };
            if !missing {
                last = Some((texts.get(at), place));
                if let Some(known) = known.get_mut(at) {
                    *known = Some(place);
                }
            }
            routed.push(place);
        }
        Ok(routed)
    }

    /// Orders the segments by name, so that batches and row order do not show.
    fn sorted(self, mut of_rows: Vec<Vec<u16>>) -> Routes {
        let names: BTreeSet<String> = self.names.iter().cloned().collect();
        let names: Vec<String> = names.into_iter().collect();
        let moved: Vec<u16> = self
            .names
            .iter()
            .map(|name| names.binary_search(name).unwrap_or_default() as u16)
            .collect();
        for place in of_rows.iter_mut().flatten() {
            *place = moved.get(usize::from(*place)).copied().unwrap_or_default();
        }
        Routes { names, of_rows }
    }
}

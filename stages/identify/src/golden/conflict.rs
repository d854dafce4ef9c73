//! What records disagree about, and what each source knows.

use std::collections::BTreeMap;

use arrow_array::{Array, Date32Array, StringArray};
use idip_schemas::identify::{customer_record, golden_conflict, source_field};

use super::fields::{Field, Values};
use super::survivorship::{Conflict, History};

/// The feeds that records come from.
#[derive(Debug)]
pub(super) struct Sources {
    /// Ascending.
    pub(super) names: Vec<String>,
    /// Position in `names`; shape `(n_records,)`.
    pub(super) of_record: Vec<u32>,
}

impl Sources {
    /// Numbers the feeds by name.
    pub(super) fn number(source: &StringArray) -> Self {
        let mut numbers: BTreeMap<&str, u32> =
            source.iter().flatten().map(|name| (name, 0)).collect();
        for (number, slot) in (0..).zip(numbers.values_mut()) {
            *slot = number;
        }
        let number = |name: Option<&str>| name.and_then(|name| numbers.get(name)).copied();
        Self {
            of_record: source.iter().map(|name| number(name).unwrap_or(u32::MAX)).collect(),
            names: numbers.keys().map(|&name| name.to_owned()).collect(),
        }
    }

    /// The feed of an observation; none for an identifier that names a party by itself.
    fn of(&self, observation: u32) -> Option<&str> {
        let number = self.of_record.get(observation as usize)?;
        self.names.get(*number as usize).map(String::as_str)
    }
}

/// The table of conflicts; `found` is by customer and field, ascending.
pub(super) fn conflicts(
    found: &[(&str, &Conflict)],
    customer_ids: &[i64],
    history: &History,
    sources: &Sources,
) -> golden_conflict::Columns {
    let day = |of: fn(&Conflict) -> u32| -> Date32Array {
        let recency = |conflict| history.recency(of(conflict));
        found.iter().map(|(_, it)| recency(it)).map(|(changed, first)| changed.or(first)).collect()
    };
    let source = |of: fn(&Conflict) -> u32| -> StringArray {
        found.iter().map(|(_, conflict)| sources.of(of(conflict))).collect()
    };
    let id = |conflict: &Conflict| customer_ids.get(conflict.customer).copied().unwrap_or(0);
    golden_conflict::Columns {
        customer_id: found.iter().map(|(_, conflict)| id(conflict)).collect(),
        field: found.iter().map(|(code, _)| Some(*code)).collect(),
        source: source(|conflict| conflict.survivor),
        updated_on: day(|conflict| conflict.survivor),
        share: found.iter().map(|(_, conflict)| conflict.share).collect::<Vec<f64>>().into(),
        runner_up_source: source(|conflict| conflict.runner_up),
        runner_up_updated_on: day(|conflict| conflict.runner_up),
        n_values: found.iter().map(|(_, conflict)| conflict.n_values as i64).collect(),
        n_records: found.iter().map(|(_, conflict)| conflict.n_records as i64).collect(),
    }
}

/// How much of each field each source knows.
pub(super) fn knowledge(
    sources: &Sources,
    records: &customer_record::Columns,
    cleaned: &[Values],
) -> source_field::Columns {
    let mut n_records = vec![0_i64; sources.names.len()];
    for &source in &sources.of_record {
        if let Some(n) = n_records.get_mut(source as usize) {
            *n += 1;
        }
    }
    let mut fields: Vec<(&str, Vec<i64>, Vec<i64>)> = cleaned
        .iter()
        .map(|values| {
            let is_usable = |record: usize| values.get(record as u32).is_some();
            // A given name may stand behind a comma in the field of the family name.
            let is_filled =
                |record: usize| is_usable(record) || is_filled(values.field, records, record);
            (values.field.code(), count(sources, is_filled), count(sources, is_usable))
        })
        .collect();
    fields.sort_unstable_by_key(|field| field.0);
    let rows: Vec<(&str, &str, i64, i64, i64)> = sources
        .names
        .iter()
        .zip(&n_records)
        .enumerate()
        .flat_map(|(at, (name, &n))| {
            fields.iter().map(move |(field, filled, usable)| {
                let of = |counts: &[i64]| counts.get(at).copied().unwrap_or(0);
                (name.as_str(), *field, n, of(filled), of(usable))
            })
        })
        .collect();
    source_field::Columns {
        source: rows.iter().map(|row| Some(row.0)).collect(),
        field: rows.iter().map(|row| Some(row.1)).collect(),
        n_records: rows.iter().map(|row| row.2).collect(),
        n_filled: rows.iter().map(|row| row.3).collect(),
        n_usable: rows.iter().map(|row| row.4).collect(),
    }
}

fn count(sources: &Sources, has: impl Fn(usize) -> bool) -> Vec<i64> {
    let mut counts = vec![0; sources.names.len()];
    for (record, &source) in sources.of_record.iter().enumerate() {
        if let Some(n) = counts.get_mut(source as usize) {
            *n += i64::from(has(record));
        }
    }
    counts
}

fn is_filled(field: Field, records: &customer_record::Columns, record: usize) -> bool {
    match field.column(records) {
        Some(raw) => raw.is_valid(record) && !raw.value(record).trim().is_empty(),
        None => field == Field::BirthDate && records.birth_date.is_valid(record),
    }
}

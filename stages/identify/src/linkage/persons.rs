//! Party records in the form in which they are compared.

use std::collections::HashSet;

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, Date32Array, StringArray};
use idip_numerics::linkage::{Field, FieldKind, LinkageError, Records};
use idip_schemas::identify::party_identifier;
use rayon::prelude::*;

use super::params::CompareColumn;
use crate::Params;
use crate::normalise::{
    Form, Kind, fold, is_birth_date_default, is_birth_date_placeholder, link_key, person_name,
    split_name, text,
};

/// Values of each kind that link nobody, in the order of [`Kind::ALL`].
pub(crate) type BarredValues = [HashSet<String>; Kind::ALL.len()];

/// What party records say, each value in one spelling; shape `(n_records,)` each.
#[derive(Debug)]
pub(crate) struct Persons {
    /// The columns that are compared.
    columns: Vec<(CompareColumn, StringArray)>,
    /// Identifiers that link without being compared.
    linking: Vec<(CompareColumn, StringArray)>,
}

impl Persons {
    /// Brings values to the form in which they are compared. O(n).
    ///
    /// Names, streets and cities lose case, accents and punctuation; identifiers have their link key;
    /// days of birth that are defaults or impossible are missing, as is everything that stands for
    /// "none" or is barred. `today` is in days since 1970-01-01.
    pub(crate) fn normalise(
        records: &party_identifier::Columns,
        params: &Params,
        barred: &BarredValues,
        today: i32,
    ) -> Self {
        let is_compared = |column: &CompareColumn| params.linkage.compare.contains(column);
        let links = |column: &CompareColumn| {
            let mut kinds = params.link_by.iter().chain(&params.linkage.authoritative);
            kinds.any(|kind| kind.column() == column.name())
        };
        let (columns, linking) = CompareColumn::ALL
            .into_par_iter()
            .filter(|column| is_compared(column) || links(column))
            .map(|column| {
                let identifier = |kind: Kind, values: &StringArray| {
                    identifiers(kind, values, &records.country, params, barred)
                };
                let values = match column {
                    CompareColumn::FirstName => {
                        names(&records.first_name, &records.last_name, |(first, _)| first)
                    }
                    CompareColumn::LastName => {
                        names(&records.first_name, &records.last_name, |(_, last)| last)
                    }
                    CompareColumn::BirthDate => birth_dates(&records.birth_date, today),
                    CompareColumn::Email => identifier(Kind::Email, &records.email),
                    CompareColumn::Phone => identifier(Kind::Phone, &records.phone),
                    CompareColumn::Street => texts(&records.street, false),
                    CompareColumn::PostalCode => texts(&records.postal_code, true),
                    CompareColumn::City => texts(&records.city, false),
                    CompareColumn::LoyaltyId => identifier(Kind::LoyaltyId, &records.loyalty_id),
                    CompareColumn::PaymentToken => {
                        identifier(Kind::PaymentToken, &records.payment_token)
                    }
                    CompareColumn::Handle => identifier(Kind::Handle, &records.handle),
                };
                (column, values)
            })
            .partition(|(column, _)| is_compared(column));
        Self { columns, linking }
    }

    /// Whether a record has two values and more, and not identifiers alone: enough to compare it.
    ///
    /// Of a record with an e-mail and a payment token nobody else has, all that others have is the e-mail.
    pub(crate) fn is_comparable(&self, record: usize) -> bool {
        let filled = || self.columns.iter().filter(|(_, values)| values.is_valid(record));
        filled().take(2).count() == 2 && filled().any(|(column, _)| !column.is_identifier())
    }

    /// Records that have a name and something else.
    pub(crate) fn n_named(&self) -> usize {
        let n = self.columns.first().map_or(0, |(_, values)| values.len());
        (0..n).into_par_iter().filter(|&record| self.is_named(record)).count()
    }

    /// All that a record says: the columns that have a value, in a fixed order.
    pub(crate) fn told(&self, record: usize) -> impl Iterator<Item = (CompareColumn, &str)> {
        let columns = self.columns.iter().chain(&self.linking);
        columns
            .filter(move |(_, values)| values.is_valid(record))
            .map(move |(column, values)| (*column, values.value(record)))
    }

    fn is_named(&self, record: usize) -> bool {
        let has = |name: bool| {
            self.columns.iter().any(|(column, values)| {
                let is_name = matches!(column, CompareColumn::FirstName | CompareColumn::LastName);
                is_name == name && values.is_valid(record)
            })
        };
        has(true) && has(false)
    }

    /// The records for the linkage, keyed by their reference.
    pub(crate) fn records(&self, keys: &StringArray) -> Result<Records, LinkageError> {
        let fields: Vec<(Field, &StringArray)> = self
            .columns
            .iter()
            .filter(|(_, values)| values.null_count() < values.len())
            .map(|(column, values)| (Field::new(column.name(), kind_of(*column)), values))
            .collect();
        Records::new(keys, &fields)
    }
}

fn kind_of(column: CompareColumn) -> FieldKind {
    match column {
        CompareColumn::FirstName => FieldKind::FirstName,
        CompareColumn::LastName => FieldKind::LastName,
        CompareColumn::BirthDate => FieldKind::BirthDate,
        CompareColumn::Email => FieldKind::Email,
        CompareColumn::Phone => FieldKind::Phone,
        CompareColumn::Street => FieldKind::Street,
        CompareColumn::PostalCode => FieldKind::PostalCode,
        CompareColumn::City => FieldKind::City,
        CompareColumn::LoyaltyId | CompareColumn::PaymentToken | CompareColumn::Handle => {
            FieldKind::Identifier
        }
    }
}

/// Writes each value that is there; what leaves the buffer empty is missing.
fn written(values: &StringArray, mut write: impl FnMut(usize, &str, &mut String)) -> StringArray {
    let mut builder = StringBuilder::with_capacity(values.len(), values.value_data().len());
    let mut out = String::new();
    for (row, value) in values.iter().enumerate() {
        out.clear();
        if let Some(value) = value {
            write(row, value, &mut out);
        }
        builder.append_option((!out.is_empty()).then_some(&out));
    }
    builder.finish()
}

/// Titles before a name, folded.
const TITLES: &[&str] = &[
    "dna", "don", "dona", "dr", "dra", "frau", "herr", "miss", "mme", "mr", "mrs", "ms", "prof",
    "sig", "signora", "sir", "sr", "sra", "srta",
];

/// One of the two names of each record; a whole name in one field is taken apart.
fn names(
    firsts: &StringArray,
    lasts: &StringArray,
    part: for<'n> fn((&'n str, &'n str)) -> &'n str,
) -> StringArray {
    let mut builder = StringBuilder::with_capacity(lasts.len(), lasts.value_data().len());
    let (mut raw, mut out) = (String::new(), String::new());
    for (first, last) in firsts.iter().zip(lasts) {
        out.clear();
        let name = part(split_name(first.unwrap_or_default(), last.unwrap_or_default()));
        if let Some(name) = person_name(name, &mut raw) {
            fold(name, &mut out);
        }
        // A title is no part of a name, unless it is all there is.
        let name = out.split_once(' ').filter(|(title, _)| TITLES.contains(title));
        let name = name.map_or(out.as_str(), |(_, rest)| rest);
        builder.append_option((!name.is_empty()).then_some(name));
    }
    builder.finish()
}

fn texts(values: &StringArray, is_code: bool) -> StringArray {
    let mut raw = String::new();
    written(values, |_, value, out| {
        let Some(value) = text(value, &mut raw) else { return };
        fold(value, out);
        if is_code {
            out.retain(|c| c != ' ');
            if out.chars().all(|c| c == '0') {
                out.clear();
            }
        }
    })
}

fn identifiers(
    kind: Kind,
    values: &StringArray,
    countries: &StringArray,
    params: &Params,
    barred: &BarredValues,
) -> StringArray {
    written(values, |row, value, out| {
        let country = countries.is_valid(row).then(|| countries.value(row));
        let form = link_key(kind, value, params.calling_code(country), out);
        let is_barred = barred.get(kind.index()).is_some_and(|values| values.contains(&*out));
        if form != Form::Proper || is_barred {
            out.clear();
        }
    })
}

/// Share of days of birth before anybody alive from which they are taken for what they say.
const HISTORICAL_SHARE: f64 = 0.1;

fn birth_dates(values: &Date32Array, today: i32) -> StringArray {
    let stated = values.iter().flatten().filter(|&day| !is_birth_date_default(day, today));
    let (n, n_old) = stated.fold((0_u64, 0_u64), |(n, n_old), day| {
        (n + 1, n_old + u64::from(is_birth_date_placeholder(day, today)))
    });
    // Where many are that old, they are no errors but people of another time.
    let are_historical = n_old as f64 > HISTORICAL_SHARE * n as f64;
    let is_missing = |day| {
        is_birth_date_default(day, today)
            || !are_historical && is_birth_date_placeholder(day, today)
    };
    let mut builder = StringBuilder::with_capacity(values.len(), 10 * values.len());
    for day in values {
        builder.append_option(day.filter(|&day| !is_missing(day)).map(iso));
    }
    builder.finish()
}

/// The day as `YYYY-MM-DD`; Hinnant's `civil_from_days`.
fn iso(day: i32) -> String {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i32::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_the_calendar_has_them() {
        assert_eq!(iso(0), "1970-01-01");
        assert_eq!(iso(-1), "1969-12-31");
        assert_eq!(iso(20_000), "2024-10-04");
        assert_eq!(iso(-25_509), "1900-02-28");
        assert_eq!(iso(11_016), "2000-02-29");
    }

    #[test]
    fn names_lose_titles_and_codes_lose_blanks() {
        let folded = |values: &[&str]| {
            let lasts = StringArray::new_null(values.len());
            names(&values.iter().map(|v| Some(*v)).collect(), &lasts, |(first, _)| first)
        };
        let found = folded(&["Dña. María José", "M", "Dr.", "sin nombre", "O'Neil"]);
        let expected = [Some("maria jose"), Some("m"), Some("dr"), None, Some("oneil")];
        assert_eq!(found.iter().collect::<Vec<_>>(), expected);
        let codes = texts(&StringArray::from(vec!["sw1a 2aa", "00000", "28013"]), true);
        assert_eq!(codes.iter().collect::<Vec<_>>(), [Some("sw1a2aa"), None, Some("28013")]);
    }

    #[test]
    fn a_whole_name_in_one_field_is_taken_apart() {
        let firsts = StringArray::from(vec![None, Some("GIL, Dña. Ana"), Some("Ana"), None]);
        let lasts = StringArray::from(vec![Some("García López, Ana"), None, Some("Gil, Jr"), None]);
        let given = names(&firsts, &lasts, |(first, _)| first);
        let family = names(&firsts, &lasts, |(_, last)| last);
        let (given, family) = (given.iter().collect::<Vec<_>>(), family.iter().collect::<Vec<_>>());
        assert_eq!(given, [Some("ana"), Some("ana"), Some("ana"), None]);
        assert_eq!(family, [Some("garcia lopez"), Some("gil"), Some("gil jr"), None]);
    }

    #[test]
    fn impossible_days_of_birth_are_missing() {
        let days = Date32Array::from(vec![Some(3_000), Some(20_001), Some(-25_567), None]);
        let found = birth_dates(&days, 20_000);
        assert_eq!(found.iter().collect::<Vec<_>>(), [Some("1978-03-20"), None, None, None]);
        // One of twenty is an error, one of four a person of another time.
        let mut days = vec![3_000; 19];
        days.push(-40_000);
        assert_eq!(birth_dates(&days.clone().into(), 20_000).null_count(), 1);
        let days: Vec<i32> = days.into_iter().rev().take(4).collect();
        assert_eq!(birth_dates(&days.into(), 20_000).null_count(), 0);
    }
}

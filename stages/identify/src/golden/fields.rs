//! The fields of a golden record: how each is cleaned and compared.

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, StringArray};
use idip_schemas::identify::customer_record;
use rayon::prelude::*;

use super::Barred;
use crate::Params;
use crate::normalise::{
    CallingCode, Form, Kind, birth_date, city, collapse_spaces, display_form, fold, is_nickname,
    link_key, names_agree, person_name, postcode, split_name, street, text,
};

/// Between the parts of an address; no part has it.
pub(super) const SEPARATOR: char = '\u{1f}';

/// A field of the golden record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Identifier(Kind),
    Account,
    FirstName,
    LastName,
    BirthDate,
    Street,
    PostalCode,
    City,
    Country,
    Language,
    PreferredChannel,
}

impl Field {
    /// Every field.
    pub(super) const ALL: [Self; 14] = [
        Self::Account,
        Self::Identifier(Kind::LoyaltyId),
        Self::Identifier(Kind::Email),
        Self::Identifier(Kind::Phone),
        Self::Identifier(Kind::Handle),
        Self::FirstName,
        Self::LastName,
        Self::BirthDate,
        Self::Street,
        Self::PostalCode,
        Self::City,
        Self::Country,
        Self::Language,
        Self::PreferredChannel,
    ];

    /// Name of its column in `golden_customer`.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Identifier(kind) => kind.column(),
            Self::Account => "account_id",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::BirthDate => "birth_date",
            Self::Street => "street",
            Self::PostalCode => "postal_code",
            Self::City => "city",
            Self::Country => "country",
            Self::Language => "language",
            Self::PreferredChannel => "preferred_channel",
        }
    }

    /// The field of a column of `golden_customer`.
    pub(super) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.code() == code)
    }

    /// The column of records that holds it, when that is a text.
    pub(super) fn column(self, records: &customer_record::Columns) -> Option<&StringArray> {
        Some(match self {
            Self::Identifier(Kind::LoyaltyId) => &records.loyalty_id,
            Self::Identifier(Kind::Email) => &records.email,
            Self::Identifier(Kind::Phone) => &records.phone,
            Self::Identifier(Kind::Handle) => &records.handle,
            Self::Identifier(Kind::PaymentToken) | Self::BirthDate => return None,
            Self::Account => &records.account_id,
            Self::FirstName => &records.first_name,
            Self::LastName => &records.last_name,
            Self::Street => &records.street,
            Self::PostalCode => &records.postal_code,
            Self::City => &records.city,
            Self::Country => &records.country,
            Self::Language => &records.language,
            Self::PreferredChannel => &records.preferred_channel,
        })
    }
}

/// The clean values of one field, one for each observation: the records, then the references that are
/// identifiers. A day of birth is days since 1970-01-01 in digits.
#[derive(Debug)]
pub(super) struct Values {
    pub(super) field: Field,
    pub(super) clean: StringArray,
    /// Country of each record, by which postal codes are read.
    pub(super) country: StringArray,
}

impl Values {
    /// The value of an observation.
    pub(super) fn get(&self, observation: u32) -> Option<&str> {
        at(&self.clean, observation)
    }

    /// What two spellings of one value have in common; empty where there is no value.
    ///
    /// Street, postal code and city are compared as parts of an address, which has all three behind each
    /// other.
    pub(super) fn key(&self, observation: u32) -> String {
        let mut key = String::new();
        let Some(value) = self.get(observation) else { return key };
        let country = || at(&self.country, observation);
        let normal = match self.field {
            Field::Identifier(kind) => {
                link_key(kind, value, CallingCode::Unknown, &mut key);
                return key;
            }
            Field::Account | Field::BirthDate => return value.to_owned(),
            Field::Street => street(part(value, 0)),
            Field::PostalCode => postcode(part(value, 1), country()),
            Field::City => city(part(value, 2)),
            _ => None,
        };
        normal.unwrap_or_else(|| {
            fold(value, &mut key);
            key
        })
    }

    /// Whether a key is a short form of another one: a nickname, initials, the first of two family names.
    pub(super) fn is_short_form(&self, short: &str, full: &str) -> bool {
        let words = |name: &str| name.split(' ').count();
        match self.field {
            Field::FirstName => {
                let is_initials = short.split(' ').all(|word| word.chars().count() == 1);
                is_nickname(short, full)
                    || is_initials && short.len() < full.len() && names_agree(short, full)
            }
            Field::LastName => words(short) < words(full) && names_agree(short, full),
            _ => false,
        }
    }

    /// Whether two keys may both be right.
    pub(super) fn agree(&self, a: &str, b: &str) -> bool {
        a == b
            || match self.field {
                Field::FirstName => names_agree(a, b) || is_nickname(a, b) || is_nickname(b, a),
                Field::LastName => names_agree(a, b),
                _ => false,
            }
    }
}

/// A part of an address.
fn part(address: &str, nth: usize) -> &str {
    address.split(SEPARATOR).nth(nth).unwrap_or_default()
}

fn at(values: &StringArray, observation: u32) -> Option<&str> {
    let observation = observation as usize;
    (observation < values.len() && values.is_valid(observation)).then(|| values.value(observation))
}

/// The addresses of the observations, each whole: those with a street, then those without street and with
/// a postal code, then those with a city alone.
pub(super) fn addresses(cleaned: &[Values]) -> Vec<Values> {
    const PARTS: [Field; 3] = [Field::Street, Field::PostalCode, Field::City];
    let parts = PARTS.map(|field| cleaned.iter().find(|values| values.field == field));
    let Some(country) = parts.iter().flatten().next().map(|values| values.country.clone()) else {
        return Vec::new();
    };
    let n = parts.iter().flatten().map(|values| values.clean.len()).max().unwrap_or(0);
    let of_rank = |wanted: usize| {
        let address = |observation: u32| {
            let part = |values: Option<&Values>| {
                values.and_then(|it| it.get(observation).map(str::to_owned))
            };
            let found = parts.map(part);
            if found.iter().position(Option::is_some) != Some(wanted) {
                return None;
            }
            Some(found.map(Option::unwrap_or_default).join(&SEPARATOR.to_string()))
        };
        (0..n as u32).map(address).collect::<StringArray>()
    };
    PARTS
        .into_iter()
        .enumerate()
        .map(|(rank, field)| Values { field, clean: of_rank(rank), country: country.clone() })
        .collect()
}

/// Cleans every field.
///
/// `by_themselves` are the references that are identifiers; they follow the records. `today` is the
/// logical date, in days since 1970-01-01.
pub(super) fn clean(
    records: &customer_record::Columns,
    by_themselves: &[(Kind, &str)],
    barred: &Barred,
    params: &Params,
    today: i32,
) -> Vec<Values> {
    Field::ALL
        .into_par_iter()
        .map(|field| {
            let clean = match field {
                Field::BirthDate => births(records, today),
                Field::FirstName | Field::LastName => names(field, records),
                _ => match field.column(records) {
                    Some(raw) => clean_one(field, raw, records, by_themselves, barred, params),
                    None => StringArray::new_null(records.customer_id.len()),
                },
            };
            Values { field, clean, country: records.country.clone() }
        })
        .collect()
}

fn births(records: &customer_record::Columns, today: i32) -> StringArray {
    let days = records.birth_date.iter();
    days.map(|day| Some(birth_date(day?, today)?.to_string())).collect()
}

fn names(field: Field, records: &customer_record::Columns) -> StringArray {
    let mut clean = StringBuilder::with_capacity(records.customer_id.len(), 0);
    let mut out = String::new();
    for (first, last) in records.first_name.iter().zip(&records.last_name) {
        let (first, last) = split_name(first.unwrap_or_default(), last.unwrap_or_default());
        let raw = if field == Field::FirstName { first } else { last };
        clean.append_option(person_name(raw, &mut out));
    }
    clean.finish()
}

fn clean_one(
    field: Field,
    raw: &StringArray,
    records: &customer_record::Columns,
    by_themselves: &[(Kind, &str)],
    barred: &Barred,
    params: &Params,
) -> StringArray {
    let n = raw.len() + by_themselves.len();
    let mut clean = StringBuilder::with_capacity(n, raw.value_data().len());
    let (mut out, mut key) = (String::new(), String::new());
    let mut identifier = |kind, value: &str, country, out: &mut String| {
        let code = params.calling_code(country);
        display_form(kind, value, code, out) == Form::Proper
            && (barred.none(kind) || {
                link_key(kind, value, code, &mut key);
                !barred.holds(kind, &key)
            })
    };
    for (value, country) in raw.iter().zip(&records.country) {
        let kept = value.is_some_and(|value| match field {
            Field::Identifier(kind) => identifier(kind, value, country, &mut out),
            // `NA` is Namibia and `no` is Norwegian: codes have no placeholders.
            Field::Country | Field::Language | Field::PreferredChannel => {
                collapse_spaces(value, &mut out);
                match field {
                    Field::Country if out.len() == 2 => out.make_ascii_uppercase(),
                    Field::Country => {}
                    _ => out.make_ascii_lowercase(),
                }
                !out.is_empty()
            }
            // `00000` and what has no digit; a code that is merely mistyped says something.
            Field::PostalCode => postcode(value, None).is_some() && text(value, &mut out).is_some(),
            _ => text(value, &mut out).is_some(),
        });
        clean.append_option(kept.then_some(&out));
    }
    for &(kind, value) in by_themselves {
        let kept = field == Field::Identifier(kind) && identifier(kind, value, None, &mut out);
        clean.append_option(kept.then_some(&out));
    }
    clean.finish()
}

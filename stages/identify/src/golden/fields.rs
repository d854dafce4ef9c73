//! The fields of a golden record: how each is cleaned and compared.

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, StringArray};
use idip_schemas::identify::customer_record;
use rayon::prelude::*;

use super::Barred;
use crate::Params;
use crate::normalise::{
    CallingCode, Form, Kind, collapse_spaces, display_form, fold, link_key, person_name, text,
};

/// A text field of the golden record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Identifier(Kind),
    Account,
    FirstName,
    LastName,
    Street,
    PostalCode,
    City,
    Country,
    Language,
    PreferredChannel,
}

impl Field {
    /// Every text field.
    pub(super) const ALL: [Self; 13] = [
        Self::Account,
        Self::Identifier(Kind::LoyaltyId),
        Self::Identifier(Kind::Email),
        Self::Identifier(Kind::Phone),
        Self::Identifier(Kind::Handle),
        Self::FirstName,
        Self::LastName,
        Self::Street,
        Self::PostalCode,
        Self::City,
        Self::Country,
        Self::Language,
        Self::PreferredChannel,
    ];

    fn column(self, records: &customer_record::Columns) -> Option<&StringArray> {
        Some(match self {
            Self::Identifier(Kind::LoyaltyId) => &records.loyalty_id,
            Self::Identifier(Kind::Email) => &records.email,
            Self::Identifier(Kind::Phone) => &records.phone,
            Self::Identifier(Kind::Handle) => &records.handle,
            Self::Identifier(Kind::PaymentToken) => return None,
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
/// identifiers.
#[derive(Debug)]
pub(super) struct Values {
    pub(super) field: Field,
    pub(super) clean: StringArray,
}

impl Values {
    /// The value of an observation.
    pub(super) fn get(&self, observation: u32) -> Option<&str> {
        let observation = observation as usize;
        (observation < self.clean.len() && self.clean.is_valid(observation))
            .then(|| self.clean.value(observation))
    }

    /// Whether two observations hold one value, perhaps in two spellings.
    pub(super) fn same(&self, a: u32, b: u32) -> bool {
        let (Some(a), Some(b)) = (self.get(a), self.get(b)) else { return false };
        if a == b {
            return true;
        }
        let (mut folded_a, mut folded_b) = (String::new(), String::new());
        match self.field {
            Field::Identifier(kind) => {
                let code = CallingCode::Unknown;
                link_key(kind, a, code, &mut folded_a);
                link_key(kind, b, code, &mut folded_b);
            }
            Field::Account => return false,
            _ => {
                fold(a, &mut folded_a);
                fold(b, &mut folded_b);
            }
        }
        folded_a == folded_b
    }
}

/// Cleans every text field.
///
/// `by_themselves` are the references that are identifiers; they follow the records.
pub(super) fn clean(
    records: &customer_record::Columns,
    by_themselves: &[(Kind, &str)],
    barred: &Barred,
    params: &Params,
) -> Vec<Values> {
    Field::ALL
        .into_par_iter()
        .map(|field| {
            let clean = match field.column(records) {
                Some(raw) => clean_one(field, raw, records, by_themselves, barred, params),
                None => StringArray::new_null(records.customer_id.len() + by_themselves.len()),
            };
            Values { field, clean }
        })
        .collect()
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
            Field::FirstName | Field::LastName => person_name(value, &mut out).is_some(),
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

//! `identify.golden_customer`: one record for each customer, put together from all of its records.
//!
//! Each field keeps the value of the most recently changed record that has one. Street, postal code and
//! city come from one record, so that no address is made up of two.

mod fields;
mod survivorship;
#[cfg(test)]
mod tests;

use arrow_array::{
    Array, ArrayRef, Date32Array, Int64Array, StringArray, UInt32Array, cast::AsArray,
};
use arrow_select::take::take;
use idip_schemas::TableContract;
use idip_schemas::identify::{
    customer_record, golden_customer, identifier_quarantine, identity_map,
};
use idip_schemas::source;
use idip_stage::{Read, RunContext, StageError, Step, Tables, View};
use rayon::prelude::*;

use crate::Params;
use crate::keyed::Fingerprints;
use crate::normalise::{Kind, birth_date};
use fields::{Field, Values, clean};
use survivorship::{History, Recency};

/// Puts golden records together.
#[derive(Debug)]
pub(crate) struct GoldenCustomer {
    pub(crate) params: Params,
}

impl Step for GoldenCustomer {
    fn name(&self) -> &'static str {
        "identify.golden_customer"
    }

    fn views(&self) -> Vec<View> {
        vec![
            View::whole(&identity_map::CONTRACT),
            View::whole(&identifier_quarantine::CONTRACT),
            View::new(
                &customer_record::CONTRACT,
                vec![Read::Table(&source::party::CONTRACT), Read::Table(&identity_map::CONTRACT)],
                include_str!("../views/customer_record.sql"),
            ),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&golden_customer::CONTRACT]
    }

    fn settings(&self) -> String {
        format!("default_calling_code: {:?}", self.params.default_calling_code)
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let map = identity_map::Columns::parse(&views.batch(&identity_map::CONTRACT)?)?;
        let records = customer_record::Columns::parse(&views.batch(&customer_record::CONTRACT)?)?;
        let listed = views.batch(&identifier_quarantine::CONTRACT)?;
        let barred = Barred::new(context, &identifier_quarantine::Columns::parse(&listed)?);

        let customers = Customers::gather(&map);
        let golden = golden(context, &self.params, &map, &records, &barred, customers)?;
        Ok(Tables::default().with(&golden_customer::CONTRACT, vec![golden.into_batch()?]))
    }
}

/// The customers of the identity map; shape of each list `(n_customers,)`.
struct Customers {
    /// Ascending.
    ids: Vec<i64>,
    n_refs: Vec<i64>,
    is_buyer: Vec<bool>,
}

impl Customers {
    fn gather(map: &identity_map::Columns) -> Self {
        let buys = map.is_buyer.values().iter();
        let mut refs: Vec<(i64, bool)> =
            map.customer_id.values().iter().copied().zip(buys).collect();
        refs.par_sort_unstable();
        let mut customers = Self { ids: Vec::new(), n_refs: Vec::new(), is_buyer: Vec::new() };
        for same in refs.chunk_by(|a, b| a.0 == b.0) {
            if let Some(&(id, buys)) = same.last() {
                customers.ids.push(id);
                customers.n_refs.push(same.len() as i64);
                customers.is_buyer.push(buys); // `true` sorts last
            }
        }
        customers
    }
}

/// Identifiers that too many people share: they reach no one person.
#[derive(Debug)]
struct Barred {
    fingerprints: Fingerprints,
    /// Ascending, for each kind in the order of [`Kind::ALL`].
    listed: [Vec<String>; Kind::ALL.len()],
}

impl Barred {
    fn new(context: &RunContext, quarantine: &identifier_quarantine::Columns) -> Self {
        let rows = || quarantine.kind.iter().zip(&quarantine.fingerprint);
        let listed = Kind::ALL.map(|kind| {
            let of_kind = rows().filter(|(name, _)| *name == Some(kind.column()));
            let mut list: Vec<String> =
                of_kind.filter_map(|row| row.1).map(str::to_owned).collect();
            list.sort_unstable();
            list
        });
        Self { fingerprints: Fingerprints::new(context), listed }
    }

    fn none(&self, kind: Kind) -> bool {
        self.listed.get(kind.index()).is_none_or(Vec::is_empty)
    }

    fn holds(&self, kind: Kind, link_key: &str) -> bool {
        let fingerprint = self.fingerprints.of(kind, link_key);
        self.listed.get(kind.index()).is_some_and(|list| list.binary_search(&fingerprint).is_ok())
    }
}

fn golden(
    context: &RunContext,
    params: &Params,
    map: &identity_map::Columns,
    records: &customer_record::Columns,
    barred: &Barred,
    customers: Customers,
) -> Result<golden_customer::Columns, StageError> {
    // A reference such as `email:…` is an identifier without a record around it.
    let (themselves, values): (Vec<i64>, Vec<(Kind, &str)>) = map
        .party_ref
        .iter()
        .zip(map.customer_id.values())
        .filter_map(|(name, &id)| Some((id, Kind::of_reference(name?)?)))
        .unzip();
    let n_records = records.customer_id.len();
    let observed: Vec<(i64, Recency)> = records
        .customer_id
        .values()
        .iter()
        .zip(records.updated_on.iter().zip(&records.registered_on))
        .map(|(&id, recency)| (id, recency))
        .chain(themselves.into_iter().map(|id| (id, Recency::default())))
        .collect();
    let history = History::new(&customers.ids, &observed);

    let cleaned = clean(records, &values, barred, params);
    let address = address_survivors(&history, &cleaned);
    let nothing = StringArray::new_null(customers.ids.len());
    let kept = cleaned
        .par_iter()
        .map(|values| {
            if values.clean.null_count() == values.clean.len() {
                return Ok((nothing.clone(), Vec::new()));
            }
            let has_value = |o| values.get(o).is_some();
            let survivors = match values.field {
                Field::Street | Field::PostalCode | Field::City => address.clone(),
                _ => history.survivors(has_value, |a, b| values.get(a).cmp(&values.get(b))),
            };
            let conflicts = history.conflicts(has_value, |a, b| values.same(a, b));
            Ok((take_text(&values.clean, survivors)?, conflicts))
        })
        .collect::<Result<Vec<_>, StageError>>()?;
    let births = births(context, records, &history);

    let mut n_conflicts = vec![0_i64; customers.ids.len()];
    for conflicts in kept.iter().map(|(_, conflicts)| conflicts).chain([&births.1]) {
        for (n, &conflict) in n_conflicts.iter_mut().zip(conflicts) {
            *n += i64::from(conflict);
        }
    }
    let registered = |o: &u32| {
        let o = *o as usize;
        (o < n_records && records.registered_on.is_valid(o)).then(|| records.registered_on.value(o))
    };
    let column = |field: Field| {
        let index = cleaned.iter().position(|values| values.field == field);
        let column = index.and_then(|index| kept.get(index));
        column.map_or_else(|| nothing.clone(), |column| column.0.clone())
    };
    Ok(golden_customer::Columns {
        party_type: customers
            .is_buyer
            .iter()
            .map(|&buys| Some(if buys { "customer" } else { "prospect" }))
            .collect(),
        account_id: column(Field::Account),
        loyalty_id: column(Field::Identifier(Kind::LoyaltyId)),
        email: column(Field::Identifier(Kind::Email)),
        phone: column(Field::Identifier(Kind::Phone)),
        handle: column(Field::Identifier(Kind::Handle)),
        first_name: column(Field::FirstName),
        last_name: column(Field::LastName),
        birth_date: births.0,
        street: column(Field::Street),
        postal_code: column(Field::PostalCode),
        city: column(Field::City),
        country: column(Field::Country),
        language: column(Field::Language),
        preferred_channel: column(Field::PreferredChannel),
        registered_on: history
            .customers()
            .map(|observations| observations.iter().filter_map(registered).min())
            .collect(),
        n_records: history
            .customers()
            .map(|observations| {
                observations.iter().filter(|o| (**o as usize) < n_records).count() as i64
            })
            .collect(),
        n_conflicts: n_conflicts.into(),
        n_refs: customers.n_refs.into(),
        customer_id: Int64Array::from(customers.ids),
    })
}

/// The record whose address each customer keeps: the most recent with a street; where there is none, with
/// a postal code; then with a city.
fn address_survivors(history: &History, cleaned: &[Values]) -> Vec<Option<u32>> {
    let part = |field: Field| cleaned.iter().find(move |values| values.field == field);
    let parts = [Field::Street, Field::PostalCode, Field::City].map(part);
    let get = |o: u32| parts.map(|values| values.and_then(|values| values.get(o)));
    // The position of the first part that is there; an address without parts is none.
    let rank = |o: u32| get(o).iter().position(Option::is_some);
    let survivors =
        |wanted: usize| history.survivors(|o| rank(o) == Some(wanted), |a, b| get(a).cmp(&get(b)));
    let mut best = survivors(0);
    for wanted in 1..parts.len() {
        if best.iter().all(Option::is_some) {
            break;
        }
        for (best, other) in best.iter_mut().zip(survivors(wanted)) {
            *best = best.or(other);
        }
    }
    best
}

/// The day of birth of each customer, and whether its records disagree.
fn births(
    context: &RunContext,
    records: &customer_record::Columns,
    history: &History,
) -> (Date32Array, Vec<bool>) {
    let day = |o: u32| {
        let o = o as usize;
        (o < records.birth_date.len() && records.birth_date.is_valid(o))
            .then(|| records.birth_date.value(o))
            .and_then(|day| birth_date(day, context.logical_date))
    };
    let has_value = |o| day(o).is_some();
    let survivors = history.survivors(has_value, |a, b| day(a).cmp(&day(b)));
    let conflicts = history.conflicts(has_value, |a, b| day(a) == day(b));
    (survivors.into_iter().map(|o| o.and_then(day)).collect(), conflicts)
}

fn take_text(values: &StringArray, positions: Vec<Option<u32>>) -> Result<StringArray, StageError> {
    let taken: ArrayRef = take(values, &UInt32Array::from(positions), None)
        .map_err(|source| StageError::Arrow { table: golden_customer::CONTRACT.name, source })?;
    Ok(taken.as_string::<i32>().clone())
}

//! `identify.golden_customer`: one record for each customer, put together from all of its records.
//!
//! Each field keeps the value that weighs most by trust in the sources, recency and agreement
//! (`survivorship`). Street, postal code and city come from one record, so that no address is made up of
//! two. Where values contradict each other, `golden_conflict` tells which source won and how clearly;
//! `source_field` tells how much each source knows, and how much of it says nothing.

mod conflict;
mod fields;
mod params;
mod survivorship;
#[cfg(test)]
mod tests;

pub use params::{GoldenParams, HalfLives};

use arrow_array::{
    Array, ArrayRef, Date32Array, Int64Array, StringArray, UInt32Array, cast::AsArray,
};
use arrow_select::take::take;
use idip_schemas::TableContract;
use idip_schemas::identify::{
    customer_record, golden_conflict, golden_customer, identifier_quarantine, identity_map,
    source_field,
};
use idip_schemas::source;
use idip_stage::{Output, Read, RunContext, StageError, Step, Tables, View, Views, run_in_memory};
use rayon::prelude::*;

use crate::Params;
use crate::keyed::Fingerprints;
use crate::normalise::Kind;
use conflict::{Sources, conflicts, knowledge};
use fields::{Field, Values, addresses, clean};
use survivorship::{Conflict, Decisions, History, Recency, Weights};

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
        vec![&golden_customer::CONTRACT, &golden_conflict::CONTRACT, &source_field::CONTRACT]
    }

    fn settings(&self) -> String {
        let Params { default_calling_code, golden, .. } = &self.params;
        format!("default_calling_code: {default_calling_code:?}, golden: {golden:?}")
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        run_in_memory(self, context, views)
    }

    fn run_into(
        &self,
        context: &RunContext,
        views: &dyn Views,
        output: &mut dyn Output,
    ) -> Result<(), StageError> {
        let map = identity_map::Columns::parse(&views.as_one(&identity_map::CONTRACT)?)?;
        let (customers, mentions) = (Customers::gather(&map), Mentions::gather(&map));
        drop(map);
        let records = customer_record::Columns::parse(&views.as_one(&customer_record::CONTRACT)?)?;
        let listed = views.as_one(&identifier_quarantine::CONTRACT)?;
        let barred = Barred::new(context, &identifier_quarantine::Columns::parse(&listed)?);
        let (golden, conflicts, knowledge) =
            golden(context, &self.params, &mentions, &records, &barred, customers)?;
        output.push(&golden_customer::CONTRACT, golden.into_batch()?)?;
        output.push(&golden_conflict::CONTRACT, conflicts.into_batch()?)?;
        output.push(&source_field::CONTRACT, knowledge.into_batch()?)
    }
}

/// References that are an identifier without a record around it, such as `email:…`.
struct Mentions {
    customer_ids: Vec<i64>,
    values: Vec<(Kind, String)>,
}

impl Mentions {
    fn gather(map: &identity_map::Columns) -> Self {
        let references = map.party_ref.iter().zip(map.customer_id.values());
        let (customer_ids, values) = references
            .filter_map(|(name, &id)| {
                let (kind, value) = Kind::of_reference(name?)?;
                Some((id, (kind, value.to_owned())))
            })
            .unzip();
        Self { customer_ids, values }
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

/// The golden records, where they contradict each other, and how much each source knows.
type Golden = (golden_customer::Columns, golden_conflict::Columns, source_field::Columns);

fn golden(
    context: &RunContext,
    params: &Params,
    mentions: &Mentions,
    records: &customer_record::Columns,
    barred: &Barred,
    customers: Customers,
) -> Result<Golden, StageError> {
    let n_records = records.customer_id.len();
    let observed: Vec<(i64, Recency)> = records
        .customer_id
        .values()
        .iter()
        .zip(records.updated_on.iter().zip(&records.registered_on))
        .map(|(&id, recency)| (id, recency))
        .chain(mentions.customer_ids.iter().map(|&id| (id, Recency::default())))
        .collect();
    let history = History::new(&customers.ids, &observed);
    let sources = Sources::number(&records.source);
    let weights = |field: Field| Weights {
        sources: &sources.of_record,
        trust: sources.names.iter().map(|feed| params.golden.trust_in(feed, field)).collect(),
        half_life: params.golden.half_life(field),
    };

    let values = mentions.values.iter().map(|(kind, value)| (*kind, value.as_str()));
    let values: Vec<(Kind, &str)> = values.collect();
    let cleaned = clean(records, &values, barred, params, context.logical_date);
    let address = best_address(&addresses(&cleaned), &history, &weights);
    let decisions: Vec<(Field, Decisions)> = cleaned
        .par_iter()
        .filter(|values| !is_address(values.field))
        .map(|values| (values.field, history.decide(values, &weights(values.field))))
        .collect();

    let nothing = StringArray::new_null(customers.ids.len());
    let column = |field: Field| -> Result<StringArray, StageError> {
        let Some(values) = cleaned.iter().find(|values| values.field == field) else {
            return Ok(nothing.clone());
        };
        let decided = decisions.iter().find(|(decided, _)| *decided == field);
        let survivors = decided.map_or(&address.survivors, |(_, decisions)| &decisions.survivors);
        if values.clean.null_count() == values.clean.len() {
            return Ok(nothing.clone());
        }
        take_text(&values.clean, survivors)
    };
    let mut found: Vec<(&str, &Conflict)> =
        address.conflicts.iter().map(|conflict| ("address", conflict)).collect();
    for (field, decisions) in &decisions {
        found.extend(decisions.conflicts.iter().map(|conflict| (field.code(), conflict)));
    }
    found.sort_unstable_by_key(|(code, conflict)| (conflict.customer, *code));
    let mut n_conflicts = vec![0_i64; customers.ids.len()];
    for (_, conflict) in &found {
        if let Some(n) = n_conflicts.get_mut(conflict.customer) {
            *n += 1;
        }
    }
    let registered = |o: &u32| {
        let o = *o as usize;
        (o < n_records && records.registered_on.is_valid(o)).then(|| records.registered_on.value(o))
    };
    let conflicts = conflicts(&found, &customers.ids, &history, &sources);
    let births = column(Field::BirthDate)?;
    let golden = golden_customer::Columns {
        party_type: customers
            .is_buyer
            .iter()
            .map(|&buys| Some(if buys { "customer" } else { "prospect" }))
            .collect(),
        account_id: column(Field::Account)?,
        loyalty_id: column(Field::Identifier(Kind::LoyaltyId))?,
        email: column(Field::Identifier(Kind::Email))?,
        phone: column(Field::Identifier(Kind::Phone))?,
        handle: column(Field::Identifier(Kind::Handle))?,
        first_name: column(Field::FirstName)?,
        last_name: column(Field::LastName)?,
        birth_date: births.iter().map(|day| day?.parse::<i32>().ok()).collect::<Date32Array>(),
        street: column(Field::Street)?,
        postal_code: column(Field::PostalCode)?,
        city: column(Field::City)?,
        country: column(Field::Country)?,
        language: column(Field::Language)?,
        preferred_channel: column(Field::PreferredChannel)?,
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
    };
    let knowledge = knowledge(&sources, records, &cleaned);
    Ok((golden, conflicts, knowledge))
}

fn is_address(field: Field) -> bool {
    matches!(field, Field::Street | Field::PostalCode | Field::City)
}

/// The record whose address each customer keeps: one with a street; where there is none, one with a
/// postal code; then one with a city.
fn best_address<'s>(
    addresses: &[Values],
    history: &History,
    weights: &(impl Fn(Field) -> Weights<'s> + Sync),
) -> Decisions {
    let mut ranked = addresses
        .par_iter()
        .map(|values| history.decide(values, &weights(values.field)))
        .collect::<Vec<_>>()
        .into_iter();
    let Some(mut best) = ranked.next() else {
        return Decisions { survivors: Vec::new(), conflicts: Vec::new() };
    };
    for others in ranked {
        let had = best.survivors.clone();
        let lacks = |customer: usize| had.get(customer).is_none_or(Option::is_none);
        best.conflicts.extend(others.conflicts.into_iter().filter(|it| lacks(it.customer)));
        for (best, other) in best.survivors.iter_mut().zip(others.survivors) {
            *best = best.or(other);
        }
    }
    best
}

fn take_text(values: &StringArray, positions: &[Option<u32>]) -> Result<StringArray, StageError> {
    // Observations beyond the records have a value in fields of identifiers alone.
    let positions: UInt32Array = positions.iter().copied().collect();
    let taken: ArrayRef = take(values, &positions, None)
        .map_err(|source| StageError::Arrow { table: golden_customer::CONTRACT.name, source })?;
    Ok(taken.as_string::<i32>().clone())
}

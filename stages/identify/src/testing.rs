//! Small nights, built by hand.

use std::collections::BTreeMap;

use arrow_array::{Date32Array, Int64Array, RecordBatch, StringArray};
use idip_schemas::identify::departed::{departed_last_night, id_gone};
use idip_schemas::identify::quality::decided_pair;
use idip_schemas::identify::{
    customer_lineage, customer_record, golden_customer, identifier_holder, identifier_quarantine,
    identity_last_night, identity_map, linkage_model, linkage_model_last_night, party_identifier,
    party_reference, reference_fingerprint,
};
use idip_schemas::source::erased_customer;
use idip_stage::{RunContext, Step, Tables};

use crate::Params;
use crate::golden::GoldenCustomer;
use crate::identity::Identity;

/// One party record.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Record<'a> {
    pub(crate) party_ref: &'a str,
    /// Feed; `crm` when empty.
    pub(crate) source: &'a str,
    pub(crate) loyalty_id: Option<&'a str>,
    pub(crate) email: Option<&'a str>,
    pub(crate) phone: Option<&'a str>,
    pub(crate) payment_token: Option<&'a str>,
    pub(crate) handle: Option<&'a str>,
    pub(crate) first_name: Option<&'a str>,
    pub(crate) last_name: Option<&'a str>,
    pub(crate) birth_date: Option<i32>,
    pub(crate) street: Option<&'a str>,
    pub(crate) postal_code: Option<&'a str>,
    pub(crate) city: Option<&'a str>,
    pub(crate) country: Option<&'a str>,
    pub(crate) registered_on: Option<i32>,
    pub(crate) updated_on: Option<i32>,
}

/// A record with a reference and a first name.
pub(crate) fn person<'a>(party_ref: &'a str, first_name: &'a str) -> Record<'a> {
    Record { party_ref, first_name: Some(first_name), ..Record::default() }
}

/// What a night wrote.
#[derive(Debug)]
pub(crate) struct Night {
    pub(crate) tables: Tables,
    /// Customer of each reference.
    pub(crate) map: BTreeMap<String, i64>,
    /// Day since when the customer of a reference is known; of no reference unless a test says so.
    pub(crate) since: BTreeMap<String, i32>,
}

pub(crate) fn context() -> RunContext {
    RunContext { logical_date: 20_000, seed: 7, currency: "EUR".to_owned() }
}

/// Smaller reference, larger one, decision, day.
pub(crate) type Decided<'a> = (&'a str, &'a str, &'a str, Option<i32>);

/// Runs `identify.identity` on records and on references of other feeds with whether they bought.
pub(crate) fn night(
    params: &Params,
    records: &[Record<'_>],
    others: &[(&str, bool)],
    last: Option<&Night>,
) -> Night {
    told_night(params, records, others, last, &[], &[])
}

/// The same after some ids were erased, each on a day.
pub(crate) fn night_after_erasures(
    params: &Params,
    records: &[Record<'_>],
    others: &[(&str, bool)],
    last: Option<&Night>,
    erased: &[(i64, i32)],
) -> Night {
    told_night(params, records, others, last, &[], erased)
}

/// The same with what people decided.
pub(crate) fn decided_night(
    params: &Params,
    records: &[Record<'_>],
    others: &[(&str, bool)],
    decided: &[Decided<'_>],
    last: Option<&Night>,
) -> Night {
    told_night(params, records, others, last, decided, &[])
}

fn told_night(
    params: &Params,
    records: &[Record<'_>],
    others: &[(&str, bool)],
    last: Option<&Night>,
    decided: &[Decided<'_>],
    erased: &[(i64, i32)],
) -> Night {
    let erased = erased_customer::Columns {
        customer_id: erased.iter().map(|row| row.0).collect(),
        erased_on: erased.iter().map(|row| Some(row.1)).collect(),
        reason: erased.iter().map(|_| Some("request")).collect(),
    };
    let erased = erased.into_batch().unwrap();
    let named = records.iter().map(|r| (r.party_ref, false)).chain(others.iter().copied());
    let references = party_reference::Columns {
        party_ref: named.clone().map(|(name, _)| Some(name)).collect(),
        is_buyer: named.map(|(_, buys)| Some(buys)).collect(),
    };
    let last_night = match last {
        Some(last) => {
            let map = last.identity_map();
            let since = map.party_ref.iter().map(|name| last.since.get(name?).copied()).collect();
            let prints = last.fingerprints();
            let fingerprint = map.party_ref.iter().map(|name| prints.get(name?).copied()).collect();
            identity_last_night::Columns {
                fingerprint,
                party_ref: map.party_ref,
                customer_id: map.customer_id,
                since,
            }
        }
        None => identity_last_night::Columns {
            party_ref: StringArray::new_null(0),
            customer_id: Vec::<i64>::new().into(),
            since: Date32Array::new_null(0),
            fingerprint: Int64Array::new_null(0),
        },
    };
    let text = |field: for<'a> fn(&Record<'a>) -> Option<&'a str>| -> StringArray {
        records.iter().map(field).collect()
    };
    let identifiers = party_identifier::Columns {
        party_ref: text(|r| Some(r.party_ref)),
        loyalty_id: text(|r| r.loyalty_id),
        email: text(|r| r.email),
        phone: text(|r| r.phone),
        payment_token: text(|r| r.payment_token),
        handle: text(|r| r.handle),
        first_name: text(|r| r.first_name),
        last_name: text(|r| r.last_name),
        birth_date: records.iter().map(|r| r.birth_date).collect(),
        street: text(|r| r.street),
        postal_code: text(|r| r.postal_code),
        city: text(|r| r.city),
        country: text(|r| r.country),
    };
    let decided = decided_pair::Columns {
        party_ref: decided.iter().map(|it| Some(it.0)).collect(),
        other_ref: decided.iter().map(|it| Some(it.1)).collect(),
        decision: decided.iter().map(|it| Some(it.2)).collect(),
        decided_on: decided.iter().map(|it| it.3).collect(),
    };
    let model = last.map_or_else(
        || linkage_model_last_night::CONTRACT.empty(),
        |last| {
            let batch = last.tables.batch(&linkage_model::CONTRACT).unwrap();
            let model = linkage_model::Columns::parse(&batch).unwrap();
            linkage_model_last_night::Columns { version: model.version, model: model.model }
                .into_batch()
                .unwrap()
        },
    );
    let views = Tables::default()
        .with(&party_reference::CONTRACT, vec![references.into_batch().unwrap()])
        .with(&party_identifier::CONTRACT, vec![identifiers.into_batch().unwrap()])
        .with(&linkage_model_last_night::CONTRACT, vec![model])
        .with(&departed_last_night::CONTRACT, vec![])
        .with(&id_gone::CONTRACT, vec![])
        .with(&erased_customer::CONTRACT, vec![erased])
        .with(&decided_pair::CONTRACT, vec![decided.into_batch().unwrap()])
        .with(&identity_last_night::CONTRACT, vec![last_night.into_batch().unwrap()]);
    let tables = Identity { params: params.clone() }.run(&context(), &views).unwrap();
    let mut night = Night { tables, map: BTreeMap::new(), since: BTreeMap::new() };
    let map = night.identity_map();
    night.map = map
        .party_ref
        .iter()
        .zip(map.customer_id.values())
        .map(|(name, id)| (name.unwrap().to_owned(), *id))
        .collect();
    night
}

impl Night {
    pub(crate) fn identity_map(&self) -> identity_map::Columns {
        identity_map::Columns::parse(&self.tables.batch(&identity_map::CONTRACT).unwrap()).unwrap()
    }

    /// Fingerprint of each reference that has one.
    pub(crate) fn fingerprints(&self) -> BTreeMap<String, i64> {
        let batch = self.tables.batch(&reference_fingerprint::CONTRACT).unwrap();
        let rows = reference_fingerprint::Columns::parse(&batch).unwrap();
        let names = rows.party_ref.iter().map(|name| name.unwrap().to_owned());
        names.zip(rows.fingerprint.values().iter().copied()).collect()
    }

    /// Old id, id, event.
    pub(crate) fn lineage(&self) -> Vec<(i64, i64, String)> {
        let batch = self.tables.batch(&customer_lineage::CONTRACT).unwrap();
        let rows = customer_lineage::Columns::parse(&batch).unwrap();
        (0..batch.num_rows())
            .map(|i| {
                (
                    rows.old_customer_id.value(i),
                    rows.customer_id.value(i),
                    rows.event.value(i).to_owned(),
                )
            })
            .collect()
    }

    /// Kind, people, reason; the fingerprint is left out.
    pub(crate) fn quarantine(&self) -> Vec<(String, i64, String)> {
        let batch = self.tables.batch(&identifier_quarantine::CONTRACT).unwrap();
        let rows = identifier_quarantine::Columns::parse(&batch).unwrap();
        (0..batch.num_rows())
            .map(|i| {
                (
                    rows.kind.value(i).to_owned(),
                    rows.n_people.value(i),
                    rows.reason.value(i).to_owned(),
                )
            })
            .collect()
    }

    /// Reference and customer.
    pub(crate) fn holders(&self) -> Vec<(String, i64)> {
        let batch = self.tables.batch(&identifier_holder::CONTRACT).unwrap();
        let rows = identifier_holder::Columns::parse(&batch).unwrap();
        (0..batch.num_rows())
            .map(|i| (rows.party_ref.value(i).to_owned(), rows.customer_id.value(i)))
            .collect()
    }

    /// Whether two references are one customer.
    pub(crate) fn same(&self, a: &str, b: &str) -> bool {
        self.map[a] == self.map[b]
    }

    pub(crate) fn n_customers(&self) -> usize {
        self.map.values().collect::<std::collections::BTreeSet<_>>().len()
    }

    /// The golden records of this night's map and these records.
    pub(crate) fn golden(&self, params: &Params, records: &[Record<'_>]) -> RecordBatch {
        self.golden_tables(params, records).batch(&golden_customer::CONTRACT).unwrap()
    }

    /// Runs `identify.golden_customer` on this night's map and these records.
    pub(crate) fn golden_tables(&self, params: &Params, records: &[Record<'_>]) -> Tables {
        let text = |field: for<'a> fn(&Record<'a>) -> Option<&'a str>| -> StringArray {
            records.iter().map(field).collect()
        };
        let days = |field: fn(&Record<'_>) -> Option<i32>| -> Date32Array {
            records.iter().map(field).collect()
        };
        let none = || StringArray::new_null(records.len());
        let columns = customer_record::Columns {
            customer_id: records.iter().map(|r| self.map[r.party_ref]).collect(),
            source: text(|r| Some(if r.source.is_empty() { "crm" } else { r.source })),
            account_id: none(),
            loyalty_id: text(|r| r.loyalty_id),
            email: text(|r| r.email),
            phone: text(|r| r.phone),
            handle: text(|r| r.handle),
            first_name: text(|r| r.first_name),
            last_name: text(|r| r.last_name),
            birth_date: days(|r| r.birth_date),
            street: text(|r| r.street),
            postal_code: text(|r| r.postal_code),
            city: text(|r| r.city),
            country: text(|r| r.country),
            language: none(),
            preferred_channel: none(),
            registered_on: days(|r| r.registered_on),
            updated_on: days(|r| r.updated_on),
        };
        let given = |contract| vec![self.tables.batch(contract).unwrap()];
        let views = Tables::default()
            .with(&identity_map::CONTRACT, given(&identity_map::CONTRACT))
            .with(&identifier_quarantine::CONTRACT, given(&identifier_quarantine::CONTRACT))
            .with(&customer_record::CONTRACT, vec![columns.into_batch().unwrap()]);
        GoldenCustomer { params: params.clone() }.run(&context(), &views).unwrap()
    }
}

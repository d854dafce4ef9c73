//! Identity and golden records of a whole night.

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use arrow_array::{Array, BooleanArray, Date32Array, Int64Array, StringArray};
use divan::Bencher;
use idip_identify::{Params, stage};
use idip_schemas::identify::{
    customer_record, identifier_quarantine, identity_last_night, identity_map,
    linkage_model_last_night, party_identifier, party_reference,
};
use idip_schemas::source::erased_customer;
use idip_stage::{RunContext, Tables};

fn main() {
    divan::main();
}

fn context() -> RunContext {
    RunContext { logical_date: 20_000, seed: 7, currency: "EUR".to_owned() }
}

/// References in a scattered order, as a hash aggregation answers.
fn references(n: u64) -> StringArray {
    (0..n)
        .map(|i| Some(format!("customer-{:09}", i.wrapping_mul(7_919_000_033) % 999_999_937)))
        .collect()
}

fn none(n: usize) -> StringArray {
    StringArray::new_null(n)
}

/// Every `crm`th reference has a record; one address in three is shared by two records.
fn views(n: u64, crm: Option<usize>, last: Option<&Tables>) -> Tables {
    let party_ref = references(n);
    let records: Vec<usize> =
        crm.map_or(Vec::new(), |every| (0..n as usize).step_by(every).collect());
    let text = |make: &dyn Fn(usize) -> String| -> StringArray {
        records.iter().map(|&i| Some(make(i))).collect()
    };
    let identifiers = party_identifier::Columns {
        party_ref: records.iter().map(|&i| Some(party_ref.value(i))).collect(),
        loyalty_id: text(&|i| format!("ES{i:09}")),
        email: text(&|i| format!("Ana.Garcia{}@gmail.com", i - usize::from(i % 3 == 2))),
        phone: text(&|i| format!("6{:08}", i * 97 % 99_999_989)),
        payment_token: none(records.len()),
        handle: none(records.len()),
        first_name: text(&|i| ["Ana", "José", "María", "Luis"][i / 3 % 4].to_owned()),
        last_name: text(&|i| format!("García{}", i / 3 % 5000)),
        birth_date: Date32Array::new_null(records.len()),
        street: none(records.len()),
        postal_code: none(records.len()),
        city: none(records.len()),
        country: none(records.len()),
    };
    let last_night = last.map_or_else(
        || identity_last_night::CONTRACT.empty(),
        |tables| {
            let map = identity_map::Columns::parse(&tables.batch(&identity_map::CONTRACT).unwrap())
                .unwrap();
            let columns = identity_last_night::Columns {
                party_ref: map.party_ref,
                customer_id: map.customer_id,
                since: Date32Array::new_null(map.is_buyer.len()),
                fingerprint: Int64Array::new_null(map.is_buyer.len()),
            };
            columns.into_batch().unwrap()
        },
    );
    let is_buyer = BooleanArray::from(vec![true; party_ref.len()]);
    let named = party_reference::Columns { party_ref, is_buyer };
    Tables::default()
        .with(&party_reference::CONTRACT, vec![named.into_batch().unwrap()])
        .with(&party_identifier::CONTRACT, vec![identifiers.into_batch().unwrap()])
        .with(&linkage_model_last_night::CONTRACT, vec![linkage_model_last_night::CONTRACT.empty()])
        .with(&erased_customer::CONTRACT, vec![erased_customer::CONTRACT.empty()])
        .with(&identity_last_night::CONTRACT, vec![last_night])
}

fn identity(views: &Tables) -> Tables {
    stage(&Params::default()).steps[0].run(&context(), views).unwrap()
}

#[divan::bench(args = [500_000, 5_000_000], sample_count = 3, sample_size = 1)]
fn first_night_without_records(bencher: Bencher<'_, '_>, n: u64) {
    let views = views(n, None, None);
    bencher.bench_local(|| identity(&views));
}

#[divan::bench(args = [500_000, 5_000_000], sample_count = 3, sample_size = 1)]
fn second_night_without_records(bencher: Bencher<'_, '_>, n: u64) {
    let last = identity(&views(n, None, None));
    let views = views(n, None, Some(&last));
    bencher.bench_local(|| identity(&views));
}

#[divan::bench(args = [500_000], sample_count = 3, sample_size = 1)]
fn every_reference_with_a_record(bencher: Bencher<'_, '_>, n: u64) {
    let views = views(n, Some(1), None);
    bencher.bench_local(|| identity(&views));
}

fn golden_views(n: u64, crm: Option<usize>) -> Tables {
    let views = views(n, crm, None);
    let map = identity(&views);
    let records =
        party_identifier::Columns::parse(&views.batch(&party_identifier::CONTRACT).unwrap())
            .unwrap();
    let rows = records.party_ref.len();
    // Records are in the order of the references' numbers, the map in the order of their text: which
    // customer a record goes to matters little here.
    let ids = identity_map::Columns::parse(&map.batch(&identity_map::CONTRACT).unwrap()).unwrap();
    let customer_id: Int64Array = ids.customer_id.values().iter().take(rows).copied().collect();
    let columns = customer_record::Columns {
        customer_id,
        source: (0..rows).map(|i| Some(["crm", "web"][i % 2])).collect(),
        account_id: none(rows),
        loyalty_id: records.loyalty_id,
        email: records.email,
        phone: records.phone,
        handle: records.handle,
        first_name: records.first_name,
        last_name: records.last_name,
        birth_date: Date32Array::from(vec![5_000; rows]),
        street: none(rows),
        postal_code: none(rows),
        city: none(rows),
        country: records.country,
        language: none(rows),
        preferred_channel: none(rows),
        registered_on: Date32Array::from(vec![18_000; rows]),
        updated_on: Date32Array::from(vec![19_000; rows]),
    };
    map.with(&customer_record::CONTRACT, vec![columns.into_batch().unwrap()])
}

fn golden(views: &Tables) -> Tables {
    stage(&Params::default()).steps[2].run(&context(), views).unwrap()
}

#[divan::bench(args = [500_000, 5_000_000], sample_count = 3, sample_size = 1)]
fn golden_without_records(bencher: Bencher<'_, '_>, n: u64) {
    let views = golden_views(n, None);
    assert_eq!(views.rows(&identifier_quarantine::CONTRACT), 0);
    bencher.bench_local(|| golden(&views));
}

#[divan::bench(args = [500_000], sample_count = 3, sample_size = 1)]
fn golden_with_records(bencher: Bencher<'_, '_>, n: u64) {
    let views = golden_views(n, Some(1));
    bencher.bench_local(|| golden(&views));
}

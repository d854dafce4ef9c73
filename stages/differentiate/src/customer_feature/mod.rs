//! Features of every party: worth, habits and contact, up to the logical date.
//!
//! ```text
//! party_purchase ────────────────────────────────────────────────────────────┐
//! party_purchase, identity_map ─ customer_purchase.sql ─► customer_purchase ─┤
//! interaction, campaign_contact, response,                                   │
//! survey, social_post, identity_map ─ contact.sql ─► customer_contact ───────┼─► customer_feature
//! golden_customer ─ party.sql ─► customer_party ─────────────────────────────┤   customer_day
//! category, sales_channel ───────────────────────────────────────────────────┘   customer_total
//! ```
//!
//! `customer_purchase` tells whose each row of `party_purchase` is. They are not joined, because a join would
//! copy every record: these are read where they lie.
//!
//! Money is added in whole minor units; it becomes a floating number in the last division.

mod ledger;
mod measures;
mod passed_on;
mod places;
mod row;

use std::ops::RangeInclusive;

use arrow_array::{Array, Int64Array, LargeBinaryArray, RecordBatch};
use idip_schemas::TableContract;
use idip_schemas::differentiate::{
    customer_contact, customer_day, customer_feature, customer_party, customer_purchase,
    customer_total,
};
use idip_schemas::identify::{golden_customer, identity_map};
use idip_schemas::source::{
    campaign_contact, category, interaction, party_purchase, response, sales_channel, social_post,
    survey,
};
use idip_stage::{
    Output, Read, RunContext, StageError, Step, Tables, View, Views, parse, parse_customers,
    run_in_memory,
};
use rayon::prelude::*;

use crate::names::Names;
use crate::order::{Place, customer_ids, one_by_customer, parts};
use ledger::{Ledger, touch};
use passed_on::PassedOn;
use places::{from_customer, purchase_places, take_customer};
use row::{Contact, Row, Rows};

/// The tables that it writes.
const TABLES: [&TableContract; 3] =
    [&customer_feature::CONTRACT, &customer_day::CONTRACT, &customer_total::CONTRACT];

/// Parties of one batch; fixed, so that the bytes do not depend on the number of threads.
///
/// Small enough for the rows of a batch to stay in a core's cache while they are laid out as columns.
const BATCH_PARTIES: usize = 8192;

/// Batches that are made before they are handed over: enough for all cores.
const BATCHES_AT_ONCE: usize = 16;

/// Parties whose purchases are read ahead.
const PARTIES_AHEAD: usize = 64;

/// Makes `customer_feature`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustomerFeature;

impl Step for CustomerFeature {
    fn name(&self) -> &'static str {
        "differentiate.customer_feature"
    }

    fn views(&self) -> Vec<View> {
        let contact_reads = vec![
            Read::Table(&interaction::CONTRACT),
            Read::Table(&campaign_contact::CONTRACT),
            Read::Table(&response::CONTRACT),
            Read::Table(&survey::CONTRACT),
            Read::Table(&social_post::CONTRACT),
            Read::Table(&identity_map::CONTRACT),
        ];
        vec![
            View::new(
                &customer_purchase::CONTRACT,
                vec![Read::Table(&party_purchase::CONTRACT), Read::Table(&identity_map::CONTRACT)],
                include_str!("customer_purchase.sql"),
            ),
            View::whole(&party_purchase::CONTRACT),
            View::new(&customer_contact::CONTRACT, contact_reads, include_str!("contact.sql")),
            View::new(
                &customer_party::CONTRACT,
                vec![Read::Table(&golden_customer::CONTRACT)],
                include_str!("party.sql"),
            ),
            View::whole(&category::CONTRACT),
            View::whole(&sales_channel::CONTRACT),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        TABLES.to_vec()
    }

    fn settings(&self) -> String {
        String::new()
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
        let purchases = parse(views, &party_purchase::CONTRACT, party_purchase::Columns::parse)?;
        let purchase_places = places_of(views, &purchases)?;
        let contacts = parse(views, &customer_contact::CONTRACT, customer_contact::Columns::parse)?;
        let category = category::Columns::parse(&views.as_one(&category::CONTRACT)?)?;
        let channel = sales_channel::Columns::parse(&views.as_one(&sales_channel::CONTRACT)?)?;
        let sources = Sources {
            as_of: context.logical_date,
            categories: Names::new("category", &category.category_index, &category.category)?,
            channels: Names::new("sales_channel", &channel.channel_index, &channel.channel)?,
            purchase_places,
            purchases: purchases.iter().map(|batch| &batch.purchases).collect(),
            contact_places: one_by_customer(
                customer_contact::CONTRACT.name,
                contacts.iter().map(|batch| &batch.customer_id),
            )?,
            known: Known::of(&contacts),
            contacts: &contacts,
        };
        let customers = customer_ids(views, &customer_party::CONTRACT)?;
        refuse_strays(&sources, &customers)?;
        if customers.is_empty() {
            TABLES.iter().try_for_each(|contract| output.push(contract, contract.empty()))?;
        }
        for part in parts(&customers) {
            let parties = Parties::read(views, &part)?;
            for places in parties.places.chunks(BATCH_PARTIES * BATCHES_AT_ONCE) {
                let batches = places
                    .par_chunks(BATCH_PARTIES)
                    .map(|places| sources.features(&parties, places))
                    .collect::<Result<Vec<[RecordBatch; 3]>, _>>()?;
                for batches in batches {
                    for (contract, batch) in TABLES.into_iter().zip(batches) {
                        output.push(contract, batch)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Stops the night when a sale belongs to nobody: money would be lost without a word.
fn refuse_unmapped(owners: &[customer_purchase::Columns]) -> Result<(), StageError> {
    let unmapped: usize = owners.iter().map(|batch| batch.customer_id.null_count()).sum();
    if unmapped == 0 {
        return Ok(());
    }
    Err(StageError::Data {
        message: format!("{unmapped} party reference(s) with purchases are not in `identity_map`"),
        hint: None,
    })
}

/// Where the purchases of each customer lie; whose they are is known in passing alone.
fn places_of(
    views: &dyn Views,
    purchases: &[party_purchase::Columns],
) -> Result<Vec<Place>, StageError> {
    let owners = parse(views, &customer_purchase::CONTRACT, customer_purchase::Columns::parse)?;
    refuse_unmapped(&owners)?;
    purchase_places(&owners, purchases.iter().map(|batch| &batch.purchase_index))
}

/// Some neighbouring parties.
struct Parties {
    columns: Vec<customer_party::Columns>,
    places: Vec<Place>,
}

impl Parties {
    fn read(views: &dyn Views, customers: &RangeInclusive<i64>) -> Result<Self, StageError> {
        let contract = &customer_party::CONTRACT;
        let columns = parse_customers(views, contract, customers, customer_party::Columns::parse)?;
        let places =
            one_by_customer(contract.name, columns.iter().map(|batch| &batch.customer_id))?;
        Ok(Self { columns, places })
    }

    /// Type of a party, and the day it registered on.
    fn of(&self, place: Place) -> Option<(&str, Option<i32>)> {
        let (columns, row) = (self.columns.get(place.batch as usize)?, place.row as usize);
        let registered_on = &columns.registered_on;
        Some((
            columns.party_type.value(row),
            registered_on.is_valid(row).then(|| registered_on.value(row)),
        ))
    }
}

/// Which counts the feeds can tell at all; a count they cannot tell is null and not 0.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each count, none for a state")]
struct Known {
    contacts_in: bool,
    contacts_out: bool,
    campaigns: bool,
    responses: bool,
    social_posts: bool,
}

impl Known {
    fn of(contacts: &[customer_contact::Columns]) -> Self {
        let any = |column: fn(&customer_contact::Columns) -> &Int64Array| {
            contacts.iter().any(|batch| column(batch).values().iter().any(|&count| count > 0))
        };
        Self {
            contacts_in: any(|batch| &batch.contacts_in),
            contacts_out: any(|batch| &batch.contacts_out),
            campaigns: any(|batch| &batch.campaigns),
            responses: any(|batch| &batch.responses),
            social_posts: any(|batch| &batch.social_posts),
        }
    }
}

/// Everything the features of a party are made from.
struct Sources<'a> {
    as_of: i32,
    categories: Names,
    channels: Names,
    purchases: Vec<&'a LargeBinaryArray>,
    purchase_places: Vec<Place>,
    contacts: &'a [customer_contact::Columns],
    contact_places: Vec<Place>,
    known: Known,
}

/// Stops the night when a sale or a contact belongs to nobody: money would be lost without a word.
fn refuse_strays(sources: &Sources<'_>, customers: &[i64]) -> Result<(), StageError> {
    let n_strays = |places: &[Place]| {
        let mut customers = customers.iter().copied().peekable();
        places
            .iter()
            .filter(|place| {
                while customers.next_if(|&id| id < place.customer_id).is_some() {}
                customers.peek() != Some(&place.customer_id)
            })
            .count()
    };
    let strays = n_strays(&sources.purchase_places) + n_strays(&sources.contact_places);
    if strays > 0 {
        return Err(StageError::Data {
            message: format!(
                "{strays} row(s) of purchases or contacts belong to a customer that is not in \
                 `golden_customer`"
            ),
            hint: None,
        });
    }
    Ok(())
}

impl Sources<'_> {
    /// Neighbouring parties: their rows in each of [`TABLES`].
    fn features(
        &self,
        parties: &Parties,
        places: &[Place],
    ) -> Result<[RecordBatch; 3], StageError> {
        let mut rows = Rows::new(places.len(), self.known, &self.categories, &self.channels);
        let mut ledger = Ledger::default();
        let mut gaps = Vec::new();
        let mut passed_on = PassedOn::default();
        let first_id = places.first().map_or(i64::MAX, |place| place.customer_id);
        let mut purchases = from_customer(&self.purchase_places, first_id);
        let mut contacts = from_customer(&self.contact_places, first_id);
        for places in places.chunks(PARTIES_AHEAD) {
            self.touch(purchases, places);
            for party in places {
                let mine = take_customer(&mut purchases, party.customer_id);
                ledger.fill(mine.iter().filter_map(|place| {
                    Some((*self.purchases.get(place.batch as usize)?, place.row as usize))
                }))?;
                passed_on.push(party.customer_id, &ledger);
                let contact = take_customer(&mut contacts, party.customer_id)
                    .first()
                    .and_then(|place| self.contact(*place));
                let Some((party_type, registered_on)) = parties.of(*party) else { continue };
                rows.push(
                    &ledger,
                    Row {
                        customer_id: party.customer_id,
                        party_type,
                        registered_on: registered_on.filter(|&day| day <= self.as_of),
                        contact,
                        days: measures::of_days(&ledger, self.as_of, &mut gaps),
                        as_of: self.as_of,
                    },
                )?;
            }
        }
        let (days, totals) = passed_on.into_batches()?;
        Ok([rows.into_batch()?, days, totals])
    }

    /// Brings the purchases of parties near, which lie ahead of all others.
    fn touch(&self, purchases: &[Place], parties: &[Place]) {
        let Some(last) = parties.last() else { return };
        let ahead = purchases.iter().take_while(|place| place.customer_id <= last.customer_id);
        let read = |place: &Place| {
            let records = self.purchases.get(place.batch as usize);
            records.map_or(0, |records| touch(records, place.row as usize))
        };
        // What was read is of no use, only that it was.
        std::hint::black_box(ahead.map(read).fold(0, |sum, byte| sum ^ byte));
    }

    fn contact(&self, place: Place) -> Option<Contact> {
        let (columns, row) = (self.contacts.get(place.batch as usize)?, place.row as usize);
        let day =
            |values: &arrow_array::Date32Array| values.is_valid(row).then(|| values.value(row));
        let first = day(&columns.first_contact_on);
        Some(Contact {
            first_seen_on: columns.first_seen_on.value(row),
            met_on: first.zip(day(&columns.last_contact_on)),
            contacts_in: columns.contacts_in.value(row),
            contacts_out: columns.contacts_out.value(row),
            campaign_contacts: columns.campaign_contacts.value(row),
            responses: columns.responses.value(row),
            social_posts: columns.social_posts.value(row),
            nps_score: columns.nps_score.is_valid(row).then(|| columns.nps_score.value(row)),
        })
    }
}

#[cfg(test)]
mod tests;

//! Features of every party: worth, habits and contact, up to the logical date.
//!
//! ```text
//! party_purchase ───────────────────────────────────────────────────┐
//! party_purchase, identity_map ─ customer_purchase.sql ─► customer_purchase ─┤
//! interaction, campaign_contact, response,                          │
//! survey, social_post, identity_map ─ contact.sql ─► customer_contact ─► customer_feature
//! golden_customer ─ party.sql ─► customer_party ────────────────────┤
//! category, sales_channel ──────────────────────────────────────────┘
//! ```
//!
//! Money is added in whole minor units; it becomes a floating number in the last division.

pub(crate) mod ledger;
mod measures;
mod row;

use arrow_array::{Array, Int64Array, RecordBatch};
use idip_schemas::TableContract;
use idip_schemas::differentiate::{
    customer_contact, customer_feature, customer_party, customer_purchase,
};
use idip_schemas::identify::{golden_customer, identity_map};
use idip_schemas::source::{
    campaign_contact, category, interaction, party_purchase, response, sales_channel, social_post,
    survey,
};
use idip_stage::{Output, Read, RunContext, StageError, Step, Tables, View};
use rayon::prelude::*;

use crate::names::Names;
use crate::order::{Place, one_by_customer};
use crate::purchases::{self, from_customer, purchase_places, refuse_unmapped, take_customer};
use ledger::{Ledger, PurchaseBatch};
use row::{Contact, Row, Rows};

/// Parties of one batch; fixed, so that the bytes do not depend on the number of threads.
///
/// Small enough for the rows of a batch to stay in a core's cache while they are laid out as columns.
const BATCH_PARTIES: usize = 4096;

/// Batches that are made before they are handed over: enough for all cores.
const BATCHES_AT_ONCE: usize = 64;

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
            purchases::owners(),
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
        vec![&customer_feature::CONTRACT]
    }

    fn settings(&self) -> String {
        String::new()
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let mut tables = Tables::default();
        self.run_into(context, views, &mut tables)?;
        Ok(tables)
    }

    fn run_into(
        &self,
        context: &RunContext,
        views: &Tables,
        output: &mut dyn Output,
    ) -> Result<(), StageError> {
        let purchases = parse(views, &party_purchase::CONTRACT, party_purchase::Columns::parse)?;
        let owners = parse(views, &customer_purchase::CONTRACT, customer_purchase::Columns::parse)?;
        let contacts = parse(views, &customer_contact::CONTRACT, customer_contact::Columns::parse)?;
        let parties = parse(views, &customer_party::CONTRACT, customer_party::Columns::parse)?;
        let category = category::Columns::parse(&views.batch(&category::CONTRACT)?)?;
        let channel = sales_channel::Columns::parse(&views.batch(&sales_channel::CONTRACT)?)?;
        let sources = Sources {
            as_of: context.logical_date,
            categories: Names::new("category", &category.category_index, &category.category)?,
            channels: Names::new("sales_channel", &channel.channel_index, &channel.channel)?,
            purchase_places: purchase_places(
                &owners,
                purchases.iter().map(|batch| &batch.purchase_index),
            )?,
            purchases: purchases.iter().map(PurchaseBatch::new).collect::<Result<_, _>>()?,
            contact_places: one_by_customer(
                customer_contact::CONTRACT.name,
                contacts.iter().map(|batch| &batch.customer_id),
            )?,
            known: Known::of(&contacts),
            contacts: &contacts,
            parties: &parties,
        };
        let party_places = one_by_customer(
            customer_party::CONTRACT.name,
            parties.iter().map(|batch| &batch.customer_id),
        )?;
        refuse_strays(&owners, &sources, &party_places)?;
        if party_places.is_empty() {
            output.push(&customer_feature::CONTRACT, customer_feature::CONTRACT.empty())?;
        }
        for places in party_places.chunks(BATCH_PARTIES * BATCHES_AT_ONCE) {
            let batches = places
                .par_chunks(BATCH_PARTIES)
                .map(|places| sources.features(places))
                .collect::<Result<Vec<RecordBatch>, _>>()?;
            for batch in batches {
                output.push(&customer_feature::CONTRACT, batch)?;
            }
        }
        Ok(())
    }
}

pub(crate) fn parse<C, E>(
    views: &Tables,
    contract: &'static TableContract,
    columns: impl Fn(&RecordBatch) -> Result<C, E>,
) -> Result<Vec<C>, StageError>
where
    StageError: From<E>,
{
    views.batches(contract)?.iter().map(|batch| Ok(columns(batch)?)).collect()
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
    purchases: Vec<PurchaseBatch<'a>>,
    purchase_places: Vec<Place>,
    contacts: &'a [customer_contact::Columns],
    contact_places: Vec<Place>,
    known: Known,
    parties: &'a [customer_party::Columns],
}

/// Stops the night when a sale or a contact belongs to nobody: money would be lost without a word.
fn refuse_strays(
    owners: &[customer_purchase::Columns],
    sources: &Sources<'_>,
    parties: &[Place],
) -> Result<(), StageError> {
    refuse_unmapped(owners)?;
    let n_strays = |places: &[Place]| {
        let mut parties = parties.iter().map(|place| place.customer_id).peekable();
        places
            .iter()
            .filter(|place| {
                while parties.next_if(|&id| id < place.customer_id).is_some() {}
                parties.peek() != Some(&place.customer_id)
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

impl<'a> Sources<'a> {
    fn features(&self, parties: &[Place]) -> Result<RecordBatch, StageError> {
        let mut rows = Rows::new(parties.len(), self.known, &self.categories, &self.channels);
        let mut ledger = Ledger::default();
        let mut gaps = Vec::new();
        let first_id = parties.first().map_or(i64::MAX, |place| place.customer_id);
        let mut purchases = from_customer(&self.purchase_places, first_id);
        let mut contacts = from_customer(&self.contact_places, first_id);
        for parties in parties.chunks(PARTIES_AHEAD) {
            self.touch(purchases, parties);
            for party in parties {
                let mine = take_customer(&mut purchases, party.customer_id);
                ledger.fill(mine.iter().filter_map(|place| {
                    Some((self.purchases.get(place.batch as usize)?, place.row as usize))
                }));
                let contact = take_customer(&mut contacts, party.customer_id)
                    .first()
                    .and_then(|place| self.contact(*place));
                let Some((party_type, registered_on)) = self.party(*party) else { continue };
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
        Ok(rows.into_batch()?)
    }

    /// Brings the purchases of parties near, which lie ahead of all others.
    fn touch(&self, purchases: &[Place], parties: &[Place]) {
        let Some(last) = parties.last() else { return };
        let ahead = purchases.iter().take_while(|place| place.customer_id <= last.customer_id);
        let read = |place: &Place| {
            self.purchases
                .get(place.batch as usize)
                .map_or(0, |batch| batch.touch(place.row as usize))
        };
        // What was read is of no use, only that it was.
        std::hint::black_box(ahead.map(read).fold(0, i64::wrapping_add));
    }

    fn party(&self, place: Place) -> Option<(&'a str, Option<i32>)> {
        let (columns, row) = (self.parties.get(place.batch as usize)?, place.row as usize);
        let registered_on = &columns.registered_on;
        Some((
            columns.party_type.value(row),
            registered_on.is_valid(row).then(|| registered_on.value(row)),
        ))
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

//! Loyalty of every party: degree in both directions, level, recurrence, lifecycle and milestones.
//!
//! ```text
//! party_day, customer_purchase ───────────────────────────────────────────────┐
//! interaction, campaign_contact, response, survey, social_post, identity_map  │
//!     ─ loyalty_contact.sql ─► loyalty_contact ───────────────────────────────┤
//! customer_segment ─ loyalty_party.sql ─► loyalty_party ──────────────────────┼─► customer_loyalty
//! last_customer_loyalty ─ loyalty_last_night.sql ─► loyalty_last_night ───────┘
//! ```

mod gaps;
mod model;
mod params;
mod row;

use std::collections::BTreeMap;

use idip_numerics::loyalty::{GapRoom, loyalty_deciles};
use idip_schemas::TableContract;
use idip_schemas::differentiate::customer_segment;
use idip_schemas::differentiate::loyalty::{
    customer_loyalty, loyalty_contact, loyalty_last_night, loyalty_party,
};
use idip_schemas::identify::identity_map;
use idip_schemas::source::{campaign_contact, interaction, response, social_post, survey};
use idip_stage::{Read, RunContext, Sql, StageError, Step, Tables, View};
use rayon::prelude::*;

use crate::customer_feature::parse;
use crate::order::{Place, one_by_customer, row_of};
use crate::purchases::{Purchases, PurchasesByCustomer, SaleDays};
use gaps::GapCounts;
use model::{Acts, Model};
pub use params::{
    ActWeights, GapParams, LifecycleSettings, LoyaltyLevel, LoyaltyParams, Milestone,
    MilestoneEvent, RecurrenceSettings,
};
use row::{LastNight, Row};

/// Parties of one batch; fixed, so that the bytes do not depend on the number of threads.
const BATCH_PARTIES: usize = 4096;

/// Makes `customer_loyalty`.
#[derive(Debug, Clone, PartialEq)]
pub struct Loyalty {
    params: LoyaltyParams,
}

impl Loyalty {
    /// A step with these settings, which are expected to pass their check.
    pub fn new(params: LoyaltyParams) -> Self {
        Self { params }
    }

    fn contact_view(&self) -> View {
        let weights = &self.params.weights;
        let decay = -std::f64::consts::LN_2 / self.params.half_life_days;
        let mut sql = include_str!("loyalty_contact.sql").to_owned();
        for (name, value) in [
            ("{interaction_in}", weights.interaction_in),
            ("{interaction_out}", weights.interaction_out),
            ("{campaign}", weights.campaign),
            ("{response}", weights.response),
            ("{survey}", weights.survey),
            ("{post}", weights.post),
            ("{minus_decay}", decay),
        ] {
            sql = sql.replace(name, &value.to_string());
        }
        View {
            contract: &loyalty_contact::CONTRACT,
            reads: vec![
                Read::Table(&interaction::CONTRACT),
                Read::Table(&campaign_contact::CONTRACT),
                Read::Table(&response::CONTRACT),
                Read::Table(&survey::CONTRACT),
                Read::Table(&social_post::CONTRACT),
                Read::Table(&identity_map::CONTRACT),
            ],
            given: Vec::new(),
            sql: Sql::Text(sql.into()),
        }
    }
}

impl Step for Loyalty {
    fn name(&self) -> &'static str {
        "differentiate.loyalty"
    }

    fn views(&self) -> Vec<View> {
        let mut views = vec![
            self.contact_view(),
            View::new(
                &loyalty_party::CONTRACT,
                vec![Read::Table(&customer_segment::CONTRACT)],
                include_str!("loyalty_party.sql"),
            ),
            View::new(
                &loyalty_last_night::CONTRACT,
                vec![Read::LastNight(&customer_loyalty::CONTRACT)],
                include_str!("loyalty_last_night.sql"),
            ),
        ];
        views.extend(Purchases::views());
        views
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&customer_loyalty::CONTRACT]
    }

    fn settings(&self) -> String {
        format!("{:?}", self.params)
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let model = Model::new(&self.params)?;
        let purchases = Purchases::read(views)?;
        let contacts = parse(views, &loyalty_contact::CONTRACT, loyalty_contact::Columns::parse)?;
        let parties = parse(views, &loyalty_party::CONTRACT, loyalty_party::Columns::parse)?;
        let last = parse(views, &loyalty_last_night::CONTRACT, loyalty_last_night::Columns::parse)?;
        let party_places = one_by_customer(
            loyalty_party::CONTRACT.name,
            parties.iter().map(|batch| &batch.customer_id),
        )?;
        let has_company =
            contacts.iter().any(|batch| batch.company_first_on.iter().flatten().next().is_some());
        let mut sources = Sources {
            as_of: context.logical_date,
            model: &model,
            purchases: purchases.by_customer()?,
            contact_places: one_by_customer(
                loyalty_contact::CONTRACT.name,
                contacts.iter().map(|batch| &batch.customer_id),
            )?,
            contacts: &contacts,
            last_places: one_by_customer(
                loyalty_last_night::CONTRACT.name,
                last.iter().map(|batch| &batch.customer_id),
            )?,
            last: &last,
            parties: &parties,
            has_company,
            segment_gaps: BTreeMap::new(),
        };
        sources.segment_gaps = sources.segment_gaps(&party_places, self.params.gaps.quantile);

        // Rows become columns within their piece of work, which takes far less room.
        let pieces: Vec<(customer_loyalty::Columns, Vec<f64>)> = party_places
            .par_chunks(BATCH_PARTIES)
            .map(|places| {
                let rows = sources.rows(places)?;
                let degrees = rows.iter().map(Row::degree).collect();
                Ok((row::columns(&rows, &self.params), degrees))
            })
            .collect::<Result<_, StageError>>()?;
        let degrees: Vec<f64> = pieces.iter().flat_map(|piece| &piece.1).copied().collect();
        let deciles = loyalty_deciles(&degrees);
        let mut deciles = deciles.chunks(BATCH_PARTIES);
        let mut batches = Vec::with_capacity(pieces.len());
        for (mut columns, _) in pieces {
            let deciles = deciles.next().unwrap_or_default();
            columns.loyalty_decile = deciles.iter().map(|decile| decile.or(Some(1))).collect();
            batches.push(columns.into_batch()?);
        }
        if batches.is_empty() {
            batches.push(customer_loyalty::CONTRACT.empty());
        }
        Ok(Tables::default().with(&customer_loyalty::CONTRACT, batches))
    }
}

/// Everything the loyalty of a party is made from.
struct Sources<'a> {
    as_of: i32,
    model: &'a Model,
    purchases: PurchasesByCustomer<'a>,
    contacts: &'a [loyalty_contact::Columns],
    contact_places: Vec<Place>,
    last: &'a [loyalty_last_night::Columns],
    last_places: Vec<Place>,
    parties: &'a [loyalty_party::Columns],
    /// Whether any feed tells what the shop does.
    has_company: bool,
    /// Usual gap of each value segment.
    segment_gaps: BTreeMap<i64, f64>,
}

impl Sources<'_> {
    /// The quantile of the gaps of each value segment.
    fn segment_gaps(&self, parties: &[Place], quantile: f64) -> BTreeMap<i64, f64> {
        let of_chunk = |places: &[Place]| {
            let mut counts: BTreeMap<i64, GapCounts> = BTreeMap::new();
            let (mut sales, mut days) = (self.sales_from(places), Vec::new());
            for place in places {
                let Some(segment) = self.segment(*place) else { continue };
                self.days_of(place.customer_id, &mut sales, &mut days);
                counts.entry(segment).or_default().add_days(&days);
            }
            counts
        };
        let chunks: Vec<_> = parties.par_chunks(BATCH_PARTIES).map(of_chunk).collect();
        let mut all: BTreeMap<i64, GapCounts> = BTreeMap::new();
        for (segment, counts) in chunks.iter().flatten() {
            all.entry(*segment).or_default().merge(counts);
        }
        let known =
            |(segment, counts): (i64, GapCounts)| Some((segment, counts.quantile(quantile)?));
        all.into_iter().filter_map(known).collect()
    }

    fn rows(&self, parties: &[Place]) -> Result<Vec<Row<'_>>, StageError> {
        let (mut sales, mut days) = (self.sales_from(parties), Vec::new());
        let mut room = GapRoom::default();
        let mut rows = Vec::with_capacity(parties.len());
        for place in parties {
            self.days_of(place.customer_id, &mut sales, &mut days);
            let segment = self.segment(*place);
            let segment_gap = segment.and_then(|segment| self.segment_gaps.get(&segment).copied());
            let found = self.model.judge(
                &days,
                &self.acts(place.customer_id),
                segment_gap,
                self.has_company,
                self.as_of,
                &mut room,
            )?;
            let last = self.last_night(place.customer_id);
            rows.push(Row::new(place.customer_id, found, last, self.as_of));
        }
        Ok(rows)
    }

    fn sales_from(&self, parties: &[Place]) -> SaleDays<'_> {
        self.purchases.from(parties.first().map_or(i64::MAX, |place| place.customer_id))
    }

    fn days_of(&self, customer_id: i64, sales: &mut SaleDays<'_>, days: &mut Vec<i32>) {
        days.clear();
        days.extend(sales.of(customer_id).map(|day| day.on).filter(|&on| on <= self.as_of));
    }

    fn segment(&self, place: Place) -> Option<i64> {
        let columns = self.parties.get(place.batch as usize)?;
        Some(columns.value_segment_id.value(place.row as usize))
    }

    /// What both sides did, purchases aside; nothing for a party that no feed but sales names.
    fn acts(&self, customer_id: i64) -> Acts {
        let found = row_of(&self.contact_places, customer_id)
            .and_then(|(batch, row)| Some((self.contacts.get(batch)?, row)));
        let Some((columns, row)) = found else { return Acts::default() };
        let day = |values: &arrow_array::Date32Array| row::day_at(values, row);
        Acts {
            company_weight: columns.company_micros.value(row) as f64 / 1e6,
            company_on: day(&columns.company_first_on).zip(day(&columns.company_last_on)),
            party_weight: columns.party_micros.value(row) as f64 / 1e6,
            party_on: day(&columns.party_first_on).zip(day(&columns.party_last_on)),
            first_contact_on: day(&columns.first_contact_on),
            first_post_on: day(&columns.first_post_on),
            first_campaign_on: day(&columns.first_campaign_on),
            first_response_on: day(&columns.first_response_on),
        }
    }

    fn last_night(&self, customer_id: i64) -> Option<LastNight<'_>> {
        let (batch, row) = row_of(&self.last_places, customer_id)?;
        let columns = self.last.get(batch)?;
        Some(LastNight {
            level: columns.loyalty_level_number.value(row),
            level_since_on: columns.loyalty_level_since_on.value(row),
            state: columns.lifecycle_state.value(row),
            state_since_on: columns.lifecycle_since_on.value(row),
        })
    }
}

#[cfg(test)]
mod tests;

//! Loyalty of every party: degree in both directions, level, recurrence, lifecycle and milestones.
//!
//! ```text
//! customer_day ───────────────────────────────────────────────────────────────┐
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
use std::ops::RangeInclusive;

use arrow_array::RecordBatch;
use idip_numerics::loyalty::{GapRoom, loyalty_deciles};
use idip_schemas::TableContract;
use idip_schemas::differentiate::customer_segment;
use idip_schemas::differentiate::loyalty::{
    customer_loyalty, loyalty_contact, loyalty_last_night, loyalty_party,
};
use idip_schemas::identify::identity_map;
use idip_schemas::source::{campaign_contact, interaction, response, social_post, survey};
use idip_stage::{
    Output, Read, RunContext, Sql, StageError, Step, Tables, View, Views, parse, parse_customers,
    run_in_memory,
};
use rayon::prelude::*;

use crate::order::{Place, customer_ids, expect_customers, one_by_customer, parts, row_of};
use crate::purchases::{CustomerDays, SaleDays};
use gaps::GapCounts;
use model::{Acts, Model};
pub use params::{
    ActWeights, GapParams, LifecycleSettings, LoyaltyLevel, LoyaltyParams, Milestone,
    MilestoneEvent, RecurrenceSettings,
};
use row::{LastNight, Row};

/// Parties of one batch; fixed, so that the bytes do not depend on the number of threads.
const BATCH_PARTIES: usize = 8192;

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
        vec![
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
            CustomerDays::view(),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&customer_loyalty::CONTRACT]
    }

    fn settings(&self) -> String {
        format!("{:?}", self.params)
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
        let contract = &customer_loyalty::CONTRACT;
        let model = Model::new(&self.params)?;
        let contacts = parse(views, &loyalty_contact::CONTRACT, loyalty_contact::Columns::parse)?;
        let customers = customer_ids(views, &loyalty_party::CONTRACT)?;
        let has_company =
            contacts.iter().any(|batch| batch.company_first_on.iter().flatten().next().is_some());
        let mut known = Known {
            as_of: context.logical_date,
            model: &model,
            contact_places: one_by_customer(
                loyalty_contact::CONTRACT.name,
                contacts.iter().map(|batch| &batch.customer_id),
            )?,
            contacts: &contacts,
            has_company,
            segment_gaps: BTreeMap::new(),
        };
        // What is usual in a segment, and a tenth of all parties, are known when all were seen.
        let (mut gaps, mut degrees) = (BTreeMap::new(), Vec::with_capacity(customers.len()));
        for part in parts(&customers) {
            let parties = Parties::read(views, part, false)?;
            for (segments, of_chunk) in known.survey(&parties)? {
                degrees.extend(of_chunk);
                for (segment, counts) in segments {
                    gaps.entry(segment).or_insert_with(GapCounts::default).merge(&counts);
                }
            }
        }
        let quantile = self.params.gaps.quantile;
        let usual =
            |(segment, counts): (i64, GapCounts)| Some((segment, counts.quantile(quantile)?));
        known.segment_gaps = gaps.into_iter().filter_map(usual).collect();
        let deciles = loyalty_deciles(&degrees);
        drop(degrees);

        if customers.is_empty() {
            output.push(contract, contract.empty())?;
        }
        let mut first = 0;
        for part in parts(&customers) {
            let end = customers.partition_point(|id| part.end() >= id);
            let parties = Parties::read(views, part, true)?;
            let expected = customers.get(first..end).unwrap_or_default();
            expect_customers(loyalty_party::CONTRACT.name, &parties.places, expected)?;
            let mine = deciles.get(first..end).unwrap_or_default();
            first = end;
            let batches: Vec<RecordBatch> = parties
                .places
                .par_chunks(BATCH_PARTIES)
                .zip(mine.par_chunks(BATCH_PARTIES))
                .map(|(chunk, deciles)| {
                    let mut columns = row::columns(&known.rows(&parties, chunk)?, &self.params);
                    columns.loyalty_decile =
                        deciles.iter().map(|decile| decile.or(Some(1))).collect();
                    Ok(columns.into_batch()?)
                })
                .collect::<Result<_, StageError>>()?;
            batches.into_iter().try_for_each(|batch| output.push(contract, batch))?;
        }
        Ok(())
    }
}

/// Some neighbouring parties: when they bought, and where they stood.
struct Parties {
    days: CustomerDays,
    columns: Vec<loyalty_party::Columns>,
    places: Vec<Place>,
    last: Vec<loyalty_last_night::Columns>,
    last_places: Vec<Place>,
}

impl Parties {
    fn read(
        views: &dyn Views,
        customers: RangeInclusive<i64>,
        with_last_night: bool,
    ) -> Result<Self, StageError> {
        let contract = &loyalty_party::CONTRACT;
        let columns = parse_customers(views, contract, &customers, loyalty_party::Columns::parse)?;
        let last = if with_last_night {
            let contract = &loyalty_last_night::CONTRACT;
            parse_customers(views, contract, &customers, loyalty_last_night::Columns::parse)?
        } else {
            Vec::new()
        };
        Ok(Self {
            days: CustomerDays::read(views, customers)?,
            places: one_by_customer(
                loyalty_party::CONTRACT.name,
                columns.iter().map(|batch| &batch.customer_id),
            )?,
            columns,
            last_places: one_by_customer(
                loyalty_last_night::CONTRACT.name,
                last.iter().map(|batch| &batch.customer_id),
            )?,
            last,
        })
    }

    fn segment(&self, place: Place) -> Option<i64> {
        let columns = self.columns.get(place.batch as usize)?;
        Some(columns.value_segment_id.value(place.row as usize))
    }

    fn sales_from(&self, places: &[Place]) -> SaleDays<'_> {
        self.days.from(places.first().map_or(i64::MAX, |place| place.customer_id))
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

/// Gaps between purchases by value segment, and the leading degree of each party.
type Survey = (BTreeMap<i64, GapCounts>, Vec<f64>);

/// What the loyalty of every party is made from.
struct Known<'a> {
    as_of: i32,
    model: &'a Model,
    contacts: &'a [loyalty_contact::Columns],
    contact_places: Vec<Place>,
    /// Whether any feed tells what the shop does.
    has_company: bool,
    /// Usual gap of each value segment.
    segment_gaps: BTreeMap<i64, f64>,
}

impl Known<'_> {
    fn survey(&self, parties: &Parties) -> Result<Vec<Survey>, StageError> {
        let of_chunk = |places: &[Place]| {
            let mut counts: BTreeMap<i64, GapCounts> = BTreeMap::new();
            let mut degrees = Vec::with_capacity(places.len());
            let (mut sales, mut days) = (parties.sales_from(places), Vec::new());
            for place in places {
                self.days_of(place.customer_id, &mut sales, &mut days);
                if let Some(segment) = parties.segment(*place) {
                    counts.entry(segment).or_default().add_days(&days);
                }
                let acts = self.acts(place.customer_id);
                let degree =
                    self.model.leading_degree(&days, &acts, self.has_company, self.as_of)?;
                degrees.push(degree);
            }
            Ok((counts, degrees))
        };
        parties.places.par_chunks(BATCH_PARTIES).map(of_chunk).collect()
    }

    fn rows<'p>(&self, parties: &'p Parties, chunk: &[Place]) -> Result<Vec<Row<'p>>, StageError> {
        let (mut sales, mut days) = (parties.sales_from(chunk), Vec::new());
        let mut room = GapRoom::default();
        let mut rows = Vec::with_capacity(chunk.len());
        for place in chunk {
            self.days_of(place.customer_id, &mut sales, &mut days);
            let segment = parties.segment(*place);
            let segment_gap = segment.and_then(|segment| self.segment_gaps.get(&segment).copied());
            let found = self.model.judge(
                &days,
                &self.acts(place.customer_id),
                segment_gap,
                self.has_company,
                self.as_of,
                &mut room,
            )?;
            let last = parties.last_night(place.customer_id);
            rows.push(Row::new(place.customer_id, found, last, self.as_of));
        }
        Ok(rows)
    }

    fn days_of(&self, customer_id: i64, sales: &mut SaleDays<'_>, days: &mut Vec<i32>) {
        days.clear();
        days.extend(sales.of(customer_id).map(|day| day.on).filter(|&on| on <= self.as_of));
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
}

#[cfg(test)]
mod tests;

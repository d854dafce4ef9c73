//! `identify.id_map`: every customer id that was ever given out, and the one that stands for it now.
//!
//! Whoever kept an id of some night finds its customer here in one look-up, over all merges since. An id
//! that ended stays as a tombstone: a number, two days and two codes.

mod chain;
#[cfg(test)]
mod tests;

use arrow_array::{Array, Date32Array, Int64Array, RecordBatch, UInt32Array};
use arrow_select::take::take_record_batch;
use idip_schemas::TableContract;
use idip_schemas::identify::departed::departed_reference;
use idip_schemas::identify::{
    customer_id_map, customer_lineage, id_known, id_last_night, id_tonight, identity_map,
};
use idip_schemas::source::erased_customer;
use idip_stage::{Read, RunContext, StageError, Step, Tables, View};

use crate::order::sorted_positions;
use chain::{Cause, Known, State, Tonight, follow};

/// Follows ids over the nights.
#[derive(Debug)]
pub(crate) struct IdMap;

impl Step for IdMap {
    fn name(&self) -> &'static str {
        "identify.id_map"
    }

    fn views(&self) -> Vec<View> {
        let both =
            || vec![Read::Table(&identity_map::CONTRACT), Read::LastNight(&identity_map::CONTRACT)];
        vec![
            View::new(&id_tonight::CONTRACT, both(), include_str!("../views/id_tonight.sql")),
            View::new(&id_last_night::CONTRACT, both(), include_str!("../views/id_last_night.sql")),
            View::new(
                &id_known::CONTRACT,
                vec![Read::LastNight(&customer_id_map::CONTRACT)],
                include_str!("../views/id_known.sql"),
            ),
            View::new(
                &departed_reference::CONTRACT,
                vec![
                    Read::Table(&identity_map::CONTRACT),
                    Read::LastNight(&identity_map::CONTRACT),
                    Read::LastNight(&departed_reference::CONTRACT),
                    Read::LastNight(&customer_id_map::CONTRACT),
                    Read::Table(&erased_customer::CONTRACT),
                ],
                include_str!("../views/departed_reference.sql"),
            ),
            View::whole(&customer_lineage::CONTRACT),
            View::whole(&erased_customer::CONTRACT),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&customer_id_map::CONTRACT, &departed_reference::CONTRACT]
    }

    fn settings(&self) -> String {
        String::new()
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let tonight = id_tonight::Columns::parse(&views.batch(&id_tonight::CONTRACT)?)?;
        let last = id_last_night::Columns::parse(&views.batch(&id_last_night::CONTRACT)?)?;
        let known = id_known::Columns::parse(&views.batch(&id_known::CONTRACT)?)?;
        let lineage = customer_lineage::Columns::parse(&views.batch(&customer_lineage::CONTRACT)?)?;

        let erased = erased_customer::Columns::parse(&views.batch(&erased_customer::CONTRACT)?)?;

        let merged: Vec<(i64, i64)> = lineage
            .event
            .iter()
            .zip(lineage.old_customer_id.values().iter().zip(lineage.customer_id.values()))
            .filter(|(event, _)| *event == Some("merge"))
            .map(|(_, (&old, &id))| (old, id))
            .collect();
        let pairs = |ids: &Int64Array, counts: &Int64Array| -> Vec<(i64, i64)> {
            ids.values().iter().copied().zip(counts.values().iter().copied()).collect()
        };
        let rows = follow(
            earlier(&known),
            Tonight {
                date: context.logical_date,
                arrived: pairs(&tonight.customer_id, &tonight.n_arrived),
                departed: pairs(&last.customer_id, &last.n_departed),
                merged,
                erased: (0..erased.customer_id.len())
                    .map(|at| {
                        let reason = Cause::of_code(erased.reason.value(at));
                        (erased.customer_id.value(at), erased.erased_on.value(at), reason)
                    })
                    .collect(),
            },
        );
        Ok(Tables::default()
            .with(&customer_id_map::CONTRACT, vec![columns(&rows).into_batch()?])
            .with(&departed_reference::CONTRACT, vec![departed(views)?]))
    }
}

/// The references that departed, ascending.
fn departed(views: &Tables) -> Result<RecordBatch, StageError> {
    let batch = views.batch(&departed_reference::CONTRACT)?;
    let names = departed_reference::Columns::parse(&batch)?.party_ref;
    let order = UInt32Array::from(sorted_positions(&names));
    take_record_batch(&batch, &order)
        .map_err(|source| StageError::Arrow { table: departed_reference::CONTRACT.name, source })
}

fn earlier(known: &id_known::Columns) -> Vec<Known> {
    let row = |at: usize| Known {
        id: known.customer_id.value(at),
        current: known
            .current_customer_id
            .is_valid(at)
            .then(|| known.current_customer_id.value(at)),
        state: State::of_code(known.state.value(at)),
        since: known.since.value(at),
        changed_on: known.changed_on.value(at),
        cause: Cause::of_code(known.cause.value(at)),
    };
    (0..known.customer_id.len()).map(row).collect()
}

fn columns(rows: &[Known]) -> customer_id_map::Columns {
    let day = |of: fn(&Known) -> i32| -> Date32Array { rows.iter().map(of).map(Some).collect() };
    customer_id_map::Columns {
        customer_id: rows.iter().map(|row| row.id).collect(),
        current_customer_id: rows.iter().map(|row| row.current).collect(),
        state: rows.iter().map(|row| Some(row.state.code())).collect(),
        since: day(|row| row.since),
        changed_on: day(|row| row.changed_on),
        cause: rows.iter().map(|row| Some(row.cause.code())).collect(),
    }
}

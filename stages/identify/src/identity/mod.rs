//! `identify.identity`: the party references of all feeds become customers.
//!
//! References are nodes, shared identifiers link them, linked references are one customer, and a customer
//! keeps its id from night to night.

mod continuity;
mod holdings;
mod link;
mod names;
mod references;
#[cfg(test)]
mod tests;

use arrow_array::builder::StringBuilder;
use arrow_array::{BooleanArray, Int64Array, StringArray};
use idip_numerics::components::Components;
use idip_schemas::TableContract;
use idip_schemas::identify::{
    customer_id_map, customer_lineage, identifier_holder, identifier_quarantine,
    identity_last_night, identity_map, party_identifier, party_reference,
};
use idip_schemas::source;
use idip_stage::{Read, RunContext, StageError, Step, Tables, View};

use crate::Params;
use crate::keyed::{Births, Fingerprints};
use crate::normalise::Kind;
use crate::order::Strings;
use continuity::{Assignment, Belonging, assign};
use holdings::{Bar, Shares, shares};
use names::Names;
use references::{References, pick};

/// Finds out which references are one customer.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) params: Params,
}

impl Step for Identity {
    fn name(&self) -> &'static str {
        "identify.identity"
    }

    fn views(&self) -> Vec<View> {
        let feeds = [
            &source::party_purchase::CONTRACT,
            &source::party::CONTRACT,
            &source::interaction::CONTRACT,
            &source::survey::CONTRACT,
            &source::consent::CONTRACT,
            &source::suppression::CONTRACT,
            &source::campaign_contact::CONTRACT,
            &source::response::CONTRACT,
            &source::social_post::CONTRACT,
        ];
        vec![
            View::new(
                &party_reference::CONTRACT,
                feeds.map(Read::Table).to_vec(),
                include_str!("../views/party_reference.sql"),
            ),
            View::new(
                &party_identifier::CONTRACT,
                vec![Read::Table(&source::party::CONTRACT)],
                include_str!("../views/party_identifier.sql"),
            ),
            View::new(
                &identity_last_night::CONTRACT,
                vec![
                    Read::LastNight(&identity_map::CONTRACT),
                    Read::LastNight(&customer_id_map::CONTRACT),
                ],
                include_str!("../views/identity_last_night.sql"),
            ),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![
            &identity_map::CONTRACT,
            &customer_lineage::CONTRACT,
            &identifier_quarantine::CONTRACT,
            &identifier_holder::CONTRACT,
        ]
    }

    fn settings(&self) -> String {
        format!("{:?}", self.params)
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let named = party_reference::Columns::parse(&views.batch(&party_reference::CONTRACT)?)?;
        let records = party_identifier::Columns::parse(&views.batch(&party_identifier::CONTRACT)?)?;
        let last =
            identity_last_night::Columns::parse(&views.batch(&identity_last_night::CONTRACT)?)?;

        let references = References::number(&named)?;
        drop(named);
        let node_of = nodes_of_records(&references, &records.party_ref)?;
        let names = Names::number(&records);
        let shares = shares(&references, &records, &node_of, &names, &self.params);
        let parties = link::link(references.len(), &shares, &node_of, &names, &self.params);
        drop((names, node_of));

        let labels = parties.labels();
        let component_of = |node: Option<u32>| node.and_then(|n| labels.get(n as usize).copied());
        let last_nodes = references.locate(&last.party_ref);
        let last_night = last
            .customer_id
            .values()
            .iter()
            .zip(&last.since)
            .zip(&last.party_ref)
            .zip(last_nodes)
            .map(|(((&old_id, since), name), node)| Belonging {
                old_id,
                component: component_of(node),
                since: since.unwrap_or(i32::MAX),
                // A key of a source stays with its party; an identifier may change hands.
                weight: if name.and_then(Kind::of_reference).is_some() { 1 } else { 2 },
            });
        let assignment = assign(
            parties.len(),
            last_night,
            |component| {
                let smallest = parties.representatives().get(component as usize);
                smallest.map_or(&[][..], |&node| references.names.bytes(node))
            },
            &Births::new(context),
        );
        write(context, references, &parties, &assignment, &shares)
    }
}

fn nodes_of_records(references: &References, names: &StringArray) -> Result<Vec<u32>, StageError> {
    let found = references.locate(names);
    let missing = found.iter().filter(|node| node.is_none()).count();
    if missing > 0 {
        return Err(StageError::Data {
            message: format!(
                "{missing} row(s) of `party_identifier` have a `party_ref` that `party_reference` \
                 lacks, expected none"
            ),
            hint: None,
        });
    }
    Ok(found.into_iter().flatten().collect())
}

fn write(
    context: &RunContext,
    references: References,
    parties: &Components,
    assignment: &Assignment,
    shares: &[Shares],
) -> Result<Tables, StageError> {
    let labels = parties.labels();
    let id_of = |component: &u32| assignment.ids.get(*component as usize).copied().unwrap_or(0);
    let customer_id: Vec<i64> = labels.iter().map(id_of).collect();

    let lineage = customer_lineage::Columns {
        old_customer_id: assignment.changes.iter().map(|change| change.old_id).collect(),
        customer_id: assignment.changes.iter().map(|change| change.id).collect(),
        event: assignment.changes.iter().map(|change| Some(change.event.code())).collect(),
    };
    let holders = holders(&references, &customer_id, shares)?;
    let map = identity_map::Columns {
        party_ref: references.names,
        customer_id: customer_id.into(),
        is_buyer: BooleanArray::from(references.is_buyer),
    };
    Ok(Tables::default()
        .with(&identity_map::CONTRACT, vec![map.into_batch()?])
        .with(&customer_lineage::CONTRACT, vec![lineage.into_batch()?])
        .with(&identifier_quarantine::CONTRACT, vec![quarantine(context, shares).into_batch()?])
        .with(&identifier_holder::CONTRACT, vec![holders.into_batch()?]))
}

fn holders(
    references: &References,
    customer_id: &[i64],
    shares: &[Shares],
) -> Result<identifier_holder::Columns, StageError> {
    let id = |node: u32| customer_id.get(node as usize).copied();
    let mut rows: Vec<(u32, i64)> = shares
        .iter()
        .flat_map(|shares| &shares.held)
        .filter(|(itself, other)| id(*itself) != id(*other))
        .filter_map(|&(itself, other)| Some((itself, id(other)?)))
        .collect();
    rows.sort_unstable();
    rows.dedup();
    let customer_id: Int64Array = rows.iter().map(|row| row.1).collect();
    let party_ref = pick(&references.names, rows.into_iter().map(|row| row.0).collect())?;
    Ok(identifier_holder::Columns { party_ref, customer_id })
}

fn quarantine(context: &RunContext, shares: &[Shares]) -> identifier_quarantine::Columns {
    let fingerprints = Fingerprints::new(context);
    let mut rows: Vec<(&str, String, i64, Bar)> = shares
        .iter()
        .flat_map(|shares| &shares.barred)
        .map(|barred| {
            let fingerprint = fingerprints.of(barred.kind, &barred.key);
            (barred.kind.column(), fingerprint, barred.n_people as i64, barred.bar)
        })
        .collect();
    rows.sort_unstable_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let mut fingerprint = StringBuilder::new();
    for row in &rows {
        fingerprint.append_value(&row.1);
    }
    identifier_quarantine::Columns {
        kind: rows.iter().map(|row| Some(row.0)).collect(),
        fingerprint: fingerprint.finish(),
        n_people: rows.iter().map(|row| row.2).collect(),
        reason: rows
            .iter()
            .map(|row| match row.3 {
                Bar::Shared => Some("shared"),
                Bar::Placeholder => Some("placeholder"),
            })
            .collect(),
    }
}

//! `identify.identity`: the party references of all feeds become customers.
//!
//! References are nodes. What people decided about them holds. Records of persons are compared by everything they say; references without a
//! record that can be compared follow their identifier. Linked references are one customer, and a customer
//! keeps its id from night to night.

mod attach;
mod continuity;
mod decisions;
mod departed;
mod erased;
mod holdings;
mod link;
mod names;
mod references;
#[cfg(test)]
mod tests;

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, BooleanArray, Int64Array, StringArray};
use idip_numerics::apart_sets::ApartSets;
use idip_numerics::components::Components;
use idip_schemas::TableContract;
use idip_schemas::identify::departed::{departed_last_night, departed_reference, id_gone};
use idip_schemas::identify::quality::{decided_pair, link_decision_outcome};
use idip_schemas::identify::{
    customer_id_map, customer_lineage, identifier_holder, identifier_quarantine,
    identity_last_night, identity_map, linkage_model, linkage_model_last_night, party_identifier,
    party_reference, reference_fingerprint,
};
use idip_schemas::source;
use idip_stage::{Read, RunContext, StageError, Step, Tables, View};

use crate::Params;
use crate::keyed::{Births, Fingerprints};
use crate::linkage::{BarredValues, LastNight, LinkageTables, Nodes, PersonLinkage};
use crate::normalise::Kind;
use crate::order::Strings;
use attach::attach;
use continuity::{Assignment, Belonging, assign};
use decisions::Decisions;
use departed::came_back;
use erased::Erased;
use holdings::{Bar, Barred, Shares, shares};
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
                    Read::LastNight(&reference_fingerprint::CONTRACT),
                ],
                include_str!("../views/identity_last_night.sql"),
            ),
            View::new(
                &linkage_model_last_night::CONTRACT,
                vec![Read::LastNight(&linkage_model::CONTRACT)],
                include_str!("../views/linkage_model_last_night.sql"),
            ),
            View::new(
                &departed_last_night::CONTRACT,
                vec![
                    Read::LastNight(&departed_reference::CONTRACT),
                    Read::LastNight(&customer_id_map::CONTRACT),
                ],
                include_str!("../views/departed_last_night.sql"),
            ),
            View::new(
                &id_gone::CONTRACT,
                vec![Read::LastNight(&customer_id_map::CONTRACT)],
                include_str!("../views/id_gone.sql"),
            ),
            View::whole(&source::erased_customer::CONTRACT),
            View::new(
                &decided_pair::CONTRACT,
                vec![Read::Table(&source::link_decision::CONTRACT)],
                include_str!("../views/decided_pair.sql"),
            ),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        let mut tables: Vec<&'static TableContract> = vec![
            &identity_map::CONTRACT,
            &customer_lineage::CONTRACT,
            &identifier_quarantine::CONTRACT,
            &identifier_holder::CONTRACT,
            &link_decision_outcome::CONTRACT,
        ];
        tables.extend(LinkageTables::contracts());
        tables
    }

    fn settings(&self) -> String {
        format!("{:?}", self.params)
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let named = party_reference::Columns::parse(&views.batch(&party_reference::CONTRACT)?)?;
        let records = party_identifier::Columns::parse(&views.batch(&party_identifier::CONTRACT)?)?;
        let last =
            identity_last_night::Columns::parse(&views.batch(&identity_last_night::CONTRACT)?)?;

        let departed =
            departed_last_night::Columns::parse(&views.batch(&departed_last_night::CONTRACT)?)?;

        let erased = Erased::read(views)?;
        let gone = id_gone::Columns::parse(&views.batch(&id_gone::CONTRACT)?)?;
        let spent = erased.ids().into_iter().chain(gone.customer_id.values().iter().copied());
        let spent: Vec<i64> = spent.collect();
        let decided = decided_pair::Columns::parse(&views.batch(&decided_pair::CONTRACT)?)?;
        let references = References::number(&named)?;
        drop(named);
        let node_of = nodes_of_records(&references, &records.party_ref)?;
        let names = Names::number(&records);
        let shares = shares(&references, &records, &node_of, &names, &self.params);
        let mut settled = ApartSets::new(references.len() as u32);
        let decisions = Decisions::settle(&decided, &references, &mut settled);
        self.tie(&shares, &mut settled);
        let last_nodes = references.locate(&last.party_ref);
        let mut customer_of = vec![None; references.len()];
        for (&node, &id) in last_nodes.iter().zip(last.customer_id.values()) {
            let slot = node.and_then(|node| customer_of.get_mut(node as usize));
            if let Some(slot) = slot.filter(|_| !erased.has(id)) {
                *slot = Some(id);
            }
        }
        let model = linkage_model_last_night::Columns::parse(
            &views.batch(&linkage_model_last_night::CONTRACT)?,
        )?;
        let before = LastNight {
            model: &model,
            map: &last,
            node_of_row: &last_nodes,
            customer_of: &customer_of,
        };
        let decided = decisions.in_force();
        let nodes = Nodes { names: &references.names, node_of: &node_of, decided: &decided };
        let linkage = self.compare(context, &records, &nodes, &shares, &mut settled, &before)?;
        drop(customer_of);
        drop(records);
        let parties = match &linkage {
            Some(linkage) => attach(settled, &shares, linkage, &node_of, &self.params),
            None => link::link(settled, &shares, &node_of, &names, &self.params),
        };
        drop(names);

        let labels = parties.labels();
        let component_of = |node: Option<u32>| node.and_then(|n| labels.get(n as usize).copied());
        let belonging = |old_id: i64, since: Option<i32>, name: Option<&str>, node| Belonging {
            old_id,
            component: component_of(node),
            since: since.unwrap_or(i32::MAX),
            // A key of a source stays with its party; an identifier may change hands.
            weight: if name.and_then(Kind::of_reference).is_some() { 1 } else { 2 },
        };
        let rows = last.customer_id.values().iter().zip(&last.since).zip(&last.party_ref);
        let last_night = rows
            .zip(last_nodes)
            .map(|(((&id, since), name), node)| belonging(id, since, name, node));
        let came_back =
            came_back(&departed, &last, &references, labels).into_iter().map(|(row, node)| {
                let since = departed.since.is_valid(row).then(|| departed.since.value(row));
                let name = Some(departed.party_ref.value(row));
                belonging(departed.customer_id.value(row), since, name, Some(node))
            });
        let last_night = last_night.chain(came_back).filter(|it| !erased.has(it.old_id));
        let assignment = assign(
            parties.len(),
            last_night,
            |component| {
                let smallest = parties.representatives().get(component as usize);
                smallest.map_or(&[][..], |&node| references.names.bytes(node))
            },
            &Births::new(context).without(spent),
        );
        let assignment = erased.told(assignment, context.logical_date);
        let found = Found { parties: &parties, shares: &shares, linkage: linkage.as_ref() };
        write(context, references, &found, &assignment, &decisions, &node_of, &self.params)
    }
}

impl Identity {
    /// Joins what shares an authoritative identifier, unless somebody decided otherwise.
    fn tie(&self, shares: &[Shares], settled: &mut ApartSets) {
        let kinds = self.params.linkage.authoritative.iter();
        let shared = kinds.filter_map(|kind| shares.get(kind.index()));
        for group in shared.flat_map(|shares| &shares.groups) {
            link::join(settled, group);
        }
    }

    /// Compares the records of persons, where there are enough of them.
    fn compare(
        &self,
        context: &RunContext,
        records: &party_identifier::Columns,
        nodes: &Nodes<'_>,
        shares: &[Shares],
        settled: &mut ApartSets,
        last: &LastNight<'_>,
    ) -> Result<Option<PersonLinkage>, StageError> {
        let mut barred = BarredValues::default();
        for shared in shares.iter().flat_map(|shares| &shares.barred) {
            if let Some(values) = barred.get_mut(shared.kind.index()) {
                values.insert(shared.key.clone());
            }
        }
        let params = &self.params;
        PersonLinkage::find(context, records, nodes, settled, &barred, last, params)
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

/// Who is who, and by what.
struct Found<'a> {
    parties: &'a Components,
    shares: &'a [Shares],
    /// None where identifiers alone decided.
    linkage: Option<&'a PersonLinkage>,
}

fn write(
    context: &RunContext,
    references: References,
    found: &Found<'_>,
    assignment: &Assignment,
    decisions: &Decisions<'_>,
    node_of: &[u32],
    params: &Params,
) -> Result<Tables, StageError> {
    let labels = found.parties.labels();
    let id_of = |component: &u32| assignment.ids.get(*component as usize).copied().unwrap_or(0);
    let customer_id: Vec<i64> = labels.iter().map(id_of).collect();

    let lineage = customer_lineage::Columns {
        old_customer_id: assignment.changes.iter().map(|change| change.old_id).collect(),
        customer_id: assignment.changes.iter().map(|change| change.id).collect(),
        event: assignment.changes.iter().map(|change| Some(change.event.code())).collect(),
    };
    let holders = holders(&references, &customer_id, found.shares)?;
    let outcomes = decisions.outcomes(&customer_id);
    let tables = LinkageTables {
        linkage: found.linkage,
        node_of,
        names: &references.names,
        customer_id: &customer_id,
        params: &params.linkage,
    }
    .write(Tables::default())?;
    let map = identity_map::Columns {
        party_ref: references.names,
        customer_id: customer_id.into(),
        is_buyer: BooleanArray::from(references.is_buyer),
    };
    Ok(tables
        .with(&identity_map::CONTRACT, vec![map.into_batch()?])
        .with(&customer_lineage::CONTRACT, vec![lineage.into_batch()?])
        .with(
            &identifier_quarantine::CONTRACT,
            vec![quarantine(context, found.shares).into_batch()?],
        )
        .with(&identifier_holder::CONTRACT, vec![holders.into_batch()?])
        .with(&link_decision_outcome::CONTRACT, vec![outcomes.into_batch()?]))
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
    let mut rows: Vec<(&str, String, &Barred)> = shares
        .iter()
        .flat_map(|shares| &shares.barred)
        .map(|barred| {
            let fingerprint = fingerprints.of(barred.kind, &barred.key);
            (barred.kind.column(), fingerprint, barred)
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
        n_people: rows.iter().map(|row| row.2.n_people as i64).collect(),
        n_records: rows.iter().map(|row| row.2.n_records as i64).collect(),
        reason: rows
            .iter()
            .map(|row| match row.2.bar {
                Bar::Shared => Some("shared"),
                Bar::Placeholder => Some("placeholder"),
            })
            .collect(),
    }
}

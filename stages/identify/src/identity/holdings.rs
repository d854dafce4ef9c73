//! Who holds which identifier, and which identifiers too many people share.

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, StringArray};
use idip_schemas::identify::party_identifier;
use rayon::prelude::*;

use super::names::{NAMELESS, Names};
use super::references::References;
use crate::Params;
use crate::normalise::{Form, Kind, link_key};
use crate::order::{Strings, sorted_positions};

/// What keeps an identifier out of linking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bar {
    /// Too many people share it.
    Shared,
    /// It stands for "none".
    Placeholder,
}

/// An identifier that links nobody.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Barred {
    pub(super) kind: Kind,
    pub(super) key: String,
    pub(super) n_people: usize,
    pub(super) n_records: usize,
    pub(super) bar: Bar,
}

/// The identifiers of one kind that several references hold.
#[derive(Debug)]
pub(super) struct Shares {
    /// Nodes of each identifier that may link, ascending and distinct; identifiers ascending.
    pub(super) groups: Vec<Vec<u32>>,
    /// Identifiers that must not.
    pub(super) barred: Vec<Barred>,
    /// A reference that is an identifier, and the other nodes that hold it.
    pub(super) held: Vec<(u32, u32)>,
}

/// One identifier on one record; the reference itself when there is no record.
#[derive(Debug, Clone, Copy)]
struct Holding {
    node: u32,
    record: Option<u32>,
    is_placeholder: bool,
}

/// Finds what is shared, for each kind in the order of [`Kind::ALL`]. O(n log n).
///
/// `node_of` gives the node of each record.
pub(super) fn shares(
    references: &References,
    records: &party_identifier::Columns,
    node_of: &[u32],
    names: &Names,
    params: &Params,
) -> Vec<Shares> {
    let mut named_by_themselves = Kind::ALL.map(|_| Vec::new());
    for (node, name) in references.names.iter().enumerate() {
        if let Some((kind, value)) = name.and_then(Kind::of_reference)
            && let Some(list) = named_by_themselves.get_mut(kind.index())
        {
            list.push((node as u32, value));
        }
    }
    Kind::ALL
        .into_par_iter()
        .zip(named_by_themselves)
        .map(|(kind, by_themselves)| {
            let (keys, holdings) = hold(kind, records, node_of, &by_themselves, params);
            shares_of(kind, &keys, &holdings, names, params)
        })
        .collect()
}

fn hold(
    kind: Kind,
    records: &party_identifier::Columns,
    node_of: &[u32],
    by_themselves: &[(u32, &str)],
    params: &Params,
) -> (StringArray, Vec<Holding>) {
    let values = match kind {
        Kind::LoyaltyId => &records.loyalty_id,
        Kind::PaymentToken => &records.payment_token,
        Kind::Email => &records.email,
        Kind::Phone => &records.phone,
        Kind::Handle => &records.handle,
    };
    let n = values.len() - values.null_count() + by_themselves.len();
    let mut keys = StringBuilder::with_capacity(n, 16 * n);
    let mut holdings = Vec::with_capacity(n);
    let mut key = String::new();
    let mut add = |value: &str, country: Option<&str>, node, record| {
        let form = link_key(kind, value, params.calling_code(country), &mut key);
        if form != Form::Unusable {
            keys.append_value(&key);
            holdings.push(Holding { node, record, is_placeholder: form == Form::Placeholder });
        }
    };
    for (record, ((value, country), &node)) in
        values.iter().zip(&records.country).zip(node_of).enumerate()
    {
        if let Some(value) = value {
            add(value, country, node, Some(record as u32));
        }
    }
    for &(node, value) in by_themselves {
        add(value, None, node, None);
    }
    (keys.finish(), holdings)
}

fn shares_of(
    kind: Kind,
    keys: &StringArray,
    holdings: &[Holding],
    names: &Names,
    params: &Params,
) -> Shares {
    let order = sorted_positions(keys);
    let mut shares = Shares { groups: Vec::new(), barred: Vec::new(), held: Vec::new() };
    let mut members: Vec<Holding> = Vec::new();
    for run in order.chunk_by(|&a, &b| keys.bytes(a) == keys.bytes(b)) {
        members.clear();
        members.extend(run.iter().filter_map(|&position| holdings.get(position as usize)));
        let (Some(&position), Some(first)) = (run.first(), members.first()) else { continue };
        let bar = if first.is_placeholder {
            Bar::Placeholder
        } else if members.iter().all(|member| member.node == first.node) {
            continue;
        } else {
            Bar::Shared
        };
        let n_people = people(&mut members, names);
        let mut nodes: Vec<u32> = members.iter().map(|member| member.node).collect();
        nodes.dedup();
        if bar == Bar::Shared {
            for itself in members.iter().filter(|member| member.record.is_none()) {
                let others = nodes.iter().filter(|&&node| node != itself.node);
                shares.held.extend(others.map(|&node| (itself.node, node)));
            }
            if n_people <= params.max_people_per_identifier as usize {
                shares.groups.push(nodes);
                continue;
            }
        }
        let key = keys.value(position as usize).to_owned();
        shares.barred.push(Barred { kind, key, n_people, n_records: members.len(), bar });
    }
    shares
}

/// Counts the people among holders: by name, by reference where records have no name.
///
/// A reference that is the identifier itself is nobody else. Leaves the members sorted by node.
fn people(members: &mut [Holding], names: &Names) -> usize {
    let person = |member: &Holding| {
        member.record.map(|record| names.person.get(record as usize).copied().unwrap_or(NAMELESS))
    };
    members.sort_unstable_by_key(|member| (member.node, member.record));
    let mut named: Vec<u32> =
        members.iter().filter_map(person).filter(|&p| p != NAMELESS).collect();
    named.sort_unstable();
    named.dedup();
    let nameless = members
        .chunk_by(|a, b| a.node == b.node)
        .filter(|same| same.iter().any(|member| member.record.is_some()))
        .filter(|same| same.iter().filter_map(person).all(|p| p == NAMELESS))
        .count();
    named.len() + nameless
}

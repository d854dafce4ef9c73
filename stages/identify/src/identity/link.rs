//! Which references belong to one party.

use std::collections::BTreeMap;

use idip_numerics::apart_sets::ApartSets;
use idip_numerics::components::Components;

use super::holdings::Shares;
use super::names::{NAMELESS, Names};
use crate::Params;
use crate::normalise::Kind;

/// Links the holders of each shared identifier, in the order of [`Params::link_by`].
///
/// Loyalty cards and payment tokens come first and link whatever the names say. Then each other
/// identifier, in the order of its kind and its value, links the parties found so far whose names do not
/// contradict: the outcome knows no order of rows. Holders that must stay apart join nobody by what they
/// share. `parties` has what is settled; `shares` is in the order of [`Kind::ALL`]; `node_of` gives the
/// node of each record.
pub(super) fn link(
    mut parties: ApartSets,
    shares: &[Shares],
    node_of: &[u32],
    names: &Names,
    params: &Params,
) -> Components {
    let of_kinds = |hard: bool| {
        let kinds = params.link_by.iter().copied();
        kinds
            .filter(move |kind| (kind.is_hard() || !params.require_compatible_names) == hard)
            .filter_map(|kind: Kind| shares.get(kind.index()))
            .flat_map(|shares| &shares.groups)
    };
    for group in of_kinds(true) {
        join(&mut parties, group);
    }
    if of_kinds(false).next().is_some() {
        let mut known = KnownNames::gather(&mut parties, node_of, names);
        for group in of_kinds(false) {
            let roots = parties.undisputed(group);
            if roots.len() > 1 {
                for person in same_people(roots, &known, names) {
                    known.merge(&mut parties, &person);
                }
            }
        }
    }
    parties.into_components()
}

/// Makes nodes one party, but for those that must stay apart from another of them.
pub(super) fn join(parties: &mut ApartSets, nodes: &[u32]) {
    for pair in parties.undisputed(nodes).windows(2) {
        if let [a, b] = pair {
            parties.join(*a, *b);
        }
    }
}

/// The first names on the records of each party, by its smallest node.
struct KnownNames {
    /// Party and name, as the records have them, ascending.
    at_first: Vec<(u32, u32)>,
    /// Names of parties that were merged since, ascending.
    merged: BTreeMap<u32, Vec<u32>>,
}

impl KnownNames {
    fn gather(parties: &mut ApartSets, node_of: &[u32], names: &Names) -> Self {
        let mut at_first: Vec<(u32, u32)> = node_of
            .iter()
            .zip(&names.first)
            .filter(|(_, name)| **name != NAMELESS)
            .filter_map(|(&node, &name)| Some((parties.find(node)?, name)))
            .collect();
        at_first.sort_unstable();
        at_first.dedup();
        Self { at_first, merged: BTreeMap::new() }
    }

    fn of(&self, root: u32) -> Vec<u32> {
        if let Some(names) = self.merged.get(&root) {
            return names.clone();
        }
        let start = self.at_first.partition_point(|entry| entry.0 < root);
        let names = self.at_first.iter().skip(start).take_while(|entry| entry.0 == root);
        names.map(|entry| entry.1).collect()
    }

    /// Joins parties into one that goes by all their names.
    fn merge(&mut self, parties: &mut ApartSets, roots: &[u32]) {
        let mut names: Vec<u32> = roots.iter().flat_map(|&root| self.of(root)).collect();
        names.sort_unstable();
        names.dedup();
        join(parties, roots);
        if let Some(root) = roots.first().and_then(|&root| parties.find(root)) {
            self.merged.insert(root, names);
        }
    }
}

/// Parts the holders of one identifier into people; those who could be several people stay alone.
///
/// Holders whose names agree with the very same holders are one person, provided that those agree among
/// themselves. So Ana, A. and a record without name are one; beside Luis the nameless record could be
/// either and joins nobody.
fn same_people(roots: Vec<u32>, known: &KnownNames, names: &Names) -> Vec<Vec<u32>> {
    let mut by_names: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
    for root in roots {
        by_names.entry(known.of(root)).or_default().push(root);
    }
    let holders: Vec<(Vec<u32>, Vec<u32>)> = by_names.into_iter().collect();
    let agrees_with: Vec<Vec<usize>> = holders
        .iter()
        .map(|(a, _)| {
            let all = holders.iter().enumerate();
            all.filter(|(_, (b, _))| names.agree(a, b)).map(|(index, _)| index).collect()
        })
        .collect();
    let agree = |a: usize, b: usize| agrees_with.get(a).is_some_and(|list| list.contains(&b));

    let mut people: BTreeMap<&[usize], Vec<u32>> = BTreeMap::new();
    for (list, (_, roots)) in agrees_with.iter().zip(&holders) {
        if list.iter().all(|&a| list.iter().all(|&b| agree(a, b))) {
            people.entry(list).or_default().extend(roots);
        }
    }
    people.into_values().filter(|roots| roots.len() > 1).collect()
}

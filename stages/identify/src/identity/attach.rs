//! References that cannot be compared follow their identifier.

use idip_numerics::apart_sets::ApartSets;
use idip_numerics::components::Components;

use super::holdings::Shares;
use super::link::join;
use crate::Params;
use crate::linkage::PersonLinkage;

/// Joins the references of each person, then those that hold an identifier and nothing else to compare.
///
/// In the order of [`Params::link_by`], each shared identifier joins its bare holders, references such as
/// `email:…` and records with a single value, to the one person that holds it, or to each other where
/// nobody does. Where several people hold it, nobody knows whose they are: they stay alone, as do holders
/// that must stay apart. But first the bare references of customers to whom nothing happened since last
/// night stay with them, whoever has come to hold their identifier too. `parties` has what is settled; `shares` is in the order of the kinds; `node_of`
/// gives the node of each record.
pub(super) fn attach(
    mut parties: ApartSets,
    shares: &[Shares],
    linkage: &PersonLinkage,
    node_of: &[u32],
    params: &Params,
) -> Components {
    let mut nodes: Vec<(u32, u32)> = linkage.people(node_of).collect();
    nodes.sort_unstable();
    for pair in nodes.windows(2) {
        if let [a, b] = pair
            && a.0 == b.0
        {
            parties.join(a.1, b.1);
        }
    }
    let mut is_person = vec![false; parties.n_nodes()];
    for (&node, _) in node_of.iter().zip(&linkage.is_comparable).filter(|(_, is)| **is) {
        if let Some(root) = parties.find(node)
            && let Some(slot) = is_person.get_mut(root as usize)
        {
            *slot = true;
        }
    }
    let groups = params.link_by.iter().filter_map(|kind| shares.get(kind.index()));
    for group in linkage.kept.iter().chain(groups.flat_map(|shares| &shares.groups)) {
        let is_one = |root: &u32| is_person.get(*root as usize).copied().unwrap_or(false);
        let mut people: Vec<u32> =
            group.iter().filter_map(|&node| parties.find(node)).filter(is_one).collect();
        people.sort_unstable();
        people.dedup();
        if people.len() > 1 {
            continue;
        }
        let roots = parties.undisputed(group);
        let has_person = roots.iter().any(is_one);
        join(&mut parties, &roots);
        // The smallest root stands for them all now.
        if let Some(slot) = roots.first().and_then(|&root| is_person.get_mut(root as usize)) {
            *slot |= has_person;
        }
    }
    parties.into_components()
}

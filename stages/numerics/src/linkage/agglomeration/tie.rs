//! Records that are tied: the people they became are one.

use std::collections::BTreeMap;

use super::bounds::BoundRecords;
use super::history::History;
use super::merge::merged;
use crate::components::UnionFind;
use crate::linkage::score::Scorer;

/// Unites the people of a component whose records are tied; returns them with the places of the people
/// that they come from, by first member.
///
/// Where that would unite two records that are apart, the people fall back to what is tied and are merged
/// again from there, at `least` bits; who did not change since last night stays together as far as it can.
pub(crate) fn unite(
    scorer: &Scorer<'_>,
    people: Vec<Vec<u32>>,
    bounds: &BoundRecords,
    history: &History,
    least: f64,
) -> Vec<(Vec<u32>, Vec<usize>)> {
    if !bounds.has_ties() {
        return people.into_iter().enumerate().map(|(place, one)| (one, vec![place])).collect();
    }
    let mut sets = UnionFind::new(people.len() as u32);
    let mut holder: BTreeMap<u32, u32> = BTreeMap::new();
    for (place, members) in people.iter().enumerate() {
        for &member in members {
            let first = *holder.entry(bounds.tie(member)).or_insert(place as u32);
            sets.union(first, place as u32);
        }
    }
    let components = sets.into_components();
    let mut united: Vec<(Vec<u32>, Vec<usize>)> = vec![Default::default(); components.len()];
    for (place, (members, &component)) in people.into_iter().zip(components.labels()).enumerate() {
        if let Some((all, places)) = united.get_mut(component as usize) {
            all.extend(members);
            places.push(place);
        }
    }
    let mut done = Vec::with_capacity(united.len());
    for (mut members, places) in united {
        if places.len() < 2 || !bounds.have_apart(&members) {
            members.sort_unstable();
            done.push((members, places));
            continue;
        }
        members.sort_unstable();
        let tied = history.united(bounds.tied_groups(&members), bounds);
        let groups = merged(scorer, tied, bounds, history, least);
        done.extend(groups.into_iter().map(|group| (group, places.clone())));
    }
    done.sort_unstable();
    done
}

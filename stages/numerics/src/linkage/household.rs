//! Households: people who share a home, from the second class of the model.

use std::collections::BTreeMap;

use super::agglomeration::{Edge, capped_components};

/// Most people of a household; more under one address are a building or a company.
pub const MOST_PEOPLE: usize = 12;

/// Groups people into households; returns the household of each person, by its smallest person.
///
/// `person_of` gives the person of each record. The weight between two people is the mean over the
/// scored pairs of their records; households grow by falling weight, up to [`MOST_PEOPLE`].
/// O(m log m).
pub fn households(edges: &[Edge], person_of: &[u32], n_people: usize) -> Vec<u32> {
    let mut sums: BTreeMap<(u32, u32), (f64, u32)> = BTreeMap::new();
    let person = |record: u32| person_of.get(record as usize).copied();
    for edge in edges {
        let (Some(a), Some(b)) = (person(edge.a), person(edge.b)) else { continue };
        if a != b && edge.household_weight.is_finite() {
            // Certainty beyond twenty bits says no more, and one contradiction must be able to weigh.
            let weight = f64::from(edge.household_weight).clamp(-20.0, 20.0);
            let sum = sums.entry((a.min(b), a.max(b))).or_default();
            *sum = (sum.0 + weight, sum.1 + 1);
        }
    }
    let between: Vec<Edge> = sums
        .into_iter()
        .map(|((a, b), (sum, n))| Edge {
            a,
            b,
            weight: (sum / f64::from(n)) as f32,
            household_weight: 0.0,
        })
        .collect();
    let found = capped_components(n_people, &between, &[], 0.0, MOST_PEOPLE);
    let mut household: Vec<u32> = (0..n_people as u32).collect();
    for members in &found.components {
        let Some(&smallest) = members.first() else { continue };
        for &member in members {
            if let Some(slot) = household.get_mut(member as usize) {
                *slot = smallest;
            }
        }
    }
    household
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_over_all_pairs_of_records_decides() {
        let edge = |a, b, household_weight| Edge { a, b, weight: -9.0, household_weight };
        // Records 0 and 1 are person 0, record 2 person 1, record 3 person 2.
        let person_of = [0, 0, 1, 2];
        let edges = [edge(0, 2, 4.0), edge(1, 2, -1.0), edge(1, 3, -4.0), edge(0, 3, 1.0)];
        assert_eq!(households(&edges, &person_of, 3), [0, 0, 2]);
    }
}

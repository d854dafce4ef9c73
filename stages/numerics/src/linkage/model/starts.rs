//! Where the classes of a session start, and what of them is held.

use super::expectation::Expectation;
use super::session::Lesson;
use crate::linkage::comparison::{Comparison, Comparisons, Level};

/// Probabilities of one class: a list of levels for each comparison.
type Levels = Vec<Vec<f64>>;

/// Weight of the start of the class of one person, in pairs a level; of one household, in pairs.
const PERSON_PAIRS: f64 = 0.01;
const HOUSEHOLD_PAIRS: f64 = 20.0;

/// What is taken to be so before any pair is seen.
pub(super) struct Starts {
    pub(super) person: Levels,
    /// Most that a level of one person may come to.
    person_most: Levels,
    pub(super) household: Levels,
    /// Namesakes of one neighbourhood: strangers in everything but where they live, of which the one thing
    /// comes with the other. In a session about names they stand where a household does in others; without
    /// them they would be taken for one person.
    neighbours: Levels,
    /// Comparisons about places, a bit each.
    about_places: u16,
    pub(super) strangers: Levels,
}

/// What is known when a lesson begins.
pub(super) struct Known {
    pub(super) persons: Levels,
    /// Comparisons of which the levels of one person are known, a bit each.
    pub(super) held: u16,
    /// None where households are left out.
    pub(super) households: Option<Levels>,
}

impl Starts {
    /// The starts of these comparisons, `strangers` being what random pairs show.
    pub(super) fn of(comparisons: &Comparisons, strangers: Levels) -> Self {
        let list = comparisons.list();
        let starts = |of: fn(&Level) -> f64| -> Levels {
            list.iter()
                .map(|comparison| comparison.kind.levels().iter().map(of).collect())
                .collect()
        };
        let near = |comparison: &Comparison| comparison.kind.neighbours();
        let neighbours = list.iter().zip(&strangers).map(|(comparison, strangers)| {
            near(comparison).map_or_else(|| strangers.clone(), <[f64]>::to_vec)
        });
        Self {
            person: starts(|level| level.same_person),
            person_most: starts(|level| level.most_same_person),
            household: starts(|level| level.same_household),
            neighbours: neighbours.collect(),
            about_places: list.iter().enumerate().fold(0, |bits, (place, comparison)| {
                bits | u16::from(near(comparison).is_some()) << place
            }),
            strangers,
        }
    }

    /// What the sessions of a lesson start from.
    pub(super) fn expectation(&self, lesson: Lesson, known: Known) -> Expectation {
        let (same_household, household_held, held) = match lesson {
            Lesson::Person => (Some(self.neighbours.clone()), !self.about_places, 0),
            Lesson::Household => (known.households, 0, known.held),
            Lesson::Name => (known.households, u16::MAX, known.held),
        };
        Expectation {
            same_person: known.persons,
            same_person_most: self.person_most.clone(),
            same_household,
            household_held,
            strangers: self.strangers.clone(),
            held,
            person_pairs: PERSON_PAIRS,
            household_pairs: HOUSEHOLD_PAIRS,
        }
    }
}

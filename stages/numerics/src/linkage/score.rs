//! The weight of a pair: how much more likely one person is than a household or strangers.

use super::comparison::{Comparisons, Frequency, MAX_LEVELS};
use super::model::Model;
use super::pattern::Pattern;
use super::records::Records;
use super::term_frequency::Frequencies;

/// Joint probabilities of what a pair shows and each class, as log2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JointEvidence {
    /// With one person.
    pub person: f64,
    /// With two people of one household; minus infinity in a model of two classes.
    pub household: f64,
    /// With strangers.
    pub strangers: f64,
}

impl JointEvidence {
    /// The same evidence under priors that come on top, as log2.
    pub(super) fn with_priors(self, person: f64, household: Option<f64>) -> Self {
        Self {
            person: self.person + person,
            household: household.map_or(f64::NEG_INFINITY, |prior| self.household + prior),
            strangers: self.strangers,
        }
    }

    /// Log2 odds of one person against household and strangers together, in bits.
    pub fn weight(&self) -> f64 {
        self.person - log2_sum(self.household, self.strangers)
    }

    /// Log2 odds of one household, but two people, against the others together.
    pub fn household_weight(&self) -> f64 {
        self.household - log2_sum(self.person, self.strangers)
    }

    /// Probability of one person.
    pub fn probability(&self) -> f64 {
        1.0 / (1.0 + (-self.weight()).exp2())
    }

    /// Probability of one household, but two people.
    pub fn household_probability(&self) -> f64 {
        if self.household == f64::NEG_INFINITY {
            return 0.0;
        }
        1.0 / (1.0 + (-self.household_weight()).exp2())
    }
}

/// `log2(2^a + 2^b)`.
pub(super) fn log2_sum(a: f64, b: f64) -> f64 {
    let (more, less) = if a > b { (a, b) } else { (b, a) };
    if less == f64::NEG_INFINITY {
        more
    } else {
        more + (less - more).exp2().ln_1p() * std::f64::consts::LOG2_E
    }
}

/// What one comparison adds to the evidence, as log2 probabilities of its level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelEvidence {
    /// Place of the comparison.
    pub comparison: usize,
    /// Its level.
    pub level: u8,
    /// Among records of one person.
    pub person: f64,
    /// Among records of one household.
    pub household: f64,
    /// Among strangers, by the frequency of the value where the level is about one.
    pub strangers: f64,
    /// Among strangers, whatever the value.
    pub any_strangers: f64,
}

/// A model, ready to weigh pairs of given records.
#[derive(Debug)]
pub struct Scorer<'a> {
    records: &'a Records,
    comparisons: &'a Comparisons,
    frequencies: Frequencies,
    person_prior: f64,
    household_prior: f64,
    levels: Vec<[Logs; MAX_LEVELS]>,
    /// Comparisons that are about names, a bit each.
    names: u16,
}

#[derive(Debug, Clone, Copy)]
struct Logs {
    person: f64,
    household: f64,
    strangers: f64,
    frequency: Frequency,
}

const NEUTRAL: Logs =
    Logs { person: 0.0, household: 0.0, strangers: 0.0, frequency: Frequency::None };

impl<'a> Scorer<'a> {
    /// Prepares a model for these records; their frequencies are counted anew.
    pub fn new(model: &Model, records: &'a Records, comparisons: &'a Comparisons) -> Self {
        let (person_prior, household_prior) = model.priors(records.len());
        let log = |p: f64| p.max(1e-9).log2();
        let levels = model
            .comparisons
            .iter()
            .map(|comparison| {
                let mut logs = [NEUTRAL; MAX_LEVELS];
                let learnt = comparison.levels.iter().zip(comparison.kind.levels());
                for (slot, (level, meta)) in logs.iter_mut().skip(1).zip(learnt) {
                    *slot = Logs {
                        person: log(level.same_person),
                        household: log(level.same_household),
                        strangers: log(level.strangers),
                        frequency: meta.frequency,
                    };
                }
                logs
            })
            .collect();
        let places = comparisons.list().iter().enumerate();
        let names = places
            .filter(|(_, comparison)| comparison.kind.is_name())
            .fold(0, |names, (place, _)| names | 1 << place);
        Self {
            records,
            comparisons,
            frequencies: Frequencies::of(records),
            person_prior,
            household_prior: household_prior.unwrap_or(f64::NEG_INFINITY),
            levels,
            names,
        }
    }

    /// The priors of one person and of one household, as log2; minus infinity for no class.
    pub fn priors(&self) -> (f64, f64) {
        (self.person_prior, self.household_prior)
    }

    /// What each comparison of a pair adds; `a` is either record, for the values they share.
    pub fn level_evidence(
        &self,
        a: u32,
        pattern: Pattern,
    ) -> impl Iterator<Item = LevelEvidence> + '_ {
        let cells = self.records.cells(a);
        pattern.comparable().filter_map(move |(comparison, level)| {
            let logs = self.levels.get(comparison)?.get(usize::from(level))?;
            let rarity = match logs.frequency {
                Frequency::None => None,
                frequency => self.log_rarity(comparison, frequency, cells),
            };
            Some(LevelEvidence {
                comparison,
                level,
                person: logs.person,
                household: logs.household,
                strangers: logs.strangers + rarity.unwrap_or(0.0),
                any_strangers: logs.strangers,
            })
        })
    }

    fn log_rarity(&self, comparison: usize, frequency: Frequency, cells: &[u32]) -> Option<f64> {
        let columns = &self.comparisons.list().get(comparison)?.columns;
        let cell = match frequency {
            Frequency::None => return None,
            Frequency::First => *columns.first()?,
            Frequency::WholeName => self.records.name_cell(),
            Frequency::WholeAddress => self.records.address_cell(),
            Frequency::Second => *columns.get(1)?,
        };
        self.frequencies.log2_rarity(cell, *cells.get(cell)?)
    }

    /// The evidence of a pair with priors; `a` is either record.
    pub fn evidence(&self, a: u32, pattern: Pattern) -> JointEvidence {
        let mut joint = JointEvidence {
            person: self.person_prior,
            household: self.household_prior,
            strangers: 0.0,
        };
        for level in self.level_evidence(a, pattern) {
            joint.person += level.person;
            joint.household += level.household;
            joint.strangers += level.strangers;
        }
        joint
    }

    /// Whether a pattern says enough to link: two comparisons, one of them not about names.
    pub fn is_enough(&self, pattern: Pattern) -> bool {
        pattern.n_comparable() >= 2
            && pattern.comparable().any(|(place, _)| self.names >> place & 1 == 0)
    }

    /// The records that are weighed.
    pub fn records(&self) -> &'a Records {
        self.records
    }

    /// The comparisons that are made.
    pub fn comparisons(&self) -> &'a Comparisons {
        self.comparisons
    }

    /// Whether a comparison is about names.
    pub(super) fn is_name(&self, comparison: usize) -> bool {
        self.names >> comparison & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_log_odds_against_all_other_classes() {
        // 2^-3 against 2^-4 + 2^-4 = 2^-3: even odds.
        let joint = JointEvidence { person: -3.0, household: -4.0, strangers: -4.0 };
        assert!(joint.weight().abs() < 1e-12 && (joint.probability() - 0.5).abs() < 1e-12);
        // 2^-4 against 2^-3 + 2^-4: one to three.
        assert!((joint.household_probability() - 0.25).abs() < 1e-12);
        let two = JointEvidence { household: f64::NEG_INFINITY, ..joint };
        assert!((two.weight() - 1.0).abs() < 1e-12);
        assert!(two.household_probability() < f64::MIN_POSITIVE);
    }
}

//! Training: strangers from random pairs, persons and households from sessions, priors from a scoring.

use super::expectation::{maximise, share_of_person};
use super::prior::estimate_priors;
use super::random_pairs::strangers;
use super::session::{Lesson, SessionSummary, sessions};
use super::starts::{Known, Starts};
use super::{ComparisonModel, LevelModel, MODEL_VERSION, Model};
use crate::linkage::blocking::Blocks;
use crate::linkage::comparison::Comparisons;
use crate::linkage::error::LinkageError;
use crate::linkage::pattern::Pattern;
use crate::linkage::records::Records;

/// How a model is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingParams {
    /// Random pairs by which strangers are known.
    pub n_random_pairs: u64,
    /// Pairs of a session, about.
    pub n_session_pairs: u64,
    /// Candidate pairs by which the priors are estimated, about.
    pub n_prior_pairs: u64,
    /// Records of a block from which it is divided.
    pub block_cap: usize,
    /// Whether households are a class of their own, where the data can tell them.
    pub has_household: bool,
}

impl Default for TrainingParams {
    fn default() -> Self {
        Self {
            n_random_pairs: 1_000_000,
            n_session_pairs: 400_000,
            n_prior_pairs: 400_000,
            block_cap: 3_000,
            has_household: true,
        }
    }
}

/// Expected pairs of a class below which a session has no vote; without votes there is no household.
const LEAST_PAIRS: f64 = 30.0;

/// Share of the pairs of one person in a session about names that must agree on something else that hardly
/// two people share.
const LEAST_PROVEN: f64 = 0.5;

/// Expected pairs of one person from which on a session has no more say than another.
const MOST_WEIGHT: f64 = 1_000.0;

/// Trains a model without labels.
///
/// Fellegi and Sunter (1969) with a third class for households. `blocks` are those that will be scored;
/// the priors are such that they give as many pairs of one person as the scoring expects.
///
/// # Errors
///
/// [`LinkageError`] when the columns of a session are not there.
pub fn train(
    records: &Records,
    comparisons: &Comparisons,
    blocks: &Blocks,
    params: &TrainingParams,
) -> Result<Model, LinkageError> {
    let strangers = strangers(records, comparisons, params.n_random_pairs);
    let starts = Starts::of(comparisons, strangers);

    let mut persons = Mean::of(&starts.person);
    let mut households = Mean::of(&starts.household);
    let mut guesses = Mean::of(&starts.person);
    let mut summaries = Vec::new();
    let all = sessions(records, comparisons);
    // Comparisons of which a session should have told, and hardly anybody had two records.
    let mut unproven = 0;
    // What is known of one person is held among people who share an address, where one person and a
    // household could change places, and among those born on one day, most of whom are strangers; there what
    // is known of households is held, too.
    for lesson in [Lesson::Person, Lesson::Household, Lesson::Name] {
        let known = Known {
            persons: persons.now(),
            held: persons.learnt() | unproven,
            households: match lesson {
                Lesson::Person => None,
                Lesson::Household => params.has_household.then(|| starts.household.clone()),
                Lesson::Name => households.has_votes().then(|| households.now()),
            },
        };
        let start = starts.expectation(lesson, known);
        for session in all.iter().filter(|session| session.lesson == lesson) {
            let patterns =
                session.patterns(records, comparisons, params.block_cap, params.n_session_pairs)?;
            let (shares, found_person, found_household) = maximise(&patterns, &start);
            let n_pairs: u64 = patterns.iter().map(|(_, n)| n).sum();
            let households_told = lesson != Lesson::Person;
            let summary = SessionSummary {
                rule: session.rule.to_string(),
                n_pairs,
                n_person: shares.person * n_pairs as f64,
                n_household: if households_told { shares.household * n_pairs as f64 } else { 0.0 },
            };
            let seen = seen(&patterns, comparisons.list().len());
            let proven = match lesson {
                Lesson::Person => share_of_person(
                    &patterns,
                    shares,
                    (&found_person, found_household.as_ref(), &start.strangers),
                    |pattern| has_proof(comparisons, pattern),
                ),
                Lesson::Household | Lesson::Name => 1.0,
            };
            if proven < LEAST_PROVEN || proven * summary.n_person < LEAST_PAIRS {
                if lesson == Lesson::Person {
                    unproven |= session.kept;
                }
            } else {
                let votes = if lesson == Lesson::Household { &mut guesses } else { &mut persons };
                votes.add(&found_person, summary.n_person.min(MOST_WEIGHT), &seen);
            }
            if let Some(found) = found_household
                && lesson == Lesson::Household
                && summary.n_household >= LEAST_PAIRS
            {
                households.add(&found, summary.n_household, &seen);
            }
            summaries.push(summary);
        }
    }
    let has_household = households.has_votes();
    let household = households.now();
    // Where no other session says anything, those of households have a say on one person.
    let learnt = persons.learnt();
    let person: Vec<Vec<f64>> = persons
        .now()
        .into_iter()
        .zip(guesses.now())
        .enumerate()
        .map(|(k, (known, guess))| if learnt >> k & 1 == 1 { known } else { guess })
        .collect();

    let levels = |k: usize| -> Vec<LevelModel> {
        let kind = comparisons.list().get(k).map(|comparison| comparison.kind);
        let at = |lists: &[Vec<f64>], level: usize| {
            lists.get(k).and_then(|list| list.get(level)).copied().unwrap_or(0.0)
        };
        let all = kind.map_or(&[][..], |kind| kind.levels()).iter().enumerate();
        all.map(|(level, meta)| LevelModel {
            label: meta.label.to_owned(),
            same_person: at(&person, level),
            same_household: at(&household, level),
            strangers: at(&starts.strangers, level),
        })
        .collect()
    };
    let mut model = Model {
        version: MODEL_VERSION,
        comparisons: comparisons
            .list()
            .iter()
            .enumerate()
            .map(|(k, comparison)| ComparisonModel {
                kind: comparison.kind,
                name: comparison.name.clone(),
                levels: levels(k),
                n_pairs: Vec::new(),
            })
            .collect(),
        n_records: records.len() as u64,
        person_prior: 0.0,
        household_prior: has_household.then_some(0.0),
        sessions: summaries,
    };
    estimate_priors(&mut model, records, comparisons, blocks, params.n_prior_pairs);
    correct_strangers(&mut model);
    estimate_priors(&mut model, records, comparisons, blocks, params.n_prior_pairs);
    Ok(model)
}

/// Whether two records agree on something that hardly two people share; none where they have nothing of
/// the kind.
fn has_proof(comparisons: &Comparisons, pattern: Pattern) -> Option<bool> {
    let is_proof = |place: usize| {
        comparisons.list().get(place).is_some_and(|comparison| comparison.kind.is_proof())
    };
    let levels = pattern.comparable().filter(|(place, _)| is_proof(*place));
    levels.map(|(_, level)| level).min().map(|level| level == 1)
}

/// Least part of what random pairs show that is left to strangers.
const LEAST_STRANGERS: f64 = 0.1;

/// Takes the pairs of one person out of what random pairs show: `u = (r - lambda m) / (1 - lambda)`.
///
/// In a small table, or one with many records a person, most random pairs that agree on something rare
/// are one person.
fn correct_strangers(model: &mut Model) {
    let lambda = model.person_prior.exp2();
    for comparison in &mut model.comparisons {
        for level in &mut comparison.levels {
            let random = level.strangers;
            level.strangers = ((random - lambda * level.same_person) / (1.0 - lambda))
                .max(LEAST_STRANGERS * random);
        }
        let total: f64 = comparison.levels.iter().map(|level| level.strangers).sum();
        for level in &mut comparison.levels {
            level.strangers /= total;
        }
    }
}

/// Which comparisons some pattern has.
fn seen(patterns: &[(Pattern, u64)], n_comparisons: usize) -> Vec<bool> {
    let mut seen = vec![false; n_comparisons];
    for (comparison, _) in patterns.iter().flat_map(|(pattern, _)| pattern.comparable()) {
        if let Some(seen) = seen.get_mut(comparison) {
            *seen = true;
        }
    }
    seen
}

/// The weighted mean of what sessions say of each comparison; the start where none says anything.
struct Mean<'a> {
    start: &'a [Vec<f64>],
    sums: Vec<Vec<f64>>,
    weights: Vec<f64>,
}

impl<'a> Mean<'a> {
    fn of(start: &'a [Vec<f64>]) -> Self {
        let sums = start.iter().map(|levels| vec![0.0; levels.len()]).collect();
        Self { start, sums, weights: vec![0.0; start.len()] }
    }

    fn add(&mut self, levels: &[Vec<f64>], weight: f64, seen: &[bool]) {
        let slots = self.sums.iter_mut().zip(&mut self.weights).zip(levels).zip(seen);
        for (((sums, total), levels), _) in slots.filter(|(_, seen)| **seen) {
            *total += weight;
            for (sum, level) in sums.iter_mut().zip(levels) {
                *sum += weight * level;
            }
        }
    }

    fn has_votes(&self) -> bool {
        self.weights.iter().any(|&weight| weight > 0.0)
    }

    /// Comparisons of which some session says something, a bit each.
    fn learnt(&self) -> u16 {
        let weights = self.weights.iter().enumerate();
        weights.filter(|(_, weight)| **weight > 0.0).fold(0, |bits, (k, _)| bits | 1 << k)
    }

    fn now(&self) -> Vec<Vec<f64>> {
        let all = self.sums.iter().zip(&self.weights).zip(self.start);
        all.map(|((sums, &weight), start)| {
            if weight > 0.0 { sums.iter().map(|sum| sum / weight).collect() } else { start.clone() }
        })
        .collect()
    }
}

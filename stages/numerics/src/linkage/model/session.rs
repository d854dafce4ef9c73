//! Training sessions: pairs that agree in some columns, and what the others say of them.

use serde::{Deserialize, Serialize};

use crate::linkage::blocking::{BlockingRule, Blocks, RuleBlocks, mix};
use crate::linkage::candidate::walk_rule;
use crate::linkage::comparison::{ComparisonKind, Comparisons};
use crate::linkage::error::LinkageError;
use crate::linkage::field::FieldKind;
use crate::linkage::pattern::{Pattern, PatternCounts};
use crate::linkage::records::{Column, Records};

/// What one session found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionSummary {
    /// Rule whose pairs were looked at.
    pub rule: String,
    /// Pairs looked at, after sampling.
    pub n_pairs: u64,
    /// Of these, expected pairs of one person.
    pub n_person: f64,
    /// Expected pairs of one household; 0 in a session of two classes.
    pub n_household: f64,
}

/// A session to be held.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) rule: BlockingRule,
    /// What is learnt in it.
    pub(super) lesson: Lesson,
    /// Comparisons that are not about the columns of the rule, a bit each.
    pub(super) kept: u16,
}

/// What a session teaches, in the order of the lessons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lesson {
    /// What records of one person show beside their name: few share a rare name who are not one person.
    Person,
    /// What two people of one household show.
    Household,
    /// What names of one person show; among those born on one day are twins, who are a household.
    Name,
}

/// Records for each pair of one name, from which on common names are left out of what is learnt of persons.
///
/// Pairs of one person grow with the records, those of strangers of one name with their square: in a large
/// table strangers of one town would be taken for one person.
const RECORDS_A_NAME_PAIR: usize = 10;

/// Columns of each session; households are learnt only where an address, a telephone or an e-mail is
/// shared, since those who share a name or a day of birth are mostly strangers.
const SESSIONS: &[(&[FieldKind], Lesson)] = &[
    (&[FieldKind::FirstName, FieldKind::LastName], Lesson::Person),
    (&[FieldKind::BirthDate], Lesson::Name),
    (&[FieldKind::Street, FieldKind::PostalCode], Lesson::Household),
    (&[FieldKind::LastName, FieldKind::PostalCode], Lesson::Household),
    (&[FieldKind::Phone], Lesson::Household),
    (&[FieldKind::Email], Lesson::Household),
];

/// Sessions beside those with a postal code, where half of the streets and more come without one.
const WITHOUT_POSTAL_CODE: &[(&[FieldKind], Lesson)] = &[
    (&[FieldKind::Street], Lesson::Household),
    (&[FieldKind::LastName, FieldKind::Street], Lesson::Household),
];

/// The sessions that these records allow.
pub(super) fn sessions(records: &Records, comparisons: &Comparisons) -> Vec<Session> {
    let n_filled = |kind| {
        let column = records.position_of_kind(kind).and_then(|place| records.columns().get(place));
        column.map_or(0, Column::n_filled)
    };
    let has_code = 2 * n_filled(FieldKind::PostalCode) > n_filled(FieldKind::Street);
    let others = if has_code { &[][..] } else { WITHOUT_POSTAL_CODE };
    SESSIONS
        .iter()
        .chain(others)
        .filter_map(|(kinds, lesson)| {
            let names: Option<Vec<&str>> = kinds
                .iter()
                .map(|&kind| {
                    let column = records.columns().get(records.position_of_kind(kind)?)?;
                    Some(column.field.name.as_str())
                })
                .collect();
            let rule = names?.join(", ").parse().ok()?;
            let kept = comparisons.list().iter().enumerate().fold(0, |kept, (place, c)| {
                if kinds.iter().any(|&kind| is_about(c.kind, kind)) {
                    kept
                } else {
                    kept | 1 << place
                }
            });
            Some(Session { rule, lesson: *lesson, kept })
        })
        .filter(|session| session.kept.count_ones() >= 2)
        .collect()
}

/// Whether pairs that agree in a column say nothing of a comparison: it is about the column itself, or,
/// for addresses, about what comes with it.
fn is_about(comparison: ComparisonKind, kind: FieldKind) -> bool {
    let is_address = matches!(
        comparison,
        ComparisonKind::Address
            | ComparisonKind::PostalCode
            | ComparisonKind::Street
            | ComparisonKind::City
            | ComparisonKind::CityOfOneCode
    );
    match kind {
        FieldKind::FirstName | FieldKind::LastName => comparison.is_name(),
        FieldKind::BirthDate => comparison == ComparisonKind::BirthDate,
        FieldKind::PostalCode | FieldKind::Street | FieldKind::City => is_address,
        FieldKind::Email => comparison == ComparisonKind::Email,
        FieldKind::Phone => comparison == ComparisonKind::Phone,
        FieldKind::Identifier | FieldKind::Category => false,
    }
}

impl Session {
    /// The patterns among the pairs of the rule, at most about `n_pairs` of them, drawn by a hash.
    pub(super) fn patterns(
        &self,
        records: &Records,
        comparisons: &Comparisons,
        cap: usize,
        n_pairs: u64,
    ) -> Result<Vec<(Pattern, u64)>, LinkageError> {
        let blocks = match self.lesson {
            Lesson::Person => {
                let n_pairs = records.len().div_ceil(RECORDS_A_NAME_PAIR) as u64;
                Blocks::build_rare(records, &self.rule, cap, n_pairs)?
            }
            Lesson::Household | Lesson::Name => {
                Blocks::build(records, std::slice::from_ref(&self.rule), cap)?
            }
        };
        let total = blocks.rules().first().map_or(0, RuleBlocks::n_pairs);
        let every = total.div_ceil(n_pairs.max(1)).max(1);
        let parts = walk_rule(&blocks, 0, PatternCounts::default, |counts, a, b| {
            if every == 1 || mix(u64::from(a) << 32 | u64::from(b)).is_multiple_of(every) {
                counts.add(comparisons.pattern(records, a, b).only(self.kept));
            }
        });
        let mut counts = PatternCounts::default();
        for part in parts {
            counts.merge(&part.sorted());
        }
        Ok(counts.sorted())
    }
}

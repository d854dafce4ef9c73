//! The newest answers to surveys that still count.

use std::collections::BTreeMap;

use arrow_array::{Float64Array, Int64Array, StringArray};
use idip_schemas::differentiate::advocacy::advocacy_answer;
use idip_stage::{StageError, Views, parse};

/// By kind: score and age in days.
type Mine = BTreeMap<String, (f64, i64)>;

/// The answers of all who answered.
pub(super) struct Satisfaction {
    answers: BTreeMap<i64, Mine>,
    age_max: i64,
}

impl Satisfaction {
    pub(super) fn read(views: &dyn Views, as_of: i32, age_max: i64) -> Result<Self, StageError> {
        let mut answers: BTreeMap<i64, Mine> = BTreeMap::new();
        for batch in parse(views, &advocacy_answer::CONTRACT, advocacy_answer::Columns::parse)? {
            for (row, &id) in batch.customer_id.values().iter().enumerate() {
                let age = i64::from(as_of) - i64::from(batch.answered_on.value(row));
                let answer = (batch.score.value(row), age);
                answers.entry(id).or_default().insert(batch.kind.value(row).to_owned(), answer);
            }
        }
        Ok(Self { answers, age_max })
    }

    /// The answers of some parties, in their order.
    pub(super) fn of(&self, ids: &[i64]) -> Answers<'_> {
        Answers {
            each: ids.iter().map(|id| self.answers.get(id)).collect(),
            age_max: self.age_max,
            has_feed: !self.answers.is_empty(),
        }
    }
}

/// The answers of some parties, in their order.
pub(super) struct Answers<'a> {
    each: Vec<Option<&'a Mine>>,
    age_max: i64,
    has_feed: bool,
}

impl Answers<'_> {
    pub(super) fn score(&self, kind: &str) -> Float64Array {
        self.each.iter().map(|mine| Some(self.valid((*mine)?, kind)?.0)).collect()
    }

    pub(super) fn age_days(&self, kind: &str) -> Int64Array {
        self.each.iter().map(|mine| Some(self.valid((*mine)?, kind)?.1)).collect()
    }

    /// Why a party has no score of any kind.
    pub(super) fn reasons(&self) -> StringArray {
        let reason = |mine: Option<&Mine>| match mine {
            _ if !self.has_feed => Some("no_survey_feed"),
            None => Some("no_answer"),
            Some(mine) if mine.keys().all(|kind| self.valid(mine, kind).is_none()) => {
                Some("answer_too_old")
            }
            Some(_) => None,
        };
        self.each.iter().copied().map(reason).collect()
    }

    fn valid(&self, mine: &Mine, kind: &str) -> Option<(f64, i64)> {
        mine.get(kind).copied().filter(|&(_, age)| (0..=self.age_max).contains(&age))
    }
}

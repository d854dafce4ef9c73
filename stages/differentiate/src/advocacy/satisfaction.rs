//! The newest answers to surveys that still count.

use std::collections::BTreeMap;

use arrow_array::{Float64Array, Int64Array, StringArray};
use idip_schemas::differentiate::advocacy::advocacy_answer;
use idip_stage::{StageError, Tables};

use crate::customer_feature::parse;

/// The answers of every party, in the order of parties.
pub(super) struct Satisfaction {
    /// By kind: score and age in days.
    answers: Vec<BTreeMap<String, (f64, i64)>>,
    age_max: i64,
    has_feed: bool,
}

pub(super) fn read(
    views: &Tables,
    ids: &[i64],
    as_of: i32,
    age_max: i64,
) -> Result<Satisfaction, StageError> {
    let mut found: BTreeMap<i64, BTreeMap<String, (f64, i64)>> = BTreeMap::new();
    for batch in parse(views, &advocacy_answer::CONTRACT, advocacy_answer::Columns::parse)? {
        for (row, &id) in batch.customer_id.values().iter().enumerate() {
            let age = i64::from(as_of) - i64::from(batch.answered_on.value(row));
            let answer = (batch.score.value(row), age);
            found.entry(id).or_default().insert(batch.kind.value(row).to_owned(), answer);
        }
    }
    let has_feed = !found.is_empty();
    let answers = ids.iter().map(|id| found.remove(id).unwrap_or_default()).collect();
    Ok(Satisfaction { answers, age_max, has_feed })
}

impl Satisfaction {
    pub(super) fn score(&self, kind: &str) -> Float64Array {
        self.answers.iter().map(|mine| Some(self.valid(mine, kind)?.0)).collect()
    }

    pub(super) fn age_days(&self, kind: &str) -> Int64Array {
        self.answers.iter().map(|mine| Some(self.valid(mine, kind)?.1)).collect()
    }

    /// Why a party has no score of any kind.
    pub(super) fn reasons(&self) -> StringArray {
        let reason = |mine: &BTreeMap<String, (f64, i64)>| match mine {
            _ if !self.has_feed => Some("no_survey_feed"),
            mine if mine.is_empty() => Some("no_answer"),
            mine if mine.keys().all(|kind| self.valid(mine, kind).is_none()) => {
                Some("answer_too_old")
            }
            _ => None,
        };
        self.answers.iter().map(reason).collect()
    }

    fn valid(&self, mine: &BTreeMap<String, (f64, i64)>, kind: &str) -> Option<(f64, i64)> {
        mine.get(kind).copied().filter(|&(_, age)| (0..=self.age_max).contains(&age))
    }
}

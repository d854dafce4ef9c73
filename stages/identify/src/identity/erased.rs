//! People who were erased: their ids are spent, and the night of their erasure says so.

use std::collections::BTreeMap;

use idip_schemas::source::erased_customer;
use idip_stage::{StageError, Tables};

use super::continuity::{Assignment, Change, Event};

/// Ids of erased people, each with the day of its erasure.
pub(super) struct Erased {
    on: BTreeMap<i64, i32>,
}

impl Erased {
    pub(super) fn read(views: &Tables) -> Result<Self, StageError> {
        let rows = erased_customer::Columns::parse(&views.batch(&erased_customer::CONTRACT)?)?;
        let days = rows.erased_on.values().iter().copied();
        Ok(Self { on: rows.customer_id.values().iter().copied().zip(days).collect() })
    }

    pub(super) fn has(&self, id: i64) -> bool {
        self.on.contains_key(&id)
    }

    pub(super) fn ids(&self) -> Vec<i64> {
        self.on.keys().copied().collect()
    }

    /// The ids of a night with the erasures of its date among their changes.
    pub(super) fn told(&self, mut assignment: Assignment, date: i32) -> Assignment {
        let erased = self.on.iter().filter(|(_, on)| **on == date);
        let erased = erased.map(|(&id, _)| Change { old_id: id, id, event: Event::Erased });
        assignment.changes.extend(erased);
        assignment.changes.sort_unstable();
        assignment
    }
}

//! Guards: what no single person has, whatever the evidence says.

use std::collections::BTreeSet;

use super::pool::MISSING;
use super::records::Records;

/// Most distinct values and records that one person may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardLimits {
    /// Column by name, and its most distinct values.
    pub distinct: Vec<(String, usize)>,
    /// Most records.
    pub most_records: usize,
}

/// A guard that a cluster breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// Too many distinct values in the limit of this place.
    Distinct(usize),
    /// Too many records.
    Records,
}

impl GuardLimits {
    /// The first guard that these records together break.
    pub fn violation(&self, records: &Records, members: &[u32]) -> Option<Violation> {
        if members.len() > self.most_records {
            return Some(Violation::Records);
        }
        let limits = self.distinct.iter().enumerate();
        limits
            .filter(|(_, (_, most))| members.len() > *most)
            .find(|(_, (field, most))| {
                let Some(column) = records.position(field) else { return false };
                let values: BTreeSet<u32> = members
                    .iter()
                    .map(|&record| records.cell(record, column))
                    .filter(|&value| value != MISSING)
                    .collect();
                values.len() > *most
            })
            .map(|(place, _)| Violation::Distinct(place))
    }
}

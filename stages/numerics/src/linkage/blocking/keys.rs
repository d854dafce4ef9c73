//! The key of each record under a blocking rule.

use std::collections::HashMap;

use super::rule::{BlockingPart, BlockingRule};
use crate::linkage::error::LinkageError;
use crate::linkage::field::FieldKind;
use crate::linkage::pool::{MISSING, Pool, prefix};
use crate::linkage::records::Records;

/// Key of a record to which a part of the rule is missing.
pub(super) const NO_KEY: u64 = 0;

/// One part, prepared: a number for each value of its columns.
#[derive(Debug)]
enum PreparedPart {
    /// The value itself.
    Whole(usize),
    /// The class of the value.
    Class(usize, Vec<u32>),
    /// Numbers of two columns that share one numbering, in either order.
    Either([(usize, Vec<u32>); 2]),
}

/// A rule, prepared to give keys.
#[derive(Debug)]
pub(super) struct RuleKeys(Vec<PreparedPart>);

impl RuleKeys {
    pub(super) fn prepare(records: &Records, rule: &BlockingRule) -> Result<Self, LinkageError> {
        rule.parts.iter().map(|part| prepare(records, part)).collect::<Result<_, _>>().map(Self)
    }

    /// The key of a record; equal keys are equal parts, but for one chance in 2⁶⁴.
    pub(super) fn key(&self, records: &Records, record: u32) -> u64 {
        let cells = records.cells(record);
        let cell = |column: usize| cells.get(column).copied().unwrap_or(MISSING);
        let class = |column: usize, classes: &[u32]| {
            classes.get(cell(column) as usize).copied().unwrap_or(MISSING)
        };
        let mut key = 0x9e37_79b9_7f4a_7c15;
        for part in &self.0 {
            let number = match part {
                PreparedPart::Whole(column) => u64::from(cell(*column)),
                PreparedPart::Class(column, classes) => u64::from(class(*column, classes)),
                PreparedPart::Either([one, other]) => {
                    let (a, b) = (class(one.0, &one.1), class(other.0, &other.1));
                    if a == MISSING || b == MISSING {
                        0
                    } else {
                        u64::from(a.min(b)) << 32 | u64::from(a.max(b))
                    }
                }
            };
            if number == 0 {
                return NO_KEY;
            }
            key = mix(key ^ number);
        }
        key.max(1)
    }
}

/// The finaliser of `SplitMix64` (Steele, Lea, Flood 2014).
pub(in crate::linkage) fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn prepare(records: &Records, part: &BlockingPart) -> Result<PreparedPart, LinkageError> {
    let unknown = |field: &str| LinkageError::UnknownField { field: field.to_owned() };
    if part.field == BlockingPart::EITHER_NAME {
        let position = |kind| records.position_of_kind(kind);
        let names = (position(FieldKind::FirstName), position(FieldKind::LastName));
        let (Some(first), Some(last)) = names else { return Err(unknown(&part.field)) };
        let pools = [first, last].map(|column| records.columns().get(column).map(|c| &c.values));
        let [Some(firsts), Some(lasts)] = pools else { return Err(unknown(&part.field)) };
        let [one, other] = shared_numbers(firsts, lasts);
        return Ok(PreparedPart::Either([(first, one), (last, other)]));
    }
    let column = records.position(&part.field).ok_or_else(|| unknown(&part.field))?;
    Ok(match (part.length, records.columns().get(column)) {
        (Some(length), Some(values)) => {
            PreparedPart::Class(column, values.values.classes(|value| prefix(value, length)))
        }
        _ => PreparedPart::Whole(column),
    })
}

fn shared_numbers(one: &Pool, other: &Pool) -> [Vec<u32>; 2] {
    let mut known: HashMap<&str, u32> = HashMap::from([("", MISSING)]);
    let mut number = |value| {
        let next = known.len() as u32;
        *known.entry(value).or_insert(next)
    };
    [one.values().map(&mut number).collect(), other.values().map(&mut number).collect()]
}

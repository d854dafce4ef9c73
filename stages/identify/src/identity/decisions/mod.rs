//! What people decided about references, which wins over all that records say.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use arrow_array::{Array, StringArray};
use idip_numerics::apart_sets::ApartSets;
use idip_schemas::identify::quality::{decided_pair, link_decision_outcome};

use super::references::References;
use crate::linkage::DecidedNode;

/// Code of a decision that two references are one party.
const MUST_LINK: &str = "must_link";

/// Decisions with what became of them.
#[derive(Debug)]
pub(super) struct Decisions<'a> {
    decided: &'a decided_pair::Columns,
    /// By pair and kind.
    rulings: Vec<Ruling>,
}

#[derive(Debug)]
struct Ruling {
    row: usize,
    /// Nodes of both references; none where one of them is unknown.
    nodes: Option<(u32, u32)>,
    must_link: bool,
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Followed,
    Superseded,
    Contradicted,
    UnknownReference,
    SameReference,
}

impl Outcome {
    fn code(self) -> &'static str {
        match self {
            Self::Followed => "followed",
            Self::Superseded => "superseded",
            Self::Contradicted => "contradicted",
            Self::UnknownReference => "unknown_reference",
            Self::SameReference => "same_reference",
        }
    }
}

impl<'a> Decisions<'a> {
    /// Puts decisions into force; `parties` are references alone, by node. O(n log n).
    ///
    /// Of two decisions on one pair the later counts, on a tie the one that keeps apart. All that keep
    /// apart hold; those that unite follow, the latest first, unless they would unite what is apart: a
    /// wrong part is mended by a further decision, a wrong union has mixed two people's data.
    pub(super) fn settle(
        decided: &'a decided_pair::Columns,
        references: &References,
        parties: &mut ApartSets,
    ) -> Self {
        let mut rulings = rulings(decided, references);
        supersede(&mut rulings, decided);
        let in_force = |ruling: &&mut Ruling| ruling.outcome == Outcome::Followed;
        for ruling in rulings.iter().filter(|it| it.outcome == Outcome::Followed && !it.must_link) {
            if let Some((a, b)) = ruling.nodes {
                parties.keep_apart(a, b);
            }
        }
        let mut unions: Vec<&mut Ruling> =
            rulings.iter_mut().filter(in_force).filter(|ruling| ruling.must_link).collect();
        unions.sort_by_key(|ruling| (Reverse(day(decided, ruling.row)), ruling.nodes));
        for ruling in unions {
            if let Some((a, b)) = ruling.nodes
                && !parties.join(a, b)
            {
                ruling.outcome = Outcome::Contradicted;
            }
        }
        Self { decided, rulings }
    }

    /// Both nodes of each decision in force, with the reference of the other one and whether they are one.
    pub(super) fn in_force(&self) -> Vec<DecidedNode<'a>> {
        let decided = self.decided;
        let in_force = self.rulings.iter().filter(|ruling| ruling.outcome == Outcome::Followed);
        let about = |ruling: &Ruling| {
            let (a, b) = ruling.nodes?;
            let (name, other) = pair(decided, ruling.row);
            Some([(a, other, ruling.must_link), (b, name, ruling.must_link)])
        };
        in_force.filter_map(about).flatten().collect()
    }

    /// What became of each decision; `customer_id` is by node.
    pub(super) fn outcomes(&self, customer_id: &[i64]) -> link_decision_outcome::Columns {
        let customer = |node: u32| customer_id.get(node as usize);
        let texts = |of: &StringArray| -> StringArray {
            self.rulings.iter().map(|ruling| Some(of.value(ruling.row))).collect()
        };
        let is_linked = |ruling: &Ruling| {
            let (a, b) = ruling.nodes?;
            Some(customer(a) == customer(b))
        };
        link_decision_outcome::Columns {
            party_ref: texts(&self.decided.party_ref),
            other_ref: texts(&self.decided.other_ref),
            decision: texts(&self.decided.decision),
            decided_on: self.rulings.iter().map(|it| day(self.decided, it.row)).collect(),
            outcome: self.rulings.iter().map(|it| Some(it.outcome.code())).collect(),
            is_linked: self.rulings.iter().map(is_linked).collect(),
        }
    }
}

fn rulings(decided: &decided_pair::Columns, references: &References) -> Vec<Ruling> {
    let nodes = references.locate(&decided.party_ref).into_iter();
    let mut rulings: Vec<Ruling> = nodes
        .zip(references.locate(&decided.other_ref))
        .enumerate()
        .map(|(row, (a, b))| Ruling {
            row,
            nodes: a.zip(b),
            must_link: decided.decision.value(row) == MUST_LINK,
            outcome: match (a, b) {
                (Some(a), Some(b)) if a == b => Outcome::SameReference,
                (Some(_), Some(_)) => Outcome::Followed,
                _ => Outcome::UnknownReference,
            },
        })
        .collect();
    rulings.sort_by_key(|ruling| (pair(decided, ruling.row), ruling.must_link));
    rulings
}

/// Takes the weaker of two opposite decisions on one pair out of force.
fn supersede(rulings: &mut [Ruling], decided: &decided_pair::Columns) {
    for of_pair in rulings.chunk_by_mut(|a, b| pair(decided, a.row) == pair(decided, b.row)) {
        let [apart, together] = of_pair else { continue };
        if apart.outcome != Outcome::Followed {
            continue;
        }
        let unites = day(decided, together.row) > day(decided, apart.row);
        let weaker = if unites { apart } else { together };
        weaker.outcome = Outcome::Superseded;
    }
}

fn pair(decided: &decided_pair::Columns, row: usize) -> (&str, &str) {
    (decided.party_ref.value(row), decided.other_ref.value(row))
}

/// A decision without a day came before all others.
fn day(decided: &decided_pair::Columns, row: usize) -> Option<i32> {
    decided.decided_on.is_valid(row).then(|| decided.decided_on.value(row))
}

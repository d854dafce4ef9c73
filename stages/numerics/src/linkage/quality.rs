//! Quality without truth: what the weights expect of themselves.

use super::agglomeration::Edge;
use super::blocking::{Blocks, NO_BLOCK};

/// Weight, in bits, from which a pair is taken for sure when blocking is judged.
const SURE: f32 = 10.0;

/// What the weights say of a partition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedQuality {
    /// Mean probability over scored pairs that are linked; none where none is.
    pub precision: Option<f64>,
    /// Expected share of all pairs of one person that are linked, missed candidates included; none where
    /// none is expected, or what blocking misses cannot be told.
    pub recall: Option<f64>,
    /// Expected share of pairs of one person that are candidates; none where it cannot be told.
    pub blocking_recall: Option<f64>,
}

/// Estimates the quality of a partition.
///
/// `n_expected` is the sum of probabilities over all candidate pairs, those below the stored ones
/// included. The recall of blocking is by capture and recapture: the rules are parted into two families,
/// and `1 - (1 - m12 / n1)(1 - m12 / n2)` for the sure pairs each finds (Lincoln 1930).
pub fn expected_quality(
    edges: &[Edge],
    person_of: &[u32],
    n_expected: f64,
    blocks: &Blocks,
) -> ExpectedQuality {
    let person = |record: u32| person_of.get(record as usize);
    let (mut linked, mut n_linked) = (0.0, 0_u64);
    for edge in edges.iter().filter(|edge| person(edge.a) == person(edge.b)) {
        linked += 1.0 / (1.0 + f64::from(-edge.weight).exp2());
        n_linked += 1;
    }
    let blocking_recall = blocking_recall(edges, blocks);
    let recall = blocking_recall
        .filter(|_| n_expected > 0.0)
        .map(|blocking| (linked / n_expected).min(1.0) * blocking);
    ExpectedQuality {
        precision: (n_linked > 0).then(|| linked / n_linked as f64),
        recall,
        blocking_recall,
    }
}

/// Rules are parted by their first column, so that the families look at different columns.
fn blocking_recall(edges: &[Edge], blocks: &Blocks) -> Option<f64> {
    let mut fields: Vec<&str> = Vec::new();
    let families: Vec<usize> = blocks
        .rules()
        .iter()
        .map(|rule| {
            let field = rule.rule.parts.first().map_or("", |part| part.field.as_str());
            let known = fields.iter().position(|&known| known == field);
            let place = known.unwrap_or_else(|| {
                fields.push(field);
                fields.len() - 1
            });
            place % 2
        })
        .collect();
    let mut counts = [0_u64; 3];
    for edge in edges.iter().filter(|edge| edge.weight >= SURE) {
        let pairs = blocks.blocks_of(edge.a).iter().zip(blocks.blocks_of(edge.b)).zip(&families);
        let mut finds = [false; 2];
        for (_, &family) in pairs.filter(|((a, b), _)| a == b && **a != NO_BLOCK) {
            if let Some(finds) = finds.get_mut(family) {
                *finds = true;
            }
        }
        match finds {
            [true, true] => counts[2] += 1,
            [true, false] => counts[0] += 1,
            [false, true] => counts[1] += 1,
            [false, false] => {}
        }
    }
    let (one, other, both) = (counts[0] + counts[2], counts[1] + counts[2], counts[2] as f64);
    (one > 0 && other > 0 && both > 0.0)
        .then(|| 1.0 - (1.0 - both / one as f64) * (1.0 - both / other as f64))
}

//! Merging of groups inside a component, by pooled evidence.

use super::bounds::BoundRecords;
use super::evidence::PooledEvidence;
use super::history::{HYSTERESIS, History, Past};
use crate::linkage::score::Scorer;

/// Merges groups of a component into people.
///
/// The two groups with the heaviest pooled evidence merge, while it is at least `least` bits; on a tie
/// the groups with the smaller first members come first. A merge that would unite records that are apart
/// is refused. Returns the groups by first member. O(n² K) memory and O(n³) time in the component.
pub(crate) fn agglomerate(
    scorer: &Scorer<'_>,
    groups: Vec<Vec<u32>>,
    bounds: &BoundRecords,
    least: f64,
) -> Vec<Vec<u32>> {
    merged(scorer, groups, bounds, &History::default(), least)
}

/// The same with last night in mind.
///
/// Who was one person last night is looked at alone first, and stays one down to a bit less; two people of
/// last night become one from a bit more on. So what is at even odds stays as it is. Who did not change at
/// all is one to begin with, and becomes one with another such person only by a record between them.
pub(crate) fn agglomerate_after(
    scorer: &Scorer<'_>,
    groups: Vec<Vec<u32>>,
    bounds: &BoundRecords,
    history: &History,
    least: f64,
) -> Vec<Vec<u32>> {
    if history.is_empty() {
        return agglomerate(scorer, groups, bounds, least);
    }
    let (known, new) = history.parted(history.united(groups, bounds));
    let stayed = known
        .into_iter()
        .flat_map(|person| agglomerate(scorer, person, bounds, least - HYSTERESIS));
    let mut groups: Vec<Vec<u32>> = stayed.chain(new).collect();
    groups.sort_unstable_by_key(|group| group.first().copied());
    merged(scorer, groups, bounds, history, least)
}

/// Groups after all merges that are heavy enough, by who they were last night.
pub(crate) fn merged(
    scorer: &Scorer<'_>,
    groups: Vec<Vec<u32>>,
    bounds: &BoundRecords,
    history: &History,
    least: f64,
) -> Vec<Vec<u32>> {
    if groups.len() < 2 {
        return groups;
    }
    let mut table = Table::of(scorer, groups, bounds, history);
    while let Some((one, other)) = table.heaviest(least) {
        table.merge(scorer, one, other);
    }
    table.groups.into_iter().filter(|group| !group.is_empty()).collect()
}

/// Evidence between every two groups.
struct Table {
    /// Members of each group; empty once it is merged into another.
    groups: Vec<Vec<u32>>,
    /// What the members of each group were last night; none once it is merged into another.
    past: Vec<Option<Past>>,
    /// Cell of groups `i < j` at `j (j - 1) / 2 + i`.
    cells: Vec<Cell>,
}

struct Cell {
    evidence: PooledEvidence,
    weight: f64,
    is_forbidden: bool,
}

fn at(i: usize, j: usize) -> usize {
    let (i, j) = (i.min(j), i.max(j));
    j * (j - 1) / 2 + i
}

impl Table {
    fn of(
        scorer: &Scorer<'_>,
        groups: Vec<Vec<u32>>,
        bounds: &BoundRecords,
        history: &History,
    ) -> Self {
        let mut cells = Vec::with_capacity(groups.len() * groups.len() / 2);
        for (j, later) in groups.iter().enumerate() {
            for earlier in groups.iter().take(j) {
                let mut evidence = PooledEvidence::default();
                let mut is_forbidden = false;
                for &a in earlier {
                    for &b in later {
                        let pattern = scorer.comparisons().pattern(scorer.records(), a, b);
                        evidence.add(&PooledEvidence::of_pair(scorer, a, pattern));
                        is_forbidden |= bounds.are_apart(a, b);
                    }
                }
                let weight = evidence.weight(scorer);
                cells.push(Cell { evidence, weight, is_forbidden });
            }
        }
        let past = groups.iter().map(|group| Some(history.past(group))).collect();
        Self { groups, past, cells }
    }

    fn is_alive(&self, group: usize) -> bool {
        self.groups.get(group).is_some_and(|members| !members.is_empty())
    }

    /// The two groups to merge next.
    fn heaviest(&self, least: f64) -> Option<(usize, usize)> {
        let mut best: Option<(f64, usize, usize)> = None;
        for j in (1..self.groups.len()).filter(|&j| self.is_alive(j)) {
            for i in (0..j).filter(|&i| self.is_alive(i)) {
                let Some(cell) = self.cells.get(at(i, j)) else { continue };
                if cell.is_forbidden || cell.weight < self.least(i, j, least) {
                    continue;
                }
                let is_better = best.is_none_or(|(weight, bi, bj)| {
                    cell.weight > weight
                        || (cell.weight.total_cmp(&weight).is_eq() && (i, j) < (bi, bj))
                });
                if is_better {
                    best = Some((cell.weight, i, j));
                }
            }
        }
        best.map(|(_, i, j)| (i, j))
    }

    /// Bits from which on two groups are one.
    fn least(&self, i: usize, j: usize, least: f64) -> f64 {
        let past = |group: usize| self.past.get(group).and_then(Option::as_ref);
        match (past(i), past(j)) {
            (Some(one), Some(other)) => one.least_between(other, least),
            _ => least,
        }
    }

    /// Merges group `j` into group `i`.
    fn merge(&mut self, scorer: &Scorer<'_>, i: usize, j: usize) {
        for k in (0..self.groups.len()).filter(|&k| k != i && k != j) {
            if !self.is_alive(k) {
                continue;
            }
            let Some(from) = self.cells.get_mut(at(j, k)) else { continue };
            let evidence = std::mem::take(&mut from.evidence);
            let is_forbidden = from.is_forbidden;
            if let Some(cell) = self.cells.get_mut(at(i, k)) {
                cell.evidence.add(&evidence);
                cell.is_forbidden |= is_forbidden;
                cell.weight = cell.evidence.weight(scorer);
            }
        }
        let moved = self.groups.get_mut(j).map(std::mem::take).unwrap_or_default();
        if let Some(group) = self.groups.get_mut(i) {
            group.extend(moved);
            group.sort_unstable();
        }
        let moved = self.past.get_mut(j).and_then(Option::take);
        if let (Some(moved), Some(Some(past))) = (moved, self.past.get_mut(i)) {
            past.join(moved);
        }
    }
}

//! Groups too small to hide anybody in, and the cells that would give them away.

use serde::{Serialize, Serializer};

/// A number of parties, told or not. In JSON a number, `"small"` or `"hidden"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// As it is: none, or enough.
    Exact(i64),
    /// At least one and fewer than the smallest group.
    Small,
    /// Large enough, but telling it would tell a small one by subtraction.
    Hidden,
}

impl Count {
    /// The number, when it is told.
    pub fn exact(self) -> Option<i64> {
        match self {
            Self::Exact(n) => Some(n),
            Self::Small | Self::Hidden => None,
        }
    }

    /// Whether figures of the group may be told.
    pub fn is_told(self) -> bool {
        self.exact().is_some()
    }

    /// One number that no total gives away.
    pub fn alone(n: i64, smallest_group: u32) -> Self {
        if 0 < n && n < i64::from(smallest_group) { Self::Small } else { Self::Exact(n) }
    }
}

impl Default for Count {
    fn default() -> Self {
        Self::Exact(0)
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Exact(n) => serializer.serialize_i64(*n),
            Self::Small => serializer.serialize_str("small"),
            Self::Hidden => serializer.serialize_str("hidden"),
        }
    }
}

/// Covers the small numbers of a list whose total is told.
pub(crate) fn cover(counts: &[i64], smallest_group: u32) -> Vec<Count> {
    let mut rows = vec![counts.iter().map(|n| Count::alone(*n, smallest_group)).collect()];
    cover_lines(&mut rows, Line::Row);
    rows.pop().unwrap_or_default()
}

/// Covers the small numbers of a table whose row and column totals are told; rows of equal length.
pub(crate) fn cover_table(counts: &[Vec<i64>], smallest_group: u32) -> Vec<Vec<Count>> {
    let mut rows: Vec<Vec<Count>> = counts
        .iter()
        .map(|row| row.iter().map(|n| Count::alone(*n, smallest_group)).collect())
        .collect();
    // A cell covered for its row may be the only one of its column, and the other way round.
    while cover_lines(&mut rows, Line::Row) || cover_lines(&mut rows, Line::Column) {}
    rows
}

#[derive(Clone, Copy)]
enum Line {
    Row,
    Column,
}

/// Covers a second cell in each line that has exactly one covered; whether any was.
fn cover_lines(rows: &mut [Vec<Count>], line: Line) -> bool {
    let width = rows.first().map_or(0, Vec::len);
    let lines = match line {
        Line::Row => rows.len(),
        Line::Column => width,
    };
    let length = match line {
        Line::Row => width,
        Line::Column => rows.len(),
    };
    let place = |i: usize, j: usize| match line {
        Line::Row => (i, j),
        Line::Column => (j, i),
    };
    let mut changed = false;
    for i in 0..lines {
        let cells: Vec<((usize, usize), Count)> = (0..length)
            .filter_map(|j| {
                let (row, column) = place(i, j);
                Some(((row, column), *rows.get(row)?.get(column)?))
            })
            .collect();
        if cells.iter().filter(|(_, count)| !count.is_told()).count() != 1 {
            continue;
        }
        // The smallest other loses least; nobody is hidden behind a 0.
        let second = cells
            .iter()
            .filter_map(|(at, count)| count.exact().filter(|n| *n > 0).map(|n| (n, *at)))
            .min();
        if let Some(cell) = second
            .and_then(|(_, (row, column))| rows.get_mut(row).and_then(|row| row.get_mut(column)))
        {
            *cell = Count::Hidden;
            changed = true;
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Count::{Exact, Hidden, Small};
    use super::*;

    #[test]
    fn one_small_group_takes_a_second_with_it() {
        assert_eq!(cover(&[100, 7, 40, 0], 20), [Exact(100), Small, Hidden, Exact(0)]);
        assert_eq!(cover(&[100, 7, 4, 40], 20), [Exact(100), Small, Small, Exact(40)]);
        assert_eq!(cover(&[100, 0, 20], 20), [Exact(100), Exact(0), Exact(20)]);
        assert_eq!(cover(&[7], 20), [Small]);
        assert_eq!(cover(&[], 20), []);
    }

    #[test]
    fn a_table_is_covered_along_both_ways() {
        let covered = cover_table(&[vec![5, 60, 90], vec![70, 80, 30], vec![50, 40, 99]], 20);
        // 5 alone in its row and column: 60 and 50 go; then 60 is alone in its column: 40 goes.
        assert_eq!(covered[0], [Small, Hidden, Exact(90)]);
        assert_eq!(covered[1], [Exact(70), Exact(80), Exact(30)]);
        assert_eq!(covered[2], [Hidden, Hidden, Exact(99)]);
    }

    proptest! {
        #[test]
        fn no_covered_cell_can_be_told_from_its_line(
            rows in prop::collection::vec(prop::collection::vec(0_i64..90, 4), 1..6),
        ) {
            let covered = cover_table(&rows, 20);
            let check = |line: Vec<(i64, Count)>| {
                let hidden = line.iter().filter(|(_, count)| !count.is_told()).count();
                let others = line.iter().filter(|(n, count)| count.is_told() && *n > 0).count();
                hidden != 1 || others == 0
            };
            for (row, counts) in rows.iter().zip(&covered) {
                prop_assert!(check(row.iter().copied().zip(counts.iter().copied()).collect()));
            }
            for column in 0..4 {
                let line = rows.iter().zip(&covered).map(|(row, c)| (row[column], c[column]));
                prop_assert!(check(line.collect()));
            }
            for (n, count) in rows.iter().flatten().zip(covered.iter().flatten()) {
                match count {
                    Exact(told) => prop_assert!(told == n && !(1..20).contains(n)),
                    Small => prop_assert!((1..20).contains(n)),
                    Hidden => prop_assert!(*n >= 20),
                }
            }
        }
    }
}

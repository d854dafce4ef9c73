//! The distinct values of a column, numbered.

use std::collections::HashMap;

/// Number of a value that is not there.
pub const MISSING: u32 = 0;

/// Distinct values in order of first appearance; number 0 is the missing value.
///
/// 4 bytes a value and its text.
#[derive(Debug, Clone)]
pub struct Pool {
    text: String,
    ends: Vec<usize>,
}

impl Pool {
    /// Numbers values, each occurrence; an empty value is missing.
    pub(super) fn number<'a>(values: impl Iterator<Item = &'a str>) -> (Self, Vec<u32>) {
        let mut pool = Self { text: String::new(), ends: vec![0] };
        let mut known: HashMap<&str, u32> = HashMap::new();
        let numbers = values
            .map(|value| {
                if value.is_empty() {
                    return MISSING;
                }
                *known.entry(value).or_insert_with(|| pool.push(value))
            })
            .collect();
        pool.text.shrink_to_fit();
        (pool, numbers)
    }

    fn push(&mut self, value: &str) -> u32 {
        self.text.push_str(value);
        self.ends.push(self.text.len());
        self.ends.len() as u32 - 1
    }

    /// Number of values, the missing one included.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether every value is missing.
    pub fn is_empty(&self) -> bool {
        self.len() == 1
    }

    /// The value of a number; empty when it is missing or unknown.
    pub fn value(&self, number: u32) -> &str {
        let number = number as usize;
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before));
        match (start, self.ends.get(number)) {
            (Some(&start), Some(&end)) => self.text.get(start..end).unwrap_or(""),
            _ => "",
        }
    }

    /// All values by number, the missing one first.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|number| self.value(number))
    }

    /// Numbers what `part` makes of each value: equal parts have equal numbers, an empty one is missing.
    pub(super) fn classes<'a>(&'a self, part: impl Fn(&'a str) -> &'a str) -> Vec<u32> {
        let mut known: HashMap<&str, u32> = HashMap::new();
        self.values()
            .map(|value| match part(value) {
                "" => MISSING,
                part => {
                    let next = known.len() as u32 + 1;
                    *known.entry(part).or_insert(next)
                }
            })
            .collect()
    }
}

/// The first characters of a value, or all of it.
pub(super) fn prefix(value: &str, length: usize) -> &str {
    value.char_indices().nth(length).map_or(value, |(end, _)| value.get(..end).unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_number_and_an_empty_one_is_missing() {
        let (pool, numbers) = Pool::number(["b", "", "a", "b"].into_iter());
        assert_eq!(numbers, [1, MISSING, 2, 1]);
        assert_eq!(pool.values().collect::<Vec<_>>(), ["", "b", "a"]);
        assert_eq!(pool.value(9), "");
    }

    #[test]
    fn classes_are_the_parts_in_common() {
        let (pool, _) = Pool::number(["año 1", "añil", "b"].into_iter());
        assert_eq!(pool.classes(|value| prefix(value, 2)), [MISSING, 1, 1, 2]);
    }
}

//! Sorting of many strings without copying them.

use arrow_array::StringArray;
use rayon::slice::ParallelSliceMut;

/// Strings that are addressed by position.
pub(crate) trait Strings: Sync {
    /// How many there are.
    fn n_strings(&self) -> usize;
    /// The string at a position, as bytes; empty when there is none.
    fn bytes(&self, position: u32) -> &[u8];
}

impl Strings for StringArray {
    fn n_strings(&self) -> usize {
        arrow_array::Array::len(self)
    }

    fn bytes(&self, position: u32) -> &[u8] {
        let offsets = self.value_offsets();
        let position = position as usize;
        let bounds = offsets.get(position).zip(offsets.get(position + 1));
        bounds
            .and_then(|(&start, &end)| self.value_data().get(start as usize..end as usize))
            .unwrap_or_default()
    }
}

/// Runs shorter than this are compared string by string; below it a new key is not worth its pass.
const SHORT_RUN: usize = 16;

/// Bytes of a key.
const WIDTH: usize = 8;

/// Positions in ascending order of the strings' bytes; equal strings in order of position.
///
/// Keys of eight bytes are sorted beside their positions, so that most comparisons touch no string; runs
/// of equal keys go on with the next eight bytes (multikey quicksort, Bentley and Sedgewick 1997).
/// O(n log n).
pub(crate) fn sorted_positions(strings: &impl Strings) -> Vec<u32> {
    let n_strings = strings.n_strings() as u32;
    let mut entries: Vec<(u64, u32)> =
        (0..n_strings).map(|position| (key(strings.bytes(position), 0), position)).collect();
    if !entries.is_sorted_by(|a, b| strings.bytes(a.1) <= strings.bytes(b.1)) {
        entries.par_sort_unstable();
        sort_runs(strings, &mut entries, 0);
    }
    entries.into_iter().map(|(_, position)| position).collect()
}

/// Sorts each run of equal keys by what comes after the first `depth + WIDTH` bytes.
fn sort_runs(strings: &impl Strings, entries: &mut [(u64, u32)], depth: usize) {
    let next = depth + WIDTH;
    for run in entries.chunk_by_mut(|a, b| a.0 == b.0) {
        if run.len() == 1 {
            continue;
        }
        let longest = run.iter().map(|entry| strings.bytes(entry.1).len()).max().unwrap_or(0);
        // Strings that end within the key may differ by zero bytes alone, which padding hides.
        if longest <= next || run.len() < SHORT_RUN {
            run.sort_unstable_by(|a, b| {
                strings.bytes(a.1).cmp(strings.bytes(b.1)).then(a.1.cmp(&b.1))
            });
            continue;
        }
        run.sort_unstable_by_key(|entry| (strings.bytes(entry.1).len().min(next), entry.1));
        let ended = run.partition_point(|entry| strings.bytes(entry.1).len() < next);
        let (_, longer) = run.split_at_mut(ended);
        for entry in longer.iter_mut() {
            entry.0 = key(strings.bytes(entry.1), next);
        }
        longer.sort_unstable();
        sort_runs(strings, longer, next);
    }
}

/// Eight bytes from `depth` on as a number that orders like them; zeros stand in for missing ones.
fn key(bytes: &[u8], depth: usize) -> u64 {
    let rest = bytes.get(depth..).unwrap_or_default();
    match rest.first_chunk::<WIDTH>() {
        Some(chunk) => u64::from_be_bytes(*chunk),
        None => rest.iter().fold(0, |key, &byte| key << 8 | u64::from(byte)) << shift(rest.len()),
    }
}

fn shift(n_bytes: usize) -> usize {
    if n_bytes == 0 { 0 } else { 8 * (WIDTH - n_bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reference(strings: &[String]) -> Vec<u32> {
        let mut positions: Vec<u32> = (0..strings.len() as u32).collect();
        positions
            .sort_by(|&a, &b| strings[a as usize].as_bytes().cmp(strings[b as usize].as_bytes()));
        positions
    }

    #[test]
    fn a_long_common_prefix_and_zero_bytes_do_not_confuse_the_order() {
        let mut strings: Vec<String> =
            (0..200).map(|i| format!("loyalty:000000000000{}", (i * 7919) % 97)).collect();
        strings.extend(
            ["loyalty:", "loyalty:\0", "loyalty:\0\0", "", "\0", "a", "a\0"].map(String::from),
        );
        strings.extend((0..40).map(|i| "\0".repeat(i % 20)));
        let sorted = sorted_positions(&StringArray::from(strings.clone()));
        assert_eq!(sorted, reference(&strings));
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_a_stable_sort_of_the_strings(
            strings in prop::collection::vec("[ab\0é]{0,20}", 0..120),
        ) {
            let sorted = sorted_positions(&StringArray::from(strings.clone()));
            prop_assert_eq!(sorted, reference(&strings));
        }
    }
}

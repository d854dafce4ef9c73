//! Rows of a few small numbers in ascending order.

use rayon::slice::ParallelSliceMut;

/// Rows sorted by their numbers, the first counting most.
///
/// Days and counts are small: where a row fits 64 bits it is sorted as one number, in half the
/// time and half the memory.
#[derive(Debug)]
pub(super) enum SortedRows<const N: usize> {
    Packed(Vec<u64>, Packing<N>),
    Wide(Vec<[u32; N]>),
}

/// Bits of each number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packing<const N: usize> {
    bits: [u32; N],
}

impl<const N: usize> SortedRows<N> {
    /// Sorts rows, none of which is larger than `largest` in any place.
    pub(super) fn new(largest: [u32; N], rows: impl Iterator<Item = [u32; N]>) -> Self {
        // Of rows that were checked none is left out, so that the most there can be are there.
        let n = rows.size_hint().1.unwrap_or(0);
        if let Some(packing) = Packing::of(largest) {
            let mut packed: Vec<u64> = Vec::with_capacity(n);
            packed.extend(rows.map(|row| packing.pack(row)));
            packed.par_sort_unstable();
            Self::Packed(packed, packing)
        } else {
            let mut wide: Vec<[u32; N]> = Vec::with_capacity(n);
            wide.extend(rows);
            wide.par_sort_unstable();
            Self::Wide(wide)
        }
    }

    /// Visits the rows in ascending order.
    pub(super) fn for_each(self, mut visit: impl FnMut([u32; N])) {
        match self {
            Self::Packed(rows, packing) => {
                for row in rows {
                    visit(packing.unpack(row));
                }
            }
            Self::Wide(rows) => rows.into_iter().for_each(visit),
        }
    }
}

impl<const N: usize> Packing<N> {
    fn of(largest: [u32; N]) -> Option<Self> {
        let bits = largest.map(|number| u32::BITS - number.leading_zeros());
        (bits.iter().sum::<u32>() <= u64::BITS).then_some(Self { bits })
    }

    fn pack(&self, row: [u32; N]) -> u64 {
        let numbers = row.into_iter().zip(self.bits);
        numbers.fold(0, |packed, (number, bits)| packed << bits | u64::from(number))
    }

    fn unpack(&self, mut packed: u64) -> [u32; N] {
        let mut row = [0; N];
        for (number, bits) in row.iter_mut().zip(self.bits).rev() {
            *number = (packed & ((1 << bits) - 1)) as u32;
            packed >>= bits;
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_are_sorted_whether_they_fit_or_not(
            rows in prop::collection::vec(prop::array::uniform3(0_u32..1_000), 0..60),
            more in prop_oneof![Just(0_u32), Just(u32::MAX)],
        ) {
            let mut largest = [more, more, 0];
            for row in &rows {
                largest = std::array::from_fn(|i| largest[i].max(row[i]));
            }
            let mut sorted = rows.clone();
            sorted.sort_unstable();
            let mut found = Vec::new();
            SortedRows::new(largest, rows.into_iter()).for_each(|row| found.push(row));
            prop_assert_eq!(found, sorted);
        }
    }
}

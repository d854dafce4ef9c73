//! A few whole-number sums for each of many parties, side by side, in blocks that are never moved.

use super::TooLarge;

/// Parties in one block.
const BLOCK: usize = 1 << 10;

/// Rows of `width` sums, all 0 at first.
#[derive(Debug)]
pub(super) struct Rows {
    width: usize,
    len: usize,
    blocks: Vec<Vec<i64>>,
}

impl Rows {
    pub(super) fn new(width: usize) -> Self {
        Self { width, len: 0, blocks: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn grow(&mut self, n_rows: usize) {
        self.len = self.len.max(n_rows);
        while self.blocks.len() * BLOCK < self.len {
            self.blocks.push(vec![0; BLOCK * self.width]);
        }
    }

    pub(super) fn truncate(&mut self, n_rows: usize) {
        self.len = self.len.min(n_rows);
        self.blocks.truncate(self.len.div_ceil(BLOCK));
    }

    /// The sums of a row; none beyond the last.
    pub(super) fn row(&self, row: usize) -> &[i64] {
        let from = row % BLOCK * self.width;
        let block = self.blocks.get(row / BLOCK);
        block.and_then(|block| block.get(from..from + self.width)).unwrap_or_default()
    }

    pub(super) fn row_mut(&mut self, row: usize) -> Option<&mut [i64]> {
        let from = row % BLOCK * self.width;
        self.blocks.get_mut(row / BLOCK)?.get_mut(from..from + self.width)
    }

    /// The rows in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[i64]> {
        self.blocks.iter().flat_map(|block| block.chunks_exact(self.width)).take(self.len)
    }

    pub(super) fn bytes(&self) -> usize {
        self.blocks.len() * BLOCK * self.width * size_of::<i64>()
    }
}

/// Adds to a sum.
///
/// # Errors
///
/// When it passes 64 bits.
pub(super) fn add(sum: Option<&mut i64>, value: i64) -> Result<(), TooLarge> {
    let sum = sum.ok_or(TooLarge)?;
    *sum = sum.checked_add(value).ok_or(TooLarge)?;
    Ok(())
}

//! Histories over equal opportunities, counted once: the unique (x, `t_x`, n) with their numbers.

use thiserror::Error;

/// What is known of one customer who could buy once at each of `n` opportunities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpportunityHistory {
    /// Opportunities `x` that the customer took, after the one that made a customer.
    pub frequency: u32,
    /// Number `t_x` of the last opportunity taken, counted from 1; 0 when none was.
    pub recency: u32,
    /// Opportunities `n` there were.
    pub n_opportunities: u32,
}

/// Unique histories, sorted, each with its number of customers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpportunityCells {
    histories: Vec<OpportunityHistory>,
    n_customers: Vec<u64>,
}

/// Why histories are refused. Rows count from 0; the first bad row is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OpportunitiesError {
    /// There are more or fewer customer counts than histories.
    #[error("{found} customer count(s), expected {expected} as histories")]
    Lengths {
        /// Histories.
        expected: usize,
        /// Counts.
        found: usize,
    },
    /// The last opportunity taken lies after the last one there was.
    #[error("recency {recency} exceeds the {n_opportunities} opportunities in row {row}")]
    RecencyBeyondEnd {
        /// The row.
        row: usize,
        /// `t_x` found.
        recency: u32,
        /// `n` found.
        n_opportunities: u32,
    },
    /// More purchases than opportunities up to the last one, or a last one without a purchase.
    #[error("frequency {frequency} does not fit recency {recency} in row {row}")]
    FrequencyAndRecency {
        /// The row.
        row: usize,
        /// `x` found.
        frequency: u32,
        /// `t_x` found.
        recency: u32,
    },
    /// More opportunities than a table of this model may have.
    #[error("{n_opportunities} opportunities in row {row}, expected at most {max}", max = MAX_OPPORTUNITIES)]
    TooManyOpportunities {
        /// The row.
        row: usize,
        /// `n` found.
        n_opportunities: u32,
    },
}

/// A century of days; the cost of a likelihood grows with the opportunities.
pub const MAX_OPPORTUNITIES: u32 = 36_525;

impl OpportunityHistory {
    fn check(self, row: usize) -> Result<Self, OpportunitiesError> {
        let Self { frequency, recency, n_opportunities } = self;
        if n_opportunities > MAX_OPPORTUNITIES {
            Err(OpportunitiesError::TooManyOpportunities { row, n_opportunities })
        } else if recency > n_opportunities {
            Err(OpportunitiesError::RecencyBeyondEnd { row, recency, n_opportunities })
        } else if frequency > recency || (frequency == 0) != (recency == 0) {
            Err(OpportunitiesError::FrequencyAndRecency { row, frequency, recency })
        } else {
            Ok(self)
        }
    }
}

impl OpportunityCells {
    /// Compresses customers to cells, and tells each customer's cell; shape `(n_customers,)`.
    ///
    /// # Errors
    /// The first row with more than [`MAX_OPPORTUNITIES`], `t_x > n`, `x > t_x`, or only one of
    /// `x` and `t_x` zero.
    pub fn compress(
        customers: &[OpportunityHistory],
    ) -> Result<(Self, Vec<usize>), OpportunitiesError> {
        let mut rows: Vec<(OpportunityHistory, usize)> = customers
            .iter()
            .enumerate()
            .map(|(row, history)| Ok((history.check(row)?, row)))
            .collect::<Result<_, OpportunitiesError>>()?;
        rows.sort_unstable();
        let mut cells = Self::default();
        let mut cell_of_row = vec![0; rows.len()];
        for chunk in rows.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(history, _)) = chunk.first() else { continue };
            for &(_, row) in chunk {
                cell_of_row[row] = cells.histories.len();
            }
            cells.histories.push(history);
            cells.n_customers.push(chunk.len() as u64);
        }
        Ok((cells, cell_of_row))
    }

    /// Takes histories with their numbers of customers; equal histories are added up.
    ///
    /// # Errors
    /// As [`Self::compress`], and counts of another length.
    pub fn from_counts(
        histories: &[OpportunityHistory],
        n_customers: &[u64],
    ) -> Result<Self, OpportunitiesError> {
        let (expected, found) = (histories.len(), n_customers.len());
        if expected != found {
            return Err(OpportunitiesError::Lengths { expected, found });
        }
        let (mut cells, cell_of_row) = Self::compress(histories)?;
        cells.n_customers.fill(0);
        for (cell, n) in cell_of_row.into_iter().zip(n_customers) {
            cells.n_customers[cell] = cells.n_customers[cell].saturating_add(*n);
        }
        Ok(cells)
    }

    /// Returns the number of cells.
    pub fn len(&self) -> usize {
        self.histories.len()
    }

    /// Returns whether there is no customer at all.
    pub fn is_empty(&self) -> bool {
        self.histories.is_empty()
    }

    /// Returns the unique histories, ascending by frequency, then recency, then opportunities.
    pub fn histories(&self) -> &[OpportunityHistory] {
        &self.histories
    }

    /// Returns the number of customers of each cell.
    pub fn n_customers(&self) -> &[u64] {
        &self.n_customers
    }

    /// Returns the largest number of opportunities of any customer.
    pub fn max_opportunities(&self) -> u32 {
        self.histories.iter().map(|history| history.n_opportunities).max().unwrap_or(0)
    }

    /// Returns the number of customers of all cells.
    pub fn total_customers(&self) -> u64 {
        self.n_customers.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(frequency: u32, recency: u32, n_opportunities: u32) -> OpportunityHistory {
        OpportunityHistory { frequency, recency, n_opportunities }
    }

    #[test]
    fn customers_with_one_history_are_one_cell() {
        let customers = [history(2, 4, 6), history(0, 0, 6), history(2, 4, 6), history(1, 4, 6)];
        let (cells, cell_of_row) = OpportunityCells::compress(&customers).expect("legal");
        assert_eq!(cells.histories(), [history(0, 0, 6), history(1, 4, 6), history(2, 4, 6)]);
        assert_eq!(cells.n_customers(), [1, 1, 2]);
        assert_eq!(cell_of_row, [2, 0, 2, 1]);
        let counted = OpportunityCells::from_counts(&customers, &[1, 1, 1, 1]).expect("legal");
        assert_eq!(counted, cells);
    }

    #[test]
    fn histories_that_cannot_be_are_refused_by_row() {
        let error = |bad| OpportunityCells::compress(&[history(1, 1, 1), bad]).expect_err("bad");
        assert_eq!(
            error(history(1, 7, 6)),
            OpportunitiesError::RecencyBeyondEnd { row: 1, recency: 7, n_opportunities: 6 }
        );
        for (frequency, recency) in [(3, 2), (0, 2)] {
            assert_eq!(
                error(history(frequency, recency, 6)),
                OpportunitiesError::FrequencyAndRecency { row: 1, frequency, recency }
            );
        }
        assert_eq!(
            error(history(0, 0, 36_526)),
            OpportunitiesError::TooManyOpportunities { row: 1, n_opportunities: 36_526 }
        );
        assert_eq!(
            OpportunityCells::from_counts(&[history(0, 0, 1)], &[]),
            Err(OpportunitiesError::Lengths { expected: 1, found: 0 })
        );
    }
}

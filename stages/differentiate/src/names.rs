//! Names of the parts that lists of shares are over.

use arrow_array::{Int64Array, StringArray};
use idip_stage::StageError;

/// Names by position in a list, and the place of each in name order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) names: Vec<String>,
    /// Place of each name among all in byte order.
    pub(crate) ranks: Vec<usize>,
}

impl Names {
    /// Reads names and their positions.
    ///
    /// # Errors
    ///
    /// When the positions are not 0 to the number of names, less one.
    pub(crate) fn new(
        table: &str,
        positions: &Int64Array,
        names: &StringArray,
    ) -> Result<Self, StageError> {
        let mut named: Vec<(i64, &str)> =
            positions.values().iter().copied().zip(names.iter().flatten()).collect();
        named.sort_unstable();
        if named.iter().enumerate().any(|(expected, &(found, _))| expected as i64 != found) {
            return Err(StageError::Data {
                message: format!(
                    "table `{table}` numbers its {} row(s) with gaps or twice, expected 0, 1, 2, …",
                    named.len()
                ),
                hint: None,
            });
        }
        let names: Vec<String> = named.into_iter().map(|(_, name)| name.to_owned()).collect();
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|&at| names.get(at));
        let mut ranks = vec![0; names.len()];
        for (rank, at) in order.into_iter().enumerate() {
            if let Some(place) = ranks.get_mut(at) {
                *place = rank;
            }
        }
        Ok(Self { names, ranks })
    }

    pub(crate) fn get(&self, index: usize) -> Option<&str> {
        self.names.get(index).map(String::as_str)
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_by_position_and_ranked_by_name() {
        let names = Names::new(
            "category",
            &Int64Array::from(vec![2, 0, 1]),
            &StringArray::from(vec!["garden", "toys", "books"]),
        )
        .expect("positions are 0, 1, 2");
        assert_eq!(names.names, ["toys", "books", "garden"]);
        assert_eq!(names.ranks, [2, 0, 1]);
    }

    #[test]
    fn a_position_left_out_is_an_error() {
        let error = Names::new(
            "sales_channel",
            &Int64Array::from(vec![0, 2]),
            &StringArray::from(vec!["web", "store"]),
        )
        .expect_err("position 1 is missing");
        assert!(error.to_string().contains("`sales_channel` numbers its 2 row(s)"));
    }
}

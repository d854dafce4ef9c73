//! Where last night's segments are tonight: where their customers went.

use rayon::prelude::*;

/// Centroid of each segment of `ids`: the mean of its customers of last night by their features of
/// tonight, or the one of `fallback` where nobody is left.
///
/// This is the update step of Lloyd's algorithm, once. What all customers of a segment do together, such
/// as growing older by a day, moves the segment and leaves them in it.
pub(super) fn followed(
    columns: &[Vec<f64>],
    members: &[u32],
    ids: &[u32],
    mut fallback: Vec<Vec<f64>>,
) -> Vec<Vec<f64>> {
    let of_columns: Vec<Vec<(f64, usize)>> = columns
        .par_iter()
        .map(|column| {
            let mut sums = vec![(0.0, 0); ids.len()];
            for (value, id) in column.iter().zip(members) {
                let at = ids.binary_search(id).ok();
                if let Some((sum, n)) = at.and_then(|at| sums.get_mut(at)) {
                    *sum += value;
                    *n += 1;
                }
            }
            sums
        })
        .collect();
    for (at, centroid) in fallback.iter_mut().enumerate() {
        for (value, sums) in centroid.iter_mut().zip(&of_columns) {
            match sums.get(at) {
                Some((sum, n)) if *n > 0 => *value = sum / *n as f64,
                _ => {}
            }
        }
    }
    fallback
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_goes_where_its_customers_went() {
        let columns = [vec![1.0, 3.0, 8.0, 5.0], vec![0.0, 2.0, 4.0, 9.0]];
        let last = vec![vec![0.0, 0.0], vec![7.0, 7.0], vec![9.0, 9.0]];
        // Segment 2 has the first two, 5 nobody, 6 the third; the last customer is new.
        let found = followed(&columns, &[2, 2, 6, 0], &[2, 5, 6], last);
        assert_eq!(found, [vec![2.0, 1.0], vec![7.0, 7.0], vec![8.0, 4.0]]);
    }
}

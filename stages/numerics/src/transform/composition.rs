//! Rows as compositions: shares, Hellinger roots, log-ratios and TF-IDF weights of categories.

use rayon::prelude::*;

use super::{TransformError, check_from_zero, check_lengths};

/// Returns the share of each column in the total of its row; 0 where the total is 0.
///
/// # Errors
///
/// [`TransformError`] when lengths differ, or a value is negative or not finite.
pub fn shares(columns: &[&[f64]]) -> Result<Vec<Vec<f64>>, TransformError> {
    shares_of(copied(columns))
}

/// Makes [`shares`] out of columns, without a copy of them.
///
/// # Errors
///
/// The same.
pub fn shares_of(mut columns: Vec<Vec<f64>>) -> Result<Vec<Vec<f64>>, TransformError> {
    check_columns(&columns)?;
    let mut totals = vec![0.0; columns.first().map_or(0, Vec::len)];
    for values in &columns {
        totals.iter_mut().zip(values).for_each(|(total, x)| *total += x);
    }
    columns.par_iter_mut().for_each(|values| {
        for (x, &total) in values.iter_mut().zip(&totals) {
            *x = if total > 0.0 { *x / total } else { 0.0 };
        }
    });
    Ok(columns)
}

/// Returns square roots of the shares of each column in its row.
///
/// The Euclidean distance of two results is the Hellinger distance of the rows' shares (Legendre and
/// Gallagher 2001, without the factor 1/√2 of some authors); shares of 0 are no trouble.
///
/// # Errors
///
/// [`TransformError`] when lengths differ, or a value is negative or not finite.
pub fn hellinger(columns: &[&[f64]]) -> Result<Vec<Vec<f64>>, TransformError> {
    hellinger_of(copied(columns))
}

/// Makes [`hellinger`] roots out of columns, without a copy of them.
///
/// # Errors
///
/// The same.
pub fn hellinger_of(columns: Vec<Vec<f64>>) -> Result<Vec<Vec<f64>>, TransformError> {
    let mut columns = shares_of(columns)?;
    columns.par_iter_mut().flatten().for_each(|share| *share = share.sqrt());
    Ok(columns)
}

/// Returns centred log-ratios: `ln(x + pseudo_count)` minus its mean over the row.
///
/// Aitchison 1986. The pseudo-count, in the unit of the values and above 0 (1/2 is usual for
/// counts), stands in for the logarithm of nothing; where most values are 0 it decides the result,
/// and [`hellinger`] is the better transform.
///
/// # Errors
///
/// [`TransformError`] when lengths differ, a value is negative or not finite, or the pseudo-count is
/// not a finite number above 0.
pub fn clr(columns: &[&[f64]], pseudo_count: f64) -> Result<Vec<Vec<f64>>, TransformError> {
    clr_of(copied(columns), pseudo_count)
}

/// Makes [`clr`] out of columns, without a copy of them.
///
/// # Errors
///
/// The same.
pub fn clr_of(
    mut columns: Vec<Vec<f64>>,
    pseudo_count: f64,
) -> Result<Vec<Vec<f64>>, TransformError> {
    if !(pseudo_count.is_finite() && pseudo_count > 0.0) {
        return Err(TransformError::PseudoCount { pseudo_count });
    }
    check_columns(&columns)?;
    columns.par_iter_mut().flatten().for_each(|x| *x = (*x + pseudo_count).ln());
    let mut means = vec![0.0; columns.first().map_or(0, Vec::len)];
    for values in &columns {
        means.iter_mut().zip(values).for_each(|(mean, x)| *mean += x);
    }
    for mean in &mut means {
        *mean /= columns.len() as f64;
    }
    columns.par_iter_mut().for_each(|values| {
        values.iter_mut().zip(&means).for_each(|(x, mean)| *x -= mean);
    });
    Ok(columns)
}

fn copied(columns: &[&[f64]]) -> Vec<Vec<f64>> {
    columns.iter().map(|values| values.to_vec()).collect()
}

/// How much each category tells about a row: little when every row has it.
#[derive(Debug, Clone, PartialEq)]
pub struct TfIdf {
    weights: Vec<f64>,
}

impl TfIdf {
    /// Learns `ln((1 + N) / (1 + n_c)) + 1` of each column, `n_c` being the rows that have it.
    ///
    /// The smoothed inverse document frequency of scikit-learn (after Salton and Buckley 1988).
    ///
    /// # Errors
    ///
    /// [`TransformError`] when there is no row, lengths differ, or a value is negative or not
    /// finite.
    pub fn fit(columns: &[&[f64]]) -> Result<Self, TransformError> {
        check_columns(columns)?;
        let n_rows = columns.first().map_or(0, |column| column.len());
        if n_rows == 0 {
            return Err(TransformError::NoRows);
        }
        let weight = |values: &&[f64]| {
            let n_with = values.iter().filter(|&&x| x > 0.0).count();
            ((1.0 + n_rows as f64) / (1.0 + n_with as f64)).ln() + 1.0
        };
        Ok(Self { weights: columns.iter().map(weight).collect() })
    }

    /// Returns the weight of each category, 1 or more; shape `(n_columns,)`.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Returns counts times weights, each row scaled to Euclidean length 1; empty rows stay 0.
    ///
    /// # Errors
    ///
    /// [`TransformError`] when the columns are not as many as those of the fit, lengths differ, or a
    /// value is negative or not finite.
    pub fn apply(&self, columns: &[&[f64]]) -> Result<Vec<Vec<f64>>, TransformError> {
        if columns.len() != self.weights.len() {
            return Err(TransformError::UnequalWidths {
                expected: self.weights.len(),
                found: columns.len(),
            });
        }
        check_columns(columns)?;
        let mut weighted: Vec<Vec<f64>> = columns
            .iter()
            .zip(&self.weights)
            .map(|(values, weight)| values.iter().map(|x| x * weight).collect())
            .collect();
        let mut lengths = vec![0.0; columns.first().map_or(0, |column| column.len())];
        for values in &weighted {
            lengths.iter_mut().zip(values).for_each(|(length, x)| *length += x * x);
        }
        let scales: Vec<f64> = lengths
            .iter()
            .map(|&squared: &f64| if squared > 0.0 { 1.0 / squared.sqrt() } else { 0.0 })
            .collect();
        for values in &mut weighted {
            values.iter_mut().zip(&scales).for_each(|(x, scale)| *x *= scale);
        }
        Ok(weighted)
    }
}

fn check_columns<C: AsRef<[f64]>>(columns: &[C]) -> Result<(), TransformError> {
    let slices: Vec<&[f64]> = columns.iter().map(AsRef::as_ref).collect();
    check_lengths(&slices)?;
    slices.iter().enumerate().try_for_each(|(column, values)| check_from_zero(column, values))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_near(actual: &[f64], expected: &[f64]) {
        assert_eq!(actual.len(), expected.len());
        for (actual, expected) in actual.iter().zip(expected) {
            assert!((actual - expected).abs() < 1e-14, "{actual} {expected}");
        }
    }

    #[test]
    fn log_ratios_are_centred_in_each_row() {
        // Row (1, 3) with pseudo-count 1: ln 2 and ln 4, mean 1.5 ln 2.
        let half = 0.5 * std::f64::consts::LN_2;
        let ratios = clr(&[&[1.0, 0.0], &[3.0, 0.0]], 1.0).expect("counts");
        assert_near(&ratios[0], &[-half, 0.0]);
        assert_near(&ratios[1], &[half, 0.0]);
        let error = TransformError::PseudoCount { pseudo_count: 0.0 };
        assert_eq!(clr(&[&[1.0]], 0.0), Err(error));
        assert_eq!(clr(&[&[-1.0]], 0.5), Err(TransformError::Negative { column: 0, row: 0 }));
    }

    #[test]
    fn a_category_that_every_row_has_weighs_least() {
        // Three rows: all have the first category, weight ln(4 / 4) + 1; one has the second,
        // ln(4 / 2) + 1.
        let counts: [&[f64]; 2] = [&[2.0, 5.0, 1.0], &[0.0, 0.0, 1.0]];
        let tf_idf = TfIdf::fit(&counts).expect("three rows");
        let rare = 1.0 + std::f64::consts::LN_2;
        assert_near(tf_idf.weights(), &[1.0, rare]);
        let rows = tf_idf.apply(&counts).expect("the same columns");
        let length = rare.hypot(1.0);
        assert_near(&rows[0], &[1.0, 1.0, 1.0 / length]);
        assert_near(&rows[1], &[0.0, 0.0, rare / length]);
        assert_eq!(
            tf_idf.apply(&[&[1.0]]),
            Err(TransformError::UnequalWidths { expected: 2, found: 1 })
        );
        assert_eq!(TfIdf::fit(&[&[]]), Err(TransformError::NoRows));
    }

    proptest! {
        #[test]
        fn log_ratios_of_a_row_sum_to_zero_and_forget_its_scale(
            rows in prop::collection::vec([1.0..50.0_f64, 1.0..50.0, 1.0..50.0], 1..30),
        ) {
            let scaled = |factor: f64| {
                let columns: Vec<Vec<f64>> = (0..3)
                    .map(|column| rows.iter().map(|row| row[column] * factor).collect())
                    .collect();
                let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
                clr(&slices, 1e-12 * factor).expect("above 0")
            };
            let (ratios, tenfold) = (scaled(1.0), scaled(10.0));
            for row in 0..rows.len() {
                let sum: f64 = ratios.iter().map(|column| column[row]).sum();
                prop_assert!(sum.abs() < 1e-12);
                for (a, b) in ratios.iter().zip(&tenfold) {
                    prop_assert!((a[row] - b[row]).abs() < 1e-12);
                }
            }
        }
    }
}

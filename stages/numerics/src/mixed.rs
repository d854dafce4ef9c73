//! Numbers and categories in one distance: k-prototypes by plain k-means.
//!
//! Huang 1998 (Data Mining and Knowledge Discovery 2) measures two rows by the squared Euclidean
//! distance of their numbers plus `gamma` for each category in which they differ. One column for each
//! value of a category, `sqrt(gamma / 2)` where a row has it and 0 where not, gives exactly that to
//! any Euclidean method: two rows that differ are `gamma / 2` apart in each of two columns. The centre
//! of a cluster is then the share of each value, where Huang takes the most frequent one.

use thiserror::Error;

use crate::transform::{Scaler, TransformError};

/// A column of a mixed table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MixedColumn<'a> {
    /// Numbers, scaled as they are to be weighed.
    Numeric(&'a [f64]),
    /// Values of a category by their position, from 0; a missing value is a value of its own.
    Categorical {
        /// The value of each row.
        codes: &'a [u32],
        /// Number of values there can be.
        n_values: u32,
    },
}

impl MixedColumn<'_> {
    fn n_rows(&self) -> usize {
        match self {
            Self::Numeric(values) => values.len(),
            Self::Categorical { codes, .. } => codes.len(),
        }
    }

    fn kind(&self) -> ColumnKind {
        match *self {
            Self::Numeric(_) => ColumnKind::Numeric,
            Self::Categorical { n_values, .. } => ColumnKind::Categorical { n_values },
        }
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Numbers.
    Numeric,
    /// Values of a category.
    Categorical {
        /// Number of values there can be.
        n_values: u32,
    },
}

/// Why mixed columns cannot be encoded.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum MixedError {
    /// Gamma is negative or not a number.
    #[error("gamma is {0}, expected a finite number from 0")]
    Gamma(f64),
    /// Columns have different lengths.
    #[error("column {column} has {found} row(s), expected {expected} as column 0")]
    UnequalLengths {
        /// Position of the column.
        column: usize,
        /// Rows of column 0.
        expected: usize,
        /// Rows of this column.
        found: usize,
    },
    /// A code is not one of the values of its column.
    #[error("column {column} has code {code} in row {row}, expected below {n_values}")]
    Code {
        /// Position of the column.
        column: usize,
        /// Row, from 0.
        row: usize,
        /// The code.
        code: u32,
        /// Values there can be.
        n_values: u32,
    },
    /// Columns are not those the encoder was made for.
    #[error("columns differ in number or kind from those the encoder was made for")]
    Kinds,
    /// Numbers have no standard deviation.
    #[error(transparent)]
    Numbers(#[from] TransformError),
}

/// How mixed rows become points; to be stored with the model.
#[derive(Debug, Clone, PartialEq)]
pub struct MixedEncoder {
    kinds: Vec<ColumnKind>,
    gamma: f64,
}

/// A centre in the terms of the columns.
#[derive(Debug, Clone, PartialEq)]
pub enum CentreValue {
    /// Mean of the numbers.
    Mean(f64),
    /// Share of each value of the category, from 0 to 1.
    Shares(Vec<f64>),
}

impl MixedEncoder {
    /// Makes an encoder for columns; `gamma` is what a difference in a category counts, against
    /// squared differences of numbers. None takes [`default_gamma`].
    ///
    /// # Errors
    ///
    /// [`MixedError`] when gamma is out of range, or numbers are needed for it and have no deviation.
    pub fn new(columns: &[MixedColumn<'_>], gamma: Option<f64>) -> Result<Self, MixedError> {
        let gamma = match gamma {
            Some(gamma) if gamma.is_finite() && gamma >= 0.0 => gamma,
            Some(gamma) => return Err(MixedError::Gamma(gamma)),
            None => default_gamma(columns)?,
        };
        Ok(Self { kinds: columns.iter().map(MixedColumn::kind).collect(), gamma })
    }

    /// Returns what a difference in a category counts.
    pub fn gamma(&self) -> f64 {
        self.gamma
    }

    /// Returns the number of features of a point: one a number, one a value of a category.
    pub fn n_features(&self) -> usize {
        self.kinds.iter().map(|&kind| n_features_of(kind)).sum()
    }

    /// Returns the points, a column of values a feature, in the order of columns and their values.
    ///
    /// Numbers go through unchanged.
    ///
    /// # Errors
    ///
    /// [`MixedError`] when columns are not those of the encoder, lengths differ, or a code is none of
    /// its column's values.
    pub fn encode(&self, columns: &[MixedColumn<'_>]) -> Result<Vec<Vec<f64>>, MixedError> {
        if !columns.iter().map(MixedColumn::kind).eq(self.kinds.iter().copied()) {
            return Err(MixedError::Kinds);
        }
        let expected = columns.first().map_or(0, MixedColumn::n_rows);
        let present = self.present();
        let mut features = Vec::with_capacity(self.n_features());
        for (column, values) in columns.iter().enumerate() {
            let found = values.n_rows();
            if found != expected {
                return Err(MixedError::UnequalLengths { column, expected, found });
            }
            match *values {
                MixedColumn::Numeric(values) => features.push(values.to_vec()),
                MixedColumn::Categorical { codes, n_values } => {
                    if let Some(row) = codes.iter().position(|&code| code >= n_values) {
                        let code = codes.get(row).copied().unwrap_or(n_values);
                        return Err(MixedError::Code { column, row, code, n_values });
                    }
                    features.extend((0..n_values).map(|value| {
                        let has = |&code| if code == value { present } else { 0.0 };
                        codes.iter().map(has).collect()
                    }));
                }
            }
        }
        Ok(features)
    }

    /// Returns a centre in the terms of the columns; as far as it has features.
    ///
    /// With a gamma of 0 categories left no trace, and all shares are 0.
    pub fn decode(&self, centre: &[f64]) -> Vec<CentreValue> {
        let present = self.present();
        let share = |value: &f64| if present > 0.0 { value / present } else { 0.0 };
        let mut rest = centre;
        self.kinds
            .iter()
            .map(|&kind| {
                let (values, after) = rest.split_at(n_features_of(kind).min(rest.len()));
                rest = after;
                match kind {
                    ColumnKind::Numeric => {
                        CentreValue::Mean(values.first().copied().unwrap_or(f64::NAN))
                    }
                    ColumnKind::Categorical { .. } => {
                        CentreValue::Shares(values.iter().map(share).collect())
                    }
                }
            })
            .collect()
    }

    /// Returns the value of a feature where a row has the category's value.
    fn present(&self) -> f64 {
        (self.gamma / 2.0).sqrt()
    }
}

/// Returns Huang's gamma: half the mean standard deviation of the numeric columns.
///
/// 1 when there is no numeric column, or none varies: then it changes no clustering.
///
/// # Errors
///
/// [`MixedError::Numbers`] when there is no row, lengths differ or a number is not finite.
pub fn default_gamma(columns: &[MixedColumn<'_>]) -> Result<f64, MixedError> {
    let numbers: Vec<&[f64]> = columns
        .iter()
        .filter_map(|column| match column {
            MixedColumn::Numeric(values) => Some(*values),
            MixedColumn::Categorical { .. } => None,
        })
        .collect();
    if numbers.is_empty() {
        return Ok(1.0);
    }
    let scaler = Scaler::fit(&numbers)?;
    let sum: f64 = scaler.features.iter().map(|feature| feature.sd).sum();
    Ok(if sum > 0.0 { sum / numbers.len() as f64 / 2.0 } else { 1.0 })
}

fn n_features_of(kind: ColumnKind) -> usize {
    match kind {
        ColumnKind::Numeric => 1,
        ColumnKind::Categorical { n_values } => n_values as usize,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kmeans::{Centroids, Columns, Init, KMeansParams};

    /// Two numbers and two categories, of three values and of two.
    #[derive(Debug, Clone)]
    struct Row {
        numbers: [f64; 2],
        codes: [u32; 2],
    }

    const N_VALUES: [u32; 2] = [3, 2];

    fn encoded(rows: &[Row], gamma: Option<f64>) -> (MixedEncoder, Vec<Vec<f64>>) {
        let numbers: Vec<Vec<f64>> =
            (0..2).map(|j| rows.iter().map(|row| row.numbers[j]).collect()).collect();
        let codes: Vec<Vec<u32>> =
            (0..2).map(|j| rows.iter().map(|row| row.codes[j]).collect()).collect();
        let category =
            |j: usize| MixedColumn::Categorical { codes: &codes[j], n_values: N_VALUES[j] };
        // Categories between numbers: order must not matter.
        let columns = [
            MixedColumn::Numeric(&numbers[0]),
            category(0),
            category(1),
            MixedColumn::Numeric(&numbers[1]),
        ];
        let encoder = MixedEncoder::new(&columns, gamma).expect("finite");
        let points = encoder.encode(&columns).expect("known codes");
        (encoder, points)
    }

    /// Huang's distance, equation 7 with two numbers and two categories.
    fn distance(a: &Row, b: &Row, gamma: f64) -> f64 {
        let numbers: f64 = a.numbers.iter().zip(b.numbers).map(|(a, b)| (a - b).powi(2)).sum();
        let mismatches = a.codes.iter().zip(b.codes).filter(|&(a, b)| *a != b).count();
        numbers + gamma * mismatches as f64
    }

    fn rows(max: usize) -> impl Strategy<Value = Vec<Row>> {
        let row = ((-4_i32..5, -4_i32..5), (0_u32..3, 0_u32..2)).prop_map(|(numbers, codes)| Row {
            numbers: [f64::from(numbers.0) / 2.0, f64::from(numbers.1) / 2.0],
            codes: [codes.0, codes.1],
        });
        prop::collection::vec(row, 1..max)
    }

    fn slices(columns: &[Vec<f64>]) -> Vec<&[f64]> {
        columns.iter().map(Vec::as_slice).collect()
    }

    #[test]
    fn two_rows_that_differ_in_a_category_are_gamma_apart() {
        let row = |code| Row { numbers: [1.0, 0.0], codes: [code, 1] };
        let (encoder, points) = encoded(&[row(0), row(2)], Some(8.0));
        // sqrt(8 / 2) = 2 where present: 1, [2 0 0 | 0 2], 0 and 1, [0 0 2 | 0 2], 0.
        let expected = [[1.0, 1.0], [2.0, 0.0], [0.0, 0.0], [0.0, 2.0], [0.0, 0.0], [2.0, 2.0]];
        assert_eq!(points[..6], expected);
        assert_eq!(points[6], [0.0, 0.0]);
        assert_eq!((encoder.n_features(), encoder.gamma()), (7, 8.0));
    }

    #[test]
    fn a_centre_says_the_share_of_each_value() {
        let of = |x, code| Row { numbers: [x, 0.0], codes: [code, 0] };
        let (encoder, points) =
            encoded(&[of(0.0, 0), of(2.0, 0), of(4.0, 1), of(6.0, 2)], Some(0.7));
        let centre: Vec<f64> =
            points.iter().map(|feature| feature.iter().sum::<f64>() / 4.0).collect();
        let decoded = encoder.decode(&centre);
        assert_eq!(decoded[0], CentreValue::Mean(3.0));
        let CentreValue::Shares(shares) = &decoded[1] else { panic!("a category") };
        for (share, expected) in shares.iter().zip([0.5, 0.25, 0.25]) {
            assert!((share - expected).abs() < 1e-15);
        }
        let (blind, _) = encoded(&[of(0.0, 0)], Some(0.0));
        assert_eq!(blind.decode(&centre)[1], CentreValue::Shares(vec![0.0; 3]));
    }

    #[test]
    fn the_default_gamma_is_half_the_mean_deviation_of_the_numbers() {
        let codes = [0, 1];
        let category = MixedColumn::Categorical { codes: &codes, n_values: 2 };
        // Deviations 1 and 3: mean 2.
        let columns =
            [MixedColumn::Numeric(&[0.0, 2.0]), category, MixedColumn::Numeric(&[10.0, 16.0])];
        assert_eq!(default_gamma(&columns), Ok(1.0));
        let columns = [MixedColumn::Numeric(&[0.0, 8.0]), category];
        assert_eq!(default_gamma(&columns), Ok(2.0));
        assert_eq!(default_gamma(&[category]), Ok(1.0));
        assert_eq!(default_gamma(&[MixedColumn::Numeric(&[5.0, 5.0])]), Ok(1.0));
        let error = TransformError::NotFinite { column: 0, row: 1 };
        let columns = [MixedColumn::Numeric(&[0.0, f64::NAN])];
        assert_eq!(MixedEncoder::new(&columns, None), Err(MixedError::Numbers(error)));
    }

    #[test]
    fn what_cannot_be_encoded_is_named() {
        let codes = [0, 3];
        let columns = [
            MixedColumn::Numeric(&[1.0, 2.0]),
            MixedColumn::Categorical { codes: &codes, n_values: 3 },
        ];
        let encoder = MixedEncoder::new(&columns, Some(1.0)).expect("valid");
        let error = MixedError::Code { column: 1, row: 1, code: 3, n_values: 3 };
        assert_eq!(encoder.encode(&columns), Err(error));
        assert_eq!(encoder.encode(&columns[..1]), Err(MixedError::Kinds));
        let longer = [MixedColumn::Numeric(&[1.0]), columns[1]];
        let error = MixedError::UnequalLengths { column: 1, expected: 1, found: 2 };
        assert_eq!(encoder.encode(&longer), Err(error));
        assert_eq!(MixedEncoder::new(&columns, Some(-1.0)), Err(MixedError::Gamma(-1.0)));
    }

    proptest! {
        #[test]
        fn rows_go_to_the_prototype_that_huangs_distance_says(
            rows in rows(40), prototypes in rows(6), gamma in 0.0..5.0_f64,
        ) {
            // Prototypes are rows: means for numbers, one value for each category.
            let (_, points) = encoded(&rows, Some(gamma));
            let (_, of_prototypes) = encoded(&prototypes, Some(gamma));
            let values = (0..prototypes.len())
                .flat_map(|row| of_prototypes.iter().map(move |feature| feature[row]))
                .collect();
            let centroids = Centroids::new(of_prototypes.len(), values).expect("finite");
            let slices = slices(&points);
            let assigned = centroids.assign(&Columns::new(&slices).expect("a table"));
            let assigned = assigned.expect("finite");
            for (row, found) in rows.iter().zip(0..) {
                let nearest = prototypes
                    .iter()
                    .map(|prototype| distance(row, prototype, gamma))
                    .fold(f64::INFINITY, f64::min);
                let chosen = &prototypes[assigned.labels[found] as usize];
                prop_assert!((distance(row, chosen, gamma) - nearest).abs() < 1e-9);
                prop_assert!((assigned.squared_nearest[found] - nearest).abs() < 1e-9);
            }
        }

        #[test]
        fn centres_of_clusters_are_means_and_shares(rows in rows(40)) {
            let (encoder, points) = encoded(&rows, None);
            let k = 2.min(rows.len());
            let slices = slices(&points);
            let first = points.iter().map(|feature| feature[0]);
            let last = points.iter().map(|feature| feature[rows.len() - 1]);
            let start: Vec<f64> = first.chain(last).take(k * points.len()).collect();
            let model = KMeansParams::new(k)
                .init(Init::Precomputed(Centroids::new(points.len(), start).expect("finite")))
                .check()
                .expect("valid")
                .fit_columns(&Columns::new(&slices).expect("a table"), None)
                .expect("finite");
            for (label, centroid) in model.centroids.rows().enumerate() {
                let members: Vec<&Row> = rows
                    .iter()
                    .zip(&model.labels)
                    .filter(|&(_, &l)| l as usize == label)
                    .map(|(row, _)| row)
                    .collect();
                let n = members.len() as f64;
                let decoded = encoder.decode(centroid);
                let CentreValue::Mean(mean) = decoded[3] else { panic!("a number") };
                let expected = members.iter().map(|row| row.numbers[1]).sum::<f64>() / n;
                prop_assert!((mean - expected).abs() < 1e-12);
                for (column, value) in [(0, &decoded[1]), (1, &decoded[2])] {
                    let CentreValue::Shares(shares) = value else { panic!("a category") };
                    prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                    for (share, code) in shares.iter().zip(0..) {
                        let has = members.iter().filter(|row| row.codes[column] == code);
                        prop_assert!((share - has.count() as f64 / n).abs() < 1e-12);
                    }
                }
            }
        }
    }
}

//! linfa's traits, so that k-means runs wherever linfa's algorithms do.

use linfa::traits::{Fit, PredictInplace};
use linfa::{DatasetBase, ParamGuard};
use ndarray::{Array1, ArrayBase, ArrayView2, Data, Ix2};

use super::rows::RowMatrix;
use super::{Centroids, KMeans, KMeansError, KMeansParams, KMeansParamsError, KMeansValidParams};

impl ParamGuard for KMeansParams {
    type Checked = KMeansValidParams;
    type Error = KMeansParamsError;

    fn check_ref(&self) -> Result<&KMeansValidParams, KMeansParamsError> {
        KMeansParams::check_ref(self)
    }

    fn check(self) -> Result<KMeansValidParams, KMeansParamsError> {
        KMeansParams::check(self)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, KMeansError> for KMeansValidParams {
    type Object = KMeans;

    /// Clusters the records of a dataset, shape `(n_rows, n_features)`, by its weights if it has
    /// any.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<KMeans, KMeansError> {
        let weights: Option<Vec<f64>> =
            dataset.weights().map(|weights| weights.iter().map(|&w| f64::from(w)).collect());
        let matrix = matrix_of(dataset.records.view(), weights.as_deref())?;
        self.fit_matrix(&matrix)
    }
}

impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>> for Centroids {
    /// Labels records by their nearest centroid.
    ///
    /// # Panics
    ///
    /// When shapes differ or a value is not finite, as linfa's trait knows no error;
    /// [`Centroids::assign`] returns one.
    fn predict_inplace(&self, records: &ArrayBase<D, Ix2>, targets: &mut Array1<usize>) {
        let assigned =
            matrix_of(records.view(), None).and_then(|matrix| self.assign_matrix(&matrix));
        let labels = match assigned {
            Ok(assignment) => assignment.labels,
            Err(error) => unreachable!("records do not fit the model: {error}"),
        };
        assert_eq!(
            labels.len(),
            targets.len(),
            "The number of data points must match the number of output targets."
        );
        for (target, label) in targets.iter_mut().zip(labels) {
            *target = label as usize;
        }
    }

    fn default_target(&self, records: &ArrayBase<D, Ix2>) -> Array1<usize> {
        Array1::zeros(records.nrows())
    }
}

impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>> for KMeans {
    /// Labels records by their nearest centroid; panics as [`Centroids`] does.
    fn predict_inplace(&self, records: &ArrayBase<D, Ix2>, targets: &mut Array1<usize>) {
        self.centroids.predict_inplace(records, targets);
    }

    fn default_target(&self, records: &ArrayBase<D, Ix2>) -> Array1<usize> {
        self.centroids.default_target(records)
    }
}

fn matrix_of(
    records: ArrayView2<'_, f64>,
    weights: Option<&[f64]>,
) -> Result<RowMatrix, KMeansError> {
    RowMatrix::from_rows(records.ncols(), records.iter().copied().collect(), weights)
}

#[cfg(test)]
mod tests {
    use linfa::traits::Predict;
    use ndarray::{Array2, ShapeBuilder};

    use super::super::ColumnsError;
    use super::super::tests::{by_column, fit, many_rows};
    use super::*;

    #[test]
    fn linfa_datasets_give_what_columns_give() {
        let rows = &many_rows()[..500];
        let params = KMeansParams::new(4).n_starts(2).seed(5);
        let expected = fit(params.clone(), rows, None);
        let row_major = Array2::from_shape_vec((500, 3), rows.concat()).expect("500 by 3");
        let column_major =
            Array2::from_shape_vec((500, 3).f(), by_column(rows).concat()).expect("500 by 3");
        for records in [row_major, column_major] {
            let dataset = DatasetBase::from(records);
            let model = params.fit(&dataset).expect("finite");
            assert!(model == expected);
            let labels: Array1<usize> = model.predict(&dataset.records);
            assert!(labels.iter().zip(&expected.labels).all(|(&a, &b)| a == b as usize));
        }
        let weights: Vec<f64> = (0..500).map(|row| f64::from(row % 3)).collect();
        let weighted =
            DatasetBase::from(Array2::from_shape_vec((500, 3), rows.concat()).expect("500 by 3"))
                .with_weights(weights.iter().map(|&w| w as f32).collect());
        let model = params.fit(&weighted).expect("finite");
        assert!(model == fit(params, rows, Some(&weights)));
    }

    #[test]
    fn linfa_is_told_of_bad_settings_and_values() {
        let dataset = DatasetBase::from(Array2::from_elem((3, 2), f64::NAN));
        assert!(matches!(KMeansParams::new(2).fit(&dataset), Err(KMeansError::Value { .. })));
        assert!(matches!(KMeansParams::new(0).fit(&dataset), Err(KMeansError::Params(_))));
        assert!(ParamGuard::check(KMeansParams::new(0)).is_err());
        let no_column = DatasetBase::from(Array2::<f64>::zeros((3, 0)));
        assert!(matches!(
            KMeansParams::new(2).fit(&no_column),
            Err(KMeansError::Columns(ColumnsError::NoColumns))
        ));
    }
}

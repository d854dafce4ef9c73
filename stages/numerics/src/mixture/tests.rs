use proptest::prelude::*;

use super::*;
use crate::kmeans::{Columns, KMeansError};
use crate::sampling::Draw;

const FORMS: [CovarianceType; 4] = [
    CovarianceType::Full,
    CovarianceType::Diagonal,
    CovarianceType::Tied,
    CovarianceType::Spherical,
];

fn fit(columns: &[Vec<f64>], params: &MixtureParams) -> Result<MixtureFit, MixtureError> {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    fit_mixture(&Columns::new(&slices).expect("a table"), params)
}

/// Sums of three uniform numbers around centres in two dimensions: round groups that overlap.
fn clouds(n_rows: usize, centres: &[[f64; 2]], seed: u64) -> Vec<Vec<f64>> {
    let mut draw = Draw::new(seed, 0);
    let mut columns = vec![Vec::new(); 2];
    for row in 0..n_rows {
        for (column, centre) in columns.iter_mut().zip(centres[row % centres.len()]) {
            column.push(centre + (0..3).map(|_| draw.unit() - 0.5).sum::<f64>());
        }
    }
    columns
}

#[test]
fn two_far_pairs_have_their_own_means_and_variances() {
    // 0 and 2: mean 1, variance 1. 100 and 106: mean 103, variance 9. Nothing is shared.
    let columns = [vec![0.0, 2.0, 100.0, 106.0]];
    let params = MixtureParams { reg_covar: 0.0, ..MixtureParams::new(2, CovarianceType::Full) };
    let found = fit(&columns, &params).expect("two groups");
    let mut parts: Vec<(f64, f64)> = found
        .model
        .means()
        .enumerate()
        .map(|(c, m)| (m[0], found.model.covariance(c)[0]))
        .collect();
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    for ((mean, variance), expected) in parts.into_iter().zip([(1.0, 1.0), (103.0, 9.0)]) {
        assert!((mean - expected.0).abs() < 1e-9 && (variance - expected.1).abs() < 1e-9);
    }
    assert!(found.model.weights().iter().all(|weight| (weight - 0.5).abs() < 1e-12));
    // Each row one deviation out: ln(1/2) - ln(2 pi)/2 - 1/2, and ln 3 less in the second group.
    let expected = -(2.0_f64.ln()) - 0.5 * std::f64::consts::TAU.ln() - 0.5 - 0.5 * 3.0_f64.ln();
    assert!((found.memberships.mean_log_likelihood - expected).abs() < 1e-9);
    // Two means, two variances, one weight.
    assert_eq!(found.model.n_parameters(), 5);
    assert!((found.aic - (10.0 - 8.0 * expected)).abs() < 1e-6);
    assert!((found.bic - (5.0 * 4.0_f64.ln() - 8.0 * expected)).abs() < 1e-6);
    assert!((found.smallest_eigenvalue - 1.0).abs() < 1e-9);
    assert!(found.is_converged);
}

#[test]
fn a_form_is_kept_by_all_covariances() {
    let columns = clouds(600, &[[0.0, 0.0], [2.0, 1.0], [4.0, 4.0]], 3);
    for form in FORMS {
        let found = fit(&columns, &MixtureParams::new(3, form)).expect("three groups").model;
        assert_eq!(found.covariance_type(), form);
        let first = found.covariance(0).to_vec();
        for component in 0..3 {
            let [a, b, c, d] = found.covariance(component) else { panic!("two by two") };
            assert_eq!(b.to_bits(), c.to_bits());
            let is_kept = match form {
                CovarianceType::Full => *b != 0.0,
                CovarianceType::Diagonal => *b == 0.0 && a.to_bits() != d.to_bits(),
                CovarianceType::Tied => found.covariance(component) == first,
                CovarianceType::Spherical => *b == 0.0 && a.to_bits() == d.to_bits(),
            };
            assert!(is_kept, "{form:?}: {:?}", found.covariance(component));
        }
        assert!(found.covariance(3).is_empty());
    }
}

#[test]
fn groups_that_were_planted_are_found_with_their_overlap() {
    let centres = [[0.0, 0.0], [1.2, 0.0], [5.0, 5.0]];
    let columns = clouds(3_000, &centres, 9);
    let found = fit(&columns, &MixtureParams::new(3, CovarianceType::Spherical)).expect("groups");
    for centre in centres {
        let near = found
            .model
            .means()
            .any(|mean| mean.iter().zip(centre).all(|(mean, centre)| (mean - centre).abs() < 0.15));
        assert!(near, "no component at {centre:?}: {:?}", found.model);
    }
    // Between the first two a row belongs to both, and not to the third.
    let (between, beyond) = ([0.6], [0.0]);
    let columns = Columns::new(&[&between, &beyond]).expect("a row");
    let shares = found.model.memberships(&columns).expect("finite").of_row(0).to_vec();
    let mut sorted = shares;
    sorted.sort_by(f64::total_cmp);
    assert!(sorted[0] < 1e-6 && sorted[1] > 0.2 && sorted[2] < 0.8, "{sorted:?}");
}

#[test]
fn the_bytes_do_not_depend_on_threads_or_chunks() {
    // More rows than two chunks, and more than the starts are sought on.
    let columns = clouds(40_000, &[[0.0, 0.0], [2.0, 1.0], [3.0, 3.0]], 1);
    let params = MixtureParams {
        n_starts: 2,
        n_start_rows: 3_000,
        max_iterations: 8,
        ..MixtureParams::new(3, CovarianceType::Full)
    };
    let with = |n_threads, rows_per_chunk: usize| {
        let chunks = (0..40_000_usize.div_ceil(rows_per_chunk))
            .map(|chunk| {
                let rows = chunk * rows_per_chunk..((chunk + 1) * rows_per_chunk).min(40_000);
                columns.iter().map(|column| &column[rows.clone()]).collect()
            })
            .collect();
        let columns = Columns::from_chunks(chunks).expect("a table");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build();
        pool.expect("threads").install(|| fit_mixture(&columns, &params).expect("groups"))
    };
    let one = with(1, 40_000);
    for other in [with(2, 999), with(5, 16_384)] {
        let bits = |fit: &MixtureFit| -> Vec<u64> {
            let means = fit.model.means().flatten().chain(&fit.memberships.shares);
            means.map(|value| value.to_bits()).collect()
        };
        assert!(bits(&one) == bits(&other));
        assert!(one == other);
    }
}

#[test]
fn the_search_of_linfa_does_not_depend_on_threads() {
    let columns = clouds(20_000, &[[0.0, 0.0], [2.0, 1.0], [3.0, 3.0]], 2);
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let columns = Columns::new(&slices).expect("a table");
    let matrix = crate::kmeans::RowMatrix::from_columns(&columns, None).expect("finite");
    let params = MixtureParams::new(3, CovarianceType::Full);
    let with = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build();
        let search = || linfa_start::search(&matrix, &params, 7).expect("groups");
        pool.expect("threads").install(search)
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(4));
}

#[test]
fn a_given_start_is_gone_on_from_and_one_that_does_not_fit_is_refused() {
    let columns = clouds(900, &[[0.0, 0.0], [3.0, 3.0]], 4);
    let params = MixtureParams::new(2, CovarianceType::Diagonal);
    let first = fit(&columns, &params).expect("two groups");
    let warm = MixtureParams { init: MixtureInit::Given(first.model.clone()), ..params.clone() };
    let again = fit(&columns, &warm).expect("two groups");
    assert_eq!(again.origin, StartOrigin::Given);
    assert!(again.n_iterations <= 2, "{} iterations", again.n_iterations);
    assert!(again.memberships.mean_log_likelihood >= first.memberships.mean_log_likelihood - 1e-12);
    let other = MixtureParams { n_components: 3, ..warm.clone() };
    assert!(matches!(fit(&columns, &other), Err(MixtureError::Start)));
    assert!(matches!(
        fit(&columns[..1], &warm),
        Err(MixtureError::Shape { what: "features", expected: 2, found: 1 })
    ));
}

#[test]
fn equal_rows_and_columns_without_spread_are_no_trouble() {
    let equal = [vec![3.0; 50], vec![1.0; 50]];
    for form in FORMS {
        let one = fit(&equal, &MixtureParams::new(1, form)).expect("one component");
        assert!((one.smallest_eigenvalue - 1e-6).abs() < 1e-12);
        let error = fit(&equal, &MixtureParams::new(2, form)).expect_err("one distinct row");
        assert_eq!(
            error.to_string(),
            "1 distinct row(s), expected as many as components: 2 or more"
        );
        let mut beside = clouds(300, &[[0.0, 0.0], [4.0, 4.0]], 5);
        beside.push(vec![7.0; 300]);
        let found = fit(&beside, &MixtureParams::new(2, form)).expect("two groups");
        assert!(found.model.means().all(|mean| (mean[2] - 7.0).abs() < 1e-9));
    }
    let collapsed = MixtureParams { reg_covar: 0.0, ..MixtureParams::new(1, FORMS[0]) };
    assert!(matches!(
        fit(&equal, &collapsed),
        Err(MixtureError::NotPositiveDefinite { component: 0 })
    ));
}

#[test]
fn rare_values_that_the_sample_missed_are_found_in_all_rows() {
    let mut column = vec![0.0; 5_000];
    column[1_234] = 9.0;
    let params =
        MixtureParams { n_start_rows: 100, ..MixtureParams::new(2, CovarianceType::Diagonal) };
    let found = fit(&[column], &params).expect("two distinct rows");
    let rare = found.memberships.labels[1_234];
    assert_eq!(found.memberships.labels.iter().filter(|&&label| label == rare).count(), 1);
}

#[test]
fn large_and_far_values_stay_finite() {
    // Squares near the limit of what is taken, and rows that no component comes near.
    let huge: Vec<Vec<f64>> = clouds(200, &[[0.0, 0.0], [4.0, 4.0]], 6)
        .into_iter()
        .map(|column| column.into_iter().map(|x| x * 1e100).collect())
        .collect();
    let found = fit(&huge, &MixtureParams::new(2, CovarianceType::Full)).expect("two groups");
    assert!(found.memberships.mean_log_likelihood.is_finite());
    let narrow = GaussianMixture::new(
        CovarianceType::Full,
        1,
        vec![1.0, 1.0],
        vec![0.0, 1.0],
        vec![1e-12, 1e-12],
    )
    .expect("a mixture");
    let far = [1e120, -3.0, 0.2];
    let columns = Columns::new(&[&far]).expect("a column");
    let memberships = narrow.memberships(&columns).expect("finite");
    for row in 0..3 {
        assert!((memberships.of_row(row).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
    assert_eq!(memberships.labels[1..], [0, 0]);
}

#[test]
fn bad_values_settings_and_parameters_are_named() {
    let params = MixtureParams::new(2, CovarianceType::Full);
    let error = fit(&[vec![1.0, f64::NAN]], &params).expect_err("not a number");
    assert!(matches!(error, MixtureError::KMeans(KMeansError::Value { column: 0, row: 1, .. })));
    assert!(matches!(fit(&[vec![]], &params), Err(MixtureError::NoRows)));
    let refused = |params: MixtureParams| fit(&[vec![1.0, 2.0]], &params).expect_err("refused");
    let with = |change: &dyn Fn(&mut MixtureParams)| {
        let mut params = params.clone();
        change(&mut params);
        refused(params).to_string()
    };
    assert_eq!(with(&|p| p.n_components = 0), "n_components is 0, expected 1 to 65536");
    assert_eq!(with(&|p| p.n_starts = 0), "n_starts is 0, expected 1 or more");
    assert_eq!(with(&|p| p.max_iterations = 0), "max_iterations is 0, expected 1 or more");
    assert_eq!(
        with(&|p| p.tolerance = f64::NAN),
        "tolerance is NaN, expected a finite number from 0"
    );
    assert_eq!(with(&|p| p.reg_covar = -1.0), "reg_covar is -1, expected a finite number from 0");

    let model = |weights: &[f64], means: &[f64], covariances: &[f64]| {
        let (weights, means) = (weights.to_vec(), means.to_vec());
        GaussianMixture::new(CovarianceType::Full, 2, weights, means, covariances.to_vec())
            .expect_err("refused")
            .to_string()
    };
    assert_eq!(model(&[1.0], &[0.0], &[1.0; 4]), "means: 1 value(s), expected 2");
    assert_eq!(
        model(&[-1.0], &[0.0; 2], &[1.0; 4]),
        "weights of components are not finite, from 0, with a positive sum"
    );
    assert_eq!(
        model(&[1.0], &[0.0, f64::INFINITY], &[1.0; 4]),
        "feature 1 of the mean of component 0 is not finite"
    );
    assert_eq!(
        model(&[1.0], &[0.0; 2], &[1.0; 4]),
        "the covariance of component 0 is not positive definite"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_iteration_lowers_the_likelihood(
        seed: u64, k in 1_usize..4, form in prop::sample::select(FORMS.to_vec()),
    ) {
        let columns = clouds(120, &[[0.0, 0.0], [1.0, 0.5], [2.0, 2.0]], seed);
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let columns = Columns::new(&slices).expect("a table");
        let params = MixtureParams { reg_covar: 0.0, n_starts: 1, ..MixtureParams::new(k, form) };
        let mut before = f64::NEG_INFINITY;
        let start = MixtureParams { max_iterations: 1, ..params.clone() };
        let mut model = fit_mixture(&columns, &start).expect("groups").model;
        for _ in 0..10 {
            let next = MixtureParams { init: MixtureInit::Given(model), ..start.clone() };
            let found = fit_mixture(&columns, &next).expect("groups");
            let now = found.memberships.mean_log_likelihood;
            prop_assert!(now >= before - 1e-12, "{} after {}", now, before);
            before = now;
            model = found.model;
        }
    }

    #[test]
    fn shares_are_shares_and_moving_all_rows_moves_the_means_alone(
        seed: u64, form in prop::sample::select(FORMS.to_vec()), offset in -1e5..1e5_f64,
    ) {
        let columns = clouds(200, &[[0.0, 0.0], [3.0, 1.0]], seed);
        let moved: Vec<Vec<f64>> =
            columns.iter().map(|column| column.iter().map(|x| x + offset).collect()).collect();
        let params = MixtureParams::new(2, form);
        let (here, there) =
            (fit(&columns, &params).expect("groups"), fit(&moved, &params).expect("groups"));
        for row in 0..200 {
            let shares = here.memberships.of_row(row);
            prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            prop_assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
        }
        let (a, b) =
            (here.memberships.mean_log_likelihood, there.memberships.mean_log_likelihood);
        prop_assert!((a - b).abs() < 1e-4, "{} and {}", a, b);
        let sum: f64 = here.model.weights().iter().sum();
        prop_assert!((sum - 1.0).abs() < 1e-12);
    }
}

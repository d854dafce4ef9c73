//! Whatever the data are, a Pareto/NBD and a BG/BB have a fit or a named reason.

#![cfg(test)]

use std::collections::BTreeMap;

use idip_numerics::btyd::bg_bb::{
    BgBb, BgBbFitError, BgBbSettings, OpportunityCells, OpportunityHistory, fit_bg_bb,
};
use idip_numerics::btyd::pareto_nbd::{ParetoNbd, ParetoNbdFamily};
use idip_numerics::btyd::{Cells, FitBasis, FitError, FitSettings, PurchaseModel, fit};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_distr::{Beta, Distribution, Exp1, Gamma};
use rand_xoshiro::Xoshiro256PlusPlus;

/// One customer who buys at a rate and dies, seen for `t_days` days; time in weeks.
fn history(model: &ParetoNbd, t_days: i64, random: &mut impl Rng) -> (i64, i64) {
    let rate = Gamma::new(model.r(), 1.0 / model.alpha()).expect("positive").sample(random);
    let death = Gamma::new(model.s(), 1.0 / model.beta()).expect("positive").sample(random);
    let lifetime: f64 = Exp1.sample(random);
    let until = (lifetime / death * 7.0).min(t_days as f64);
    let (mut x, mut last) = (0, 0.0_f64);
    while x < 1_000_000 {
        let gap: f64 = Exp1.sample(random);
        let next = last + 7.0 * gap / rate;
        if next.is_nan() || next > until {
            break;
        }
        (x, last) = (x + 1, next);
    }
    // A day has one purchase day at most, so a repeat falls on the next day at the earliest.
    if x == 0 { (0, 0) } else { (x, (last.round() as i64).clamp(t_days.min(1), t_days)) }
}

fn simulated(model: &ParetoNbd, n: usize, max_t_days: i64, seed: u64) -> [Vec<i64>; 3] {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut columns: [Vec<i64>; 3] = Default::default();
    for _ in 0..n {
        let t = random.gen_range(1..=max_t_days);
        let (x, t_x) = history(model, t, &mut random);
        columns[0].push(x);
        columns[1].push(t_x);
        columns[2].push(t);
    }
    columns
}

fn compressed([x, t_x, t]: &[Vec<i64>; 3]) -> Cells {
    Cells::compress(x, t_x, t).expect("histories").0
}

fn ln_likelihood(model: &ParetoNbd, cells: &Cells, unit: f64) -> f64 {
    cells.histories(unit).map(|(h, n)| f64::from(n) * model.ln_likelihood(&h)).sum()
}

#[test]
fn random_data_sets_have_a_fit_or_a_named_reason() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(20_260_102);
    let mut log_uniform = |low: f64, high: f64| (random.gen_range(low.ln()..high.ln())).exp();
    let mut found: BTreeMap<bool, usize> = BTreeMap::new();
    let (mut most_steps, mut n_lost) = (0, 0);
    for set in 0..150 {
        let n = log_uniform(50.0, 10_000.0) as usize;
        let truth = ParetoNbd::new(
            log_uniform(0.05, 20.0),
            log_uniform(0.5, 200.0),
            log_uniform(0.05, 20.0),
            log_uniform(0.5, 500.0),
        )
        .expect("possible");
        let cells = compressed(&simulated(&truth, n, log_uniform(20.0, 1_500.0) as i64, set));
        let unit = [1.0, 7.0, 30.0][set as usize % 3];
        let settings = FitSettings { time_unit_days: unit, ..FitSettings::WEEKS };
        let fitted = fit(&ParetoNbdFamily, &cells, &settings)
            .unwrap_or_else(|error| panic!("set {set} of {n}, {truth:?}: {error}"));
        let is_likely = fitted.basis == FitBasis::MaximumLikelihood;
        *found.entry(is_likely).or_insert(0) += 1;
        assert!(fitted.ln_likelihood.is_finite() && fitted.stop_reason.is_converged());
        if !is_likely {
            // It is the data that do not decide, not the search that lost its way: nor is there
            // an optimum next to the truth.
            let factor = 7.0 / unit;
            let start = [truth.r(), truth.alpha() * factor, truth.s(), truth.beta() * factor];
            let settings = FitSettings { start: Some(start.to_vec()), ..settings };
            let from_truth = fit(&ParetoNbdFamily, &cells, &settings).expect("a fit");
            n_lost += usize::from(from_truth.basis == FitBasis::MaximumLikelihood);
            continue;
        }
        most_steps = most_steps.max(fitted.n_steps);
        // An optimum is nowhere worse than the truth, whatever the unit of time.
        let factor = 7.0 / unit;
        let truth =
            ParetoNbd::new(truth.r(), truth.alpha() * factor, truth.s(), truth.beta() * factor)
                .expect("possible");
        let at_truth = ln_likelihood(&truth, &cells, unit);
        assert!(
            fitted.ln_likelihood >= at_truth - 1e-9 * at_truth.abs(),
            "set {set}: {} at the optimum, {at_truth} at the truth",
            fitted.ln_likelihood
        );
        let errors = fitted.standard_errors.expect("an optimum has errors");
        assert!(errors.iter().all(|e| e.is_finite() && *e > 0.0), "set {set}: {errors:?}");
    }
    eprintln!("maximum likelihood: {found:?}, at most {most_steps} steps, {n_lost} lost");
    assert!(found[&true] > 60 && n_lost <= 2, "{found:?}, {n_lost} lost");
}

#[test]
fn estimates_lie_within_their_errors_of_the_truth() {
    let truth = ParetoNbd::new(0.55, 10.5, 0.6, 11.5).expect("possible");
    let cells = compressed(&simulated(&truth, 20_000, 545, 3));
    let fitted = fit(&ParetoNbdFamily, &cells, &FitSettings::WEEKS).expect("a fit");
    assert_eq!(fitted.basis, FitBasis::MaximumLikelihood);
    let errors = fitted.standard_errors.as_ref().expect("standard errors");
    let parameters = fitted.model.parameters().into_iter().zip(truth.parameters());
    for (((name, found), (_, truth)), error) in parameters.zip(errors) {
        // Four errors, and a little for times rounded to days.
        assert!((found - truth).abs() < 4.0 * error + 0.02 * truth, "{name} {found}, {error}");
    }
}

#[test]
fn hard_cases_are_named() {
    let basis = |x: &[i64], t_x: &[i64], t: &[i64]| {
        let cells = compressed(&[x.to_vec(), t_x.to_vec(), t.to_vec()]);
        let fitted = fit(&ParetoNbdFamily, &cells, &FitSettings::WEEKS).expect("a fit");
        let history = cells.history(0, 7.0).expect("a cell");
        let expected = fitted.model.expected_purchases(&history, 52.0);
        assert!(expected.is_finite() && expected >= 0.0);
        assert!(fitted.standard_errors.is_some());
        match fitted.basis {
            FitBasis::WeakPrior(reason) => reason.to_string(),
            other => format!("{other:?}"),
        }
    };
    let many = |value: i64| vec![value; 500];
    assert_eq!(basis(&many(0), &many(0), &many(300)), "no repeat purchase at all");
    assert_eq!(basis(&many(3), &many(200), &many(300)), "all customers have the same history");
    assert_eq!(basis(&[0, 2], &[0, 20], &[30, 30]), "2 customer(s), fewer than 100");
    // Everybody buys every week until the end: equal rates, nobody dies.
    let t: Vec<i64> = (0..500).map(|i| 70 + 7 * (i % 30)).collect();
    let x: Vec<i64> = t.iter().map(|t| t / 7).collect();
    let found = basis(&x, &t, &t);
    assert!(found.contains("degenerate") || found.contains("flat"), "{found}");
}

#[test]
fn what_cannot_be_fitted_is_an_error_with_a_reason() {
    let none = compressed(&[vec![], vec![], vec![]]);
    assert_eq!(fit(&ParetoNbdFamily, &none, &FitSettings::WEEKS), Err(FitError::NoCustomers));
    let today = compressed(&[vec![0, 0], vec![0, 0], vec![0, 0]]);
    let found = fit(&ParetoNbdFamily, &today, &FitSettings::WEEKS);
    assert_eq!(found, Err(FitError::NoObservationTime));

    let settings = BgBbSettings::default();
    let none = OpportunityCells::default();
    assert_eq!(fit_bg_bb(&none, &settings), Err(BgBbFitError::NoCustomers));
    let nothing = OpportunityHistory { frequency: 0, recency: 0, n_opportunities: 0 };
    let (cells, _) = OpportunityCells::compress(&[nothing; 3]).expect("histories");
    assert_eq!(fit_bg_bb(&cells, &settings), Err(BgBbFitError::NoOpportunities));
}

#[test]
fn fits_do_not_depend_on_threads_or_the_order_of_customers() {
    let truth = ParetoNbd::new(0.55, 10.5, 0.6, 11.5).expect("possible");
    let columns = simulated(&truth, 20_000, 700, 4);
    let yearly = simulated_yearly([0.9, 1.2, 0.6, 2.5], 20_000, 30, 4);
    let with_threads = |n, reversed: bool| {
        let (mut columns, mut yearly) = (columns.clone(), yearly.clone());
        if reversed {
            for column in &mut columns {
                column.reverse();
            }
            yearly.reverse();
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
        pool.install(|| {
            let cells = compressed(&columns);
            assert!(cells.len() > 5_000);
            let (yearly, _) = OpportunityCells::compress(&yearly).expect("histories");
            assert!(yearly.len() > 500);
            let settings = BgBbSettings::default();
            (
                fit(&ParetoNbdFamily, &cells, &FitSettings::WEEKS).expect("a fit"),
                fit_bg_bb(&yearly, &settings).expect("a fit"),
            )
        })
    };
    let one = with_threads(1, false);
    assert_eq!(one, with_threads(2, true));
    assert_eq!(one, with_threads(5, false));
}

/// Customers of a BG/BB with up to `max_n` opportunities.
fn simulated_yearly(
    [alpha, beta, gamma, delta]: [f64; 4],
    n: usize,
    max_n: u32,
    seed: u64,
) -> Vec<OpportunityHistory> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let (buys, dies) = (Beta::new(alpha, beta), Beta::new(gamma, delta));
    let (buys, dies) = (buys.expect("positive"), dies.expect("positive"));
    let mut one = || {
        let n_opportunities = random.gen_range(1..=max_n);
        let (p, theta) = (buys.sample(&mut random), dies.sample(&mut random));
        let (mut frequency, mut recency) = (0, 0);
        for opportunity in 1..=n_opportunities {
            if random.r#gen::<f64>() < theta {
                break;
            }
            if random.r#gen::<f64>() < p {
                (frequency, recency) = (frequency + 1, opportunity);
            }
        }
        OpportunityHistory { frequency, recency, n_opportunities }
    };
    (0..n).map(|_| one()).collect()
}

#[test]
fn random_panels_have_a_fit_or_a_named_reason() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(20_260_103);
    let mut log_uniform = |low: f64, high: f64| (random.gen_range(low.ln()..high.ln())).exp();
    let (mut n_likely, mut most_steps, mut n_lost) = (0, 0, 0);
    for set in 0..100 {
        let truth: [f64; 4] = std::array::from_fn(|_| log_uniform(0.1, 20.0));
        let n = log_uniform(50.0, 10_000.0) as usize;
        let customers = simulated_yearly(truth, n, log_uniform(1.0, 40.0).ceil() as u32, set);
        let (cells, _) = OpportunityCells::compress(&customers).expect("histories");
        let fitted = fit_bg_bb(&cells, &BgBbSettings::default())
            .unwrap_or_else(|error| panic!("set {set} of {n}, {truth:?}: {error}"));
        assert!(fitted.ln_likelihood.is_finite() && fitted.stop_reason.is_converged());
        let [alpha, beta, gamma, delta] = truth;
        let model = BgBb::new(alpha, beta, gamma, delta).expect("possible");
        if fitted.basis != FitBasis::MaximumLikelihood {
            let settings = BgBbSettings { start: Some(model), ..BgBbSettings::default() };
            let from_truth = fit_bg_bb(&cells, &settings).expect("a fit");
            n_lost += usize::from(from_truth.basis == FitBasis::MaximumLikelihood);
            continue;
        }
        n_likely += 1;
        most_steps = most_steps.max(fitted.n_steps);
        let at_truth: f64 = model
            .ln_likelihood(&cells)
            .iter()
            .zip(cells.n_customers())
            .map(|(ln, &n)| n as f64 * ln)
            .sum();
        assert!(fitted.ln_likelihood >= at_truth - 1e-9 * at_truth.abs(), "set {set}");
        let errors = fitted.standard_errors.expect("an optimum has errors");
        assert!(errors.iter().all(|e| e.is_finite() && *e > 0.0), "set {set}: {errors:?}");
    }
    eprintln!("{n_likely} by maximum likelihood, at most {most_steps} steps, {n_lost} lost");
    assert!(n_likely > 30 && n_lost <= 2, "{n_likely}, {n_lost} lost");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any histories at all, not only those a model would make.
    #[test]
    fn any_histories_have_a_fit_or_a_named_reason(
        rows in prop::collection::vec((0..2_000_i64, 1..400_i64, 0..400_i64), 1..200),
    ) {
        let x: Vec<i64> = rows.iter().map(|row| row.0 / 400).collect();
        let t_x: Vec<i64> = rows.iter().zip(&x).map(|(r, &x)| if x > 0 { r.1 } else { 0 }).collect();
        let t: Vec<i64> = rows.iter().zip(&t_x).map(|(row, t_x)| t_x + row.2).collect();
        let cells = compressed(&[x, t_x, t]);
        let settings = FitSettings { min_customers: 0, ..FitSettings::WEEKS };
        match fit(&ParetoNbdFamily, &cells, &settings) {
            Ok(fitted) => prop_assert!(fitted.ln_likelihood.is_finite()),
            Err(error) => prop_assert_eq!(error, FitError::NoObservationTime),
        }
    }

    #[test]
    fn any_panel_has_a_fit_or_a_named_reason(
        rows in prop::collection::vec((0_u32..12, 0_u32..12, 0_u32..12), 1..200),
    ) {
        let customers: Vec<OpportunityHistory> = rows
            .into_iter()
            .map(|(a, b, c)| {
                let mut sorted = [a, b, c];
                sorted.sort_unstable();
                let [frequency, recency, n_opportunities] = sorted;
                let recency = if frequency == 0 { 0 } else { recency };
                OpportunityHistory { frequency, recency, n_opportunities }
            })
            .collect();
        let (cells, _) = OpportunityCells::compress(&customers).expect("histories");
        let settings = BgBbSettings { min_customers: 0, start: None };
        match fit_bg_bb(&cells, &settings) {
            Ok(fitted) => {
                prop_assert!(fitted.ln_likelihood.is_finite());
                let model = fitted.model;
                let scores = [
                    model.p_alive(&cells),
                    model.expected_purchases(&cells, 20),
                    model.discounted_expected_residual(&cells, 0.1),
                ];
                prop_assert!(scores.iter().flatten().all(|s| s.is_finite() && *s >= 0.0));
            }
            Err(error) => prop_assert_eq!(error, BgBbFitError::NoOpportunities),
        }
    }
}

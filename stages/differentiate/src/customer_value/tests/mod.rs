mod cdnow;
mod fixture;

use arrow_array::Array;
use idip_numerics::btyd::{BetaGeometric, Dropout, History, PurchaseModel};
use idip_schemas::differentiate::customer_day;
use idip_schemas::differentiate::value::{customer_value, value_model, value_parameter};
use proptest::prelude::*;

use super::*;
use fixture::{Party, answer, run, shop, views};

/// The logical date of these tests.
const AS_OF: i32 = 20_000;

fn params() -> ClvParams {
    ClvParams::default()
}

#[test]
fn scores_are_those_of_the_fitted_model() {
    let parties = shop(300, AS_OF);
    let mbg = ClvParams { model: ModelChoice::MbgNbd, horizon_days: Some(70), ..params() };
    let found = answer(&views(&[&parties], AS_OF), &mbg, AS_OF);
    assert_eq!(found.chosen(), Some(("mbg_nbd", "setting")));
    let of = |name: &str| {
        let parameters = found.parameters("mbg_nbd");
        parameters.iter().find(|found| found.0 == name).expect("is listed").1
    };
    let model =
        BetaGeometric::new(Dropout::AfterEvery, of("r"), of("alpha"), of("a"), of("b")).unwrap();
    let gamma: Vec<f64> = ["p", "q", "v"]
        .iter()
        .map(|name| {
            let parameters = found.parameters("gamma_gamma");
            parameters.iter().find(|found| found.0 == *name).expect("is listed").1
        })
        .collect();
    let (p, q, v) = (gamma[0], gamma[1], gamma[2]);
    for (row, (id, days)) in parties.iter().enumerate() {
        assert_eq!(found.value.customer_id.value(row), *id);
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            assert!(found.value.p_alive.is_null(row) && found.value.clv.is_null(row));
            continue;
        };
        let x = days.len() as u32 - 1;
        let history = History {
            frequency: x,
            recency: f64::from(last.0 - first.0) / 7.0,
            t: f64::from(AS_OF - first.0) / 7.0,
        };
        let near = |found: f64, expected: f64| {
            assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{found} {expected}");
        };
        near(found.value.p_alive.value(row), model.p_alive(&history));
        near(found.value.p_any_purchase.value(row), model.p_any(&history, 10.0));
        near(found.value.churn_risk.value(row), 1.0 - model.p_any(&history, 10.0));
        near(found.value.expected_purchases.value(row), model.expected_purchases(&history, 10.0));
        // (v + x z) p / (p x + q - 1); the population mean where x is 0.
        let total: f64 = days[1..].iter().map(|day| day.1 as f64 / 100.0).sum();
        let spend = p * (v + total) / (p * f64::from(x) + q - 1.0);
        near(found.value.expected_spend.value(row), spend);
        // Purchases of each of twelve months count at its end; 10 % a year.
        let month = 30.436_875 / 7.0;
        let until = |i: u32| model.expected_purchases(&history, month * f64::from(i));
        let discounted: f64 =
            (1..=12).map(|i| (until(i) - until(i - 1)) / 1.1_f64.powf(f64::from(i) / 12.0)).sum();
        near(found.value.clv.value(row), discounted * spend);
    }
}

#[test]
fn every_party_has_a_row_and_prospects_say_why_theirs_is_empty() {
    let parties = shop(300, AS_OF);
    let found = answer(&views(&[&parties], AS_OF), &params(), AS_OF);
    assert_eq!(found.value.customer_id.len(), 300);
    for (row, party) in parties.iter().enumerate() {
        let expected = party.1.is_empty().then_some("no_purchases");
        assert_eq!(found.reasons()[row], expected);
        assert_eq!(found.value.clv_rank.is_null(row), party.1.is_empty());
        assert_eq!(found.value.value_tier.is_null(row), party.1.is_empty());
    }
    let n: i64 = found.tier.n_customers.values().iter().sum();
    assert_eq!(n, parties.iter().filter(|party| !party.1.is_empty()).count() as i64);
    let share: f64 = found.tier.clv_share.values().iter().sum();
    assert!((share - 1.0).abs() < 1e-12);
    let clv: f64 = found.value.clv.iter().flatten().sum();
    let of_tiers: f64 = found.tier.clv.values().iter().sum();
    assert!((clv - of_tiers).abs() < 1e-9 * clv);
}

#[test]
fn the_holdout_chooses_and_its_forecast_is_followed_week_by_week() {
    let parties = shop(300, AS_OF);
    let found = answer(&views(&[&parties], AS_OF), &params(), AS_OF);
    let (chosen, why) = found.chosen().expect("a model");
    assert_eq!(why, "holdout");
    let rows: Vec<usize> = ["bg_nbd", "mbg_nbd", "pareto_nbd"].map(|m| found.model_row(m)).into();
    let best = rows
        .iter()
        .max_by(|a, b| {
            let score = |row: usize| found.model.log_score.value(row);
            score(**a).total_cmp(&score(**b))
        })
        .expect("three");
    assert_eq!(found.model.model.value(*best), chosen);
    // 400 days back to the first purchase: 133 of them held back, 19 weeks.
    let first = parties.iter().filter_map(|party| party.1.first()).map(|day| day.0).min();
    let total = AS_OF - first.expect("somebody bought");
    let held_back = (f64::from(total) / 3.0).round() as i32;
    assert_eq!(found.model.holdout_days.value(*best), i64::from(held_back));
    let cut = AS_OF - held_back;
    assert_eq!(found.model.calibration_end.value(*best), cut);
    // Counted again from the purchases themselves.
    let known: Vec<&Party> =
        parties.iter().filter(|party| party.1.first().is_some_and(|day| day.0 <= cut)).collect();
    assert_eq!(found.model.holdout_customers.value(*best), known.len() as i64);
    for week in 0..found.forecast.week.len() {
        let end = found.forecast.week_end.value(week);
        let repeats = known.iter().flat_map(|party| &party.1[1..]);
        let actual = repeats.filter(|day| day.0 <= end).count() as i64;
        assert_eq!(found.forecast.actual.value(week), actual);
        let period = if end > cut { "holdout" } else { "calibration" };
        assert_eq!(found.forecast.period.value(week), period);
    }
    let expected = found.forecast.expected.values();
    assert!(expected.is_sorted() && expected[0] >= 0.0);
    assert_eq!(found.forecast.week_end.values().last(), Some(&AS_OF));
    assert_eq!(found.calibration.decile.values(), &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    let n: i64 = found.calibration.n_customers.values().iter().sum();
    assert_eq!(n, known.len() as i64);
}

#[test]
fn a_second_night_starts_warm() {
    let parties = shop(400, AS_OF);
    let tomorrow = AS_OF + 1;
    let first = answer(&views(&[&parties], AS_OF), &params(), AS_OF);
    let last = vec![first.tables.batch(&value_parameter::CONTRACT).unwrap()];
    let views = views(&[&parties], tomorrow);
    let cold = answer(&views, &params(), tomorrow);
    let second = answer(&views.with(&value_parameter::CONTRACT, last), &params(), tomorrow);
    for model in ["mbg_nbd", "gamma_gamma"] {
        let row = second.model_row(model);
        assert_eq!(second.model.basis.value(row), "maximum_likelihood", "{model}");
        let n = second.model.n_iterations.value(row);
        assert!(n <= 4, "{model}: {n} steps");
        for (warm, cold) in second.parameters(model).iter().zip(cold.parameters(model)) {
            assert!((warm.1 / cold.1 - 1.0).abs() < 1e-4, "{model} {warm:?} {cold:?}");
        }
    }
}

#[test]
fn a_pareto_nbd_that_is_not_chosen_has_a_check_and_no_estimate() {
    let found = answer(&views(&[&shop(300, AS_OF)], AS_OF), &params(), AS_OF);
    let row = found.model_row("pareto_nbd");
    assert!(!found.model.is_chosen.value(row) && found.model.basis.is_null(row));
    assert!(found.model.reason.value(row).starts_with("not chosen"));
    assert!(found.model.log_score.is_valid(row) && found.model.holdout_reason.is_null(row));
    assert_eq!(found.parameters("pareto_nbd"), []);
}

#[test]
fn a_model_is_kept_while_another_is_no_better_than_by_chance() {
    let parties = shop(300, AS_OF);
    let first = answer(&views(&[&parties], AS_OF), &params(), AS_OF);
    // Log scores -2.306, -2.225 and -2.227: the third is as good as the second, the first is not.
    for (name, expected) in [
        ("bg_nbd", ("mbg_nbd", "holdout")),
        ("mbg_nbd", ("mbg_nbd", "holdout")),
        ("pareto_nbd", ("pareto_nbd", "kept")),
    ] {
        // As if this one had been published last night.
        let mut last = first.model.clone();
        last.is_chosen = last.model.iter().map(|model| Some(model == Some(name))).collect();
        let last = vec![last.into_batch().unwrap()];
        let views = views(&[&parties], AS_OF).with(&value_model::CONTRACT, last);
        assert_eq!(answer(&views, &params(), AS_OF).chosen(), Some(expected), "{name}");
    }
}

#[test]
fn nobody_gives_empty_tables_and_models_that_say_why() {
    let found = answer(&views(&[&[]], AS_OF), &params(), AS_OF);
    assert_eq!(found.value.customer_id.len(), 0);
    assert_eq!((found.tier.tier_rank.len(), found.forecast.week.len()), (0, 0));
    assert_eq!(found.parameter.model.len(), 0);
    assert_eq!(found.chosen(), None);
    let reasons: Vec<_> = found.model.reason.iter().flatten().collect();
    assert_eq!(reasons[0], "no customer");
    assert_eq!(found.model.model.len(), 4);
    let none = Tables::default()
        .with(&customer_value_input::CONTRACT, vec![])
        .with(&customer_day::CONTRACT, vec![])
        .with(&value_parameter::CONTRACT, vec![])
        .with(&value_model::CONTRACT, vec![]);
    assert_eq!(run(&none, &params(), AS_OF).unwrap().rows(&customer_value::CONTRACT), 0);
}

#[test]
fn prospects_alone_have_rows_and_no_model() {
    let found = answer(&views(&[&[(2, vec![]), (1, vec![])]], AS_OF), &params(), AS_OF);
    assert_eq!(found.value.customer_id.values(), &[1, 2]);
    assert_eq!(found.reasons(), [Some("no_purchases"); 2]);
}

/// Finite, or null with a reason.
fn is_sound(parties: &[Party]) -> fixture::Answer {
    let found = answer(&views(&[parties], AS_OF), &params(), AS_OF);
    let value = &found.value;
    for row in 0..value.customer_id.len() {
        let reason = found.reasons()[row];
        for column in
            [&value.p_alive, &value.p_any_purchase, &value.churn_risk, &value.expected_purchases]
        {
            let is_null = matches!(reason, Some("no_purchases" | "no_model"));
            assert_eq!(column.is_null(row), is_null, "row {row} {reason:?}");
            assert!(is_null || column.value(row).is_finite());
        }
        for column in [&value.expected_spend, &value.clv] {
            assert_eq!(column.is_null(row), reason.is_some());
            assert!(column.is_null(row) || column.value(row).is_finite());
        }
        for column in [&value.p_alive, &value.p_any_purchase, &value.churn_risk] {
            assert!(column.is_null(row) || (0.0..=1.0).contains(&column.value(row)));
        }
    }
    found
}

#[test]
fn one_customer_is_scored_with_the_prior() {
    let found = is_sound(&[(1, vec![(AS_OF - 90, 1000), (AS_OF - 30, 2000)])]);
    assert_eq!(found.reasons(), [None]);
    let row = found.model_row("bg_nbd");
    assert_eq!(found.model.basis.value(row), "weak_prior");
    assert!(!found.model.reason.is_null(row) && !found.model.holdout_reason.is_null(row));
    // The one gap is 60 days.
    assert_eq!(found.model.horizon_days.value(row), 120);
    assert_eq!(found.value.value_tier.value(0), "low");
    // Without a holdout the weeks follow the fit to the whole history.
    assert!(found.forecast.period.iter().all(|period| period == Some("calibration")));
    assert_eq!(found.forecast.actual.values().last(), Some(&1));
    assert_eq!(found.calibration.decile.len(), 0);
}

#[test]
fn customers_who_all_bought_once_are_scored_by_mbg_and_the_mean_spend() {
    let parties: Vec<Party> =
        (1..=200).map(|id| (id, vec![(AS_OF - 2 * id as i32, 100 * id)])).collect();
    let found = is_sound(&parties);
    assert_eq!(found.reasons(), [None; 200]);
    let row = found.model_row("gamma_gamma");
    assert_eq!(found.model.basis.value(row), "mean_spend");
    // 1.00 to 200.00.
    assert_eq!(found.parameters("gamma_gamma"), [("mean".to_owned(), 100.5)]);
    assert_eq!(found.model.horizon_days.value(row), 90);
    let purchases = found.model_row(found.chosen().expect("a model").0);
    assert!(found.model.reason.value(purchases).contains("no repeat purchase"));
}

#[test]
fn customers_of_today_alone_have_no_model() {
    let found = is_sound(&[(1, vec![(AS_OF, 100)]), (2, vec![(AS_OF, 300)])]);
    assert_eq!(found.reasons(), [Some("no_model"); 2]);
    assert_eq!(found.chosen(), None);
    assert_eq!(found.tier.tier_rank.len(), 0);
    // Among others, one of today has a forecast.
    let mut parties = shop(120, AS_OF);
    parties.push((500, vec![(AS_OF, 300)]));
    assert_eq!(is_sound(&parties).reasons().last(), Some(&None));
}

#[test]
fn purchases_without_money_have_a_forecast_and_no_value() {
    let parties: Vec<Party> = shop(150, AS_OF)
        .into_iter()
        .map(|(id, days)| (id, days.into_iter().map(|day| (day.0, 0)).collect()))
        .collect();
    let found = is_sound(&parties);
    assert!(found.reasons().contains(&Some("no_spend")));
    assert!(!found.reasons().contains(&None));
}

#[test]
fn who_buys_every_day_for_years_is_finite() {
    let mut parties = shop(150, AS_OF);
    let daily = (AS_OF - 3000..=AS_OF).map(|day| (day, 250)).collect();
    parties.push((900, daily));
    let found = is_sound(&parties);
    let last = found.value.customer_id.len() - 1;
    assert!(found.value.p_any_purchase.value(last) > 0.9);
    assert_eq!(found.value.clv_rank.value(last), 1);
}

#[test]
fn a_named_model_is_the_only_one_fitted() {
    let pareto = ClvParams { model: ModelChoice::ParetoNbd, ..params() };
    let found = answer(&views(&[&shop(200, AS_OF)], AS_OF), &pareto, AS_OF);
    assert_eq!(found.chosen(), Some(("pareto_nbd", "setting")));
    let models: Vec<_> = found.model.model.iter().flatten().collect();
    assert_eq!(models, ["gamma_gamma", "pareto_nbd"]);
}

#[test]
fn without_a_holdout_one_time_buyers_decide() {
    let none = ClvParams { holdout_share: 0.0, ..params() };
    let once: Vec<Party> = shop(400, AS_OF)
        .into_iter()
        .map(|(id, days)| (id, days.into_iter().take(if id % 3 == 0 { 9 } else { 1 }).collect()))
        .collect();
    let found = answer(&views(&[&once], AS_OF), &none, AS_OF);
    assert_eq!(found.chosen(), Some(("mbg_nbd", "bought_once")));
    let row = found.model_row("mbg_nbd");
    assert_eq!(found.model.holdout_reason.value(row), "holdout_share is 0");
    let often: Vec<Party> = (1..=150)
        .map(|id| (id, vec![(AS_OF - 300 + id as i32, 500), (AS_OF - 120 + id as i32 / 2, 700)]))
        .collect();
    let found = answer(&views(&[&often], AS_OF), &none, AS_OF);
    assert_eq!(found.chosen(), Some(("bg_nbd", "usual")));
}

#[test]
fn what_comes_after_the_logical_date_changes_nothing_but_is_not_read() {
    let parties = shop(200, AS_OF);
    let before = run(&views(&[&parties], AS_OF), &params(), AS_OF).unwrap();
    // The features stay those of the logical date; only the lists of days go on.
    let mut later = parties.clone();
    for party in later.iter_mut().filter(|party| !party.1.is_empty()) {
        party.1.push((AS_OF + 5, 900));
    }
    let lists = views(&[&later], AS_OF).batches(&customer_day::CONTRACT).unwrap().to_vec();
    let views = views(&[&parties], AS_OF).with(&customer_day::CONTRACT, lists);
    let after = run(&views, &params(), AS_OF).unwrap();
    assert_eq!(by_name(after), by_name(before));
}

fn by_name(tables: Tables) -> Vec<(&'static str, Vec<arrow_array::RecordBatch>)> {
    tables.into_iter_by_name().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn order_of_rows_and_splits_change_nothing(
        n in 1_i64..160, turn in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut parties = shop(n, AS_OF);
        let whole = run(&views(&[&parties], AS_OF), &params(), AS_OF).unwrap();
        parties.rotate_left(turn.index(n as usize));
        parties.reverse();
        let (head, tail) = parties.split_at(cut.index(n as usize));
        let split = run(&views(&[head, tail], AS_OF), &params(), AS_OF).unwrap();
        prop_assert_eq!(by_name(split), by_name(whole));
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let views = views(&[&shop(300, AS_OF)], AS_OF);
    let with_threads = |n| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
        by_name(pool.install(|| run(&views, &params(), AS_OF)).expect("runs"))
    };
    assert_eq!(with_threads(1), with_threads(3));
}

use arrow_array::{Array, Date32Array, RecordBatch};
use idip_schemas::differentiate::customer_day;

use super::*;
use crate::testing::purchases;

const AS_OF: i32 = 1000;

/// Customer 1 posts much and kindly, 2 bought once, 3 is a prospect that no feed but the party's names.
fn parties() -> RecordBatch {
    advocacy_party::Columns {
        customer_id: vec![1, 2, 3].into(),
        has_address: vec![true, true, false].into(),
        purchase_days: vec![6, 1, 0].into(),
        mutual_loyalty: vec![Some(0.8), Some(0.0), Some(0.0)].into(),
        is_recurrent: vec![true, false, false].into(),
    }
    .into_batch()
    .expect("keeps its contract")
}

fn buyers() -> RecordBatch {
    advocacy_buyer::Columns {
        customer_id: vec![1, 2, 3].into(),
        purchase_days: vec![6, 1, 0].into(),
        n_baskets: vec![6, 1, 0].into(),
        discount_share: vec![Some(0.5), Some(0.0), None].into(),
    }
    .into_batch()
    .expect("keeps its contract")
}

/// Customer 1 consents; nobody else said anything.
fn permissions() -> RecordBatch {
    advocacy_permission::Columns {
        customer_id: vec![1].into(),
        has_consent: vec![Some(true)].into(),
        is_employee: vec![false].into(),
    }
    .into_batch()
    .expect("keeps its contract")
}

fn voice(reach: Option<i64>) -> RecordBatch {
    advocacy_voice::Columns {
        customer_id: vec![1].into(),
        engagement_micros: vec![5_500_000].into(),
        conversation_micros: vec![3_500_000].into(),
        interaction_micros: vec![2_000_000].into(),
        n_posts: vec![6].into(),
        n_mentions: vec![4].into(),
        n_mentions_told: vec![6].into(),
        sentiment_millis: vec![3000].into(),
        n_rated: vec![6].into(),
        n_positive: vec![3].into(),
        n_negative: vec![1].into(),
        reach: vec![reach].into(),
        active_weeks: vec![5].into(),
    }
    .into_batch()
    .expect("keeps its contract")
}

fn platforms(micros: &[(&str, i64)]) -> RecordBatch {
    advocacy_platform::Columns {
        customer_id: vec![1; micros.len()].into(),
        platform: micros.iter().map(|one| Some(one.0)).collect(),
        micros: micros.iter().map(|one| Some(one.1)).collect(),
    }
    .into_batch()
    .expect("keeps its contract")
}

fn answers(days: &[(&str, f64, i32)]) -> RecordBatch {
    advocacy_answer::Columns {
        customer_id: vec![2; days.len()].into(),
        kind: days.iter().map(|one| Some(one.0)).collect(),
        score: days.iter().map(|one| Some(one.1)).collect(),
        answered_on: days.iter().map(|one| Some(one.2)).collect::<Date32Array>(),
    }
    .into_batch()
    .expect("keeps its contract")
}

/// No feed but parties and sales.
fn bare() -> Tables {
    // Customer 1: two days of the last 90, one of the 90 before.
    let bought = [(1, vec![850, 950, 999]), (2, vec![100])];
    Tables::default()
        .with(&customer_day::CONTRACT, vec![purchases(&bought)])
        .with(&advocacy_party::CONTRACT, vec![parties()])
        .with(&advocacy_buyer::CONTRACT, vec![buyers()])
        .with(&advocacy_permission::CONTRACT, vec![permissions()])
        .with(&advocacy_voice::CONTRACT, vec![])
        .with(&advocacy_platform::CONTRACT, vec![])
        .with(&advocacy_answer::CONTRACT, vec![])
        .with(&advocacy_price::CONTRACT, vec![])
}

fn run(views: &Tables) -> customer_advocacy::Columns {
    let context = RunContext { logical_date: AS_OF, seed: 7, currency: "EUR".to_owned() };
    let written = Advocacy::new(AdvocacyParams::default()).run(&context, views).expect("runs");
    let batch = written.batch(&customer_advocacy::CONTRACT).expect("is written");
    customer_advocacy::Columns::parse(&batch).expect("keeps its contract")
}

#[test]
fn what_no_feed_tells_is_null_with_its_reason_for_every_party() {
    let found = run(&bare());
    assert_eq!(found.customer_id.values(), &[1, 2, 3]);
    for (nulls, reasons, reason) in [
        (found.engagement_score.null_count(), &found.social_reason, "no_social_feed"),
        (found.nps_score.null_count(), &found.satisfaction_reason, "no_survey_feed"),
        (found.influence.null_count(), &found.influence_reason, "no_social_edges"),
        (found.best_platform.null_count(), &found.best_platform_reason, "no_social_feed"),
        (found.is_ambassador.null_count(), &found.ambassador_reason, "no_social_feed"),
        (found.price_elasticity.null_count(), &found.price_elasticity_reason, "no_line_prices"),
    ] {
        assert_eq!(nulls, 3, "{reason}");
        assert!(reasons.iter().all(|found| found == Some(reason)), "{reason}");
    }
    assert_eq!(found.is_top_contributor.null_count(), 3);
}

#[test]
fn the_basket_is_compared_with_the_window_before_only_where_both_have_one() {
    let found = run(&bare());
    // Two baskets of 10.00 against one.
    assert_eq!(found.last_90_days_mean_basket.iter().next(), Some(Some(10.0)));
    assert_eq!(found.mean_basket_trend.iter().next(), Some(Some(0.0)));
    let reasons: Vec<_> = found.mean_basket_trend_reason.iter().collect();
    assert_eq!(reasons, [None, Some("no_basket_in_both_windows"), Some("no_purchase")]);
}

#[test]
fn discounts_are_shrunk_towards_all_customers_and_unknown_for_a_prospect() {
    let found = run(&bare());
    let (heavy, light) = (found.discount_proneness.value(0), found.discount_proneness.value(1));
    // Own shares are 0.5 and 0; 3 of 7 baskets together.
    assert!(light > 0.0 && light < heavy && heavy <= 0.5);
    assert_eq!(found.discount_proneness_reason.value(2), "no_purchase");
    // Six baskets tell more than one.
    let reliability = &found.discount_proneness_reliability;
    assert!(reliability.value(0) > reliability.value(1));
}

#[test]
fn a_kind_and_busy_customer_may_be_asked_and_says_on_which_platform() {
    let views = bare()
        .with(&advocacy_voice::CONTRACT, vec![voice(Some(900))])
        .with(&advocacy_platform::CONTRACT, vec![platforms(&[("x", 3_000_000), ("y", 1_000_000)])]);
    let found = run(&views);
    assert_eq!(found.engagement_score.values(), &[5.5, 0.0, 0.0]);
    assert_eq!((found.contributor_rank.value(0), found.is_top_contributor.value(0)), (1, true));
    assert!(found.contributor_rank.is_null(1) && !found.is_top_contributor.value(1));
    assert_eq!((found.best_platform.value(0), found.best_platform_share.value(0)), ("x", 0.75));
    assert_eq!(found.best_platform_reason.value(1), "little_data");
    // (3 - 1) / (3 + 1).
    assert_eq!(found.net_sentiment.iter().next(), Some(Some(0.5)));
    assert_eq!(found.social_reason.value(2), "no_posts");
    // Sentiment 0.5 of six, shrunk by three: 1/3. Participation (1 + 1 + 2/3) / 3, loyalty 0.8.
    let score = 0.8 * (1.0 + 1.0 + 2.0 / 3.0) / 3.0;
    assert!((found.ambassador_score.value(0) - score).abs() < 1e-12);
    assert_eq!(found.ambassador_reason.value(0), "every_gate_open");
    assert!(found.is_ambassador.value(0));
    assert_eq!(
        found.ambassador_reason.value(2),
        "not_a_customer,sentiment,active_weeks,no_consent,score"
    );
    assert_eq!(found.reach.iter().collect::<Vec<_>>(), [Some(900), Some(0), Some(0)]);
}

#[test]
fn without_reach_nobody_is_judged_as_an_ambassador() {
    let views = bare()
        .with(&advocacy_voice::CONTRACT, vec![voice(None)])
        .with(&advocacy_platform::CONTRACT, vec![platforms(&[("x", 2), ("y", 2)])]);
    let found = run(&views);
    assert_eq!(found.is_ambassador.null_count(), 3);
    assert_eq!(found.ambassador_reason.value(0), "no_reach");
    assert_eq!(found.diffusion.null_count(), 3);
    assert_eq!(found.reach.null_count(), 3);
}

#[test]
fn an_answer_older_than_twelve_months_does_not_count() {
    let new = run(&bare()
        .with(&advocacy_answer::CONTRACT, vec![answers(&[("nps", 9.0, 635), ("ces", 2.0, 634)])]));
    assert_eq!((new.nps_score.value(1), new.nps_age_days.value(1)), (9.0, 365));
    assert!(new.ces_score.is_null(1) && new.satisfaction_reason.is_null(1));
    assert_eq!(new.satisfaction_reason.value(0), "no_answer");
    let old = run(&bare().with(&advocacy_answer::CONTRACT, vec![answers(&[("nps", 9.0, 634)])]));
    assert!(old.nps_score.is_null(1));
    assert_eq!(old.satisfaction_reason.value(1), "answer_too_old");
}

#[test]
fn an_elasticity_is_told_only_where_prices_vary() {
    // Six lines with ln price ±0.5 and ln quantity ∓1: a slope of -2 without residuals.
    let varied = [1_i64, 6, 0, 0, 150_000_000, -300_000_000, 600_000_000];
    let constant = [2_i64, 6, 0, 0, 0, 0, 600_000_000];
    let column = |at: usize| vec![varied[at], constant[at]];
    let price = advocacy_price::Columns {
        customer_id: column(0).into(),
        n_lines: column(1).into(),
        n_products: vec![1, 1].into(),
        sum_x: column(2).into(),
        sum_y: column(3).into(),
        sum_xx: column(4).into(),
        sum_xy: column(5).into(),
        sum_yy: column(6).into(),
    };
    let price = price.into_batch().expect("keeps its contract");
    let found = run(&bare().with(&advocacy_price::CONTRACT, vec![price]));
    // The line fits without residual, so that the own slope is believed in full.
    assert!((found.price_elasticity.value(0) + 2.0).abs() < 1e-9);
    assert_eq!(found.price_elasticity_reliability.iter().next(), Some(Some(1.0)));
    assert_eq!(found.price_elasticity_reason.value(1), "prices_do_not_vary");
    assert_eq!(found.price_elasticity_reason.value(2), "no_purchase");
}

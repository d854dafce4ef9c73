use std::collections::BTreeMap;

use arrow_array::{BooleanArray, Date32Array, Float64Array};
use proptest::prelude::*;

use super::*;

const NIGHT: i32 = 20_000;

/// Campaign, arm, segment, customers, redeemed, buyers, cents, sum of squares, last day.
type Outcome = (&'static str, &'static str, i64, i64, i64, i64, i128, f64, i32);

fn lift(params: &Params, rows: &[Outcome], responses_known: bool) -> campaign_lift::Columns {
    let ints = |of: fn(&Outcome) -> i64| Int64Array::from_iter_values(rows.iter().map(of));
    let view = campaign_outcome::Columns {
        campaign: StringArray::from_iter_values(rows.iter().map(|row| row.0)),
        arm: StringArray::from_iter_values(rows.iter().map(|row| row.1)),
        value_segment_id: ints(|row| row.2),
        n_customers: ints(|row| row.3),
        n_redeemed: ints(|row| row.4),
        n_buyers: ints(|row| row.5),
        spend: Decimal128Array::from_iter_values(rows.iter().map(|row| row.6))
            .with_precision_and_scale(18, 2)
            .expect("fits"),
        spend_squares: Float64Array::from_iter_values(rows.iter().map(|row| row.7)),
        last_sent_on: Date32Array::from_iter_values(rows.iter().map(|row| row.8)),
        responses_known: BooleanArray::from(vec![responses_known; rows.len()]),
    };
    let views = Tables::default()
        .with(&campaign_outcome::CONTRACT, vec![view.into_batch().expect("keeps its contract")]);
    let context = RunContext { logical_date: NIGHT, seed: 0, currency: "EUR".into() };
    let written = CampaignLift { params: params.clone() }.run(&context, &views).expect("runs");
    let batch = written.batch(&campaign_lift::CONTRACT).expect("is written");
    campaign_lift::Columns::parse(&batch).expect("keeps its contract")
}

/// Row of a campaign's outcome.
fn row_of(lift: &campaign_lift::Columns, campaign: &str, outcome: &str) -> usize {
    (0..lift.campaign.len())
        .find(|&row| lift.campaign.value(row) == campaign && lift.outcome.value(row) == outcome)
        .expect("has the row")
}

/// Newcombe (1998), table II, example (a): 56 of 70 against 48 of 80, in two segments.
const PUBLISHED: [Outcome; 3] = [
    ("spring", "treatment", 1, 40, 10, 30, 60_000, 12_000.0, NIGHT - 27),
    ("spring", "treatment", 2, 30, 4, 26, 45_000, 9_000.0, NIGHT - 30),
    ("spring", "control", 1, 80, 0, 48, 80_000, 12_000.0, NIGHT - 27),
];

#[test]
fn the_rates_of_a_published_example_get_their_published_interval() {
    let lift = lift(&Params::default(), &PUBLISHED, true);
    let row = row_of(&lift, "spring", "purchase_rate");
    assert_eq!((lift.n_treatment.value(row), lift.n_control.value(row)), (70, 80));
    assert!((lift.lift.value(row) - 0.2).abs() < 1e-12);
    // Method 10 of the paper: 0.0524 to 0.3339.
    assert!((lift.ci_low.value(row) - 0.0524).abs() < 5e-5);
    assert!((lift.ci_high.value(row) - 0.3339).abs() < 5e-5);
    assert_eq!(lift.verdict.value(row), "causal");
    assert!(lift.note.is_null(row) && lift.srm_p.is_null(row));
    let row = row_of(&lift, "spring", "redemption_rate");
    assert_eq!((lift.mean_treatment.value(row), lift.mean_control.value(row)), (0.2, 0.0));
}

#[test]
fn spend_is_told_for_everybody_drawn_not_for_buyers() {
    let lift = lift(&Params::default(), &PUBLISHED, true);
    let row = row_of(&lift, "spring", "spend_per_party");
    // 1,050 by 70 is 15; 800 by 80 is 10. Variances: (21,000 − 70·225)/69 and (12,000 − 80·100)/79;
    // squared errors 76.087/70 = 1.08696 and 50.633/80 = 0.63291; t of 131 degrees is 1.9782.
    assert_eq!((lift.mean_treatment.value(row), lift.mean_control.value(row)), (15.0, 10.0));
    let half = 1.978_2 * (1.086_96_f64 + 0.632_91).sqrt();
    assert!((lift.ci_low.value(row) - (5.0 - half)).abs() < 1e-3);
    assert!((lift.ci_high.value(row) - (5.0 + half)).abs() < 1e-3);
}

#[test]
fn each_doubt_has_its_verdict() {
    let base = ("", "treatment", 1, 500, 50, 100, 500_000, 1e6, NIGHT - 100);
    let held = ("", "control", 1, 500, 0, 80, 400_000, 9e5, NIGHT - 100);
    let named = |name, row: Outcome| {
        Outcome::from((name, row.1, row.2, row.3, row.4, row.5, row.6, row.7, row.8))
    };
    let rows = [
        named("a: no control", base),
        named("b: no treatment", held),
        named("c: even", base),
        named("c: even", held),
        named("d: uneven", base),
        ("d: uneven", "control", 1, 400, 0, 80, 400_000, 9e5, NIGHT - 100),
        // 28 days from the day of the contact on: the last one is tomorrow.
        ("e: open", "treatment", 1, 500, 50, 100, 500_000, 1e6, NIGHT - 26),
        named("e: open", held),
        ("f: nobody bought", "treatment", 1, 9, 0, 0, 0, 0.0, NIGHT - 100),
        ("f: nobody bought", "control", 1, 9, 0, 0, 0, 0.0, NIGHT - 100),
    ];
    let params = Params {
        control_share: Some(0.5),
        control_shares: BTreeMap::from([("f: nobody bought".to_owned(), 0.5)]),
        ..Params::default()
    };
    let lift = lift(&params, &rows, true);
    let found = |campaign, outcome| {
        let row = row_of(&lift, campaign, outcome);
        let note = lift.note.is_valid(row).then(|| lift.note.value(row));
        (lift.verdict.value(row), note)
    };
    assert_eq!(found("a: no control", "purchase_rate"), ("not_causal", Some("no_control")));
    assert_eq!(found("b: no treatment", "purchase_rate"), ("not_causal", Some("no_treatment")));
    assert_eq!(found("c: even", "purchase_rate"), ("causal", None));
    // χ² of 500 and 400 for halves is 11.1, p below 0.001.
    assert_eq!(found("d: uneven", "purchase_rate"), ("not_causal", Some("sample_ratio")));
    assert_eq!(found("e: open", "purchase_rate"), ("cut_off", Some("window_open")));
    assert_eq!(found("f: nobody bought", "spend_per_party"), ("not_causal", Some("no_variation")));
    let row = row_of(&lift, "a: no control", "spend_per_party");
    assert!(lift.mean_control.is_null(row) && lift.lift.is_null(row) && lift.ci_low.is_null(row));
    let row = row_of(&lift, "c: even", "spend_per_party");
    assert!((lift.srm_p.value(row) - 1.0).abs() < 1e-12);
}

#[test]
fn customers_in_both_arms_are_left_out_and_counted() {
    let rows = [
        PUBLISHED[0],
        PUBLISHED[1],
        PUBLISHED[2],
        ("spring", "both", 1, 3, 3, 3, 9_999_999, 1e12, NIGHT - 27),
    ];
    let with = lift(&Params::default(), &rows, true);
    let without = lift(&Params::default(), &PUBLISHED, true);
    assert_eq!(with.n_excluded.values(), &[3, 3, 3]);
    assert_eq!(with.lift, without.lift);
    assert_eq!(with.n_treatment, without.n_treatment);
}

#[test]
fn without_a_feed_of_responses_nothing_is_said_of_redemption() {
    let lift = lift(&Params::default(), &PUBLISHED, false);
    let row = row_of(&lift, "spring", "redemption_rate");
    assert!(lift.mean_treatment.is_null(row) && lift.lift.is_null(row));
    assert_eq!(lift.note.value(row), "no_responses");
    assert_eq!(lift.verdict.value(row), "not_causal");
    let row = row_of(&lift, "spring", "purchase_rate");
    assert_eq!(lift.verdict.value(row), "causal");
}

proptest! {
    #[test]
    fn neither_the_order_nor_the_split_by_segment_moves_a_figure(
        parts in prop::collection::vec((1_i64..50, 0_i64..2, 0_i128..90_000), 2..12),
    ) {
        let rows: Vec<Outcome> = parts
            .iter()
            .enumerate()
            .map(|(i, &(n, bought, cents))| {
                let arm = if i % 2 == 0 { "treatment" } else { "control" };
                let squares = (cents * cents) as f64 / 1e4;
                ("c", arm, i as i64, n, 0, n * bought, cents, squares, NIGHT - 90)
            })
            .collect();
        let turned: Vec<Outcome> = rows.iter().rev().copied().collect();
        let (one, other) = (
            lift(&Params::default(), &rows, true).into_batch().expect("keeps its contract"),
            lift(&Params::default(), &turned, true).into_batch().expect("keeps its contract"),
        );
        prop_assert_eq!(one, other);
    }
}

use proptest::prelude::*;

use super::*;

fn weights(value: f64, growth: f64, reachability: f64, cost: f64) -> AttractivenessWeights {
    AttractivenessWeights { value, growth, reachability, cost }
}

fn segment(n_customers: u64, measures: [f64; 4]) -> SegmentMeasures {
    let [value, growth, reachable_share, cost] = measures.map(|x| (!x.is_nan()).then_some(x));
    SegmentMeasures { n_customers, value, growth, reachable_share, cost }
}

fn codes(targets: &[SegmentTarget]) -> Vec<&'static str> {
    targets.iter().map(|target| target.reason.as_str()).collect()
}

#[test]
fn a_score_is_the_weighted_place_between_worst_and_best() {
    let params = TargetingParams::new(weights(2.0, 1.0, 0.0, 1.0)).expect("valid");
    let found = params.judge(&[
        segment(10, [100.0, 0.0, 0.5, 3.0]),
        segment(10, [50.0, 0.2, 0.5, 1.0]),
        segment(10, [0.0, 0.1, 0.5, 3.0]),
    ]);
    let scores: Vec<f64> = found.iter().filter_map(|target| target.score).collect();
    assert_eq!(scores, [0.5, 0.25 + 0.25 + 0.25, 0.125]);
    assert_eq!(found.iter().map(|target| target.rank).collect::<Vec<_>>(), [2, 1, 3]);
    // Equal in all segments: neither good nor bad.
    assert_eq!(found[0].parts[2], AttractivenessPart { normalised: Some(0.5), contribution: 0.0 });
    assert!(found.iter().all(SegmentTarget::is_chosen));
}

#[test]
fn an_unknown_measure_leaves_its_weight_to_the_others() {
    let params = TargetingParams::new(weights(1.0, 1.0, 0.0, 0.0)).expect("valid");
    let nan = f64::NAN;
    let found = params.judge(&[
        segment(1, [8.0, nan, nan, nan]),
        segment(1, [0.0, 1.0, nan, nan]),
        segment(1, [nan; 4]),
    ]);
    assert_eq!(found[0].score, Some(1.0));
    assert_eq!(found[1].score, Some(0.25));
    assert_eq!((found[2].score, found[2].rank), (None, 3));
    assert_eq!(codes(&found), ["chosen", "chosen", "not_measured"]);
}

#[test]
fn the_first_rule_that_fails_is_the_reason() {
    let params = TargetingParams::new(weights(1.0, 0.0, 0.0, 0.0))
        .and_then(|params| params.score_min(0.3))
        .and_then(|params| params.reachable_share_min(0.2))
        .expect("valid")
        .n_customers_min(100)
        .n_chosen_max(1);
    let found = params.judge(&[
        segment(500, [10.0, 0.0, 0.1, 0.0]),
        segment(500, [8.0, 0.0, 0.9, 0.0]),
        segment(500, [8.0, 0.0, 0.9, 0.0]),
        segment(500, [0.0, 0.0, 0.9, 0.0]),
        segment(99, [9.0, 0.0, 0.9, 0.0]),
    ]);
    assert_eq!(
        codes(&found),
        ["unreachable", "chosen", "beyond_capacity", "below_score", "too_small"]
    );
}

#[test]
fn settings_out_of_range_are_named() {
    let error = TargetingParams::new(weights(0.0, -1.0, 0.0, 0.0)).expect_err("is refused");
    assert_eq!(error, TargetingError::Weight { measure: "growth", value: -1.0 });
    let none = TargetingParams::new(weights(0.0, 0.0, 0.0, 0.0));
    assert_eq!(none, Err(TargetingError::NoWeight));
    let params = TargetingParams::new(weights(1.0, 0.0, 0.0, 0.0)).expect("valid");
    assert!(params.score_min(1.1).is_err() && params.reachable_share_min(f64::NAN).is_err());
}

proptest! {
    #[test]
    fn better_in_everything_is_never_less_attractive(
        rows in prop::collection::vec(
            [-50.0..50.0_f64, -1.0..1.0, 0.0..1.0, 0.0..9.0], 1..12,
        ),
        w in [0.1..3.0_f64, 0.0..3.0, 0.0..3.0, 0.0..3.0],
        n_chosen_max in 0_usize..6,
    ) {
        let params = TargetingParams::new(weights(w[0], w[1], w[2], w[3])).expect("valid");
        let segments: Vec<SegmentMeasures> =
            rows.iter().map(|row| segment(1, *row)).collect();
        let found = params.n_chosen_max(n_chosen_max).judge(&segments);
        let n_chosen = found.iter().filter(|target| target.is_chosen()).count();
        prop_assert_eq!(n_chosen, n_chosen_max.min(rows.len()));
        for (a, own) in found.iter().zip(&rows) {
            let score = a.score.expect("is known");
            let sum: f64 = a.parts.iter().map(|part| part.contribution).sum();
            prop_assert!((0.0..=1.0).contains(&score) && (sum - score).abs() < 1e-12);
            for (b, other) in found.iter().zip(&rows) {
                let is_better = own[0] >= other[0] && own[1] >= other[1]
                    && own[2] >= other[2] && own[3] <= other[3];
                prop_assert!(!is_better || score >= b.score.expect("is known") - 1e-12);
            }
        }
    }
}

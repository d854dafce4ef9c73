//! What the customers of the invented night are expected to buy.

use arrow_array::{ArrayRef, BooleanArray, Date32Array, RecordBatch};
use idip_schemas::differentiate::value::{
    value_calibration, value_forecast, value_model, value_tier,
};
use std::sync::Arc;

use super::{batch, ints, numbers, text};

/// Tiers: name, customers, their value, expected purchases and money, customers at risk, mean risk.
const TIERS: [(&str, i64, f64, f64, f64, i64, f64); 6] = [
    ("platinum", 41, 88_120.4, 310.2, 21_744.1, 0, 0.021),
    ("gold", 164, 201_377.9, 905.6, 48_820.0, 24, 0.094),
    ("silver", 205, 150_210.0, 701.3, 33_118.7, 31, 0.162),
    ("bronze", 615, 240_098.3, 1_204.8, 51_002.5, 166, 0.281),
    ("medium", 1_026, 131_550.6, 690.1, 26_431.9, 602, 0.544),
    ("low", 2_053, 39_411.7, 201.5, 6_873.2, 1_977, 0.901),
];
/// Probability foretold and share that came, by tenth; the fourth is too small to be told.
const DECILES: [(i64, f64, f64); 10] = [
    (372, 0.018, 0.013),
    (640, 0.037, 0.041),
    (96, 0.061, 0.073),
    (12, 0.084, 0.083),
    (360, 0.122, 0.119),
    (370, 0.178, 0.203),
    (371, 0.264, 0.251),
    (369, 0.391, 0.407),
    (370, 0.602, 0.581),
    (370, 0.847, 0.862),
];
/// Weeks followed, and the last of them that the model had seen.
const WEEKS: i64 = 104;
const SEEN: i64 = 70;

fn maybe_text(values: [Option<&str>; 4]) -> ArrayRef {
    Arc::new(values.into_iter().collect::<arrow_array::StringArray>())
}

fn maybe_ints(values: [Option<i64>; 4]) -> ArrayRef {
    Arc::new(values.into_iter().collect::<arrow_array::Int64Array>())
}

pub(super) fn tiers() -> RecordBatch {
    let clv: f64 = TIERS.iter().map(|tier| tier.2).sum();
    let n: i64 = TIERS.iter().map(|tier| tier.1).sum();
    batch(
        &value_tier::CONTRACT,
        vec![
            ints(1..=6),
            text(TIERS.map(|tier| tier.0)),
            ints(TIERS.map(|tier| tier.1)),
            numbers(TIERS.map(|tier| Some(tier.1 as f64 / n as f64))),
            numbers(TIERS.map(|tier| Some(tier.2))),
            numbers(TIERS.map(|tier| Some(tier.2 / clv))),
            numbers(TIERS.map(|tier| Some(tier.3))),
            numbers(TIERS.map(|tier| Some(tier.4))),
            ints(TIERS.map(|tier| tier.5)),
            numbers(TIERS.map(|tier| Some(tier.6))),
        ],
    )
}

pub(super) fn models() -> RecordBatch {
    let checked = |values: [f64; 3]| {
        let [bg, mbg, pareto] = values;
        numbers([Some(bg), None, Some(mbg), Some(pareto)])
    };
    let dates: Date32Array = [Some(20_429), None, Some(20_429), Some(20_429)].into_iter().collect();
    let with_check = |n: i64| maybe_ints([Some(n), None, Some(n), Some(n)]);
    batch(
        &value_model::CONTRACT,
        vec![
            text(["bg_nbd", "gamma_gamma", "mbg_nbd", "pareto_nbd"]),
            Arc::new(BooleanArray::from(vec![false, true, true, false])),
            maybe_text([None, Some("spend"), Some("holdout"), None]),
            maybe_text([Some("maximum_likelihood"); 4]),
            maybe_text([None; 4]),
            ints([4_104, 2_733, 4_104, 4_104]),
            ints([3_120, 2_733, 3_120, 3_120]),
            numbers([Some(-30_411.2), Some(-11_800.5), Some(-30_377.9), Some(-30_402.0)]),
            maybe_ints([Some(3), Some(2), Some(3), Some(4)]),
            numbers([Some(7.0); 4]),
            ints([64; 4]),
            numbers([None, Some(0.08), None, None]),
            Arc::new(dates),
            with_check(238),
            with_check(3_330),
            checked([-3.312, -3.298, -3.305]),
            checked([4_002.0, 4_117.0, 4_171.0]),
            checked([4_233.0; 3]),
            checked([0.981, 0.964, 0.957]),
            checked([1.802, 1.779, 1.781]),
            checked([0.781, 0.789, 0.787]),
            checked([0.151, 0.149, 0.150]),
            checked([0.203; 3]),
            maybe_text([None; 4]),
        ],
    )
}

pub(super) fn forecast() -> RecordBatch {
    let ends = (1..=WEEKS).map(|week| 20_429 + 7 * (week - SEEN) as i32);
    let actual = |week: i64| (160.0 * week as f64 - 0.52 * (week * week) as f64).round();
    batch(
        &value_forecast::CONTRACT,
        vec![
            ints(1..=WEEKS),
            Arc::new(Date32Array::from_iter_values(ends)),
            text((1..=WEEKS).map(|week| if week > SEEN { "holdout" } else { "calibration" })),
            ints((1..=WEEKS).map(|week| actual(week) as i64)),
            numbers((1..=WEEKS).map(|week| Some(0.985 * actual(week) + 14.0))),
        ],
    )
}

pub(super) fn calibration() -> RecordBatch {
    batch(
        &value_calibration::CONTRACT,
        vec![
            ints(1..=10),
            ints(DECILES.map(|decile| decile.0)),
            numbers(DECILES.map(|decile| Some(decile.1))),
            numbers(DECILES.map(|decile| Some(decile.2))),
        ],
    )
}

//! Standardised differences of segments against an independent computation with numpy.

#![cfg(test)]

use std::fs;
use std::path::PathBuf;

use idip_numerics::profile::{FeatureColumn, profile_segments};
use serde_json::Value;

#[test]
fn standardised_differences_equal_the_oracle() {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracles/segment_ops.json");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("skipped: {} is absent", path.display());
        return;
    };
    let oracle: Value = serde_json::from_str(&text).expect("JSON");
    let tolerance = oracle["tolerances"]["floats_abs"].as_f64().expect("a tolerance");
    let case = &oracle["cluster_profile"];
    let rows: Vec<Vec<f64>> = serde_json::from_value(case["X"].clone()).expect("a matrix");
    let labels: Vec<u32> = serde_json::from_value(case["labels"].clone()).expect("labels");
    let columns: Vec<Vec<f64>> =
        (0..rows[0].len()).map(|feature| rows.iter().map(|row| row[feature]).collect()).collect();
    let features: Vec<FeatureColumn<'_>> =
        columns.iter().map(|column| FeatureColumn::Slice(column)).collect();

    let found = profile_segments(&labels, 3, &features).expect("is profiled");

    for (segment, cells) in found.segments.iter().enumerate() {
        let key = segment.to_string();
        for (feature, cell) in cells.iter().enumerate() {
            let actual = cell.standardised_difference.expect("a difference");
            let expected = case["values"][&key][feature].as_f64().expect("a number");
            let error = (actual - expected).abs();
            assert!(error <= tolerance, "segment {key} feature {feature}: {actual} {expected}");
        }
        let top = cells.iter().position(|cell| cell.rank == 1).expect("a first feature") as u64;
        assert_eq!(top, case["top_feature"][&key], "top feature of segment {key}");
    }
}

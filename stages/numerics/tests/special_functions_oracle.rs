//! Special functions of the Pareto/NBD against mpmath at 50 digits.

#![cfg(test)]

use std::fs;
use std::path::PathBuf;

use idip_numerics::btyd::{ln_hypergeometric_2f1, tricomi_u};
use serde_json::Value;

fn oracle() -> Option<Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/oracles/special_functions.json");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("skipped: {} is absent", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).expect("JSON"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn ln_2f1_of_the_pareto_nbd_equals_the_oracle() {
    let Some(oracle) = oracle() else { return };
    let tolerance = number(&oracle["tolerances"]["ln2f1_abs"]);
    let points = oracle["ln_2f1"].as_array().expect("points");
    assert!(!points.is_empty());
    for point in points {
        let [r, s, x, z, expected] = ["r", "s", "x", "z", "value"].map(|key| number(&point[key]));
        let actual = ln_hypergeometric_2f1(r + s + x, s + 1.0, z);
        assert!((actual - expected).abs() <= tolerance, "{point}: found {actual}");
    }
}

#[test]
fn tricomi_u_equals_the_oracle() {
    let Some(oracle) = oracle() else { return };
    let tolerance = number(&oracle["tolerances"]["U_rel"]);
    let points = oracle["tricomi_U"].as_array().expect("points");
    assert!(!points.is_empty());
    for point in points {
        let [s, z, expected] = ["s", "z", "value"].map(|key| number(&point[key]));
        let actual = tricomi_u(s, z);
        assert!((actual / expected - 1.0).abs() <= tolerance, "{point}: found {actual}");
    }
}

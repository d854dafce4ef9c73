//! Special functions of the Pareto/NBD against mpmath at 50 digits.

#![cfg(test)]

mod oracle;

use idip_numerics::btyd::{ln_hypergeometric_2f1, tricomi_u};
use oracle::{assert_absolute, assert_relative, numbers_of, oracle_folder, read_oracle};

#[test]
fn ln_2f1_of_the_pareto_nbd_equals_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "special_functions.json");
    let tolerance = oracle["tolerances"]["ln2f1_abs"].as_f64().expect("a tolerance");
    let points = oracle["ln_2f1"].as_array().expect("points");
    assert_eq!(points.len(), 80);
    for point in points {
        let &[r, s, x, z, expected] = &numbers_of(point, &["r", "s", "x", "z", "value"])[..] else {
            panic!("five numbers")
        };
        let found = ln_hypergeometric_2f1(r + s + x, s + 1.0, z);
        assert_absolute(&format!("{point}"), found, expected, tolerance);
        let closer = 1e-13 * expected.abs().max(1.0);
        assert_absolute(&format!("closer than asked: {point}"), found, expected, closer);
    }
}

#[test]
fn tricomi_u_equals_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "special_functions.json");
    let tolerance = oracle["tolerances"]["U_rel"].as_f64().expect("a tolerance");
    let points = oracle["tricomi_U"].as_array().expect("points");
    assert_eq!(points.len(), 42);
    for point in points {
        let &[s, z, expected] = &numbers_of(point, &["s", "z", "value"])[..] else {
            panic!("three numbers")
        };
        assert_relative(&format!("{point}"), tricomi_u(s, z), expected, tolerance);
        assert_relative(&format!("closer than asked: {point}"), tricomi_u(s, z), expected, 1e-13);
    }
}

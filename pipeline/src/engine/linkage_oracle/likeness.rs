//! Distances of texts after their papers, as functions of SQL.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
use arrow_schema::DataType;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::prelude::SessionContext;

type OfTexts = Box<dyn Fn(&StringArray, &StringArray) -> ArrayRef + Send + Sync>;

/// Registers `jaro_winkler(a, b)`, from 0 to 1, and `osa(a, b)`, in edits; the engine has neither.
///
/// `rounding` is added to each likeness.
pub(super) fn register(session: &SessionContext, rounding: f64) {
    let of_texts = |name: &str, to: DataType, make: OfTexts| {
        let run = move |arguments: &[ColumnarValue]| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let answer = make(arrays[0].as_string::<i32>(), arrays[1].as_string::<i32>());
            Ok(ColumnarValue::Array(answer))
        };
        let from = vec![DataType::Utf8, DataType::Utf8];
        session.register_udf(create_udf(name, from, to, Volatility::Immutable, Arc::new(run)));
    };
    let likeness: OfTexts = Box::new(move |a, b| {
        let pairs = a.iter().zip(b);
        let likes = pairs.map(|(a, b)| Some(jaro_winkler(a?.as_bytes(), b?.as_bytes()) + rounding));
        Arc::new(likes.collect::<Float64Array>())
    });
    of_texts("jaro_winkler", DataType::Float64, likeness);
    let edits: OfTexts = Box::new(|a, b| {
        let pairs = a.iter().zip(b);
        let edits = pairs.map(|(a, b)| Some(osa(a?.as_bytes(), b?.as_bytes())));
        Arc::new(edits.collect::<Int64Array>())
    });
    of_texts("osa", DataType::Int64, edits);
}

/// Jaro (1989): letters in common no further apart than half the longer text, less half of those out of turn.
fn jaro(a: &[u8], b: &[u8]) -> f64 {
    let reach = (a.len().max(b.len()) / 2).saturating_sub(1);
    let mut is_taken = vec![false; b.len()];
    let mut common_a = Vec::new();
    for (i, letter) in a.iter().enumerate() {
        let near = i.saturating_sub(reach)..(i + reach + 1).min(b.len());
        if let Some(j) = near.into_iter().find(|&j| !is_taken[j] && b[j] == *letter) {
            is_taken[j] = true;
            common_a.push(*letter);
        }
    }
    let common_b: Vec<u8> = b.iter().zip(&is_taken).filter(|it| *it.1).map(|it| *it.0).collect();
    let m = common_a.len() as f64;
    if common_a.is_empty() {
        return 0.0;
    }
    let out_of_turn = common_a.iter().zip(&common_b).filter(|(a, b)| a != b).count() / 2;
    (m / a.len() as f64 + m / b.len() as f64 + (m - out_of_turn as f64) / m) / 3.0
}

/// Winkler (1990): nearer by a tenth for each of the first four letters in common, from 0.7 on.
fn jaro_winkler(a: &[u8], b: &[u8]) -> f64 {
    let jaro = jaro(a, b);
    let prefix = a.iter().zip(b).take(4).take_while(|(a, b)| a == b).count() as f64;
    if jaro > 0.7 { jaro + prefix * 0.1 * (1.0 - jaro) } else { jaro }
}

/// Optimal string alignment (Boytsov 2011), equation by equation.
fn osa(a: &[u8], b: &[u8]) -> i64 {
    let mut d = vec![vec![0_i64; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            if i == 0 || j == 0 {
                d[i][j] = (i + j) as i64;
                continue;
            }
            let change = i64::from(a[i - 1] != b[j - 1]);
            d[i][j] = (d[i - 1][j] + 1).min(d[i][j - 1] + 1).min(d[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                d[i][j] = d[i][j].min(d[i - 2][j - 2] + 1);
            }
        }
    }
    d[a.len()][b.len()]
}

#[test]
fn distances_are_those_of_their_papers() {
    for (a, b, expected) in
        [("martha", "marhta", 0.961), ("dwayne", "duane", 0.840), ("dixon", "dicksonx", 0.813)]
    {
        assert!((jaro_winkler(a.as_bytes(), b.as_bytes()) - expected).abs() < 5e-4, "{a}");
    }
    for (a, b, expected) in [("19560409", "19560490", 1), ("ca", "abc", 3), ("", "ab", 2)] {
        assert_eq!(osa(a.as_bytes(), b.as_bytes()), expected, "{a}");
    }
}

//! Likeness of texts.

use rapidfuzz::distance::{jaro_winkler, osa};

/// Whether the Jaro-Winkler similarity of two texts, by bytes, is at least this much.
///
/// Winkler (1990) with prefix weight 0.1.
pub(super) fn is_alike(a: &str, b: &str, least: f64) -> bool {
    let arguments = jaro_winkler::Args::default().score_cutoff(least);
    jaro_winkler::similarity_with_args(a.bytes(), b.bytes(), &arguments).is_some()
}

/// The Jaro-Winkler similarity of two texts where it is at least this much, else 0.
pub(super) fn likeness(a: &str, b: &str, least: f64) -> f64 {
    let arguments = jaro_winkler::Args::default().score_cutoff(least);
    jaro_winkler::similarity_with_args(a.bytes(), b.bytes(), &arguments).unwrap_or(0.0)
}

/// The optimal string alignment distance of two texts, by bytes, up to a limit; none above it.
///
/// Insertions, deletions, changes and swaps of neighbours, none edited twice (Boytsov 2011).
pub(super) fn edits(a: &str, b: &str, most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    osa::distance_with_args(a.bytes(), b.bytes(), &osa::Args::default().score_cutoff(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_is_that_of_winklers_examples() {
        // Winkler (1990), table of examples, to three places.
        for (a, b, expected) in
            [("martha", "marhta", 0.961), ("dwayne", "duane", 0.840), ("dixon", "dicksonx", 0.813)]
        {
            assert!((likeness(a, b, 0.0) - expected).abs() < 5e-4, "{a}");
            assert!(is_alike(a, b, expected - 0.001) && !is_alike(a, b, expected + 0.001));
        }
    }

    #[test]
    fn a_swap_of_neighbours_is_one_edit() {
        assert_eq!(edits("19560409", "19560490", 2), Some(1));
        assert_eq!(edits("ca", "abc", 3), Some(3));
        assert_eq!(edits("1234", "5678", 2), None);
        assert_eq!(edits("1", "1234", 2), None);
    }
}

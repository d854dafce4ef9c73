//! Gaps between purchases over a whole segment, counted by their length.

use std::collections::BTreeMap;

/// How often each length of a gap occurs, in days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GapCounts {
    counts: BTreeMap<u32, u64>,
}

impl GapCounts {
    /// Adds the gaps between days, which ascend.
    pub(super) fn add_days(&mut self, days: &[i32]) {
        for (earlier, later) in days.iter().zip(days.iter().skip(1)) {
            *self.counts.entry(later.abs_diff(*earlier)).or_default() += 1;
        }
    }

    /// Adds all of another.
    pub(super) fn merge(&mut self, other: &Self) {
        for (&gap, &n) in &other.counts {
            *self.counts.entry(gap).or_default() += n;
        }
    }

    /// The quantile of type 7, as `idip_numerics::transform::quantile` has it of a list.
    pub(super) fn quantile(&self, probability: f64) -> Option<f64> {
        let n: u64 = self.counts.values().sum();
        let place = probability * n.checked_sub(1)? as f64;
        let below = self.nth(place.floor() as u64)?;
        let above = self.nth(place.ceil() as u64)?;
        Some(f64::from(below) + (place - place.floor()) * (f64::from(above) - f64::from(below)))
    }

    /// The gap at a place, from 0, in ascending order.
    fn nth(&self, place: u64) -> Option<u32> {
        let mut n_before = 0;
        let found = self.counts.iter().find(|&(_, &n)| {
            n_before += n;
            place < n_before
        });
        found.map(|(&gap, _)| gap)
    }
}

#[cfg(test)]
mod tests {
    use idip_numerics::transform::quantile;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_segment_without_gaps_has_no_quantile() {
        assert_eq!(GapCounts::default().quantile(0.9), None);
    }

    proptest! {
        #[test]
        fn counts_have_the_quantile_of_the_list(
            gaps in prop::collection::vec(1_i32..400, 1..40),
            probability in 0.0..=1.0_f64,
        ) {
            let mut day = 0;
            let mut days = vec![0];
            days.extend(gaps.iter().map(|gap| { day += gap; day }));
            let mut counts = GapCounts::default();
            counts.add_days(&days);
            let mut ascending: Vec<f64> = gaps.iter().map(|&gap| f64::from(gap)).collect();
            ascending.sort_by(f64::total_cmp);
            let (found, expected) = (counts.quantile(probability), quantile(&ascending, probability));
            prop_assert!((found.unwrap() - expected.unwrap()).abs() < 1e-9);
        }
    }
}

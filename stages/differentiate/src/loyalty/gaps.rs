//! Gaps between purchases over a whole segment, counted by their length.

use std::collections::BTreeMap;

/// Gaps from this length on, more than eleven years, are so rare that a map has room for them.
const LONG_DAYS: u32 = 4096;

/// How often each length of a gap occurs, in days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GapCounts {
    /// By length, up to the longest that occurs below [`LONG_DAYS`].
    short: Vec<u64>,
    long: BTreeMap<u32, u64>,
}

impl GapCounts {
    /// Adds the gaps between days, which ascend.
    pub(super) fn add_days(&mut self, days: &[i32]) {
        for (earlier, later) in days.iter().zip(days.iter().skip(1)) {
            let gap = later.abs_diff(*earlier);
            match self.short.get_mut(gap as usize) {
                Some(n) => *n += 1,
                None => self.add(gap, 1),
            }
        }
    }

    fn add(&mut self, gap: u32, n_more: u64) {
        if gap >= LONG_DAYS {
            *self.long.entry(gap).or_default() += n_more;
            return;
        }
        let place = gap as usize;
        self.short.resize(self.short.len().max(place + 1), 0);
        if let Some(n) = self.short.get_mut(place) {
            *n += n_more;
        }
    }

    /// Adds all of another.
    pub(super) fn merge(&mut self, other: &Self) {
        self.short.resize(self.short.len().max(other.short.len()), 0);
        for (n, n_more) in self.short.iter_mut().zip(&other.short) {
            *n += n_more;
        }
        for (&gap, &n_more) in &other.long {
            *self.long.entry(gap).or_default() += n_more;
        }
    }

    /// The quantile of type 7, as `idip_numerics::transform::quantile` has it of a list.
    pub(super) fn quantile(&self, probability: f64) -> Option<f64> {
        let n: u64 = self.short.iter().chain(self.long.values()).sum();
        let place = probability * n.checked_sub(1)? as f64;
        let below = self.nth(place.floor() as u64)?;
        let above = self.nth(place.ceil() as u64)?;
        Some(f64::from(below) + (place - place.floor()) * (f64::from(above) - f64::from(below)))
    }

    /// The gap at a place, from 0, in ascending order.
    fn nth(&self, place: u64) -> Option<u32> {
        let short = (0..).zip(&self.short);
        let mut counts = short.chain(self.long.iter().map(|(&gap, n)| (gap, n)));
        let mut n_before = 0;
        let found = counts.find(|&(_, &n)| {
            n_before += n;
            place < n_before
        });
        found.map(|(gap, _)| gap)
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
            gaps in prop::collection::vec(prop_oneof![1_i32..400, 4000..4200], 1..40),
            at in 0..40_usize,
            probability in 0.0..=1.0_f64,
        ) {
            let mut day = 0;
            let mut days = vec![0];
            days.extend(gaps.iter().map(|gap| { day += gap; day }));
            // Some by one, the others by another.
            let (mut counts, mut others) = (GapCounts::default(), GapCounts::default());
            counts.add_days(days.get(..=at).unwrap_or(&days));
            others.add_days(days.get(at..).unwrap_or_default());
            counts.merge(&others);
            let mut ascending: Vec<f64> = gaps.iter().map(|&gap| f64::from(gap)).collect();
            ascending.sort_by(f64::total_cmp);
            let (found, expected) = (counts.quantile(probability), quantile(&ascending, probability));
            prop_assert!((found.unwrap() - expected.unwrap()).abs() < 1e-9);
        }
    }
}

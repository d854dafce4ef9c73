//! How the segments of an axis differ from the whole, feature by feature.

use idip_numerics::profile::{
    FeatureColumn, ProfileCell, SegmentProfiles, profile_segments, rank_features,
};
use idip_stage::StageError;
use rayon::prelude::*;

use super::failed;
use super::input::Input;

/// Features that every profile tells of, beside the shares of the categories.
const FEATURES: [&str; 25] = [
    "campaign_contacts",
    "contacts_in",
    "contacts_out",
    "days_since_interaction",
    "days_since_last",
    "discount_share",
    "frequency",
    "interpurchase_median_days",
    "last_90_days_amount",
    "mean_basket",
    "monetary_value",
    "n_baskets",
    "n_categories",
    "net_amount",
    "net_per_purchase_day",
    "nps_score",
    "prior_90_days_amount",
    "purchase_days",
    "recency_days",
    "responses",
    "return_share",
    "sale_amount",
    "social_posts",
    "t_days",
    "tenure_days",
];

/// Features that are read together: each reading finds the customers again, each feature takes 8 bytes a party.
const READ_TOGETHER: usize = 5;

/// What stands before the name of a category in the name of its share.
pub(super) const SHARE_PREFIX: &str = "share:";

/// One feature of one segment beside all parties.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Profiled {
    pub(super) feature: String,
    /// Mean of all parties with a value.
    pub(super) overall_mean: Option<f64>,
    pub(super) cell: ProfileCell,
}

impl Profiled {
    /// The category, when the feature is the share of one.
    pub(super) fn category(&self) -> Option<&str> {
        self.feature.strip_prefix(SHARE_PREFIX)
    }
}

/// A feature that tells a segment apart, and how much.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trait {
    pub(super) feature: String,
    /// In standard deviations of all.
    pub(super) difference: f64,
}

impl Trait {
    /// The category, when the feature is the share of one.
    pub(super) fn category(&self) -> Option<&str> {
        self.feature.strip_prefix(SHARE_PREFIX)
    }
}

/// Lists the traits of a segment, the most telling first.
pub(super) fn traits<'a>(profiled: impl IntoIterator<Item = &'a Profiled>) -> Vec<Trait> {
    let mut found: Vec<&Profiled> = profiled.into_iter().collect();
    found.sort_by_key(|profiled| profiled.cell.rank);
    found
        .into_iter()
        .filter_map(|profiled| {
            let difference = profiled.cell.standardised_difference?;
            Some(Trait { feature: profiled.feature.clone(), difference })
        })
        .collect()
}

/// Segment ids of all parties, and one more than the highest.
pub(super) type Partition<'a> = (&'a [u32], usize);

/// Profiles the segments of several axes; for each axis, for each segment from 0, each feature.
///
/// A column is read once for all axes, and few are in memory together. Features are ranked over all, equals in the order of their
/// names.
///
/// # Errors
///
/// When a feature is infinite or its sum overflows, or the input cannot be read.
pub(super) fn profiles(
    input: &Input<'_>,
    categories: &[String],
    axes: &[Partition<'_>],
) -> Result<Vec<Vec<Vec<Profiled>>>, StageError> {
    let of_column = |values: &Vec<f64>| -> Result<Vec<SegmentProfiles>, StageError> {
        let column = [FeatureColumn::Slice(values)];
        let profiled = axes.iter().map(|&(ids, n_ids)| {
            profile_segments(ids, n_ids as u32, &column)
                .map_err(|source| failed("the segments could not be profiled", source))
        });
        profiled.collect()
    };
    let mut features: Vec<(String, Vec<SegmentProfiles>)> = Vec::new();
    for names in FEATURES.chunks(READ_TOGETHER) {
        let numbers = input.numbers_of(names)?;
        let found = numbers.par_iter().map(of_column).collect::<Result<Vec<_>, _>>()?;
        features.extend(names.iter().map(|&name| name.to_owned()).zip(found));
    }
    let shares = input.shares()?;
    let found = shares.par_iter().map(of_column).collect::<Result<Vec<_>, _>>()?;
    drop(shares);
    features.extend(categories.iter().map(|name| format!("{SHARE_PREFIX}{name}")).zip(found));
    features.sort_by(|a, b| a.0.cmp(&b.0));
    let names = || features.iter().map(|(name, _)| name.as_str());
    let of_axis = |(axis, &(_, n_ids)): (usize, &Partition<'_>)| {
        let found: Vec<&SegmentProfiles> =
            features.iter().filter_map(|(_, of_axes)| of_axes.get(axis)).collect();
        (0..n_ids).map(|segment| of_segment(names(), &found, segment)).collect()
    };
    Ok(axes.iter().enumerate().map(of_axis).collect())
}

/// Puts the features of one segment together, each profiled alone, and ranks them.
fn of_segment<'a>(
    names: impl Iterator<Item = &'a str>,
    found: &[&SegmentProfiles],
    segment: usize,
) -> Vec<Profiled> {
    let first = |profiles: &&SegmentProfiles| {
        let summary = *profiles.features.first()?;
        let mut cell = *profiles.segments.get(segment)?.first()?;
        // A feature that is the same for all has no difference to be told.
        if summary.sd.is_none_or(|sd| sd <= f64::EPSILON * summary.mean.unwrap_or(0.0).abs()) {
            cell.standardised_difference = None;
        }
        Some((summary.mean, cell))
    };
    let (means, mut cells): (Vec<Option<f64>>, Vec<ProfileCell>) =
        found.iter().filter_map(first).unzip();
    rank_features(&mut cells);
    names
        .zip(means)
        .zip(cells)
        .map(|((name, overall_mean), cell)| Profiled {
            feature: name.to_owned(),
            overall_mean,
            cell,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(columns: &[(&str, &[f64])], ids: &[u32], n_ids: u32) -> Vec<Vec<Profiled>> {
        let found: Vec<SegmentProfiles> = columns
            .iter()
            .map(|(_, values)| {
                profile_segments(ids, n_ids, &[FeatureColumn::Slice(values)]).expect("is finite")
            })
            .collect();
        let found: Vec<&SegmentProfiles> = found.iter().collect();
        let names = || columns.iter().map(|(name, _)| *name);
        (0..n_ids as usize).map(|segment| of_segment(names(), &found, segment)).collect()
    }

    #[test]
    fn a_profile_is_as_worked_out_by_hand() {
        // Values 1, 3 in segment 1 and 8 in segment 2: mean of all 4, deviation sqrt(26 / 3).
        let found = profile(&[("frequency", &[1.0, f64::NAN, 3.0, 8.0])], &[1, 1, 1, 2], 3);
        let deviation = (26.0_f64 / 3.0).sqrt();
        for (segment, n, mean) in [(1, 2, 2.0), (2, 1, 8.0)] {
            let Profiled { cell, overall_mean, .. } = &found[segment][0];
            assert_eq!((cell.n, cell.mean, *overall_mean), (n, Some(mean), Some(4.0)));
            assert_eq!((cell.index, cell.lift), (Some(25.0 * mean), Some(mean / 4.0 - 1.0)));
            let difference = cell.standardised_difference.expect("has one");
            assert!((difference - (mean - 4.0) / deviation).abs() < 1e-12);
        }
        let cell = &found[0][0].cell;
        assert_eq!((cell.n, cell.mean, cell.index), (0, None, None));
    }

    #[test]
    fn a_feature_that_is_the_same_for_all_tells_nobody_apart() {
        let columns: [(&str, &[f64]); 3] =
            [("a", &[f64::NAN, f64::NAN]), ("b", &[2.0, 2.0]), ("c", &[1.0, 3.0])];
        let found = &profile(&columns, &[0, 1], 2)[0];
        assert_eq!(
            (found[1].cell.index, found[1].cell.standardised_difference),
            (Some(100.0), None)
        );
        // Equals in the order of their names.
        assert_eq!(found.iter().map(|found| found.cell.rank).collect::<Vec<_>>(), [2, 3, 1]);
    }
}

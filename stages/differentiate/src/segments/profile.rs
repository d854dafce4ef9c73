//! How the segments of an axis differ from the whole, feature by feature.

use rayon::prelude::*;

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

/// What stands before the name of a category in the name of its share.
pub(super) const SHARE_PREFIX: &str = "share:";

/// One feature of one segment beside all parties.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Profiled {
    pub(super) feature: String,
    /// Parties of the segment with a value.
    pub(super) n: i64,
    pub(super) mean: Option<f64>,
    /// Mean of all parties with a value.
    pub(super) overall_mean: Option<f64>,
    /// 100 × mean ÷ mean of all.
    pub(super) index: Option<f64>,
    /// (mean − mean of all) ÷ standard deviation of all.
    pub(super) difference: Option<f64>,
    /// From 1, the feature that tells the segment apart most.
    pub(super) rank: i64,
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
    found.sort_by_key(|profiled| profiled.rank);
    found
        .into_iter()
        .filter_map(|profiled| {
            Some(Trait { feature: profiled.feature.clone(), difference: profiled.difference? })
        })
        .collect()
}

/// Segment ids of all parties, and one more than the highest.
pub(super) type Partition<'a> = (&'a [u32], usize);

/// Profiles the segments of several axes; for each axis, for each segment from 0, each feature.
///
/// A column is read once for all axes. Sums run in the order of the parties, so that the number of
/// threads moves no bit of them.
pub(super) fn profiles(
    input: &Input,
    categories: &[String],
    axes: &[Partition<'_>],
) -> Vec<Vec<Vec<Profiled>>> {
    let shares = categories.iter().zip(input.category_shares());
    let features: Vec<(String, Source<'_>)> =
        FEATURES
            .iter()
            .map(|&feature| (feature.to_owned(), Source::Column(feature)))
            .chain(shares.map(|(category, shares)| {
                (format!("{SHARE_PREFIX}{category}"), Source::Share(shares))
            }))
            .collect();
    // For each feature, for each axis, for each segment.
    let cells: Vec<Vec<Vec<Profiled>>> = features
        .par_iter()
        .map(|(feature, source)| {
            let numbers;
            let values = match source {
                Source::Column(name) => {
                    numbers = input.numbers(name);
                    &numbers
                }
                Source::Share(shares) => *shares,
            };
            axes.iter().map(|&(ids, n_ids)| profile(feature, values, ids, n_ids)).collect()
        })
        .collect();
    let mut profiles: Vec<Vec<Vec<Profiled>>> =
        axes.iter().map(|&(_, n_ids)| vec![Vec::with_capacity(features.len()); n_ids]).collect();
    for of_axes in cells {
        for (axis, of_segments) in profiles.iter_mut().zip(of_axes) {
            for (segment, profiled) in axis.iter_mut().zip(of_segments) {
                segment.push(profiled);
            }
        }
    }
    profiles.iter_mut().flatten().for_each(|segment| rank(segment));
    profiles
}

enum Source<'a> {
    Column(&'static str),
    Share(&'a Vec<f64>),
}

/// Profiles one feature of the segments of one axis.
fn profile(feature: &str, values: &[f64], ids: &[u32], n_ids: usize) -> Vec<Profiled> {
    let mut sums = vec![(0_i64, 0.0_f64); n_ids];
    for (&id, &value) in ids.iter().zip(values) {
        if let Some((n, sum)) = sums.get_mut(id as usize)
            && !value.is_nan()
        {
            *n += 1;
            *sum += value;
        }
    }
    let (n, sum) =
        sums.iter().fold((0, 0.0), |all, segment| (all.0 + segment.0, all.1 + segment.1));
    let overall_mean = (n > 0).then(|| sum / n as f64);
    let squares: f64 = overall_mean.map_or(0.0, |mean| {
        values.iter().filter(|value| !value.is_nan()).map(|value| (value - mean).powi(2)).sum()
    });
    let deviation = (squares / n.max(1) as f64).sqrt();
    sums.into_iter()
        .map(|(n, sum)| {
            let mean = (n > 0).then(|| sum / n as f64);
            let both = mean.zip(overall_mean);
            Profiled {
                feature: feature.to_owned(),
                n,
                mean,
                overall_mean,
                index: both.filter(|both| both.1 != 0.0).map(|(mean, all)| 100.0 * mean / all),
                difference: both
                    .filter(|_| deviation > 0.0)
                    .map(|(mean, all)| (mean - all) / deviation),
                rank: 0,
            }
        })
        .collect()
}

/// Ranks the features of a segment by the size of their difference; those without one come last, and
/// equals in the order of their names.
fn rank(profiled: &mut [Profiled]) {
    let mut order: Vec<&mut Profiled> = profiled.iter_mut().collect();
    let telling = |found: &Profiled| found.difference.map_or(-1.0, f64::abs);
    order.sort_by(|a, b| telling(b).total_cmp(&telling(a)).then_with(|| a.feature.cmp(&b.feature)));
    for (found, rank) in order.into_iter().zip(1..) {
        found.rank = rank;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_as_worked_out_by_hand() {
        // Values 1, 3 in segment 1 and 8 in segment 2: mean of all 4, deviation sqrt(26 / 3).
        let found = profile("frequency", &[1.0, f64::NAN, 3.0, 8.0], &[1, 1, 1, 2], 3);
        let deviation = (26.0_f64 / 3.0).sqrt();
        let of = |n, mean: f64| Profiled {
            feature: "frequency".to_owned(),
            n,
            mean: Some(mean),
            overall_mean: Some(4.0),
            index: Some(25.0 * mean),
            difference: Some((mean - 4.0) / deviation),
            rank: 0,
        };
        assert_eq!(found[1..], [of(2, 2.0), of(1, 8.0)]);
        assert_eq!((found[0].n, found[0].mean, found[0].index), (0, None, None));
    }

    #[test]
    fn a_feature_that_is_the_same_for_all_tells_nobody_apart() {
        let mut found = profile("b", &[2.0, 2.0], &[0, 1], 2);
        found.truncate(1);
        found.extend(profile("a", &[f64::NAN, f64::NAN], &[0, 1], 1));
        found.extend(profile("c", &[1.0, 3.0], &[0, 1], 1));
        assert_eq!((found[0].index, found[0].difference), (Some(100.0), None));
        rank(&mut found);
        assert_eq!(found.iter().map(|found| found.rank).collect::<Vec<_>>(), [3, 2, 1]);
    }
}

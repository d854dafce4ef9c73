//! The rule by which a number of clusters is chosen, and its reason.
//!
//! Of the numbers whose clusters are all large enough and none of which dissolves, the one of highest
//! silhouette; of nearly equal ones the lowest number. Stability asks whether the clusters are there
//! at all, the silhouette which partition separates best; either alone is satisfied by too few.
//! The gap is shown beside them and does not decide: on shares, which lie on a sphere, it rises with
//! every cluster.

use std::fmt;

use super::table::ClusterCount;
use crate::quality::Stability;

/// Silhouettes this close are equal: more than the chance of a sample of thousands.
const SILHOUETTE_TIE: f64 = 0.005;

/// The number chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Position in the table.
    pub position: usize,
    /// The number of clusters.
    pub n_clusters: usize,
    /// Why.
    pub reason: ChoiceReason,
}

/// Why a number was chosen; its text is a code in lower case with underscores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChoiceReason {
    /// Highest silhouette of those that are large and stable enough; every cluster is valid.
    HighestSilhouetteAllValid,
    /// Highest silhouette of those that are large and stable enough; some cluster is doubtful.
    HighestSilhouetteSomeDoubtful,
    /// In every number some cluster dissolves: highest silhouette of those large enough.
    NoneStable,
    /// In every number some cluster is too small: highest silhouette of all.
    NoneLargeEnough,
    /// No other number could be tried.
    OnlyOne,
}

impl ChoiceReason {
    /// Returns the code of the reason.
    pub fn code(self) -> &'static str {
        match self {
            Self::HighestSilhouetteAllValid => "highest_silhouette_all_valid",
            Self::HighestSilhouetteSomeDoubtful => "highest_silhouette_some_doubtful",
            Self::NoneStable => "none_stable",
            Self::NoneLargeEnough => "none_large_enough",
            Self::OnlyOne => "only_one",
        }
    }
}

impl fmt::Display for ChoiceReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why a number was not eligible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exclusion {
    /// Its smallest cluster has too few rows.
    TooSmall,
    /// A cluster of it does not come back when other rows are there.
    Dissolved,
}

impl Exclusion {
    /// Returns the code of the exclusion.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooSmall => "too_small",
            Self::Dissolved => "dissolved",
        }
    }

    /// Returns what excludes a number, if anything does.
    pub(super) fn of(smallest_share: f64, size_share_min: f64, least: Stability) -> Option<Self> {
        if smallest_share < size_share_min {
            Some(Self::TooSmall)
        } else {
            (least == Stability::Dissolved).then_some(Self::Dissolved)
        }
    }
}

/// Chooses a number of a table; none of an empty one.
pub(super) fn choose(counts: &[ClusterCount]) -> Option<Choice> {
    let is_eligible = |count: &ClusterCount| count.exclusion.is_none();
    let is_large = |count: &ClusterCount| count.exclusion != Some(Exclusion::TooSmall);
    let (position, reason) = if counts.len() == 1 {
        (0, ChoiceReason::OnlyOne)
    } else if let Some(position) = best(counts, is_eligible) {
        let is_valid = Stability::of(counts[position].least_stability()) == Stability::Valid;
        (
            position,
            if is_valid {
                ChoiceReason::HighestSilhouetteAllValid
            } else {
                ChoiceReason::HighestSilhouetteSomeDoubtful
            },
        )
    } else if let Some(position) = best(counts, is_large) {
        (position, ChoiceReason::NoneStable)
    } else {
        (best(counts, |_| true)?, ChoiceReason::NoneLargeEnough)
    };
    Some(Choice { position, n_clusters: counts[position].n_clusters, reason })
}

/// Returns the first that is allowed and whose silhouette is nearly the highest of those.
fn best(counts: &[ClusterCount], is_allowed: impl Fn(&ClusterCount) -> bool) -> Option<usize> {
    let silhouette = |count: &ClusterCount| count.silhouette.unwrap_or(-1.0);
    let allowed = || counts.iter().enumerate().filter(|(_, count)| is_allowed(count));
    let highest = allowed().map(|(_, count)| silhouette(count)).fold(f64::NEG_INFINITY, f64::max);
    allowed()
        .find(|(_, count)| silhouette(count) >= highest - SILHOUETTE_TIE)
        .map(|(position, _)| position)
}

/// Returns the number that the rule of the gap's authors chooses: the lowest whose gap is at least
/// that of the next one less its standard error; none when the gap rises to the end.
pub(super) fn by_gap(counts: &[ClusterCount]) -> Option<usize> {
    counts.windows(2).find_map(|pair| {
        let [here, next] = pair else { return None };
        let (gap, next) = (here.gap?, next.gap?);
        (gap.gap >= next.gap - next.standard_error).then_some(here.n_clusters)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Gap;
    use super::*;
    use crate::kmeans::Centroids;
    use crate::quality::ClusterStability;

    /// A number of clusters of which the least stable and the smallest are given.
    fn count(n_clusters: usize, silhouette: f64, least: f64, share: f64) -> ClusterCount {
        let stability = |label, mean_jaccard| ClusterStability {
            label,
            mean_jaccard: Some(mean_jaccard),
            n_resamples: 20,
            n_dissolved: 0,
        };
        ClusterCount {
            n_clusters,
            centroids: Centroids::new(1, vec![0.0; n_clusters]).expect("finite"),
            inertia: 1.0,
            smallest_share: share,
            simplified_silhouette: 0.5,
            silhouette: Some(silhouette),
            gap: None,
            stability: vec![stability(0, 1.0), stability(1, least)],
            exclusion: Exclusion::of(share, 0.01, Stability::of(least)),
        }
    }

    fn chosen(counts: &[ClusterCount]) -> (usize, ChoiceReason) {
        let choice = choose(counts).expect("a table");
        assert_eq!(counts[choice.position].n_clusters, choice.n_clusters);
        (choice.n_clusters, choice.reason)
    }

    #[test]
    fn the_best_separated_of_those_that_are_there_is_chosen() {
        let counts = [
            count(3, 0.30, 0.9, 0.2),
            count(4, 0.40, 0.8, 0.1),
            count(5, 0.60, 0.5, 0.1),
            count(6, 0.50, 0.9, 0.009),
        ];
        assert_eq!(chosen(&counts), (4, ChoiceReason::HighestSilhouetteAllValid));
        let exclusions: Vec<Option<&str>> =
            counts.iter().map(|count| count.exclusion.map(Exclusion::code)).collect();
        assert_eq!(exclusions, [None, None, Some("dissolved"), Some("too_small")]);
        let doubtful = [count(3, 0.30, 0.9, 0.2), count(4, 0.40, 0.7, 0.1)];
        assert_eq!(chosen(&doubtful), (4, ChoiceReason::HighestSilhouetteSomeDoubtful));
    }

    #[test]
    fn of_nearly_equal_silhouettes_the_lowest_number_is_chosen() {
        let counts = [count(3, 0.396, 0.9, 0.2), count(4, 0.40, 0.9, 0.1)];
        assert_eq!(chosen(&counts).0, 3);
        let counts = [count(3, 0.394, 0.9, 0.2), count(4, 0.40, 0.9, 0.1)];
        assert_eq!(chosen(&counts).0, 4);
    }

    #[test]
    fn when_no_number_is_eligible_the_reason_says_so() {
        let unstable = [count(3, 0.1, 0.5, 0.2), count(4, 0.2, 0.4, 0.1), count(5, 0.3, 0.9, 0.0)];
        assert_eq!(chosen(&unstable), (4, ChoiceReason::NoneStable));
        let small = [count(3, 0.1, 0.9, 0.0), count(4, 0.2, 0.9, 0.0)];
        assert_eq!(chosen(&small), (4, ChoiceReason::NoneLargeEnough));
        assert_eq!(chosen(&[count(3, 0.1, 0.1, 0.0)]), (3, ChoiceReason::OnlyOne));
        assert_eq!(choose(&[]), None);
        assert_eq!(ChoiceReason::NoneStable.to_string(), "none_stable");
    }

    #[test]
    fn the_rule_of_the_gap_takes_the_first_that_the_next_does_not_beat() {
        let with = |n_clusters, gap, standard_error| ClusterCount {
            gap: Some(Gap { gap, standard_error }),
            ..count(n_clusters, 0.3, 0.9, 0.2)
        };
        // 0.5 < 0.8 - 0.1, then 0.8 >= 0.85 - 0.1.
        let counts = [with(3, 0.5, 0.1), with(4, 0.8, 0.1), with(5, 0.85, 0.1)];
        assert_eq!(by_gap(&counts), Some(4));
        assert_eq!(by_gap(&counts[..2]), None);
    }
}

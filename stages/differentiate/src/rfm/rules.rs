//! Named segments: a table of rules over the three scores.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::params::{Problem, is_file_name};

/// Name given to parties without purchases, which have no scores.
pub(crate) const NO_PURCHASES: &str = "no_purchases";

/// One named RFM segment: ranges of scores, both ends included; a range left out holds for all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RfmSegment {
    /// Name, unique, of `a-z`, `0-9`, blank, `_`, `+` and `-`.
    pub name: String,
    /// Lowest and highest recency score.
    #[serde(default)]
    pub r: Option<[i64; 2]>,
    /// Lowest and highest frequency score.
    #[serde(default)]
    pub f: Option<[i64; 2]>,
    /// Lowest and highest monetary score.
    #[serde(default)]
    pub m: Option<[i64; 2]>,
}

impl RfmSegment {
    fn holds(&self, r: i64, f: i64, m: i64) -> bool {
        let within = |range: Option<[i64; 2]>, score| {
            range.is_none_or(|[low, high]| (low..=high).contains(&score))
        };
        within(self.r, r) && within(self.f, f) && within(self.m, m)
    }
}

/// The eleven segments that RFM practice knows, best first.
///
/// The grid of recency by frequency is the usual one; money parts the champions from the loyal, and
/// those one cannot lose from those at risk.
pub(super) fn usual() -> Vec<RfmSegment> {
    let rule =
        |name: &str, r, f, m| RfmSegment { name: name.to_owned(), r: Some(r), f: Some(f), m };
    vec![
        rule("champions", [4, 5], [4, 5], Some([4, 5])),
        rule("loyal", [3, 5], [4, 5], None),
        rule("potential_loyalist", [4, 5], [2, 3], None),
        rule("new_customers", [5, 5], [1, 1], None),
        rule("promising", [4, 4], [1, 1], None),
        rule("need_attention", [3, 3], [3, 3], None),
        rule("about_to_sleep", [3, 3], [1, 2], None),
        rule("cannot_lose_them", [1, 2], [4, 5], Some([4, 5])),
        rule("at_risk", [1, 2], [3, 5], None),
        rule("hibernating", [2, 2], [1, 2], None),
        rule("lost", [1, 1], [1, 2], None),
    ]
}

/// Lists what is wrong with rules over scores from 1 to `buckets`.
pub(super) fn check(segments: &[RfmSegment], buckets: u32) -> Vec<Problem> {
    let highest = i64::from(buckets);
    let mut problems = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        let mut refuse = |field: &str, why: String| {
            problems.push((format!("segments[{at}].{field}"), why));
        };
        if !is_file_name(&segment.name) {
            let why = "is no name, expected up to 80 of a-z, 0-9, blank, `_`, `+`, `-`";
            refuse("name", why.to_owned());
        } else if segment.name == NO_PURCHASES {
            refuse("name", format!("is `{NO_PURCHASES}`, which parties without purchases bear"));
        } else if segments.iter().take(at).any(|other| other.name == segment.name) {
            refuse("name", format!("is `{}`, which an earlier segment bears", segment.name));
        }
        for (field, range) in [("r", segment.r), ("f", segment.f), ("m", segment.m)] {
            if let Some([low, high]) = range
                && !(1 <= low && low <= high && high <= highest)
            {
                refuse(
                    field,
                    format!("is [{low}, {high}], expected a range within 1 to {buckets}"),
                );
            }
        }
    }
    let scores = || 1..=highest;
    let uncovered = scores()
        .flat_map(|r| scores().flat_map(move |f| scores().map(move |m| (r, f, m))))
        .find(|&(r, f, m)| !segments.iter().any(|segment| segment.holds(r, f, m)));
    if let Some((r, f, m)) = uncovered {
        problems.push((
            "segments".to_owned(),
            format!(
                "hold for no customer of r {r}, f {f}, m {m}; end the list with a rule without ranges"
            ),
        ));
    }
    problems
}

/// Rules as they are applied, first come, first served.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a>(&'a [RfmSegment]);

impl<'a> Rules<'a> {
    pub(crate) fn new(segments: &'a [RfmSegment]) -> Self {
        Self(segments)
    }

    /// The name of the first rule that holds.
    pub(crate) fn segment(&self, r: i64, f: i64, m: i64) -> Option<&'a str> {
        self.0.iter().find(|segment| segment.holds(r, f, m)).map(|segment| segment.name.as_str())
    }

    /// Names with their ranges as text, in the order of the rules.
    pub(crate) fn describe(&self) -> impl Iterator<Item = (&'a str, [Option<[i64; 2]>; 3])> {
        self.0.iter().map(|segment| (segment.name.as_str(), [segment.r, segment.f, segment.m]))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn all_scores() -> impl Iterator<Item = (i64, i64, i64)> {
        (1..=5).flat_map(|r| (1..=5).flat_map(move |f| (1..=5).map(move |m| (r, f, m))))
    }

    #[test]
    fn each_of_the_125_score_combinations_has_one_usual_segment_and_each_segment_some() {
        let usual = usual();
        let rules = Rules::new(&usual);
        let mut cells = BTreeMap::new();
        for (r, f, m) in all_scores() {
            *cells.entry(rules.segment(r, f, m).expect("total")).or_insert(0) += 1;
        }
        assert_eq!(cells.values().sum::<i32>(), 125);
        // Worked out on paper: recency rows × frequency columns × monetary levels.
        assert_eq!(
            cells.into_iter().collect::<Vec<_>>(),
            [
                ("about_to_sleep", 10),
                ("at_risk", 22),
                ("cannot_lose_them", 8),
                ("champions", 8),
                ("hibernating", 10),
                ("lost", 10),
                ("loyal", 22),
                ("need_attention", 5),
                ("new_customers", 5),
                ("potential_loyalist", 20),
                ("promising", 5),
            ]
        );
    }

    #[test]
    fn the_best_and_the_worst_are_what_their_names_say() {
        let usual = usual();
        let rules = Rules::new(&usual);
        assert_eq!(rules.segment(5, 5, 5), Some("champions"));
        assert_eq!(rules.segment(1, 5, 5), Some("cannot_lose_them"));
        assert_eq!(rules.segment(5, 1, 3), Some("new_customers"));
        assert_eq!(rules.segment(1, 1, 1), Some("lost"));
    }

    #[test]
    fn a_gap_a_bad_range_and_a_name_used_twice_are_told_at_once() {
        let rule = |name: &str, r| RfmSegment { name: name.to_owned(), r, f: None, m: None };
        let problems =
            check(&[rule("good", Some([2, 3])), rule("good", Some([3, 9])), rule("No!", None)], 3);
        let places: Vec<_> = problems.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, ["segments[1].name", "segments[1].r", "segments[2].name"]);

        let problems = check(&[rule("good", Some([2, 3]))], 3);
        let expected =
            "hold for no customer of r 1, f 1, m 1; end the list with a rule without ranges";
        assert_eq!(problems, [("segments".to_owned(), expected.to_owned())]);
    }
}

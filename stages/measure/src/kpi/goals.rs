//! Goals held against the key figures.

use arrow_array::{Date32Array, Float64Array, StringArray};
use idip_schemas::measure::goal_result;
use jiff::civil::{Date, date};

use super::Row;
use crate::{Direction, Goal};

/// One row for each goal, by figure and segment.
pub(super) fn results(goals: &[Goal], rows: &[Row]) -> goal_result::Columns {
    let mut goals: Vec<&Goal> = goals.iter().collect();
    goals.sort_by(|a, b| (&a.kpi, &a.segment).cmp(&(&b.kpi, &b.segment)));
    let found: Vec<Option<&Row>> = goals
        .iter()
        .map(|goal| {
            rows.iter().find(|row| row.figure.kpi == goal.kpi && row.segment == goal.segment)
        })
        .collect();
    let values: Vec<Option<f64>> =
        found.iter().map(|row| row.and_then(|row| row.figure.value)).collect();
    let intervals: Vec<Option<(f64, f64)>> =
        found.iter().map(|row| row.and_then(|row| row.figure.interval)).collect();
    goal_result::Columns {
        kpi: StringArray::from_iter_values(goals.iter().map(|goal| &goal.kpi)),
        segment: StringArray::from_iter_values(goals.iter().map(|goal| &goal.segment)),
        direction: StringArray::from_iter_values(goals.iter().map(|goal| goal.direction.code())),
        target: goals.iter().map(|goal| Some(goal.target)).collect(),
        baseline: goals.iter().map(|goal| goal.baseline).collect(),
        due: goals.iter().map(|goal| goal.due.and_then(days)).collect::<Date32Array>(),
        ci_low: intervals.iter().map(|i| i.map(|(low, _)| low)).collect(),
        ci_high: intervals.iter().map(|i| i.map(|(_, high)| high)).collect(),
        attained: goals
            .iter()
            .zip(&values)
            .map(|(goal, value)| value.and_then(|value| attained(goal, value)))
            .collect(),
        verdict: StringArray::from_iter_values(
            goals
                .iter()
                .zip(values.iter().zip(&intervals))
                .map(|(goal, (value, interval))| verdict(goal, *value, *interval)),
        ),
        value: values.into_iter().collect::<Float64Array>(),
    }
}

fn days(due: Date) -> Option<i32> {
    due.since(date(1970, 1, 1)).ok().map(|span| span.get_days())
}

/// The part of the way from the baseline, or from 0, that is done.
fn attained(goal: &Goal, value: f64) -> Option<f64> {
    let from = goal.baseline.unwrap_or(0.0);
    let share = (value - from) / (goal.target - from);
    // Without a baseline, a target of at most so much is not a way from 0.
    let is_a_way = goal.baseline.is_some() || goal.direction == Direction::AtLeast;
    (is_a_way && share.is_finite()).then_some(share)
}

/// What can be said: with an interval, only that which holds at both of its ends.
fn verdict(goal: &Goal, value: Option<f64>, interval: Option<(f64, f64)>) -> &'static str {
    let Some(value) = value else { return "not_computable" };
    let reaches = |value: f64| match goal.direction {
        Direction::AtLeast => value >= goal.target,
        Direction::AtMost => value <= goal.target,
    };
    let (low, high) = interval.unwrap_or((value, value));
    match (reaches(low), reaches(high)) {
        (true, true) => "met",
        (false, false) => "not_met",
        _ => "undecided",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal(direction: Direction, target: f64, baseline: Option<f64>) -> Goal {
        Goal {
            kpi: "repeat_rate".into(),
            target,
            direction,
            segment: "(all)".into(),
            baseline,
            due: Some(date(1970, 2, 1)),
        }
    }

    #[test]
    fn a_goal_is_met_only_when_the_whole_interval_reaches_it() {
        let at_least = goal(Direction::AtLeast, 0.3, None);
        assert_eq!(verdict(&at_least, Some(0.35), Some((0.31, 0.4))), "met");
        assert_eq!(verdict(&at_least, Some(0.35), Some((0.29, 0.4))), "undecided");
        assert_eq!(verdict(&at_least, Some(0.2), Some((0.1, 0.29))), "not_met");
        assert_eq!(verdict(&at_least, Some(0.3), None), "met");
        assert_eq!(verdict(&at_least, None, None), "not_computable");
        let at_most = goal(Direction::AtMost, 0.3, None);
        assert_eq!(verdict(&at_most, Some(0.2), Some((0.1, 0.29))), "met");
        assert_eq!(verdict(&at_most, Some(0.35), None), "not_met");
    }

    #[test]
    fn the_way_is_measured_from_the_baseline() {
        // From 20 % to 30 %, at 25 %: half. From 0 to 30 %, at 15 %: half.
        let half = attained(&goal(Direction::AtLeast, 0.3, Some(0.2)), 0.25);
        assert!((half.expect("is a way") - 0.5).abs() < 1e-12);
        assert_eq!(attained(&goal(Direction::AtLeast, 0.3, None), 0.15), Some(0.5));
        // Down from 10 % to 5 %, at 11 %: the wrong way.
        let back = attained(&goal(Direction::AtMost, 0.05, Some(0.10)), 0.11);
        assert!((back.expect("is a way") + 0.2).abs() < 1e-12);
        assert_eq!(attained(&goal(Direction::AtMost, 0.05, None), 0.02), None);
    }

    #[test]
    fn a_due_day_is_days_since_1970() {
        let results = results(&[goal(Direction::AtLeast, 0.3, None)], &[]);
        assert_eq!(results.due.value(0), 31);
        assert_eq!(results.verdict.value(0), "not_computable");
    }
}

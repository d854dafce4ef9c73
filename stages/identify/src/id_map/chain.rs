//! What stands for each id, one night after the other.

use std::collections::BTreeMap;

/// What became of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    InForce,
    /// Another id stands for it.
    Merged,
    /// No feed names it, or the ids that stood for it, any more.
    Gone,
    /// Its person was erased; nobody has it again.
    Erased,
}

impl State {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Merged => "merged",
            Self::Gone => "gone",
            Self::Erased => "erased",
        }
    }

    /// The state of a code; what is nothing else is gone.
    pub(super) fn of_code(code: &str) -> Self {
        match code {
            "in_force" => Self::InForce,
            "merged" => Self::Merged,
            "erased" => Self::Erased,
            _ => Self::Gone,
        }
    }
}

/// What brought a state about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// References that no customer had the night before.
    Arrival,
    /// References that no feed names any more.
    Departure,
    /// The same references, judged otherwise.
    Evidence,
    /// The person asked for it.
    Request,
    /// The person objected.
    Objection,
    /// It was kept long enough.
    Expiry,
    /// A law or a court asked for it.
    Order,
}

impl Cause {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Arrival => "arrival",
            Self::Departure => "departure",
            Self::Evidence => "evidence",
            Self::Request => "request",
            Self::Objection => "objection",
            Self::Expiry => "expiry",
            Self::Order => "order",
        }
    }

    /// The cause of a code.
    pub(super) fn of_code(code: &str) -> Self {
        match code {
            "arrival" => Self::Arrival,
            "departure" => Self::Departure,
            "request" => Self::Request,
            "objection" => Self::Objection,
            "expiry" => Self::Expiry,
            "order" => Self::Order,
            _ => Self::Evidence,
        }
    }
}

/// One id that was ever given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) id: i64,
    /// The id that stands for it; none when there is none.
    pub(super) current: Option<i64>,
    pub(super) state: State,
    /// Days since 1970-01-01.
    pub(super) since: i32,
    pub(super) changed_on: i32,
    pub(super) cause: Cause,
}

/// What happened between last night and tonight.
#[derive(Debug, Default)]
pub(super) struct Tonight {
    /// Logical date, in days since 1970-01-01.
    pub(super) date: i32,
    /// Ids in force, and how many of their references are new.
    pub(super) arrived: Vec<(i64, i64)>,
    /// Ids in force last night, and how many of their references are gone.
    pub(super) departed: Vec<(i64, i64)>,
    /// Ids of last night that were merged away, and the one that follows each.
    pub(super) merged: Vec<(i64, i64)>,
    /// Ids of erased people, the day of each and its reason.
    pub(super) erased: Vec<(i64, i32, Cause)>,
}

/// Every id after tonight, ascending.
///
/// `earlier` is what was known after last night, closed over merges: what stood for an id was in force.
/// So one step closes it again: an id goes where the id that stood for it went. O(n log n).
pub(super) fn follow(earlier: Vec<Known>, tonight: &Tonight) -> Vec<Known> {
    let arrived: BTreeMap<i64, i64> = tonight.arrived.iter().copied().collect();
    let departed: BTreeMap<i64, i64> = tonight.departed.iter().copied().collect();
    let merged: BTreeMap<i64, i64> = tonight.merged.iter().copied().collect();
    let mut known: BTreeMap<i64, Known> = earlier.into_iter().map(|row| (row.id, row)).collect();

    let cause = |id: i64, current: Option<i64>| {
        let some = |counts: &BTreeMap<i64, i64>, id| counts.get(&id).is_some_and(|&n| n > 0);
        if current.is_some_and(|current| some(&arrived, current)) {
            Cause::Arrival
        } else if some(&departed, id) {
            Cause::Departure
        } else {
            Cause::Evidence
        }
    };
    // Ids of a night from before the map was kept.
    for &(id, _) in tonight.departed.iter().chain(&tonight.arrived) {
        let cause = || cause(id, Some(id));
        known.entry(id).or_insert_with(|| Known {
            id,
            current: Some(id),
            state: State::InForce,
            since: tonight.date,
            changed_on: tonight.date,
            cause: cause(),
        });
    }
    for row in known.values_mut().filter(|row| row.state != State::Erased) {
        let (current, state) = if arrived.contains_key(&row.id) {
            (Some(row.id), State::InForce)
        } else {
            let follower = row.current.and_then(|current| match merged.get(&current) {
                Some(&follower) => Some(follower),
                None => arrived.contains_key(&current).then_some(current),
            });
            (follower, if follower.is_some() { State::Merged } else { State::Gone })
        };
        if (current, state) != (row.current, row.state) {
            let through = row.current.unwrap_or(row.id);
            row.cause = cause(through, current);
            row.changed_on = tonight.date;
            (row.current, row.state) = (current, state);
        }
    }
    for &(id, day, reason) in &tonight.erased {
        let since = known.get(&id).map_or(day, |row| row.since);
        let (current, state) = (None, State::Erased);
        known.insert(id, Known { id, current, state, since, changed_on: day, cause: reason });
    }
    known.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, current: Option<i64>, state: State, since: i32, changed_on: i32) -> Known {
        Known { id, current, state, since, changed_on, cause: Cause::Evidence }
    }

    fn states(rows: &[Known]) -> Vec<(i64, Option<i64>, State, i32, i32)> {
        rows.iter().map(|it| (it.id, it.current, it.state, it.since, it.changed_on)).collect()
    }

    const HERE: State = State::InForce;

    #[test]
    fn an_id_follows_what_stood_for_it_over_several_merges() {
        let first = follow(
            Vec::new(),
            &Tonight { date: 1, arrived: vec![(5, 1), (6, 2), (7, 1)], ..Tonight::default() },
        );
        assert_eq!(states(&first)[0], (5, Some(5), HERE, 1, 1));
        assert!(first.iter().all(|it| it.cause == Cause::Arrival));

        let second = follow(
            first,
            &Tonight {
                date: 2,
                arrived: vec![(6, 1), (7, 0)],
                departed: vec![(5, 0), (6, 0), (7, 0)],
                merged: vec![(5, 6)],
                ..Tonight::default()
            },
        );
        assert_eq!(states(&second)[0], (5, Some(6), State::Merged, 1, 2));
        assert_eq!(second[0].cause, Cause::Arrival, "a new reference tied them");
        assert_eq!(states(&second)[1], (6, Some(6), HERE, 1, 1), "nothing changed for 6");

        let third = follow(
            second,
            &Tonight {
                date: 3,
                arrived: vec![(7, 0)],
                departed: vec![(6, 0), (7, 0)],
                merged: vec![(6, 7)],
                ..Tonight::default()
            },
        );
        assert_eq!(states(&third)[0], (5, Some(7), State::Merged, 1, 3));
        assert_eq!(third[0].cause, Cause::Evidence);

        let fourth =
            follow(third, &Tonight { date: 4, departed: vec![(7, 4)], ..Tonight::default() });
        assert!(fourth.iter().all(|it| it.state == State::Gone && it.current.is_none()));
        assert!(fourth.iter().all(|it| it.changed_on == 4 && it.cause == Cause::Departure));
    }

    #[test]
    fn an_id_that_comes_back_stands_for_itself_again() {
        let before = vec![row(5, Some(6), State::Merged, 1, 2), row(6, Some(6), HERE, 1, 1)];
        let tonight = Tonight {
            date: 9,
            arrived: vec![(5, 0), (6, 0)],
            departed: vec![(6, 0)],
            ..Tonight::default()
        };
        let rows = states(&follow(before, &tonight));
        assert_eq!(rows, [(5, Some(5), HERE, 1, 9), (6, Some(6), HERE, 1, 1)]);
    }

    #[test]
    fn an_erased_id_stays_erased() {
        let before = vec![row(5, Some(6), State::Merged, 1, 2), row(6, Some(6), HERE, 1, 1)];
        let erased = vec![(5, 9, Cause::Objection), (6, 9, Cause::Objection)];
        let tonight = Tonight { date: 9, erased: erased.clone(), ..Tonight::default() };
        let ninth = follow(before, &tonight);
        let expected = [(5, None, State::Erased, 1, 9), (6, None, State::Erased, 1, 9)];
        assert_eq!(states(&ninth), expected);
        assert!(ninth.iter().all(|it| it.cause == Cause::Objection));
        assert_eq!(
            follow(ninth.clone(), &Tonight { date: 10, erased, ..Tonight::default() }),
            ninth
        );
        // Even without the list of the store a tombstone stays what it is.
        assert_eq!(follow(ninth.clone(), &Tonight { date: 11, ..Tonight::default() }), ninth);
    }

    #[test]
    fn an_id_from_before_the_map_is_taken_in() {
        let tonight = Tonight {
            date: 3,
            arrived: vec![(6, 0)],
            departed: vec![(5, 0), (6, 0)],
            merged: vec![(5, 6)],
            ..Tonight::default()
        };
        let rows = states(&follow(Vec::new(), &tonight));
        assert_eq!(rows, [(5, Some(6), State::Merged, 3, 3), (6, Some(6), HERE, 3, 3)]);
    }
}

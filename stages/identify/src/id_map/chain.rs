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
/// So one step closes it again: an id goes where the id that stood for it went. O(n log n), and O(n) where
/// rows come in the order of their ids.
pub(super) fn follow(mut earlier: Vec<Known>, tonight: Tonight) -> Vec<Known> {
    let date = tonight.date;
    let arrived = ById::new(tonight.arrived);
    let departed = ById::new(tonight.departed);
    let merged = ById::new(tonight.merged);
    if !earlier.is_sorted_by_key(|row| row.id) {
        earlier.sort_by_key(|row| row.id);
    }

    let cause = |id: i64, current: Option<i64>| {
        let some = |counts: &ById, id| counts.get(id).is_some_and(|n| n > 0);
        if current.is_some_and(|current| some(&arrived, current)) {
            Cause::Arrival
        } else if some(&departed, id) {
            Cause::Departure
        } else {
            Cause::Evidence
        }
    };
    // Where the id that stood for an id went.
    let follower = |current: i64| {
        merged.get(current).or_else(|| arrived.get(current).is_some().then_some(current))
    };
    let mut known = Vec::with_capacity(earlier.len().max(arrived.0.len()));
    let (mut rows, mut here, mut before) =
        (earlier.into_iter().peekable(), arrived.walk(), departed.walk());
    while let Some(id) = [rows.peek().map(|row| row.id), here.next_id(), before.next_id()]
        .into_iter()
        .flatten()
        .min()
    {
        let (is_here, _) = (here.take(id), before.take(id));
        // Ids of a night from before the map was kept have no row.
        let mut row = rows.next_if(|row| row.id == id).unwrap_or_else(|| Known {
            id,
            current: Some(id),
            state: State::InForce,
            since: date,
            changed_on: date,
            cause: cause(id, Some(id)),
        });
        if row.state != State::Erased {
            let (current, state) = if is_here {
                (Some(id), State::InForce)
            } else {
                // One that ended may be joined to another when its references come back.
                let follower = follower(row.current.unwrap_or(id));
                (follower, if follower.is_some() { State::Merged } else { State::Gone })
            };
            if (current, state) != (row.current, row.state) {
                row.cause = cause(row.current.unwrap_or(id), current);
                row.changed_on = date;
                (row.current, row.state) = (current, state);
            }
        }
        known.push(row);
    }
    with_erased(known, tonight.erased)
}

/// Ascending rows with tombstones in their places.
fn with_erased(mut known: Vec<Known>, erased: Vec<(i64, i32, Cause)>) -> Vec<Known> {
    let mut unknown = BTreeMap::new();
    for (id, day, reason) in erased {
        let tombstone = |since| Known {
            id,
            current: None,
            state: State::Erased,
            since,
            changed_on: day,
            cause: reason,
        };
        let at = known.binary_search_by_key(&id, |row| row.id).ok();
        if let Some(row) = at.and_then(|at| known.get_mut(at)) {
            *row = tombstone(row.since);
        } else {
            let since = unknown.get(&id).map_or(day, |row: &Known| row.since);
            unknown.insert(id, tombstone(since));
        }
    }
    if !unknown.is_empty() {
        known.extend(unknown.into_values());
        known.sort_by_key(|row| row.id);
    }
    known
}

/// Numbers of ids, ascending by id.
struct ById(Vec<(i64, i64)>);

impl ById {
    fn new(mut pairs: Vec<(i64, i64)>) -> Self {
        if !pairs.is_sorted() {
            pairs.sort_unstable();
        }
        Self(pairs)
    }

    fn get(&self, id: i64) -> Option<i64> {
        let at = self.0.binary_search_by_key(&id, |&(id, _)| id).ok()?;
        self.0.get(at).map(|&(_, number)| number)
    }

    fn walk(&self) -> Walk<'_> {
        Walk(&self.0)
    }
}

/// The ids that are still to come, to be asked for in ascending order.
struct Walk<'a>(&'a [(i64, i64)]);

impl Walk<'_> {
    fn next_id(&self) -> Option<i64> {
        self.0.first().map(|&(id, _)| id)
    }

    /// Passes an id by, and tells whether it was there.
    fn take(&mut self, id: i64) -> bool {
        match self.0 {
            [(next, _), rest @ ..] if *next == id => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }
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
            Tonight { date: 1, arrived: vec![(5, 1), (6, 2), (7, 1)], ..Tonight::default() },
        );
        assert_eq!(states(&first)[0], (5, Some(5), HERE, 1, 1));
        assert!(first.iter().all(|it| it.cause == Cause::Arrival));

        let second = follow(
            first,
            Tonight {
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
            Tonight {
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
            follow(third, Tonight { date: 4, departed: vec![(7, 4)], ..Tonight::default() });
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
        let rows = states(&follow(before, tonight));
        assert_eq!(rows, [(5, Some(5), HERE, 1, 9), (6, Some(6), HERE, 1, 1)]);
    }

    #[test]
    fn an_erased_id_stays_erased() {
        let before = vec![row(5, Some(6), State::Merged, 1, 2), row(6, Some(6), HERE, 1, 1)];
        let erased = vec![(5, 9, Cause::Objection), (6, 9, Cause::Objection)];
        let tonight = Tonight { date: 9, erased: erased.clone(), ..Tonight::default() };
        let ninth = follow(before, tonight);
        let expected = [(5, None, State::Erased, 1, 9), (6, None, State::Erased, 1, 9)];
        assert_eq!(states(&ninth), expected);
        assert!(ninth.iter().all(|it| it.cause == Cause::Objection));
        assert_eq!(
            follow(ninth.clone(), Tonight { date: 10, erased, ..Tonight::default() }),
            ninth
        );
        // Even without the list of the store a tombstone stays what it is.
        assert_eq!(follow(ninth.clone(), Tonight { date: 11, ..Tonight::default() }), ninth);
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
        let rows = states(&follow(Vec::new(), tonight));
        assert_eq!(rows, [(5, Some(6), State::Merged, 3, 3), (6, Some(6), HERE, 3, 3)]);
    }
}

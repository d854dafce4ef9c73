//! What became of segments: births, deaths, changes of name. From them come the ids that are taken.

use std::collections::BTreeMap;

use arrow_array::Array;
use idip_numerics::segment_registry::{RegistryError, SegmentRegistry};
use idip_schemas::differentiate::segmentation::segment_event;

use super::axis::Axis;

/// Kinds of events, in the order of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Born,
    Dead,
    Renamed,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Born => "born",
            Self::Dead => "dead",
            Self::Renamed => "renamed",
        }
    }

    fn of(name: &str) -> Option<Self> {
        [Self::Born, Self::Dead, Self::Renamed].into_iter().find(|kind| kind.name() == name)
    }
}

/// One event of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// Days since 1970-01-01.
    pub(super) night: i32,
    pub(super) segment: String,
    pub(super) previous: Option<String>,
}

/// Events of one axis by segment and kind.
pub(super) type Events = BTreeMap<(u32, Kind), Event>;

/// Reads the events of an axis.
pub(super) fn parse(found: &segment_event::Columns, axis: &str) -> Events {
    (0..found.axis.len())
        .filter(|&row| found.axis.value(row) == axis)
        .filter_map(|row| {
            let id = u32::try_from(found.segment_id.value(row)).ok()?;
            let previous = &found.previous_segment;
            let event = Event {
                night: found.night.value(row),
                segment: found.segment.value(row).to_owned(),
                previous: previous.is_valid(row).then(|| previous.value(row).to_owned()),
            };
            Some(((id, Kind::of(found.event.value(row))?), event))
        })
        .collect()
}

/// The ids in use and those retired: of the events, or of the model where there are none yet.
///
/// # Errors
///
/// When an id is there twice.
pub(super) fn registry(
    events: &Events,
    model_ids: &[u32],
) -> Result<SegmentRegistry, RegistryError> {
    let is_dead = |id: &u32| events.contains_key(&(*id, Kind::Dead));
    let born: Vec<u32> =
        events.keys().filter(|(_, kind)| *kind == Kind::Born).map(|(id, _)| *id).collect();
    let known = if born.is_empty() { model_ids.to_vec() } else { born };
    let (dead, active): (Vec<u32>, Vec<u32>) = known.into_iter().partition(is_dead);
    let next_id = active.iter().chain(&dead).max().map_or(1, |id| id + 1);
    SegmentRegistry::new(active, dead, next_id)
}

/// Adds what became of the segments of an axis tonight to the events of the nights before.
///
/// `names` are those of tonight, by position, from that of the parties without a segment on.
pub(super) fn tonight(axis: &Axis, names: &[String], night: i32) -> Events {
    let mut events = axis.last.events.clone();
    let last_name = |id: u32| axis.last.names.get(&i64::from(id)).cloned();
    for (&id, name) in axis.segment_ids.iter().zip(names.iter().skip(1)) {
        let event = |previous| Event { night, segment: name.clone(), previous };
        events.entry((id, Kind::Born)).or_insert_with(|| event(None));
        if let Some(previous) = last_name(id).filter(|previous| previous != name) {
            events.insert((id, Kind::Renamed), event(Some(previous)));
        }
    }
    for &id in &axis.died {
        let born = events.get(&(id, Kind::Born)).map(|event| event.segment.clone());
        let segment = last_name(id).or(born).unwrap_or_default();
        events.insert((id, Kind::Dead), Event { night, segment, previous: None });
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_was_given_is_never_free_again() {
        let event = || Event { night: 1, segment: "a".to_owned(), previous: None };
        let events = Events::from([
            ((1, Kind::Born), event()),
            ((2, Kind::Born), event()),
            ((2, Kind::Dead), event()),
            ((1, Kind::Renamed), event()),
        ]);
        let found = registry(&events, &[1, 2]).expect("ids differ");
        assert_eq!((found.active(), found.next_id()), (&[1][..], 3));
        assert_eq!(found.retired().collect::<Vec<_>>(), [2]);
        let before = registry(&Events::new(), &[1, 4]).expect("ids differ");
        assert_eq!((before.active(), before.next_id()), (&[1, 4][..], 5));
    }
}

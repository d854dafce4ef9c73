//! Numbers for the names of categories and of channels.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Names with their numbers, found by whoever reads lines.
#[derive(Debug)]
pub(super) struct Names {
    known: Mutex<Known>,
    /// The number of every name that is not among the known.
    other: Option<u32>,
}

#[derive(Debug, Default)]
struct Known {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Names {
    /// Names that are yet to be met.
    pub(super) fn unknown() -> Self {
        Self { known: Mutex::default(), other: None }
    }

    /// These names in their order; any other name counts as `other`, or as the last of them.
    pub(super) fn fixed(names: Vec<String>, other: &str) -> Self {
        let place = names.iter().position(|name| name == other);
        let other = place.unwrap_or(names.len().saturating_sub(1)) as u32;
        let numbers = names.iter().cloned().zip(0..).collect();
        Self { known: Mutex::new(Known { names, numbers }), other: Some(other) }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        // A reader that panicked left whole names behind.
        change(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many have a number.
    pub(super) fn len(&self) -> usize {
        self.with(|known| known.names.len())
    }

    /// The names in the order of their numbers: that in which they were first met, which is another every
    /// time.
    pub(super) fn all(&self) -> Vec<String> {
        self.with(|known| known.names.clone())
    }

    /// The number of a name; a new one gets the next, if it may.
    fn number(&self, name: &str) -> u32 {
        self.with(|known| {
            if let Some(number) = known.numbers.get(name) {
                return *number;
            }
            if let Some(other) = self.other {
                return other;
            }
            let number = known.names.len() as u32;
            known.names.push(name.to_owned());
            known.numbers.insert(name.to_owned(), number);
            number
        })
    }
}

/// One reader's memory of names.
///
/// Lines are many and names are few, mostly short: length, first and last eight bytes tell nearly all of
/// them apart, without their text being compared.
#[derive(Debug)]
pub(super) struct Reader {
    names: Arc<Names>,
    /// A power of two of them, less than half of them taken.
    slots: Vec<Slot>,
    taken: usize,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    mark: Mark,
    /// The whole name where the mark does not hold it.
    rest: Option<Box<str>>,
    number: Option<u32>,
}

impl Reader {
    pub(super) fn new(names: Arc<Names>) -> Self {
        Self { names, slots: vec![Slot::default(); 64], taken: 0 }
    }

    /// The number of a name.
    #[inline]
    pub(super) fn number(&mut self, name: &str) -> u32 {
        let mark = Mark::of(name);
        let mut at = mark.place(self.slots.len());
        while let Some(Slot { mark: found, rest, number: Some(number) }) = self.slots.get(at) {
            if *found == mark && rest.as_deref().is_none_or(|rest| rest == name) {
                return *number;
            }
            at = (at + 1) % self.slots.len();
        }
        self.learn(name)
    }

    #[cold]
    fn learn(&mut self, name: &str) -> u32 {
        let number = self.names.number(name);
        let mark = Mark::of(name);
        let rest = (name.len() > Mark::WHOLE).then(|| name.into());
        self.taken += 1;
        if self.taken * 2 > self.slots.len() {
            let wider = vec![Slot::default(); self.slots.len() * 2];
            for slot in std::mem::replace(&mut self.slots, wider) {
                self.place(slot);
            }
        }
        self.place(Slot { mark, rest, number: Some(number) });
        number
    }

    fn place(&mut self, slot: Slot) {
        let n = self.slots.len();
        let from = slot.mark.place(n);
        let free = (from..from + n).map(|at| at % n);
        let free =
            free.into_iter().find(|at| self.slots.get(*at).is_none_or(|s| s.number.is_none()));
        if let Some(place) = free.and_then(|at| self.slots.get_mut(at))
            && slot.number.is_some()
        {
            *place = slot;
        }
    }
}

/// Length, first and last bytes of a name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Mark {
    first: u64,
    last: u64,
    len: usize,
}

impl Mark {
    /// Bytes of the longest name that its mark holds as a whole.
    const WHOLE: usize = 16;

    #[inline]
    fn of(name: &str) -> Self {
        let bytes = name.as_bytes();
        let len = bytes.len();
        if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
            return Self { first, last, len };
        }
        let first = bytes.iter().fold(0, |mark, byte| mark << 8 | u64::from(*byte));
        Self { first, last: 0, len }
    }

    fn place(&self, n_slots: usize) -> usize {
        let mixed = self.first ^ self.last.rotate_left(29) ^ (self.len as u64).rotate_left(57);
        let mixed = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 32) as usize % n_slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_by_the_whole_of_their_text() {
        let long = "a".repeat(300);
        let names = ["", "tea", "teapot", "teapots", "teapots, old", "teapots, new", &long, "eat"];
        let far = ["teapots of the old kind, green", "teapots of the new kind, green"];
        let names: Vec<&str> = names.into_iter().chain(far).collect();
        let shared = Arc::new(Names::unknown());
        let (mut one, mut other) =
            (Reader::new(Arc::clone(&shared)), Reader::new(Arc::clone(&shared)));
        let numbers: Vec<u32> = names.iter().map(|name| one.number(name)).collect();
        assert_eq!(numbers, (0..names.len() as u32).collect::<Vec<_>>());
        for (name, number) in names.iter().zip(numbers).rev() {
            assert_eq!((one.number(name), other.number(name)), (number, number));
        }
        assert_eq!(other.number(&long[..299]), names.len() as u32);
        assert_eq!(shared.len(), names.len() + 1);
        assert_eq!(shared.all().get(..names.len()).unwrap(), names);
    }

    #[test]
    fn what_is_not_among_fixed_names_is_the_other() {
        let of = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            Reader::new(Arc::new(Names::fixed(names, "(other)")))
        };
        let mut reader = of(&["cheese", "(other)", "tea"]);
        let numbers = ["tea", "coffee", "cheese", "coffee"].map(|name| reader.number(name));
        assert_eq!(numbers, [2, 1, 0, 1]);
        assert_eq!(of(&["cheese", "tea"]).number("tea"), 1);
    }

    #[test]
    fn many_names_keep_their_numbers() {
        let shared = Arc::new(Names::unknown());
        let mut reader = Reader::new(Arc::clone(&shared));
        for round in 0..2 {
            for n in 0..5_000 {
                assert_eq!(reader.number(&format!("name {n}")), n, "round {round}");
            }
        }
    }
}

//! What a party may be offered, and where the optimiser reads it from.

use super::AllocationError;

/// Millionths in a unit of value.
pub(super) const MICROS: f64 = 1e6;

/// Largest value of a candidate, in units: its millionths are exact in an `f64`.
pub const MAX_VALUE: f64 = 1e9;

/// An offer that a party may get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Expected value of making the offer over making none, in millionths of the value's unit.
    ///
    /// Whole numbers, so that a sum does not depend on its order.
    pub value_micros: i64,
    /// Cost charged to the budget, in cents.
    pub cost_cents: u32,
    /// The offer, below the number of offers.
    pub offer: u32,
}

/// Parties and their candidates, stored or computed on the fly.
pub trait Candidates: Sync {
    /// Returns the number of parties.
    fn n_parties(&self) -> usize;

    /// Returns the candidates of a party below `n_parties`; the same at every call.
    ///
    /// An implementation that computes them writes into `scratch` (which holds anything) and
    /// returns it; one that stores them returns a slice of its own.
    fn of_party<'a>(&'a self, party: usize, scratch: &'a mut Vec<Candidate>) -> &'a [Candidate];

    /// Returns what decides between equally good parties, smaller first; a stable hash is fair.
    ///
    /// Equal keys fall back to the smaller party.
    fn tie_key(&self, party: usize) -> u64 {
        party as u64
    }
}

/// Returns a value as whole millionths, or `None` unless it is finite and at most [`MAX_VALUE`].
pub fn micros(value: f64) -> Option<i64> {
    (value.abs() <= MAX_VALUE).then(|| (value * MICROS).round() as i64)
}

/// Candidates of all parties in one list, 16 bytes each.
#[derive(Debug, Clone)]
pub struct CandidateTable {
    candidates: Vec<Candidate>,
    /// Where each party's candidates start, and where the last party's end.
    starts: Vec<usize>,
    tie_keys: Vec<u64>,
}

impl Default for CandidateTable {
    fn default() -> Self {
        Self { candidates: Vec::new(), starts: vec![0], tie_keys: Vec::new() }
    }
}

impl CandidateTable {
    /// Adds a candidate to the party that is being filled.
    ///
    /// # Errors
    /// A value that is not finite or beyond [`MAX_VALUE`] either way; a cost that is negative or
    /// above `u32::MAX` cents.
    pub fn push(&mut self, offer: u32, value: f64, cost_cents: i64) -> Result<(), AllocationError> {
        let party = self.tie_keys.len();
        let value_micros =
            micros(value).ok_or(AllocationError::Value { party, offer, found: value })?;
        let cost_cents = u32::try_from(cost_cents).map_err(|_| AllocationError::Cost {
            party,
            offer,
            found: cost_cents,
        })?;
        self.candidates.push(Candidate { value_micros, cost_cents, offer });
        Ok(())
    }

    /// Ends the party that is being filled, with its tie key, and begins the next one.
    pub fn end_party(&mut self, tie_key: u64) {
        self.starts.push(self.candidates.len());
        self.tie_keys.push(tie_key);
    }

    /// Returns the candidates of a party, in the order in which they were added.
    pub fn party(&self, party: usize) -> &[Candidate] {
        let range = self.starts.get(party).zip(self.starts.get(party + 1));
        range.and_then(|(&start, &end)| self.candidates.get(start..end)).unwrap_or_default()
    }
}

impl Candidates for CandidateTable {
    fn n_parties(&self) -> usize {
        self.tie_keys.len()
    }

    fn of_party<'a>(&'a self, party: usize, _: &'a mut Vec<Candidate>) -> &'a [Candidate] {
        self.party(party)
    }

    fn tie_key(&self, party: usize) -> u64 {
        self.tie_keys.get(party).copied().unwrap_or_default()
    }
}

//! Offers worth making to each party, and what became of them.

/// An offer worth making to one party; money in minor units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Wish {
    /// Position of the offer.
    pub(crate) offer: u32,
    /// Expected value, above 0.
    pub(crate) value: f64,
    /// What it sets aside of the budget, 0 or more.
    pub(crate) cost: i64,
}

/// Wishes of many parties, end to end.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    starts: Vec<u32>,
    wishes: Vec<Wish>,
}

impl Wishes {
    pub(crate) fn begin_party(&mut self) {
        self.starts.push(self.wishes.len() as u32);
    }

    /// Number of parties.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    pub(crate) fn push(&mut self, wish: Wish) {
        self.wishes.push(wish);
    }

    pub(crate) fn append(&mut self, other: &Self) {
        let offset = self.wishes.len() as u32;
        self.starts.extend(other.starts.iter().map(|start| start + offset));
        self.wishes.extend_from_slice(&other.wishes);
    }

    /// Returns the wishes of the party at a position.
    pub(crate) fn of(&self, party: usize) -> &[Wish] {
        let start = self.starts.get(party).map_or(self.wishes.len(), |&start| start as usize);
        let end = self.starts.get(party + 1).map_or(self.wishes.len(), |&end| end as usize);
        self.wishes.get(start..end).unwrap_or(&[])
    }
}

/// What one planned contact gets, or why nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Outcome {
    Assigned(Wish),
    NoEligibleOffer,
    NegativeValue,
    Budget,
    Stock,
}

impl Outcome {
    pub(crate) fn wish(&self) -> Option<&Wish> {
        match self {
            Self::Assigned(wish) => Some(wish),
            _ => None,
        }
    }

    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Assigned(_) => "assigned",
            Self::NoEligibleOffer => "no_eligible_offer",
            Self::NegativeValue => "negative_value",
            Self::Budget => "budget",
            Self::Stock => "stock",
        }
    }
}

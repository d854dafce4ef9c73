//! How the segments of a night came about, and why they were fitted anew.

/// How the segments came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    /// Last night's segments, which went where their customers went.
    Warm,
    /// The same, as a full fit was no better.
    Kept(Refit),
    /// Begun from last night's centroids and brought to rest: a full fit was no better than that.
    Adapted(Refit),
    /// Last night's segments, and one for a new kind of customers.
    Grown(Refit),
    /// Fitted from random starts; those that still are what they were kept their numbers.
    Refit(Refit),
    /// Fitted and numbered for the first time.
    First,
}

impl Start {
    /// Whether last night's segments stay.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Self::Warm | Self::Kept(_))
    }

    /// Whether names are made anew: they may no longer be true.
    pub(super) fn renames(&self) -> bool {
        match self {
            Self::Adapted(reason) | Self::Refit(reason) => reason.renames(),
            Self::Warm | Self::Kept(_) | Self::Grown(_) | Self::First => false,
        }
    }
}

/// Why segments were fitted anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refit {
    /// The setting `refit`.
    Asked,
    /// The setting `warm_start` is off.
    NoWarmStart,
    /// A feature drifted.
    Drift(String),
    /// Last night's segments fit tonight's customers worse than they could.
    Quality,
    /// Another number is asked for than there was.
    OtherNumber,
    /// Last night's model is of other features or another method.
    OtherModel,
    /// A segment had nobody left in it.
    EmptySegment,
}

impl Refit {
    fn renames(&self) -> bool {
        matches!(self, Self::Asked | Self::Drift(_) | Self::Quality | Self::OtherNumber)
    }

    /// Whether somebody wants the segments changed: nobody is held back then.
    pub(super) fn is_asked(&self) -> bool {
        matches!(self, Self::Asked | Self::NoWarmStart | Self::OtherNumber | Self::OtherModel)
    }
}

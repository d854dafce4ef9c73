//! What a step may know about the run it is part of.

/// The night as a step sees it: no clock, no paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunContext {
    /// Logical date: days since 1970-01-01. Facts after it are not seen.
    pub logical_date: i32,
    /// Seed of the project.
    pub seed: u64,
    /// Currency of every amount, ISO 4217.
    pub currency: String,
}

impl RunContext {
    /// A seed for one purpose, so that a new use of chance never shifts another.
    pub fn seed_for(&self, purpose: &str) -> u64 {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.to_le_bytes());
        hasher.update(purpose.as_bytes());
        let mut bytes = [0; 8];
        hasher.finalize_xof().fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_differ_by_purpose_and_by_project() {
        let night = |seed| RunContext { logical_date: 0, seed, currency: "EUR".into() };
        assert_eq!(night(1).seed_for("control"), night(1).seed_for("control"));
        assert_ne!(night(1).seed_for("control"), night(1).seed_for("value"));
        assert_ne!(night(1).seed_for("control"), night(2).seed_for("control"));
    }
}

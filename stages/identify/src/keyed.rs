//! Keyed hashes: customer ids that are born tonight, and fingerprints of identifiers.
//!
//! The key comes from the project's seed. Without a key anybody could hash every telephone number of a
//! country and read the ids and fingerprints back.

use idip_stage::RunContext;

use crate::normalise::Kind;

/// Smallest customer id; the largest is ten times this, less one. Fifteen digits stay exact in doubles
/// and spreadsheets.
pub(crate) const FIRST_ID: i64 = 100_000_000_000_000;

/// Makes customer ids out of references.
#[derive(Debug, Clone)]
pub(crate) struct Births {
    key: [u8; 32],
    n_ids: u64,
    /// Ids that nobody may have, ascending.
    spent: Vec<i64>,
}

impl Births {
    /// The ids of a project.
    pub(crate) fn new(context: &RunContext) -> Self {
        let key = key("customer id", context.seed_for("identify: customer id"));
        Self { key, n_ids: 9 * FIRST_ID as u64, spent: Vec::new() }
    }

    /// The same without some ids: those that ended.
    pub(crate) fn without(mut self, mut spent: Vec<i64>) -> Self {
        spent.sort_unstable();
        self.spent = spent;
        self
    }

    /// Whether nobody may have an id.
    pub(crate) fn is_spent(&self, id: i64) -> bool {
        self.spent.binary_search(&id).is_ok()
    }

    /// The id of a reference; each attempt gives another one.
    pub(crate) fn id(&self, reference: &[u8], attempt: u32) -> i64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(reference);
        if attempt > 0 {
            hasher.update(&[0]);
            hasher.update(&attempt.to_le_bytes());
        }
        let mut bytes = [0; 8];
        hasher.finalize_xof().fill(&mut bytes);
        FIRST_ID + (u64::from_le_bytes(bytes) % self.n_ids) as i64
    }

    /// The same with so few ids that they collide.
    #[cfg(test)]
    pub(crate) fn crowded(n_ids: u64) -> Self {
        Self { key: key("customer id", 7), n_ids, spent: Vec::new() }
    }
}

/// Names identifiers without showing them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fingerprints {
    key: [u8; 32],
}

impl Fingerprints {
    /// The fingerprints of a project.
    pub(crate) fn new(context: &RunContext) -> Self {
        Self { key: key("fingerprint", context.seed_for("identify: fingerprint")) }
    }

    /// 32 hexadecimal digits for a compared form, other ones for each kind.
    pub(crate) fn of(&self, kind: Kind, link_key: &str) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(kind.column().as_bytes());
        hasher.update(&[0]);
        hasher.update(link_key.as_bytes());
        let mut hex = hasher.finalize().to_hex().to_string();
        hex.truncate(32);
        hex
    }
}

/// A key of a project for one purpose.
pub(crate) fn key(purpose: &str, seed: u64) -> [u8; 32] {
    blake3::derive_key(&format!("idip identify v1 {purpose}"), &seed.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(seed: u64) -> RunContext {
        RunContext { logical_date: 20_000, seed, currency: "EUR".to_owned() }
    }

    #[test]
    fn ids_have_fifteen_digits_and_depend_on_reference_attempt_and_seed() {
        let births = Births::new(&context(1));
        for number in 0..1000 {
            let id = births.id(format!("crm:{number}").as_bytes(), 0);
            assert_eq!(id.to_string().len(), 15);
        }
        assert_ne!(births.id(b"a", 0), births.id(b"a", 1));
        assert_ne!(births.id(b"a", 0), births.id(b"b", 0));
        assert_ne!(births.id(b"a", 0), Births::new(&context(2)).id(b"a", 0));
    }

    #[test]
    fn fingerprints_differ_by_kind_and_by_project() {
        let fingerprints = Fingerprints::new(&context(1));
        let one = fingerprints.of(Kind::Email, "ana@shop.es");
        assert_eq!(one.len(), 32);
        assert_ne!(one, fingerprints.of(Kind::Handle, "ana@shop.es"));
        assert_ne!(one, Fingerprints::new(&context(2)).of(Kind::Email, "ana@shop.es"));
    }
}

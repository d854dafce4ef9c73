//! Keyed stable hashes: who is in which cell depends on the party, the salt and the purpose alone.
//!
//! Keyed BLAKE3, because arms must look random to anyone who does not know the salt, and because
//! its output is specified: a cell can be recomputed by another program. One hash takes about a
//! tenth of a microsecond, which is nothing beside what is done with a party.

use std::fmt;

/// Number of buckets that parties are spread over: shares are set to a hundredth of a percent.
pub const N_BUCKETS: u16 = 10_000;

/// Separates our keys from any other use of BLAKE3 with the same salt.
const KEY_CONTEXT: &str = "idip stable_hash v1: key from salt and purpose";

/// Hashes ids under a salt and a purpose; the same on every machine, forever.
///
/// The key is BLAKE3's: length of the salt (8 bytes, little endian), salt, purpose. The hash of an id is
/// the first 8 bytes, little endian, of the keyed BLAKE3 of one tag byte and the id: tag 0 before
/// an `i64` (8 bytes, little endian), tag 1 before bytes.
#[derive(Clone)]
pub struct StableHash {
    key: [u8; blake3::KEY_LEN],
}

impl StableHash {
    /// Returns the hash family of a salt and a purpose, such as `"universal control 2026"`.
    pub fn new(salt: &[u8], purpose: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(KEY_CONTEXT);
        // Without its length, ("ab", "c") and ("a", "bc") would be one key.
        hasher.update(&(salt.len() as u64).to_le_bytes());
        hasher.update(salt);
        hasher.update(purpose.as_bytes());
        Self { key: hasher.finalize().into() }
    }

    /// Returns the hash of a party's id.
    pub fn of_id(&self, id: i64) -> u64 {
        let mut tagged = [0; 9];
        tagged[1..].copy_from_slice(&id.to_le_bytes());
        self.first_word(&tagged)
    }

    /// Returns the hash of an id that is not a number.
    pub fn of_bytes(&self, id: &[u8]) -> u64 {
        let mut tagged = Vec::with_capacity(1 + id.len());
        tagged.push(1);
        tagged.extend_from_slice(id);
        self.first_word(&tagged)
    }

    fn first_word(&self, tagged: &[u8]) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = *blake3::keyed_hash(&self.key, tagged).as_bytes();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

impl fmt::Debug for StableHash {
    /// Hides the key: whoever knows it can foresee the arms.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StableHash").finish_non_exhaustive()
    }
}

/// Returns the bucket of a hash: `floor(hash * 10,000 / 2^64)`, from 0 to 9,999.
///
/// A larger hash never has a smaller bucket, so "the first 5 %" is both `bucket < 500` and the
/// lowest twentieth of the hashes.
pub fn bucket(hash: u64) -> u16 {
    ((u128::from(hash) * u128::from(N_BUCKETS)) >> 64) as u16
}

/// Returns the hash as a number of the half-open unit interval, in steps of 2^-53.
pub fn unit_interval(hash: u64) -> f64 {
    const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
    (hash >> 11) as f64 * STEP
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control() -> StableHash {
        StableHash::new(b"salt", "universal control")
    }

    #[test]
    fn hashes_are_those_of_an_independent_implementation() {
        // Computed with the Python package blake3 1.0.11 from the definition in the doc comment.
        let expected_ids: [(i64, u64, u16); 5] = [
            (0, 0x1154_8eff_e4cc_56ec, 676),
            (1, 0x589d_bee2_e4d6_816e, 3461),
            (-1, 0xf1d8_5ea5_1fc7_5d9e, 9447),
            (i64::MAX, 0x55f0_69ec_a97c_3708, 3356),
            (1_234_567, 0x7e0e_177b_9397_1602, 4924),
        ];
        for (id, hash, in_bucket) in expected_ids {
            assert_eq!((control().of_id(id), bucket(hash)), (hash, in_bucket));
        }
        assert_eq!(control().of_bytes(b""), 0x4348_a7af_f972_7707);
        assert_eq!(control().of_bytes(b"A-17"), 0x8511_cc8e_9293_9876);
    }

    #[test]
    fn buckets_and_unit_interval_cover_their_ranges() {
        assert_eq!([0, u64::MAX].map(bucket), [0, 9_999]);
        assert_eq!(bucket(u64::MAX / 2 + 1), 5_000);
        assert_eq!(unit_interval(0).to_bits(), 0);
        assert!(unit_interval(u64::MAX) < 1.0);
        assert!((unit_interval(1 << 63) - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn salt_purpose_and_kind_of_id_are_kept_apart() {
        let hashes = [
            StableHash::new(b"salt", "a").of_id(1),
            StableHash::new(b"salt", "b").of_id(1),
            StableHash::new(b"salta", "").of_id(1),
            StableHash::new(b"sal", "ta").of_id(1),
            StableHash::new(b"salt", "a").of_bytes(&1_i64.to_le_bytes()),
        ];
        for (i, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..i].contains(hash));
        }
    }

    #[test]
    fn the_key_is_not_printed() {
        assert_eq!(format!("{:?}", control()), "StableHash { .. }");
    }

    /// Chi-square statistic of counts against equal expected counts.
    fn chi_square(counts: &[u32]) -> f64 {
        let expected = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
        counts.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum()
    }

    #[test]
    fn neighbouring_ids_spread_evenly_and_independently_over_purposes() {
        // Chi-square with 99 degrees of freedom exceeds 148.23 in one of 1,000 samples.
        let (first, second) = (control(), StableHash::new(b"salt", "campaign 1"));
        let mut single = [0; 100];
        let mut joint = [0; 100];
        for id in 0..100_000 {
            let (a, b) = (bucket(first.of_id(id)), bucket(second.of_id(id)));
            single[usize::from(a / 100)] += 1;
            joint[usize::from(a / 1_000 * 10 + b / 1_000)] += 1;
        }
        assert!(chi_square(&single) < 148.23, "{}", chi_square(&single));
        assert!(chi_square(&joint) < 148.23, "{}", chi_square(&joint));
    }
}

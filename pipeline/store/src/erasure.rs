//! Who was erased: references as keyed hashes, customer ids as tombstones.
//!
//! ```text
//! <store>/ERASED         the list: hashes of references, and id, day and reason of each customer
//! <store>/ERASURE_KEY    32 random bytes, without which the hashes say nothing
//! ```
//!
//! The list outlives every night, so that what is delivered again is left out again. A hash without a key
//! could be read back by hashing every reference there is; with the key apart, the hashes of the list alone
//! say nothing. Ids do: they are made from the seed of the project and a reference, so that whoever has the
//! seed and a list of references can tell which ids of them were erased.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{At, Result};
use crate::manifest::{corrupt, json_bytes};
use crate::store::{Store, StoreLock};

/// Version of the form of the list.
const FORMAT_VERSION: u32 = 1;

/// Digits of a hash: 128 bits, so that two references never meet.
const HASH_DIGITS: usize = 32;

/// Reasons for which somebody may be erased.
pub const ERASURE_REASONS: [&str; 4] = ["request", "objection", "expiry", "order"];

/// What is left of an erased customer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tombstone {
    /// The id, which nobody has ever again.
    pub customer_id: i64,
    /// Logical date of the night in force when it was erased, `YYYY-MM-DD`.
    pub erased_on: String,
    /// One of [`ERASURE_REASONS`].
    pub reason: String,
}

/// The erasure list of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasures {
    key: [u8; 32],
    references: BTreeSet<String>,
    customers: BTreeMap<i64, Tombstone>,
}

/// The list as it lies on disk.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format_version: u32,
    customers: Vec<Tombstone>,
    references: Vec<String>,
}

impl Erasures {
    /// Whether nobody was erased.
    pub fn is_empty(&self) -> bool {
        self.references.is_empty() && self.customers.is_empty()
    }

    /// Whether a reference was erased.
    pub fn has(&self, reference: &str) -> bool {
        !self.references.is_empty() && self.references.contains(&self.hash(reference))
    }

    /// Whether a customer id was erased.
    pub fn has_customer(&self, customer_id: i64) -> bool {
        self.customers.contains_key(&customer_id)
    }

    /// What is left of a customer; none when it was not erased.
    pub fn tombstone(&self, customer_id: i64) -> Option<&Tombstone> {
        self.customers.get(&customer_id)
    }

    /// What is left of the erased customers, by id.
    pub fn tombstones(&self) -> impl ExactSizeIterator<Item = &Tombstone> {
        self.customers.values()
    }

    /// Adds references, and customers that are not on the list yet.
    pub fn add<'a>(
        &mut self,
        references: impl IntoIterator<Item = &'a str>,
        customers: impl IntoIterator<Item = Tombstone>,
    ) {
        for reference in references {
            let hash = self.hash(reference);
            self.references.insert(hash);
        }
        for tombstone in customers {
            self.customers.entry(tombstone.customer_id).or_insert(tombstone);
        }
    }

    /// Hash of the whole list; none while it is empty, so that a store without erasures has nights like
    /// any other.
    pub fn fingerprint(&self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for tombstone in self.customers.values() {
            let Tombstone { customer_id, erased_on, reason } = tombstone;
            hasher.update(format!("{customer_id},{erased_on},{reason}\n").as_bytes());
        }
        for reference in &self.references {
            hasher.update(reference.as_bytes());
        }
        Some(hasher.finalize().to_hex().to_string())
    }

    fn hash(&self, reference: &str) -> String {
        let mut hex = blake3::keyed_hash(&self.key, reference.as_bytes()).to_hex().to_string();
        hex.truncate(HASH_DIGITS);
        hex
    }
}

impl Store {
    fn erased_path(&self) -> PathBuf {
        self.path().join("ERASED")
    }

    fn erasure_key_path(&self) -> PathBuf {
        self.path().join("ERASURE_KEY")
    }

    /// Reads the erasure list; an empty one while nobody was erased.
    ///
    /// # Errors
    ///
    /// When the list or its key cannot be read or is damaged: nothing may run without it, lest somebody
    /// come back.
    pub fn erasures(&self) -> Result<Erasures> {
        let path = self.erased_path();
        let key = self.erasure_key()?;
        let Some(bytes) = self.disk.read(&path)? else {
            let key = key.unwrap_or_default();
            return Ok(Erasures { key, references: BTreeSet::new(), customers: BTreeMap::new() });
        };
        let Some(key) = key else {
            return Err(corrupt(&self.erasure_key_path(), &"`ERASED` cannot be read without it"));
        };
        let written: Written = serde_json::from_slice(&bytes)
            .map_err(|error| corrupt(&path, &format!("is no erasure list: {error}")))?;
        if written.format_version != FORMAT_VERSION {
            let found = written.format_version;
            return Err(corrupt(&path, &format!("is of form {found}, expected {FORMAT_VERSION}")));
        }
        let customers = written.customers.into_iter().map(|it| (it.customer_id, it)).collect();
        Ok(Erasures { key, references: written.references.into_iter().collect(), customers })
    }

    fn erasure_key(&self) -> Result<Option<[u8; 32]>> {
        let path = self.erasure_key_path();
        let Some(bytes) = self.disk.read(&path)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        let key = blake3::Hash::from_hex(text.trim());
        let key = key.map_err(|_| corrupt(&path, &"expected 64 hexadecimal digits"))?;
        Ok(Some(*key.as_bytes()))
    }
}

impl StoreLock {
    /// The erasure list to add to; while there is none, an empty one with a key of its own.
    ///
    /// # Errors
    ///
    /// As [`Store::erasures`]; or when the system has no random bytes.
    pub fn erasures(&self) -> Result<Erasures> {
        let mut list = self.store.erasures()?;
        if self.store.erasure_key()?.is_none() {
            let source = std::path::Path::new("/dev/urandom");
            File::open(source).and_then(|mut f| f.read_exact(&mut list.key)).at("read", source)?;
        }
        Ok(list)
    }

    /// Puts a list in force; afterwards no run sees what is on it.
    ///
    /// # Errors
    ///
    /// When the disk refuses; the list before then stays in force.
    pub fn keep_erasures(&self, list: &Erasures) -> Result<()> {
        if self.store.erasure_key()?.is_none() {
            let text = format!("{}\n", blake3::Hash::from_bytes(list.key).to_hex());
            self.store.disk.replace(&self.store.erasure_key_path(), text.as_bytes())?;
        }
        let path = self.store.erased_path();
        let written = Written {
            format_version: FORMAT_VERSION,
            customers: list.customers.values().cloned().collect(),
            references: list.references.iter().cloned().collect(),
        };
        self.store.disk.replace(&path, &json_bytes(&written, &path)?)
    }

    /// Removes what failed runs kept for `idip retry`: it may hold rows of anybody.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub fn drop_failed(&self) -> Result<()> {
        let disk = &self.store.disk;
        disk.list(&self.store.failed_dir())?.iter().try_for_each(|entry| disk.retire(&entry.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tombstone(customer_id: i64) -> Tombstone {
        Tombstone { customer_id, erased_on: "2026-01-05".into(), reason: "request".into() }
    }

    #[test]
    fn the_list_is_read_back_and_holds_no_reference() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert!(store.erasures().unwrap().is_empty());
        assert_eq!(store.erasures().unwrap().fingerprint(), None);
        let lock = store.lock().unwrap();
        let mut list = lock.erasures().unwrap();
        list.add(["crm:1", "email:ana@example.org"], [tombstone(7)]);
        lock.keep_erasures(&list).unwrap();

        let read = store.erasures().unwrap();
        assert_eq!(read, list);
        assert!(read.has("crm:1") && read.has("email:ana@example.org") && !read.has("crm:2"));
        assert!(read.has_customer(7) && !read.has_customer(8));
        let text = std::fs::read_to_string(folder.path().join("ERASED")).unwrap();
        assert!(!text.contains("crm:1") && !text.contains("ana"), "{text}");

        // A second one keeps the first, its day included.
        let mut more = lock.erasures().unwrap();
        let later = Tombstone { erased_on: "2026-02-01".into(), ..tombstone(7) };
        more.add(["crm:3"], [later, tombstone(9)]);
        assert_eq!(
            more.tombstones().map(|it| &*it.erased_on).collect::<Vec<_>>(),
            ["2026-01-05"; 2]
        );
        assert!(more.has("crm:1") && more.has("crm:3"));
        assert_ne!(more.fingerprint(), list.fingerprint());
    }

    #[test]
    fn another_store_hashes_otherwise_and_a_list_without_its_key_stops() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let texts = folders.each_ref().map(|folder| {
            let lock = Store::open(folder.path()).unwrap().lock().unwrap();
            let mut list = lock.erasures().unwrap();
            list.add(["crm:1"], []);
            lock.keep_erasures(&list).unwrap();
            std::fs::read_to_string(folder.path().join("ERASED")).unwrap()
        });
        assert_ne!(texts[0], texts[1]);
        std::fs::remove_file(folders[0].path().join("ERASURE_KEY")).unwrap();
        let error = Store::open(folders[0].path()).unwrap().erasures().unwrap_err();
        assert!(error.to_string().contains("ERASURE_KEY"), "{error}");
    }
}

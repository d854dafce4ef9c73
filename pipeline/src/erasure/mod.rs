//! Erasure: who was erased stays out of every night, and `idip forget` takes them out of the nights there
//! are.
//!
//! | file | subject |
//! |---|---|
//! | `request.rs` | the file that names who is to be erased |
//! | `persons.rs` | who that is: references and ids in the published nights |
//! | `spelling.rs` | references as they are hashed |
//! | `published.rs` | published tables, batch by batch |
//! | `keys.rs` | which columns of them name somebody |
//! | `household.rs` | households without those who went |
//! | `rewrite.rs` | a published night without them, put in place of the one with them |
//! | `forget.rs` | the command |

mod forget;
mod household;
mod keys;
mod persons;
mod published;
mod request;
mod rewrite;
mod spelling;

use arrow_array::RecordBatch;
use idip_identify::Params;
use idip_schemas::source::erased_customer;
use idip_store::{Erasures, Tombstone};

pub(crate) use forget::{ForgetReport, forget};

use crate::RunError;

/// The erasure list of a store, asked by reference.
#[derive(Debug, Clone)]
pub(crate) struct ErasedParties {
    list: Erasures,
    identify: Params,
}

impl ErasedParties {
    /// The list, for references that are compared as Identify's settings say.
    pub(crate) fn new(list: Erasures, identify: &Params) -> Self {
        Self { list, identify: identify.clone() }
    }

    /// Whether nobody was erased.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether a feed's reference was erased.
    pub(crate) fn has(&self, party_ref: &str) -> bool {
        self.list.has(&spelling::as_written(party_ref))
            || self.as_compared(party_ref).is_some_and(|form| self.list.has(&form))
    }

    /// A reference in the form in which Identify compares it; none for what is no identifier.
    fn as_compared(&self, party_ref: &str) -> Option<String> {
        spelling::as_compared(party_ref, &self.identify)
    }

    /// Whether a customer id was erased.
    pub(crate) fn has_customer(&self, customer_id: i64) -> bool {
        self.list.has_customer(customer_id)
    }

    /// What is left of the erased customers, by id.
    pub(crate) fn tombstones(&self) -> impl Iterator<Item = &Tombstone> {
        self.list.tombstones()
    }

    /// What is left of a customer; none when it was not erased.
    pub(crate) fn tombstone(&self, customer_id: i64) -> Option<&Tombstone> {
        self.list.tombstone(customer_id)
    }

    /// Hash of the list; none while it is empty.
    pub(crate) fn fingerprint(&self) -> Option<String> {
        self.list.fingerprint()
    }

    /// The tombstones as the source table `erased_customer`.
    pub(crate) fn table(&self) -> Result<RecordBatch, RunError> {
        let rows = || self.list.tombstones();
        let day = |day: &str| day.parse().ok().map(crate::days_since_epoch);
        erased_customer::Columns {
            customer_id: rows().map(|it| it.customer_id).collect(),
            erased_on: rows().map(|it| day(&it.erased_on)).collect(),
            reason: rows().map(|it| Some(it.reason.as_str())).collect(),
        }
        .into_batch()
        .map_err(|error| RunError::Bug(format!("the erasure list: {error}")))
    }
}

//! Whether what decides who a reference is says what it said last night.

use arrow_array::Array;
use idip_numerics::linkage::MODEL_VERSION;
use idip_stage::RunContext;
use rayon::prelude::*;

use super::Nodes;
use super::persons::Persons;
use crate::Params;
use crate::keyed::key;
use crate::order::Strings;

/// Version of the way in which records are compared, beside the form of the model.
///
/// Raised when the same records and settings may give other customers: these are all judged again then.
const COMPARISON_VERSION: u32 = 1;

/// A decision about a node that is in force: the reference it names, and whether both are one.
pub(crate) type DecidedNode<'a> = (u32, &'a str, bool);

/// What one record or decision says: so many bytes that no two that differ have the same.
type Digest = [u8; 16];

/// Fingerprints of references, under a key that has the settings of the comparison in it.
pub(crate) struct ReferenceFingerprints {
    key: [u8; 32],
}

impl ReferenceFingerprints {
    /// The fingerprints of a project under some settings.
    pub(crate) fn new(context: &RunContext, params: &Params) -> Self {
        let seed = context.seed_for("identify: fingerprint of references");
        let mut hasher = blake3::Hasher::new_keyed(&key("fingerprint of references", seed));
        hasher.update(&COMPARISON_VERSION.to_le_bytes());
        hasher.update(&MODEL_VERSION.to_le_bytes());
        hasher.update(params.deciding().as_bytes());
        Self { key: *hasher.finalize().as_bytes() }
    }

    /// The fingerprint of each node that records or decisions speak of; shape `(n_nodes,)`. O(n log n).
    ///
    /// `persons` has the records of `nodes`.
    pub(crate) fn of_nodes(&self, nodes: &Nodes<'_>, persons: &Persons) -> Vec<Option<i64>> {
        let of_records = nodes.node_of.par_iter().enumerate();
        let of_records = of_records.map(|(record, &node)| (node, self.of_record(persons, record)));
        let of_decisions = nodes.decided.par_iter().map(|&(node, other, must_link)| {
            (node, self.of_parts([&[u8::from(must_link)], other.as_bytes()].into_iter()))
        });
        let mut parts: Vec<(u32, Digest)> = of_records.chain(of_decisions).collect();
        parts.par_sort_unstable();
        let of_runs: Vec<(u32, i64)> = parts
            .par_chunk_by(|a, b| a.0 == b.0)
            .filter_map(|run| {
                let node = run.first()?.0;
                let parts = run.iter().map(|part| part.1.as_slice());
                let hash = self.of_parts(std::iter::once(nodes.names.bytes(node)).chain(parts));
                Some((node, i64::from_le_bytes(*hash.first_chunk()?)))
            })
            .collect();
        let mut fingerprints = vec![None; nodes.names.len()];
        for (node, fingerprint) in of_runs {
            if let Some(slot) = fingerprints.get_mut(node as usize) {
                *slot = Some(fingerprint);
            }
        }
        fingerprints
    }

    fn of_record(&self, persons: &Persons, record: usize) -> Digest {
        let told = persons.told(record);
        self.of_parts(told.flat_map(|(column, value)| [column.name().as_bytes(), value.as_bytes()]))
    }

    /// Hash of parts, each with its length, so that no two lists run into each other.
    fn of_parts<'a>(&self, parts: impl Iterator<Item = &'a [u8]>) -> Digest {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut digest = Digest::default();
        hasher.finalize_xof().fill(&mut digest);
        digest
    }
}

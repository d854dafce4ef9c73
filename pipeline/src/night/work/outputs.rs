//! What is made for others out of finished tables.

use std::collections::BTreeMap;

use idip_schemas::source;
use idip_store::Status;
use serde_json::json;

use super::Work;
use crate::night::fingerprint;
use crate::{RunError, outputs};

impl Work<'_> {
    /// Writes every output, or takes it over.
    ///
    /// # Errors
    ///
    /// When a table is missing or the disk refuses.
    pub(in crate::night) fn outputs(&mut self) -> Result<(), RunError> {
        // Source tables of an adopted night are needed by the report alone.
        if let Some((folder, step)) = self.finished(&self.night.sources)
            && !self.rows.contains_key(source::reconciliation::CONTRACT.name)
        {
            self.adopt(&folder, &step)?;
        }
        // Named after what it holds, not after what it was made from: the same tables, the same files.
        let snapshot = format!(
            "{}-{:.16}",
            self.night.day,
            fingerprint::of_texts(self.hashes.values().map(String::as_str))
        );
        for key in self.night.outputs.keys() {
            self.results.begin_step();
            if let Some((folder, step)) = self.finished(key) {
                self.staging.adopt_step(&folder, &step)?;
                self.results.end_step(&key.id, Status::Reused, None, BTreeMap::new());
                continue;
            }
            let files = outputs::write(
                key,
                self.run.context,
                self.engine,
                self.staging,
                &self.night.context,
                &self.rows,
                &snapshot,
            )?;
            if files.is_empty() {
                continue;
            }
            self.staging.finish_step(key, &[], &files)?;
            let figures = BTreeMap::from([("files".to_owned(), json!(files.len()))]);
            self.results.end_step(&key.id, Status::Success, None, figures);
        }
        Ok(())
    }
}

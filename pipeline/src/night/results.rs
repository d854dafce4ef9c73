//! Times each step and keeps what became of it.

#![expect(
    clippy::disallowed_methods,
    reason = "the runner times steps; no step and no published table sees a clock"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use idip_store::{RUN_RESULTS_VERSION, RunMetadata, RunResults, Status, StepResult, Timing};
use serde_json::Value;

/// Results of a run in the making.
#[derive(Debug)]
pub(crate) struct Results {
    run_id: String,
    begun: Instant,
    step_begun: (Instant, String),
    done: Vec<StepResult>,
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

impl Results {
    /// Begins a run under a new id.
    pub(crate) fn begin() -> Self {
        let instant = jiff::Timestamp::now();
        let run_id = format!(
            "{}-{:x}-{:x}",
            instant.strftime("%Y%m%dt%H%M%S"),
            instant.subsec_nanosecond(),
            std::process::id()
        );
        let begun = Instant::now();
        Self { run_id, begun, step_begun: (begun, now()), done: Vec::new() }
    }

    /// Id of the run, unique on this machine.
    pub(crate) fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Begins a step.
    pub(crate) fn begin_step(&mut self) {
        self.step_begun = (Instant::now(), now());
    }

    /// Ends the step begun last.
    pub(crate) fn end_step(
        &mut self,
        id: &str,
        status: Status,
        message: Option<String>,
        figures: BTreeMap<String, Value>,
    ) {
        let (begun, started_at) = &self.step_begun;
        self.done.push(StepResult {
            unique_id: id.to_owned(),
            status,
            timing: vec![Timing {
                name: "execute".into(),
                started_at: started_at.clone(),
                completed_at: now(),
            }],
            execution_time: begun.elapsed().as_secs_f64(),
            failures: None,
            message,
            adapter_response: figures,
        });
    }

    /// Seconds since the run began.
    pub(crate) fn elapsed(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// The results so far.
    pub(crate) fn steps(&self) -> &[StepResult] {
        &self.done
    }

    /// The whole, as it is written down.
    pub(crate) fn finish(&self, args: BTreeMap<String, Value>) -> RunResults {
        RunResults {
            metadata: RunMetadata {
                schema_version: RUN_RESULTS_VERSION.into(),
                idip_version: env!("CARGO_PKG_VERSION").into(),
                generated_at: now(),
                invocation_id: self.run_id.clone(),
            },
            args,
            elapsed_time: self.elapsed(),
            results: self.done.clone(),
        }
    }
}

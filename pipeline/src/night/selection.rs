//! Which steps a command asks for.

use super::context::command;
use super::graph::{Graph, STAGES};
use crate::RunError;

/// Stages to run; None for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    stages: Option<Vec<&'static str>>,
}

impl Selection {
    /// Every stage.
    pub(crate) fn all() -> Self {
        Self { stages: None }
    }

    /// Reads `identify`, `identify+` (and what follows) or `+identify` (and what comes before).
    ///
    /// # Errors
    ///
    /// When the text names no stage.
    pub(crate) fn parse(text: &str) -> Result<Self, RunError> {
        let name = text.trim_matches('+');
        let Some(index) = STAGES.iter().position(|stage| *stage == name) else {
            return Err(command(
                &format!("`{text}` selects no stage"),
                Some(&format!(
                    "stages are {}; `+` adds what comes before or after",
                    STAGES.join(", ")
                )),
            ));
        };
        let from = if text.starts_with('+') { 0 } else { index };
        let to = if text.ends_with('+') { STAGES.len() } else { index + 1 };
        let stages = STAGES.iter().copied().skip(from).take(to - from).collect();
        Ok(Self { stages: Some(stages) })
    }

    /// Whether a stage is asked for.
    pub(crate) fn has(&self, stage: &str) -> bool {
        self.stages.as_ref().is_none_or(|stages| stages.contains(&stage))
    }

    /// Whether every stage is asked for.
    pub(crate) fn is_all(&self) -> bool {
        STAGES.iter().all(|stage| self.has(stage))
    }

    /// Whether a stage that is not asked for stands before one that is.
    pub(crate) fn needs(&self, graph: &Graph, index: usize) -> bool {
        graph.nodes.iter().skip(index).any(|node| self.has(node.stage))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_adds_what_follows_or_comes_before() {
        let has = |text: &str| {
            let selection = Selection::parse(text).unwrap();
            STAGES.map(|stage| selection.has(stage))
        };
        assert_eq!(has("interact"), [false, false, true, false, false]);
        assert_eq!(has("interact+"), [false, false, true, true, true]);
        assert_eq!(has("+interact"), [true, true, true, false, false]);
        assert!(Selection::parse("interakt").is_err());
        assert!(Selection::parse("+measure").unwrap().is_all());
    }
}

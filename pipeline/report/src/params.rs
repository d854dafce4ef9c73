//! Settings of the report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Language;

/// Settings of the report, as the project file writes them under `report:`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Language of the HTML, `en` or `es`; default `en`.
    pub language: Language,
    /// Fewest parties a group must have for its figures to be told, 1 to 1000; default 20. With 1
    /// every group is told.
    pub smallest_group: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self { language: Language::English, smallest_group: 20 }
    }
}

impl Params {
    /// Every bad value: its path below `report`, and what is wrong with it.
    pub fn check(&self) -> Vec<(String, String)> {
        if (1..=1000).contains(&self.smallest_group) {
            return Vec::new();
        }
        let message = format!("is {}, expected 1 to 1000 parties", self.smallest_group);
        vec![("smallest_group".to_owned(), message)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_of_nobody_is_no_floor() {
        assert_eq!(Params::default().check(), []);
        let problems = Params { smallest_group: 0, ..Params::default() }.check();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].0, "smallest_group");
    }
}

//! Blocking rules: which records are compared at all.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::linkage::error::LinkageError;

/// One condition of a rule: a column, or its first characters, agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockingPart {
    /// Column; [`BlockingPart::EITHER_NAME`] for given and family name in either order.
    pub field: String,
    /// Characters that must agree, from the first one; all of them when none is given.
    pub length: Option<usize>,
}

impl BlockingPart {
    /// Stands for given and family name in either order.
    pub const EITHER_NAME: &'static str = "names";
}

/// A conjunction of conditions; two records that meet them all are compared.
///
/// In text its parts are divided by commas: `first_name:1, last_name, postal_code:3`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockingRule {
    /// The conditions.
    pub parts: Vec<BlockingPart>,
}

impl FromStr for BlockingPart {
    type Err = LinkageError;

    fn from_str(text: &str) -> Result<Self, LinkageError> {
        let malformed = || LinkageError::MalformedRule { part: text.to_owned() };
        let (field, length) = match text.trim().split_once(':') {
            Some((field, length)) => {
                let length = length.trim().parse::<usize>().ok().filter(|&length| length > 0);
                (field.trim(), Some(length.ok_or_else(malformed)?))
            }
            None => (text.trim(), None),
        };
        if field.is_empty() || (field == Self::EITHER_NAME && length.is_some()) {
            return Err(malformed());
        }
        Ok(Self { field: field.to_owned(), length })
    }
}

impl FromStr for BlockingRule {
    type Err = LinkageError;

    fn from_str(text: &str) -> Result<Self, LinkageError> {
        Ok(Self { parts: text.split(',').map(str::parse).collect::<Result<_, _>>()? })
    }
}

impl fmt::Display for BlockingPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length {
            Some(length) => write!(f, "{}:{length}", self.field),
            None => f.write_str(&self.field),
        }
    }
}

impl fmt::Display for BlockingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, part) in self.parts.iter().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{part}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_as_it_is_written() {
        let text = "first_name:1, last_name, postal_code:3";
        let rule: BlockingRule = text.parse().expect("is a rule");
        assert_eq!(rule.parts[0], BlockingPart { field: "first_name".into(), length: Some(1) });
        assert_eq!(rule.to_string(), text);
    }

    #[test]
    fn what_is_no_part_is_named() {
        for text in ["", "a,,b", "a:0", "a:x", ":3", "names:2"] {
            let error = text.parse::<BlockingRule>().expect_err("is refused");
            assert!(matches!(error, LinkageError::MalformedRule { .. }), "{text}");
        }
    }
}

//! What the engine could not do, in words that show no cell.

use arrow_schema::ArrowError;
use datafusion::error::DataFusionError;

/// What the engine could not do.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The engine could not be started.
    #[error("the engine could not be started")]
    Start(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A question is not well put.
    #[error("{what}: {}", plain(.source))]
    Plan {
        /// What was asked.
        what: String,
        /// What the engine said; not shown again as the cause.
        source: Box<DataFusionError>,
    },
    /// A question could not be answered.
    #[error("{what}: {}", plain(.source))]
    Execute {
        /// What was asked.
        what: String,
        /// What the engine said.
        source: Box<DataFusionError>,
    },
    /// The answer does not keep its contract.
    #[error("{what}: {source}")]
    Contract {
        /// What was asked.
        what: String,
        /// How it breaks the contract.
        source: idip_schemas::ContractError,
    },
}

impl EngineError {
    /// Whether the data is at fault, rather than the question, the disk or the memory.
    pub fn is_data(&self) -> bool {
        match self {
            Self::Contract { .. } => true,
            Self::Execute { source, .. } => matches!(
                source.find_root(),
                DataFusionError::Execution(_) | DataFusionError::ArrowError(..)
            ),
            Self::Start(_) | Self::Plan { .. } => false,
        }
    }
}

/// The engine's words without its prefixes, its suggestions of internal options, and any cell.
pub(crate) fn plain(error: &DataFusionError) -> String {
    let root = error.find_root();
    let text = match root {
        DataFusionError::SchemaError(schema, _) => schema.to_string(),
        DataFusionError::Plan(text) | DataFusionError::Execution(text) => text.clone(),
        DataFusionError::SQL(error, _) => error.to_string(),
        DataFusionError::ResourcesExhausted(_) => {
            "the memory given to the engine is too small".into()
        }
        // Arrow quotes the cell it stumbles over, and a cell may be personal.
        DataFusionError::ArrowError(error, _) => of_value(error).into(),
        DataFusionError::ParquetError(_) => "the file is not readable as Parquet".into(),
        DataFusionError::IoError(error) => error.to_string(),
        DataFusionError::ObjectStore(_) => "a file cannot be read".into(),
        DataFusionError::Diagnostic(_, inner) => plain(inner),
        other => other.strip_backtrace(),
    };
    text.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// What is wrong with a value, without the value.
fn of_value(error: &ArrowError) -> &'static str {
    match error {
        ArrowError::ArithmeticOverflow(_) => TOO_LARGE,
        ArrowError::InvalidArgumentError(text) if text.contains("to store in a Decimal") => {
            TOO_LARGE
        }
        ArrowError::DivideByZero => {
            "something is divided by zero, which `nullif(divisor, 0)` would make null"
        }
        _ => "a value cannot be read as its column's type",
    }
}

const TOO_LARGE: &str = "an amount, or a sum of them, has more than the 16 digits before the point that \
                         money may have";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_value_is_told_without_it() {
        let told = |error| plain(&DataFusionError::ArrowError(Box::new(error), None));
        let text = "99 is too large to store in a Decimal128 of precision 18".to_owned();
        assert!(told(ArrowError::InvalidArgumentError(text)).contains("16 digits"));
        assert!(told(ArrowError::ArithmeticOverflow("99 * 99".into())).contains("16 digits"));
        assert!(told(ArrowError::DivideByZero).contains("nullif"));
        let other = told(ArrowError::CastError("Cannot cast string 'Ana' to Int64".into()));
        assert_eq!(other, "a value cannot be read as its column's type");
    }
}

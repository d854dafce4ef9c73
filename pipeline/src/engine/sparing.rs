//! Queries once more, with operators that can all spill.
//!
//! A hash join holds one side in memory and is the fastest; a join of sorted rows spills what does not fit.

use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;

/// Whether the memory of the engine was too small.
pub(super) fn is_exhausted(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::ResourcesExhausted(_))
}

/// The same query without hash joins.
pub(super) fn frame(frame: DataFrame) -> DataFrame {
    let (mut state, plan) = frame.into_parts();
    state.config_mut().options_mut().optimizer.prefer_hash_join = false;
    DataFrame::new(state, plan)
}

//! The Identify stage.

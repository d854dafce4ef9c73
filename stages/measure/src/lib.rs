//! The Measure stage.

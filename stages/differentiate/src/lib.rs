//! The Differentiate stage.

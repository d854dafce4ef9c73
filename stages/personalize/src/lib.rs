//! The Personalize stage.

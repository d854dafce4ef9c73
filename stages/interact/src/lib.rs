//! The Interact stage.

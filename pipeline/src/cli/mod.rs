//! Commands and flags.

mod arguments;
mod commands;
mod init;

pub use arguments::Invocation;
pub use commands::{Answer, carry_out, error_json};

//! The command line: flags in, exit code out. The only file that prints.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "results go to stdout, everything else to stderr, from here alone"
)]

use std::io::Write;
use std::process::ExitCode;

use idip::cli::{self, Answer, Invocation};

fn main() -> ExitCode {
    idip::allocator::share_arenas();
    let invocation = Invocation::from_arguments();
    start_log(&invocation);
    quiet_panics();
    let outcome = std::panic::catch_unwind(|| cli::carry_out(&invocation)).unwrap_or_else(|_| {
        Err(idip::RunError::Bug("the program came to a point it should never reach".into()))
    });
    match outcome {
        Ok(Answer { text, code }) => {
            // A reader that has seen enough closes the pipe; that is no failure.
            let mut out = std::io::stdout().lock();
            if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
                return ExitCode::from(3);
            }
            ExitCode::from(code)
        }
        Err(error) => {
            let hint = error.hint();
            if invocation.wants_json() {
                println!("{}", cli::error_json(&error));
            }
            eprintln!("error: {error}");
            if let Some(hint) = hint {
                eprintln!("\nhint: {hint}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// A panic becomes one of our errors; its message might quote a value.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}

fn start_log(invocation: &Invocation) {
    let builder = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_max_level(invocation.log_level());
    if invocation.logs_json() {
        builder.json().init();
    } else {
        builder.without_time().init();
    }
}

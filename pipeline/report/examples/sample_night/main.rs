//! Writes the report of an invented night to standard output, to look at its design.
//!
//! ```text
//! cargo run -p idip-report --example sample_night -- es > report.html
//! cargo run -p idip-report --example sample_night -- json
//! ```

#![expect(
    clippy::expect_used,
    clippy::type_complexity,
    reason = "invented rows are written down as tuples and keep their contracts"
)]

mod tables;

use std::io::Write;

use idip_report::{Language, Params, Report};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let report = Report::new(&tables::night(), &tables::facts(), &Params::default())?;
    let text = match std::env::args().nth(1).as_deref() {
        Some("json") => report.json()?,
        Some("es") => report.html(Language::Spanish),
        _ => report.html(Language::English),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

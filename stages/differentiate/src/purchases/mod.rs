//! Purchases of each customer, for steps that need more of them than features tell.

mod days;

pub(crate) use days::{CustomerDays, SaleDays};

/// SQL of the lines of which the price of a piece is known.
const PRICED_LINE: &str = include_str!("priced_line.sql");

/// Written SQL in which `{priced_line}` stands for the lines of which the price of a piece is known.
pub(crate) fn with_priced_lines(sql: &str) -> String {
    sql.replace("{priced_line}", PRICED_LINE)
}

//! The README of a simulated business.

use super::books::{Books, point};
use crate::made::MadeFile;

const INTRODUCTION: &str = include_str!("README.md");

/// The text of the README: what is there, how much of it, and what the engine is to find.
pub(super) fn text(seed: u64, files: &[MadeFile], books: &[Books]) -> String {
    let rows: Vec<String> =
        files.iter().map(|file| format!("| `{}` | {} |\n", file.path, file.rows)).collect();
    let outcomes: Vec<String> = books
        .iter()
        .map(|books| {
            let money = if books.has_money { point(books.used.amount) } else { "–".to_owned() };
            let sums =
                [books.read, books.used, books.rejected, books.duplicate, books.unattributed];
            let [read, used, rejected, duplicate, unattributed] = sums.map(|sum| sum.rows);
            format!(
                "| `{}` | {read} | {used} | {rejected} | {duplicate} | {unattributed} | {money} |\n",
                books.feed,
            )
        })
        .collect();
    INTRODUCTION
        .replace("{seed}", &seed.to_string())
        .replace("{files}", &rows.concat())
        .replace("{outcomes}", &outcomes.concat())
}

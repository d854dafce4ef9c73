//! First steps: a project file for the feeds at hand, or a whole synthetic business.

use std::path::Path;

use crate::RunError;

/// A project file that runs once its column names are those of the shop.
const TEMPLATE: &str = include_str!("template.yaml");

/// Writes `idip.yaml` into a folder.
///
/// # Errors
///
/// When there is one already or the folder cannot be written.
pub(super) fn init(folder: &Path) -> Result<String, RunError> {
    let path = folder.join("idip.yaml");
    if path.exists() {
        return Err(RunError::Command {
            message: format!("`{}` exists", path.display()),
            hint: Some("`idip check` tells whether it is right".into()),
        });
    }
    let fail = |source| RunError::File { action: "cannot write", path: path.clone(), source };
    fs_err::create_dir_all(folder).map_err(fail)?;
    fs_err::write(&path, TEMPLATE).map_err(fail)?;
    Ok(format!(
        "wrote {}\nnext: put the names of your columns into it, then `idip check` and `idip run`\n",
        path.display()
    ))
}

/// Makes a synthetic business.
///
/// # Errors
///
/// When the folder holds something already, a number is wrong, or the disk refuses.
pub(super) fn simulate(
    to: &Path,
    parties: usize,
    transactions: &str,
    seed: Option<u64>,
) -> Result<String, RunError> {
    let lines = count(transactions, "transactions")?;
    let request = idip_simulate::Request {
        folder: to.to_owned(),
        parties,
        transactions: lines,
        seed: seed.unwrap_or(idip_simulate::DEFAULT_SEED),
    };
    made(idip_simulate::simulate(&request))
}

/// Makes records of several systems about the same people, over some nights.
///
/// # Errors
///
/// As [`simulate`].
pub(super) fn simulate_records(
    to: &Path,
    records: &str,
    nights: usize,
    seed: Option<u64>,
) -> Result<String, RunError> {
    let request = idip_simulate::RecordsRequest {
        folder: to.to_owned(),
        records: count(records, "records")?,
        nights,
        seed: seed.unwrap_or(idip_simulate::DEFAULT_SEED),
    };
    made(idip_simulate::simulate_records(&request))
}

fn made(
    made: Result<idip_simulate::Made, idip_simulate::SimulateError>,
) -> Result<String, RunError> {
    let made = made.map_err(|error| RunError::Command {
        message: error.to_string(),
        hint: Some("name a folder that does not exist yet".into()),
    })?;
    Ok(made.to_string())
}

/// A number such as 60000, 250k or 10M.
fn count(text: &str, of_what: &str) -> Result<usize, RunError> {
    let (digits, factor) = match text.chars().last() {
        Some('k' | 'K') => (&text[..text.len() - 1], 1_000),
        Some('m' | 'M') => (&text[..text.len() - 1], 1_000_000),
        _ => (text, 1),
    };
    let number = digits.parse::<usize>().ok().and_then(|n| n.checked_mul(factor));
    number.filter(|number| *number > 0).ok_or_else(|| RunError::Command {
        message: format!("`{text}` is not a number of {of_what}"),
        hint: Some("as 60000, 250k or 10M".into()),
    })
}

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
    let wrong = || RunError::Command {
        message: format!("`{transactions}` is not a number of transactions"),
        hint: Some("as 60000, 250k or 10M".into()),
    };
    let (digits, factor) = match transactions.chars().last() {
        Some('k' | 'K') => (&transactions[..transactions.len() - 1], 1_000),
        Some('m' | 'M') => (&transactions[..transactions.len() - 1], 1_000_000),
        _ => (transactions, 1),
    };
    let lines = digits.parse::<usize>().ok().and_then(|n| n.checked_mul(factor));
    let lines = lines.filter(|lines| *lines > 0).ok_or_else(wrong)?;
    let request = idip_simulate::Request {
        folder: to.to_owned(),
        parties,
        transactions: lines,
        seed: seed.unwrap_or(idip_simulate::DEFAULT_SEED),
    };
    let made = idip_simulate::simulate(&request).map_err(|error| RunError::Command {
        message: error.to_string(),
        hint: Some("name a folder that does not exist yet".into()),
    })?;
    Ok(made.to_string())
}

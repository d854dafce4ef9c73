//! Transactions alone, by the million, for measuring speed: drawn by customer, put on disk by part of
//! the window, then written in order of time. Memory is bounded by one part and one row group.

mod model;
mod parts;
mod spill;
#[cfg(test)]
mod tests;

use self::model::Model;
use self::parts::{Parts, TruthFile};
use self::spill::Spill;
use crate::made::Made;
use crate::{Request, SimulateError, write};

const PROJECT: &str = include_str!("idip.yaml");
/// Rows of a part; it is sorted in memory, 40 bytes a row.
const PART_ROWS: usize = 2_500_000;

/// Makes the project in an empty folder.
pub(crate) fn make(request: &Request) -> Result<Made, SimulateError> {
    let folder = &request.folder;
    let fail = |source| SimulateError::Write { path: folder.clone(), source };
    let rows_per_customer = request.transactions as f64 / request.parties as f64;
    let mut model = Model::new(request.seed, rows_per_customer);
    let n_parts = (request.transactions / PART_ROWS).max(4);
    let mut spill = Spill::new(folder, n_parts).map_err(fail)?;
    let mut truth = TruthFile::create(folder)?;
    for customer in 0..request.parties as u32 {
        let known = model.customer(customer, &mut |it| spill.push(&it)).map_err(fail)?;
        truth.push(known)?;
    }
    let truth = truth.finish()?;
    let mut parts = Parts::new(folder);
    for part in spill.into_parts() {
        parts.push(&part.map_err(fail)?)?;
    }
    let mut files = parts.finish()?;
    files.push(truth);
    write(folder, "idip.yaml", PROJECT.as_bytes())?;
    Ok(Made { folder: folder.clone(), files })
}

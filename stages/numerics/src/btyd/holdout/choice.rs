//! Which of several models to use.

use super::{Holdout, HoldoutCheck, check_holdout};
use crate::btyd::{Cells, ModelKind, PurchaseModel};

/// Checks models fitted to one calibration and returns them, best first.
///
/// By log score of purchase times; where the days of the last purchases are not known, by log
/// score of any purchase. Equal scores keep the order given.
pub fn rank_by_log_score(
    models: &[&dyn PurchaseModel],
    holdout: &Holdout,
    time_unit_days: f64,
) -> Vec<HoldoutCheck> {
    let mut checks: Vec<HoldoutCheck> =
        models.iter().map(|model| check_holdout(*model, holdout, time_unit_days)).collect();
    let score = |check: &HoldoutCheck| check.log_score.unwrap_or(check.log_score_of_any);
    checks.sort_by(|a, b| score(b).total_cmp(&score(a)));
    checks
}

/// Returns the model to use where no holdout can tell.
///
/// MBG/NBD when more than half of the customers bought once, because a BG/NBD holds each of them
/// for alive; BG/NBD otherwise.
pub fn default_kind(cells: &Cells) -> ModelKind {
    let customers = cells.total_customers();
    let bought_once = customers - cells.total_repeaters();
    if 2 * bought_once > customers { ModelKind::MbgNbd } else { ModelKind::BgNbd }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_buyers_decide_the_default() {
        let kind = |frequency: &[i64]| {
            let zeros = vec![0; frequency.len()];
            default_kind(&Cells::compress(frequency, &zeros, &zeros).expect("histories").0)
        };
        assert_eq!(kind(&[0, 0, 1]), ModelKind::MbgNbd);
        assert_eq!(kind(&[0, 1]), ModelKind::BgNbd);
    }
}

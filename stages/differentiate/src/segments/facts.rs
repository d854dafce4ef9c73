//! Size, money and medians of the segments of one axis.

use super::describe::Facts;

/// Groups values by segment and takes the median of each; none where nobody has a value.
///
/// O(n) in the number of parties.
pub(super) fn medians(ids: &[u32], n_ids: usize, values: &[f64]) -> Vec<Option<f64>> {
    let mut groups = vec![Vec::new(); n_ids];
    for (&id, &value) in ids.iter().zip(values) {
        if let Some(group) = groups.get_mut(id as usize)
            && !value.is_nan()
        {
            group.push(value);
        }
    }
    groups.into_iter().map(median).collect()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let is_odd = values.len() % 2 == 1;
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = if is_odd { upper } else { below.iter().copied().fold(f64::MIN, f64::max) };
    Some(f64::midpoint(lower, upper))
}

/// Customers and net money, in minor units, of each segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Size {
    pub(super) n_customers: i64,
    pub(super) net_cents: i128,
}

/// Counts the parties of each segment and adds their money.
pub(super) fn sizes(ids: &[u32], n_ids: usize, net_cents: &[i64]) -> Vec<Size> {
    let mut sizes = vec![Size::default(); n_ids];
    for (&id, cents) in ids.iter().zip(net_cents) {
        if let Some(size) = sizes.get_mut(id as usize) {
            size.n_customers += 1;
            size.net_cents += i128::from(*cents);
        }
    }
    sizes
}

/// Puts the facts of each segment together.
pub(super) fn facts(
    ids: &[u32],
    sizes: &[Size],
    [days_since_last, purchase_days, mean_basket]: [&[f64]; 3],
) -> Vec<Facts> {
    let total: i128 = sizes.iter().map(|size| size.net_cents).sum();
    let medians = |values: &[f64]| medians(ids, sizes.len(), values);
    let purchase_days = medians(purchase_days);
    let (days_since_last, mean_basket) = (medians(days_since_last), medians(mean_basket));
    sizes
        .iter()
        .zip(days_since_last)
        .zip(purchase_days)
        .zip(mean_basket)
        .map(|(((size, days_since_last), purchase_days), mean_basket)| Facts {
            n_customers: size.n_customers,
            net_share: share(size.net_cents, total),
            days_since_last,
            purchase_days,
            mean_basket,
        })
        .collect()
}

/// A part of all net money; none when there is no money above 0 to have a part of.
pub(super) fn share(part: i128, whole: i128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_leave_out_those_without_a_value() {
        let ids = [1, 0, 1, 1, 2, 1];
        let values = [4.0, 7.0, 1.0, f64::NAN, f64::NAN, 2.0];
        assert_eq!(medians(&ids, 3, &values), [Some(7.0), Some(2.0), None]);
        assert_eq!(medians(&[0, 0], 1, &[3.0, 4.0]), [Some(3.5)]);
    }

    #[test]
    fn sizes_and_money_add_up() {
        let sizes = sizes(&[0, 1, 1], 2, &[5, -3, 10]);
        let size = |n_customers, net_cents| Size { n_customers, net_cents };
        assert_eq!(sizes, [size(1, 5), size(2, 7)]);
        assert_eq!(share(7, 12), Some(7.0 / 12.0));
        assert_eq!(share(1, 0), None);
    }
}

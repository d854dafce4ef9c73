//! Loyalty, concentration and targeting: the portfolio of customers.

use std::collections::BTreeMap;

use arrow_array::Array;
use idip_schemas::differentiate::portfolio::{
    lorenz_point, loyalty_group, portfolio, segment_target,
};
use serde::Serialize;

use super::read::{maybe, share};
use crate::small_group::{Count, cover};

/// States in the order of a life.
const STATES: [&str; 7] = ["prospect", "new", "active", "loyal", "at_risk", "lapsed", "won_back"];

/// Figures that are told, with the share of customers that each singles out.
const FIGURES: [(&str, f64); 12] = [
    ("gini", 1.0),
    ("top_1_percent_share", 0.01),
    ("top_5_percent_share", 0.05),
    ("top_10_percent_share", 0.1),
    ("top_20_percent_share", 0.2),
    ("customers_with_half_share", 1.0),
    ("recurrent_share", 1.0),
    ("mean_mutual_loyalty", 1.0),
    ("loyalty_volatility", 1.0),
    ("lifecycle_volatility", 1.0),
    ("engagement_capacity", 1.0),
    ("mentions_per_1000_customers", 1.0),
];

/// What the portfolio looks like.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Portfolio {
    /// Parties by level of loyalty, the lowest first.
    pub levels: Vec<LoyaltyGroup>,
    /// Parties by lifecycle state.
    pub states: Vec<LoyaltyGroup>,
    /// Figures, in a fixed order.
    pub figures: Vec<PortfolioFigure>,
    /// The Lorenz curve of net money, without steps of fewer customers than the smallest group.
    pub lorenz: Vec<LorenzPoint>,
    /// Segments by axis and place.
    pub targets: Vec<Target>,
}

/// Parties of one level or state.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoyaltyGroup {
    /// Name of the level, or code of the state.
    pub name: String,
    /// Parties.
    pub parties: Count,
    /// Their share of all; null when that may not be told.
    pub share: Option<f64>,
    /// Their net money; null when that may not be told.
    pub net_amount: Option<f64>,
}

/// One figure of the portfolio.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PortfolioFigure {
    /// Its name in the table `portfolio`.
    pub name: String,
    /// Its value; null when it cannot or may not be told.
    pub value: Option<f64>,
    /// Why not: that of the table, or `small_group`.
    pub reason: Option<String>,
}

/// A point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LorenzPoint {
    /// Share of customers, the poorest first.
    pub customer_share: f64,
    /// Their share of the money.
    pub value_share: f64,
}

/// One segment as a target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    /// `value`, `need` or `rfm`.
    pub axis: String,
    /// Segment.
    pub segment: String,
    /// Parties.
    pub parties: Count,
    /// Attractiveness, 0 to 1; this and the figures below are null for a group too small.
    pub score: Option<f64>,
    /// Net money by party.
    pub value: Option<f64>,
    /// Change of net money.
    pub growth: Option<f64>,
    /// Share of parties that can be reached.
    pub reachable_share: Option<f64>,
    /// Place within the axis.
    pub rank: i64,
    /// Whether it is chosen.
    pub is_chosen: bool,
    /// Why, or why not.
    pub reason: String,
}

impl Portfolio {
    pub(super) fn new(
        figures: &portfolio::Columns,
        curve: &lorenz_point::Columns,
        loyalty: &loyalty_group::Columns,
        targets: &segment_target::Columns,
        k: u32,
    ) -> Self {
        let n_customers = figures
            .figure
            .iter()
            .position(|figure| figure == Some("n_customers"))
            .and_then(|row| maybe(&figures.value, row))
            .unwrap_or(0.0);
        let level =
            |row| (loyalty.loyalty_level_number.value(row), loyalty.loyalty_level.value(row));
        let state = |row| {
            let name = loyalty.lifecycle_state.value(row);
            let place = STATES.iter().position(|state| *state == name).unwrap_or(STATES.len());
            (place as i64, name)
        };
        Self {
            levels: groups(loyalty, level, k),
            states: groups(loyalty, state, k),
            figures: told(figures, k),
            lorenz: lorenz(curve, n_customers, k),
            targets: of_segments(targets, k),
        }
    }
}

/// Sums the groups by a place and a name.
fn groups<'a>(
    loyalty: &'a loyalty_group::Columns,
    key: impl Fn(usize) -> (i64, &'a str),
    k: u32,
) -> Vec<LoyaltyGroup> {
    let mut sums: BTreeMap<(i64, &str), (i64, i128)> = BTreeMap::new();
    for row in 0..loyalty.n_customers.len() {
        let sum = sums.entry(key(row)).or_default();
        sum.0 += loyalty.n_customers.value(row);
        sum.1 += loyalty.net_amount.value(row);
    }
    let counts: Vec<i64> = sums.values().map(|sum| sum.0).collect();
    let all: i64 = counts.iter().sum();
    sums.into_iter()
        .zip(cover(&counts, k))
        .map(|(((_, name), (n, cents)), parties)| LoyaltyGroup {
            name: name.to_owned(),
            parties,
            share: share(n as f64, all as f64).filter(|_| parties.is_told()),
            net_amount: parties.is_told().then_some(cents as f64 / 100.0),
        })
        .collect()
}

/// A share of the largest customers is not told when these are fewer than the smallest group.
fn told(figures: &portfolio::Columns, k: u32) -> Vec<PortfolioFigure> {
    let of = |(name, part): (&str, f64)| {
        let row = figures.figure.iter().position(|figure| figure == Some(name))?;
        let value = maybe(&figures.value, row);
        let n = figures.n_customers.value(row) as f64 * part;
        let is_small = value.is_some() && n < f64::from(k);
        let reason = figures.reason.is_valid(row).then(|| figures.reason.value(row).to_owned());
        Some(PortfolioFigure {
            name: name.to_owned(),
            value: value.filter(|_| !is_small),
            reason: if is_small { Some("small_group".to_owned()) } else { reason },
        })
    };
    FIGURES.into_iter().filter_map(of).collect()
}

/// Leaves out points nearer than the smallest group to the one before or to the end.
fn lorenz(curve: &lorenz_point::Columns, n_customers: f64, k: u32) -> Vec<LorenzPoint> {
    let least = f64::from(k).max(1.0);
    let mut points: Vec<LorenzPoint> = Vec::new();
    let mut rows: Vec<usize> = (0..curve.point.len()).collect();
    rows.sort_by_key(|&row| curve.point.value(row));
    for (place, &row) in rows.iter().enumerate() {
        let point = LorenzPoint {
            customer_share: curve.customer_share.value(row),
            value_share: curve.value_share.value(row),
        };
        let is_end = place + 1 == rows.len();
        let far_from = |other: f64| (point.customer_share - other).abs() * n_customers >= least;
        let is_far = points.last().is_none_or(|last| far_from(last.customer_share));
        if is_end || (is_far && (place == 0 || far_from(1.0))) {
            points.push(point);
        }
    }
    // A curve of its two ends alone tells nothing.
    if points.len() > 2 { points } else { Vec::new() }
}

fn of_segments(targets: &segment_target::Columns, k: u32) -> Vec<Target> {
    let mut found = Vec::new();
    for axis in ["value", "need", "rfm"] {
        let mut rows: Vec<usize> =
            (0..targets.axis.len()).filter(|&row| targets.axis.value(row) == axis).collect();
        // In the order of the lists of segments, so that the same counts are covered.
        rows.sort_by_key(|&row| {
            let id = targets.segment_id.value(row);
            (id == 0, id, targets.segment.value(row))
        });
        let counts: Vec<i64> = rows.iter().map(|&row| targets.n_customers.value(row)).collect();
        let mut of_axis: Vec<Target> = rows
            .into_iter()
            .zip(cover(&counts, k))
            .map(|(row, parties)| {
                let figure = |values| maybe(values, row).filter(|_| parties.is_told());
                Target {
                    axis: axis.to_owned(),
                    segment: targets.segment.value(row).to_owned(),
                    parties,
                    score: figure(&targets.score),
                    value: figure(&targets.value),
                    growth: figure(&targets.growth),
                    reachable_share: figure(&targets.reachable_share),
                    rank: targets.rank.value(row),
                    is_chosen: targets.is_chosen.value(row),
                    reason: targets.reason.value(row).to_owned(),
                }
            })
            .collect();
        of_axis.sort_by_key(|target| target.rank);
        found.extend(of_axis);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(n: usize) -> lorenz_point::Columns {
        let share = |at: usize| at as f64 / (n - 1) as f64;
        lorenz_point::Columns {
            point: (0..n as i64).map(Some).collect(),
            customer_share: (0..n).map(|at| Some(share(at))).collect(),
            value_share: (0..n).map(|at| Some(share(at).powi(2))).collect(),
        }
    }

    #[test]
    fn a_step_of_the_curve_holds_the_smallest_group_or_more() {
        // Steps of ten customers, of whom at least 25 must be together: points 0, 30, 60 and 100.
        let points = lorenz(&curve(11), 100.0, 25);
        let shares: Vec<f64> = points.iter().map(|point| point.customer_share).collect();
        assert_eq!(shares, [0.0, 0.3, 0.6, 1.0]);
        assert_eq!(lorenz(&curve(11), 100.0, 80), []);
    }

    #[test]
    fn the_share_of_a_few_customers_is_not_told() {
        let figures = portfolio::Columns {
            figure: vec!["gini", "top_1_percent_share", "top_20_percent_share"].into(),
            value: vec![0.5, 0.1, 0.6].into(),
            n_customers: vec![100, 100, 100].into(),
            reason: vec![None::<&str>; 3].into(),
        };
        let found = told(&figures, 10);
        let values: Vec<_> = found.iter().map(|figure| figure.value).collect();
        assert_eq!(values, [Some(0.5), None, Some(0.6)]);
        assert_eq!(found[1].reason.as_deref(), Some("small_group"));
    }
}

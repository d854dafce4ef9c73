//! Segments with their names, sentences and sizes.

use idip_stage::StageError;

use super::axis::Axis;
use super::describe::{self, Facts, Leaning, Sentence};
use super::facts::{Size, facts, sizes};
use super::input::Input;
use super::naming::{NOTABLE, need_names, value_names};
use super::profile::{Profiled, traits};
use super::tables::Published;
use super::{NEED, RFM, VALUE};
use crate::rfm::{NO_PURCHASES, Rules};

/// Name of the need segment of parties whose need cannot be told.
const NOT_ENOUGH_PURCHASES: &str = "not_enough_purchases";

/// Categories that a description names.
const LEANINGS_MAX: usize = 2;

/// What names and sentences are made from, the same for every axis.
pub(super) struct Publisher<'a> {
    net_cents: &'a [i64],
    currency: &'a str,
    /// Features whose medians are told: days since the last purchase, purchase days, mean basket.
    told: [Vec<f64>; 3],
}

impl<'a> Publisher<'a> {
    /// A publisher of what the input tells.
    ///
    /// # Errors
    ///
    /// When the input cannot be read.
    pub(super) fn new(
        input: &Input<'_>,
        net_cents: &'a [i64],
        currency: &'a str,
    ) -> Result<Self, StageError> {
        let told = input.numbers_of(&["days_since_last", "purchase_days", "mean_basket"])?;
        let told = told.try_into().unwrap_or_default();
        Ok(Self { net_cents, currency, told })
    }

    fn facts(&self, ids: &[u32], n_ids: usize) -> (Vec<Size>, Vec<Facts>) {
        let sizes = sizes(ids, n_ids, self.net_cents);
        let [a, b, c] = &self.told;
        let facts = facts(ids, &sizes, [a, b, c]);
        (sizes, facts)
    }

    pub(super) fn value<'b>(&self, axis: &'b Axis, profiles: &[Vec<Profiled>]) -> Published<'b> {
        let (sizes, facts) = self.facts(&axis.ids, axis.n_segments + 1);
        let traits: Vec<_> = profiles.iter().skip(1).map(traits).collect();
        let mut order: Vec<usize> = (0..axis.n_segments).collect();
        // Tonight's order: that of the numbers may be of an earlier night.
        order.sort_by(|&a, &b| {
            let (a, b) = (sizes.get(a + 1), sizes.get(b + 1));
            mean_cents(b).total_cmp(&mean_cents(a))
        });
        let names = value_names(&order, &traits, &axis.kept_names);
        let n_others = facts.first().map_or(0, |facts| facts.n_customers);
        Published {
            axis: VALUE,
            ids: &axis.ids,
            segment_ids: axis.published_ids(),
            names: with_first(NO_PURCHASES, names),
            sentences: std::iter::once(describe::no_purchases(n_others))
                .chain(facts.iter().skip(1).map(|facts| describe::value(facts, self.currency)))
                .collect(),
            sizes,
        }
    }

    pub(super) fn need<'b>(
        &self,
        axis: &'b Axis,
        profiles: &[Vec<Profiled>],
        min_baskets: i64,
    ) -> Published<'b> {
        let (sizes, facts) = self.facts(&axis.ids, axis.n_segments + 1);
        let shares: Vec<_> = profiles
            .iter()
            .skip(1)
            .map(|found| traits(found.iter().filter(|found| found.category().is_some())))
            .collect();
        let names = need_names(&shares, &axis.kept_names);
        let sentence = |(facts, profiled): (&Facts, &Vec<Profiled>)| -> Sentence {
            describe::need(facts, &leanings(profiled), self.currency)
        };
        let n_others = facts.first().map_or(0, |facts| facts.n_customers);
        Published {
            axis: NEED,
            ids: &axis.ids,
            segment_ids: axis.published_ids(),
            names: with_first(NOT_ENOUGH_PURCHASES, names),
            sentences: std::iter::once(describe::not_enough_purchases(n_others, min_baskets))
                .chain(facts.iter().zip(profiles).skip(1).map(sentence))
                .collect(),
            sizes,
        }
    }

    pub(super) fn rfm<'b>(&self, ids: &'b [u32], rules: &Rules<'_>) -> Published<'b> {
        let (sizes, facts) = self.facts(ids, rules.describe().count() + 1);
        let n_others = facts.first().map_or(0, |facts| facts.n_customers);
        let sentences = rules
            .describe()
            .zip(facts.iter().skip(1))
            .map(|((_, ranges), facts)| describe::rfm(facts, ranges, self.currency));
        Published {
            axis: RFM,
            ids,
            segment_ids: (0..=rules.describe().count() as i64).collect(),
            names: with_first(
                NO_PURCHASES,
                rules.describe().map(|(name, _)| name.to_owned()).collect(),
            ),
            sentences: std::iter::once(describe::no_purchases(n_others)).chain(sentences).collect(),
            sizes,
        }
    }
}

fn mean_cents(size: Option<&Size>) -> f64 {
    size.map_or(0.0, |size| size.net_cents as f64 / size.n_customers.max(1) as f64)
}

fn with_first(first: &str, names: Vec<String>) -> Vec<String> {
    std::iter::once(first.to_owned()).chain(names).collect()
}

/// The categories a segment spends notably more on than all do, the most telling first.
fn leanings(profiled: &[Profiled]) -> Vec<Leaning> {
    let mut found: Vec<&Profiled> = profiled
        .iter()
        .filter(|found| found.category().is_some())
        .filter(|found| found.cell.standardised_difference.is_some_and(|d| d >= NOTABLE))
        .collect();
    found.sort_by_key(|found| found.cell.rank);
    found
        .into_iter()
        .take(LEANINGS_MAX)
        .filter_map(|found| {
            Some(Leaning {
                category: found.category()?.to_owned(),
                share: found.cell.mean?,
                index: found.cell.index?,
            })
        })
        .collect()
}

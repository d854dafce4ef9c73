//! What customers are rather than how much: categories that segments by value can be made from too.

use std::collections::BTreeMap;

use idip_numerics::mixed::{MixedColumn, MixedEncoder, MixedError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::Input;
use super::model::Feature;

/// Values of a category that have a feature of their own; the others are one together.
const VALUES_MAX: usize = 11;

/// Name of the values that are one together, and of a missing value.
const OTHER: &str = "(other)";
const NONE: &str = "(none)";

/// Stands between a category and its value in the name of a feature.
const IS: char = '=';

/// Transform of a feature that tells whether a customer has a value: 1 or 0, scaled by its weight.
pub(super) const INDICATOR: &str = "indicator";

/// A category that segments by value can be made from, beside numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueCategory {
    /// Category of most sales money.
    FavouriteCategory,
    /// Channel of most sale lines.
    FavouriteChannel,
}

impl ValueCategory {
    /// Its column in `customer_feature`.
    pub fn name(self) -> &'static str {
        match self {
            Self::FavouriteCategory => "favourite_category",
            Self::FavouriteChannel => "favourite_channel",
        }
    }

    /// The value of each of these rows.
    fn values<'a>(
        self,
        input: &'a Input,
        categories: &'a [String],
        rows: &[usize],
    ) -> Vec<Option<&'a str>> {
        match self {
            Self::FavouriteChannel => {
                let all: Vec<Option<&str>> = input.channels().collect();
                rows.iter().map(|&row| all.get(row).copied().flatten()).collect()
            }
            Self::FavouriteCategory => rows
                .iter()
                .map(|&row| {
                    let shares = categories.iter().zip(input.category_shares());
                    let mut best: Option<(f64, &str)> = None;
                    for (name, shares) in shares {
                        let share = shares.get(row).copied().unwrap_or(0.0);
                        // Of equal ones the first in the order of names, as in `customer_feature`.
                        let is_better = best.is_none_or(|(most, first)| {
                            share > most || (share >= most && name.as_str() < first)
                        });
                        if share > 0.0 && is_better {
                            best = Some((share, name));
                        }
                    }
                    best.map(|(_, name)| name)
                })
                .collect(),
        }
    }
}

/// Adds a feature for each value of categories to prepared features: k-prototypes (Huang 1998) as plain
/// k-means, where two customers of different values are `weight` apart in squared distance.
///
/// # Errors
///
/// When the weight is out of range.
pub(super) fn add(
    input: &Input,
    categories: &[String],
    rows: &[usize],
    kinds: &[ValueCategory],
    weight: f64,
    mut add: impl FnMut(Feature, Vec<f64>),
) -> Result<(), MixedError> {
    for kind in kinds {
        let (values, codes) = coded(&kind.values(input, categories, rows));
        let column = [MixedColumn::Categorical { codes: &codes, n_values: values.len() as u32 }];
        let encoder = MixedEncoder::new(&column, Some(weight))?;
        let scale = 1.0 / (weight / 2.0).sqrt();
        for (value, points) in values.iter().zip(encoder.encode(&column)?) {
            let name = format!("{}{IS}{value}", kind.name());
            add(Feature { name, weight: 0.0, bounds: None, prior: None, mean: 0.0, scale }, points);
        }
    }
    Ok(())
}

/// The category that a feature is a value of; none of a number.
pub(super) fn kind_of(feature: &str) -> Option<&str> {
    feature.split_once(IS).map(|(kind, _)| kind).filter(|kind| {
        [ValueCategory::FavouriteCategory, ValueCategory::FavouriteChannel]
            .iter()
            .any(|known| known.name() == *kind)
    })
}

/// The values that have a feature, ascending, and the position of each row's.
fn coded(of_rows: &[Option<&str>]) -> (Vec<String>, Vec<u32>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for value in of_rows {
        *counts.entry(value.unwrap_or(NONE)).or_default() += 1;
    }
    let mut common: Vec<(&str, usize)> = counts.into_iter().collect();
    common.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let has_others = common.len() > VALUES_MAX;
    common.truncate(VALUES_MAX);
    let mut values: Vec<&str> = common.into_iter().map(|(value, _)| value).collect();
    if has_others {
        values.push(OTHER);
    }
    values.sort_unstable();
    values.dedup();
    let code = |value: Option<&str>| {
        let at = values.binary_search(&value.unwrap_or(NONE));
        at.or_else(|_| values.binary_search(&OTHER)).unwrap_or(0) as u32
    };
    let codes = of_rows.iter().copied().map(code).collect();
    (values.into_iter().map(str::to_owned).collect(), codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_values_have_a_feature_and_the_others_are_one() {
        let (values, codes) = coded(&[Some("b"), None, Some("a"), Some("b")]);
        assert_eq!(
            (values, codes),
            (vec!["(none)".into(), "a".into(), "b".into()], vec![2, 0, 1, 2])
        );
        let names: Vec<String> = (10..30).map(|n| format!("v{n}")).collect();
        let rows: Vec<Option<&str>> =
            names.iter().chain(names.iter().skip(9)).map(|name| Some(name.as_str())).collect();
        let (values, codes) = coded(&rows);
        assert_eq!(values.len(), VALUES_MAX + 1);
        assert_eq!((values[0].as_str(), values[1].as_str()), (OTHER, "v19"));
        assert_eq!((codes[0], codes[8], codes[9]), (0, 0, 1));
    }

    #[test]
    fn a_feature_tells_the_category_it_is_a_value_of() {
        assert_eq!(kind_of("favourite_channel=store"), Some("favourite_channel"));
        assert_eq!(kind_of("share:a=b"), None);
        assert_eq!(kind_of("net_amount"), None);
    }
}

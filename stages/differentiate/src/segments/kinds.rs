//! What customers are rather than how much: categories that segments by value can be made from too.

use std::collections::BTreeMap;

use idip_numerics::mixed::{MixedColumn, MixedEncoder, MixedError};
use idip_stage::StageError;
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

    /// The value of each of these rows, none where it has none.
    ///
    /// # Errors
    ///
    /// When the input cannot be read.
    pub(super) fn values(
        self,
        input: &Input<'_>,
        categories: &[String],
        rows: &[usize],
    ) -> Result<Values, StageError> {
        match self {
            Self::FavouriteChannel => {
                let mut names: BTreeMap<String, u32> = BTreeMap::new();
                let all = input.texts(self.name(), |channel| {
                    let Some(channel) = channel else { return Ok(None) };
                    if let Some(&code) = names.get(channel) {
                        return Ok(Some(code));
                    }
                    let code = names.len() as u32;
                    names.insert(channel.to_owned(), code);
                    Ok(Some(code))
                })?;
                let mut by_code: Vec<(u32, String)> =
                    names.into_iter().map(|(name, code)| (code, name)).collect();
                by_code.sort_unstable();
                Ok(Values {
                    names: by_code.into_iter().map(|(_, name)| name).collect(),
                    codes: rows.iter().map(|&row| all.get(row).copied().flatten()).collect(),
                })
            }
            Self::FavouriteCategory => {
                let shares = input.shares_of(rows)?;
                let favourite = |row: usize| {
                    let mut best: Option<(f64, &str, u32)> = None;
                    for (code, (name, shares)) in (0..).zip(categories.iter().zip(&shares)) {
                        let share = shares.get(row).copied().unwrap_or(0.0);
                        // Of equal ones the first in the order of names, as in `customer_feature`.
                        let is_better = best.is_none_or(|(most, first, _)| {
                            share > most || (share >= most && name.as_str() < first)
                        });
                        if share > 0.0 && is_better {
                            best = Some((share, name, code));
                        }
                    }
                    best.map(|(_, _, code)| code)
                };
                Ok(Values {
                    names: categories.to_vec(),
                    codes: (0..rows.len()).map(favourite).collect(),
                })
            }
        }
    }
}

/// A text of each row, as its position among the texts.
pub(super) struct Values {
    names: Vec<String>,
    codes: Vec<Option<u32>>,
}

/// A feature for each value of a category: k-prototypes (Huang 1998) as plain k-means, where two customers
/// of different values are `weight` apart in squared distance.
///
/// # Errors
///
/// When the weight is out of range.
pub(super) fn added(
    kind: ValueCategory,
    values: &Values,
    weight: f64,
) -> Result<Vec<(Feature, Vec<f64>)>, MixedError> {
    let (values, codes) = coded(values);
    let column = [MixedColumn::Categorical { codes: &codes, n_values: values.len() as u32 }];
    let encoder = MixedEncoder::new(&column, Some(weight))?;
    let scale = 1.0 / (weight / 2.0).sqrt();
    let of_value = |(value, points): (&String, Vec<f64>)| {
        let name = format!("{}{IS}{value}", kind.name());
        (Feature { name, weight: 0.0, bounds: None, prior: None, mean: 0.0, scale }, points)
    };
    Ok(values.iter().zip(encoder.encode(&column)?).map(of_value).collect())
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
fn coded(found: &Values) -> (Vec<String>, Vec<u32>) {
    let mut counts: BTreeMap<Option<u32>, usize> = BTreeMap::new();
    for code in &found.codes {
        *counts.entry(*code).or_default() += 1;
    }
    let name = |code: Option<u32>| match code {
        Some(code) => found.names.get(code as usize).map_or(NONE, String::as_str),
        None => NONE,
    };
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    for (&code, n) in &counts {
        *by_name.entry(name(code)).or_default() += n;
    }
    let mut common: Vec<(&str, usize)> = by_name.into_iter().collect();
    common.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let has_others = common.len() > VALUES_MAX;
    common.truncate(VALUES_MAX);
    let mut values: Vec<&str> = common.into_iter().map(|(value, _)| value).collect();
    if has_others {
        values.push(OTHER);
    }
    values.sort_unstable();
    values.dedup();
    let place = |code: Option<u32>| {
        let at = values.binary_search(&name(code));
        at.or_else(|_| values.binary_search(&OTHER)).unwrap_or(0) as u32
    };
    let places: BTreeMap<Option<u32>, u32> =
        counts.keys().map(|&code| (code, place(code))).collect();
    let codes = found.codes.iter().map(|code| places.get(code).copied().unwrap_or(0)).collect();
    (values.into_iter().map(str::to_owned).collect(), codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[Option<&str>]) -> Values {
        let mut names: Vec<String> = rows.iter().flatten().map(|&name| name.to_owned()).collect();
        names.sort_unstable();
        names.dedup();
        let code = |name: &str| names.iter().position(|other| other == name).map(|at| at as u32);
        let codes = rows.iter().map(|name| name.and_then(code)).collect();
        Values { names, codes }
    }

    #[test]
    fn common_values_have_a_feature_and_the_others_are_one() {
        let (values, codes) = coded(&of(&[Some("b"), None, Some("a"), Some("b")]));
        assert_eq!(
            (values, codes),
            (vec!["(none)".into(), "a".into(), "b".into()], vec![2, 0, 1, 2])
        );
        let names: Vec<String> = (10..30).map(|n| format!("v{n}")).collect();
        let rows: Vec<Option<&str>> =
            names.iter().chain(names.iter().skip(9)).map(|name| Some(name.as_str())).collect();
        let (values, codes) = coded(&of(&rows));
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

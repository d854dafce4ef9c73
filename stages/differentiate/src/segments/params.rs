//! Settings of the two clusterings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::{ClusterNumber, NeedFeatures, ShareTransform, ValueMethod};
use super::kinds::ValueCategory;
use crate::params::{Problem, in_range};

/// A feature that segments by value can be made from: one that every customer with a purchase has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueFeature {
    /// Days from the last purchase to the logical date.
    DaysSinceLast,
    /// Days from the first to the last purchase.
    RecencyDays,
    /// Days from the first purchase to the logical date.
    TDays,
    /// Repeat purchase days.
    Frequency,
    /// Distinct days with a sale.
    PurchaseDays,
    /// Baskets with a sale.
    NBaskets,
    /// Lines of sales.
    NLines,
    /// Money of sales.
    SaleAmount,
    /// Sales and returns together.
    NetAmount,
    /// Net money by purchase day.
    NetPerPurchaseDay,
    /// Money of sales by basket.
    MeanBasket,
    /// Net money of the last 90 days.
    #[serde(rename = "last_90_days_amount")]
    Last90DaysAmount,
    /// Net money of the 90 days before those.
    #[serde(rename = "prior_90_days_amount")]
    Prior90DaysAmount,
    /// Categories with sales money.
    NCategories,
}

impl ValueFeature {
    /// Its column in `customer_feature`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DaysSinceLast => "days_since_last",
            Self::RecencyDays => "recency_days",
            Self::TDays => "t_days",
            Self::Frequency => "frequency",
            Self::PurchaseDays => "purchase_days",
            Self::NBaskets => "n_baskets",
            Self::NLines => "n_lines",
            Self::SaleAmount => "sale_amount",
            Self::NetAmount => "net_amount",
            Self::NetPerPurchaseDay => "net_per_purchase_day",
            Self::MeanBasket => "mean_basket",
            Self::Last90DaysAmount => "last_90_days_amount",
            Self::Prior90DaysAmount => "prior_90_days_amount",
            Self::NCategories => "n_categories",
        }
    }
}

/// Settings of the segments by value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ValueParams {
    /// How segments are found: `kmeans`, the default, or `gaussian_mixture`, which also tells how
    /// probable a customer's segment is.
    pub method: ValueMethod,
    /// Segments asked for, from 1 to 50, or `auto` to have from 3 to 10 chosen; 5 by default. Fewer
    /// come when customers do not differ enough.
    pub n_clusters: ClusterNumber,
    /// Random starts, from 1 to 100, the best of which is kept; 3 by default.
    pub n_starts: usize,
    /// Iterations of a start at most, from 1 to 10,000; 100 by default.
    pub max_iterations: usize,
    /// Shift of the centroids, relative to the variance of the features, under which a start has come
    /// to rest, from 0 to 1; 0.0001 by default, 0 to go on until no customer moves.
    pub tolerance: f64,
    /// Features that tell customers apart, each at most once. By default `days_since_last`,
    /// `frequency`, `t_days`, `net_per_purchase_day`, `net_amount` and `mean_basket`.
    pub features: Vec<ValueFeature>,
    /// What customers are, beside how much: `favourite_category` and `favourite_channel`, each at most
    /// once; none by default. Only with `kmeans`.
    pub categories: Vec<ValueCategory>,
    /// What a difference in one of the categories counts against squared differences of features, in
    /// their squared standard deviations, above 0 to 100; 0.5 by default, as Huang (1998) advises.
    pub category_weight: f64,
    /// Part of customers at either end of a feature whose values are drawn in to the last of the
    /// others, from 0 (nobody) to 0.2; 0.01 by default.
    pub winsorise_share: f64,
    /// Whether to begin from last night's segments, which keeps customers in place from night to
    /// night; true by default. A new fit keeps the numbers of the nearest segments of last night.
    pub warm_start: bool,
    /// Whether to fit the segments anew tonight, as drift makes it; false by default.
    pub refit: bool,
}

impl Default for ValueParams {
    fn default() -> Self {
        Self {
            method: ValueMethod::Kmeans,
            n_clusters: ClusterNumber::Fixed(5),
            n_starts: 3,
            max_iterations: 100,
            tolerance: 1e-4,
            features: vec![
                ValueFeature::DaysSinceLast,
                ValueFeature::Frequency,
                ValueFeature::TDays,
                ValueFeature::NetPerPurchaseDay,
                ValueFeature::NetAmount,
                ValueFeature::MeanBasket,
            ],
            categories: Vec::new(),
            category_weight: 0.5,
            winsorise_share: 0.01,
            warm_start: true,
            refit: false,
        }
    }
}

impl ValueParams {
    /// Lists every setting that is refused, by its place below `value`.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let fit = self.fit(0);
        check_fit(&mut problems, &fit);
        in_range(&mut problems, "winsorise_share", self.winsorise_share, 0.0..=0.2);
        if self.features.is_empty() {
            problems.push(("features".to_owned(), "is empty, expected one or more".to_owned()));
        }
        in_range(&mut problems, "category_weight", self.category_weight, f64::MIN_POSITIVE..=100.0);
        if self.method == ValueMethod::GaussianMixture && !self.categories.is_empty() {
            let why =
                "needs the method `kmeans`: categories have no normal distribution".to_owned();
            problems.push(("categories".to_owned(), why));
        }
        for (at, category) in self.categories.iter().enumerate() {
            if self.categories.iter().take(at).any(|other| other == category) {
                let why = format!("is `{}`, which stands before", category.name());
                problems.push((format!("categories[{at}]"), why));
            }
        }
        for (at, feature) in self.features.iter().enumerate() {
            if self.features.iter().take(at).any(|other| other == feature) {
                let why = format!("is `{}`, which stands before", feature.name());
                problems.push((format!("features[{at}]"), why));
            }
        }
        problems
    }

    pub(super) fn fit(&self, seed: u64) -> FitSettings {
        FitSettings {
            method: self.method,
            n_clusters: self.n_clusters,
            n_starts: self.n_starts,
            max_iterations: self.max_iterations,
            tolerance: self.tolerance,
            warm_start: self.warm_start,
            refit: self.refit,
            seed,
        }
    }
}

/// Settings of the segments by need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NeedParams {
    /// What segments are made from: `shares` of the categories, the default, or `topics`, groups of
    /// categories that are bought together.
    pub features: NeedFeatures,
    /// Topics, from 2 to 32; 8 by default. No more come than there are categories.
    pub n_topics: usize,
    /// How shares are made fit for distances: `hellinger`, the default, or `clr`.
    pub transform: ShareTransform,
    /// Segments asked for, from 1 to 50, or `auto` to have from 3 to 10 chosen; 6 by default. Fewer
    /// come when customers do not differ enough.
    pub n_clusters: ClusterNumber,
    /// Random starts, from 1 to 100, the best of which is kept; 3 by default.
    pub n_starts: usize,
    /// Iterations of a start at most, from 1 to 10,000; 100 by default.
    pub max_iterations: usize,
    /// Shift of the centroids, relative to the variance of the features, under which a start has come
    /// to rest, from 0 to 1; 0.0001 by default, 0 to go on until no customer moves.
    pub tolerance: f64,
    /// Baskets under which a customer's need is not told, from 1 to 1,000; 3 by default.
    pub min_baskets: i64,
    /// Baskets that the mean shares of all customers weigh beside a customer's own, from 0 to 1,000; 5
    /// by default. It keeps a customer of few baskets from passing for a specialist.
    pub prior_baskets: f64,
    /// Whether to begin from last night's segments, which keeps customers in place from night to
    /// night; true by default. A new fit keeps the numbers of the nearest segments of last night.
    pub warm_start: bool,
    /// Whether to fit the segments anew tonight, as drift makes it; false by default.
    pub refit: bool,
}

impl Default for NeedParams {
    fn default() -> Self {
        Self {
            features: NeedFeatures::Shares,
            n_topics: 8,
            transform: ShareTransform::Hellinger,
            n_clusters: ClusterNumber::Fixed(6),
            n_starts: 3,
            max_iterations: 100,
            tolerance: 1e-4,
            min_baskets: 3,
            prior_baskets: 5.0,
            warm_start: true,
            refit: false,
        }
    }
}

impl NeedParams {
    /// Lists every setting that is refused, by its place below `need`.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        check_fit(&mut problems, &self.fit(0));
        in_range(&mut problems, "n_topics", self.n_topics, 2..=32);
        in_range(&mut problems, "min_baskets", self.min_baskets, 1..=1000);
        in_range(&mut problems, "prior_baskets", self.prior_baskets, 0.0..=1000.0);
        problems
    }

    pub(super) fn fit(&self, seed: u64) -> FitSettings {
        FitSettings {
            method: ValueMethod::Kmeans,
            n_clusters: self.n_clusters,
            n_starts: self.n_starts,
            max_iterations: self.max_iterations,
            tolerance: self.tolerance,
            warm_start: self.warm_start,
            refit: self.refit,
            seed,
        }
    }
}

/// What both clusterings are fitted with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FitSettings {
    pub(super) method: ValueMethod,
    pub(super) n_clusters: ClusterNumber,
    pub(super) n_starts: usize,
    pub(super) max_iterations: usize,
    pub(super) tolerance: f64,
    pub(super) warm_start: bool,
    pub(super) refit: bool,
    pub(super) seed: u64,
}

fn check_fit(problems: &mut Vec<Problem>, fit: &FitSettings) {
    if let ClusterNumber::Fixed(n) = fit.n_clusters {
        in_range(problems, "n_clusters", n, 1..=50);
    }
    in_range(problems, "n_starts", fit.n_starts, 1..=100);
    in_range(problems, "max_iterations", fit.max_iterations, 1..=10_000);
    in_range(problems, "tolerance", fit.tolerance, 0.0..=1.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_written_as_their_columns_are_named() {
        let columns = &idip_schemas::differentiate::customer_feature::CONTRACT;
        let all = [
            ValueFeature::DaysSinceLast,
            ValueFeature::RecencyDays,
            ValueFeature::TDays,
            ValueFeature::Frequency,
            ValueFeature::PurchaseDays,
            ValueFeature::NBaskets,
            ValueFeature::NLines,
            ValueFeature::SaleAmount,
            ValueFeature::NetAmount,
            ValueFeature::NetPerPurchaseDay,
            ValueFeature::MeanBasket,
            ValueFeature::Last90DaysAmount,
            ValueFeature::Prior90DaysAmount,
            ValueFeature::NCategories,
        ];
        for feature in all {
            assert!(columns.column(feature.name()).is_some(), "{}", feature.name());
            let written = serde_json::to_value(feature).expect("is a word");
            assert_eq!(written, feature.name());
        }
    }

    #[test]
    fn categories_need_distances() {
        let twice = vec![ValueCategory::FavouriteChannel; 2];
        let params = ValueParams { categories: twice, ..ValueParams::default() };
        assert_eq!(params.check().len(), 1);
        let params = ValueParams {
            categories: vec![ValueCategory::FavouriteCategory],
            method: ValueMethod::GaussianMixture,
            category_weight: 0.0,
            ..ValueParams::default()
        };
        let fields: Vec<String> = params.check().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["category_weight", "categories"]);
    }

    #[test]
    fn a_feature_given_twice_is_refused_where_it_stands() {
        let features = vec![ValueFeature::TDays, ValueFeature::Frequency, ValueFeature::TDays];
        let params = ValueParams { features, ..ValueParams::default() };
        let expected = "is `t_days`, which stands before".to_owned();
        assert_eq!(params.check(), [("features[2]".to_owned(), expected)]);
    }
}

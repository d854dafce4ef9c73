//! How well persons are recognised.

use std::collections::BTreeMap;

use arrow_array::Array;
use idip_schemas::identify::linkage_quality;
use idip_schemas::identify::quality::{identity_evaluation, match_weight_bin};
use idip_stage::Tables;
use serde::Serialize;

use super::read::{batch, maybe};
use crate::ReportError;
use crate::facts::{DecisionCount, NightFacts, QuarantineCount, ReviewCount};
use crate::small_group::{Count, cover};

/// Groups of customers by number of records: each begins here and ends before the next.
const SIZES: [i64; 8] = [1, 2, 3, 4, 6, 11, 21, 61];

/// How well persons are recognised: what weights expect, what was kept out, what labels say.
#[derive(Debug, Clone, Serialize)]
pub struct Identity {
    /// What the comparison of records expects of itself; null where identifiers alone decided.
    pub expected: Option<Expected>,
    /// Compared pairs of records by weight, ascending; empty where identifiers alone decided.
    pub weights: Vec<WeightBin>,
    /// Customers by number of records.
    pub sizes: Vec<SizeGroup>,
    /// Identifiers kept out of linking, most first.
    pub quarantine: Vec<QuarantineCount>,
    /// Decisions of people, by kind and outcome.
    pub decisions: Vec<DecisionCount>,
    /// Customers to look at, by reason.
    pub reviews: Vec<Review>,
    /// Pairs set aside for people to judge.
    pub clerical_pairs: u64,
    /// Customers against labels; null without labels.
    pub evaluation: Option<Evaluation>,
}

/// What the comparison of records expects of itself.
#[derive(Debug, Clone, Serialize)]
pub struct Expected {
    /// Records compared.
    pub records: Option<f64>,
    /// People they became.
    pub people: Option<f64>,
    /// Households of two customers and more.
    pub households: Option<f64>,
    /// Pairs compared.
    pub pairs: Option<f64>,
    /// Bits at which records are one person.
    pub least_weight: Option<f64>,
    /// Mean probability over pairs that are one person.
    pub precision: Option<f64>,
    /// Expected share of all pairs of one person that are linked.
    pub recall: Option<f64>,
    /// Expected share of them that are compared at all.
    pub blocking_recall: Option<f64>,
    /// Largest population stability index of a comparison since the training.
    pub drift: Option<f64>,
}

/// Compared pairs of one bit of weight.
#[derive(Debug, Clone, Serialize)]
pub struct WeightBin {
    /// Where the bin begins, in bits.
    pub from_bits: i64,
    /// Pairs of records.
    pub pairs: i64,
    /// Of these, pairs that became one person; null where such pairs are not kept.
    pub linked: Option<i64>,
}

/// Customers with about as many records.
#[derive(Debug, Clone, Serialize)]
pub struct SizeGroup {
    /// Fewest records.
    pub least: i64,
    /// Most records; null for no limit.
    pub most: Option<i64>,
    /// Customers.
    pub customers: Count,
}

/// Customers that a person should look at, for one reason.
#[derive(Debug, Clone, Serialize)]
pub struct Review {
    /// `large`, or the guard that their records broke.
    pub reason: String,
    /// Customers.
    pub customers: Count,
}

/// Customers against labels.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluation {
    /// Labelled references.
    pub references: Option<f64>,
    /// Customers they are.
    pub customers: Option<f64>,
    /// Persons that labels name.
    pub people: Option<f64>,
    /// Customers with several persons.
    pub over_merged: Count,
    /// Persons in several customers.
    pub split: Count,
    /// Labels of references that no feed names.
    pub unknown: Option<f64>,
    /// References that labels call several persons.
    pub contradicting: Option<f64>,
    /// By pairs, by references (B-cubed) and by whole customers.
    pub measures: Vec<Accuracy>,
}

/// Precision and recall of one kind.
#[derive(Debug, Clone, Serialize)]
pub struct Accuracy {
    /// `pair`, `b_cubed` or `cluster`.
    pub measure: String,
    /// Share of what was found that is true.
    pub precision: Option<f64>,
    /// Share of what is true that was found.
    pub recall: Option<f64>,
    /// Their harmonic mean.
    pub f1: Option<f64>,
}

impl Identity {
    pub(super) fn new(tables: &Tables, facts: &NightFacts, k: u32) -> Result<Self, ReportError> {
        let quality = linkage_quality::Columns::parse(&batch(tables, &linkage_quality::CONTRACT)?)?;
        let bins = match_weight_bin::Columns::parse(&batch(tables, &match_weight_bin::CONTRACT)?)?;
        let figures =
            identity_evaluation::Columns::parse(&batch(tables, &identity_evaluation::CONTRACT)?)?;
        let mut quarantine = facts.quarantine.clone();
        quarantine.sort_by(|a, b| {
            (b.identifiers, &a.kind, &a.reason).cmp(&(a.identifiers, &b.kind, &b.reason))
        });
        Ok(Self {
            expected: expected(&quality),
            weights: weights(&bins),
            sizes: sizes(&quality, k),
            quarantine,
            decisions: facts.decisions.clone(),
            reviews: reviews(&facts.reviews, k),
            clerical_pairs: facts.clerical_pairs,
            evaluation: evaluation(&figures, k),
        })
    }
}

fn weights(bins: &match_weight_bin::Columns) -> Vec<WeightBin> {
    let bin = |row: usize| WeightBin {
        from_bits: bins.from_bits.value(row),
        pairs: bins.n_pairs.value(row),
        linked: bins.n_linked.is_valid(row).then(|| bins.n_linked.value(row)),
    };
    let mut list: Vec<WeightBin> = (0..bins.from_bits.len()).map(bin).collect();
    list.sort_unstable_by_key(|bin| bin.from_bits);
    list
}

fn expected(quality: &linkage_quality::Columns) -> Option<Expected> {
    let of = |metric: &str| {
        let row = quality.metric.iter().position(|name| name == Some(metric))?;
        maybe(&quality.value, row)
    };
    // Without a comparison there is no threshold.
    of("least_weight").map(|least_weight| Expected {
        records: of("records"),
        people: of("people"),
        households: of("households"),
        pairs: of("pairs"),
        least_weight: Some(least_weight),
        precision: of("expected_precision"),
        recall: of("expected_recall"),
        blocking_recall: of("blocking_recall"),
        drift: of("drift"),
    })
}

fn sizes(quality: &linkage_quality::Columns, k: u32) -> Vec<SizeGroup> {
    let mut counts = [0_i64; SIZES.len()];
    for row in (0..quality.metric.len()).filter(|&r| quality.metric.value(r) == "customers_of_size")
    {
        let size = quality.size.value(row);
        let group = SIZES.iter().rposition(|least| *least <= size);
        if let Some(count) = group.and_then(|group| counts.get_mut(group)) {
            *count += maybe(&quality.value, row).unwrap_or_default() as i64;
        }
    }
    if counts.iter().all(|n| *n == 0) {
        return Vec::new();
    }
    let ends = SIZES.iter().skip(1).map(|next| Some(next - 1)).chain([None]);
    let told = cover(&counts, k).into_iter();
    SIZES
        .iter()
        .zip(ends)
        .zip(told)
        .map(|((&least, most), customers)| SizeGroup { least, most, customers })
        .collect()
}

fn reviews(reviews: &[ReviewCount], k: u32) -> Vec<Review> {
    let told = reviews.iter().map(|review| Review {
        reason: review.reason.clone(),
        customers: Count::alone(i64::try_from(review.customers).unwrap_or(i64::MAX), k),
    });
    told.collect()
}

fn evaluation(figures: &identity_evaluation::Columns, k: u32) -> Option<Evaluation> {
    if figures.metric.is_empty() {
        return None;
    }
    let by_name: BTreeMap<&str, Option<f64>> = (0..figures.metric.len())
        .map(|row| (figures.metric.value(row), maybe(&figures.value, row)))
        .collect();
    let of = |metric: &str| by_name.get(metric).copied().flatten();
    let few = |metric: &str| Count::alone(of(metric).unwrap_or_default() as i64, k);
    let measures = ["pair", "b_cubed", "cluster"].map(|measure| Accuracy {
        measure: measure.to_owned(),
        precision: of(&format!("{measure}_precision")),
        recall: of(&format!("{measure}_recall")),
        f1: of(&format!("{measure}_f1")),
    });
    Some(Evaluation {
        references: of("labelled_references"),
        customers: of("labelled_customers"),
        people: of("labelled_people"),
        over_merged: few("over_merged_customers"),
        split: few("split_people"),
        unknown: of("unknown_labels"),
        contradicting: of("contradicting_labels"),
        measures: measures.to_vec(),
    })
}

//! What the night took in, who it knows, and its key figures.

use std::collections::BTreeMap;

use arrow_array::{Array, Decimal128Array, Int64Array, StringArray};
use idip_schemas::measure::{goal_result, kpi};
use idip_schemas::source::reconciliation;
use serde::Serialize;

use super::groups::Segments;
use super::read::{iso_day, maybe, maybe_money, maybe_text, share};
use crate::facts::{IdentityCounts, NightFacts, StepFact};
use crate::small_group::cover;

/// Segment name that stands for every party.
const ALL: &str = "(all)";

/// Most parts that are told one by one; the others become one.
const PARTS_MAX: usize = 14;

/// Figures of parties that are a number of parties.
const PARTY_COUNTS: [&str; 9] = [
    "parties",
    "customers",
    "prospects",
    "active_customers_90",
    "new_customers_28",
    "contacts",
    "control",
    "no_contact",
    "offers",
];

/// Figures whose denominator is a number of parties.
const PARTY_RATIOS: [&str; 5] =
    ["repeat_rate", "retention_90", "purchase_days_per_customer", "nps", "redemption_rate"];

/// Rows of one feed and where they went.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Feed {
    /// Feed.
    pub name: String,
    /// Rows read.
    pub read: i64,
    /// Rows used.
    pub used: i64,
    /// Rows that name nobody.
    pub unattributed: i64,
    /// Rows met before.
    pub duplicate: i64,
    /// Rows that could not be used.
    pub rejected: i64,
    /// Rows dated after the logical date.
    pub after_date: i64,
    /// Rows of people who were erased.
    pub erased: i64,
    /// Whether the rows read are the sum of the others.
    pub is_whole: bool,
    /// Money of those rows; null for feeds without money.
    pub money: Option<FeedMoney>,
}

/// Money of one feed and where it went.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FeedMoney {
    /// Money read.
    pub read: f64,
    /// Money used.
    pub used: f64,
    /// Money that names nobody.
    pub unattributed: f64,
    /// Money of rows met before.
    pub duplicate: f64,
    /// Money of rows that could not be used, where it could be read.
    pub rejected: f64,
    /// Money of rows dated after the logical date.
    pub after_date: f64,
    /// Money of rows of people who were erased.
    pub erased: f64,
}

pub(super) fn feeds(rows: &reconciliation::Columns) -> Vec<Feed> {
    let mut feeds: BTreeMap<&str, Feed> = BTreeMap::new();
    for row in 0..rows.feed.len() {
        let name = rows.feed.value(row);
        let feed =
            feeds.entry(name).or_insert_with(|| Feed { name: name.to_owned(), ..Feed::default() });
        let n = rows.rows.value(row);
        let amount = maybe_money(&rows.amount, row);
        if amount.is_some() {
            feed.money.get_or_insert_default();
        }
        let mut spare = FeedMoney::default();
        let sums = feed.money.as_mut().unwrap_or(&mut spare);
        let (count, sum) = match rows.outcome.value(row) {
            "read" => (&mut feed.read, &mut sums.read),
            "used" => (&mut feed.used, &mut sums.used),
            "unattributed" => (&mut feed.unattributed, &mut sums.unattributed),
            "duplicate" => (&mut feed.duplicate, &mut sums.duplicate),
            "rejected" => (&mut feed.rejected, &mut sums.rejected),
            "after_date" => (&mut feed.after_date, &mut sums.after_date),
            "erased" => (&mut feed.erased, &mut sums.erased),
            _ => continue,
        };
        *count += n;
        *sum += amount.unwrap_or_default();
    }
    for feed in feeds.values_mut() {
        let parts = [
            feed.used,
            feed.unattributed,
            feed.duplicate,
            feed.rejected,
            feed.after_date,
            feed.erased,
        ];
        feed.is_whole = feed.read == parts.iter().sum::<i64>();
    }
    feeds.into_values().collect()
}

/// Who is known.
#[derive(Debug, Clone, Serialize)]
pub struct Parties {
    /// Customers.
    pub customers: Option<f64>,
    /// Prospects.
    pub prospects: Option<f64>,
    /// Records and parties; null when Identify did not run.
    pub identity: Option<IdentityCounts>,
}

impl Parties {
    pub(super) fn new(kpis: &kpi::Columns, facts: &NightFacts) -> Self {
        let of_all = |name: &str| {
            (0..kpis.kpi.len())
                .find(|&row| kpis.kpi.value(row) == name && kpis.segment.value(row) == ALL)
                .and_then(|row| maybe(&kpis.value, row))
        };
        Self {
            customers: of_all("customers"),
            prospects: of_all("prospects"),
            identity: facts.identity,
        }
    }
}

/// Sales of one category or channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// Name, or `(other)`.
    pub name: String,
    /// Net sales.
    pub amount: f64,
    /// Part of all net sales; null when there are none.
    pub amount_share: Option<f64>,
    /// Lines.
    pub lines: i64,
}

pub(super) fn parts(
    names: &StringArray,
    amounts: &Decimal128Array,
    lines: &Int64Array,
) -> Vec<Part> {
    let total: i128 = amounts.iter().flatten().sum();
    let mut rows: Vec<(i128, &str, i64)> = (0..names.len())
        .map(|row| (amounts.value(row), names.value(row), lines.value(row)))
        .collect();
    rows.sort_by(|a, b| (b.0, a.1).cmp(&(a.0, b.1)));
    let others = rows.split_off(rows.len().min(PARTS_MAX));
    if !others.is_empty() {
        let amount = others.iter().map(|row| row.0).sum();
        rows.push((amount, "(other)", others.iter().map(|row| row.2).sum()));
    }
    rows.into_iter()
        .map(|(cents, name, lines)| Part {
            name: name.to_owned(),
            amount: cents as f64 / 100.0,
            amount_share: share(cents as f64, total as f64),
            lines,
        })
        .collect()
}

/// One figure of one group.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Value segment, or `(all)`.
    pub segment: String,
    /// Value; null when it cannot be computed or the group is too small.
    pub value: Option<f64>,
    /// Numerator, where the figure is a ratio.
    pub numerator: Option<f64>,
    /// Denominator, where the figure is a ratio.
    pub denominator: Option<f64>,
    /// Lower end of the 95 % interval.
    pub ci_low: Option<f64>,
    /// Upper end.
    pub ci_high: Option<f64>,
    /// Why there is no value, as a code.
    pub note: Option<String>,
}

impl Figure {
    fn covered(segment: &str) -> Self {
        Self {
            segment: segment.to_owned(),
            value: None,
            numerator: None,
            denominator: None,
            ci_low: None,
            ci_high: None,
            note: Some("small_group".to_owned()),
        }
    }
}

/// One key figure, of all parties and of each value segment that has it.
#[derive(Debug, Clone, Serialize)]
pub struct KeyFigure {
    /// Name.
    pub kpi: String,
    /// `money`, `share`, `count`, `days` or `score`.
    pub unit: String,
    /// Of all parties.
    pub all: Figure,
    /// Of each value segment, in the order of the segments.
    pub segments: Vec<Figure>,
}

pub(super) fn figures(kpis: &kpi::Columns, segments: &Segments, k: u32) -> Vec<KeyFigure> {
    let mut by_name: BTreeMap<(&str, &str), BTreeMap<&str, usize>> = BTreeMap::new();
    for row in 0..kpis.kpi.len() {
        let key = (kpis.kpi.value(row), kpis.unit.value(row));
        by_name.entry(key).or_default().insert(kpis.segment.value(row), row);
    }
    let figure = |row: usize| Figure {
        segment: kpis.segment.value(row).to_owned(),
        value: maybe(&kpis.value, row),
        numerator: maybe(&kpis.numerator, row),
        denominator: maybe(&kpis.denominator, row),
        ci_low: maybe(&kpis.ci_low, row),
        ci_high: maybe(&kpis.ci_high, row),
        note: maybe_text(&kpis.note, row),
    };
    by_name
        .into_iter()
        .filter_map(|((kpi, unit), rows)| {
            let all = figure(*rows.get(ALL)?);
            let mut of_segments: Vec<Figure> = segments
                .value
                .iter()
                .filter_map(|segment| {
                    let row = *rows.get(segment.name.as_str())?;
                    Some(if segment.customers.is_told() {
                        figure(row)
                    } else {
                        Figure::covered(&segment.name)
                    })
                })
                .collect();
            cover_figures(kpi, &mut of_segments, k);
            Some(KeyFigure {
                kpi: kpi.to_owned(),
                unit: unit.to_owned(),
                all,
                segments: of_segments,
            })
        })
        .collect()
}

/// Covers what few parties stand behind, in segments that are themselves large enough.
fn cover_figures(kpi: &str, figures: &mut [Figure], k: u32) {
    let is_few = |n: f64| 0.0 < n && n < f64::from(k);
    if PARTY_COUNTS.contains(&kpi) {
        let counts: Vec<i64> =
            figures.iter().map(|figure| figure.value.unwrap_or(1.0) as i64).collect();
        for (figure, count) in figures.iter_mut().zip(cover(&counts, k)) {
            if !count.is_told() {
                *figure = Figure::covered(&figure.segment);
            }
        }
        return;
    }
    for figure in figures {
        if PARTY_RATIOS.contains(&kpi) && figure.denominator.is_some_and(is_few) {
            *figure = Figure::covered(&figure.segment);
        }
    }
}

/// One goal and how far it is.
#[derive(Debug, Clone, Serialize)]
pub struct Goal {
    /// Key figure.
    pub kpi: String,
    /// Unit of the figure, as in [`KeyFigure`].
    pub unit: String,
    /// Value segment, or `(all)`.
    pub segment: String,
    /// `at_least` or `at_most`.
    pub direction: String,
    /// Value to reach.
    pub target: f64,
    /// Value it started from.
    pub baseline: Option<f64>,
    /// Day by which it is to be reached, as `2026-12-31`.
    pub due: Option<String>,
    /// The same day: days since 1970-01-01.
    pub due_day: Option<i32>,
    /// Value on the logical date.
    pub value: Option<f64>,
    /// Lower end of its 95 % interval.
    pub ci_low: Option<f64>,
    /// Upper end.
    pub ci_high: Option<f64>,
    /// Part of the way that is done.
    pub attained: Option<f64>,
    /// `met`, `not_met`, `undecided` or `not_computable`.
    pub verdict: String,
}

/// Goals of segments too small to be told are left out.
pub(super) fn goals(
    goals: &goal_result::Columns,
    kpis: &kpi::Columns,
    segments: &Segments,
) -> Vec<Goal> {
    let unit_of = |name: &str| {
        let row = (0..kpis.kpi.len()).find(|&row| kpis.kpi.value(row) == name);
        row.map_or("", |row| kpis.unit.value(row))
    };
    let mut rows: Vec<usize> = (0..goals.kpi.len()).collect();
    rows.sort_by_key(|&row| (goals.kpi.value(row), goals.segment.value(row)));
    rows.into_iter()
        .filter(|&row| {
            let name = goals.segment.value(row);
            segments.value.iter().all(|segment| segment.name != name || segment.customers.is_told())
        })
        .map(|row| Goal {
            kpi: goals.kpi.value(row).to_owned(),
            unit: unit_of(goals.kpi.value(row)).to_owned(),
            segment: goals.segment.value(row).to_owned(),
            direction: goals.direction.value(row).to_owned(),
            target: goals.target.value(row),
            baseline: maybe(&goals.baseline, row),
            due: goals.due.is_valid(row).then(|| iso_day(goals.due.value(row))),
            due_day: goals.due.is_valid(row).then(|| goals.due.value(row)),
            value: maybe(&goals.value, row),
            ci_low: maybe(&goals.ci_low, row),
            ci_high: maybe(&goals.ci_high, row),
            attained: maybe(&goals.attained, row),
            verdict: goals.verdict.value(row).to_owned(),
        })
        .collect()
}

/// What was run.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// Id of the night.
    pub night_id: String,
    /// Hash of the inputs and settings.
    pub fingerprint: String,
    /// Seed of the project, as text: it may be larger than JSON numbers keep.
    pub seed: String,
    /// Version of the program.
    pub version: String,
    /// Steps in the order in which they ran.
    pub steps: Vec<StepFact>,
}

impl Run {
    pub(super) fn new(facts: &NightFacts) -> Self {
        Self {
            night_id: facts.night_id.clone(),
            fingerprint: facts.fingerprint.clone(),
            seed: facts.seed.to_string(),
            version: facts.version.clone(),
            steps: facts.steps.clone(),
        }
    }
}

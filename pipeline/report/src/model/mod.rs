//! Everything the report tells, before it is worded or drawn.

mod actions;
mod forecast;
mod groups;
mod identity;
mod lift;
mod migration;
mod night;
mod portfolio;
mod read;

use idip_schemas::differentiate::portfolio::{
    lorenz_point, loyalty_group, portfolio as portfolio_table, segment_target,
};
use idip_schemas::differentiate::segmentation::{segment_event, segment_reason, segment_rule};
use idip_schemas::differentiate::{cluster_quality, segment, segment_profile, value_need_cell};
use idip_schemas::interact::contact_summary;
use idip_schemas::measure::{campaign_lift, goal_result, kpi, segment_migration};
use idip_schemas::personalize::offer_use;
use idip_schemas::source::{category, reconciliation, sales_channel};
use idip_stage::Tables;
use serde::Serialize;

pub use actions::{ChannelContacts, Contacts, Offer, Offers, ReasonCount};
pub use forecast::{Decile, Forecast, Model, Tier, Week};
pub use groups::{Cell, Feature, Matrix, Quality, Segment, SegmentReason, SegmentRule, Segments};
pub use identity::{Accuracy, Evaluation, Expected, Identity, Review, SizeGroup, WeightBin};
pub use lift::{Axis, Effect, Outcome};
pub use migration::{Flow, Migration};
pub use night::{Feed, FeedMoney, Figure, Goal, KeyFigure, Part, Parties, Run};
pub use portfolio::{LorenzPoint, LoyaltyGroup, Portfolio, PortfolioFigure, Target};

use crate::{Language, NightFacts, Params, ReportError};
use read::{batch, iso_day};

/// The report of one night.
///
/// Money is in the project's currency, shares are 0 to 1. A number of parties may be `"small"` or
/// `"hidden"`: see [`Count`](crate::small_group::Count).
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Version of this structure.
    pub format: u32,
    /// Name of the project.
    pub project: String,
    /// Logical date, as `2026-06-30`.
    pub logical_date: String,
    /// Logical date: days since 1970-01-01.
    pub logical_day: i32,
    /// Currency of every amount, ISO 4217.
    pub currency: String,
    /// Fewest parties of a group whose figures are told.
    pub smallest_group: u32,
    /// Goals of the project.
    pub goals: Vec<Goal>,
    /// Rows of each feed and where they went.
    pub feeds: Vec<Feed>,
    /// Rows that could not be used, most first.
    pub rejects: Vec<crate::RejectCount>,
    /// Who is known.
    pub parties: Parties,
    /// How well persons are recognised.
    pub identity: Identity,
    /// Sales by category, most first.
    pub categories: Vec<Part>,
    /// Sales by channel, most first.
    pub channels: Vec<Part>,
    /// Segments of all axes.
    pub segments: Segments,
    /// What customers are expected to buy.
    pub forecast: Forecast,
    /// Loyalty, concentration and targets.
    pub portfolio: Portfolio,
    /// What becomes of each party tonight.
    pub contacts: Contacts,
    /// What the offers use of what they may.
    pub offers: Offers,
    /// What past campaigns changed, by outcome.
    pub effects: Vec<Effect>,
    /// Who moved, by axis; empty on the first night.
    pub migrations: Vec<Migration>,
    /// Key figures, in the order of the catalogue's subjects.
    pub figures: Vec<KeyFigure>,
    /// What was run.
    pub run: Run,
}

impl Report {
    /// Gathers the report from the aggregate tables of a night; tables not given count as empty.
    ///
    /// # Errors
    ///
    /// A table breaks its contract.
    pub fn new(tables: &Tables, facts: &NightFacts, params: &Params) -> Result<Self, ReportError> {
        let k = params.smallest_group;
        let kpis = kpi::Columns::parse(&batch(tables, &kpi::CONTRACT)?)?;
        let segments = segment::Columns::parse(&batch(tables, &segment::CONTRACT)?)?;
        let profiles =
            segment_profile::Columns::parse(&batch(tables, &segment_profile::CONTRACT)?)?;
        let cells = value_need_cell::Columns::parse(&batch(tables, &value_need_cell::CONTRACT)?)?;
        let quality = cluster_quality::Columns::parse(&batch(tables, &cluster_quality::CONTRACT)?)?;
        let goals = goal_result::Columns::parse(&batch(tables, &goal_result::CONTRACT)?)?;
        let rows = reconciliation::Columns::parse(&batch(tables, &reconciliation::CONTRACT)?)?;
        let categories = category::Columns::parse(&batch(tables, &category::CONTRACT)?)?;
        let channels = sales_channel::Columns::parse(&batch(tables, &sales_channel::CONTRACT)?)?;
        let plan = contact_summary::Columns::parse(&batch(tables, &contact_summary::CONTRACT)?)?;
        let uses = offer_use::Columns::parse(&batch(tables, &offer_use::CONTRACT)?)?;
        let lifts = campaign_lift::Columns::parse(&batch(tables, &campaign_lift::CONTRACT)?)?;
        let moves =
            segment_migration::Columns::parse(&batch(tables, &segment_migration::CONTRACT)?)?;

        let figures = portfolio_table::Columns::parse(&batch(tables, &portfolio_table::CONTRACT)?)?;
        let curve = lorenz_point::Columns::parse(&batch(tables, &lorenz_point::CONTRACT)?)?;
        let loyalty = loyalty_group::Columns::parse(&batch(tables, &loyalty_group::CONTRACT)?)?;
        let targets = segment_target::Columns::parse(&batch(tables, &segment_target::CONTRACT)?)?;

        let events = segment_event::Columns::parse(&batch(tables, &segment_event::CONTRACT)?)?;

        let events = (&events, facts.logical_date);
        let reasons = segment_reason::Columns::parse(&batch(tables, &segment_reason::CONTRACT)?)?;
        let rules = segment_rule::Columns::parse(&batch(tables, &segment_rule::CONTRACT)?)?;
        let explained = groups::Explained { reasons: &reasons, rules: &rules };
        let segments = Segments::new(&segments, &profiles, &cells, &quality, events, explained, k);
        let mut rejects = facts.rejects.clone();
        rejects.sort_by(|a, b| (b.rows, &a.feed, &a.reason).cmp(&(a.rows, &b.feed, &b.reason)));
        Ok(Self {
            format: 1,
            project: facts.project.clone(),
            logical_date: iso_day(facts.logical_date),
            logical_day: facts.logical_date,
            currency: facts.currency.clone(),
            smallest_group: k,
            goals: night::goals(&goals, &kpis, &segments),
            feeds: night::feeds(&rows),
            rejects,
            identity: Identity::new(tables, facts, k)?,
            parties: Parties::new(&kpis, facts),
            categories: night::parts(&categories.category, &categories.amount, &categories.lines),
            channels: night::parts(&channels.channel, &channels.amount, &channels.lines),
            figures: night::figures(&kpis, &segments, k),
            migrations: migration::migrations(&moves, &segments, k),
            segments,
            forecast: Forecast::new(tables, k)?,
            portfolio: Portfolio::new(&figures, &curve, &loyalty, &targets, k),
            contacts: Contacts::new(&plan),
            offers: Offers::new(&uses, &facts.offer_names),
            effects: lift::effects(&lifts, k),
            run: Run::new(facts),
        })
    }

    /// The report as HTML, in one file without scripts.
    pub fn html(&self, language: Language) -> String {
        crate::html::page(self, language)
    }

    /// The report as JSON: every number of the HTML.
    ///
    /// # Errors
    ///
    /// A number that JSON cannot hold, of which there is none.
    pub fn json(&self) -> Result<String, ReportError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The figure of all parties, when there is one.
    pub(crate) fn figure(&self, kpi: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.kpi == kpi).map(|figure| &figure.all)
    }

    /// The value of a figure of all parties, when it could be computed.
    pub(crate) fn value(&self, kpi: &str) -> Option<f64> {
        self.figure(kpi).and_then(|figure| figure.value)
    }
}

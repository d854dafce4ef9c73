//! Conversation: who acts where and when, what is answered, and whom it pays to win over.
//!
//! ```text
//! social_post, interaction, response, survey ─► activity_count ─► activity_week
//! social_post ─► content_count ─► content_engagement
//! customer_advocacy ─► advocacy_candidate ─► advocacy_return
//! ```

mod content;
mod investment;

use std::collections::BTreeSet;

use arrow_array::Array;
use idip_schemas::TableContract;
use idip_schemas::differentiate::advocacy::customer_advocacy;
use idip_schemas::differentiate::conversation::{
    activity_count, activity_week, advocacy_candidate, advocacy_return, content_count,
    content_engagement,
};
use idip_schemas::identify::identity_map;
use idip_schemas::source::{interaction, response, social_post, survey};
use idip_stage::{Read, RunContext, StageError, Step, Tables, View, parse};

use crate::advocacy::InvestmentSettings;

/// Kinds of acts, in the order of their names.
const KINDS: [&str; 5] = ["interaction_in", "interaction_out", "post", "response", "survey"];

/// What stands for a channel or value that is not told.
const NONE: &str = "(none)";

const DAYS_PER_WEEK: i32 = 7;

/// Makes `activity_week`, `content_engagement` and `advocacy_return`.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    investment: InvestmentSettings,
}

impl Conversation {
    /// A step with these assumptions, which are expected to pass their check.
    pub fn new(investment: InvestmentSettings) -> Self {
        Self { investment }
    }
}

impl Step for Conversation {
    fn name(&self) -> &'static str {
        "differentiate.conversation"
    }

    fn views(&self) -> Vec<View> {
        let posts = Read::Table(&social_post::CONTRACT);
        vec![
            View::new(
                &activity_count::CONTRACT,
                vec![
                    posts,
                    Read::Table(&interaction::CONTRACT),
                    Read::Table(&response::CONTRACT),
                    Read::Table(&survey::CONTRACT),
                    Read::Table(&identity_map::CONTRACT),
                ],
                include_str!("activity_count.sql"),
            ),
            View::new(&content_count::CONTRACT, vec![posts], include_str!("content_count.sql")),
            View::new(
                &advocacy_candidate::CONTRACT,
                vec![Read::Table(&customer_advocacy::CONTRACT)],
                include_str!("advocacy_candidate.sql"),
            ),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&activity_week::CONTRACT, &content_engagement::CONTRACT, &advocacy_return::CONTRACT]
    }

    fn settings(&self) -> String {
        format!("{:?}", self.investment)
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let weeks = weeks(views, context.logical_date)?;
        let content = content::engagement(views)?;
        let returns = investment::returns(views, &self.investment)?;
        Ok(Tables::default()
            .with(&activity_week::CONTRACT, vec![weeks.into_batch()?])
            .with(&content_engagement::CONTRACT, vec![content.into_batch()?])
            .with(&advocacy_return::CONTRACT, vec![returns.into_batch()?]))
    }
}

/// Acts by kind, channel and week; a kind without any has one row that says so.
fn weeks(views: &Tables, as_of: i32) -> Result<activity_week::Columns, StageError> {
    type Row = (String, String, i32, Option<(i64, i64)>);
    let mut rows: Vec<Row> = Vec::new();
    for batch in parse(views, &activity_count::CONTRACT, activity_count::Columns::parse)? {
        for row in 0..batch.kind.len() {
            let weeks_ago = i32::try_from(batch.weeks_ago.value(row)).unwrap_or(0);
            rows.push((
                batch.kind.value(row).to_owned(),
                batch.channel.value(row).to_owned(),
                as_of - DAYS_PER_WEEK * weeks_ago,
                Some((batch.n_acts.value(row), batch.n_parties.value(row))),
            ));
        }
    }
    let found: BTreeSet<String> = rows.iter().map(|row| row.0.clone()).collect();
    let absent = KINDS.iter().filter(|kind| !found.contains(**kind));
    rows.extend(absent.map(|kind| ((*kind).to_owned(), NONE.to_owned(), as_of, None)));
    rows.sort();
    Ok(activity_week::Columns {
        kind: rows.iter().map(|row| Some(row.0.as_str())).collect(),
        channel: rows.iter().map(|row| Some(row.1.as_str())).collect(),
        week_ends_on: rows.iter().map(|row| Some(row.2)).collect(),
        n_acts: rows.iter().map(|row| Some(row.3?.0)).collect(),
        n_parties: rows.iter().map(|row| Some(row.3?.1)).collect(),
        reason: rows.iter().map(|row| row.3.is_none().then_some("no_feed")).collect(),
    })
}

#[cfg(test)]
mod tests;

//! The questions of the contact plan.

use std::borrow::Cow;

use idip_schemas::{identify, interact, source};
use idip_stage::{Read, Sql, View};

use crate::params::Params;

/// Returns the four views, one a subject: the parties, what they allow, how they answered, what
/// they were sent.
pub(crate) fn views(params: &Params) -> Vec<View> {
    // Line breaks keep a comment at the end of the condition from hiding the bracket.
    let audience = match &params.audience {
        Some(predicate) => format!("\n{predicate}\n"),
        None => "true".to_owned(),
    };
    let purpose = quoted(&params.purpose.trim().to_lowercase());
    vec![
        View {
            contract: &interact::contact_candidate::CONTRACT,
            reads: vec![
                Read::Table(&identify::golden_customer::CONTRACT),
                Read::Relation("customer"),
            ],
            given: Vec::new(),
            sql: text(include_str!("views/contact_candidate.sql").replace("{audience}", &audience)),
        },
        View {
            contract: &interact::permission_state::CONTRACT,
            reads: vec![
                Read::Table(&source::consent::CONTRACT),
                Read::Table(&source::suppression::CONTRACT),
                Read::Table(&source::erased_suppression::CONTRACT),
                Read::Table(&identify::identity_map::CONTRACT),
                Read::Table(&identify::golden_customer::CONTRACT),
            ],
            given: Vec::new(),
            sql: text(include_str!("views/permission_state.sql").replace("{purpose}", &purpose)),
        },
        View::new(
            &interact::channel_history::CONTRACT,
            vec![
                Read::Table(&source::campaign_contact::CONTRACT),
                Read::Table(&source::response::CONTRACT),
                Read::Table(&identify::identity_map::CONTRACT),
            ],
            include_str!("views/channel_history.sql"),
        ),
        View {
            contract: &interact::contact_past::CONTRACT,
            reads: vec![
                Read::Table(&source::campaign_contact::CONTRACT),
                Read::Table(&identify::identity_map::CONTRACT),
                Read::Table(&identify::golden_customer::CONTRACT),
                Read::Table(&identify::customer_lineage::CONTRACT),
                Read::LastNight(&interact::contact_history::CONTRACT),
            ],
            given: Vec::new(),
            sql: text(
                include_str!("views/contact_past.sql")
                    .replace("{memory_days}", &params.memory_days().to_string()),
            ),
        },
    ]
}

fn text(sql: String) -> Sql {
    Sql::Text(Cow::Owned(sql))
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "''"))
}

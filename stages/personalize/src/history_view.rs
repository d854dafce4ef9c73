//! The questions about what was offered before.

use idip_schemas::{differentiate, identify, personalize, source};
use idip_stage::{Read, Sql, View};

/// How past contacts with each offer ended, those at least `maturity_days` old.
pub(crate) fn offer_response(maturity_days: u32) -> View {
    View {
        contract: &personalize::offer_response::CONTRACT,
        reads: vec![
            Read::Table(&source::offer::CONTRACT),
            Read::Table(&source::campaign_contact::CONTRACT),
            Read::Table(&source::response::CONTRACT),
            Read::Table(&identify::identity_map::CONTRACT),
            Read::Table(&differentiate::customer_segment::CONTRACT),
        ],
        given: Vec::new(),
        sql: Sql::Text(
            include_str!("views/offer_response.sql")
                .replace("{maturity_days}", &maturity_days.to_string())
                .into(),
        ),
    }
}

/// Which offers were made less than `repeat_days` ago, or are planned.
pub(crate) fn offer_past(repeat_days: u32) -> View {
    View {
        contract: &personalize::offer_past::CONTRACT,
        reads: vec![
            Read::Table(&source::campaign_contact::CONTRACT),
            Read::Table(&identify::identity_map::CONTRACT),
            Read::Table(&identify::golden_customer::CONTRACT),
            Read::Table(&identify::customer_lineage::CONTRACT),
            Read::LastNight(&personalize::offer_history::CONTRACT),
        ],
        given: Vec::new(),
        sql: Sql::Text(
            include_str!("views/offer_past.sql")
                .replace("{repeat_days}", &repeat_days.to_string())
                .into(),
        ),
    }
}

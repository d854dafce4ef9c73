//! Offers written in the project file join those of the feeds.

use arrow_array::{Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch};
use idip_project::{Offer, Project, cents};
use idip_schemas::source::offer;

use crate::RunError;
use crate::engine::Engine;

/// Name of the offers of the project file with the engine.
const INLINE: &str = "inline_offer";

/// Adds the project's own offers to the table `offer`.
///
/// # Errors
///
/// When an offer of the project file has the code of one in a feed.
pub(crate) fn add(engine: &Engine, project: &Project, as_of: i32) -> Result<(), RunError> {
    if project.offers.is_empty() {
        return Ok(());
    }
    let contract = &offer::CONTRACT;
    engine.register_batches(INLINE, contract.schema(), &[table(&project.offers)?])?;
    let sql = "SELECT offer_id FROM offer JOIN inline_offer USING (offer_id) ORDER BY offer_id";
    let twice: usize = engine.ask("offers", sql, as_of)?.iter().map(RecordBatch::num_rows).sum();
    if twice > 0 {
        return Err(RunError::Audit {
            message: format!("{twice} offers have the same code in the project file and in a feed"),
            hint: Some("give each offer one code".into()),
        });
    }
    engine.register_view("feed_offer", "SELECT * FROM offer", as_of)?;
    engine.register_view(
        contract.name,
        "SELECT * FROM feed_offer UNION ALL SELECT * FROM inline_offer",
        as_of,
    )?;
    Ok(())
}

fn table(offers: &[Offer]) -> Result<RecordBatch, RunError> {
    let bug = |error: String| RunError::Bug(format!("the offers of the project file: {error}"));
    let money = |of: &dyn Fn(&Offer) -> Option<i64>| {
        offers
            .iter()
            .map(|offer| of(offer).map(i128::from))
            .collect::<Decimal128Array>()
            .with_precision_and_scale(18, 2)
            .map_err(|error| bug(error.to_string()))
    };
    let day = |of: fn(&Offer) -> Option<&String>| -> Date32Array {
        offers
            .iter()
            .map(|offer| of(offer).and_then(|day| day.parse().ok()).map(crate::days_since_epoch))
            .collect()
    };
    offer::Columns {
        offer_id: offers.iter().map(|offer| Some(&offer.id)).collect(),
        name: offers.iter().map(|offer| Some(&offer.name)).collect(),
        lever: offers.iter().map(|offer| Some(&offer.lever)).collect(),
        category: offers.iter().map(|offer| offer.category.as_ref()).collect(),
        eligibility: offers.iter().map(|offer| offer.eligibility.as_ref()).collect(),
        cost: money(&|offer| cents(&offer.cost))?,
        margin: money(&|offer| cents(&offer.margin))?,
        customer_value: money(&|offer| offer.customer_value.as_ref().and_then(|it| cents(it)))?,
        base_response: offers
            .iter()
            .map(|offer| Some(offer.base_response))
            .collect::<Float64Array>(),
        stock: offers.iter().map(|offer| offer.stock).collect::<Int64Array>(),
        valid_from: day(|offer| offer.valid_from.as_ref()),
        valid_to: day(|offer| offer.valid_to.as_ref()),
    }
    .into_batch()
    .map_err(|error| bug(error.to_string()))
}

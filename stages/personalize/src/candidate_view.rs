//! The question that turns the eligibility of each offer into ones and zeros.

use arrow_array::Array;
use idip_schemas::source::{category, offer};
use idip_schemas::{differentiate, interact, personalize};
use idip_stage::{Read, StageError, Tables, View};

use crate::offer::Offer;

/// Which offers each planned contact may have, and how much it likes their categories.
pub(crate) fn offer_candidate(match_need: bool) -> View {
    View::built(
        &personalize::offer_candidate::CONTRACT,
        vec![
            Read::Table(&interact::contact_plan::CONTRACT),
            Read::Table(&differentiate::customer_feature::CONTRACT),
            Read::Relation("customer"),
        ],
        vec![&offer::CONTRACT, &category::CONTRACT],
        move |_, given| {
            let offers = offer::Columns::parse(&given.batch(&offer::CONTRACT)?)?;
            let offers = crate::offer::read(&offers)?;
            let categories = if match_need { categories(given)? } else { Vec::new() };
            Ok(sql(&offers, &categories))
        },
    )
}

/// Names of the categories with their positions in lists of shares, from 0.
fn categories(given: &Tables) -> Result<Vec<(String, i64)>, StageError> {
    let table = category::Columns::parse(&given.batch(&category::CONTRACT)?)?;
    Ok((0..table.category.len())
        .map(|row| (table.category.value(row).to_owned(), table.category_index.value(row)))
        .collect())
}

fn sql(offers: &[Offer], categories: &[(String, i64)]) -> String {
    // Line breaks keep a comment at the end of a condition from hiding the bracket.
    let mut eligible: Vec<String> = offers
        .iter()
        .map(|offer| match &offer.eligibility {
            Some(condition) => {
                format!("CAST(CASE WHEN (\n{condition}\n) THEN 1 ELSE 0 END AS BIGINT)")
            }
            None => "CAST(1 AS BIGINT)".to_owned(),
        })
        .collect();
    let mut share: Vec<String> = offers
        .iter()
        .map(|offer| {
            let position = offer.category.as_ref().and_then(|of_offer| {
                categories.iter().find(|(name, _)| name == of_offer).map(|&(_, position)| position)
            });
            match position {
                // SQL counts from 1.
                Some(position) => {
                    format!("CAST(array_element(f.category_shares, {}) AS DOUBLE)", position + 1)
                }
                None => "CAST(NULL AS DOUBLE)".to_owned(),
            }
        })
        .collect();
    // A list of nothing has no type; without offers its one value is never read.
    if offers.is_empty() {
        eligible.push("CAST(0 AS BIGINT)".to_owned());
        share.push("CAST(NULL AS DOUBLE)".to_owned());
    }
    include_str!("views/offer_candidate.sql")
        .replace("{eligible}", &eligible.join(", "))
        .replace("{category_share}", &share.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::offer;

    #[test]
    fn conditions_are_fenced_and_categories_found_by_name() {
        let mut club = offer("a");
        club.eligibility = Some("n_baskets > 3 -- the club".into());
        club.category = Some("wine".into());
        let mut unknown = offer("b");
        unknown.category = Some("boats".into());
        let sql = sql(&[club, unknown], &[("bread".into(), 0), ("wine".into(), 1)]);
        assert!(sql.contains(
            "make_array(CAST(CASE WHEN (\nn_baskets > 3 -- the club\n) THEN 1 ELSE 0 END AS BIGINT), \
             CAST(1 AS BIGINT)) AS eligible"
        ));
        assert!(sql.contains(
            "make_array(CAST(array_element(f.category_shares, 2) AS DOUBLE), CAST(NULL AS DOUBLE))"
        ));
    }

    #[test]
    fn without_offers_the_lists_still_have_a_type() {
        let sql = sql(&[], &[]);
        assert!(sql.contains("make_array(CAST(0 AS BIGINT)) AS eligible"));
        assert!(sql.contains("make_array(CAST(NULL AS DOUBLE)) AS category_share"));
    }
}

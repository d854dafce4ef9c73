//! The offers of the night, checked.

use arrow_array::{Array, Date32Array};
use idip_schemas::source::offer;
use idip_stage::StageError;

/// The id that stands for all offers together in `offer_use`.
pub(crate) const TOTAL: &str = "(total)";

/// One offer; money in minor units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Offer {
    pub(crate) id: String,
    pub(crate) lever: String,
    pub(crate) category: Option<String>,
    pub(crate) eligibility: Option<String>,
    pub(crate) cost: i64,
    pub(crate) margin: i64,
    pub(crate) base_response: f64,
    pub(crate) stock: Option<u64>,
    pub(crate) valid_from: Option<i32>,
    pub(crate) valid_to: Option<i32>,
}

impl Offer {
    /// Whether it may be made for a contact on that day.
    pub(crate) fn is_valid_on(&self, day: i32) -> bool {
        self.valid_from.is_none_or(|first| first <= day)
            && self.valid_to.is_none_or(|last| day <= last)
    }
}

/// Reads the offers in the order of their ids.
///
/// # Errors
///
/// Names every offer with a repeated or reserved id, a negative cost or stock, or a response rate
/// that is no probability.
pub(crate) fn read(table: &offer::Columns) -> Result<Vec<Offer>, StageError> {
    let mut problems = Vec::new();
    let mut offers: Vec<Offer> = (0..table.offer_id.len())
        .map(|row| {
            let id = table.offer_id.value(row).to_owned();
            let text = |column: &arrow_array::StringArray| {
                column.is_valid(row).then(|| column.value(row).to_owned())
            };
            let day = |column: &Date32Array| column.is_valid(row).then(|| column.value(row));
            let mut cents = |column: &arrow_array::Decimal128Array, name: &str| {
                i64::try_from(column.value(row)).unwrap_or_else(|_| {
                    problems.push(format!("`{id}`: {name} is out of range"));
                    0
                })
            };
            let cost = cents(&table.cost, "cost");
            let margin = cents(&table.margin, "margin");
            if cost < 0 {
                problems.push(format!("`{id}`: cost is below 0"));
            }
            let base_response = table.base_response.value(row);
            if !(0.0..=1.0).contains(&base_response) {
                problems.push(format!("`{id}`: base_response is not from 0 to 1"));
            }
            let stock = table.stock.is_valid(row).then(|| table.stock.value(row));
            if stock.is_some_and(|pieces| pieces < 0) {
                problems.push(format!("`{id}`: stock is below 0"));
            }
            Offer {
                lever: table.lever.value(row).to_owned(),
                category: text(&table.category),
                eligibility: text(&table.eligibility).filter(|text| !text.trim().is_empty()),
                cost,
                margin,
                base_response,
                stock: stock.map(|pieces| u64::try_from(pieces).unwrap_or(0)),
                valid_from: day(&table.valid_from),
                valid_to: day(&table.valid_to),
                id,
            }
        })
        .collect();
    offers.sort_by(|a, b| a.id.cmp(&b.id));
    for pair in offers.windows(2) {
        if let [a, b] = pair
            && a.id == b.id
        {
            problems.push(format!("`{}`: the id is there twice", a.id));
        }
    }
    if offers.iter().any(|offer| offer.id == TOTAL) {
        problems.push(format!("`{TOTAL}`: the id stands for all offers together"));
    }
    if problems.is_empty() {
        return Ok(offers);
    }
    Err(StageError::Data {
        message: format!("offers cannot be used: {}", problems.join("; ")),
        hint: Some("correct them in the offer feed or under `offers:`".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{offer, offer_table};

    #[test]
    fn offers_come_by_id_and_know_their_days() {
        let mut late = offer("b");
        late.valid_from = Some(10);
        late.valid_to = Some(12);
        let offers = read(&offer_table(&[late, offer("a")])).expect("good offers");
        assert_eq!(offers.iter().map(|o| o.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let days: Vec<bool> = (9..14).map(|day| offers[1].is_valid_on(day)).collect();
        assert_eq!(days, [false, true, true, true, false]);
        assert!(offers[0].is_valid_on(i32::MIN));
    }

    #[test]
    fn every_bad_offer_is_named_at_once() {
        let bad = [
            Offer { cost: -1, ..offer("a") },
            Offer { base_response: 1.5, ..offer("b") },
            Offer { base_response: f64::NAN, ..offer("c") },
            offer("d"),
            offer("d"),
            offer("(total)"),
        ];
        let error = read(&offer_table(&bad)).expect_err("are refused");
        assert_eq!(
            error.to_string(),
            "offers cannot be used: `a`: cost is below 0; `b`: base_response is not from 0 to 1; \
             `c`: base_response is not from 0 to 1; `d`: the id is there twice; \
             `(total)`: the id stands for all offers together"
        );
    }
}

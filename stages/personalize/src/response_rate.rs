//! The step `personalize.response_rate`: how often each offer is redeemed, by value segment.
//!
//! `p_o = (R_o + k b_o) / (N_o + k)`, `p_os = (r_os + k p_o) / (n_os + k)`
//!
//! with `n`, `N` the contacts and `r`, `R` the redemptions of the offer in the segment and in all,
//! `b_o` the rate assumed for the offer and `k` the configured strength.

use idip_numerics::shrinkage::{RatePrior, Trials};
use idip_schemas::TableContract;
use idip_schemas::personalize::{offer_response, offer_response_rate};
use idip_schemas::source::offer;
use idip_stage::{RunContext, StageError, Step, Tables, View};

use crate::history_view;
use crate::params::Params;

/// Shrinks the response rates of offers by value segment.
#[derive(Debug)]
pub(crate) struct ResponseRate {
    shrinkage: f64,
    maturity_days: u32,
}

impl ResponseRate {
    pub(crate) fn new(params: &Params) -> Self {
        Self { shrinkage: params.shrinkage, maturity_days: params.maturity_days }
    }
}

impl Step for ResponseRate {
    fn name(&self) -> &'static str {
        "personalize.response_rate"
    }

    fn views(&self) -> Vec<View> {
        vec![View::whole(&offer::CONTRACT), history_view::offer_response(self.maturity_days)]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&offer_response_rate::CONTRACT]
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }

    fn run(&self, _context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let offers = crate::offer::read(&offer::Columns::parse(&views.batch(&offer::CONTRACT)?)?)?;
        let responses = offer_response::Columns::parse(&views.batch(&offer_response::CONTRACT)?)?;
        let mut rows: Vec<(&str, i64, i64, i64)> = (0..responses.n_contacts.values().len())
            .map(|row| {
                (
                    responses.offer_id.value(row),
                    responses.value_segment_id.value(row),
                    responses.n_contacts.value(row),
                    responses.n_responses.value(row),
                )
            })
            .collect();
        rows.sort_unstable();

        let mut rates = Vec::with_capacity(rows.len());
        for of_offer in rows.chunk_by(|a, b| a.0 == b.0) {
            let assumed = of_offer
                .first()
                .and_then(|row| offers.iter().find(|offer| offer.id == row.0))
                .map_or(0.0, |offer| offer.base_response);
            let trials = |n_contacts: i64, n_responses: i64| Trials {
                successes: n_responses as f64,
                n: n_contacts as f64,
            };
            let all = trials(
                of_offer.iter().map(|row| row.2).sum(),
                of_offer.iter().map(|row| row.3).sum(),
            );
            let of_all = RatePrior::new(assumed, self.shrinkage).shrink(all);
            let prior = RatePrior::new(of_all, self.shrinkage);
            rates.extend(of_offer.iter().map(|row| prior.shrink(trials(row.2, row.3))));
        }
        let written = offer_response_rate::Columns {
            offer_id: rows.iter().map(|row| Some(row.0)).collect(),
            value_segment_id: rows.iter().map(|row| row.1).collect::<Vec<_>>().into(),
            n_contacts: rows.iter().map(|row| row.2).collect::<Vec<_>>().into(),
            n_responses: rows.iter().map(|row| row.3).collect::<Vec<_>>().into(),
            rate: rates.into(),
        };
        Ok(Tables::default().with(&offer_response_rate::CONTRACT, vec![written.into_batch()?]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::Offer;
    use crate::testing::{context, offer, offer_table};

    fn rates(history: &[(&str, i64, i64, i64)], shrinkage: f64) -> Vec<(String, i64, f64)> {
        let offers = [
            Offer { base_response: 0.10, ..offer("a") },
            Offer { base_response: 0.02, ..offer("b") },
        ];
        let history = offer_response::Columns {
            offer_id: history.iter().map(|row| Some(row.0)).collect(),
            value_segment_id: history.iter().map(|row| row.1).collect::<Vec<_>>().into(),
            n_contacts: history.iter().map(|row| row.2).collect::<Vec<_>>().into(),
            n_responses: history.iter().map(|row| row.3).collect::<Vec<_>>().into(),
        };
        let views = Tables::default()
            .with(&offer::CONTRACT, vec![offer_table(&offers).into_batch().expect("offers")])
            .with(&offer_response::CONTRACT, vec![history.into_batch().expect("history")]);
        let step = ResponseRate { shrinkage, maturity_days: 14 };
        let written = step.run(&context(), &views).expect("runs");
        let batch = written.batch(&offer_response_rate::CONTRACT).expect("is written");
        let rates = offer_response_rate::Columns::parse(&batch).expect("keeps its contract");
        (0..rates.rate.values().len())
            .map(|i| {
                let offer = rates.offer_id.value(i).to_owned();
                (offer, rates.value_segment_id.value(i), rates.rate.value(i))
            })
            .collect()
    }

    #[test]
    fn a_segment_leans_on_its_offer_and_the_offer_on_what_was_assumed() {
        // Offer: (30 + 50 x 0.10) / (150 + 50) = 0.175.
        // Segments: (25 + 8.75) / (50 + 50) = 0.3375 and (5 + 8.75) / (100 + 50) = 0.0917.
        let rates = rates(&[("b", 1, 0, 0), ("a", 2, 100, 5), ("a", 1, 50, 25)], 50.0);
        let expected = [("a", 1, 0.3375), ("a", 2, 13.75 / 150.0), ("b", 1, 0.02)];
        assert_eq!(rates.len(), expected.len());
        for (rate, expected) in rates.iter().zip(expected) {
            assert_eq!((rate.0.as_str(), rate.1), (expected.0, expected.1));
            assert!((rate.2 - expected.2).abs() < 1e-12, "{rate:?}");
        }
    }

    #[test]
    fn without_shrinkage_the_rates_are_those_observed() {
        let rates = rates(&[("a", 1, 50, 25), ("a", 2, 0, 0)], 0.0);
        assert!((rates[0].2 - 0.5).abs() < 1e-12);
        assert!((rates[1].2 - 0.5).abs() < 1e-12);
    }

    #[test]
    fn no_offers_make_no_rates() {
        assert_eq!(rates(&[], 50.0), []);
    }
}

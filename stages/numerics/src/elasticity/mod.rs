//! Price sensitivity: how much a customer buys less when the price is higher.
//!
//! Per customer a log-log slope from six sums that an engine can add up ([`LogLogSums`]), shrunk
//! towards the customers of the same segment, since few have seen many prices
//! ([`price_sensitivities`]); and how prone a customer is to buy on a deal ([`deal_proneness`]).

mod deal;
mod shrunk;
mod slope;

pub use deal::{DealProneness, deal_proneness};
pub use shrunk::{
    ElasticityPrior, PriceSensitivity, PriceSensitivityError, PriceSensitivityParams,
    price_sensitivities,
};
pub use slope::{LogLogSlope, LogLogSums};

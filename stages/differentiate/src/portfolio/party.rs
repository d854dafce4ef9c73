//! The parties of the portfolio, each put together from four tables that have a row for it.

use std::ops::RangeInclusive;

use arrow_array::{Array, Int64Array, RecordBatch};
use idip_schemas::differentiate::portfolio::{
    portfolio_advocacy, portfolio_feature, portfolio_loyalty, portfolio_segment,
};
use idip_schemas::{ContractError, TableContract};
use idip_stage::{StageError, Views, parse_customers};

use crate::order::{Place, expect_customers, one_by_customer};

/// One party; money in minor units.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Party<'a> {
    pub(super) has_bought: bool,
    pub(super) net_cents: i64,
    pub(super) last_cents: i64,
    pub(super) prior_cents: i64,
    /// Campaigns and other contacts by the shop; none when neither feed tells.
    pub(super) n_contacts: Option<i64>,
    pub(super) value_segment: i64,
    pub(super) need_segment: i64,
    pub(super) rfm_segment: &'a str,
    pub(super) level: i64,
    pub(super) last_level: Option<i64>,
    pub(super) mutual_loyalty: Option<f64>,
    pub(super) is_recurrent: bool,
    pub(super) state: &'a str,
    pub(super) last_state: Option<&'a str>,
    pub(super) first_campaign_on: Option<i32>,
    pub(super) first_response_days: Option<i64>,
    pub(super) n_mentions: Option<i64>,
    pub(super) is_ambassador: Option<bool>,
    pub(super) has_address: bool,
    pub(super) has_consent: Option<bool>,
}

/// Some neighbouring parties. The four tables lie in the order of customers, so that they need not be joined.
pub(super) struct Parties {
    features: Rows<portfolio_feature::Columns>,
    segments: Rows<portfolio_segment::Columns>,
    loyalty: Rows<portfolio_loyalty::Columns>,
    advocacy: Rows<portfolio_advocacy::Columns>,
}

impl Parties {
    /// Reads the parties among these customers.
    ///
    /// # Errors
    ///
    /// When a view is not answered, or one of them has other parties than the others.
    pub(super) fn read(
        views: &dyn Views,
        customers: &RangeInclusive<i64>,
    ) -> Result<Self, StageError> {
        let from = (views, customers);
        let features = Rows::read(
            from,
            &portfolio_feature::CONTRACT,
            portfolio_feature::Columns::parse,
            |columns| &columns.customer_id,
        )?;
        let segments = Rows::read(
            from,
            &portfolio_segment::CONTRACT,
            portfolio_segment::Columns::parse,
            |columns| &columns.customer_id,
        )?;
        let loyalty = Rows::read(
            from,
            &portfolio_loyalty::CONTRACT,
            portfolio_loyalty::Columns::parse,
            |columns| &columns.customer_id,
        )?;
        let advocacy = Rows::read(
            from,
            &portfolio_advocacy::CONTRACT,
            portfolio_advocacy::Columns::parse,
            |columns| &columns.customer_id,
        )?;
        let expected: Vec<i64> = features.places.iter().map(|place| place.customer_id).collect();
        segments.expect(&expected)?;
        loyalty.expect(&expected)?;
        advocacy.expect(&expected)?;
        Ok(Self { features, segments, loyalty, advocacy })
    }

    /// The parties, in the order of customers.
    pub(super) fn iter(&self) -> impl Iterator<Item = Party<'_>> {
        let rows = self.features.rows().zip(self.segments.rows());
        let rows = rows.zip(self.loyalty.rows()).zip(self.advocacy.rows());
        rows.map(|((((feature, f), (segment, s)), (loyalty, l)), (advocacy, a))| {
            let contacts = [&feature.campaign_contacts, &feature.contacts_out];
            let told = contacts.iter().filter_map(|counts| at(*counts, f, |it| it.value(f)));
            Party {
                has_bought: feature.purchase_days.value(f) > 0,
                net_cents: feature.net_amount.value(f) as i64,
                last_cents: feature.last_90_days_amount.value(f) as i64,
                prior_cents: feature.prior_90_days_amount.value(f) as i64,
                n_contacts: told.reduce(|a, b| a + b),
                value_segment: segment.value_segment_id.value(s),
                need_segment: segment.need_segment_id.value(s),
                rfm_segment: segment.rfm_segment.value(s),
                level: loyalty.loyalty_level_number.value(l),
                last_level: at(&loyalty.last_loyalty_level_number, l, |it| it.value(l)),
                mutual_loyalty: at(&loyalty.mutual_loyalty, l, |it| it.value(l)),
                is_recurrent: loyalty.is_recurrent.value(l),
                state: loyalty.lifecycle_state.value(l),
                last_state: at(&loyalty.last_lifecycle_state, l, |it| it.value(l)),
                first_campaign_on: at(&loyalty.first_campaign_on, l, |it| it.value(l)),
                first_response_days: at(&loyalty.first_response_days, l, |it| it.value(l)),
                n_mentions: at(&advocacy.n_mentions, a, |it| it.value(a)),
                is_ambassador: at(&advocacy.is_ambassador, a, |it| it.value(a)),
                has_address: advocacy.has_address.value(a),
                has_consent: at(&advocacy.has_consent, a, |it| it.value(a)),
            }
        })
    }
}

/// The rows of one table, in the order of customers.
struct Rows<C> {
    table: &'static str,
    batches: Vec<C>,
    places: Vec<Place>,
}

impl<C> Rows<C> {
    fn read(
        (views, customers): (&dyn Views, &RangeInclusive<i64>),
        contract: &'static TableContract,
        parse: fn(&RecordBatch) -> Result<C, ContractError>,
        customer_id: fn(&C) -> &Int64Array,
    ) -> Result<Self, StageError> {
        let batches = parse_customers(views, contract, customers, parse)?;
        let places = one_by_customer(contract.name, batches.iter().map(customer_id))?;
        Ok(Self { table: contract.name, batches, places })
    }

    fn expect(&self, customers: &[i64]) -> Result<(), StageError> {
        expect_customers(self.table, &self.places, customers)
    }

    /// The batch and the row in it of each customer.
    fn rows(&self) -> impl Iterator<Item = (&C, usize)> {
        let of =
            |place: &Place| Some((self.batches.get(place.batch as usize)?, place.row as usize));
        self.places.iter().filter_map(of)
    }
}

/// A value at a row; none when it is null.
fn at<'a, A: Array, T>(values: &'a A, row: usize, value: impl Fn(&'a A) -> T) -> Option<T> {
    values.is_valid(row).then(|| value(values))
}

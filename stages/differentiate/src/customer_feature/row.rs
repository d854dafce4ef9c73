//! Rows of `customer_feature`, gathered and laid out as columns.

use std::sync::Arc;

use arrow_array::{Date32Array, Decimal128Array, Float64Array, Int64Array, ListArray, StringArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field};
use idip_schemas::differentiate::customer_feature;
use idip_schemas::{Amount, ColumnType, ContractError};
use idip_stage::StageError;

use super::Known;
use super::ledger::Ledger;
use super::measures::{DayMeasures, Favourite, push_shares};
use crate::names::Names;

/// Money of a customer beyond this, in minor units, does not fit a column.
const CENTS_MAX: u64 = 10_u64.pow(18) - 1;

/// What the feeds other than sales tell of a party.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Contact {
    pub(super) first_seen_on: i32,
    /// First and last contact.
    pub(super) met_on: Option<(i32, i32)>,
    pub(super) contacts_in: i64,
    pub(super) contacts_out: i64,
    pub(super) campaign_contacts: i64,
    pub(super) responses: i64,
    pub(super) social_posts: i64,
    pub(super) nps_score: Option<f64>,
}

/// One party, before its shares are laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) customer_id: i64,
    pub(super) party_type: &'a str,
    pub(super) registered_on: Option<i32>,
    pub(super) contact: Option<Contact>,
    pub(super) days: DayMeasures,
    pub(super) as_of: i32,
}

/// What is kept of a ledger.
#[derive(Debug, Clone, Copy)]
struct Sales {
    n_lines: i64,
    n_return_lines: i64,
    sale_cents: i64,
    return_cents: i64,
    discount_cents: Option<i64>,
    category: Option<Favourite>,
    channel: Option<Favourite>,
}

impl Sales {
    fn net_cents(&self) -> i64 {
        self.sale_cents.saturating_add(self.return_cents)
    }
}

/// Rows of one batch.
pub(super) struct Rows<'a> {
    known: Known,
    categories: &'a Names,
    channels: &'a Names,
    parties: Vec<(Row<'a>, Sales)>,
    category_shares: Vec<f64>,
    channel_shares: Vec<f64>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        n_rows: usize,
        known: Known,
        categories: &'a Names,
        channels: &'a Names,
    ) -> Self {
        Self {
            known,
            categories,
            channels,
            parties: Vec::with_capacity(n_rows),
            category_shares: Vec::with_capacity(n_rows * categories.len()),
            channel_shares: Vec::with_capacity(n_rows * channels.len()),
        }
    }

    /// Adds a party and what it bought.
    ///
    /// # Errors
    ///
    /// When it has categories or channels beyond the tables that name them, or its money has more digits
    /// than a column.
    pub(super) fn push(&mut self, ledger: &Ledger, row: Row<'a>) -> Result<(), StageError> {
        for (list, names, table) in [
            (ledger.category_cents.len(), self.categories, "category"),
            (ledger.channel_lines.len(), self.channels, "sales_channel"),
        ] {
            if list > names.len() {
                let message = format!(
                    "purchases by `{table}` have {list} place(s), expected at most {}",
                    names.len()
                );
                return Err(StageError::Data { message, hint: None });
            }
        }
        let sales = Sales {
            n_lines: ledger.sale_lines,
            n_return_lines: ledger.return_lines,
            sale_cents: ledger.sale_cents,
            return_cents: ledger.return_cents,
            discount_cents: ledger.discount_cents,
            category: push_shares(
                &ledger.category_cents,
                &self.categories.ranks,
                &mut self.category_shares,
            ),
            channel: push_shares(
                &ledger.channel_lines,
                &self.channels.ranks,
                &mut self.channel_shares,
            ),
        };
        let money = [
            sales.sale_cents,
            sales.return_cents,
            sales.net_cents(),
            row.days.last_90_days_cents,
            row.days.prior_90_days_cents,
        ];
        if money.iter().any(|cents| cents.unsigned_abs() > CENTS_MAX) {
            return Err(StageError::Data {
                message: format!("money of customer {} passes 18 digits", row.customer_id),
                hint: None,
            });
        }
        self.parties.push((row, sales));
        Ok(())
    }

    /// Lays the rows out as columns of the contract.
    pub(super) fn into_batch(self) -> Result<arrow_array::RecordBatch, ContractError> {
        let category_shares = self.shares(&self.category_shares, self.categories, |s| s.category);
        let channel_shares = self.shares(&self.channel_shares, self.channels, |s| s.channel);
        let known = self.known;
        customer_feature::Columns {
            customer_id: self.ints(|row, _| row.customer_id),
            party_type: StringArray::from_iter_values(
                self.parties.iter().map(|(row, _)| row.party_type),
            ),
            first_seen_on: self.dates(Row::first_seen_on),
            tenure_days: self.maybe_ints(|row, _| days_of(row.met_on())),
            first_purchase_on: self.dates(|row| row.days.first_purchase_on),
            last_purchase_on: self.dates(|row| row.days.last_purchase_on),
            days_since_last: self.maybe_ints(|row, _| row.age(row.days.last_purchase_on)),
            recency_days: self.maybe_ints(|row, _| {
                days_of(row.days.first_purchase_on.zip(row.days.last_purchase_on))
            }),
            t_days: self.maybe_ints(|row, _| row.age(row.days.first_purchase_on)),
            frequency: self.maybe_ints(|row, _| row.frequency()),
            purchase_days: self.ints(|row, _| row.days.purchase_days),
            n_baskets: self.ints(|row, _| row.days.n_baskets),
            n_lines: self.ints(|_, sales| sales.n_lines),
            n_return_lines: self.ints(|_, sales| sales.n_return_lines),
            sale_amount: self.amounts(|_, sales| sales.sale_cents),
            return_amount: self.amounts(|_, sales| sales.return_cents),
            net_amount: self.amounts(|_, sales| sales.net_cents()),
            monetary_value: self
                .floats(|row, _| money_by(row.days.repeat_cents, row.frequency().unwrap_or(0))),
            net_per_purchase_day: self
                .floats(|row, sales| money_by(sales.net_cents(), row.days.purchase_days)),
            mean_basket: self.floats(|row, sales| money_by(sales.sale_cents, row.days.n_baskets)),
            discount_share: self.floats(|_, sales| {
                let discount = sales.discount_cents?;
                share(discount, sales.sale_cents.saturating_add(discount))
            }),
            return_share: self
                .floats(|_, sales| share(sales.return_cents.saturating_neg(), sales.sale_cents)),
            interpurchase_median_days: self.floats(|row, _| row.days.gap_median),
            interpurchase_mean_days: self.floats(|row, _| row.days.gap_mean),
            interpurchase_cv: self.floats(|row, _| row.days.gap_cv),
            last_90_days_amount: self.amounts(|row, _| row.days.last_90_days_cents),
            prior_90_days_amount: self.amounts(|row, _| row.days.prior_90_days_cents),
            prior_90_days_purchase_days: self.ints(|row, _| row.days.prior_90_days_purchase_days),
            favourite_weekday: self.maybe_ints(|row, _| row.days.favourite_weekday),
            favourite_category: self.favourites(self.categories, |sales| sales.category),
            favourite_category_share: self.floats(|_, sales| Some(sales.category?.share)),
            n_categories: self.ints(|_, sales| sales.category.map_or(0, |found| found.n_positive)),
            favourite_channel: self.favourites(self.channels, |sales| sales.channel),
            favourite_channel_share: self.floats(|_, sales| Some(sales.channel?.share)),
            category_shares,
            channel_shares,
            contacts_in: self.counts(known.contacts_in, |contact| contact.contacts_in),
            contacts_out: self.counts(known.contacts_out, |contact| contact.contacts_out),
            days_since_interaction: self.maybe_ints(|row, _| {
                row.age(row.contact.and_then(|contact| contact.met_on).map(|(_, last)| last))
            }),
            campaign_contacts: self.counts(known.campaigns, |contact| contact.campaign_contacts),
            responses: self.counts(known.responses, |contact| contact.responses),
            nps_score: self.floats(|row, _| row.contact?.nps_score),
            social_posts: self.counts(known.social_posts, |contact| contact.social_posts),
        }
        .into_batch()
    }

    fn ints(&self, value: impl Fn(&Row<'a>, &Sales) -> i64) -> Int64Array {
        Int64Array::from_iter_values(self.parties.iter().map(|(row, sales)| value(row, sales)))
    }

    fn maybe_ints(&self, value: impl Fn(&Row<'a>, &Sales) -> Option<i64>) -> Int64Array {
        self.parties.iter().map(|(row, sales)| value(row, sales)).collect()
    }

    fn counts(&self, is_known: bool, value: impl Fn(&Contact) -> i64) -> Int64Array {
        self.maybe_ints(|row, _| is_known.then(|| row.contact.as_ref().map_or(0, &value)))
    }

    fn dates(&self, value: impl Fn(&Row<'a>) -> Option<i32>) -> Date32Array {
        self.parties.iter().map(|(row, _)| value(row)).collect()
    }

    fn floats(&self, value: impl Fn(&Row<'a>, &Sales) -> Option<f64>) -> Float64Array {
        self.parties.iter().map(|(row, sales)| value(row, sales)).collect()
    }

    fn amounts(&self, cents: impl Fn(&Row<'a>, &Sales) -> i64) -> Decimal128Array {
        let cents = self.parties.iter().map(|(row, sales)| i128::from(cents(row, sales)));
        Decimal128Array::from_iter_values(cents).with_data_type(Amount::data_type())
    }

    fn favourites(&self, names: &Names, of: fn(&Sales) -> Option<Favourite>) -> StringArray {
        self.parties.iter().map(|(_, sales)| names.get(of(sales)?.index)).collect()
    }

    /// Cuts flat shares into one list for each party that has any.
    fn shares(
        &self,
        shares: &[f64],
        names: &Names,
        of: fn(&Sales) -> Option<Favourite>,
    ) -> ListArray {
        let has_shares: Vec<bool> =
            self.parties.iter().map(|(_, sales)| of(sales).is_some()).collect();
        let lengths = has_shares.iter().map(|&has| if has { names.len() } else { 0 });
        ListArray::new(
            Arc::new(Field::new_list_field(DataType::Float64, true)),
            OffsetBuffer::from_lengths(lengths),
            Arc::new(Float64Array::from(shares.to_vec())),
            Some(NullBuffer::from(has_shares)),
        )
    }
}

impl Row<'_> {
    fn frequency(&self) -> Option<i64> {
        (self.days.purchase_days > 0).then(|| self.days.purchase_days - 1)
    }

    fn age(&self, day: Option<i32>) -> Option<i64> {
        Some(i64::from(self.as_of) - i64::from(day?))
    }

    /// First and last contact, purchases and returns included.
    fn met_on(&self) -> Option<(i32, i32)> {
        let contact = self.contact.and_then(|contact| contact.met_on);
        match (self.days.met_on, contact) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        }
    }

    fn first_seen_on(&self) -> Option<i32> {
        let sale = self.days.met_on.map(|(first, _)| first);
        let contact = self.contact.map(|contact| contact.first_seen_on);
        [sale, contact, self.registered_on].into_iter().flatten().min()
    }
}

fn days_of(span: Option<(i32, i32)>) -> Option<i64> {
    span.map(|(first, last)| i64::from(last) - i64::from(first))
}

/// Minor units by a count, in units of the currency.
fn money_by(cents: i64, n: i64) -> Option<f64> {
    (n > 0).then(|| cents as f64 / (100.0 * n as f64))
}

/// A part of a whole above 0, from 0 to 1.
fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64).clamp(0.0, 1.0))
}

//! What the engine summed by value segment, read back and added up.

use std::collections::BTreeMap;

use arrow_array::{Array, Decimal128Array, Int64Array};
use idip_schemas::measure::{campaign_outcome, segment_activity, segment_sale};
use idip_schemas::personalize::offer_use;
use idip_stage::{StageError, Tables};

/// Row of `segment_sale` for sales that name nobody.
const NOBODY: i64 = -1;

/// Row of `offer_use` for the whole night.
const TOTAL: &str = "(total)";

/// Counts and sums of one group of parties; money in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums {
    pub(super) parties: i64,
    pub(super) customers: i64,
    pub(super) active: i64,
    pub(super) prior_active: i64,
    pub(super) retained: i64,
    pub(super) repeat: i64,
    pub(super) new: i64,
    pub(super) purchase_days: i64,
    pub(super) baskets: i64,
    pub(super) sale: i128,
    pub(super) returned: i128,
    pub(super) net: i128,
    pub(super) last_90: i128,
    pub(super) prior_90: i128,
    pub(super) told_sale: i128,
    pub(super) discount: Option<i128>,
    pub(super) nps: i64,
    pub(super) promoters: i64,
    pub(super) detractors: i64,
    pub(super) contact: i64,
    pub(super) control: i64,
    pub(super) none: i64,
    pub(super) offers: i64,
    pub(super) reserved: i128,
    pub(super) expected_value: f64,
    pub(super) treated: i64,
    /// Null when no feed tells of responses.
    pub(super) redeemed: Option<i64>,
}

impl Sums {
    /// Both groups as one.
    pub(super) fn plus(self, other: &Self) -> Self {
        Self {
            parties: self.parties + other.parties,
            customers: self.customers + other.customers,
            active: self.active + other.active,
            prior_active: self.prior_active + other.prior_active,
            retained: self.retained + other.retained,
            repeat: self.repeat + other.repeat,
            new: self.new + other.new,
            purchase_days: self.purchase_days + other.purchase_days,
            baskets: self.baskets + other.baskets,
            sale: self.sale + other.sale,
            returned: self.returned + other.returned,
            net: self.net + other.net,
            last_90: self.last_90 + other.last_90,
            prior_90: self.prior_90 + other.prior_90,
            told_sale: self.told_sale + other.told_sale,
            discount: add(self.discount, other.discount),
            nps: self.nps + other.nps,
            promoters: self.promoters + other.promoters,
            detractors: self.detractors + other.detractors,
            contact: self.contact + other.contact,
            control: self.control + other.control,
            none: self.none + other.none,
            offers: self.offers + other.offers,
            reserved: self.reserved + other.reserved,
            expected_value: self.expected_value + other.expected_value,
            treated: self.treated + other.treated,
            redeemed: add(self.redeemed, other.redeemed),
        }
    }
}

fn add<T: std::ops::Add<Output = T>>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (one, other) => one.or(other),
    }
}

/// Money set aside and the most that may be.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Budget {
    pub(super) reserved: i128,
    pub(super) limit: Option<i128>,
}

/// The parties of the night by value segment.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Name and sums by segment id.
    pub(super) segments: BTreeMap<i64, (String, Sums)>,
    /// Net money of sales that name nobody.
    pub(super) unattributed: i128,
    /// Use of the budget.
    pub(super) budget: Budget,
}

/// Reads every view that is summed by segment.
pub(super) fn read(views: &Tables) -> Result<Groups, StageError> {
    let mut groups = Groups::default();
    for batch in views.batches(&segment_activity::CONTRACT)? {
        activity(&mut groups, &segment_activity::Columns::parse(batch)?);
    }
    for batch in views.batches(&segment_sale::CONTRACT)? {
        sales(&mut groups, &segment_sale::Columns::parse(batch)?);
    }
    for batch in views.batches(&campaign_outcome::CONTRACT)? {
        redemptions(&mut groups, &campaign_outcome::Columns::parse(batch)?);
    }
    for batch in views.batches(&offer_use::CONTRACT)? {
        let uses = offer_use::Columns::parse(batch)?;
        if let Some(row) = uses.offer_id.iter().position(|offer| offer == Some(TOTAL)) {
            let limit = cents(&uses.budget, row);
            groups.budget = Budget { reserved: uses.reserved_cost.value(row), limit };
        }
    }
    Ok(groups)
}

fn activity(groups: &mut Groups, columns: &segment_activity::Columns) {
    for row in 0..columns.value_segment_id.len() {
        let count = |column: &Int64Array| column.value(row);
        let money = |column: &Decimal128Array| column.value(row);
        let sums = Sums {
            parties: count(&columns.n_parties),
            customers: count(&columns.n_customers),
            active: count(&columns.n_active),
            prior_active: count(&columns.n_prior_active),
            retained: count(&columns.n_retained),
            repeat: count(&columns.n_repeat),
            new: count(&columns.n_new),
            purchase_days: count(&columns.n_purchase_days),
            baskets: count(&columns.n_baskets),
            sale: money(&columns.sale_amount),
            returned: money(&columns.return_amount),
            net: money(&columns.net_amount),
            last_90: money(&columns.last_90_days_amount),
            prior_90: money(&columns.prior_90_days_amount),
            nps: count(&columns.n_nps),
            promoters: count(&columns.n_promoters),
            detractors: count(&columns.n_detractors),
            contact: count(&columns.n_contact),
            control: count(&columns.n_control),
            none: count(&columns.n_none),
            offers: count(&columns.n_offers),
            reserved: money(&columns.reserved_cost),
            expected_value: columns.expected_value.value(row),
            ..Sums::default()
        };
        let segment = columns.value_segment.value(row).to_owned();
        groups.segments.insert(count(&columns.value_segment_id), (segment, sums));
    }
}

fn sales(groups: &mut Groups, columns: &segment_sale::Columns) {
    for (row, &id) in columns.value_segment_id.values().iter().enumerate() {
        if id == NOBODY {
            groups.unattributed = columns.net_amount.value(row);
        } else if let Some((_, sums)) = groups.segments.get_mut(&id) {
            sums.told_sale = cents(&columns.told_sale_amount, row).unwrap_or_default();
            sums.discount = cents(&columns.discount_amount, row);
        }
    }
}

fn redemptions(groups: &mut Groups, columns: &campaign_outcome::Columns) {
    for (row, id) in columns.value_segment_id.values().iter().enumerate() {
        if columns.arm.value(row) != "treatment" {
            continue;
        }
        if let Some((_, sums)) = groups.segments.get_mut(id) {
            sums.treated += columns.n_customers.value(row);
            let known = columns.responses_known.value(row).then(|| columns.n_redeemed.value(row));
            sums.redeemed = add(sums.redeemed, known);
        }
    }
}

fn cents(column: &Decimal128Array, row: usize) -> Option<i128> {
    column.is_valid(row).then(|| column.value(row))
}

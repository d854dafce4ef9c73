//! Tables of the Measure stage: what it earned.

use crate::table::tables;

tables! {
    /// One key figure of the night, of all parties or of one value segment.
    kpi v 1 key(kpi, segment) {
        /// Name of the figure, as in the catalogue.
        kpi: String as Code,
        /// Value segment it is of, or `(all)`.
        segment: String as Code,
        /// Value; null when it cannot be computed.
        value: Option<f64> as Number,
        /// `money`, `share`, `count`, `days` or `score`.
        unit: String as Code,
        /// Numerator, where the figure is a ratio.
        numerator: Option<f64> as Number,
        /// Denominator, where the figure is a ratio.
        denominator: Option<f64> as Number,
        /// Lower end of the 95 % interval; null where none applies.
        ci_low: Option<f64> as Number,
        /// Upper end.
        ci_high: Option<f64> as Number,
        /// Why the value is null, as a code such as `no_customers`; null otherwise.
        note: Option<String> as Code,
    }

    /// One goal of the project file beside what was reached on the logical date.
    goal_result v 1 key(kpi, segment) {
        /// Key figure the goal is about.
        kpi: String as Code,
        /// Value segment, or `(all)`.
        segment: String as Code,
        /// `at_least` or `at_most`.
        direction: String as Code,
        /// Value to reach, in the unit of the figure.
        target: f64 as Number,
        /// Value the goal started from; null when not told.
        baseline: Option<f64> as Number,
        /// Day by which it is to be reached; null when not told.
        due: Option<Date> as Day,
        /// Value on the logical date; null when it cannot be computed.
        value: Option<f64> as Number,
        /// Lower end of its 95 % interval; null where none applies.
        ci_low: Option<f64> as Number,
        /// Upper end.
        ci_high: Option<f64> as Number,
        /// Part of the way from baseline to target that is done (from 0 without a baseline); above 1
        /// when passed, null when it cannot be computed.
        attained: Option<f64> as Share,
        /// `met`, `not_met`, `undecided` when the interval holds the target, or `not_computable`.
        verdict: String as Code,
    }

    /// What one campaign changed: treatment against control, by intention to treat.
    campaign_lift v 1 key(campaign, outcome) {
        /// Campaign.
        campaign: String as Id,
        /// `redemption_rate`, `purchase_rate` or `spend_per_party`.
        outcome: String as Code,
        /// Customers in treatment.
        n_treatment: i64 as Count,
        /// Customers in control.
        n_control: i64 as Count,
        /// Customers left out because their records are in both arms.
        n_excluded: i64 as Count,
        /// Mean outcome in treatment; null without customers or without the feed it needs.
        mean_treatment: Option<f64> as Number,
        /// Mean outcome in control; null without control: then nothing can be said about cause.
        mean_control: Option<f64> as Number,
        /// Difference; null when either mean is.
        lift: Option<f64> as Number,
        /// Lower end of its 95 % interval (Newcombe for rates, Welch for means).
        ci_low: Option<f64> as Number,
        /// Upper end.
        ci_high: Option<f64> as Number,
        /// `causal` with a randomised control whose size is as planned, `cut_off` when the window of
        /// outcomes is not over on the logical date, else `not_causal`.
        verdict: String as Code,
        /// p-value of the sample-ratio test against the planned share of control; null without a
        /// control or without a plan.
        srm_p: Option<f64> as Probability,
        /// Why the verdict is not `causal`: `no_control`, `no_treatment`, `sample_ratio`,
        /// `window_open`, `no_responses`, `no_variation` or `too_few`; null otherwise.
        note: Option<String> as Code,
    }

    /// Parties that went from one segment to another since the night before; sums to all parties.
    segment_migration v 1 key(axis, from_segment, to_segment) {
        /// `value`, `need` or `rfm`.
        axis: String as Code,
        /// Segment of the night before; `(new)` for parties it did not know.
        from_segment: String as Code,
        /// Segment of this night; `(gone)` for parties that are no longer there.
        to_segment: String as Code,
        /// Parties.
        n_customers: i64 as Count,
        /// Their net money this night; that of the night before for `(gone)`.
        net_amount: Amount as Money,
    }

    /// What became of the customers of one campaign, one arm and one value segment, in the days that
    /// count as its outcome.
    campaign_outcome v 1 key(campaign, arm, value_segment_id) transient {
        /// Campaign.
        campaign: String as Id,
        /// `treatment`, `control`, or `both` for customers whose records are in both.
        arm: String as Code,
        /// Value segment of this night; 0 without purchases.
        value_segment_id: i64 as Id,
        /// Customers.
        n_customers: i64 as Count,
        /// Of those, with a redemption.
        n_redeemed: i64 as Count,
        /// Of those, with a sale.
        n_buyers: i64 as Count,
        /// Their sales and returns.
        spend: Amount as Money,
        /// Sum of the squares of each customer's sales and returns.
        spend_squares: f64 as Number,
        /// Last day on which one of them was contacted or would have been.
        last_sent_on: Date as Day,
        /// Whether any feed tells of responses.
        responses_known: bool as Flag,
    }

    /// Counts and sums of the parties of one value segment.
    segment_activity v 1 key(value_segment_id) transient {
        /// Value segment; 0 without purchases.
        value_segment_id: i64 as Id,
        /// Its name.
        value_segment: String as Code,
        /// Parties.
        n_parties: i64 as Count,
        /// Of those, with a sale.
        n_customers: i64 as Count,
        /// With a sale in the last 90 days.
        n_active: i64 as Count,
        /// With a sale in the 90 days before those.
        n_prior_active: i64 as Count,
        /// With a sale in both.
        n_retained: i64 as Count,
        /// With two purchase days or more.
        n_repeat: i64 as Count,
        /// With the first sale in the last 28 days.
        n_new: i64 as Count,
        /// Purchase days.
        n_purchase_days: i64 as Count,
        /// Baskets with a sale.
        n_baskets: i64 as Count,
        /// Money of sales.
        sale_amount: Amount as Money,
        /// Money that went back, negative.
        return_amount: Amount as Money,
        /// Sales and returns together.
        net_amount: Amount as Money,
        /// Net money of the last 90 days.
        last_90_days_amount: Amount as Money,
        /// Net money of the 90 days before those.
        prior_90_days_amount: Amount as Money,
        /// Parties with an NPS answer.
        n_nps: i64 as Count,
        /// Of those, 9 or 10.
        n_promoters: i64 as Count,
        /// Of those, 6 or less.
        n_detractors: i64 as Count,
        /// Parties to contact.
        n_contact: i64 as Count,
        /// Parties held back to measure.
        n_control: i64 as Count,
        /// Parties left alone.
        n_none: i64 as Count,
        /// Contacts with an offer.
        n_offers: i64 as Count,
        /// Money set aside for them.
        reserved_cost: Amount as Money,
        /// Their expected value.
        expected_value: f64 as Money,
    }

    /// Sales and discounts of the parties of one value segment, and of nobody.
    segment_sale v 1 key(value_segment_id) transient {
        /// Value segment; −1 for sales that name nobody.
        value_segment_id: i64 as Id,
        /// Sales and returns.
        net_amount: Amount as Money,
        /// Sales of which the discount is known, after discount; null when it is known of none.
        told_sale_amount: Option<Amount> as Money,
        /// Discount on those; null when it is known of none.
        discount_amount: Option<Amount> as Money,
    }

    /// What of one customer cannot be summed: needed for medians and concentration.
    customer_spread v 1 key() transient {
        /// Value segment.
        value_segment_id: i64 as Id in Behaviour,
        /// Sales and returns.
        net_amount: Amount as Money in Behaviour,
        /// Median days between purchase days; null with fewer than two.
        interpurchase_median_days: Option<f64> as Days in Behaviour,
    }

    /// Parties that share their segments of both nights, on every axis.
    segment_transition v 1 key() transient {
        /// Value segment of the night before, or `(new)`.
        from_value_segment: String as Code,
        /// Value segment of this night, or `(gone)`.
        to_value_segment: String as Code,
        /// Need segment of the night before, or `(new)`.
        from_need_segment: String as Code,
        /// Need segment of this night, or `(gone)`.
        to_need_segment: String as Code,
        /// RFM segment of the night before, or `(new)`.
        from_rfm_segment: String as Code,
        /// RFM segment of this night, or `(gone)`.
        to_rfm_segment: String as Code,
        /// Parties.
        n_customers: i64 as Count,
        /// Their net money this night; that of the night before for `(gone)`.
        net_amount: Amount as Money,
    }
}

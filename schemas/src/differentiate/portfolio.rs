//! Tables of the portfolio: how value is spread over customers, and which segments to invest in.

use crate::table::tables;

tables! {
    /// What one party bought, for the portfolio.
    portfolio_feature v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Distinct days with a sale.
        purchase_days: i64 as Count in Behaviour,
        /// Sales and returns together.
        net_amount: Amount as Money in Behaviour,
        /// Net money of the last 90 days.
        last_90_days_amount: Amount as Money in Behaviour,
        /// Net money of the 90 days before those.
        prior_90_days_amount: Amount as Money in Behaviour,
        /// Campaign contacts received; null without that feed.
        campaign_contacts: Option<i64> as Count in Behaviour,
        /// Interactions the shop began; null when no feed tells.
        contacts_out: Option<i64> as Count in Behaviour,
    }

    /// The segments of one party, for the portfolio.
    portfolio_segment v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Value segment.
        value_segment_id: i64 as Id in Behaviour,
        /// Need segment.
        need_segment_id: i64 as Id in Behaviour,
        /// Named RFM segment.
        rfm_segment: String as Code in Behaviour,
    }

    /// The loyalty of one party, for the portfolio.
    portfolio_loyalty v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Level of loyalty, from 0.
        loyalty_level_number: i64 as Number in Behaviour,
        /// Level last night.
        last_loyalty_level_number: Option<i64> as Number in Behaviour,
        /// Mutual degree of loyalty.
        mutual_loyalty: Option<f64> as Share in Behaviour,
        /// Whether it keeps buying.
        is_recurrent: bool as Flag in Behaviour,
        /// State.
        lifecycle_state: String as Code in Behaviour,
        /// State last night.
        last_lifecycle_state: Option<String> as Code in Behaviour,
        /// First campaign received.
        first_campaign_on: Option<Date> as Day in Behaviour,
        /// Days from it to the first response.
        first_response_days: Option<i64> as Days in Behaviour,
    }

    /// What one party says, and whether it may be addressed, for the portfolio.
    portfolio_advocacy v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Posts of the window that mention the shop.
        n_mentions: Option<i64> as Count in Behaviour,
        /// Whether it may be asked to be an ambassador.
        is_ambassador: Option<bool> as Flag in Behaviour,
        /// Whether an address is known.
        has_address: bool as Flag in Behaviour,
        /// Whether a statement of consent is in force.
        has_consent: Option<bool> as Flag in Behaviour,
    }

    /// One figure of the whole portfolio.
    portfolio v 1 key(figure) {
        /// Name of the figure.
        figure: String as Code,
        /// Its value: a share from 0 to 1 unless the name says otherwise; null when it cannot be told.
        value: Option<f64> as Number,
        /// Parties it rests on.
        n_customers: i64 as Count,
        /// Why it is null; null when it is not.
        reason: Option<String> as Code,
    }

    /// One point of the Lorenz curve of net money over customers with purchases.
    lorenz_point v 1 key(point) {
        /// Place on the curve, from 0.
        point: i64 as Number,
        /// Share of customers, the poorest first.
        customer_share: f64 as Share,
        /// Their share of the money, never above `customer_share`.
        value_share: f64 as Share,
    }

    /// Customers of one lifecycle state and level of loyalty.
    loyalty_group v 1 key(lifecycle_state, loyalty_level_number) {
        /// State.
        lifecycle_state: String as Code,
        /// Number of the level, from 0.
        loyalty_level_number: i64 as Number,
        /// Its name.
        loyalty_level: String as Code,
        /// Parties.
        n_customers: i64 as Count,
        /// Their net money.
        net_amount: Amount as Money,
    }

    /// How attractive one segment is to invest in, and whether it is chosen. A segment that is not
    /// chosen is still served.
    segment_target v 1 key(axis, segment_id) {
        /// `value`, `need` or `rfm`.
        axis: String as Code,
        /// Number of the segment in its axis.
        segment_id: i64 as Id,
        /// Name of the segment.
        segment: String as Code,
        /// Parties in it.
        n_customers: i64 as Count,
        /// Attractiveness from 0 to 1: the sum of the parts below; null where nothing is known.
        score: Option<f64> as Share,
        /// Net money by party.
        value: Option<f64> as Money,
        /// Net money of the last 90 days ÷ that of the 90 days before − 1; null when that is not
        /// above 0.
        growth: Option<f64> as Share,
        /// Share of parties with an address and, where a feed of consents tells, a consent.
        reachable_share: Option<f64> as Share,
        /// Contacts by party × `contact_cost`; null without that setting or without contacts told.
        cost: Option<f64> as Money,
        /// Part of the value in the score.
        value_part: f64 as Share,
        /// Part of the growth.
        growth_part: f64 as Share,
        /// Part of the reachability.
        reachability_part: f64 as Share,
        /// Part of the cost; less cost is more.
        cost_part: f64 as Share,
        /// Place within the axis by score, from 1.
        rank: i64 as Number,
        /// Whether it is chosen.
        is_chosen: bool as Flag,
        /// `chosen`, `too_small`, `unreachable`, `not_measured`, `below_score` or `beyond_capacity`.
        reason: String as Code,
    }
}

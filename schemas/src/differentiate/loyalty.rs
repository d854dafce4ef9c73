//! Tables of loyalty: how near a party and the shop are, since when, and where the party stands.

use crate::table::tables;

tables! {
    /// What both sides did towards each other, purchases aside, of one customer that a feed names.
    loyalty_contact v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Decayed weight of what the shop did, in millionths.
        company_micros: i64 as Number in Behaviour,
        /// First day the shop acted; null when it never did.
        company_first_on: Option<Date> as Day in Behaviour,
        /// Last day the shop acted.
        company_last_on: Option<Date> as Day in Behaviour,
        /// Decayed weight of what the party did, in millionths.
        party_micros: i64 as Number in Behaviour,
        /// First day the party acted; null when it never did.
        party_first_on: Option<Date> as Day in Behaviour,
        /// Last day the party acted.
        party_last_on: Option<Date> as Day in Behaviour,
        /// First contact in either direction; null when there was none.
        first_contact_on: Option<Date> as Day in Behaviour,
        /// First post; null when there was none.
        first_post_on: Option<Date> as Day in Behaviour,
        /// First campaign received; null when there was none.
        first_campaign_on: Option<Date> as Day in Behaviour,
        /// First response on that day or later; null when there was none.
        first_response_on: Option<Date> as Day in Behaviour,
    }

    /// One party and the value segment whose gaps stand in for its own.
    loyalty_party v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Value segment; 0 for parties without purchases.
        value_segment_id: i64 as Id in Behaviour,
    }

    /// Where one party stood last night.
    loyalty_last_night v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Level of loyalty, from 0.
        loyalty_level_number: i64 as Number in Behaviour,
        /// Since when.
        loyalty_level_since_on: Date as Day in Behaviour,
        /// State.
        lifecycle_state: String as Code in Behaviour,
        /// Since when.
        lifecycle_since_on: Date as Day in Behaviour,
    }

    /// How loyal one party and the shop are to each other, and where the party stands in its life.
    customer_loyalty v 1 key(customer_id) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// How much the party does of late, from 0 to 1; 0 when it never acted.
        party_intensity: f64 as Share in Behaviour,
        /// Days from its first act to its last.
        party_tenure_days: i64 as Days in Behaviour,
        /// How long it has acted, from 0 to 1.
        party_duration: f64 as Share in Behaviour,
        /// Degree of loyalty of the party to the shop: intensity × duration.
        party_loyalty: f64 as Share in Behaviour,
        /// How much the shop does of late, from 0 to 1; null when no feed tells what it does.
        company_intensity: Option<f64> as Share in Behaviour,
        /// Days from its first act to its last; null as before.
        company_tenure_days: Option<i64> as Days in Behaviour,
        /// How long it has acted, from 0 to 1; null as before.
        company_duration: Option<f64> as Share in Behaviour,
        /// Degree of loyalty of the shop to the party; null as before.
        company_loyalty: Option<f64> as Share in Behaviour,
        /// Geometric mean of both intensities; null as before.
        mutual_intensity: Option<f64> as Share in Behaviour,
        /// Days from the first act of either to the last day by which both still acted; null as before.
        mutual_tenure_days: Option<i64> as Days in Behaviour,
        /// How long both have acted, from 0 to 1; null as before.
        mutual_duration: Option<f64> as Share in Behaviour,
        /// Degree of loyalty of both: 0 where one side never acted; null as before.
        mutual_loyalty: Option<f64> as Share in Behaviour,
        /// `no_company_contacts` when the degrees above are null; null otherwise.
        mutual_loyalty_reason: Option<String> as Code in Behaviour,
        /// Tenth of all parties by the degree that sets the level, from 1 to 10; ties to the lower.
        loyalty_decile: i64 as Score in Behaviour,
        /// Name of the level.
        loyalty_level: String as Code in Behaviour,
        /// Its number, from 0, the lowest.
        loyalty_level_number: i64 as Number in Behaviour,
        /// Degree that sets the level: `mutual`, or `party` when that is null.
        loyalty_level_basis: String as Code in Behaviour,
        /// First night of the level in an unbroken row of nights.
        loyalty_level_since_on: Date as Day in Behaviour,
        /// Number of the level last night; null when the party or the table was not there.
        last_loyalty_level_number: Option<i64> as Number in Behaviour,
        /// Whether the party keeps buying, by every rule.
        is_recurrent: bool as Flag in Behaviour,
        /// `recurrent`, or what speaks against it, by commas: `few_orders`, `short_tenure`,
        /// `irregular`, `silent`.
        recurrence_reason: String as Code in Behaviour,
        /// Days without a purchase that are still usual.
        usual_gap_days: f64 as Days in Behaviour,
        /// Where they come from: `own` gaps, those of the value `segment`, or the `default`.
        usual_gap_basis: String as Code in Behaviour,
        /// `prospect`, `new`, `active`, `loyal`, `at_risk`, `lapsed` or `won_back`.
        lifecycle_state: String as Code in Behaviour,
        /// What put the party there.
        lifecycle_reason: String as Code in Behaviour,
        /// First night of the state in an unbroken row of nights.
        lifecycle_since_on: Date as Day in Behaviour,
        /// State last night; null when the party or the table was not there.
        last_lifecycle_state: Option<String> as Code in Behaviour,
        /// Milestones reached.
        n_milestones: i64 as Count in Behaviour,
        /// Newest milestone reached, the later in the path of several on one day; null before any.
        last_milestone: Option<String> as Code in Behaviour,
        /// Day it was reached.
        last_milestone_on: Option<Date> as Day in Behaviour,
        /// First milestone of the path that is not reached; null at its end.
        next_milestone: Option<String> as Code in Behaviour,
        /// What it still lacks, in `next_milestone_unit`; null at the end of the path.
        next_milestone_gap: Option<i64> as Number in Behaviour,
        /// `events` or `days`; null at the end of the path.
        next_milestone_unit: Option<String> as Code in Behaviour,
        /// First campaign received; null when there was none or no feed tells.
        first_campaign_on: Option<Date> as Day in Behaviour,
        /// Days from it to the first response; null when there was none.
        first_response_days: Option<i64> as Days in Behaviour,
    }
}

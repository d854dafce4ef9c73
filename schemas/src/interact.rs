//! Tables of the Interact stage: whom to contact, when, where and why.

use crate::table::tables;

tables! {
    /// What becomes of one party tonight: one contact, or the reason why not.
    contact_plan v 1 key(customer_id) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// `contact`, `control` (would have been contacted, held back to measure) or `none`.
        decision: String as Code in Behaviour,
        /// Channel; null when the decision is `none`.
        channel: Option<String> as Code in Behaviour,
        /// Day of the contact; for control the day it would have been.
        send_on: Option<Date> as Day in Behaviour,
        /// For `contact` and `control` what the contact is for: `welcome`, `first_purchase`,
        /// `second_purchase`, `win_back`, `prevent_loss`, `reconnect` or `nurture`. For `none` what
        /// stands against it: `not_in_audience`, `suppressed`, `consent_withdrawn`,
        /// `consent_denied`, `no_consent`, `no_address`, `cap`, `capacity:` and a channel, or
        /// `no_channel`.
        reason: String as Code in Behaviour,
        /// Need segment whose need the contact answers.
        need_segment: String as Code in Behaviour,
        /// Whether the party is in the universal control group.
        is_control: bool as Flag in Behaviour,
    }

    /// Whether one party may be reached by one channel.
    channel_permission v 1 key(customer_id, channel) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Channel.
        channel: String as Code,
        /// Whether it may be used tonight.
        permitted: bool as Flag in Behaviour,
        /// `permitted`, or the first that holds of `suppressed`, `consent_withdrawn`,
        /// `consent_denied`, `no_consent`, `no_address` and `cap`.
        reason: String as Code in Behaviour,
    }

    /// Parties by decision and reason; the rows sum to all parties.
    contact_summary v 1 key(decision, reason, channel) {
        /// `contact`, `control` or `none`.
        decision: String as Code,
        /// Reason.
        reason: String as Code,
        /// Channel, or `-`.
        channel: String as Code,
        /// Parties.
        n_customers: i64 as Count,
    }

    /// One channel of the project: what it needs, and how full its day is.
    contact_channel v 1 key(channel) {
        /// Channel.
        channel: String as Code,
        /// Address it needs: `email`, `phone`, `postal`, `handle` or `none`.
        address: String as Code,
        /// Day on which what is planned tonight goes out.
        send_on: Date as Day,
        /// Most contacts a day; null without a limit.
        daily_capacity: Option<i64> as Count,
        /// Contacts of that day from the history and from plans of earlier nights.
        n_before: i64 as Count,
        /// Contacts of that day planned tonight.
        n_planned: i64 as Count,
    }

    /// One contact that counts against the caps: made, as a feed tells, or planned by us.
    contact_history v 1 key(customer_id, sent_on, channel, arm) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Day of the contact; may lie ahead for a plan of ours.
        sent_on: Date as Day in Behaviour,
        /// Channel; `unknown` when the feed does not tell.
        channel: String as Code in Behaviour,
        /// `treatment` for a contact; `control` for one that was held back, which counts for
        /// parties of the universal control group alone so that both arms keep the same pace.
        arm: String as Code in Behaviour,
    }

    /// One party as the contact plan sees it.
    contact_candidate v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Whether the configured audience holds it; true without one.
        in_audience: bool as Flag in Behaviour,
        /// Whether an e-mail address is known.
        has_email: bool as Flag in Behaviour,
        /// Whether a telephone number is known.
        has_phone: bool as Flag in Behaviour,
        /// Whether a street, and a postal code or a city, are known.
        has_postal: bool as Flag in Behaviour,
        /// Whether a name on a social platform is known.
        has_handle: bool as Flag in Behaviour,
        /// Channel the party asked to be reached by.
        preferred_channel: Option<String> as Code in Behaviour,
        /// Net money, which decides who comes first where a channel is full.
        net_amount: Amount as Money in Behaviour,
        /// Need segment.
        need_segment: String as Code in Behaviour,
        /// Distinct days with a sale.
        purchase_days: i64 as Count in Behaviour,
        /// Days since the first day any feed names the party; null when none is dated.
        days_since_first_seen: Option<i64> as Days in Behaviour,
        /// Days since the last purchase.
        days_since_last: Option<i64> as Days in Behaviour,
        /// Median days between purchase days.
        interpurchase_median_days: Option<f64> as Days in Behaviour,
        /// Days since the last interaction in either direction.
        days_since_interaction: Option<i64> as Days in Behaviour,
    }

    /// What one party said about one channel and what closes it, by the newest day of each kind.
    permission_state v 1 key(customer_id, channel) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Channel as stated, or `all`.
        channel: String as Code,
        /// Newest consent.
        granted_on: Option<Date> as Day in Behaviour,
        /// Newest refusal.
        denied_on: Option<Date> as Day in Behaviour,
        /// Newest withdrawal.
        withdrawn_on: Option<Date> as Day in Behaviour,
        /// Newest suppression.
        suppressed_on: Option<Date> as Day in Behaviour,
    }

    /// How one party answered the campaigns it got by one channel.
    channel_history v 1 key(customer_id, channel) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Channel.
        channel: String as Code,
        /// Campaigns received.
        n_contacts: i64 as Count in Behaviour,
        /// Of those, answered on the day of the contact or later.
        n_responses: i64 as Count in Behaviour,
    }

    /// One contact of the past, or planned earlier, within the longest window of the caps.
    contact_past v 1 key(customer_id, sent_on, channel, arm) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Day of the contact; may lie ahead.
        sent_on: Date as Day in Behaviour,
        /// Channel, or `unknown`.
        channel: String as Code in Behaviour,
        /// `treatment` or `control`.
        arm: String as Code in Behaviour,
    }
}

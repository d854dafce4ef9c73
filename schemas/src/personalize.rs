//! Tables of the Personalize stage: which offer, within budget.

use crate::table::tables;

tables! {
    /// The offer of one planned contact, or the reason why none.
    offer_assignment v 1 key(customer_id) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// `contact` or `control`, as planned: the control arm gets the offer it would have had.
        arm: String as Code in Behaviour,
        /// Channel.
        channel: String as Code in Behaviour,
        /// Day of the contact.
        send_on: Date as Day in Behaviour,
        /// Offer; null for a contact without one.
        offer_id: Option<String> as Id in Behaviour,
        /// `assigned`, `no_eligible_offer`, `negative_value`, `budget` or `stock`.
        reason: String as Code in Behaviour,
        /// Probability of redemption; null without an offer.
        response_probability: Option<f64> as Probability in Behaviour,
        /// Factor by which the party's liking for the offer's category changed the rate of its
        /// value segment, 0.5 to 2; null without an offer.
        need_match: Option<f64> as Number in Behaviour,
        /// Expected value to the shop: probability × (margin − cost); null without an offer.
        expected_value: Option<f64> as Money in Behaviour,
        /// Money set aside for it: cost × probability rounded up, or cost, as configured; 0 in the
        /// control arm.
        reserved_cost: Amount as Money in Behaviour,
        /// Eligible offers it was chosen from.
        n_eligible: i64 as Count in Behaviour,
    }

    /// One row of the offer file that a CRM imports: only parties that may be contacted.
    offer_file v 1 key(customer_id) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Channel.
        channel: String as Code in Behaviour,
        /// Day of the contact.
        send_on: Date as Day in Behaviour,
        /// Offer; null for a contact without one.
        offer_id: Option<String> as Id in Behaviour,
        /// Name of the offer.
        offer_name: Option<String> as Text,
        /// E-mail address, for channels that need it alone.
        email: Option<String> as Text in Contact,
        /// Telephone number, for channels that need it alone.
        phone: Option<String> as Text in Contact,
        /// Name on a social platform, for channels that need it alone.
        handle: Option<String> as Text in Contact,
        /// Street and number, for channels that need a postal address alone.
        street: Option<String> as Text in Contact,
        /// Postal code, likewise.
        postal_code: Option<String> as Text in Contact,
        /// City, likewise.
        city: Option<String> as Text in Contact,
        /// Country, likewise.
        country: Option<String> as Code in Behaviour,
        /// Given name.
        first_name: Option<String> as Text in Contact,
        /// Family name.
        last_name: Option<String> as Text in Contact,
        /// Language.
        language: Option<String> as Code in Behaviour,
        /// Value segment.
        value_segment: String as Code in Behaviour,
        /// Need segment.
        need_segment: String as Code in Behaviour,
        /// Reason of the contact.
        reason: String as Code in Behaviour,
    }

    /// What one offer may use and uses; the row `(total)` is the budget of the night.
    offer_use v 1 key(offer_id) {
        /// Offer, or `(total)`.
        offer_id: String as Id,
        /// Customers it was assigned to.
        n_assigned: i64 as Count,
        /// Most it may be assigned; null without a limit.
        stock: Option<i64> as Count,
        /// Money set aside.
        reserved_cost: Amount as Money,
        /// Most that may be set aside; null without a limit.
        budget: Option<Amount> as Money,
        /// Expected value.
        expected_value: f64 as Money,
        /// Value of one more piece of stock, or in the row `(total)` of one more unit of money;
        /// null without a limit.
        shadow_price: Option<f64> as Money,
    }

    /// Response rate of one offer in one value segment, shrunken to the offer's own rate.
    offer_response_rate v 1 key(offer_id, value_segment_id) {
        /// Offer.
        offer_id: String as Id,
        /// Value segment.
        value_segment_id: i64 as Id,
        /// Past contacts with the offer, old enough to have been answered.
        n_contacts: i64 as Count,
        /// Of those, redeemed.
        n_responses: i64 as Count,
        /// Shrunken rate.
        rate: f64 as Probability,
    }

    /// One offer made to one party, by a past campaign or by us, within the time of no repeat.
    offer_history v 1 key(customer_id, offer_id, sent_on, arm) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Offer.
        offer_id: String as Id in Behaviour,
        /// Day of the contact; may lie ahead for a plan of ours.
        sent_on: Date as Day in Behaviour,
        /// `treatment`, or `control` for an offer that was held back, which counts for the control
        /// arm alone.
        arm: String as Code in Behaviour,
    }

    /// How the past contacts of one offer and one value segment ended.
    offer_response v 1 key(offer_id, value_segment_id) transient {
        /// Offer.
        offer_id: String as Id,
        /// Value segment tonight.
        value_segment_id: i64 as Id,
        /// Past contacts with the offer.
        n_contacts: i64 as Count,
        /// Of those, redeemed.
        n_responses: i64 as Count,
    }

    /// One planned contact and what it may be offered.
    offer_candidate v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// `contact` or `control`.
        arm: String as Code in Behaviour,
        /// Channel.
        channel: String as Code in Behaviour,
        /// Day of the contact.
        send_on: Date as Day in Behaviour,
        /// Value segment.
        value_segment_id: i64 as Id in Behaviour,
        /// 1 where the eligibility of the offer holds, else 0, in the order of offer ids.
        eligible: Ints as Flag in Behaviour,
        /// Share of the party's sales money in the category of the offer, in the order of offer
        /// ids; null for offers without one and parties without sales.
        category_share: Shares as Share in Behaviour,
    }

    /// One offer made before, within the time of no repeat.
    offer_past v 1 key(customer_id, offer_id, sent_on, arm) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Offer.
        offer_id: String as Id in Behaviour,
        /// Day of the contact; may lie ahead.
        sent_on: Date as Day in Behaviour,
        /// `treatment` or `control`.
        arm: String as Code in Behaviour,
    }

    /// One planned contact that must not be in the offer file; there is none unless we are wrong.
    offer_file_breach v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// `suppressed` or `not_permitted`.
        breach: String as Code in Behaviour,
    }

    /// The offer file before the last check, with the address its channel needs.
    offer_file_draft v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Channel.
        channel: String as Code in Behaviour,
        /// Address the channel needs.
        address: String as Code,
        /// Day of the contact.
        send_on: Date as Day in Behaviour,
        /// Offer.
        offer_id: Option<String> as Id in Behaviour,
        /// Name of the offer.
        offer_name: Option<String> as Text,
        /// E-mail address, for channels that need it alone.
        email: Option<String> as Text in Contact,
        /// Telephone number, for channels that need it alone.
        phone: Option<String> as Text in Contact,
        /// Name on a social platform, for channels that need it alone.
        handle: Option<String> as Text in Contact,
        /// Street and number, for channels that need a postal address alone.
        street: Option<String> as Text in Contact,
        /// Postal code, likewise.
        postal_code: Option<String> as Text in Contact,
        /// City, likewise.
        city: Option<String> as Text in Contact,
        /// Country, likewise.
        country: Option<String> as Code in Behaviour,
        /// Given name.
        first_name: Option<String> as Text in Contact,
        /// Family name.
        last_name: Option<String> as Text in Contact,
        /// Language.
        language: Option<String> as Code in Behaviour,
        /// Value segment.
        value_segment: String as Code in Behaviour,
        /// Need segment.
        need_segment: String as Code in Behaviour,
        /// Reason of the contact.
        reason: String as Code in Behaviour,
    }
}

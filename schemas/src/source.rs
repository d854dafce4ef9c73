//! Source tables: what the feeds become before the first stage sees them.
//!
//! A party is named by its `party_ref`, the key under which its source knows it. Where a row names a
//! party only by another identifier, the reference is that identifier behind its kind, as in
//! `email:ana@example.org`.

use crate::table::tables;

tables! {
    /// One line of a receipt, invoice or order, dated on or before the logical date.
    transaction v 1 key() transient {
        /// Key of the buyer in its source; null when the sale names nobody.
        party_ref: Option<String> as Id in Pseudonym,
        /// Receipt, invoice or order the line belongs to.
        basket_id: Option<String> as Id in Pseudonym,
        /// Day of the sale in the project's time zone.
        business_date: Date as Day in Behaviour,
        /// What the shop received for the line, after discounts; negative when money went back.
        amount: Amount as Money in Behaviour,
        /// Discount given on the line, positive; null when the feed does not tell.
        discount: Option<Amount> as Money in Behaviour,
        /// Pieces, as the source counts them; may be in any unit.
        quantity: Option<Quantity> as Quantity in Behaviour,
        /// Product code.
        product_ref: Option<String> as Id,
        /// Product category; null when neither the line nor the product feed tells.
        category: Option<String> as Code,
        /// Where it was bought: store, web, app, phone.
        channel: Option<String> as Code,
        /// Shop or web site.
        store_ref: Option<String> as Id,
        /// `sale`, `return`, or `adjustment` for what is neither (fees, write-offs, corrections).
        line_type: String as Code,
    }

    /// One record of a person or company as a CRM, shop or loyalty system holds it.
    party v 1 key() transient {
        /// Key of the record, of one party over all feeds.
        party_ref: String as Id in Pseudonym,
        /// Feed the record came from.
        source: String as Code,
        /// `customer` or `prospect`, as the source says.
        party_type: Option<String> as Code,
        /// Business account the party belongs to; `account` adds up its people.
        account_id: Option<String> as Id in Pseudonym,
        /// Loyalty card.
        loyalty_id: Option<String> as Id in Contact,
        /// E-mail address.
        email: Option<String> as Text in Contact,
        /// Telephone number.
        phone: Option<String> as Text in Contact,
        /// Payment token; never a card number.
        payment_token: Option<String> as Id in Pseudonym,
        /// Name on a social platform, as `platform:name` or bare.
        handle: Option<String> as Text in Contact,
        /// Given name.
        first_name: Option<String> as Text in Contact,
        /// Family name.
        last_name: Option<String> as Text in Contact,
        /// Day of birth.
        birth_date: Option<Date> as Day in Contact,
        /// Street and number.
        street: Option<String> as Text in Contact,
        /// Postal code.
        postal_code: Option<String> as Text in Contact,
        /// City.
        city: Option<String> as Text in Behaviour,
        /// Country, ISO 3166-1 alpha-2 where the source knows it.
        country: Option<String> as Code in Behaviour,
        /// Language, ISO 639-1.
        language: Option<String> as Code in Behaviour,
        /// Channel the party asked to be reached by.
        preferred_channel: Option<String> as Code in Behaviour,
        /// Day of registration in the source.
        registered_on: Option<Date> as Day in Behaviour,
        /// Day the record was last changed.
        updated_on: Option<Date> as Day in Behaviour,
    }

    /// One product.
    product v 1 key(product_ref) transient {
        /// Product code.
        product_ref: String as Id,
        /// Name for people.
        name: Option<String> as Text,
        /// Category.
        category: Option<String> as Code,
        /// Brand.
        brand: Option<String> as Code,
        /// List price.
        list_price: Option<Amount> as Money,
        /// Cost to the shop.
        unit_cost: Option<Amount> as Money,
    }

    /// One contact between a party and the shop, in either direction, other than a sale.
    interaction v 1 key() transient {
        /// Key of the party in its source.
        party_ref: String as Id in Pseudonym,
        /// Day, in the project's time zone.
        occurred_on: Date as Day in Behaviour,
        /// Channel: email, sms, phone, store, web, social.
        channel: Option<String> as Code in Behaviour,
        /// What it was: visit, call, complaint, click, post.
        kind: Option<String> as Code in Behaviour,
        /// `in` when the party came to the shop, `out` when the shop went to the party.
        direction: Option<String> as Code in Behaviour,
    }

    /// One answer to a survey.
    survey v 1 key() transient {
        /// Key of the party in its source.
        party_ref: String as Id in Pseudonym,
        /// Day of the answer.
        answered_on: Date as Day in Behaviour,
        /// `nps`, `ces` or `csat`.
        kind: String as Code,
        /// Score on the scale of its kind.
        score: f64 as Score in Behaviour,
    }

    /// One statement of consent or its withdrawal.
    consent v 1 key() transient {
        /// Key of the party in its source.
        party_ref: String as Id in Pseudonym,
        /// Channel it speaks of; `all` for every channel.
        channel: String as Code in Behaviour,
        /// Purpose it speaks of; `all` for every purpose.
        purpose: String as Code in Behaviour,
        /// `granted`, `denied` or `withdrawn`.
        status: String as Code in Behaviour,
        /// First day it holds.
        valid_from: Date as Day in Behaviour,
    }

    /// One party that must not be contacted.
    suppression v 1 key() transient {
        /// Key of the party in its source; may be an identifier such as `email:…`.
        party_ref: String as Id in Pseudonym,
        /// Channel it closes; `all` for every channel.
        channel: String as Code in Behaviour,
        /// Why: objection, deceased, employee, competitor, legal, bounce.
        reason: String as Code in Behaviour,
        /// First day it holds.
        valid_from: Date as Day in Behaviour,
    }

    /// One offer that may be made.
    offer v 1 key(offer_id) transient {
        /// Code of the offer.
        offer_id: String as Id,
        /// Name for people.
        name: String as Text,
        /// Kind of lever: discount, points, gift, event, content, contest, service, trial.
        lever: String as Code,
        /// Category it is good for; null for all.
        category: Option<String> as Code,
        /// Who may have it, as SQL over the `customer` table; null for everybody.
        eligibility: Option<String> as Text,
        /// Cost to the shop of one redemption.
        cost: Amount as Money,
        /// Margin a redemption earns before the cost of the offer.
        margin: Amount as Money,
        /// What the offer is worth to the customer.
        customer_value: Option<Amount> as Money,
        /// Probability of redemption assumed before there is history.
        base_response: f64 as Probability,
        /// Pieces that can be given; null for no limit.
        stock: Option<i64> as Count,
        /// First day it may be made.
        valid_from: Option<Date> as Day,
        /// Last day it may be made.
        valid_to: Option<Date> as Day,
    }

    /// One party in a past campaign, contacted or held back.
    campaign_contact v 1 key() transient {
        /// Key of the party in its source.
        party_ref: String as Id in Pseudonym,
        /// Campaign.
        campaign: String as Id,
        /// Offer made; null when none or not told.
        offer_id: Option<String> as Id,
        /// Channel used.
        channel: Option<String> as Code in Behaviour,
        /// Day of the contact; for the control group the day it would have been.
        sent_on: Date as Day in Behaviour,
        /// `treatment` or `control`.
        arm: String as Code in Behaviour,
    }

    /// One response to a campaign or redemption of an offer.
    response v 1 key() transient {
        /// Key of the party in its source.
        party_ref: String as Id in Pseudonym,
        /// Campaign; null when not told.
        campaign: Option<String> as Id,
        /// Offer redeemed; null when not told.
        offer_id: Option<String> as Id,
        /// Day of the response.
        responded_on: Date as Day in Behaviour,
        /// `redemption`, `purchase`, `click` or `visit`.
        kind: String as Code in Behaviour,
        /// Money of the purchase; null when not told.
        amount: Option<Amount> as Money in Behaviour,
    }

    /// One post on a social platform that mentions the shop or comes from a known party.
    social_post v 1 key() transient {
        /// Key of the author in its source; may be `handle:…`.
        party_ref: String as Id in Pseudonym,
        /// Platform.
        platform: String as Code in Behaviour,
        /// Day of the post.
        posted_on: Date as Day in Behaviour,
        /// People it could reach.
        reach: Option<i64> as Count in Behaviour,
        /// Likes.
        likes: Option<i64> as Count in Behaviour,
        /// Replies.
        replies: Option<i64> as Count in Behaviour,
        /// Shares.
        shares: Option<i64> as Count in Behaviour,
        /// Whether the shop is mentioned.
        mentions_brand: Option<bool> as Flag in Behaviour,
        /// Sentiment from −1 to 1.
        sentiment: Option<f64> as Score in Behaviour,
    }

    /// One decision of a person about two records: the same party or not, whatever the records say.
    link_decision v 1 key() transient {
        /// Key of the one party in its source; may be an identifier such as `email:…`.
        party_ref: String as Id in Pseudonym,
        /// Key of the other.
        other_ref: String as Id in Pseudonym,
        /// `must_link` for one party, `cannot_link` for two.
        decision: String as Code in Behaviour,
        /// Day of the decision; null when not told, and then before all others.
        decided_on: Option<Date> as Day in Behaviour,
    }

    /// One record of which somebody knows the person, to measure how well persons are recognised.
    person_label v 1 key() transient {
        /// Key of the party in its source.
        party_ref: String as Id in Pseudonym,
        /// Who it is, by any id: equal ids are one person.
        person_ref: String as Id in Pseudonym,
        /// Day of the label; null when not told.
        labelled_on: Option<Date> as Day in Behaviour,
    }

    /// One row of a feed that could not be used.
    reject v 1 key() {
        /// Feed.
        feed: String as Code,
        /// File name, without its folder.
        file: String as Text,
        /// Line of the file, from 1; for Parquet the row.
        line: i64 as Number,
        /// Column at fault; null when the whole row is.
        column: Option<String> as Text,
        /// Why, as a code.
        reason: String as Code,
        /// Shape of the value, letters as `a` and digits as `9`.
        sample: Option<String> as Text,
    }

    /// One customer id whose person was erased from the store by `idip forget`; nobody has it again.
    erased_customer v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Logical date of the night in force when it was erased.
        erased_on: Date as Day in Behaviour,
        /// Why, as a code: `request`, `objection`, `expiry` or `order`.
        reason: String as Code in Behaviour,
    }

    /// One suppression by an identifier of somebody who was erased: it opens no party, and closes the
    /// address to whoever has it.
    erased_suppression v 1 key() transient {
        /// The identifier, such as `email:…`.
        party_ref: String as Id in Contact,
        /// Channel it closes; `all` for every channel.
        channel: String as Code in Behaviour,
        /// First day it holds.
        valid_from: Date as Day in Behaviour,
    }

    /// Where the rows and the money of one feed went; read = the sum of the others.
    reconciliation v 2 key(feed, outcome) {
        /// Feed.
        feed: String as Code,
        /// `read`, `used`, `rejected`, `duplicate`, `unattributed` or `after_date`; `erased`, for rows of
        /// people who were erased, where somebody was.
        outcome: String as Code,
        /// Rows.
        rows: i64 as Count,
        /// Money of those rows; null for feeds without money and rows whose money is unreadable.
        amount: Option<Amount> as Money,
    }

    /// One category of the product range, by net sales.
    category v 1 key(category_index) {
        /// Position in every list of shares, from 0; the last one may be `(other)`.
        category_index: i64 as Number,
        /// Name.
        category: String as Code,
        /// Net sales.
        amount: Amount as Money,
        /// Lines.
        lines: i64 as Count,
    }

    /// One sales channel, by net sales.
    sales_channel v 1 key(channel_index) {
        /// Position in every list of shares, from 0.
        channel_index: i64 as Number,
        /// Name.
        channel: String as Code,
        /// Net sales.
        amount: Amount as Money,
        /// Lines.
        lines: i64 as Count,
    }

    /// What one party reference bought, up to the logical date.
    party_purchase v 3 key(party_ref) transient {
        /// Key of the party in its source; null for sales that name nobody.
        party_ref: Option<String> as Id in Pseudonym,
        /// Position of the row, from 0, in whatever order the engine gave them.
        purchase_index: i64 as Number,
        /// Whether there is a sale.
        is_buyer: bool as Flag in Behaviour,
        /// Days, sums, and amounts by row of `category` and of `sales_channel`.
        purchases: PurchaseRecord as Text in Behaviour,
    }

    /// Money of all sales that name a party, and of those that name nobody, up to the logical date.
    sales_total v 1 key(names_party) transient {
        /// Whether the sales name a party.
        names_party: bool as Flag,
        /// Money of sales.
        sale_amount: Amount as Money,
        /// Money of returns, negative.
        return_amount: Amount as Money,
        /// Money of sales of which the discount is told; null when none is.
        told_sale_amount: Option<Amount> as Money,
        /// Discount on sales; null when no feed tells.
        discount_amount: Option<Amount> as Money,
    }
}

//! Tables of the Identify stage: who is who.

pub mod departed;
pub mod quality;

use crate::table::tables;

/// The contracts of the stage, those of its files among them.
pub(crate) fn contracts() -> Vec<&'static crate::TableContract> {
    [CONTRACTS, departed::CONTRACTS, quality::CONTRACTS].concat()
}

tables! {
    /// One party reference of any feed, and the customer it belongs to.
    identity_map v 1 key(party_ref) {
        /// Key of the party in its source.
        party_ref: String as Id in Pseudonym,
        /// Our own id, stable across nights.
        customer_id: i64 as Id in Pseudonym,
        /// Whether a sale on or before the logical date names this very reference.
        is_buyer: bool as Flag in Behaviour,
    }

    /// One identifier reference, such as `email:…`, and a customer that holds the identifier without
    /// being linked to the reference: the identifier is shared, barred from linking or ambiguous.
    ///
    /// What a reference forbids (a suppression, a withdrawn consent) holds for these customers too;
    /// what it allows does not.
    identifier_holder v 1 key(party_ref, customer_id) {
        /// Reference that is an identifier behind its kind.
        party_ref: String as Id in Contact,
        /// A customer with a record that holds the identifier.
        customer_id: i64 as Id in Pseudonym,
    }

    /// One customer or prospect, put together from every record that belongs to it.
    golden_customer v 1 key(customer_id) {
        /// Our own id, stable across nights.
        customer_id: i64 as Id in Pseudonym,
        /// `customer` with a sale on or before the logical date, else `prospect`.
        party_type: String as Code in Behaviour,
        /// Business account.
        account_id: Option<String> as Id in Pseudonym,
        /// Loyalty card.
        loyalty_id: Option<String> as Id in Contact,
        /// E-mail address, trimmed and in lower case; none that is a placeholder or in quarantine.
        email: Option<String> as Text in Contact,
        /// Telephone number in E.164 form (`+34600123456`); digits alone where no calling code is known.
        phone: Option<String> as Text in Contact,
        /// Name on a social platform.
        handle: Option<String> as Text in Contact,
        /// Given name.
        first_name: Option<String> as Text in Contact,
        /// Family name.
        last_name: Option<String> as Text in Contact,
        /// Day of birth.
        birth_date: Option<Date> as Day in Contact,
        /// Street and number; with postal code and city from one record, so that addresses never mix.
        street: Option<String> as Text in Contact,
        /// Postal code.
        postal_code: Option<String> as Text in Contact,
        /// City.
        city: Option<String> as Text in Behaviour,
        /// Country.
        country: Option<String> as Code in Behaviour,
        /// Language.
        language: Option<String> as Code in Behaviour,
        /// Channel the party asked to be reached by.
        preferred_channel: Option<String> as Code in Behaviour,
        /// First registration in any source.
        registered_on: Option<Date> as Day in Behaviour,
        /// Party references that belong to it.
        n_refs: i64 as Count in Behaviour,
        /// Source records that belong to it.
        n_records: i64 as Count in Behaviour,
        /// Fields in which its records disagree.
        n_conflicts: i64 as Count in Behaviour,
    }

    /// What is known of one customer or prospect, from all sources: the whole relation in one row.
    customer_coverage v 1 key(customer_id) {
        /// Our own id, stable across nights.
        customer_id: i64 as Id in Pseudonym,
        /// Whether a sale on or before the logical date names it.
        is_buyer: bool as Flag in Behaviour,
        /// Whether an e-mail address or a telephone number is known.
        is_reachable: bool as Flag in Behaviour,
        /// Whether a loyalty card is known.
        is_member: bool as Flag in Behaviour,
        /// Feeds with a party record.
        n_sources: i64 as Count in Behaviour,
        /// Party records.
        n_records: i64 as Count in Behaviour,
        /// Interactions in either direction, complaints too.
        n_interactions: i64 as Count in Behaviour,
        /// Interactions of the kind `complaint`.
        n_complaints: i64 as Count in Behaviour,
        /// Answers to surveys.
        n_surveys: i64 as Count in Behaviour,
        /// Statements of consent.
        n_consents: i64 as Count in Behaviour,
        /// Suppressions that name it.
        n_suppressions: i64 as Count in Behaviour,
        /// Campaigns in which it was contacted or held back.
        n_campaigns: i64 as Count in Behaviour,
        /// Responses.
        n_responses: i64 as Count in Behaviour,
        /// Posts.
        n_posts: i64 as Count in Behaviour,
        /// Kinds of knowledge that are there, of the nine of `source_coverage`; from 0 to 1.
        coverage: f64 as Share in Behaviour,
        /// Whether it buys and produces: a sale, and enough posts within the window.
        is_prosumer: bool as Flag in Behaviour,
    }

    /// One source, and how many customers and prospects it knows.
    source_coverage v 1 key(level, source) {
        /// `feed` for a feed of party records, `kind` for a kind of knowledge.
        level: String as Code,
        /// Name of the feed; or `address`, `campaign`, `consent`, `interaction`, `loyalty_card`,
        /// `party_record`, `sale`, `social_post`, `survey`.
        source: String as Code,
        /// Customers and prospects it knows.
        n_parties: i64 as Count,
        /// Of all; null when there are none.
        share: Option<f64> as Share,
    }

    /// One field in which the records of a customer contradict each other, and which of them won.
    ///
    /// The values themselves are not told. Spellings of one value, short forms of a name and the first of
    /// two family names are no contradictions.
    golden_conflict v 1 key(customer_id, field) {
        /// Our own id, stable across nights.
        customer_id: i64 as Id in Pseudonym,
        /// Column of `golden_customer`; `address` for street, postal code and city.
        field: String as Code,
        /// Feed of the value that stayed, the most recent of several; null when a reference such as
        /// `email:…` told it.
        source: Option<String> as Code,
        /// Day that record was last changed, or registered.
        updated_on: Option<Date> as Day in Behaviour,
        /// Weight of the value that stayed, by trust, recency and agreement, of all; from 0 to 1.
        share: f64 as Share,
        /// Feed of the value that would have stayed otherwise.
        runner_up_source: Option<String> as Code,
        /// Day that record was last changed, or registered.
        runner_up_updated_on: Option<Date> as Day in Behaviour,
        /// Values that contradict each other.
        n_values: i64 as Count,
        /// Records and references with a value.
        n_records: i64 as Count,
    }

    /// One field of the records of one feed: how often it is there, and how often it says something.
    source_field v 1 key(source, field) {
        /// Feed of party records.
        source: String as Code,
        /// Column of `golden_customer`.
        field: String as Code,
        /// Records of the feed that belong to a customer.
        n_records: i64 as Count,
        /// Records with a value.
        n_filled: i64 as Count,
        /// Records with a value that is no placeholder, not in quarantine and possible: a day of birth
        /// that lies in the future or 125 years ago is not, nor a telephone number of four digits.
        n_usable: i64 as Count,
    }

    /// One change of a customer id between last night and tonight.
    customer_lineage v 3 key(old_customer_id, customer_id) {
        /// Id of last night.
        old_customer_id: i64 as Id in Pseudonym,
        /// Id in force now.
        customer_id: i64 as Id in Pseudonym,
        /// `merge` when the old id is no longer in force and this one follows it; `split` when this one
        /// is new and took some references of the old one, `move` when it took them and was in force
        /// before; `gone` when no feed names the old one any more, `erased` when its person was erased
        /// (the id in force is then the old one).
        event: String as Code,
    }

    /// One customer id that was ever given out, and the one that stands for it now.
    customer_id_map v 2 key(customer_id) {
        /// Id of some night.
        customer_id: i64 as Id in Pseudonym,
        /// Id in force that follows it over all merges, itself while it is in force; null when no feed
        /// names it or its followers any more, or its person was erased.
        current_customer_id: Option<i64> as Id in Pseudonym,
        /// `in_force`, `merged`, `gone`, or `erased` by `idip forget`, which is for good.
        state: String as Code,
        /// Logical date on which the id was first given out.
        since: Date as Day,
        /// Logical date of the last change of its state or of its follower.
        changed_on: Date as Day,
        /// Why the state is what it is: `arrival` of references that were not there the night before,
        /// `departure` of some that were, or `evidence`, when the same references are judged otherwise;
        /// of an erased id the reason: `request`, `objection`, `expiry` or `order`.
        cause: String as Code,
    }

    /// One party reference that records or decisions speak of, and a fingerprint of all that decided who it is.
    ///
    /// A customer all of whose references have the fingerprint of last night is not judged again. No row where
    /// identifiers alone decided.
    reference_fingerprint v 1 key(party_ref) {
        /// Key of the party in its source.
        party_ref: String as Id in Pseudonym,
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Keyed hash, any 64-bit number, of what the records of the reference say in the form in which it is
        /// compared, of the decisions about it that are in force, and of the settings of the comparison. The
        /// same values on another reference have another one.
        fingerprint: i64 as Id in Pseudonym,
    }

    /// One identifier that is kept out of linking.
    identifier_quarantine v 2 key(kind, fingerprint) {
        /// Kind of identifier: email, phone, `loyalty_id`, `payment_token`, handle.
        kind: String as Code,
        /// Keyed hash of the value, so that the list names nobody.
        fingerprint: String as Id in Pseudonym,
        /// Distinct people that share it, told apart by name or by key where names are missing.
        n_people: i64 as Count,
        /// Records and references that hold it.
        n_records: i64 as Count,
        /// `shared` by too many people, or `placeholder` for a word or number that stands for nothing.
        reason: String as Code,
    }

    /// One pair of references that was compared and is one customer, or weighs 0 bits and more; why.
    ///
    /// Weights are log2 odds of one person against two people of one household and strangers together.
    /// The parts sum to `weight`; a part is null where a reference has no value to compare.
    match_weight v 2 key(party_ref, other_ref) {
        /// Smaller reference of the pair.
        party_ref: String as Id in Pseudonym,
        /// Larger one.
        other_ref: String as Id in Pseudonym,
        /// Whether both are one customer tonight.
        is_linked: bool as Flag in Behaviour,
        /// Weight of the pair in bits; of several records of one reference that of the heaviest pair.
        weight: f64 as Score in Behaviour,
        /// Probability of one person, `1 / (1 + 2^-weight)`.
        probability: f64 as Probability in Behaviour,
        /// Bits for how common pairs of one person are, whatever they show.
        prior_bits: f64 as Score in Behaviour,
        /// Bits for given and family name.
        name_bits: Option<f64> as Score in Behaviour,
        /// How far the names agree, as `linkage_parameter` labels it; null where a reference has none.
        name_level: Option<String> as Code in Behaviour,
        /// Bits for the day of birth.
        birth_date_bits: Option<f64> as Score in Behaviour,
        /// How far the days of birth agree.
        birth_date_level: Option<String> as Code in Behaviour,
        /// Bits for the e-mail address.
        email_bits: Option<f64> as Score in Behaviour,
        /// How far the e-mail addresses agree.
        email_level: Option<String> as Code in Behaviour,
        /// Bits for the telephone number.
        phone_bits: Option<f64> as Score in Behaviour,
        /// How far the telephone numbers agree.
        phone_level: Option<String> as Code in Behaviour,
        /// Bits for street, postal code and city together.
        address_bits: Option<f64> as Score in Behaviour,
        /// How far the addresses agree; two levels, such as of street and city, have `; ` between them.
        address_level: Option<String> as Code in Behaviour,
        /// Bits for the loyalty card.
        loyalty_id_bits: Option<f64> as Score in Behaviour,
        /// How far the loyalty cards agree.
        loyalty_id_level: Option<String> as Code in Behaviour,
        /// Bits for the payment token.
        payment_token_bits: Option<f64> as Score in Behaviour,
        /// How far the payment tokens agree.
        payment_token_level: Option<String> as Code in Behaviour,
        /// Bits for the name on a social platform.
        handle_bits: Option<f64> as Score in Behaviour,
        /// How far the names on a social platform agree.
        handle_level: Option<String> as Code in Behaviour,
        /// Bits taken off because two people of one household would show it too, 0 or less; null where
        /// the data cannot tell households.
        household_bits: Option<f64> as Score in Behaviour,
    }

    /// One customer that shares a household with others.
    household v 1 key(customer_id) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Smallest customer id of the household.
        household_id: i64 as Id in Pseudonym,
        /// Customers of the household, 2 to 12.
        n_customers: i64 as Count in Behaviour,
    }

    /// The model by which records were compared; no row where none was needed.
    linkage_model v 1 key(version) {
        /// Version of its form.
        version: i64 as Number,
        /// Records it was trained on.
        n_records: i64 as Count,
        /// The model as JSON.
        model: String as Text,
    }

    /// One level of agreement of one comparison, as the model in force knows it.
    linkage_parameter v 1 key(comparison, level) {
        /// Comparison: a column, `name` or `address`.
        comparison: String as Code,
        /// Level, from 1 for most agreement.
        level: i64 as Number,
        /// Name of the level.
        label: String as Text,
        /// Probability of the level among records of one person, `m`.
        same_person: f64 as Probability,
        /// Probability among records of two people of one household; null where the data cannot tell.
        same_household: Option<f64> as Probability,
        /// Probability among records of strangers, `u`.
        strangers: f64 as Probability,
        /// `log2 m - log2 u`, in bits.
        weight: f64 as Score,
        /// Candidate pairs of tonight at the level.
        n_pairs: i64 as Count,
    }

    /// One rule by which records become candidates for comparison, in the order of the rules.
    blocking_rule v 1 key(rule_index) {
        /// Place of the rule, from 0.
        rule_index: i64 as Number,
        /// Columns, or their first characters, that must agree.
        rule: String as Text,
        /// Pairs that agree in them.
        n_pairs: i64 as Count,
        /// Pairs left once blocks above the limit are divided by further columns.
        n_pairs_kept: i64 as Count,
        /// Pairs that no earlier rule holds; these are compared.
        n_pairs_compared: i64 as Count,
        /// Compared pairs of 0 bits and above.
        n_links: i64 as Count,
        /// Groups of two records and more.
        n_blocks: i64 as Count,
        /// Records of the largest group before it was divided.
        n_largest: i64 as Count,
        /// Groups above the limit.
        n_oversized: i64 as Count,
    }

    /// One figure about how records were compared and linked.
    linkage_quality v 1 key(metric, size) {
        /// Figure, as [metrics](../docs/metrics.md#customers) defines it.
        metric: String as Code,
        /// Records of a customer, for `customers_of_size`; 0 for every other figure.
        size: i64 as Number,
        /// Its value; null where it cannot be told.
        value: Option<f64> as Number,
    }

    /// One party reference as a feed names it; a reference may come once from each feed.
    party_reference v 1 key() transient {
        /// Key of the party in its source.
        party_ref: String as Id in Pseudonym,
        /// Whether a sale names it.
        is_buyer: bool as Flag in Behaviour,
    }

    /// The identifiers, the name and the address on one party record.
    party_identifier v 2 key() transient {
        /// Key of the record in its source.
        party_ref: String as Id in Pseudonym,
        /// Loyalty card.
        loyalty_id: Option<String> as Id in Contact,
        /// E-mail address.
        email: Option<String> as Text in Contact,
        /// Telephone number.
        phone: Option<String> as Text in Contact,
        /// Payment token.
        payment_token: Option<String> as Id in Pseudonym,
        /// Name on a social platform.
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
        /// Country, by which a telephone number without prefix is read.
        country: Option<String> as Code in Behaviour,
    }

    /// The model of last night.
    linkage_model_last_night v 1 key(version) transient {
        /// Version of its form.
        version: i64 as Number,
        /// The model as JSON.
        model: String as Text,
    }

    /// One party reference and the customer it belonged to last night.
    identity_last_night v 3 key(party_ref) transient {
        /// Key of the party in its source.
        party_ref: String as Id in Pseudonym,
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Logical date on which the id was first given out; null when nobody noted it.
        since: Option<Date> as Day,
        /// Fingerprint in `reference_fingerprint`; null when it has none.
        fingerprint: Option<i64> as Id in Pseudonym,
    }

    /// One customer id of tonight, with what its references did since last night.
    id_tonight v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// References that no customer had last night.
        n_arrived: i64 as Count,
    }

    /// One customer id of last night, with what its references did since.
    id_last_night v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// References that no customer has tonight.
        n_departed: i64 as Count,
    }

    /// One customer id of the nights before.
    id_known v 1 key(customer_id) transient {
        /// Id of some night.
        customer_id: i64 as Id in Pseudonym,
        /// Id that followed it last night.
        current_customer_id: Option<i64> as Id in Pseudonym,
        /// State last night.
        state: String as Code,
        /// Logical date on which the id was first given out.
        since: Date as Day,
        /// Logical date of the last change.
        changed_on: Date as Day,
        /// Why it was what it was.
        cause: String as Code,
    }

    /// What the records and sales of one customer tell.
    coverage_party v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Whether a sale names it.
        is_buyer: bool as Flag in Behaviour,
        /// Whether an e-mail address or a telephone number is known.
        is_reachable: bool as Flag in Behaviour,
        /// Whether a loyalty card is known.
        is_member: bool as Flag in Behaviour,
        /// Party records.
        n_records: i64 as Count in Behaviour,
    }

    /// One feed that has records of one customer.
    coverage_source v 1 key(customer_id, source) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Feed.
        source: String as Code,
        /// Records.
        n_records: i64 as Count in Behaviour,
    }

    /// What the feeds other than sales tell of one customer, in counts.
    coverage_event v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Interactions, complaints too.
        n_interactions: i64 as Count in Behaviour,
        /// Complaints.
        n_complaints: i64 as Count in Behaviour,
        /// Answers to surveys.
        n_surveys: i64 as Count in Behaviour,
        /// Statements of consent.
        n_consents: i64 as Count in Behaviour,
        /// Suppressions.
        n_suppressions: i64 as Count in Behaviour,
        /// Campaign contacts, control group too.
        n_campaigns: i64 as Count in Behaviour,
        /// Responses.
        n_responses: i64 as Count in Behaviour,
        /// Posts.
        n_posts: i64 as Count in Behaviour,
        /// Posts within the window.
        n_recent_posts: i64 as Count in Behaviour,
    }

    /// One party record under the customer it belongs to.
    customer_record v 2 key() transient {
        /// Our own id, stable across nights.
        customer_id: i64 as Id in Pseudonym,
        /// Feed the record came from.
        source: String as Code,
        /// Business account.
        account_id: Option<String> as Id in Pseudonym,
        /// Loyalty card.
        loyalty_id: Option<String> as Id in Contact,
        /// E-mail address.
        email: Option<String> as Text in Contact,
        /// Telephone number.
        phone: Option<String> as Text in Contact,
        /// Name on a social platform.
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
        /// Country.
        country: Option<String> as Code in Behaviour,
        /// Language.
        language: Option<String> as Code in Behaviour,
        /// Channel the party asked to be reached by.
        preferred_channel: Option<String> as Code in Behaviour,
        /// Day of registration in the source.
        registered_on: Option<Date> as Day in Behaviour,
        /// Day the record was last changed.
        updated_on: Option<Date> as Day in Behaviour,
    }
}

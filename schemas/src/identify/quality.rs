//! Tables of what people decide about identities, and of how well these are recognised.

use crate::table::tables;

tables! {
    /// One decision of a person about two references, and what became of it tonight.
    ///
    /// A decision that cannot be followed is told here, never dropped in silence.
    link_decision_outcome v 1 key(party_ref, other_ref, decision) {
        /// Smaller reference of the pair.
        party_ref: String as Id in Pseudonym,
        /// Larger one.
        other_ref: String as Id in Pseudonym,
        /// `must_link` or `cannot_link`.
        decision: String as Code in Behaviour,
        /// Day of the decision, the last of several alike; null when not told.
        decided_on: Option<Date> as Day in Behaviour,
        /// `followed`; `superseded` by a later decision on the same pair; `contradicted`, when a
        /// `must_link` would unite what a `cannot_link` keeps apart; `unknown_reference`, when no other
        /// feed names one of them; `same_reference`, when both are one.
        outcome: String as Code in Behaviour,
        /// Whether both are one customer tonight; null when one of them is unknown.
        is_linked: Option<bool> as Flag in Behaviour,
    }

    /// One figure about how well customers agree with the persons that `person_label` names.
    identity_evaluation v 1 key(metric) {
        /// Figure, as [metrics](../docs/metrics.md#labels) defines it.
        metric: String as Code,
        /// Its value; null where it cannot be told.
        value: Option<f64> as Number,
    }

    /// One pair of references for a person to judge: drawn from those around the threshold, or one that
    /// holds a large customer together.
    ///
    /// What was judged goes into a feed for `link_decision`.
    clerical_pair v 1 key(party_ref, other_ref) {
        /// Smaller reference of the pair.
        party_ref: String as Id in Pseudonym,
        /// Larger one.
        other_ref: String as Id in Pseudonym,
        /// Whether it was drawn from the pairs around the threshold.
        is_near_threshold: bool as Flag,
        /// Whether it is among the heaviest pairs that tie the records of a large customer.
        is_in_large_customer: bool as Flag,
        /// Whether both are one customer tonight.
        is_linked: bool as Flag in Behaviour,
        /// Customer of the smaller reference.
        customer_id: i64 as Id in Pseudonym,
        /// Customer of the larger one.
        other_customer_id: i64 as Id in Pseudonym,
        /// Weight of the pair in bits, the sum of its parts in `clerical_part`.
        weight: f64 as Score in Behaviour,
        /// Probability of one person, `1 / (1 + 2^-weight)`.
        probability: f64 as Probability in Behaviour,
    }

    /// One part of the weight of a pair of `clerical_pair`; no value of a record is told.
    clerical_part v 1 key(party_ref, other_ref, part_index) {
        /// Smaller reference of the pair.
        party_ref: String as Id in Pseudonym,
        /// Larger one.
        other_ref: String as Id in Pseudonym,
        /// Place of the part, from 0.
        part_index: i64 as Number,
        /// `prior`, a comparison of `linkage_parameter`, or `household`.
        part: String as Code in Behaviour,
        /// Level of agreement; `frequency` for how rare the shared value is; null for `prior` and
        /// `household`.
        level: Option<String> as Text in Behaviour,
        /// What it adds, in bits.
        bits: f64 as Score in Behaviour,
    }

    /// One customer that a person should look at, and why.
    customer_review v 1 key(customer_id, reason) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// `large` for the largest of the night; or the guard that its records broke, which were parted
        /// for it unless a decision or an authoritative identifier ties them: `birth_date`, `email`,
        /// `handle`, `loyalty_id`, `payment_token`, `phone` or `records`.
        reason: String as Code in Behaviour,
        /// Records of the customer.
        n_records: i64 as Count in Behaviour,
    }

    /// Compared pairs of one bit of weight.
    match_weight_bin v 1 key(from_bits) {
        /// Where the bin begins, in bits; −30 has all below −29, 40 all above.
        from_bits: i64 as Number,
        /// Pairs of records.
        n_pairs: i64 as Count,
        /// Of these, pairs that the comparison made one person; null below −2 bits, where pairs are
        /// not kept.
        n_linked: Option<i64> as Count,
    }

    /// What people decided about one pair of references, the last decision of each kind.
    decided_pair v 1 key(party_ref, other_ref, decision) transient {
        /// Smaller reference of the pair.
        party_ref: String as Id in Pseudonym,
        /// Larger one.
        other_ref: String as Id in Pseudonym,
        /// `must_link` or `cannot_link`.
        decision: String as Code in Behaviour,
        /// Day of the decision; null when not told.
        decided_on: Option<Date> as Day in Behaviour,
    }

    /// One reference under each person that labels say it is.
    labelled_reference v 1 key(party_ref, person_ref) transient {
        /// Key of the party in its source.
        party_ref: String as Id in Pseudonym,
        /// Person that the label names.
        person_ref: String as Id in Pseudonym,
        /// Customer tonight; null when no other feed names the reference.
        customer_id: Option<i64> as Id in Pseudonym,
    }
}

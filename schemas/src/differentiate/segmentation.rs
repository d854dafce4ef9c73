//! Segments over the nights: their ids, their drift, how many there are, what tells them apart.

use crate::table::tables;

tables! {
    /// What became of one segment: its birth, its death or its newest change of name.
    ///
    /// Kept from night to night, so that an id that was ever given is never given again.
    segment_event v 1 key(axis, segment_id, event) {
        /// `value` or `need`.
        axis: String as Code,
        /// Number of the segment, from 1; never used for another segment of the axis.
        segment_id: i64 as Id,
        /// `born`, `dead` or `renamed`.
        event: String as Code,
        /// Night on which it came about.
        night: Date as Day,
        /// Name of the segment from that night on; of a dead one its last.
        segment: String as Code,
        /// Name before, of a renamed segment; null for the other events.
        previous_segment: Option<String> as Code,
    }

    /// How far tonight's distribution of one feature is from that of the night the segments were
    /// fitted on, and the bins by which later nights are compared.
    segment_drift v 1 key(axis, feature) {
        /// `value` or `need`.
        axis: String as Code,
        /// Feature of `cluster_model`.
        feature: String as Code,
        /// Population stability index, 0 or more; null when there is no reference.
        psi: Option<f64> as Number,
        /// `stable`, `watch` or `refit` by the thresholds of `differentiate.drift`; `no_reference`
        /// when the feature is new or the segments are fitted for the first time.
        class: String as Code,
        /// Night that `psi` compares with; null when there is none.
        reference_night: Option<Date> as Day,
        /// Whether all customers have the same value tonight: the feature then tells nobody apart and
        /// takes no part.
        is_constant: bool as Flag,
        /// Night whose distribution `edges` and `counts` hold: that of the last full fit.
        trained_on: Date as Day,
        /// Edges between bins of the feature in its own unit, ascending: deciles of that night.
        edges: Shares as Number,
        /// Customers in each bin on that night, those without a value last; one more than the edges
        /// and one more again. Of a sample when there are more than 50,000 customers.
        counts: Ints as Count,
    }

    /// The measures of one number of segments, and whether it was chosen.
    ///
    /// Written when `n_clusters` is `auto`; those of the night of the choice are kept until the next.
    cluster_count v 1 key(axis, n_clusters) {
        /// `value` or `need`.
        axis: String as Code,
        /// Number of segments tried.
        n_clusters: i64 as Count,
        /// Sum of squared distances to the centroids, of the customers looked at.
        inertia: f64 as Number,
        /// Share of the customers in the smallest segment.
        smallest_share: f64 as Share,
        /// Mean silhouette by distances to centroids, 0 to 1.
        simplified_silhouette: f64 as Number,
        /// Mean silhouette of a sample, −1 to 1; null when each customer is a segment.
        silhouette: Option<f64> as Number,
        /// Gap statistic; null when nothing is left within segments.
        gap: Option<f64> as Number,
        /// Its standard error; null as `gap`.
        gap_standard_error: Option<f64> as Number,
        /// Mean Jaccard index over resamples of the least stable segment, 0 to 1.
        least_jaccard: f64 as Number,
        /// Why it could not be chosen, `too_small` or `dissolved`; null when it could.
        exclusion: Option<String> as Code,
        /// Whether the rule of the gap statistic would have chosen it.
        is_gap_choice: bool as Flag,
        /// Whether it was chosen.
        is_chosen: bool as Flag,
        /// Why it was chosen: `highest_silhouette_all_valid`, `highest_silhouette_some_doubtful`,
        /// `none_stable`, `none_large_enough` or `only_one`; null for the others.
        reason: Option<String> as Code,
        /// Night of the choice.
        chosen_on: Date as Day,
    }

    /// How many customers of one segment are in it for one reason.
    segment_reason v 1 key(axis, segment_id, reason) {
        /// `value` or `need`.
        axis: String as Code,
        /// Segment.
        segment_id: i64 as Id,
        /// Its name.
        segment: String as Code,
        /// What puts them into it rather than the nearest other, as in `customer_segment`: a feature
        /// and `high` or `low`.
        reason: String as Code,
        /// Customers with this reason.
        n_customers: i64 as Count,
        /// Their share of the customers of the segment that have a reason.
        customer_share: f64 as Share,
    }

    /// One rule of the shallow tree that explains the segments of one axis.
    segment_rule v 1 key(axis, rule) {
        /// `value` or `need`.
        axis: String as Code,
        /// Number of the rule, from 1; a customer meets exactly one.
        rule: i64 as Number,
        /// Segment that the rule says.
        segment_id: i64 as Id,
        /// Its name.
        segment: String as Code,
        /// What must hold, such as `net_amount > 120.5 and frequency <= 3`, in real units.
        conditions: String as Text,
        /// Customers that meet it; of a sample when there are more than 10,000 customers.
        n_customers: i64 as Count,
        /// Share of them that are in the segment.
        precision: f64 as Share,
        /// Share of the customers of the segment that meet it.
        coverage: f64 as Share,
        /// Share of all customers whose segment the rules of the axis say rightly.
        fidelity: f64 as Share,
        /// Share of the largest segment: the fidelity of saying nothing.
        majority_share: f64 as Share,
    }

    /// Share of one category in one topic of what customers buy; none unless
    /// `differentiate.need.features` is `topics`.
    need_topic v 1 key(topic, category) {
        /// Number of the topic, from 1, largest first on the night that found them.
        topic: i64 as Id,
        /// Category.
        category: String as Code,
        /// Its share of the topic.
        share: f64 as Share,
    }

    /// One feature of one component of the mixture behind the segments by value; none unless
    /// `differentiate.value.method` is `gaussian_mixture`.
    mixture_component v 1 key(axis, segment_id, feature) {
        /// `value`.
        axis: String as Code,
        /// Segment of the component.
        segment_id: i64 as Id,
        /// Feature of `cluster_model`, whose mean and scale hold here too.
        feature: String as Code,
        /// Weight of the component.
        weight: f64 as Share,
        /// Mean of the component in scaled units.
        mean: f64 as Number,
        /// Covariances with all features in the order of their names, in scaled units.
        covariances: Shares as Number,
    }
}

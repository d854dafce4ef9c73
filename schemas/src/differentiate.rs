//! Tables of the Differentiate stage: worth and need.

pub mod accounts;
pub mod advocacy;
pub mod conversation;
pub mod loyalty;
pub mod portfolio;
pub mod prices;
pub mod segmentation;
pub mod value;

use crate::table::tables;

/// The contracts of the stage, those of its files among them.
pub(crate) fn contracts() -> Vec<&'static crate::TableContract> {
    [
        CONTRACTS,
        segmentation::CONTRACTS,
        value::CONTRACTS,
        loyalty::CONTRACTS,
        advocacy::CONTRACTS,
        conversation::CONTRACTS,
        portfolio::CONTRACTS,
        prices::CONTRACTS,
        accounts::CONTRACTS,
    ]
    .concat()
}

tables! {
    /// The customer to whom the purchases of one party reference belong.
    customer_purchase v 1 key() transient {
        /// Our own id; null when identification forgot the reference, which stops the night.
        customer_id: Option<i64> as Id in Pseudonym,
        /// Position of the purchases in `party_purchase`.
        purchase_index: i64 as Number,
    }

    /// One day on which one customer bought or brought back, up to the logical date, in the order of customers.
    customer_day v 1 key(customer_id, day) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Day with a sale, return or adjustment.
        day: Date as Day in Behaviour,
        /// Net money of the day, in minor units.
        cents: i64 as Money in Behaviour,
        /// Baskets with a sale; 0 on a day of returns alone.
        baskets: i64 as Count in Behaviour,
    }

    /// Money of one customer, up to the logical date.
    customer_total v 1 key(customer_id) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Money of sales.
        sale_amount: Amount as Money in Behaviour,
        /// Money of returns, negative.
        return_amount: Amount as Money in Behaviour,
        /// Money of sales of which the discount is told; null when none is.
        told_sale_amount: Option<Amount> as Money in Behaviour,
        /// Discount on sales; null when no feed tells.
        discount_amount: Option<Amount> as Money in Behaviour,
    }

    /// What the feeds other than sales tell of one customer.
    customer_contact v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// First day any of these feeds names the party, as a member of a control group too.
        first_seen_on: Date as Day in Behaviour,
        /// First contact in either direction; null when there was none.
        first_contact_on: Option<Date> as Day in Behaviour,
        /// Last contact in either direction; null when there was none.
        last_contact_on: Option<Date> as Day in Behaviour,
        /// Interactions of direction `in`.
        contacts_in: i64 as Count in Behaviour,
        /// Interactions of direction `out`.
        contacts_out: i64 as Count in Behaviour,
        /// Campaigns that name the party, contacted or held back.
        campaigns: i64 as Count in Behaviour,
        /// Campaign contacts received.
        campaign_contacts: i64 as Count in Behaviour,
        /// Responses and redemptions.
        responses: i64 as Count in Behaviour,
        /// Posts on social platforms.
        social_posts: i64 as Count in Behaviour,
        /// Newest answer to an NPS question from 0 to 10; the lowest of several on one day.
        nps_score: Option<f64> as Score in Behaviour,
    }

    /// One party, with what its features need of the golden record.
    customer_party v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// `customer` or `prospect`.
        party_type: String as Code in Behaviour,
        /// First registration in any source.
        registered_on: Option<Date> as Day in Behaviour,
    }

    /// What one customer or prospect did, up to the logical date.
    customer_feature v 1 key(customer_id) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// `customer` or `prospect`.
        party_type: String as Code in Behaviour,
        /// First day any feed names the party, its registration included; null when none is dated.
        first_seen_on: Option<Date> as Day in Behaviour,
        /// Days from the first to the last contact in either direction, purchases included.
        tenure_days: Option<i64> as Days in Behaviour,
        /// First purchase day; null without purchases.
        first_purchase_on: Option<Date> as Day in Behaviour,
        /// Last purchase day.
        last_purchase_on: Option<Date> as Day in Behaviour,
        /// Days from the last purchase to the logical date (recency of RFM practice).
        days_since_last: Option<i64> as Days in Behaviour,
        /// Days from the first to the last purchase (`t_x` in the BTYD papers).
        recency_days: Option<i64> as Days in Behaviour,
        /// Days from the first purchase to the logical date (T in the BTYD papers).
        t_days: Option<i64> as Days in Behaviour,
        /// Repeat purchase days: distinct purchase days minus one (x in the BTYD papers).
        frequency: Option<i64> as Count in Behaviour,
        /// Distinct days with a sale.
        purchase_days: i64 as Count in Behaviour,
        /// Baskets with a sale.
        n_baskets: i64 as Count in Behaviour,
        /// Lines of sales.
        n_lines: i64 as Count in Behaviour,
        /// Lines of returns.
        n_return_lines: i64 as Count in Behaviour,
        /// Money of sales.
        sale_amount: Amount as Money in Behaviour,
        /// Money that went back, negative.
        return_amount: Amount as Money in Behaviour,
        /// Sales and returns together; adjustments are left out.
        net_amount: Amount as Money in Behaviour,
        /// Mean net money of a repeat purchase day: of what was bought and brought back on that day;
        /// null when `frequency` is 0 or null.
        monetary_value: Option<f64> as Money in Behaviour,
        /// Net money by purchase day; null without purchases.
        net_per_purchase_day: Option<f64> as Money in Behaviour,
        /// Money of sales by basket; null without baskets.
        mean_basket: Option<f64> as Money in Behaviour,
        /// Discount by money before discount, of sales; null when the feed does not tell.
        discount_share: Option<f64> as Share in Behaviour,
        /// Money returned by money of sales, at most 1; null without money of sales.
        return_share: Option<f64> as Share in Behaviour,
        /// Median days between purchase days; null with fewer than two.
        interpurchase_median_days: Option<f64> as Days in Behaviour,
        /// Mean days between purchase days; null with fewer than two.
        interpurchase_mean_days: Option<f64> as Days in Behaviour,
        /// Coefficient of variation (sample standard deviation by mean) of the days between purchase
        /// days; null with fewer than three.
        interpurchase_cv: Option<f64> as Number in Behaviour,
        /// Net money of the last 90 days, the logical date among them.
        last_90_days_amount: Amount as Money in Behaviour,
        /// Net money of the 90 days before those.
        prior_90_days_amount: Amount as Money in Behaviour,
        /// Distinct days with a sale in those 90 days before.
        prior_90_days_purchase_days: i64 as Count in Behaviour,
        /// Weekday of most purchase days, 1 Monday to 7 Sunday; ties to the earlier.
        favourite_weekday: Option<i64> as Number in Behaviour,
        /// Category of most sales money; ties to the first in name order; null without such money.
        favourite_category: Option<String> as Code in Behaviour,
        /// Its share.
        favourite_category_share: Option<f64> as Share in Behaviour,
        /// Categories with sales money.
        n_categories: i64 as Count in Behaviour,
        /// Channel of most sale lines; ties to the first in name order.
        favourite_channel: Option<String> as Code in Behaviour,
        /// Its share.
        favourite_channel_share: Option<f64> as Share in Behaviour,
        /// Share of sales money by category, in the order of `category`; null without such money.
        category_shares: Option<Shares> as Share in Behaviour,
        /// Share of sale lines by channel, in the order of `sales_channel`; null without sales.
        channel_shares: Option<Shares> as Share in Behaviour,
        /// Interactions the party began; null when no feed has any of that direction.
        contacts_in: Option<i64> as Count in Behaviour,
        /// Interactions the shop began, campaigns aside; null when no feed has any of that direction.
        contacts_out: Option<i64> as Count in Behaviour,
        /// Days since the last contact in either direction other than a purchase: interaction,
        /// campaign, response, survey or post; null when none is known.
        days_since_interaction: Option<i64> as Days in Behaviour,
        /// Campaign contacts received; null without that feed.
        campaign_contacts: Option<i64> as Count in Behaviour,
        /// Responses and redemptions; null without that feed.
        responses: Option<i64> as Count in Behaviour,
        /// Newest answer to an NPS question, 0 to 10; the lowest of several on one day.
        nps_score: Option<f64> as Score in Behaviour,
        /// Posts on social platforms; null without that feed.
        social_posts: Option<i64> as Count in Behaviour,
    }

    /// What the RFM scores of one customer with purchases are made from.
    rfm_input v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Days from the last purchase to the logical date.
        days_since_last: i64 as Days in Behaviour,
        /// Distinct days with a sale.
        purchase_days: i64 as Count in Behaviour,
        /// Baskets with a sale.
        n_baskets: i64 as Count in Behaviour,
        /// Money of sales.
        sale_amount: Amount as Money in Behaviour,
        /// Sales and returns together.
        net_amount: Amount as Money in Behaviour,
    }

    /// Recency, frequency and monetary scores of one customer with purchases.
    rfm_score v 1 key(customer_id) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Days from the last purchase to the logical date.
        days_since_last: i64 as Days in Behaviour,
        /// Purchase days or baskets, as configured.
        purchases: i64 as Count in Behaviour,
        /// Net or gross money, as configured.
        monetary: Amount as Money in Behaviour,
        /// Recency score from 1, as a rule to 5, the most recent fifth; equal values share a score.
        r_score: i64 as Score in Behaviour,
        /// Frequency score, the highest the most frequent.
        f_score: i64 as Score in Behaviour,
        /// Monetary score, the highest the most money.
        m_score: i64 as Score in Behaviour,
        /// Named RFM segment, by the first rule that fits.
        rfm_segment: String as Code in Behaviour,
    }

    /// What the segments of one party are made from: features and the named RFM segment.
    segment_input v 2 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Days from the last purchase to the logical date.
        days_since_last: Option<i64> as Days in Behaviour,
        /// Days from the first to the last purchase.
        recency_days: Option<i64> as Days in Behaviour,
        /// Days from the first purchase to the logical date.
        t_days: Option<i64> as Days in Behaviour,
        /// Days from the first to the last contact.
        tenure_days: Option<i64> as Days in Behaviour,
        /// Repeat purchase days.
        frequency: Option<i64> as Count in Behaviour,
        /// Distinct days with a sale.
        purchase_days: i64 as Count in Behaviour,
        /// Baskets with a sale.
        n_baskets: i64 as Count in Behaviour,
        /// Lines of sales.
        n_lines: i64 as Count in Behaviour,
        /// Money of sales.
        sale_amount: Amount as Money in Behaviour,
        /// Sales and returns together.
        net_amount: Amount as Money in Behaviour,
        /// Net money by purchase day.
        net_per_purchase_day: Option<f64> as Money in Behaviour,
        /// Mean net money of a repeat purchase day.
        monetary_value: Option<f64> as Money in Behaviour,
        /// Money of sales by basket.
        mean_basket: Option<f64> as Money in Behaviour,
        /// Discount by money before discount.
        discount_share: Option<f64> as Share in Behaviour,
        /// Money returned by money of sales.
        return_share: Option<f64> as Share in Behaviour,
        /// Median days between purchase days.
        interpurchase_median_days: Option<f64> as Days in Behaviour,
        /// Net money of the last 90 days.
        last_90_days_amount: Amount as Money in Behaviour,
        /// Net money of the 90 days before those.
        prior_90_days_amount: Amount as Money in Behaviour,
        /// Categories with sales money.
        n_categories: i64 as Count in Behaviour,
        /// Interactions the party began.
        contacts_in: Option<i64> as Count in Behaviour,
        /// Interactions the shop began.
        contacts_out: Option<i64> as Count in Behaviour,
        /// Days since the last contact other than a purchase.
        days_since_interaction: Option<i64> as Days in Behaviour,
        /// Campaign contacts received.
        campaign_contacts: Option<i64> as Count in Behaviour,
        /// Responses and redemptions.
        responses: Option<i64> as Count in Behaviour,
        /// Newest answer to an NPS question.
        nps_score: Option<f64> as Score in Behaviour,
        /// Posts on social platforms.
        social_posts: Option<i64> as Count in Behaviour,
        /// Channel of most sale lines; null without sales.
        favourite_channel: Option<String> as Code in Behaviour,
        /// Share of sales money by category.
        category_shares: Option<Shares> as Share in Behaviour,
        /// Named RFM segment; null without purchases.
        rfm_segment: Option<String> as Code in Behaviour,
    }

    /// The segments in which one party was last night.
    segment_last_night v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Value segment; 0 when it had none.
        value_segment_id: i64 as Id in Behaviour,
        /// Need segment; 0 when it had none.
        need_segment_id: i64 as Id in Behaviour,
    }

    /// The segments of one party: one by value, one by need.
    customer_segment v 2 key(customer_id) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Value segment, from 1, best first on the first night; later ones get the next number, and
        /// no number is used twice. 0 for parties without purchases.
        value_segment_id: i64 as Id in Behaviour,
        /// Its name.
        value_segment: String as Code in Behaviour,
        /// Need segment, from 1, largest first on the first night; later ones get the next number, and
        /// no number is used twice. 0 for parties without enough purchases.
        need_segment_id: i64 as Id in Behaviour,
        /// Its name.
        need_segment: String as Code in Behaviour,
        /// Named RFM segment; `no_purchases` for prospects.
        rfm_segment: String as Code in Behaviour,
        /// Probability of the value segment, 0 to 1, when a mixture made the segments; null otherwise
        /// and for parties without a value segment.
        value_segment_probability: Option<f64> as Probability in Behaviour,
        /// What puts the customer into the value segment rather than the nearest other: a feature and
        /// `high` or `low`, such as `net_amount:high`; null where there is no other segment.
        value_segment_reason: Option<String> as Code in Behaviour,
        /// The same of the need segment, such as `share:Toys:high`.
        need_segment_reason: Option<String> as Code in Behaviour,
    }

    /// One published segment of one axis.
    segment v 1 key(axis, segment_id) {
        /// `value`, `need` or `rfm`.
        axis: String as Code,
        /// Number of the segment in its axis; 0 for parties that cannot be told.
        segment_id: i64 as Id,
        /// Name, unique in its axis.
        segment: String as Code,
        /// One sentence in English.
        description_en: String as Text,
        /// One sentence in Spanish.
        description_es: String as Text,
        /// Parties in it.
        n_customers: i64 as Count,
        /// Their share of all parties.
        customer_share: f64 as Share,
        /// Their net money.
        net_amount: Amount as Money,
        /// Its share of all net money; null when there is none.
        net_amount_share: Option<f64> as Share,
    }

    /// How one feature of one segment differs from the whole.
    segment_profile v 2 key(axis, segment_id, feature) {
        /// `value` or `need`.
        axis: String as Code,
        /// Number of the segment.
        segment_id: i64 as Id,
        /// Name of the segment.
        segment: String as Code,
        /// Feature, a column of `customer_feature` or `share:` and a category.
        feature: String as Code,
        /// Parties with a value.
        n: i64 as Count,
        /// Mean in the segment; null when nobody has a value.
        mean: Option<f64> as Number,
        /// Mean of all parties with a value.
        overall_mean: Option<f64> as Number,
        /// 100 × mean ÷ mean of all; null when that is 0.
        index: Option<f64> as Number,
        /// Mean ÷ mean of all − 1; null when that is 0.
        lift: Option<f64> as Number,
        /// (mean − mean of all) ÷ standard deviation of all; null when that is 0.
        standardised_difference: Option<f64> as Number,
        /// 1 for the feature that tells the segment apart most.
        rank: i64 as Number,
    }

    /// The model behind the clusters of one axis: what is needed to assign a customer again.
    cluster_model v 2 key(axis, cluster, feature) {
        /// `value` or `need`.
        axis: String as Code,
        /// Published segment the cluster became.
        cluster: i64 as Id,
        /// Feature.
        feature: String as Code,
        /// Transform of the feature: `log1p` (of the size, keeping the sign), `hellinger` or `clr`;
        /// with `topics_` before it when it is of shares of topics; or `indicator`, 1 for customers who
        /// have a value of a category, such as `favourite_channel=store`, and 0 for others.
        transform: String as Code,
        /// Bound under which the transformed feature is lifted; null where it is not bounded.
        lower_bound: Option<f64> as Number,
        /// Bound above which it is cut; null where it is not bounded.
        upper_bound: Option<f64> as Number,
        /// Share that light buyers are drawn to before the transform; null where they are not.
        prior_share: Option<f64> as Share,
        /// Baskets that this share weighs; null where it does not.
        prior_baskets: Option<f64> as Count,
        /// Mean of the transformed feature; 0 where it is not centred.
        mean: f64 as Number,
        /// Standard deviation of the transformed feature; 1 where it is not scaled.
        scale: f64 as Number,
        /// Centroid in scaled units.
        centroid: f64 as Number,
        /// Night on which the segments were fitted anew last.
        fitted_on: Date as Day,
        /// Night whose customers bounds, means and deviations are of, and who were assigned by it.
        assigned_on: Date as Day,
    }

    /// One number about the quality of the clusters of one axis, or of one segment.
    cluster_quality v 3 key(axis, metric, segment_id) {
        /// `value` or `need`.
        axis: String as Code,
        /// Metric: inertia, silhouette, `davies_bouldin`, `calinski_harabasz`, `n_clusters`,
        /// iterations, `n_customers`; `quality_loss`, the part of the inertia that segments begun from
        /// these and brought to rest would save, or the nats that a mixture would gain; `refit_gain`,
        /// the same of a full fit that waits to be asked for; `n_moved` and `n_held`, customers who
        /// did not buy and changed segment, or stayed though another segment is nearer; and of each
        /// segment `jaccard`: how much of it comes back when other customers had been there, 0 to 1.
        metric: String as Code,
        /// Segment that the metric is of; 0 when it is of the whole axis.
        segment_id: i64 as Id,
        /// Value; null when it cannot be computed.
        value: Option<f64> as Number,
        /// Why it is null, or what was changed, as a fewer number of clusters; null otherwise.
        note: Option<String> as Text,
    }

    /// Customers of one value segment and one need segment.
    value_need_cell v 1 key(value_segment_id, need_segment_id) {
        /// Value segment.
        value_segment_id: i64 as Id,
        /// Its name.
        value_segment: String as Code,
        /// Need segment.
        need_segment_id: i64 as Id,
        /// Its name.
        need_segment: String as Code,
        /// Parties in the cell.
        n_customers: i64 as Count,
        /// Their net money.
        net_amount: Amount as Money,
    }
}

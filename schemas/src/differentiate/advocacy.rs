//! Tables of advocacy: what a party says of the shop, how content it is, and how it meets prices.

use crate::table::tables;

tables! {
    /// What one customer says and answers, of those that a feed names.
    advocacy_voice v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Decayed weight of posts, contacts, responses and surveys, in millionths.
        engagement_micros: i64 as Number in Behaviour,
        /// Decayed weight of posts, in millionths.
        conversation_micros: i64 as Number in Behaviour,
        /// Decayed weight of contacts, responses and surveys, in millionths.
        interaction_micros: i64 as Number in Behaviour,
        /// Posts within the window.
        n_posts: i64 as Count in Behaviour,
        /// Of those, that mention the shop.
        n_mentions: i64 as Count in Behaviour,
        /// Of those posts, that tell whether they do.
        n_mentions_told: i64 as Count in Behaviour,
        /// Sum of their sentiments, in thousandths.
        sentiment_millis: i64 as Number in Behaviour,
        /// Posts with a sentiment.
        n_rated: i64 as Count in Behaviour,
        /// Of those, kind ones (above the neutral band).
        n_positive: i64 as Count in Behaviour,
        /// Of those, unkind ones (below the neutral band).
        n_negative: i64 as Count in Behaviour,
        /// Sum of the reach of posts; null when no post tells.
        reach: Option<i64> as Count in Behaviour,
        /// Weeks with a post.
        active_weeks: i64 as Count in Behaviour,
    }

    /// How much one customer posts on one platform.
    advocacy_platform v 1 key(customer_id, platform) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Platform.
        platform: String as Code in Behaviour,
        /// Decayed weight of the posts, in millionths.
        micros: i64 as Number in Behaviour,
    }

    /// The newest answer of one customer to one kind of survey.
    advocacy_answer v 1 key(customer_id, kind) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// `nps`, `ces` or `csat`.
        kind: String as Code,
        /// Score; the lowest of several on one day.
        score: f64 as Score in Behaviour,
        /// Day of the answer.
        answered_on: Date as Day in Behaviour,
    }

    /// Sums over the priced lines of one customer, relative to what is usual for each product.
    advocacy_price v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Lines of sales with a product, a quantity and money.
        n_lines: i64 as Count in Behaviour,
        /// Products among them.
        n_products: i64 as Count in Behaviour,
        /// Σ x, with x = ln price less its mean over the product, in ten-thousandths.
        sum_x: i64 as Number in Behaviour,
        /// Σ y, with y = ln quantity less its mean over the product, in ten-thousandths.
        sum_y: i64 as Number in Behaviour,
        /// Σ x², in hundred-millionths.
        sum_xx: i64 as Number in Behaviour,
        /// Σ x y, in hundred-millionths.
        sum_xy: i64 as Number in Behaviour,
        /// Σ y², in hundred-millionths.
        sum_yy: i64 as Number in Behaviour,
    }

    /// One party with what advocacy needs of its features and loyalty.
    advocacy_party v 2 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Whether an e-mail address, a telephone number, a handle or a street is known.
        has_address: bool as Flag in Behaviour,
        /// Distinct days with a sale.
        purchase_days: i64 as Count in Behaviour,
        /// Mutual degree of loyalty; null when no feed tells what the shop does.
        mutual_loyalty: Option<f64> as Share in Behaviour,
        /// Whether it keeps buying.
        is_recurrent: bool as Flag in Behaviour,
    }

    /// What one party with consents, refusals or suppressions permits.
    advocacy_permission v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Whether a statement of consent is in force; null when nothing was stated.
        has_consent: Option<bool> as Flag in Behaviour,
        /// Whether a suppression says that it works for the shop.
        is_employee: bool as Flag in Behaviour,
    }

    /// How much one party bought, and at which discount.
    advocacy_buyer v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Distinct days with a sale.
        purchase_days: i64 as Count in Behaviour,
        /// Baskets with a sale.
        n_baskets: i64 as Count in Behaviour,
        /// Discount by money before discount; null when the feed does not tell.
        discount_share: Option<f64> as Share in Behaviour,
    }

    /// What one party says of the shop, how content it is, and how it meets prices.
    customer_advocacy v 1 key(customer_id) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Decayed weight of posts, contacts, responses and surveys, 0 or more; null when no feed has
        /// any of them.
        engagement_score: Option<f64> as Score in Behaviour,
        /// Newest NPS answer within twelve months, from 0 to 10; null without one.
        nps_score: Option<f64> as Score in Behaviour,
        /// Days since it.
        nps_age_days: Option<i64> as Days in Behaviour,
        /// Newest CES answer within twelve months, on its own scale; null without one.
        ces_score: Option<f64> as Score in Behaviour,
        /// Days since it.
        ces_age_days: Option<i64> as Days in Behaviour,
        /// Newest CSAT answer within twelve months, on its own scale; null without one.
        csat_score: Option<f64> as Score in Behaviour,
        /// Days since it.
        csat_age_days: Option<i64> as Days in Behaviour,
        /// Why all three are null: `no_survey_feed`, `no_answer` or `answer_too_old`; else null.
        satisfaction_reason: Option<String> as Code in Behaviour,
        /// Posts within the window; null without a feed of posts.
        n_posts: Option<i64> as Count in Behaviour,
        /// Posts within the window that mention the shop; null when no post tells.
        n_mentions: Option<i64> as Count in Behaviour,
        /// Participation, from 0 to 1, of mentions, posts and sentiment; null without a feed of posts.
        participation: Option<f64> as Share in Behaviour,
        /// People the posts of the window could reach, 0 without posts; null when not told.
        reach: Option<i64> as Count in Behaviour,
        /// Percent rank of the reach among all parties, from 0 to 1; null when no post tells.
        diffusion: Option<f64> as Share in Behaviour,
        /// (Kind − unkind) ÷ (kind + unkind) posts of the window, from −1 to 1; null without any.
        net_sentiment: Option<f64> as Score in Behaviour,
        /// Why figures of posts are null: `no_social_feed`, `no_posts`, `no_sentiment` or
        /// `only_neutral`; null when none is.
        social_reason: Option<String> as Code in Behaviour,
        /// Platform of most decayed posts; null when there is no clear one.
        best_platform: Option<String> as Code in Behaviour,
        /// Share of the largest platform; null without posts.
        best_platform_share: Option<f64> as Share in Behaviour,
        /// Why no platform is named: `no_social_feed`, `little_data` or `tie`; else null.
        best_platform_reason: Option<String> as Code in Behaviour,
        /// Decayed weight of what it says among others; null without a feed of posts.
        conversation_score: Option<f64> as Score in Behaviour,
        /// Decayed weight of what it says to the shop; null when no feed has any.
        interaction_score: Option<f64> as Score in Behaviour,
        /// Place by the sum of both, from 1; null for who contributed nothing.
        contributor_rank: Option<i64> as Number in Behaviour,
        /// Whether it is among the top contributors; null when no feed has any contribution.
        is_top_contributor: Option<bool> as Flag in Behaviour,
        /// Influence in the network of parties; null as long as no feed has edges.
        influence: Option<f64> as Score in Behaviour,
        /// `no_social_edges` when it is null.
        influence_reason: Option<String> as Code in Behaviour,
        /// Loyalty × participation × diffusion, from 0 to 1; null when one of them is.
        ambassador_score: Option<f64> as Share in Behaviour,
        /// `none`, `habitual`, `active` or `potential`; null with the score.
        ambassador_stage: Option<String> as Code in Behaviour,
        /// Whether nothing stands between the party and being asked; null with the score.
        is_ambassador: Option<bool> as Flag in Behaviour,
        /// `every_gate_open`; or the gates that are shut, by commas: `not_a_customer`, `sentiment`,
        /// `active_weeks`, `no_consent`, `employee_or_bot`, `score`; or why there is no score:
        /// `no_social_feed`, `no_reach`, `no_company_contacts`.
        ambassador_reason: String as Code in Behaviour,
        /// Net money of the purchase days of the last 90 days by basket; null without baskets.
        last_90_days_mean_basket: Option<f64> as Money in Behaviour,
        /// The same of the 90 days before those.
        prior_90_days_mean_basket: Option<f64> as Money in Behaviour,
        /// Last ÷ prior − 1; null when not computable.
        mean_basket_trend: Option<f64> as Share in Behaviour,
        /// Why it is null: `no_purchase`, `no_basket_in_both_windows` or `prior_not_positive`.
        mean_basket_trend_reason: Option<String> as Code in Behaviour,
        /// Discount by money before discount, shrunk to that of all customers, a basket being one
        /// trial; null when no feed tells or nothing was bought.
        discount_proneness: Option<f64> as Share in Behaviour,
        /// Share of the customer's own purchases in it, from 0 to 1.
        discount_proneness_reliability: Option<f64> as Share in Behaviour,
        /// Why it is null: `no_purchase` or `no_discounts_told`.
        discount_proneness_reason: Option<String> as Code in Behaviour,
        /// Percent more quantity for one percent more price, shrunk to that of all customers; null
        /// when the customer's own is not estimable.
        price_elasticity: Option<f64> as Number in Behaviour,
        /// Share of the customer's own slope in it, from 0 to 1.
        price_elasticity_reliability: Option<f64> as Share in Behaviour,
        /// Why it is null: `no_line_prices`, `no_purchase`, `few_lines` or `prices_do_not_vary`.
        price_elasticity_reason: Option<String> as Code in Behaviour,
        /// Whether an e-mail address, a telephone number, a handle or a street is known.
        has_address: bool as Flag in Behaviour,
        /// Whether a statement of consent is in force; null when nothing was stated.
        has_consent: Option<bool> as Flag in Behaviour,
    }
}

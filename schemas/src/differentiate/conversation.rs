//! Tables of conversation: who acts where and when, what is answered, and whom it pays to win over.

use crate::table::tables;

tables! {
    /// Acts of one kind in one channel in one week.
    activity_count v 1 key(kind, channel, weeks_ago) transient {
        /// `post`, `interaction_in`, `interaction_out`, `response` or `survey`.
        kind: String as Code,
        /// Platform of posts, channel of interactions, kind of responses and surveys.
        channel: String as Code,
        /// Weeks before that of the logical date, from 0.
        weeks_ago: i64 as Count,
        /// Acts.
        n_acts: i64 as Count,
        /// Parties who acted.
        n_parties: i64 as Count,
    }

    /// Posts on one platform and what was answered to them.
    content_count v 1 key(platform) transient {
        /// Platform.
        platform: String as Code,
        /// Posts.
        n_posts: i64 as Count,
        /// Posts whose reach, and likes, replies or shares are told.
        n_told: i64 as Count,
        /// Likes + 2 × replies + 3 × shares of those.
        weighted_answers: i64 as Count,
        /// Their reach.
        reach: i64 as Count,
    }

    /// What is known of one party that posts.
    advocacy_candidate v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Participation, from 0 to 1.
        participation: Option<f64> as Share in Behaviour,
        /// People the posts of the window could reach.
        reach: Option<i64> as Count in Behaviour,
    }

    /// What parties do, by kind, channel and week: the map of their activities.
    activity_week v 1 key(kind, channel, week_ends_on) {
        /// `post`, `interaction_in`, `interaction_out`, `response` or `survey`.
        kind: String as Code,
        /// Platform of posts, channel of interactions, kind of responses and surveys; `(none)` when
        /// it is not told.
        channel: String as Code,
        /// Last day of the week; the newest ends on the logical date.
        week_ends_on: Date as Day,
        /// Acts; null when no feed has any of the kind.
        n_acts: Option<i64> as Count,
        /// Parties who acted; null as before.
        n_parties: Option<i64> as Count,
        /// `no_feed` when they are null.
        reason: Option<String> as Code,
    }

    /// How much posts are answered, by platform, of the last 365 days.
    content_engagement v 1 key(dimension, value) {
        /// What posts are told apart by: `platform`; `topic` and `format`, which no feed tells.
        dimension: String as Code,
        /// Its value; `(none)` where it is not told.
        value: String as Code,
        /// Posts.
        n_posts: Option<i64> as Count,
        /// Posts whose reach, and likes, replies or shares are told.
        n_told: Option<i64> as Count,
        /// (Likes + 2 × replies + 3 × shares) ÷ reach of those; null without reach.
        engagement_rate: Option<f64> as Number,
        /// The same, shrunk to that of all platforms.
        shrunk_engagement_rate: Option<f64> as Number,
        /// Place by it, from 1.
        rank: Option<i64> as Number,
        /// Why it is null: `no_social_feed`, `no_reach` or `not_told_by_feed`; else null.
        reason: Option<String> as Code,
    }

    /// What it is worth to win one party that posts over as an advocate.
    advocacy_return v 1 key(customer_id) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// People reached by what it says of the shop: reach × participation; null when the reach is
        /// not told.
        expected_reach: Option<f64> as Number in Behaviour,
        /// Place by it, from 1; null with it.
        rank: Option<i64> as Number in Behaviour,
        /// Margin they bring: × conversions per person reached × margin of one; null without these
        /// assumptions of the project.
        expected_margin: Option<f64> as Money in Behaviour,
        /// Margin ÷ cost of winning one party over; null as before, or when that cost is 0.
        return_on_cost: Option<f64> as Number in Behaviour,
        /// Why a figure is null: `no_reach` or `no_assumptions`; else null.
        reason: Option<String> as Code in Behaviour,
    }
}

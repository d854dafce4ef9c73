//! Tables of the price watch: what became dearer, who had bought it, and what they did since.

use crate::table::tables;

tables! {
    /// Products with priced lines in the last 90 days and in the 90 days before.
    price_move v 1 key(product_ref) transient {
        /// Product code.
        product_ref: String as Id,
        /// Lines of the 90 days before.
        n_prior: i64 as Count,
        /// Lines of the last 90 days.
        n_last: i64 as Count,
        /// Sum of ln price of the lines before, in ten-thousandths.
        prior_sum: i64 as Number,
        /// The same of the last 90 days.
        last_sum: i64 as Number,
    }

    /// One customer who bought in the 90 days before the last 90.
    price_customer v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Net money of the last 90 days.
        last_90_days_amount: Amount as Money in Behaviour,
        /// Net money of the 90 days before.
        prior_90_days_amount: Amount as Money in Behaviour,
        /// Days since the last purchase.
        days_since_last: Option<i64> as Days in Behaviour,
        /// Elasticity of the customer's demand; null when it is not estimable.
        price_elasticity: Option<f64> as Number in Behaviour,
    }

    /// Products one customer bought in the 90 days before the last 90 that are dearer since.
    price_exposure v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Products that became dearer.
        n_products: i64 as Count in Behaviour,
    }

    /// Products whose mean price of the last 90 days is at least 5 % above that of the 90 days before.
    price_rise v 1 key(product_ref) {
        /// Product code.
        product_ref: String as Id,
        /// Lines of the 90 days before.
        n_prior: i64 as Count,
        /// Lines of the last 90 days.
        n_last: i64 as Count,
        /// Geometric mean price after ÷ before − 1.
        rise: f64 as Share,
    }

    /// Customers who bought what became dearer, in the 90 days before it did.
    price_exposed_customer v 1 key(customer_id) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Products that became dearer.
        n_products: i64 as Count in Behaviour,
        /// Elasticity of the customer's demand; null when it is not estimable.
        price_elasticity: Option<f64> as Number in Behaviour,
        /// Whether it is below −1: demand falls by more than the price rises; null with it.
        is_sensitive: Option<bool> as Flag in Behaviour,
    }

    /// What customers who met higher prices did differently from those who did not.
    price_watch v 1 key(outcome) {
        /// `net_amount`, net money of the last 90 days less that of the 90 days before, a customer; or
        /// `bought_share`, share who bought in the last 90 days.
        outcome: String as Code,
        /// Customers who bought what became dearer.
        n_exposed: i64 as Count,
        /// Other customers of those 90 days before.
        n_unexposed: i64 as Count,
        /// Mean of the first; null without any.
        exposed_mean: Option<f64> as Number,
        /// Mean of the others; null without any.
        unexposed_mean: Option<f64> as Number,
        /// Difference in differences: the first less the second.
        difference: Option<f64> as Number,
        /// Lower end of its 95 % interval (Welch 1947).
        lower: Option<f64> as Number,
        /// Upper end.
        upper: Option<f64> as Number,
        /// Why there is none: `no_line_prices`, `no_rise`, `few_customers` or `no_variation`.
        reason: Option<String> as Code,
    }
}

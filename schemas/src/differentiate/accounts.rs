//! Tables of business accounts: what the people who buy for one firm are worth together.

use crate::table::tables;

tables! {
    /// One customer who belongs to an account.
    account_member v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// The account its records name.
        account_id: String as Id in Pseudonym,
        /// Baskets with a sale.
        n_baskets: i64 as Count in Behaviour,
        /// Lines of sales.
        n_lines: i64 as Count in Behaviour,
        /// Money of sales.
        sale_amount: Amount as Money in Behaviour,
        /// Money that went back, negative.
        return_amount: Amount as Money in Behaviour,
        /// Sales and returns together.
        net_amount: Amount as Money in Behaviour,
        /// Distinct days with a sale.
        purchase_days: i64 as Count in Behaviour,
        /// Expected purchase days within the horizon.
        expected_purchases: Option<f64> as Count in Behaviour,
        /// Customer lifetime value.
        clv: Option<f64> as Money in Behaviour,
    }

    /// One day on which an account bought or brought something back.
    account_day v 1 key(account_id, day) transient {
        /// The account.
        account_id: String as Id in Pseudonym,
        /// The day.
        day: Date as Day in Behaviour,
        /// Net money of the day, in minor units.
        cents: i64 as Count in Behaviour,
        /// Baskets with a sale on that day.
        baskets: i64 as Count in Behaviour,
    }

    /// What the customers of one business account did and are worth, taken together. Accounts stand beside
    /// persons: a customer is counted as itself in every other table.
    account v 1 key(account_id) {
        /// The account, as the feeds name it.
        account_id: String as Id in Pseudonym,
        /// Customers and prospects who belong to it.
        n_customers: i64 as Count in Behaviour,
        /// Those of them with a purchase.
        n_buyers: i64 as Count in Behaviour,
        /// The customer with most net money, the smallest id of several; null without purchases.
        lead_customer_id: Option<i64> as Id in Pseudonym,
        /// Its share of the net money of members whose net money is above 0; null without such money.
        lead_share: Option<f64> as Share in Behaviour,
        /// First purchase day of any member; null without purchases.
        first_purchase_on: Option<Date> as Day in Behaviour,
        /// Last purchase day of any member.
        last_purchase_on: Option<Date> as Day in Behaviour,
        /// Days from the last purchase to the logical date (recency of RFM practice).
        days_since_last: Option<i64> as Days in Behaviour,
        /// Days from the first to the last purchase (`t_x` in the BTYD papers).
        recency_days: Option<i64> as Days in Behaviour,
        /// Days from the first purchase to the logical date (T in the BTYD papers).
        t_days: Option<i64> as Days in Behaviour,
        /// Repeat purchase days: distinct days of any member minus one.
        frequency: Option<i64> as Count in Behaviour,
        /// Distinct days with a sale of any member; two members on one day count once.
        purchase_days: i64 as Count in Behaviour,
        /// Baskets with a sale.
        n_baskets: i64 as Count in Behaviour,
        /// Lines of sales.
        n_lines: i64 as Count in Behaviour,
        /// Money of sales.
        sale_amount: Amount as Money in Behaviour,
        /// Money that went back, negative.
        return_amount: Amount as Money in Behaviour,
        /// Sales and returns together; adjustments are left out.
        net_amount: Amount as Money in Behaviour,
        /// Mean net money of a repeat purchase day; null when `frequency` is 0 or null.
        monetary_value: Option<f64> as Money in Behaviour,
        /// Money of sales by basket; null without baskets.
        mean_basket: Option<f64> as Money in Behaviour,
        /// Expected purchase days of its members within the horizon, added up; null when none is known.
        expected_purchases: Option<f64> as Count in Behaviour,
        /// Customer lifetime value of its members, added up; null when none is known.
        clv: Option<f64> as Money in Behaviour,
        /// Recency score among accounts, from 1 to as a rule 5; null without purchases.
        r_score: Option<i64> as Score in Behaviour,
        /// Frequency score among accounts.
        f_score: Option<i64> as Score in Behaviour,
        /// Monetary score among accounts.
        m_score: Option<i64> as Score in Behaviour,
        /// Named RFM segment among accounts, by the rules of `rfm`.
        rfm_segment: Option<String> as Code in Behaviour,
    }
}

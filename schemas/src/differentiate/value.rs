//! Tables of customer value over time: what a party is expected to buy, and how far to trust that.

use crate::table::tables;

tables! {
    /// The purchase history of one party, as models of value over time take it.
    customer_value_input v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Repeat purchase days (x); null without purchases.
        frequency: Option<i64> as Count in Behaviour,
        /// Days from the first to the last purchase (`t_x`).
        recency_days: Option<i64> as Days in Behaviour,
        /// Days from the first purchase to the logical date (T).
        t_days: Option<i64> as Days in Behaviour,
        /// Mean net money of a repeat purchase day; null when `frequency` is 0 or null.
        monetary_value: Option<f64> as Money in Behaviour,
    }

    /// What one customer or prospect is expected to buy.
    customer_value v 1 key(customer_id) {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Probability that the customer is still active at the logical date. A BG/NBD gives 1 to
        /// everybody who bought once: not a churn score. Null without purchases or model, as all
        /// that follow.
        p_alive: Option<f64> as Probability in Behaviour,
        /// Probability of at least one purchase within `value_model.horizon_days`.
        p_any_purchase: Option<f64> as Probability in Behaviour,
        /// 1 − `p_any_purchase`: the probability to buy nothing within the horizon. Not 1 −
        /// `p_alive`, which cannot be observed, and by a BG/NBD is 0 for everybody who bought once,
        /// the very customers who stay away most.
        churn_risk: Option<f64> as Probability in Behaviour,
        /// Expected purchase days within the horizon.
        expected_purchases: Option<f64> as Count in Behaviour,
        /// Expected net money of a purchase day; null also where no spend can be told.
        expected_spend: Option<f64> as Money in Behaviour,
        /// Expected net money of the purchases of the next `clv_months` months, discounted. An
        /// estimate of revenue, not of margin; null also where no spend can be told.
        clv: Option<f64> as Money in Behaviour,
        /// Customers with this `clv` or a higher one: 1 is the most valuable; equals share the
        /// worst rank among them.
        clv_rank: Option<i64> as Number in Behaviour,
        /// Share of the other customers with a lower `clv`, 0 to 1; a customer alone has 0.
        clv_percentile: Option<f64> as Share in Behaviour,
        /// By `clv_rank` among all customers with a `clv`: `platinum` to 1 %, `gold` to 5 %,
        /// `silver` to 10 %, `bronze` to 25 %, `medium` to 50 %, else `low`. Equals are in one tier,
        /// the lower one.
        value_tier: Option<String> as Code in Behaviour,
        /// Why columns are null: `no_purchases`, `no_model` (none could be fitted) or `no_spend` (no
        /// money to tell a spend from); null where none is.
        value_reason: Option<String> as Code in Behaviour,
    }

    /// One model of purchases, or that of spend: what it rests on and how its forecast fared.
    value_model v 1 key(model) {
        /// `bg_nbd`, `mbg_nbd`, `pareto_nbd`; `gamma_gamma` is of spend.
        model: String as Code,
        /// Whether `customer_value` was made with it.
        is_chosen: bool as Flag,
        /// Why it was chosen: `setting`, `holdout` (best log score), `kept` (last night's, whose log
        /// score is less than 0.005 below the best), `bought_once` (more than half
        /// did, and no holdout could tell), `usual` (no holdout could tell), `only_fit` (another
        /// would have been, but has no fit), `spend`; null when not chosen.
        choice: Option<String> as Code,
        /// What the estimate rests on: `maximum_likelihood`, `weak_prior` (the data and a weak
        /// prior), `strong_prior` (hardly more than the prior), `mean_spend` (the mean of all
        /// purchase days, for want of a model of spend); null without an estimate: a Pareto/NBD that is
        /// not chosen is not fitted to the whole history.
        basis: Option<String> as Code,
        /// Why the data alone did not decide, or why there is no estimate; null when they did.
        reason: Option<String> as Text,
        /// Customers it was fitted to.
        n_customers: i64 as Count,
        /// Distinct purchase histories among them; customers for a model of spend.
        n_cells: i64 as Count,
        /// Log-likelihood of all customers, in the time unit; null without an estimate.
        log_likelihood: Option<f64> as Number,
        /// Newton steps of the search; null without one.
        n_iterations: Option<i64> as Count,
        /// Days in the time unit of the parameters.
        time_unit_days: f64 as Days,
        /// Days of the horizon of `customer_value`.
        horizon_days: i64 as Days,
        /// Pearson's correlation of frequency and mean spend, which a model of spend takes for 0; null
        /// for others or where either does not vary.
        spend_correlation: Option<f64> as Number,
        /// Last day of the calibration; null without a holdout, as all that follow but the last.
        calibration_end: Option<Date> as Day,
        /// Days of the holdout, which end on the logical date.
        holdout_days: Option<i64> as Days,
        /// Customers who first bought in the calibration.
        holdout_customers: Option<i64> as Count,
        /// Mean log density a customer that was foretold for the purchase times of the holdout; higher
        /// is better, and only models of one night compare.
        log_score: Option<f64> as Number,
        /// Purchase days foretold for the holdout.
        holdout_expected: Option<f64> as Count,
        /// Purchase days that came.
        holdout_actual: Option<f64> as Count,
        /// Mean absolute error of purchase days a customer.
        mean_absolute_error: Option<f64> as Count,
        /// Root of the mean squared error of purchase days a customer.
        root_mean_squared_error: Option<f64> as Count,
        /// Chance that who bought was ranked above who did not, by the probability of any purchase;
        /// null also when all bought or none.
        auc: Option<f64> as Share,
        /// Mean squared error of the probability of any purchase.
        brier_score: Option<f64> as Number,
        /// The Brier score of who foretells everybody the same, right share.
        brier_score_of_base_rate: Option<f64> as Number,
        /// Why there was no forecast of a holdout; null when there was, and for a model of spend.
        holdout_reason: Option<String> as Text,
    }

    /// One estimated parameter of one model, fitted to the whole history.
    value_parameter v 1 key(model, parameter) {
        /// Model, as in `value_model`.
        model: String as Code,
        /// Its name in the literature: `r`, `alpha`, `a`, `b`, `s`, `beta`, `p`, `q`, `v`; `mean` for
        /// the mean spend.
        parameter: String as Code,
        /// Estimate; `alpha` and `beta` in `value_model.time_unit_days`, `v` and `mean` in money.
        estimate: f64 as Number,
        /// Standard error; with a prior, that of the posterior. Null when the data do not identify it.
        standard_error: Option<f64> as Number,
    }

    /// Cumulative repeat purchases up to the end of one week, actual and expected.
    ///
    /// Of customers who first bought in the calibration, by the chosen model fitted to it.
    value_forecast v 1 key(week) {
        /// Number of the week, from 1.
        week: i64 as Number,
        /// Its last day; the last week may be shorter than seven days.
        week_end: Date as Day,
        /// `calibration`, or `holdout` for weeks that the model had not seen.
        period: String as Code,
        /// Repeat purchase days up to then.
        actual: i64 as Count,
        /// Those the model expected.
        expected: f64 as Count,
    }

    /// One tenth of the customers by their probability to buy in the holdout: foretold and come.
    value_calibration v 1 key(decile) {
        /// 1 is the tenth of the lowest probabilities, 10 of the highest.
        decile: i64 as Number,
        /// Customers; equal probabilities stay together, so a tenth may have more or none.
        n_customers: i64 as Count,
        /// Mean probability that the chosen model foretold; null without customers.
        mean_predicted: Option<f64> as Probability,
        /// Share who bought; null without customers.
        actual_share: Option<f64> as Share,
    }

    /// Customers of one tier of value, together.
    value_tier v 1 key(tier_rank) {
        /// 1 is the highest tier, 6 the lowest.
        tier_rank: i64 as Number,
        /// `platinum`, `gold`, `silver`, `bronze`, `medium` or `low`.
        value_tier: String as Code,
        /// Customers in it.
        n_customers: i64 as Count,
        /// Their share of the customers with a `clv`.
        customer_share: f64 as Share,
        /// Sum of their `clv`.
        clv: f64 as Money,
        /// Its share of all `clv`.
        clv_share: f64 as Share,
        /// Their expected purchase days within the horizon, together.
        expected_purchases: f64 as Count,
        /// Their expected net money within the horizon, not discounted.
        expected_revenue: f64 as Money,
        /// Those more likely than not to buy nothing within the horizon: `churn_risk` above one half.
        n_at_risk: i64 as Count,
        /// Mean `churn_risk`; null without customers.
        mean_churn_risk: Option<f64> as Probability,
    }
}

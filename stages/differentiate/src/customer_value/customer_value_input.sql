-- Every party with its purchase history, so that those without purchases are kept.
SELECT customer_id, frequency, recency_days, t_days, monetary_value FROM customer_feature

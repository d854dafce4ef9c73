-- Every customer who bought in the 90 days before the last 90.
SELECT
    f.customer_id AS customer_id,
    f.last_90_days_amount AS last_90_days_amount,
    f.prior_90_days_amount AS prior_90_days_amount,
    f.days_since_last AS days_since_last,
    a.price_elasticity AS price_elasticity
FROM customer_feature AS f
JOIN customer_advocacy AS a ON a.customer_id = f.customer_id
WHERE f.prior_90_days_purchase_days > 0

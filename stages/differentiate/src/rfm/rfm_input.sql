-- Every customer with a purchase.
SELECT customer_id, days_since_last, purchase_days, n_baskets, sale_amount, net_amount
FROM customer_feature
WHERE days_since_last IS NOT NULL

-- Every party with how much it bought, and at which discount.
SELECT customer_id, purchase_days, n_baskets, discount_share FROM customer_feature

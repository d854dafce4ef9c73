-- One row a customer with a sale.
SELECT s.value_segment_id, f.net_amount, f.interpurchase_median_days
FROM customer_feature f
JOIN customer_segment s ON s.customer_id = f.customer_id
WHERE f.party_type = 'customer'

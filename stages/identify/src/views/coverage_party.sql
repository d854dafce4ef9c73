-- What is known of each customer from its records and sales.
SELECT
    customer_id,
    party_type = 'customer' AS is_buyer,
    email IS NOT NULL OR phone IS NOT NULL AS is_reachable,
    loyalty_id IS NOT NULL AS is_member,
    n_records
FROM golden_customer

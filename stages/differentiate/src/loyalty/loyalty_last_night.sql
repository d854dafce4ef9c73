-- Where each party stood last night.
SELECT
    customer_id,
    loyalty_level_number,
    loyalty_level_since_on,
    lifecycle_state,
    lifecycle_since_on
FROM last_customer_loyalty

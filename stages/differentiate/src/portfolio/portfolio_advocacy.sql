SELECT
    customer_id,
    n_mentions,
    is_ambassador,
    has_address,
    has_consent
FROM customer_advocacy

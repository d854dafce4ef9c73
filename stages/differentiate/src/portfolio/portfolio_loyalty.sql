SELECT
    customer_id,
    loyalty_level_number,
    last_loyalty_level_number,
    mutual_loyalty,
    is_recurrent,
    lifecycle_state,
    last_lifecycle_state,
    first_campaign_on,
    first_response_days
FROM customer_loyalty

-- Every party with what the portfolio is made from.
SELECT
    f.customer_id AS customer_id,
    f.purchase_days AS purchase_days,
    f.net_amount AS net_amount,
    f.last_90_days_amount AS last_90_days_amount,
    f.prior_90_days_amount AS prior_90_days_amount,
    f.campaign_contacts AS campaign_contacts,
    f.contacts_out AS contacts_out,
    s.value_segment_id AS value_segment_id,
    s.need_segment_id AS need_segment_id,
    s.rfm_segment AS rfm_segment,
    l.loyalty_level_number AS loyalty_level_number,
    l.last_loyalty_level_number AS last_loyalty_level_number,
    l.mutual_loyalty AS mutual_loyalty,
    l.is_recurrent AS is_recurrent,
    l.lifecycle_state AS lifecycle_state,
    l.last_lifecycle_state AS last_lifecycle_state,
    l.first_campaign_on AS first_campaign_on,
    l.first_response_days AS first_response_days,
    a.n_mentions AS n_mentions,
    a.is_ambassador AS is_ambassador,
    a.has_address AS has_address,
    a.has_consent AS has_consent
FROM customer_feature AS f
JOIN customer_segment AS s ON s.customer_id = f.customer_id
JOIN customer_loyalty AS l ON l.customer_id = f.customer_id
JOIN customer_advocacy AS a ON a.customer_id = f.customer_id

SELECT
    customer_id,
    purchase_days,
    net_amount,
    last_90_days_amount,
    prior_90_days_amount,
    campaign_contacts,
    contacts_out
FROM customer_feature

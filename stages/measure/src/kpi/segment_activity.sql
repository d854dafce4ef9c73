-- One row a value segment: counts and sums of its parties up to $as_of.
-- The 90 days end with $as_of, as those of `customer_feature` do.
SELECT
    s.value_segment_id,
    min(s.value_segment) AS value_segment,
    count(*) AS n_parties,
    count(*) FILTER (WHERE f.party_type = 'customer') AS n_customers,
    count(*) FILTER (WHERE f.days_since_last < 90) AS n_active,
    count(*) FILTER (WHERE f.prior_90_days_purchase_days > 0) AS n_prior_active,
    count(*) FILTER (WHERE f.prior_90_days_purchase_days > 0 AND f.days_since_last < 90) AS n_retained,
    count(*) FILTER (WHERE f.purchase_days >= 2) AS n_repeat,
    count(*) FILTER (WHERE f.first_purchase_on > CAST($as_of AS DATE) - INTERVAL '28' DAY) AS n_new,
    CAST(sum(f.purchase_days) AS BIGINT) AS n_purchase_days,
    CAST(sum(f.n_baskets) AS BIGINT) AS n_baskets,
    CAST(sum(f.sale_amount) AS DECIMAL(18, 2)) AS sale_amount,
    CAST(sum(f.return_amount) AS DECIMAL(18, 2)) AS return_amount,
    CAST(sum(f.net_amount) AS DECIMAL(18, 2)) AS net_amount,
    CAST(sum(f.last_90_days_amount) AS DECIMAL(18, 2)) AS last_90_days_amount,
    CAST(sum(f.prior_90_days_amount) AS DECIMAL(18, 2)) AS prior_90_days_amount,
    count(f.nps_score) AS n_nps,
    count(*) FILTER (WHERE f.nps_score >= 9) AS n_promoters,
    count(*) FILTER (WHERE f.nps_score <= 6) AS n_detractors,
    count(*) FILTER (WHERE c.decision = 'contact') AS n_contact,
    count(*) FILTER (WHERE c.decision = 'control') AS n_control,
    count(*) FILTER (WHERE c.decision = 'none') AS n_none,
    count(a.offer_id) AS n_offers,
    CAST(coalesce(sum(a.reserved_cost), 0) AS DECIMAL(18, 2)) AS reserved_cost,
    -- Decimals first: a sum of floats would depend on the order of the rows.
    CAST(coalesce(sum(CAST(a.expected_value AS DECIMAL(28, 6))), 0) AS DOUBLE) AS expected_value
FROM customer_segment s
JOIN customer_feature f ON f.customer_id = s.customer_id
LEFT JOIN contact_plan c ON c.customer_id = s.customer_id
LEFT JOIN (SELECT * FROM offer_assignment WHERE arm = 'contact') a ON a.customer_id = s.customer_id
GROUP BY s.value_segment_id

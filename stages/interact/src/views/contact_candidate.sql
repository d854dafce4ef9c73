-- One row for each party: whether the audience holds it, which addresses it has, what it is worth
-- and where it stands in its life with the shop.
WITH audience AS (
    SELECT
        customer_id,
        need_segment,
        purchase_days,
        first_seen_on,
        days_since_last,
        interpurchase_median_days,
        days_since_interaction,
        net_amount,
        ({audience}) AS is_member
    FROM customer
)
SELECT
    g.customer_id,
    coalesce(a.is_member, false) AS in_audience,
    coalesce(g.email, '') <> '' AS has_email,
    coalesce(g.phone, '') <> '' AS has_phone,
    coalesce(g.street, '') <> ''
        AND (coalesce(g.postal_code, '') <> '' OR coalesce(g.city, '') <> '') AS has_postal,
    coalesce(g.handle, '') <> '' AS has_handle,
    lower(trim(g.preferred_channel)) AS preferred_channel,
    coalesce(a.net_amount, CAST(0 AS DECIMAL(18, 2))) AS net_amount,
    coalesce(a.need_segment, '') AS need_segment,
    CAST(coalesce(a.purchase_days, 0) AS BIGINT) AS purchase_days,
    CAST(CAST($as_of AS DATE) - a.first_seen_on AS BIGINT) AS days_since_first_seen,
    a.days_since_last,
    a.interpurchase_median_days,
    a.days_since_interaction
FROM golden_customer AS g
LEFT JOIN audience AS a ON a.customer_id = g.customer_id

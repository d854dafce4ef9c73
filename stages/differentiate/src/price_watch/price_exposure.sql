-- How many products that became dearer by 5 % (ln 1.05 = 0.0488) each customer had bought before. Products
-- with fewer than five lines on either side have no price to speak of.
WITH priced AS (
{price_line}
),
moved AS (
    SELECT
        product_ref,
        count(*) FILTER (WHERE NOT is_last) AS n_prior,
        count(*) FILTER (WHERE is_last) AS n_last,
        coalesce(sum(x) FILTER (WHERE NOT is_last), 0) AS prior_sum,
        coalesce(sum(x) FILTER (WHERE is_last), 0) AS last_sum
    FROM priced
    GROUP BY product_ref
),
risen AS (
    SELECT product_ref
    FROM moved
    WHERE n_prior >= 5
        AND n_last >= 5
        AND last_sum * n_prior - prior_sum * n_last >= 488 * n_prior * n_last
)
SELECT
    m.customer_id AS customer_id,
    CAST(count(DISTINCT p.product_ref) AS BIGINT) AS n_products
FROM priced AS p
JOIN risen AS r ON r.product_ref = p.product_ref
JOIN identity_map AS m ON m.party_ref = p.party_ref
WHERE NOT p.is_last
GROUP BY m.customer_id

-- Log prices of each product in the last 90 days and in the 90 days before, in ten-thousandths: whole
-- numbers, for sums of floats have no fixed order.
WITH priced AS (
    SELECT
        product_ref,
        business_date > CAST($as_of AS DATE) - INTERVAL '90' DAY AS is_last,
        CAST(round(
            ln(CAST(amount AS DOUBLE) / CAST(quantity AS DOUBLE)) * CAST(10000 AS DOUBLE)
        ) AS BIGINT) AS x
    FROM transaction
    WHERE quantity > 0
        AND product_ref IS NOT NULL
        AND amount > 0
        AND line_type = 'sale'
        AND business_date <= $as_of
        AND business_date > CAST($as_of AS DATE) - INTERVAL '180' DAY
)
SELECT
    product_ref,
    CAST(count(*) FILTER (WHERE NOT is_last) AS BIGINT) AS n_prior,
    CAST(count(*) FILTER (WHERE is_last) AS BIGINT) AS n_last,
    CAST(coalesce(sum(x) FILTER (WHERE NOT is_last), 0) AS BIGINT) AS prior_sum,
    CAST(coalesce(sum(x) FILTER (WHERE is_last), 0) AS BIGINT) AS last_sum
FROM priced
GROUP BY product_ref

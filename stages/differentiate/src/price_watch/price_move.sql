-- Log prices of each product in the last 90 days and in the 90 days before, in ten-thousandths.
WITH priced AS (
{price_line}
)
SELECT
    product_ref,
    CAST(count(*) FILTER (WHERE NOT is_last) AS BIGINT) AS n_prior,
    CAST(count(*) FILTER (WHERE is_last) AS BIGINT) AS n_last,
    CAST(coalesce(sum(x) FILTER (WHERE NOT is_last), 0) AS BIGINT) AS prior_sum,
    CAST(coalesce(sum(x) FILTER (WHERE is_last), 0) AS BIGINT) AS last_sum
FROM priced
GROUP BY product_ref

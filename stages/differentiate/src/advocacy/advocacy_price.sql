-- Sums of log price and log quantity of each customer, both relative to the mean of the product.
WITH priced AS (
    SELECT party_ref, product_ref, log_price AS x, log_quantity AS y
    FROM (
{priced_line}
    ) AS line
),
usual AS (
    SELECT
        product_ref,
        CAST(round(CAST(sum(x) AS DOUBLE) / CAST(count(*) AS DOUBLE)) AS BIGINT) AS mean_x,
        CAST(round(CAST(sum(y) AS DOUBLE) / CAST(count(*) AS DOUBLE)) AS BIGINT) AS mean_y
    FROM priced
    GROUP BY product_ref
),
deviation AS (
    SELECT
        m.customer_id AS customer_id,
        p.product_ref AS product_ref,
        p.x - u.mean_x AS x,
        p.y - u.mean_y AS y
    FROM priced AS p
    JOIN usual AS u ON u.product_ref = p.product_ref
    JOIN identity_map AS m ON m.party_ref = p.party_ref
)
SELECT
    customer_id,
    CAST(count(*) AS BIGINT) AS n_lines,
    CAST(count(DISTINCT product_ref) AS BIGINT) AS n_products,
    CAST(sum(x) AS BIGINT) AS sum_x,
    CAST(sum(y) AS BIGINT) AS sum_y,
    CAST(sum(x * x) AS BIGINT) AS sum_xx,
    CAST(sum(x * y) AS BIGINT) AS sum_xy,
    CAST(sum(y * y) AS BIGINT) AS sum_yy
FROM deviation
GROUP BY customer_id

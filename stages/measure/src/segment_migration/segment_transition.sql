-- Parties by their segments of both nights, on every axis at once: one pass serves all three.
WITH tonight AS (
    SELECT s.customer_id, s.value_segment, s.need_segment, s.rfm_segment, f.net_amount
    FROM customer_segment s
    JOIN customer_feature f ON f.customer_id = s.customer_id
),
last_night AS (
    SELECT s.customer_id, s.value_segment, s.need_segment, s.rfm_segment, f.net_amount
    FROM last_customer_segment s
    JOIN last_customer_feature f ON f.customer_id = s.customer_id
),
pair AS (
    SELECT
        coalesce(b.value_segment, '(new)') AS from_value_segment,
        coalesce(n.value_segment, '(gone)') AS to_value_segment,
        coalesce(b.need_segment, '(new)') AS from_need_segment,
        coalesce(n.need_segment, '(gone)') AS to_need_segment,
        coalesce(b.rfm_segment, '(new)') AS from_rfm_segment,
        coalesce(n.rfm_segment, '(gone)') AS to_rfm_segment,
        coalesce(n.net_amount, b.net_amount) AS net_amount
    FROM tonight n
    FULL OUTER JOIN last_night b ON b.customer_id = n.customer_id
)
SELECT
    from_value_segment,
    to_value_segment,
    from_need_segment,
    to_need_segment,
    from_rfm_segment,
    to_rfm_segment,
    count(*) AS n_customers,
    CAST(sum(net_amount) AS DECIMAL(18, 2)) AS net_amount
FROM pair
GROUP BY
    from_value_segment,
    to_value_segment,
    from_need_segment,
    to_need_segment,
    from_rfm_segment,
    to_rfm_segment

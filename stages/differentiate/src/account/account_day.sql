-- The days of each account: those of all its members, a day of several members once.
SELECT
    g.account_id AS account_id,
    d.day AS day,
    CAST(sum(d.cents) AS BIGINT) AS cents,
    CAST(sum(d.baskets) AS BIGINT) AS baskets
FROM golden_customer AS g
JOIN customer_day AS d ON d.customer_id = g.customer_id
WHERE g.account_id IS NOT NULL
GROUP BY g.account_id, d.day

-- How much each customer posts on each platform, decayed, in millionths of a post.
SELECT
    m.customer_id AS customer_id,
    p.platform AS platform,
    CAST(sum(CAST(round(
        CAST(1000000 AS DOUBLE) * exp(
            CAST({minus_decay} AS DOUBLE)
            * CAST(CAST(CAST($as_of AS DATE) - p.posted_on AS BIGINT) AS DOUBLE)
        )
    ) AS BIGINT)) AS BIGINT) AS micros
FROM social_post AS p
JOIN identity_map AS m ON m.party_ref = p.party_ref
WHERE p.posted_on <= $as_of
GROUP BY m.customer_id, p.platform

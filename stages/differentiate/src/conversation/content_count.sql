-- Posts of the last 365 days by platform, with the reach and the answers of those that tell both.
WITH post AS (
    SELECT
        platform,
        reach,
        coalesce(likes, 0) + 2 * coalesce(replies, 0) + 3 * coalesce(shares, 0) AS answers,
        reach > 0 AND (likes IS NOT NULL OR replies IS NOT NULL OR shares IS NOT NULL) AS is_told
    FROM social_post
    WHERE posted_on <= $as_of
        AND posted_on > CAST($as_of AS DATE) - INTERVAL '365' DAY
)
SELECT
    platform,
    CAST(count(*) AS BIGINT) AS n_posts,
    CAST(count(*) FILTER (WHERE is_told) AS BIGINT) AS n_told,
    CAST(coalesce(sum(answers) FILTER (WHERE is_told), 0) AS BIGINT) AS weighted_answers,
    CAST(coalesce(sum(reach) FILTER (WHERE is_told), 0) AS BIGINT) AS reach
FROM post
GROUP BY platform

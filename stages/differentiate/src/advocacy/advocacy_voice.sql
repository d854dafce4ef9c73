-- What each customer that a feed names says and answers. Decayed weights are added in millionths and
-- sentiments in thousandths, for sums of floats have no fixed order.
WITH event AS (
    SELECT party_ref, posted_on AS acted_on, 'post' AS kind FROM social_post
    UNION ALL
    SELECT party_ref, occurred_on AS acted_on, 'in' AS kind FROM interaction WHERE direction = 'in'
    UNION ALL
    SELECT party_ref, responded_on AS acted_on, 'response' AS kind FROM response
    UNION ALL
    SELECT party_ref, answered_on AS acted_on, 'survey' AS kind FROM survey
),
act AS (
    SELECT
        m.customer_id AS customer_id,
        e.kind AS kind,
        CAST(round(
            CAST(1000000 AS DOUBLE)
            * CASE e.kind
                WHEN 'post' THEN CAST({post} AS DOUBLE)
                WHEN 'in' THEN CAST({interaction_in} AS DOUBLE)
                WHEN 'response' THEN CAST({response} AS DOUBLE)
                ELSE CAST({survey} AS DOUBLE)
            END
            * exp(
                CAST({minus_decay} AS DOUBLE)
                * CAST(CAST(CAST($as_of AS DATE) - e.acted_on AS BIGINT) AS DOUBLE)
            )
        ) AS BIGINT) AS micros
    FROM event AS e
    JOIN identity_map AS m ON m.party_ref = e.party_ref
    WHERE e.acted_on <= $as_of
),
score AS (
    SELECT
        customer_id,
        sum(micros) AS engagement_micros,
        sum(micros) FILTER (WHERE kind = 'post') AS conversation_micros,
        sum(micros) FILTER (WHERE kind <> 'post') AS interaction_micros
    FROM act
    GROUP BY customer_id
),
post AS (
    SELECT
        m.customer_id AS customer_id,
        count(*) AS n_posts,
        count(*) FILTER (WHERE p.mentions_brand) AS n_mentions,
        count(p.mentions_brand) AS n_mentions_told,
        sum(CASE
            WHEN p.sentiment BETWEEN CAST(-1 AS DOUBLE) AND CAST(1 AS DOUBLE)
                THEN CAST(round(p.sentiment * CAST(1000 AS DOUBLE)) AS BIGINT)
            ELSE 0
        END) AS sentiment_millis,
        count(*) FILTER (
            WHERE p.sentiment BETWEEN CAST(-1 AS DOUBLE) AND CAST(1 AS DOUBLE)
        ) AS n_rated,
        count(*) FILTER (
            WHERE p.sentiment > CAST({neutral_band} AS DOUBLE)
                AND p.sentiment <= CAST(1 AS DOUBLE)
        ) AS n_positive,
        count(*) FILTER (
            WHERE p.sentiment < CAST({minus_neutral_band} AS DOUBLE)
                AND p.sentiment >= CAST(-1 AS DOUBLE)
        ) AS n_negative,
        sum(p.reach) AS reach,
        count(DISTINCT CAST(CAST($as_of AS DATE) - p.posted_on AS BIGINT) / 7) AS active_weeks
    FROM social_post AS p
    JOIN identity_map AS m ON m.party_ref = p.party_ref
    WHERE p.posted_on <= $as_of
        AND p.posted_on > CAST($as_of AS DATE) - INTERVAL '{window_days}' DAY
    GROUP BY m.customer_id
)
SELECT
    s.customer_id AS customer_id,
    CAST(coalesce(s.engagement_micros, 0) AS BIGINT) AS engagement_micros,
    CAST(coalesce(s.conversation_micros, 0) AS BIGINT) AS conversation_micros,
    CAST(coalesce(s.interaction_micros, 0) AS BIGINT) AS interaction_micros,
    CAST(coalesce(p.n_posts, 0) AS BIGINT) AS n_posts,
    CAST(coalesce(p.n_mentions, 0) AS BIGINT) AS n_mentions,
    CAST(coalesce(p.n_mentions_told, 0) AS BIGINT) AS n_mentions_told,
    CAST(coalesce(p.sentiment_millis, 0) AS BIGINT) AS sentiment_millis,
    CAST(coalesce(p.n_rated, 0) AS BIGINT) AS n_rated,
    CAST(coalesce(p.n_positive, 0) AS BIGINT) AS n_positive,
    CAST(coalesce(p.n_negative, 0) AS BIGINT) AS n_negative,
    CAST(p.reach AS BIGINT) AS reach,
    CAST(coalesce(p.active_weeks, 0) AS BIGINT) AS active_weeks
FROM score AS s
LEFT JOIN post AS p ON p.customer_id = s.customer_id

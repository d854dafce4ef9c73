-- Acts of the last 53 weeks by kind, channel and week. An interaction counts when its direction is told.
WITH event AS (
    SELECT party_ref, posted_on AS acted_on, 'post' AS kind, platform AS channel FROM social_post
    UNION ALL
    SELECT
        party_ref,
        occurred_on AS acted_on,
        CASE WHEN direction = 'in' THEN 'interaction_in' ELSE 'interaction_out' END AS kind,
        coalesce(channel, '(none)') AS channel
    FROM interaction
    WHERE direction IN ('in', 'out')
    UNION ALL
    SELECT r.party_ref, r.responded_on AS acted_on, 'response' AS kind, r.kind AS channel
    FROM response AS r
    UNION ALL
    SELECT s.party_ref, s.answered_on AS acted_on, 'survey' AS kind, s.kind AS channel
    FROM survey AS s
),
act AS (
    SELECT
        e.kind AS kind,
        e.channel AS channel,
        CAST(CAST($as_of AS DATE) - e.acted_on AS BIGINT) / 7 AS weeks_ago,
        m.customer_id AS customer_id
    FROM event AS e
    JOIN identity_map AS m ON m.party_ref = e.party_ref
    WHERE e.acted_on <= $as_of
        AND e.acted_on > CAST($as_of AS DATE) - INTERVAL '371' DAY
)
SELECT
    kind,
    channel,
    weeks_ago,
    CAST(count(*) AS BIGINT) AS n_acts,
    CAST(count(DISTINCT customer_id) AS BIGINT) AS n_parties
FROM act
GROUP BY kind, channel, weeks_ago

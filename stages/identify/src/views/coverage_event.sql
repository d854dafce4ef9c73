-- What each customer said and did, and what was sent to it, by kind.
WITH event AS (
    SELECT
        party_ref,
        CASE WHEN lower(trim(kind)) = 'complaint' THEN 'complaint' ELSE 'interaction' END AS kind
    FROM interaction
    UNION ALL
    SELECT party_ref, 'survey' AS kind FROM survey
    UNION ALL
    SELECT party_ref, 'consent' AS kind FROM consent
    UNION ALL
    SELECT party_ref, 'suppression' AS kind FROM suppression
    UNION ALL
    SELECT party_ref, 'campaign' AS kind FROM campaign_contact
    UNION ALL
    SELECT party_ref, 'response' AS kind FROM response
    UNION ALL
    SELECT
        party_ref,
        CASE
            WHEN posted_on > CAST($as_of AS DATE) - INTERVAL '{window_days}' DAY THEN 'post'
            ELSE 'old_post'
        END AS kind
    FROM social_post
)
SELECT
    m.customer_id AS customer_id,
    count(*) FILTER (WHERE e.kind IN ('interaction', 'complaint')) AS n_interactions,
    count(*) FILTER (WHERE e.kind = 'complaint') AS n_complaints,
    count(*) FILTER (WHERE e.kind = 'survey') AS n_surveys,
    count(*) FILTER (WHERE e.kind = 'consent') AS n_consents,
    count(*) FILTER (WHERE e.kind = 'suppression') AS n_suppressions,
    count(*) FILTER (WHERE e.kind = 'campaign') AS n_campaigns,
    count(*) FILTER (WHERE e.kind = 'response') AS n_responses,
    count(*) FILTER (WHERE e.kind IN ('post', 'old_post')) AS n_posts,
    count(*) FILTER (WHERE e.kind = 'post') AS n_recent_posts
FROM event AS e
JOIN identity_map AS m ON m.party_ref = e.party_ref
GROUP BY m.customer_id

-- One row for each customer that a feed other than sales names. A member of a control group is named
-- but not met, so it counts as seen and not as contacted.
WITH event AS (
    SELECT
        party_ref,
        occurred_on AS met_on,
        CASE direction WHEN 'in' THEN 'in' WHEN 'out' THEN 'out' ELSE 'unknown' END AS kind
    FROM interaction
    UNION ALL
    SELECT
        party_ref,
        sent_on AS met_on,
        CASE arm WHEN 'control' THEN 'control' ELSE 'campaign' END AS kind
    FROM campaign_contact
    UNION ALL
    SELECT party_ref, responded_on AS met_on, 'response' AS kind FROM response
    UNION ALL
    SELECT party_ref, answered_on AS met_on, 'survey' AS kind FROM survey
    UNION ALL
    SELECT party_ref, posted_on AS met_on, 'post' AS kind FROM social_post
),
contact AS (
    SELECT
        m.customer_id AS customer_id,
        min(e.met_on) AS first_seen_on,
        min(e.met_on) FILTER (WHERE e.kind <> 'control') AS first_contact_on,
        max(e.met_on) FILTER (WHERE e.kind <> 'control') AS last_contact_on,
        count(*) FILTER (WHERE e.kind = 'in') AS contacts_in,
        count(*) FILTER (WHERE e.kind = 'out') AS contacts_out,
        count(*) FILTER (WHERE e.kind IN ('campaign', 'control')) AS campaigns,
        count(*) FILTER (WHERE e.kind = 'campaign') AS campaign_contacts,
        count(*) FILTER (WHERE e.kind = 'response') AS responses,
        count(*) FILTER (WHERE e.kind = 'post') AS social_posts
    FROM event AS e
    JOIN identity_map AS m ON m.party_ref = e.party_ref
    GROUP BY m.customer_id
),
answer AS (
    SELECT
        m.customer_id AS customer_id,
        s.score AS score,
        row_number() OVER (
            PARTITION BY m.customer_id
            ORDER BY s.answered_on DESC, s.score ASC
        ) AS place
    FROM survey AS s
    JOIN identity_map AS m ON m.party_ref = s.party_ref
    WHERE s.kind = 'nps' AND s.score BETWEEN 0 AND 10
)
SELECT
    c.customer_id AS customer_id,
    c.first_seen_on AS first_seen_on,
    c.first_contact_on AS first_contact_on,
    c.last_contact_on AS last_contact_on,
    c.contacts_in AS contacts_in,
    c.contacts_out AS contacts_out,
    c.campaigns AS campaigns,
    c.campaign_contacts AS campaign_contacts,
    c.responses AS responses,
    c.social_posts AS social_posts,
    a.score AS nps_score
FROM contact AS c
LEFT JOIN (SELECT customer_id, score FROM answer WHERE place = 1) AS a
    ON a.customer_id = c.customer_id

-- How each party answered the campaigns it got by each channel. A campaign counts once a party and
-- channel; an answer counts when it came on the day of the contact or later.
WITH contact AS (
    SELECT m.customer_id, c.campaign, lower(trim(c.channel)) AS channel, min(c.sent_on) AS sent_on
    FROM campaign_contact AS c
    JOIN identity_map AS m ON m.party_ref = c.party_ref
    WHERE c.arm = 'treatment' AND c.channel IS NOT NULL
    GROUP BY m.customer_id, c.campaign, lower(trim(c.channel))
),
answer AS (
    SELECT m.customer_id, r.campaign, max(r.responded_on) AS responded_on
    FROM response AS r
    JOIN identity_map AS m ON m.party_ref = r.party_ref
    WHERE r.campaign IS NOT NULL
    GROUP BY m.customer_id, r.campaign
)
SELECT
    c.customer_id,
    c.channel,
    count(*) AS n_contacts,
    count(*) FILTER (WHERE a.responded_on >= c.sent_on) AS n_responses
FROM contact AS c
LEFT JOIN answer AS a ON a.customer_id = c.customer_id AND a.campaign = c.campaign
GROUP BY c.customer_id, c.channel

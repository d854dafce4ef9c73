-- Contacts that still count against the caps: those that a feed tells, and our own plans of earlier
-- nights. A plan follows its party through merges and splits; after a split it counts for both.
WITH planned AS (
    SELECT customer_id, sent_on, channel, arm
    FROM last_contact_history
    UNION ALL
    SELECT l.customer_id, h.sent_on, h.channel, h.arm
    FROM last_contact_history AS h
    JOIN customer_lineage AS l ON l.old_customer_id = h.customer_id
),
contact AS (
    SELECT
        m.customer_id,
        c.sent_on,
        coalesce(lower(trim(c.channel)), 'unknown') AS channel,
        'treatment' AS arm
    FROM campaign_contact AS c
    JOIN identity_map AS m ON m.party_ref = c.party_ref
    WHERE c.arm = 'treatment'
    UNION ALL
    SELECT p.customer_id, p.sent_on, p.channel, p.arm
    FROM planned AS p
    JOIN golden_customer AS g ON g.customer_id = p.customer_id
)
SELECT customer_id, sent_on, channel, arm
FROM contact
WHERE sent_on > CAST($as_of AS DATE) - INTERVAL '{memory_days}' DAY
GROUP BY customer_id, sent_on, channel, arm

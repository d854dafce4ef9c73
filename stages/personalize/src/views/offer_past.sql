-- Offers that may not be made again yet: those that a feed tells, and our own of earlier nights.
-- Ours follow their party through merges and splits; after a split they count for both.
WITH planned AS (
    SELECT customer_id, offer_id, sent_on, arm
    FROM last_offer_history
    UNION ALL
    SELECT l.customer_id, h.offer_id, h.sent_on, h.arm
    FROM last_offer_history AS h
    JOIN customer_lineage AS l ON l.old_customer_id = h.customer_id
),
made AS (
    SELECT m.customer_id, c.offer_id, c.sent_on, 'treatment' AS arm
    FROM campaign_contact AS c
    JOIN identity_map AS m ON m.party_ref = c.party_ref
    WHERE c.arm = 'treatment' AND c.offer_id IS NOT NULL
    UNION ALL
    SELECT p.customer_id, p.offer_id, p.sent_on, p.arm
    FROM planned AS p
    JOIN golden_customer AS g ON g.customer_id = p.customer_id
)
SELECT customer_id, offer_id, sent_on, arm
FROM made
WHERE sent_on > CAST($as_of AS DATE) - INTERVAL '{repeat_days}' DAY
GROUP BY customer_id, offer_id, sent_on, arm

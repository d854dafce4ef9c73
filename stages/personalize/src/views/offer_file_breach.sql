-- Planned contacts that must not be made. The suppressions are read again from their feed: whatever
-- an earlier step made of them, this is the last word.
WITH planned AS (
    SELECT customer_id, channel
    FROM offer_assignment
    WHERE arm = 'contact'
),
closed AS (
    SELECT party_ref, lower(trim(party_ref)) AS reference, lower(trim(channel)) AS channel
    FROM (
        SELECT party_ref, channel, valid_from FROM suppression
        UNION ALL
        SELECT party_ref, channel, valid_from FROM erased_suppression
    ) AS stated
    WHERE valid_from <= $as_of
),
suppressed AS (
    SELECT m.customer_id, s.channel
    FROM closed AS s
    JOIN identity_map AS m ON m.party_ref = s.party_ref
    UNION ALL
    SELECT g.customer_id, s.channel
    FROM closed AS s
    JOIN golden_customer AS g ON concat('email:', lower(trim(g.email))) = s.reference
),
breach AS (
    SELECT p.customer_id, 'suppressed' AS breach
    FROM planned AS p
    JOIN suppressed AS s ON s.customer_id = p.customer_id
    WHERE s.channel = 'all' OR s.channel = p.channel
    UNION ALL
    SELECT p.customer_id, 'not_permitted' AS breach
    FROM planned AS p
    LEFT JOIN channel_permission AS c ON c.customer_id = p.customer_id AND c.channel = p.channel
    WHERE NOT coalesce(c.permitted, false)
)
SELECT customer_id, max(breach) AS breach
FROM breach
GROUP BY customer_id

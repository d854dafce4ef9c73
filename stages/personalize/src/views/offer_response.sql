-- How past contacts with each offer of tonight ended, by the value segment the party is in tonight.
-- A contact is one party, offer and campaign; it is redeemed by a redemption on its first day or
-- later that names the offer and the campaign, or only one of them.
WITH contact AS (
    SELECT m.customer_id, c.offer_id, c.campaign, min(c.sent_on) AS sent_on
    FROM campaign_contact AS c
    JOIN identity_map AS m ON m.party_ref = c.party_ref
    WHERE c.arm = 'treatment' AND c.offer_id IS NOT NULL
    GROUP BY m.customer_id, c.offer_id, c.campaign
),
redemption AS (
    SELECT m.customer_id, r.offer_id, r.campaign, max(r.responded_on) AS responded_on
    FROM response AS r
    JOIN identity_map AS m ON m.party_ref = r.party_ref
    WHERE r.kind = 'redemption'
    GROUP BY m.customer_id, r.offer_id, r.campaign
),
outcome AS (
    SELECT
        c.customer_id,
        c.offer_id,
        c.sent_on,
        greatest(
            coalesce(both_named.responded_on, DATE '0001-01-01'),
            coalesce(offer_named.responded_on, DATE '0001-01-01'),
            coalesce(campaign_named.responded_on, DATE '0001-01-01')
        ) AS responded_on
    FROM contact AS c
    LEFT JOIN redemption AS both_named
        ON both_named.customer_id = c.customer_id
        AND both_named.offer_id = c.offer_id
        AND both_named.campaign = c.campaign
    LEFT JOIN (
        SELECT customer_id, offer_id, responded_on FROM redemption WHERE campaign IS NULL
    ) AS offer_named
        ON offer_named.customer_id = c.customer_id AND offer_named.offer_id = c.offer_id
    LEFT JOIN (
        SELECT customer_id, campaign, responded_on FROM redemption WHERE offer_id IS NULL
    ) AS campaign_named
        ON campaign_named.customer_id = c.customer_id AND campaign_named.campaign = c.campaign
    WHERE c.sent_on <= CAST($as_of AS DATE) - INTERVAL '{maturity_days}' DAY
),
counted AS (
    SELECT
        o.offer_id,
        s.value_segment_id,
        count(*) AS n_contacts,
        count(*) FILTER (WHERE o.responded_on >= o.sent_on) AS n_responses
    FROM outcome AS o
    JOIN customer_segment AS s ON s.customer_id = o.customer_id
    GROUP BY o.offer_id, s.value_segment_id
),
value_segment AS (
    SELECT DISTINCT value_segment_id FROM customer_segment
)
SELECT
    o.offer_id,
    v.value_segment_id,
    coalesce(c.n_contacts, 0) AS n_contacts,
    coalesce(c.n_responses, 0) AS n_responses
FROM offer AS o
CROSS JOIN value_segment AS v
LEFT JOIN counted AS c ON c.offer_id = o.offer_id AND c.value_segment_id = v.value_segment_id

-- One row a campaign, arm and value segment: what its customers did in the days that count.
-- Records of one customer are merged first, so that nobody is counted twice.
WITH contact AS (
    SELECT
        c.campaign,
        m.customer_id,
        min(c.sent_on) AS sent_on,
        min(c.arm) AS first_arm,
        max(c.arm) AS last_arm
    FROM campaign_contact c
    JOIN identity_map m ON m.party_ref = c.party_ref
    GROUP BY c.campaign, m.customer_id
),
contact_offer AS (
    SELECT DISTINCT c.campaign, m.customer_id, c.offer_id
    FROM campaign_contact c
    JOIN identity_map m ON m.party_ref = c.party_ref
    WHERE c.offer_id IS NOT NULL
),
redemption AS (
    SELECT DISTINCT m.customer_id, r.campaign, r.offer_id, r.responded_on
    FROM response r
    JOIN identity_map m ON m.party_ref = r.party_ref
    WHERE r.kind = 'redemption'
),
-- A redemption that does not tell its campaign counts where its offer was made.
redeemed AS (
    SELECT k.campaign, k.customer_id
    FROM contact k
    JOIN redemption r ON r.customer_id = k.customer_id AND r.campaign = k.campaign
    WHERE r.responded_on >= k.sent_on
      AND r.responded_on < k.sent_on + INTERVAL '{outcome_window_days}' DAY
    UNION
    SELECT k.campaign, k.customer_id
    FROM contact k
    JOIN contact_offer o ON o.customer_id = k.customer_id AND o.campaign = k.campaign
    JOIN redemption r ON r.customer_id = k.customer_id AND r.offer_id = o.offer_id
    WHERE r.campaign IS NULL
      AND r.responded_on >= k.sent_on
      AND r.responded_on < k.sent_on + INTERVAL '{outcome_window_days}' DAY
),
-- Days first: a customer's lines meet each of their campaigns.
customer_day AS (
    SELECT
        m.customer_id,
        t.business_date,
        CAST(sum(t.amount) AS DECIMAL(18, 2)) AS amount,
        count(*) FILTER (WHERE t.line_type = 'sale') AS n_sales
    FROM transaction t
    JOIN identity_map m ON m.party_ref = t.party_ref
    WHERE t.line_type IN ('sale', 'return')
      AND t.business_date >= (SELECT min(sent_on) FROM campaign_contact)
    GROUP BY m.customer_id, t.business_date
),
purchase AS (
    SELECT
        k.campaign,
        k.customer_id,
        CAST(sum(d.amount) AS DECIMAL(18, 2)) AS spend,
        sum(d.n_sales) AS n_sales
    FROM contact k
    JOIN customer_day d ON d.customer_id = k.customer_id
    WHERE d.business_date >= k.sent_on
      AND d.business_date < k.sent_on + INTERVAL '{outcome_window_days}' DAY
    GROUP BY k.campaign, k.customer_id
),
outcome AS (
    SELECT
        k.campaign,
        CASE WHEN k.first_arm = k.last_arm THEN k.first_arm ELSE 'both' END AS arm,
        coalesce(s.value_segment_id, 0) AS value_segment_id,
        k.sent_on,
        r.customer_id IS NOT NULL AS redeemed,
        coalesce(p.n_sales, 0) > 0 AS bought,
        CAST(coalesce(p.spend, 0) AS DECIMAL(18, 2)) AS spend
    FROM contact k
    LEFT JOIN customer_segment s ON s.customer_id = k.customer_id
    LEFT JOIN redeemed r ON r.campaign = k.campaign AND r.customer_id = k.customer_id
    LEFT JOIN purchase p ON p.campaign = k.campaign AND p.customer_id = k.customer_id
)
SELECT
    o.campaign,
    o.arm,
    o.value_segment_id,
    count(*) AS n_customers,
    count(*) FILTER (WHERE o.redeemed) AS n_redeemed,
    count(*) FILTER (WHERE o.bought) AS n_buyers,
    CAST(sum(o.spend) AS DECIMAL(18, 2)) AS spend,
    -- Decimals until the end: a sum of floats would depend on the order of the rows.
    CAST(sum(o.spend * o.spend) AS DOUBLE) AS spend_squares,
    max(o.sent_on) AS last_sent_on,
    min(k.n) > 0 AS responses_known
FROM outcome o
CROSS JOIN (SELECT count(*) AS n FROM response) k
GROUP BY o.campaign, o.arm, o.value_segment_id

-- What both sides did towards each other, purchases aside: one row for each customer that a feed other
-- than sales names. Decayed weights are added in millionths, for sums of floats have no fixed order. A
-- member of a control group was not contacted.
WITH event AS (
    SELECT
        party_ref,
        occurred_on AS acted_on,
        CASE direction WHEN 'in' THEN 'in' WHEN 'out' THEN 'out' ELSE 'unknown' END AS kind
    FROM interaction
    UNION ALL
    SELECT party_ref, sent_on AS acted_on, 'campaign' AS kind
    FROM campaign_contact
    WHERE arm <> 'control'
    UNION ALL
    SELECT party_ref, responded_on AS acted_on, 'response' AS kind FROM response
    UNION ALL
    SELECT party_ref, answered_on AS acted_on, 'survey' AS kind FROM survey
    UNION ALL
    SELECT party_ref, posted_on AS acted_on, 'post' AS kind FROM social_post
),
act AS (
    SELECT
        m.customer_id AS customer_id,
        e.acted_on AS acted_on,
        e.kind AS kind,
        CASE
            WHEN e.kind IN ('campaign', 'out') THEN 'company'
            WHEN e.kind = 'unknown' THEN 'unknown'
            ELSE 'party'
        END AS side,
        CAST(round(
            CAST(1000000 AS DOUBLE)
            * CASE e.kind
                WHEN 'in' THEN CAST({interaction_in} AS DOUBLE)
                WHEN 'out' THEN CAST({interaction_out} AS DOUBLE)
                WHEN 'campaign' THEN CAST({campaign} AS DOUBLE)
                WHEN 'response' THEN CAST({response} AS DOUBLE)
                WHEN 'survey' THEN CAST({survey} AS DOUBLE)
                WHEN 'post' THEN CAST({post} AS DOUBLE)
                ELSE CAST(0 AS DOUBLE)
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
known AS (
    SELECT
        customer_id,
        sum(micros) FILTER (WHERE side = 'company') AS company_micros,
        min(acted_on) FILTER (WHERE side = 'company') AS company_first_on,
        max(acted_on) FILTER (WHERE side = 'company') AS company_last_on,
        sum(micros) FILTER (WHERE side = 'party') AS party_micros,
        min(acted_on) FILTER (WHERE side = 'party') AS party_first_on,
        max(acted_on) FILTER (WHERE side = 'party') AS party_last_on,
        min(acted_on) AS first_contact_on,
        min(acted_on) FILTER (WHERE kind = 'post') AS first_post_on,
        min(acted_on) FILTER (WHERE kind = 'campaign') AS first_campaign_on
    FROM act
    GROUP BY customer_id
),
answer AS (
    SELECT k.customer_id AS customer_id, min(a.acted_on) AS first_response_on
    FROM known AS k
    JOIN act AS a ON a.customer_id = k.customer_id
    WHERE a.kind = 'response' AND a.acted_on >= k.first_campaign_on
    GROUP BY k.customer_id
)
SELECT
    k.customer_id AS customer_id,
    CAST(coalesce(k.company_micros, 0) AS BIGINT) AS company_micros,
    k.company_first_on AS company_first_on,
    k.company_last_on AS company_last_on,
    CAST(coalesce(k.party_micros, 0) AS BIGINT) AS party_micros,
    k.party_first_on AS party_first_on,
    k.party_last_on AS party_last_on,
    k.first_contact_on AS first_contact_on,
    k.first_post_on AS first_post_on,
    k.first_campaign_on AS first_campaign_on,
    a.first_response_on AS first_response_on
FROM known AS k
LEFT JOIN answer AS a ON a.customer_id = k.customer_id

-- What is permitted by every party that said something of it. Consent is in force for some channel when its
-- newest consent is newer than any refusal, for that channel or for all, and no suppression closes every
-- channel.
WITH statement AS (
    SELECT
        m.customer_id AS customer_id,
        lower(trim(c.channel)) AS channel,
        max(c.valid_from) FILTER (WHERE lower(trim(c.status)) = 'granted') AS granted_on,
        max(c.valid_from) FILTER (WHERE lower(trim(c.status)) <> 'granted') AS refused_on
    FROM consent AS c
    JOIN identity_map AS m ON m.party_ref = c.party_ref
    WHERE c.valid_from <= $as_of AND lower(trim(c.purpose)) IN ('{purpose}', 'all')
    GROUP BY m.customer_id, lower(trim(c.channel))
),
permission AS (
    SELECT
        s.customer_id AS customer_id,
        max(CASE
            WHEN s.granted_on IS NULL THEN 0
            WHEN s.refused_on IS NOT NULL AND s.refused_on >= s.granted_on THEN 0
            WHEN e.refused_on IS NOT NULL AND e.refused_on >= s.granted_on THEN 0
            ELSE 1
        END) AS consents
    FROM statement AS s
    LEFT JOIN (SELECT customer_id, refused_on FROM statement WHERE channel = 'all') AS e
        ON e.customer_id = s.customer_id
    GROUP BY s.customer_id
),
closed AS (
    SELECT
        m.customer_id AS customer_id,
        max(CASE WHEN lower(trim(s.channel)) = 'all' THEN 1 ELSE 0 END) AS is_closed,
        max(CASE WHEN lower(trim(s.reason)) = 'employee' THEN 1 ELSE 0 END) AS is_employee
    FROM suppression AS s
    JOIN identity_map AS m ON m.party_ref = s.party_ref
    WHERE s.valid_from <= $as_of
    GROUP BY m.customer_id
)
SELECT
    coalesce(p.customer_id, c.customer_id) AS customer_id,
    CASE
        WHEN c.is_closed = 1 THEN FALSE
        WHEN p.consents IS NULL THEN CAST(NULL AS BOOLEAN)
        ELSE p.consents = 1
    END AS has_consent,
    coalesce(c.is_employee, 0) = 1 AS is_employee
FROM permission AS p
FULL JOIN closed AS c ON c.customer_id = p.customer_id

-- The newest answer of each customer to each kind of survey, the lowest of several on one day.
WITH answer AS (
    SELECT
        m.customer_id AS customer_id,
        s.kind AS kind,
        s.score AS score,
        s.answered_on AS answered_on,
        row_number() OVER (
            PARTITION BY m.customer_id, s.kind
            ORDER BY s.answered_on DESC, s.score ASC
        ) AS place
    FROM survey AS s
    JOIN identity_map AS m ON m.party_ref = s.party_ref
    WHERE s.answered_on <= $as_of
        AND (s.kind IN ('ces', 'csat') OR (s.kind = 'nps' AND s.score BETWEEN 0 AND 10))
)
SELECT customer_id, kind, score, answered_on
FROM answer
WHERE place = 1

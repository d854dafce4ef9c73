-- The days of each account: those of all its members, a day of several members once. Where no record names
-- an account nothing is unfolded.
WITH member AS (
    SELECT m.party_ref AS party_ref, g.account_id AS account_id
    FROM golden_customer AS g
    JOIN identity_map AS m ON m.customer_id = g.customer_id
    WHERE g.account_id IS NOT NULL
),
visit AS (
    SELECT b.account_id AS account_id, unnest(p.days) AS visit
    FROM member AS b
    JOIN party_day AS p ON p.party_ref = b.party_ref
)
SELECT
    account_id,
    visit['day'] AS day,
    CAST(sum(visit['cents']) AS BIGINT) AS cents,
    CAST(sum(visit['baskets']) AS BIGINT) AS baskets
FROM visit
GROUP BY account_id, visit['day']

-- Ids of last night, and how many of their references no feed names any more.
SELECT
    l.customer_id AS customer_id,
    count(*) FILTER (WHERE t.party_ref IS NULL) AS n_departed
FROM last_identity_map AS l
LEFT JOIN identity_map AS t ON t.party_ref = l.party_ref
GROUP BY l.customer_id

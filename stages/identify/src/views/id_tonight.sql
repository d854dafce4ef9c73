-- Ids of tonight, and how many of their references are new.
SELECT
    t.customer_id AS customer_id,
    count(*) FILTER (WHERE l.party_ref IS NULL) AS n_arrived
FROM identity_map AS t
LEFT JOIN last_identity_map AS l ON l.party_ref = t.party_ref
GROUP BY t.customer_id

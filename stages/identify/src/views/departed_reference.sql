-- References that no feed names tonight: those that one named last night, and those that departed before and
-- are not forgotten yet.
SELECT m.party_ref AS party_ref, m.customer_id AS customer_id, CAST($as_of AS DATE) AS departed_on
FROM last_identity_map AS m
LEFT JOIN identity_map AS t ON t.party_ref = m.party_ref
LEFT JOIN erased_customer AS e ON e.customer_id = m.customer_id
WHERE t.party_ref IS NULL AND e.customer_id IS NULL
UNION ALL
SELECT
    d.party_ref AS party_ref,
    -- The id that stands for theirs: of one that is gone nobody could tell any more.
    coalesce(i.current_customer_id, d.customer_id) AS customer_id,
    d.departed_on AS departed_on
FROM last_departed_reference AS d
LEFT JOIN last_customer_id_map AS i ON i.customer_id = d.customer_id
LEFT JOIN identity_map AS t ON t.party_ref = d.party_ref
LEFT JOIN erased_customer AS e ON e.customer_id = coalesce(i.current_customer_id, d.customer_id)
WHERE t.party_ref IS NULL AND e.customer_id IS NULL
    AND d.departed_on > CAST($as_of AS DATE) - INTERVAL '400' DAY

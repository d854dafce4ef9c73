-- Who was who last night, and since when.
SELECT
    m.party_ref AS party_ref,
    m.customer_id AS customer_id,
    i.since AS since
FROM last_identity_map AS m
LEFT JOIN last_customer_id_map AS i ON i.customer_id = m.customer_id

-- Who was who last night, since when, and by what.
SELECT
    m.party_ref AS party_ref,
    m.customer_id AS customer_id,
    i.since AS since,
    f.fingerprint AS fingerprint
FROM last_identity_map AS m
LEFT JOIN last_customer_id_map AS i ON i.customer_id = m.customer_id
LEFT JOIN last_reference_fingerprint AS f ON f.party_ref = m.party_ref

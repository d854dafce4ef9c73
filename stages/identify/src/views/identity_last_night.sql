-- Who was who last night.
SELECT party_ref, customer_id FROM last_identity_map

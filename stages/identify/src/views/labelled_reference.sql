-- Who labels say each reference is, beside the customer that it belongs to.
SELECT
    l.party_ref AS party_ref,
    l.person_ref AS person_ref,
    m.customer_id AS customer_id
FROM (SELECT DISTINCT party_ref, person_ref FROM person_label) AS l
LEFT JOIN identity_map AS m ON m.party_ref = l.party_ref

-- Whom references belonged to that no feed named last night: the id that stands for theirs.
SELECT
    d.party_ref AS party_ref,
    coalesce(i.current_customer_id, d.customer_id) AS customer_id,
    i.since AS since
FROM last_departed_reference AS d
LEFT JOIN last_customer_id_map AS i ON i.customer_id = d.customer_id
WHERE i.state IS NULL OR i.state <> 'erased'

-- How many records each feed has of each customer.
SELECT
    m.customer_id AS customer_id,
    p.source AS source,
    count(*) AS n_records
FROM party AS p
JOIN identity_map AS m ON m.party_ref = p.party_ref
GROUP BY m.customer_id, p.source

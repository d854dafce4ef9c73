-- One row for each planned contact: which offers it may have, in the order of offer ids.
WITH eligibility AS (
    SELECT
        customer_id,
        value_segment_id,
        make_array({eligible}) AS eligible
    FROM customer
)
SELECT
    p.customer_id,
    p.decision AS arm,
    p.channel,
    p.send_on,
    e.value_segment_id,
    e.eligible,
    make_array({category_share}) AS category_share
FROM contact_plan AS p
JOIN eligibility AS e ON e.customer_id = p.customer_id
JOIN customer_feature AS f ON f.customer_id = p.customer_id
WHERE p.decision IN ('contact', 'control')

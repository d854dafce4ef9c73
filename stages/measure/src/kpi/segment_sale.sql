-- One row a value segment: net sales and discounts; -1 holds the sales that name nobody.
SELECT
    coalesce(s.value_segment_id, -1) AS value_segment_id,
    CAST(sum(p.sale_amount + p.return_amount) AS DECIMAL(18, 2)) AS net_amount,
    CAST(
        sum(p.sale_amount) FILTER (WHERE p.discount_amount IS NOT NULL) AS DECIMAL(18, 2)
    ) AS told_sale_amount,
    CAST(sum(p.discount_amount) AS DECIMAL(18, 2)) AS discount_amount
FROM party_total p
LEFT JOIN identity_map m ON m.party_ref = p.party_ref
LEFT JOIN customer_segment s ON s.customer_id = m.customer_id
GROUP BY coalesce(s.value_segment_id, -1)

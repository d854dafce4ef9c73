-- One row a value segment: net sales and discounts; -1 holds the sales that name nobody.
WITH sale AS (
    SELECT
        coalesce(s.value_segment_id, -1) AS value_segment_id,
        t.sale_amount AS sale_amount,
        t.return_amount AS return_amount,
        t.told_sale_amount AS told_sale_amount,
        t.discount_amount AS discount_amount
    FROM customer_total AS t
    LEFT JOIN customer_segment AS s ON s.customer_id = t.customer_id
    UNION ALL
    SELECT -1, sale_amount, return_amount, told_sale_amount, discount_amount
    FROM sales_total
    WHERE NOT names_party
)
SELECT
    value_segment_id,
    CAST(sum(sale_amount + return_amount) AS DECIMAL(18, 2)) AS net_amount,
    CAST(sum(told_sale_amount) AS DECIMAL(18, 2)) AS told_sale_amount,
    CAST(sum(discount_amount) AS DECIMAL(18, 2)) AS discount_amount
FROM sale
GROUP BY value_segment_id

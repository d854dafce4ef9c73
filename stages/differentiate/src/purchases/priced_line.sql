-- Lines of sales of which the price of a piece is known, with the logs of price and quantity in
-- ten-thousandths: whole numbers, for sums of floats have no fixed order. Without products or quantities
-- the filter leaves nothing to read.
SELECT
    party_ref,
    product_ref,
    business_date,
    CAST(round(
        ln(CAST(amount AS DOUBLE) / CAST(quantity AS DOUBLE)) * CAST(10000 AS DOUBLE)
    ) AS BIGINT) AS log_price,
    CAST(round(ln(CAST(quantity AS DOUBLE)) * CAST(10000 AS DOUBLE)) AS BIGINT) AS log_quantity
FROM transaction
WHERE quantity > 0
    AND product_ref IS NOT NULL
    AND amount > 0
    AND line_type = 'sale'
    AND business_date <= $as_of

-- What each party reference bought, under the customer it belongs to. A reference without a customer
-- is kept with a null id, so that no sale is lost without a word; sales that name nobody are left out.
SELECT
    m.customer_id AS customer_id,
    p.days AS days,
    p.sale_lines AS sale_lines,
    p.return_lines AS return_lines,
    p.sale_amount AS sale_amount,
    p.return_amount AS return_amount,
    p.discount_amount AS discount_amount,
    p.category_cents AS category_cents,
    p.channel_lines AS channel_lines
FROM identity_map AS m
RIGHT JOIN party_purchase AS p ON m.party_ref = p.party_ref
WHERE p.party_ref IS NOT NULL

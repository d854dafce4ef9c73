-- Every customer whose records name an account, with what it did and is expected to do.
SELECT
    f.customer_id AS customer_id,
    g.account_id AS account_id,
    f.n_baskets AS n_baskets,
    f.n_lines AS n_lines,
    f.sale_amount AS sale_amount,
    f.return_amount AS return_amount,
    f.net_amount AS net_amount,
    f.purchase_days AS purchase_days,
    v.expected_purchases AS expected_purchases,
    v.clv AS clv
FROM customer_feature AS f
JOIN golden_customer AS g ON g.customer_id = f.customer_id
LEFT JOIN customer_value AS v ON v.customer_id = f.customer_id
WHERE g.account_id IS NOT NULL

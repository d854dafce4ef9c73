-- Every party with what advocacy needs of its features, its loyalty and its addresses.
SELECT
    f.customer_id AS customer_id,
    coalesce(g.email, '') <> '' OR coalesce(g.phone, '') <> '' OR coalesce(g.handle, '') <> ''
        OR coalesce(g.street, '') <> '' AS has_address,
    f.purchase_days AS purchase_days,
    l.mutual_loyalty AS mutual_loyalty,
    l.is_recurrent AS is_recurrent
FROM customer_feature AS f
JOIN golden_customer AS g ON g.customer_id = f.customer_id
JOIN customer_loyalty AS l ON l.customer_id = f.customer_id

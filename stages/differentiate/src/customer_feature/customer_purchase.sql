-- Whose the purchases of each party reference are; the purchases themselves are read where they lie.
-- A reference without a customer is kept with a null id, so that no sale is lost without a word; sales
-- that name nobody are left out.
SELECT
    m.customer_id AS customer_id,
    p.purchase_index AS purchase_index
FROM identity_map AS m
RIGHT JOIN party_purchase AS p ON m.party_ref = p.party_ref
WHERE p.party_ref IS NOT NULL

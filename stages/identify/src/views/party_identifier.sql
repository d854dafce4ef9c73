-- What party records say about who they are.
SELECT
    party_ref,
    loyalty_id,
    email,
    phone,
    payment_token,
    handle,
    first_name,
    last_name,
    birth_date,
    street,
    postal_code,
    city,
    country
FROM party

-- Party records under the customer they belong to.
SELECT
    m.customer_id,
    p.source,
    p.account_id,
    p.loyalty_id,
    p.email,
    p.phone,
    p.handle,
    p.first_name,
    p.last_name,
    p.birth_date,
    p.street,
    p.postal_code,
    p.city,
    p.country,
    p.language,
    p.preferred_channel,
    p.registered_on,
    p.updated_on
FROM party AS p
JOIN identity_map AS m ON m.party_ref = p.party_ref

-- Records of all systems, each value in one spelling; nothing is an empty text.
SELECT
    id AS party_ref,
    nullif(btrim(translate(lower(first_name), 'áéíóúüñ', 'aeiouun')), '') AS first_name,
    nullif(btrim(translate(lower(last_name), 'áéíóúüñ', 'aeiouun')), '') AS last_name,
    nullif(btrim(birth_date), '') AS birth_date,
    nullif(lower(btrim(email)), '') AS email,
    nullif(right(regexp_replace(phone, '[^0-9]', '', 'g'), 9), '') AS phone,
    nullif(btrim(translate(lower(street), 'áéíóúüñ', 'aeiouun')), '') AS street,
    nullif(replace(lower(postal_code), ' ', ''), '') AS postal_code,
    nullif(btrim(translate(lower(city), 'áéíóúüñ', 'aeiouun')), '') AS city,
    nullif(btrim(loyalty_card), '') AS loyalty_id,
    nullif(btrim(payment_token), '') AS payment_token,
    nullif(lower(btrim(handle)), '') AS handle
FROM feed

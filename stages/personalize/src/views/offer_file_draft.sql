-- The offer file: contacts whose channel is permitted, with the one address the channel needs.
SELECT
    a.customer_id,
    a.channel,
    k.address,
    a.send_on,
    a.offer_id,
    o.name AS offer_name,
    CASE WHEN k.address = 'email' THEN g.email END AS email,
    CASE WHEN k.address = 'phone' THEN g.phone END AS phone,
    CASE WHEN k.address = 'handle' THEN g.handle END AS handle,
    CASE WHEN k.address = 'postal' THEN g.street END AS street,
    CASE WHEN k.address = 'postal' THEN g.postal_code END AS postal_code,
    CASE WHEN k.address = 'postal' THEN g.city END AS city,
    CASE WHEN k.address = 'postal' THEN g.country END AS country,
    g.first_name,
    g.last_name,
    g.language,
    s.value_segment,
    s.need_segment,
    c.reason
FROM offer_assignment AS a
JOIN channel_permission AS p
    ON p.customer_id = a.customer_id AND p.channel = a.channel AND p.permitted
JOIN contact_channel AS k ON k.channel = a.channel
JOIN contact_plan AS c ON c.customer_id = a.customer_id AND c.decision = 'contact'
JOIN customer_segment AS s ON s.customer_id = a.customer_id
JOIN golden_customer AS g ON g.customer_id = a.customer_id
LEFT JOIN offer AS o ON o.offer_id = a.offer_id
WHERE a.arm = 'contact'

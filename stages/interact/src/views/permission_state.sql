-- The newest day of each kind of statement, by party and channel as stated.
-- A statement counts for the party by whichever of its references it came. A suppression that names
-- an address closes that address for everybody who has it, even where Identify kept such parties
-- apart, and where who asked for it was erased since.
WITH closed AS (
    SELECT
        party_ref,
        lower(trim(party_ref)) AS reference,
        lower(trim(channel)) AS channel,
        valid_from
    FROM (
        SELECT party_ref, channel, valid_from FROM suppression
        UNION ALL
        SELECT party_ref, channel, valid_from FROM erased_suppression
    ) AS stated
    WHERE valid_from <= $as_of
),
closed_address AS (
    SELECT
        substr(reference, 1, 6) AS kind,
        trim(substr(reference, 7)) AS address,
        ltrim(regexp_replace(substr(reference, 7), '[^0-9]', '', 'g'), '0') AS digits,
        channel,
        valid_from
    FROM closed
    WHERE reference LIKE 'email:%' OR reference LIKE 'phone:%' OR reference LIKE 'handle:%'
),
statement AS (
    SELECT
        m.customer_id,
        lower(trim(c.channel)) AS channel,
        lower(trim(c.status)) AS status,
        c.valid_from
    FROM consent AS c
    JOIN identity_map AS m ON m.party_ref = c.party_ref
    WHERE c.valid_from <= $as_of AND lower(trim(c.purpose)) IN ({purpose}, 'all')
    UNION ALL
    SELECT m.customer_id, s.channel, 'suppressed' AS status, s.valid_from
    FROM closed AS s
    JOIN identity_map AS m ON m.party_ref = s.party_ref
    UNION ALL
    SELECT g.customer_id, s.channel, 'suppressed' AS status, s.valid_from
    FROM closed_address AS s
    JOIN golden_customer AS g ON lower(trim(g.email)) = s.address
    WHERE s.kind = 'email:'
    UNION ALL
    SELECT g.customer_id, s.channel, 'suppressed' AS status, s.valid_from
    FROM closed_address AS s
    JOIN golden_customer AS g
        ON ltrim(regexp_replace(g.phone, '[^0-9]', '', 'g'), '0') = s.digits
    WHERE s.kind = 'phone:' AND s.digits <> ''
    UNION ALL
    SELECT g.customer_id, s.channel, 'suppressed' AS status, s.valid_from
    FROM closed_address AS s
    JOIN golden_customer AS g ON concat(':', lower(trim(g.handle))) = s.address
    WHERE s.kind = 'handle'
)
SELECT
    customer_id,
    channel,
    max(valid_from) FILTER (WHERE status = 'granted') AS granted_on,
    -- A word that is not known is taken as a refusal.
    max(valid_from) FILTER (WHERE status NOT IN ('granted', 'withdrawn', 'suppressed')) AS denied_on,
    max(valid_from) FILTER (WHERE status = 'withdrawn') AS withdrawn_on,
    max(valid_from) FILTER (WHERE status = 'suppressed') AS suppressed_on
FROM statement
GROUP BY customer_id, channel

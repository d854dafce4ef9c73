-- The level of each comparison of each candidate that can be made, and the value whose frequency it is about.
WITH pair AS (
    SELECT
        c.party_ref AS party_ref,
        c.other_ref AS other_ref,
        x.first_name AS f, y.first_name AS g,
        x.last_name AS l, y.last_name AS k,
        x.postal_code AS p, y.postal_code AS q,
        x.street AS s, y.street AS t,
        x.city AS c, y.city AS d,
        x.birth_date AS b, y.birth_date AS e,
        x.email AS m, y.email AS n,
        x.phone AS h, y.phone AS i,
        x.loyalty_id AS loyalty_id, y.loyalty_id AS other_loyalty_id,
        x.payment_token AS payment_token, y.payment_token AS other_payment_token,
        x.handle AS handle, y.handle AS other_handle,
        x.first_name IS NOT NULL AND y.first_name IS NOT NULL AS has_first,
        x.last_name IS NOT NULL AND y.last_name IS NOT NULL AS has_last,
        x.postal_code IS NOT NULL AND y.postal_code IS NOT NULL AS has_code,
        x.street IS NOT NULL AND y.street IS NOT NULL AS has_street
    FROM candidate AS c
    JOIN record AS x ON x.party_ref = c.party_ref
    JOIN record AS y ON y.party_ref = c.other_ref
),
measured AS (
    SELECT
        *,
        jaro_winkler(f, g) AS fg,
        jaro_winkler(l, k) AS lk,
        left(p, 3) = left(q, 3) OR osa(p, q) <= 1 AS is_near,
        jaro_winkler(s, t) >= 0.90e0 AS is_alike,
        regexp_replace(s, '^[^[:alpha:]]+|[^[:alpha:]]+$', '', 'g') AS sn,
        regexp_replace(t, '^[^[:alpha:]]+|[^[:alpha:]]+$', '', 'g') AS tn
    FROM pair
),
street AS (
    SELECT *, sn <> '' AND tn <> '' AND jaro_winkler(sn, tn) >= 0.90e0 AS is_street FROM measured
),
identifier AS (
    SELECT party_ref, other_ref, 'phone' AS comparison, h AS v, i AS w FROM pair
    UNION ALL
    SELECT party_ref, other_ref, 'loyalty_id', loyalty_id, other_loyalty_id FROM pair
    UNION ALL
    SELECT party_ref, other_ref, 'payment_token', payment_token, other_payment_token FROM pair
    UNION ALL
    SELECT party_ref, other_ref, 'handle', handle, other_handle FROM pair
),
level AS (
    SELECT party_ref, other_ref, 'name' AS comparison,
        CASE
            WHEN f = g AND l = k THEN 1
            WHEN fg >= 0.92e0 AND lk >= 0.92e0 THEN 3
            WHEN fg >= 0.88e0 AND lk >= 0.88e0 THEN 4
            WHEN fg >= 0.70e0 AND lk >= 0.88e0 THEN 5
            WHEN l = k THEN 6
            WHEN f = g THEN 7
            WHEN jaro_winkler(f, k) >= 0.88e0 AND jaro_winkler(l, g) >= 0.88e0 THEN 2
            WHEN fg >= 0.88e0 OR lk >= 0.88e0 THEN 8
            ELSE 9
        END AS level,
        f || '|' || l AS whole, f AS one, l AS two
    FROM street WHERE has_first AND has_last
    UNION ALL
    SELECT party_ref, other_ref, 'last_name',
        CASE WHEN l = k THEN 1 WHEN lk >= 0.88e0 THEN 2 ELSE 3 END, NULL, l, NULL
    FROM street WHERE has_last AND NOT has_first
    UNION ALL
    SELECT party_ref, other_ref, 'first_name',
        CASE WHEN f = g THEN 1 WHEN fg >= 0.88e0 THEN 2 ELSE 3 END, NULL, f, NULL
    FROM street WHERE has_first AND NOT has_last
    UNION ALL
    SELECT party_ref, other_ref, 'address',
        CASE
            WHEN p = q AND s = t THEN 1
            WHEN p = q AND (is_alike OR is_street) THEN 2
            WHEN p = q THEN 7
            WHEN s = t AND is_near THEN 3
            WHEN s = t THEN 5
            WHEN (is_alike OR is_street) AND is_near THEN 4
            WHEN is_alike OR is_street THEN 6
            WHEN is_near THEN 8
            ELSE 9
        END,
        p || '|' || s, p, s
    FROM street WHERE has_code AND has_street
    UNION ALL
    SELECT party_ref, other_ref, 'postal_code',
        CASE
            WHEN p = q THEN 1
            WHEN osa(p, q) <= 1 THEN 2
            WHEN left(p, 3) = left(q, 3) THEN 3
            ELSE 4
        END,
        NULL, p, NULL
    FROM street WHERE has_code AND NOT has_street
    UNION ALL
    SELECT party_ref, other_ref, 'street',
        CASE WHEN s = t THEN 1 WHEN is_alike THEN 2 WHEN is_street THEN 3 ELSE 4 END, NULL, s, NULL
    FROM street WHERE has_street AND NOT has_code
    UNION ALL
    SELECT party_ref, other_ref,
        CASE WHEN p = q THEN 'city of one postal code' ELSE 'city' END,
        CASE WHEN c = d THEN 1 WHEN jaro_winkler(c, d) >= 0.90e0 THEN 2 ELSE 3 END, NULL, c, NULL
    FROM street WHERE c IS NOT NULL AND d IS NOT NULL
    UNION ALL
    SELECT party_ref, other_ref, 'birth_date',
        CASE
            WHEN b = e THEN 1
            WHEN osa(b, e) <= 1 THEN 2
            WHEN osa(b, e) <= 2 THEN 3
            WHEN abs(arrow_cast(CAST(b AS DATE), 'Int32') - arrow_cast(CAST(e AS DATE), 'Int32')) <= 366 THEN 4
            WHEN abs(arrow_cast(CAST(b AS DATE), 'Int32') - arrow_cast(CAST(e AS DATE), 'Int32')) <= 3653 THEN 5
            ELSE 6
        END,
        NULL, b, NULL
    FROM pair WHERE b IS NOT NULL AND e IS NOT NULL
    UNION ALL
    SELECT party_ref, other_ref, 'email',
        CASE WHEN m = n THEN 1 WHEN split_part(m, '@', 1) = split_part(n, '@', 1) THEN 2 ELSE 3 END,
        NULL, m, NULL
    FROM pair WHERE m IS NOT NULL AND n IS NOT NULL
    UNION ALL
    SELECT party_ref, other_ref, comparison,
        CASE WHEN v = w THEN 1 WHEN osa(v, w) <= 1 THEN 2 ELSE 3 END, NULL, v, NULL
    FROM identifier WHERE v IS NOT NULL AND w IS NOT NULL
)
SELECT
    party_ref,
    other_ref,
    comparison,
    level,
    -- Levels of one shared value: of which field, and which value.
    CASE
        WHEN comparison = 'name' THEN
            CASE level WHEN 1 THEN 'whole name' WHEN 6 THEN 'last_name' WHEN 7 THEN 'first_name' END
        WHEN comparison = 'address' THEN
            CASE
                WHEN level = 1 THEN 'whole address'
                WHEN level IN (2, 7) THEN 'postal_code'
                WHEN level IN (3, 5) THEN 'street'
            END
        WHEN level = 1 AND comparison <> 'city of one postal code' THEN comparison
    END AS field,
    CASE
        WHEN comparison IN ('name', 'address') AND level = 1 THEN whole
        WHEN comparison = 'name' AND level = 6 OR comparison = 'address' AND level IN (3, 5) THEN two
        ELSE one
    END AS value
FROM level

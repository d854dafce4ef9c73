-- How much rarer each value is than two records' values agree on the mean, as log2, in single precision as
-- the kernel keeps it. Of n records that hold it the second of a pair finds it at one of n - 1 - d others,
-- after Pitman and Yor (1997); d is nearer to 1 where most values are held once.
WITH held AS (
    SELECT 'first_name' AS field, 0.5e0 AS d, first_name AS value FROM record
    UNION ALL
    SELECT 'last_name', 0.5e0, last_name FROM record
    UNION ALL
    SELECT 'birth_date', 0.5e0, birth_date FROM record
    UNION ALL
    SELECT 'email', 0.5e0, email FROM record
    UNION ALL
    SELECT 'phone', 0.5e0, phone FROM record
    UNION ALL
    SELECT 'street', 0.5e0, street FROM record
    UNION ALL
    SELECT 'postal_code', 0.5e0, postal_code FROM record
    UNION ALL
    SELECT 'city', 0.5e0, city FROM record
    UNION ALL
    SELECT 'loyalty_id', 0.5e0, loyalty_id FROM record
    UNION ALL
    SELECT 'payment_token', 0.5e0, payment_token FROM record
    UNION ALL
    SELECT 'handle', 0.5e0, handle FROM record
    UNION ALL
    SELECT 'whole name', 0.9e0, first_name || '|' || last_name FROM record
    UNION ALL
    SELECT 'whole address', 0.9e0, postal_code || '|' || street FROM record
),
counted AS (
    SELECT field, value, CAST(min(d) AS DOUBLE) AS d, CAST(count(*) AS DOUBLE) AS n
    FROM held
    WHERE value IS NOT NULL
    GROUP BY field, value
),
of_field AS (
    SELECT field, sum(n) AS n_all, sum(n * (n - 1)) AS n_same FROM counted GROUP BY field
)
SELECT
    c.field AS field,
    c.value AS value,
    CAST(CAST(log2(
        (greatest(c.n, CAST(2 AS DOUBLE)) - 1 - c.d)
        / f.n_all
        / CASE WHEN f.n_same > 0 THEN f.n_same / (f.n_all * (f.n_all - 1)) ELSE 1 END
    ) AS FLOAT) AS DOUBLE) AS rarity
FROM counted AS c
JOIN of_field AS f ON f.field = c.field

-- Log2 odds of one person against one household and strangers together. Priors are of another number of
-- records than tonight's: a record has as many of its own kind as in training.
WITH prior_tonight AS (
    SELECT
        person_prior + log2((n_trained - 1) / (n_records - 1)) AS person,
        household_prior + log2((n_trained - 1) / (n_records - 1)) AS household
    FROM prior
),
joint AS (
    SELECT
        c.party_ref AS party_ref,
        c.other_ref AS other_ref,
        count(p.comparison) >= 2
            AND coalesce(bool_or(p.comparison NOT IN ('name', 'first_name', 'last_name')), FALSE) AS is_enough,
        coalesce(sum(p.person), 0e0) AS person,
        coalesce(sum(p.household), 0e0) AS household,
        coalesce(sum(p.strangers), 0e0) AS strangers
    FROM candidate AS c
    LEFT JOIN part AS p ON p.party_ref = c.party_ref AND p.other_ref = c.other_ref
    GROUP BY c.party_ref, c.other_ref
),
with_priors AS (
    SELECT
        j.party_ref AS party_ref,
        j.other_ref AS other_ref,
        j.is_enough AS is_enough,
        p.person AS prior_bits,
        p.person + j.person AS a,
        p.household + j.household AS b,
        j.strangers AS c
    FROM joint AS j
    CROSS JOIN prior_tonight AS p
)
SELECT
    party_ref,
    other_ref,
    is_enough,
    prior_bits,
    a - coalesce(greatest(b, c) + log2(1 + power(2e0, -abs(b - c))), c) AS weight,
    c - (greatest(b, c) + log2(1 + power(2e0, -abs(b - c)))) AS household_bits
FROM with_priors

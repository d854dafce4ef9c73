-- What each comparison adds: log2 of the probabilities of its level in each class, and bits against strangers.
SELECT
    l.party_ref AS party_ref,
    l.other_ref AS other_ref,
    l.comparison AS comparison,
    log2(greatest(p.same_person, 1e-9)) AS person,
    log2(greatest(p.same_household, 1e-9)) AS household,
    log2(greatest(p.strangers, 1e-9)) + coalesce(f.rarity, 0e0) AS strangers,
    log2(greatest(p.same_person, 1e-9))
        - log2(greatest(p.strangers, 1e-9)) - coalesce(f.rarity, 0e0) AS bits
FROM level AS l
JOIN parameter AS p ON p.comparison = l.comparison AND p.level = l.level
LEFT JOIN frequency AS f ON f.field = l.field AND f.value = l.value

-- What people decided about each pair of references, the last decision of each kind.
SELECT
    least(party_ref, other_ref) AS party_ref,
    greatest(party_ref, other_ref) AS other_ref,
    decision,
    max(decided_on) AS decided_on
FROM link_decision
GROUP BY 1, 2, 3

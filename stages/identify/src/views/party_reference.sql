-- Every reference that names a party in any feed, once a feed; the step makes them distinct.
-- Sales come already reduced to one row a reference.
SELECT party_ref, is_buyer FROM party_purchase WHERE party_ref IS NOT NULL
UNION ALL
SELECT DISTINCT party_ref, FALSE AS is_buyer FROM party
UNION ALL
SELECT DISTINCT party_ref, FALSE AS is_buyer FROM interaction
UNION ALL
SELECT DISTINCT party_ref, FALSE AS is_buyer FROM survey
UNION ALL
SELECT DISTINCT party_ref, FALSE AS is_buyer FROM consent
UNION ALL
SELECT DISTINCT party_ref, FALSE AS is_buyer FROM suppression
UNION ALL
SELECT DISTINCT party_ref, FALSE AS is_buyer FROM campaign_contact
UNION ALL
SELECT DISTINCT party_ref, FALSE AS is_buyer FROM response
UNION ALL
SELECT DISTINCT party_ref, FALSE AS is_buyer FROM social_post

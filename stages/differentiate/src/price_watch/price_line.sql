-- Priced lines of the last 90 days and of the 90 days before.
SELECT
    party_ref,
    product_ref,
    business_date > CAST($as_of AS DATE) - INTERVAL '90' DAY AS is_last,
    log_price AS x
FROM (
{priced_line}
) AS line
WHERE business_date > CAST($as_of AS DATE) - INTERVAL '180' DAY

-- The segments in which each party was last night.
SELECT
    customer_id,
    value_segment_id,
    need_segment_id
FROM last_customer_segment

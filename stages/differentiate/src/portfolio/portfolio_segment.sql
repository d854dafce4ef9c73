SELECT
    customer_id,
    value_segment_id,
    need_segment_id,
    rfm_segment
FROM customer_segment

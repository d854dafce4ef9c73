-- Every party, with the segment whose gaps stand in for its own.
SELECT customer_id, value_segment_id FROM customer_segment

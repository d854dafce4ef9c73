-- Ids that ended before tonight.
SELECT customer_id FROM last_customer_id_map WHERE state = 'gone'

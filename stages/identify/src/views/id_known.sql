-- Every id that was given out before tonight.
SELECT customer_id, current_customer_id, state, since, changed_on, cause FROM last_customer_id_map

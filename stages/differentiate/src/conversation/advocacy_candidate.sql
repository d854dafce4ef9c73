-- Every party that posted within the window.
SELECT customer_id, participation, reach
FROM customer_advocacy
WHERE n_posts > 0

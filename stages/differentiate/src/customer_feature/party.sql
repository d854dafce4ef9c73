-- Every party, so that those without purchases are kept.
SELECT customer_id, party_type, registered_on FROM golden_customer

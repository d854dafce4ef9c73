-- The days of each row of purchases; whose they are is told by customer_purchase.
SELECT purchase_index, days FROM party_purchase

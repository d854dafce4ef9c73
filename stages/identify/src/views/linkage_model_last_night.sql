-- The model that records were compared by last night.
SELECT version, model FROM last_linkage_model

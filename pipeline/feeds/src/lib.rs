//! Reads CSV and JSON-lines feeds into typed columns, with a reject for each bad row.

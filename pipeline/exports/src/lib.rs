//! Writes CRM files from published tables, with manifest and checksums.

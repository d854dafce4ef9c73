//! Contracts of every table: columns, types, units, keys and personal-data class.
